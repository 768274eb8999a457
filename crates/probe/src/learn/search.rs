//! Searches for the values of keys with which a profile gives the recorded answers.

mod pairs;
mod trial;

use super::Figure;
use super::exam::{self, Exam, Sent, Verdict};
use super::moves::Move;
use super::space::Space;
use labserve_core::profile::Profile;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use toml::Table;
use trial::Proposal;

/// How many failing cases represent all when a value is first tried: what most cases need is visible in any of them.
const FEW: usize = 100;
/// The same number once fewer than [`WORTH_FEW`] changes result.
const MANY: usize = 400;
const WORTH_FEW: usize = 8;
/// If fewer changes result, the same keys are not tried again.
const WORTH_ANOTHER: usize = 4;
/// How many cases with the same wrong answer are used.
const MOST_ALIKE: usize = 3;

/// If a change breaks more cases, the search does not try to repair it.
const MOST_BROKEN: usize = 150;

/// A search and its current state.
#[derive(Debug)]
pub(super) struct Search<'e> {
    exam: &'e Exam,
    space: &'e Space,
    /// The cases that the search sees.
    cases: Vec<usize>,
    /// The number of simulated answers after which the search ends.
    until: u64,
    base: Table,
    pub(super) keys: Table,
    profile: Profile,
    sent: Sent,
    /// The verdict on each case in `cases`.
    verdicts: HashMap<usize, Verdict>,
    /// Changes that helped some cases but were not made.
    refused: Vec<Refused>,
}

/// A change that helps some cases and breaks at least as many.
#[derive(Debug)]
struct Refused {
    change: Move,
    helped: usize,
    broken: Vec<usize>,
}

impl<'e> Search<'e> {
    /// A search from `keys`. If they are not a valid profile, it starts from `base`, whose keys cannot be removed.
    pub(super) fn new(
        exam: &'e Exam,
        space: &'e Space,
        cases: Vec<usize>,
        base: Table,
        mut keys: Table,
        until: u64,
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
            until,
            base,
            keys,
            profile,
            sent,
            verdicts: HashMap::new(),
            refused: Vec::new(),
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

    /// The cases that agree, in order.
    pub(super) fn right(&self) -> Vec<usize> {
        let right = self.cases.iter().filter(|case| self.verdicts[case].equal);
        right.copied().collect()
    }

    /// The number of cases that agree, as a figure.
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
        self.exam.answers() >= self.until
    }

    /// Continues from other keys, if they are a valid profile.
    pub(super) fn restart(&mut self, keys: Table) {
        if let Some(profile) = exam::profile(&keys) {
            self.sent = self.exam.sent(&profile, None);
            self.profile = profile;
            self.keys = keys;
            self.judge_all();
        }
    }

    fn judge_all(&mut self) {
        let verdicts = self.exam.ask_together(&self.profile, &self.sent, &self.cases);
        self.verdicts = self.cases.iter().copied().zip(verdicts).collect();
    }

    /// Improves the profile until no change helps.
    pub(super) fn run(&mut self) {
        let mut most = FEW;
        while !self.is_over() && !self.failing().is_empty() {
            let representatives = self.representatives(most);
            self.refused.clear();
            let tried = self.evaluate(&representatives, None, None);
            let mut taken = self.take_best(tried.proposals, &representatives);
            if taken > 0 {
                // Changes that no failing case noticed are left for the next round of all keys.
                taken += self.again(&tried.lively, most);
            } else {
                taken += self.mended(&representatives);
                if taken == 0 && most == MANY {
                    taken += self.pairs(&representatives, tried.noticed);
                }
            }
            if taken == 0 && most == MANY {
                break;
            }
            if taken < WORTH_FEW {
                most = MANY;
            }
        }
    }

    /// Tries these keys until few of them still help. Returns how many changes were made.
    fn again(&mut self, lively: &BTreeSet<Vec<String>>, most: usize) -> usize {
        let mut all = 0;
        while !self.is_over() {
            let representatives = self.representatives(most);
            let tried = self.evaluate(&representatives, None, Some(lively));
            let taken = self.take_best(tried.proposals, &representatives);
            all += taken;
            if taken < WORTH_ANOTHER {
                break;
            }
        }
        all
    }

    /// Makes those of these changes that increase the number of agreeing cases, the best first. Returns how many.
    fn take_best(&mut self, mut proposals: Vec<Proposal>, representatives: &[usize]) -> usize {
        proposals.sort_by_key(|proposal| std::cmp::Reverse(proposal.gain));
        let mut taken = 0;
        for proposal in proposals {
            if self.is_over() {
                break;
            }
            taken += usize::from(self.take(&proposal.change, Some(representatives)));
        }
        taken
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
        // Those that represent most cases first. Equal ones are in the order of the cases.
        let mut alike: Vec<Vec<usize>> = alike.into_values().collect();
        for cases in &mut alike {
            cases.sort_by_key(|case| (self.exam.cost(*case), *case));
        }
        alike.sort_by_key(|cases| (self.exam.cost(cases[0]), std::cmp::Reverse(cases.len()), cases[0]));
        let mut chosen: Vec<usize> = Vec::new();
        let mut cost = 0;
        for round in 0..MOST_ALIKE {
            for case in alike.iter().filter_map(|cases| cases.get(round)) {
                // At least one, however expensive.
                if cost == 0 || cost + self.exam.cost(*case) <= most {
                    cost += self.exam.cost(*case);
                    chosen.push(*case);
                }
            }
        }
        chosen.sort_unstable();
        chosen
    }

    /// Makes a change if it increases the number of agreeing cases. If none of `representatives` gains, other cases are
    /// not tried.
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
            self.refuse(change, &verdicts);
            return false;
        }
        self.verdicts = self.cases.iter().copied().zip(verdicts).collect();
        self.keys = keys;
        self.profile = profile;
        self.sent = sent;
        true
    }

    /// Keeps a change that was not made, in case another change repairs what it breaks.
    fn refuse(&mut self, change: &Move, verdicts: &[Verdict]) {
        let answers = || self.cases.iter().zip(verdicts);
        let helped = answers().filter(|(case, verdict)| verdict.equal && !self.verdicts[*case].equal);
        let helped = helped.count();
        let broken: Vec<usize> = answers()
            .filter(|(case, verdict)| !verdict.equal && self.verdicts[*case].equal)
            .map(|(case, _)| *case)
            .collect();
        if helped > 0 && broken.len() <= MOST_BROKEN {
            self.refused.push(Refused {
                change: change.clone(),
                helped,
                broken,
            });
        }
    }
}

#[cfg(test)]
mod tests;
