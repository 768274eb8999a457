//! Pairs of changes that help only together.

use super::trial::Noticed;
use super::{Refused, Search};
use crate::learn::exam::Verdict;
use crate::learn::moves::Move;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

/// How many changes are tried as the first of a pair.
const MOST_FIRSTS: usize = 12;
/// How many changes that were not made are tried again, and with how many others each.
const MOST_MENDED: usize = 12;
const MOST_MENDS: usize = 6;

impl Search<'_> {
    /// Searches for two changes that help together. The first brings failing cases closer, or at least changes their
    /// answers; the second can be any change.
    pub(super) fn pairs(&mut self, representatives: &[usize], noticed: Vec<Noticed>) -> usize {
        let firsts = self.firsts(noticed);
        let mut proposals = Vec::new();
        for first in &firsts {
            if self.is_over() {
                break;
            }
            proposals.extend(self.evaluate(representatives, Some(first), None).proposals);
        }
        self.take_best(proposals, representatives)
    }

    /// Searches for changes that repair what other changes break, which were not made for that reason.
    pub(super) fn mended(&mut self, representatives: &[usize]) -> usize {
        let mut refused: Vec<Refused> = std::mem::take(&mut self.refused);
        refused.sort_by_key(|one| (std::cmp::Reverse(one.helped), one.broken.len()));
        let mut keys: BTreeSet<Vec<String>> = BTreeSet::new();
        refused.retain(|one| one.change.0.iter().any(|(path, _)| keys.insert(path.clone())));
        let mut taken = 0;
        for one in refused.iter().take(MOST_MENDED) {
            if self.is_over() {
                break;
            }
            let mut proposals = self.evaluate(&one.broken, Some(&one.change), None).proposals;
            proposals.sort_by_key(|proposal| std::cmp::Reverse(proposal.gain));
            proposals.truncate(MOST_MENDS);
            taken += self.take_best(proposals, representatives);
        }
        self.refused.clear();
        taken
    }

    /// The changes to try as the first of a pair: few changes that together affect the answers to most failing cases.
    fn firsts(&self, noticed: Vec<Noticed>) -> Vec<Move> {
        let mut known: BTreeSet<Vec<(usize, u64)>> = BTreeSet::new();
        let mut open: Vec<Noticed> = noticed
            .into_iter()
            .filter(|noticed| {
                let answers = noticed.answers.iter().map(|(case, verdict)| (*case, verdict.hash));
                known.insert(answers.collect())
            })
            .collect();
        let mut covered: HashMap<usize, u32> = HashMap::new();
        let mut firsts = Vec::new();
        while firsts.len() < MOST_FIRSTS {
            let worth = |noticed: &Noticed| -> u32 {
                let of_case = |(case, verdict): &(usize, Verdict)| {
                    let (was, is) = (self.verdicts[case].near, verdict.near);
                    let step: u32 = match is.cmp(&was) {
                        Ordering::Less => 0,
                        Ordering::Equal => 4,
                        Ordering::Greater => 16,
                    };
                    // A case that other changes already affect counts less.
                    step >> covered.get(case).copied().unwrap_or(0).min(8)
                };
                noticed.answers.iter().map(of_case).sum()
            };
            // The first of equal ones.
            let best = open
                .iter()
                .map(worth)
                .enumerate()
                .reduce(|best, next| if next.1 > best.1 { next } else { best });
            let Some((at, 1..)) = best else { break };
            let best = open.remove(at);
            for (case, _) in &best.answers {
                *covered.entry(*case).or_default() += 1;
            }
            firsts.push(best.change);
        }
        firsts
    }
}
