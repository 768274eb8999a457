//! The rules of a server, and how often each has applied.

use super::{Occasion, Point, Rule};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The rules of a server, in their order. Copies share the counts.
#[derive(Clone, Debug, Default)]
pub struct Rules(Vec<Counted>);

/// A rule with its counts, which all worker threads share.
#[derive(Clone, Debug)]
struct Counted {
    rule: Arc<Rule>,
    counts: Arc<Counts>,
}

/// What a rule has counted.
#[derive(Debug, Default)]
struct Counts {
    /// The requests of the server, if the rule asks for one of them.
    requests: AtomicU64,
    /// What has met its conditions.
    matches: AtomicU64,
    /// How often it was carried out.
    hits: AtomicU64,
}

/// A rule that applies.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The rule.
    pub rule: Arc<Rule>,
    /// How often it has applied, this time included.
    pub number: u64,
}

impl Rules {
    /// These rules, which have counted nothing.
    pub fn new(rules: Vec<Rule>) -> Self {
        let counted = |rule| Counted {
            rule: Arc::new(rule),
            counts: Arc::default(),
        };
        Self(rules.into_iter().map(counted).collect())
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them acts at this point.
    pub fn act_at(&self, point: Point) -> bool {
        self.0.iter().any(|counted| counted.rule.act.at == point)
    }

    /// The rules, with how often each has applied.
    pub fn iter(&self) -> impl Iterator<Item = (&Rule, u64)> {
        self.0
            .iter()
            .map(|counted| (&*counted.rule, counted.counts.hits.load(Ordering::Relaxed)))
    }

    /// The same rules with the counts of those that `before` has, too.
    #[must_use]
    pub fn with_counts_of(mut self, before: &Self) -> Self {
        let mut known: Vec<&Counted> = before.0.iter().collect();
        for counted in &mut self.0 {
            if let Some(at) = known.iter().position(|other| other.rule == counted.rule) {
                counted.counts = Arc::clone(&known.remove(at).counts);
            }
        }
        self
    }

    /// Sets all counts to zero.
    pub fn forget_counts(&self) {
        for Counted { counts, .. } in &self.0 {
            for counter in [&counts.requests, &counts.matches, &counts.hits] {
                counter.store(0, Ordering::Relaxed);
            }
        }
    }

    /// The rule that applies to what happens on the connection with this number. Counts it for every rule whose
    /// conditions are met.
    pub fn hit(&self, connection: u64, occasion: Occasion<'_>) -> Option<Hit> {
        let mut found = None;
        for Counted { rule, counts } in &self.0 {
            if !is_asked(rule.act.at, occasion) {
                continue;
            }
            let overall = rule.when.overall.is_none_or(|want| count(&counts.requests) == want);
            if !rule.when.is_met(connection, occasion) || !overall {
                continue;
            }
            let number = count(&counts.matches);
            if found.is_none() && rule.when.wanted.includes(number) {
                let most = rule.when.times.unwrap_or(u64::MAX);
                let one_more = |hits: u64| (hits < most).then_some(hits + 1);
                found = counts
                    .hits
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
                    .ok()
                    .map(|before| Hit {
                        rule: Arc::clone(rule),
                        number: before + 1,
                    });
            }
        }
        found
    }
}

/// Whether a rule that acts at this point is looked at on this occasion.
fn is_asked(point: Point, occasion: Occasion<'_>) -> bool {
    match occasion {
        Occasion::Accept => point == Point::Accept,
        Occasion::FirstByte(_) => point == Point::FirstByte,
        Occasion::Request(..) => !matches!(point, Point::Accept | Point::FirstByte),
    }
}

fn count(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

/// Two lists of rules are equal if the rules are, whatever they have counted.
impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.0
            .iter()
            .map(|counted| &counted.rule)
            .eq(other.0.iter().map(|counted| &counted.rule))
    }
}
