//! Tries values of keys on cases.

use super::Search;
use crate::learn::exam::{self, Verdict};
use crate::learn::hints;
use crate::learn::moves::{self, Move, Options};
use crate::learn::space::{Key, RESPONSE};
use crate::simulate::Simulation;
use labserve_core::profile::Profile;
use labserve_core::profile::layers::Family;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use toml::{Table, Value};

/// How many keys are tried before checking whether the search is over.
const MOST_AT_ONCE: usize = 100;
/// How many values of one key are tried on all cases.
const MOST_PROPOSED: usize = 3;

/// A change of keys that helped some cases.
#[derive(Debug)]
pub(super) struct Proposal {
    pub(super) gain: usize,
    pub(super) change: Move,
}

/// A change of keys with the answers that it changed.
#[derive(Debug)]
pub(super) struct Noticed {
    pub(super) change: Move,
    pub(super) answers: Answers,
}

/// Answers to cases.
pub(super) type Answers = Vec<(usize, Verdict)>;

/// The result of trying values of keys.
#[derive(Debug, Default)]
pub(super) struct Tried {
    pub(super) proposals: Vec<Proposal>,
    pub(super) noticed: Vec<Noticed>,
    /// The keys that at least one case noticed.
    pub(super) lively: BTreeSet<Vec<String>>,
}

/// A state of the search with a server of its profile.
#[derive(Clone, Copy, Debug)]
struct Trial<'t> {
    at: &'t Standing,
    simulation: &'t Simulation<'t>,
}

/// Keys to be changed further, and the answers that they give to some cases.
#[derive(Debug)]
struct Standing {
    keys: Table,
    profile: Profile,
    /// Builds profiles with the same responses.
    family: Option<Family>,
    /// The keys that do not belong to responses.
    others: Table,
    cases: Vec<usize>,
    verdicts: HashMap<usize, Verdict>,
}

impl Standing {
    fn new(keys: Table, profile: Profile, cases: Vec<usize>, verdicts: HashMap<usize, Verdict>) -> Self {
        let mut others = keys.clone();
        Family::strip(&mut others);
        Self {
            family: exam::family(&keys),
            others,
            keys,
            profile,
            cases,
            verdicts,
        }
    }

    /// The profile after a change; `None` if it is not valid, or if nothing changes.
    fn after(&self, change: &Move) -> Option<Profile> {
        let changes_responses = change.0.iter().any(|(path, _)| Family::is_shared(&path[0]));
        match &self.family {
            Some(family) if !changes_responses => family.member(change.on(&self.others)?).ok(),
            _ => exam::profile(&change.on(&self.keys)?),
        }
    }
}

impl Search<'_> {
    /// Tries values of all keys, or of those in `only`, on these cases.
    pub(super) fn evaluate(
        &self,
        representatives: &[usize],
        first: Option<&Move>,
        only: Option<&BTreeSet<Vec<String>>>,
    ) -> Tried {
        let mut tried = Tried::default();
        let Some(from) = self.standing(representatives, first) else {
            return tried;
        };
        let names = names(&from.keys);
        let mut keys: Vec<Key> = self.space.keys.clone();
        keys.extend(self.space.of_responses(&names));
        if let Some(only) = only {
            keys.retain(|key| only.contains(&key.path));
        }
        let from = Trial {
            at: &from,
            simulation: &self.exam.simulation(&from.profile),
        };
        let sent = self.sent_in(from, &names);
        let mut lengths = hints::lengths(self.exam, representatives);
        lengths.extend(hints::written_numbers(self.exam, representatives));
        let members = hints::members(self.exam, representatives);
        let times = hints::times(self.exam, representatives);
        let options = Options {
            times: &times,
            base: &self.base,
            names: &names,
            statuses: statuses(&from.at.profile),
            lengths: &lengths,
            members: &members,
            companions: self.space.companions(),
        };
        for keys in keys.chunks(MOST_AT_ONCE) {
            // Within the chunk, the progress of other threads depends on timing.
            if self.is_over() {
                break;
            }
            let of_keys = self.exam.side_by_side(keys, |key, worker| {
                let cases = key.response().map_or(&from.at.cases, |name| &sent[name]);
                self.of_key(key, &options, from, cases, worker)
            });
            for of_key in of_keys {
                tried.proposals.extend(of_key.proposals);
                tried.noticed.extend(of_key.noticed);
                tried.lively.extend(of_key.lively);
            }
        }
        if only.is_none() && first.is_none() {
            let blocks = moves::blocks(self.space, &self.keys, &options);
            let of_blocks = self.exam.side_by_side(&blocks, |block, worker| {
                let answers = self.changed(from, block, &from.at.cases, worker)?;
                let gain = answers.iter().filter(|(_, verdict)| verdict.equal).count();
                (gain > 0).then(|| Proposal {
                    gain,
                    change: block.clone(),
                })
            });
            tried.proposals.extend(of_blocks.into_iter().flatten());
        }
        if let Some(first) = first {
            for proposal in &mut tried.proposals {
                proposal.change.0.splice(0..0, first.0.iter().cloned());
            }
        }
        tried
    }

    /// The state of the search after a change, restricted to those of these cases whose answers it changes.
    fn standing(&self, cases: &[usize], change: Option<&Move>) -> Option<Standing> {
        let Some(change) = change else {
            return Some(Standing::new(
                self.keys.clone(),
                self.profile.clone(),
                cases.to_vec(),
                cases.iter().map(|case| (*case, self.verdicts[case])).collect(),
            ));
        };
        let keys = change.on(&self.keys)?;
        let profile = exam::profile(&keys)?;
        let verdicts = self.exam.ask_all(&profile, &self.sent, cases, 0);
        let verdicts: HashMap<usize, Verdict> = cases
            .iter()
            .copied()
            .zip(verdicts)
            .filter(|(case, verdict)| verdict.hash != self.verdicts[case].hash)
            .collect();
        let cases = cases
            .iter()
            .copied()
            .filter(|case| verdicts.contains_key(case))
            .collect();
        Some(Standing::new(keys, profile, cases, verdicts))
    }

    /// The cases in which each response is sent.
    fn sent_in(&self, from: Trial<'_>, names: &[String]) -> BTreeMap<String, Vec<usize>> {
        let noticing = self.exam.side_by_side(names, |name, worker| {
            let path = [RESPONSE, name, "reason"].map(str::to_owned);
            let change = Move(vec![(path.to_vec(), Some("another reason".into()))]);
            let noticed = self.changed(from, &change, &from.at.cases, worker).unwrap_or_default();
            noticed.into_iter().map(|(case, _)| case).collect()
        });
        names.iter().cloned().zip(noticing).collect()
    }

    /// Tries the values of one key. Returns only the best of those that help.
    fn of_key(&self, key: &Key, options: &Options<'_>, from: Trial<'_>, cases: &[usize], worker: usize) -> Tried {
        let mut tried = Tried::default();
        let mut noticed: BTreeSet<usize> = BTreeSet::new();
        for round in moves::rounds(key, &from.at.keys, options) {
            let cases: Vec<usize> = if round.narrowed {
                noticed.iter().copied().collect()
            } else {
                cases.to_vec()
            };
            let mut changes = round.changes;
            if round.narrowed {
                changes.retain(|change| self.fits(change, options, &cases));
            }
            let ask = |change: &Move| self.changed(from, change, &cases, worker);
            let answers: Vec<Option<Answers>> = if round.ordered {
                between(&changes, &ask)
            } else {
                changes.iter().map(ask).collect()
            };
            for (change, answers) in changes.into_iter().zip(answers) {
                let Some(answers) = answers.filter(|answers| !answers.is_empty()) else {
                    continue;
                };
                noticed.extend(answers.iter().map(|(case, _)| *case));
                let gain = answers.iter().filter(|(_, verdict)| verdict.equal).count();
                if gain > 0 {
                    let change = change.clone();
                    tried.proposals.push(Proposal { gain, change });
                }
                tried.noticed.push(Noticed { change, answers });
            }
            if round.joinable {
                tried.proposals.extend(joined(key, &from.at.keys, &tried.proposals));
            }
        }
        if !noticed.is_empty() {
            tried.lively.insert(key.path.clone());
        }
        tried.proposals.sort_by_key(|proposal| std::cmp::Reverse(proposal.gain));
        tried.proposals.truncate(MOST_PROPOSED);
        tried
    }

    /// Whether a response could be the one that one of these cases wants.
    fn fits(&self, change: &Move, options: &Options<'_>, cases: &[usize]) -> bool {
        let Some(status) = moves::status(change, options) else {
            return true;
        };
        cases.iter().any(|case| self.exam.asked[*case].wants(status))
    }

    /// The answers to these cases that the change affects; `None` if the profile would not be valid.
    fn changed(&self, from: Trial<'_>, change: &Move, cases: &[usize], worker: usize) -> Option<Answers> {
        if cases.is_empty() {
            return None;
        }
        let profile = from.at.after(change)?;
        // The media types of the files are already known, unless the change affects them.
        let simulation = if change.0.iter().any(|(path, _)| path[0] == "types") {
            self.exam.simulation(&profile)
        } else {
            from.simulation.under(&profile)
        };
        let verdicts = self.exam.ask_each(&simulation, &self.sent, cases, worker);
        let answers = cases.iter().copied().zip(verdicts);
        let changed = answers.filter(|(case, verdict)| verdict.hash != from.at.verdicts[case].hash);
        Some(changed.collect())
    }
}

/// The changes of a list that help, combined into one.
fn joined(key: &Key, keys: &Table, proposals: &[Proposal]) -> Option<Proposal> {
    let changes: Vec<&Move> = proposals.iter().map(|proposal| &proposal.change).collect();
    Some(Proposal {
        gain: proposals.iter().map(|proposal| proposal.gain).sum(),
        change: moves::joined(key, keys, &changes)?,
    })
}

/// The answers of ordered changes. If the first and the last of a range give the same answers, all between them do too
/// and are not tried.
fn between(changes: &[Move], ask: &dyn Fn(&Move) -> Option<Answers>) -> Vec<Option<Answers>> {
    let mut all: Vec<Option<Answers>> = changes.iter().map(|_| None).collect();
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
        return all;
    };
    all[0] = ask(first);
    let end = changes.len() - 1;
    all[end] = ask(last);
    let mut open = vec![(0, end)];
    while let Some((from, to)) = open.pop() {
        let known = |at: usize| all[at].as_ref();
        let same = known(from) == known(to) && known(from).is_some();
        if to - from < 2 || same {
            continue;
        }
        let middle = from.midpoint(to);
        all[middle] = ask(&changes[middle]);
        open.extend([(from, middle), (middle, to)]);
    }
    all
}

/// The names of the responses that keys may name.
fn names(keys: &Table) -> Vec<String> {
    let responses = keys.get(RESPONSE).and_then(Value::as_table);
    let names = responses.into_iter().flat_map(|table| table.keys());
    names.filter(|name| !name.contains(' ')).cloned().collect()
}

fn statuses(profile: &Profile) -> BTreeMap<String, u16> {
    let all = profile.responses.all();
    all.map(|response| (response.name.clone(), response.status)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn between_two_values_with_equal_answers_none_is_tried() {
        let changes: Vec<Move> = (0..200)
            .map(|number| Move(vec![(vec!["limits".to_owned()], Some(Value::from(number)))]))
            .collect();
        let asked = Cell::new(0);
        let ask = |change: &Move| {
            asked.set(asked.get() + 1);
            let number = change.0[0].1.as_ref().and_then(Value::as_integer)?;
            let hash = u64::from(number >= 37) + u64::from(number >= 150);
            let verdict = Verdict {
                hash,
                equal: hash == 1,
                near: 0,
            };
            Some(vec![(0, verdict)])
        };
        let all = between(&changes, &ask);
        assert!(asked.get() < 30, "{} of 200 were tried", asked.get());
        let of = |number: usize| all[number].as_ref().map(|answers| answers[0].1.hash);
        assert_eq!([of(36), of(37), of(149), of(150)], [Some(0), Some(1), Some(1), Some(2)]);
        assert!(between(&[], &ask).is_empty());
    }
}
