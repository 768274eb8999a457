//! Looks for the values of keys with which a profile gives the recorded answers.

use super::Figure;
use super::exam::{self, Exam, Sent, Verdict};
use super::moves::{self, Move, Options};
use super::space::{Key, Space};
use labserve_core::profile::Profile;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;
use toml::Table;

/// How many failing cases stand for all when a value is tried: few at first, for what most cases need shows in any of them.
const REPRESENTATIVES: &[usize] = &[40, 120, 300];
/// How many cases with the same wrong answer are among them.
const MOST_ALIKE: usize = 3;
/// How many values of one key are tried on all cases.
const MOST_PROPOSED: usize = 3;

/// A search, and where it stands.
#[derive(Debug)]
pub(super) struct Search<'e> {
    exam: &'e Exam,
    space: &'e Space,
    /// The cases that it sees.
    cases: Vec<usize>,
    deadline: Instant,
    base: Table,
    pub(super) keys: Table,
    profile: Profile,
    sent: Sent,
    /// Of each case in `cases`.
    verdicts: HashMap<usize, Verdict>,
}

/// A change of keys that helped some cases.
struct Proposal {
    gain: usize,
    change: Move,
}

impl<'e> Search<'e> {
    /// A search from `keys`. If they make no profile, it starts from `base`, whose keys cannot be removed.
    pub(super) fn new(
        exam: &'e Exam,
        space: &'e Space,
        cases: Vec<usize>,
        base: Table,
        mut keys: Table,
        deadline: Instant,
    ) -> Self {
        let profile = exam::profile(&keys).unwrap_or_else(|| {
            keys = base.clone();
            exam::default_profile(&keys)
        });
        let sent = exam.sent(&profile, None);
        let mut search = Self {
            exam,
            space,
            cases,
            deadline,
            base,
            keys,
            profile,
            sent,
            verdicts: HashMap::new(),
        };
        search.judge_all();
        search
    }

    /// The number of cases that agree.
    pub(super) fn score(&self) -> usize {
        self.verdicts.values().filter(|verdict| verdict.equal).count()
    }

    /// The cases that do not agree, in order.
    pub(super) fn failing(&self) -> Vec<usize> {
        let failing = self.cases.iter().filter(|case| !self.verdicts[case].equal);
        failing.copied().collect()
    }

    /// The same as a figure.
    pub(super) fn figure(&self) -> Figure {
        Figure {
            cases: self.cases.len(),
            equal: self.score(),
        }
    }

    /// The figure for other cases.
    pub(super) fn figure_of(&self, cases: &[usize]) -> Figure {
        let verdicts = self.exam.ask_together(&self.profile, &self.sent, cases);
        Figure {
            cases: cases.len(),
            equal: verdicts.iter().filter(|verdict| verdict.equal).count(),
        }
    }

    pub(super) fn profile(&self) -> &Profile {
        &self.profile
    }

    pub(super) fn sent(&self) -> &Sent {
        &self.sent
    }

    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn judge_all(&mut self) {
        let verdicts = self.exam.ask_together(&self.profile, &self.sent, &self.cases);
        self.verdicts = self.cases.iter().copied().zip(verdicts).collect();
    }

    /// Improves until nothing does.
    pub(super) fn run(&mut self) {
        let mut stage = 0;
        while !self.is_over() {
            let taken = self.pass(REPRESENTATIVES[stage]);
            // What is left is rarer.
            if taken < 3 && stage + 1 < REPRESENTATIVES.len() {
                stage += 1;
            } else if taken == 0 {
                break;
            }
        }
    }

    /// Tries every value of every key, and takes those with which more cases agree, the best first. Returns how many it took.
    fn pass(&mut self, most: usize) -> usize {
        let representatives = self.representatives(most);
        if representatives.is_empty() {
            return 0;
        }
        let names = self.names();
        let mut keys: Vec<Key> = self.space.keys.clone();
        let sent = self.sent_in(&names, &representatives);
        keys.extend(self.space.of_responses(&names));
        let lengths = moves::lengths(self.exam, &representatives);
        let times = moves::times(self.exam, &representatives);
        let options = Options {
            times: &times,
            base: &self.base,
            names: &names,
            statuses: self.statuses(),
            lengths: &lengths,
        };
        let mut proposals: Vec<Proposal> = self
            .exam
            .side_by_side(&keys, |key, worker| {
                let cases = key.response().map_or(&representatives, |name| &sent[name]);
                self.proposals(key, &options, cases, worker)
            })
            .into_iter()
            .flatten()
            .collect();
        let blocks = moves::blocks(self.space, &self.keys, &options);
        proposals.extend(
            self.exam
                .side_by_side(&blocks, |block, worker| {
                    self.weighed(block.clone(), &representatives, worker)
                })
                .into_iter()
                .flatten(),
        );
        proposals.sort_by_key(|proposal| std::cmp::Reverse(proposal.gain));
        let mut taken = 0;
        for proposal in proposals {
            if self.is_over() {
                break;
            }
            taken += usize::from(self.take(&proposal.change, Some(&representatives)));
        }
        taken
    }

    /// The cases among these in which each response is sent.
    fn sent_in(&self, names: &[String], cases: &[usize]) -> BTreeMap<String, Vec<usize>> {
        let noticing = self.exam.side_by_side(names, |name, worker| {
            let path = [super::space::RESPONSE, name, "reason"].map(str::to_owned);
            let change = Move(vec![(path.to_vec(), Some("another reason".into()))]);
            let verdicts = self.tried(&change, cases, worker).unwrap_or_default();
            let noticed = cases
                .iter()
                .zip(verdicts)
                .filter(|(case, verdict)| verdict.hash != self.verdicts[*case].hash);
            noticed.map(|(case, _)| *case).collect()
        });
        names.iter().cloned().zip(noticing).collect()
    }

    /// The names of the responses that keys may name.
    fn names(&self) -> Vec<String> {
        let responses = self.keys.get(super::space::RESPONSE).and_then(toml::Value::as_table);
        let names = responses.into_iter().flat_map(|table| table.keys());
        names.filter(|name| !name.contains(' ')).cloned().collect()
    }

    fn statuses(&self) -> BTreeMap<String, u16> {
        let all = self.profile.responses.all();
        all.map(|response| (response.name.clone(), response.status)).collect()
    }

    /// Failing cases of all kinds, each with the number of cases that it stands for.
    fn representatives(&self, most: usize) -> Vec<usize> {
        let mut alike: BTreeMap<(&str, u64, u64), Vec<usize>> = BTreeMap::new();
        for case in self.failing() {
            let asked = &self.exam.asked[case];
            let key = (
                asked.case.group(),
                self.verdicts[&case].hash,
                exam::hash_of_text(&asked.want),
            );
            alike.entry(key).or_default().push(case);
        }
        let mut chosen: Vec<usize> = Vec::new();
        for round in 0..MOST_ALIKE {
            for cases in alike.values() {
                if chosen.len() < most {
                    chosen.extend(cases.get(round));
                }
            }
        }
        chosen.sort_unstable();
        chosen
    }

    /// The values of one key that help, the best first.
    fn proposals(&self, key: &Key, options: &Options<'_>, representatives: &[usize], worker: usize) -> Vec<Proposal> {
        let mut proposals = Vec::new();
        let mut noticed: BTreeSet<usize> = BTreeSet::new();
        for round in moves::rounds(key, &self.keys, options) {
            let cases: Vec<usize> = if round.narrowed {
                noticed.iter().copied().collect()
            } else {
                representatives.to_vec()
            };
            for change in round.changes {
                if round.narrowed && !self.fits(&change, options, &cases) {
                    continue;
                }
                let Some(verdicts) = self.tried(&change, &cases, worker) else {
                    continue;
                };
                for (case, verdict) in cases.iter().zip(&verdicts) {
                    if verdict.hash != self.verdicts[case].hash {
                        noticed.insert(*case);
                    }
                }
                let gain = verdicts.iter().filter(|verdict| verdict.equal).count();
                if gain > 0 {
                    proposals.push(Proposal { gain, change });
                }
            }
        }
        proposals.sort_by_key(|proposal| std::cmp::Reverse(proposal.gain));
        proposals.truncate(MOST_PROPOSED);
        proposals
    }

    /// Whether a response could be what one of these cases wants.
    fn fits(&self, change: &Move, options: &Options<'_>, cases: &[usize]) -> bool {
        let Some(status) = moves::status(change, options) else {
            return true;
        };
        cases.iter().any(|case| self.exam.asked[*case].wants(status))
    }

    fn weighed(&self, change: Move, representatives: &[usize], worker: usize) -> Option<Proposal> {
        let verdicts = self.tried(&change, representatives, worker)?;
        let gain = verdicts.iter().filter(|verdict| verdict.equal).count();
        (gain > 0).then_some(Proposal { gain, change })
    }

    /// What these cases would get with a change; `None` if it makes no profile.
    fn tried(&self, change: &Move, cases: &[usize], worker: usize) -> Option<Vec<Verdict>> {
        if cases.is_empty() {
            return None;
        }
        let profile = exam::profile(&change.on(&self.keys)?)?;
        Some(self.exam.ask_all(&profile, &self.sent, cases, worker))
    }

    /// Makes a change if more cases agree with it. If none of `representatives` does, not all cases are asked.
    pub(super) fn take(&mut self, change: &Move, representatives: Option<&[usize]>) -> bool {
        let Some(keys) = change.on(&self.keys) else {
            return false;
        };
        let Some(profile) = exam::profile(&keys) else {
            return false;
        };
        if let Some(representatives) = representatives {
            let failing: Vec<usize> = representatives
                .iter()
                .copied()
                .filter(|case| !self.verdicts[case].equal)
                .collect();
            let helped = self.exam.ask_all(&profile, &self.sent, &failing, 0);
            if !helped.iter().any(|verdict| verdict.equal) {
                return false;
            }
        }
        let sent = self.exam.sent(&profile, Some(&self.sent));
        let verdicts = self.exam.ask_together(&profile, &sent, &self.cases);
        let score = verdicts.iter().filter(|verdict| verdict.equal).count();
        if score <= self.score() {
            return false;
        }
        self.verdicts = self.cases.iter().copied().zip(verdicts).collect();
        self.keys = keys;
        self.profile = profile;
        self.sent = sent;
        true
    }
}
