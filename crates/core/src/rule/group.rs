//! Rules about the same requests or connections, which share one count.

use super::condition::{Rest, Seen};
use super::rules::Asked;
use super::sorted::Sorted;
use super::{Rule, Subject};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that no match ever has.
pub(super) const NEVER: u64 = u64::MAX;

/// Rules about the same requests or connections, at the same stage.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub about: About,
    /// The conditions that the index does not check.
    pub rest: Rest,
    /// The number of matches so far.
    pub matches: Arc<AtomicU64>,
    /// A lower bound for the number of the next match that a rule wants; [`NEVER`] if no rule wants one.
    next: Arc<AtomicU64>,
    /// The rules that want a single match, by its number.
    pub numbered: Sorted,
    /// The other rules.
    pub others: Vec<usize>,
}

/// What the rules that share a count have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct About {
    pub asked: Asked,
    pub subject: Subject,
    /// `overall`, as a number among all requests that were counted.
    pub overall: Option<u64>,
}

impl Group {
    /// A group without rules. It continues the count in `matches`.
    pub(super) fn new(about: About, matches: Arc<AtomicU64>) -> Self {
        Self {
            about,
            rest: Rest::Nothing,
            matches,
            next: Arc::default(),
            numbered: Sorted::default(),
            others: Vec::new(),
        }
    }

    /// Whether one of its rules may apply to a future match.
    #[inline]
    pub(super) fn is_left(&self) -> bool {
        self.next.load(Ordering::Relaxed) != NEVER
    }

    /// Whether an occasion that the index has found meets all conditions. `overall`: the number of the request among
    /// all.
    #[inline]
    pub(super) fn is_met(&self, seen: &Seen<'_>, overall: u64) -> bool {
        self.about.overall.is_none_or(|want| want == overall) && self.rest.is_met(seen)
    }

    /// Counts an occasion that the index has found, if it meets all conditions. Returns its number if a rule may want
    /// it. Once no rule is left, nothing is counted.
    #[inline]
    pub(super) fn count(&self, seen: &Seen<'_>, overall: u64) -> Option<u64> {
        // Load `next` before counting. The thread that stored it had counted a match before, so this match has a greater
        // number. No rule wants a number between the two.
        let next = self.next.load(Ordering::Acquire);
        if next == NEVER || !self.is_met(seen, overall) {
            return None;
        }
        let number = self.matches.fetch_add(1, Ordering::AcqRel) + 1;
        (number >= next).then_some(number)
    }

    /// The rules that may want the match with this number.
    pub(super) fn rules_for(&self, number: u64) -> impl Iterator<Item = usize> {
        self.numbered.get(number).iter().chain(&self.others).copied()
    }

    /// Looks for the next match after this number that a rule wants. `next_of` returns the next match that one rule
    /// wants. Returns true if this call is the first to find that there is none.
    pub(super) fn look_ahead(&self, number: u64, next_of: impl Fn(usize) -> u64) -> bool {
        let numbered = self.numbered.after(number).map(|rule| next_of(*rule));
        let mut next = { numbered }.find(|next| *next != NEVER).unwrap_or(NEVER);
        for rule in &self.others {
            if next <= number + 1 {
                break;
            }
            next = next.min(next_of(*rule));
        }
        self.next.fetch_max(next, Ordering::AcqRel) != NEVER && next == NEVER
    }
}

impl About {
    /// What `rule` is about, if it was added when `requests_before` requests had been counted.
    pub(super) fn of(rule: &Rule, requests_before: u64) -> Self {
        let subject = rule.when.subject.clone();
        Self {
            asked: Asked::at(rule.act.at),
            overall: subject.overall.map(|want| requests_before.saturating_add(want)),
            subject,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rule::{Act, Condition, End, Occasion, Point, ReplyChange, Rule, Rules, Wanted};

    fn first_byte(wanted: Wanted, times: Option<u64>) -> Rule {
        Rule {
            name: String::new(),
            when: Condition {
                wanted,
                times,
                ..Condition::default()
            },
            reply: ReplyChange::default(),
            act: Act {
                at: Point::FirstByte,
                hold: None,
                stall: None,
                end: Some(End::Fin),
            },
        }
    }

    fn nth(nth: u64) -> Wanted {
        Wanted {
            nth: Some(nth),
            ..Wanted::default()
        }
    }

    fn every(every: u64) -> Wanted {
        Wanted {
            every: Some(every),
            ..Wanted::default()
        }
    }

    /// The numbers of the hits for the next first bytes; 0 for no hit.
    fn hits(rules: &Rules, count: usize) -> Vec<u64> {
        let hit = |_| rules.hit(1, Occasion::FirstByte(1)).map_or(0, |hit| hit.number);
        (0..count).map(hit).collect()
    }

    #[test]
    fn a_rule_leaves_once_it_cannot_apply_any_more() {
        for (what, rule, want) in [
            ("the second", first_byte(nth(2), None), [true, true, false, false]),
            (
                "the first two",
                first_byte(Wanted::default(), Some(2)),
                [true, true, false, false],
            ),
            ("each", first_byte(Wanted::default(), None), [true; 4]),
            (
                "every third, once",
                first_byte(every(3), Some(1)),
                [true, true, true, false],
            ),
            (
                "the second, of every third",
                first_byte(
                    Wanted {
                        every: Some(3),
                        ..nth(2)
                    },
                    None,
                ),
                [true, false, false, false],
            ),
        ] {
            let rules = Rules::new(vec![rule]);
            let left = want.map(|_| {
                let is_left = rules.act_at_first_byte();
                hits(&rules, 1);
                is_left
            });
            assert_eq!(left, want, "{what}");
        }
    }

    /// Each rule counts from the time when it was added, even if the first is used up and its group no longer counts.
    #[test]
    fn a_rule_that_is_added_to_those_that_have_left_counts_from_then_on() {
        let first = first_byte(nth(1), None);
        let before = Rules::new(vec![first.clone()]);
        assert_eq!(hits(&before, 5), [1, 0, 0, 0, 0]);
        let after = Rules::new(vec![first, first_byte(nth(2), None)]).with_counts_of(&before);
        assert_eq!(hits(&after, 4), [0, 1, 0, 0]);
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "connections on several threads share the counts"
    )]
    fn threads_that_count_together_miss_no_number() {
        let numbers = [1, 2, 3, 5, 90, 91, 1000, 3999];
        let mut rules: Vec<Rule> = numbers.iter().map(|number| first_byte(nth(*number), None)).collect();
        rules.push(first_byte(every(7), None));
        let rules = Rules::new(rules);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| hits(&rules, 1000));
            }
        });
        let found: Vec<u64> = rules.iter().map(|(_, hits)| hits).collect();
        // 91 is the only one of the numbers that 7 divides; the first rule that applies is carried out.
        assert_eq!(found, [1, 1, 1, 1, 1, 1, 1, 1, 4000 / 7 - 1]);
    }
}
