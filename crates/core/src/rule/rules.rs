//! The rules of a server, and how often each has applied.

use super::condition::Seen;
use super::group::{About, Group, NEVER};
use super::index::Index;
use super::{Occasion, Point, Rule};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The rules of a server, in their order. Copies share the counts.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Counted>,
    /// The rules by what they are about. The rules of a group share one count.
    groups: Vec<Group>,
    /// The number of requests to the server since one of its rules needs that number.
    requests: Arc<AtomicU64>,
    /// Whether a rule needs it.
    counts_requests: bool,
    at_accept: Stage,
    at_first_byte: Stage,
    at_request: Stage,
}

/// A rule and its counts.
#[derive(Clone, Debug)]
struct Counted {
    rule: Arc<Rule>,
    /// The index of its group.
    group: usize,
    /// How often it was carried out.
    hits: Arc<AtomicU64>,
    /// How many requests of the server had been counted when it was added.
    requests_before: u64,
    /// How many matches its group had counted when it was added.
    matches_before: u64,
}

/// The stage of a connection at which a rule is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    Accept,
    FirstByte,
    Request,
}

/// The rules that are looked up at one stage.
#[derive(Clone, Debug, Default)]
struct Stage {
    /// The number of groups with rules that may still apply. It decreases when a group turns out to have none left.
    left: Arc<AtomicUsize>,
    index: Index,
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
    /// These rules, with all counts at zero.
    pub fn new(rules: Vec<Rule>) -> Self {
        let counted = |rule| Counted {
            rule: Arc::new(rule),
            group: 0,
            hits: Arc::default(),
            requests_before: 0,
            matches_before: 0,
        };
        let none = Self::default();
        Self::grouped(rules.into_iter().map(counted).collect(), &none)
    }

    /// Whether there are no rules.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether one of them may still act on the first byte of a request.
    pub fn act_at_first_byte(&self) -> bool {
        self.at_first_byte.is_left()
    }

    /// Whether one of them may still apply to a request whose head is complete.
    #[inline]
    pub fn act_on_requests(&self) -> bool {
        self.at_request.is_left()
    }

    /// Whether a rule may act on the first byte of this request. Both parameters are numbers: of the connection, and of
    /// the request on it. If not, no rule ever will, and the occasion need not be counted.
    #[inline]
    pub fn may_act_at_first_byte(&self, connection: u64, request: u64) -> bool {
        self.at_first_byte.is_left() && self.may_hit_first_byte(connection, request)
    }

    fn may_hit_first_byte(&self, connection: u64, request: u64) -> bool {
        let seen = Seen::new(connection, Occasion::FirstByte(request));
        let mut may = false;
        self.at_first_byte.index.candidates(&seen, 0, |at| {
            let group = &self.groups[at];
            may = may || (group.is_left() && group.is_met(&seen, 0));
        });
        may
    }

    /// The rules, with how often each has applied.
    pub fn iter(&self) -> impl Iterator<Item = (&Rule, u64)> {
        self.rules
            .iter()
            .map(|counted| (&*counted.rule, counted.hits.load(Ordering::Relaxed)))
    }

    /// The same rules. Those that `before` also has keep their counts. The others count from now on.
    #[must_use]
    pub fn with_counts_of(self, before: &Self) -> Self {
        let mut known: Vec<&Counted> = before.rules.iter().collect();
        let requests_before = before.requests.load(Ordering::Relaxed);
        let matches = before.matches();
        let counted = |counted: Counted| match known.iter().position(|other| other.rule == counted.rule) {
            Some(at) => known.remove(at).clone(),
            None => {
                let matches = matches.get(&About::of(&counted.rule, requests_before));
                Counted {
                    requests_before,
                    matches_before: matches.map_or(0, |matches| matches.load(Ordering::Relaxed)),
                    ..counted
                }
            }
        };
        Self::grouped(self.rules.into_iter().map(counted).collect(), before)
    }

    /// The same rules, with all counts at zero.
    #[must_use]
    pub fn without_counts(self) -> Self {
        let rules = self.rules.into_iter().map(|counted| Rule::clone(&counted.rule));
        Self::new(rules.collect())
    }

    /// The count of each group.
    fn matches(&self) -> HashMap<&About, &Arc<AtomicU64>> {
        self.groups.iter().map(|group| (&group.about, &group.matches)).collect()
    }

    /// Groups rules with their counts. A group that `before` also has continues its count.
    fn grouped(mut rules: Vec<Counted>, before: &Self) -> Self {
        let known = before.matches();
        let mut groups: Vec<Group> = Vec::new();
        let mut places: HashMap<About, usize> = HashMap::new();
        for (number, counted) in rules.iter_mut().enumerate() {
            let about = About::of(&counted.rule, counted.requests_before);
            let at = *places.entry(about).or_insert_with_key(|about| {
                let matches = known.get(about).map(|matches| Arc::clone(matches));
                groups.push(Group::new(about.clone(), matches.unwrap_or_default()));
                groups.len() - 1
            });
            counted.group = at;
            match counted.rule.when.wanted.nth {
                Some(nth) => groups[at]
                    .numbered
                    .insert(counted.matches_before.saturating_add(nth), number),
                None => groups[at].others.push(number),
            }
        }
        let mut stage = |asked| {
            let subjects = groups
                .iter()
                .enumerate()
                .filter(|(_, group)| group.about.asked == asked)
                .map(|(at, group)| (at, &group.about.subject, group.about.overall));
            let (index, rests) = Index::new(subjects);
            let left = Arc::new(AtomicUsize::new(rests.len()));
            for (at, rest) in rests {
                groups[at].rest = rest;
            }
            Stage { left, index }
        };
        Self {
            at_accept: stage(Asked::Accept),
            at_first_byte: stage(Asked::FirstByte),
            at_request: stage(Asked::Request),
            counts_requests: groups.iter().any(|group| group.about.overall.is_some()),
            requests: Arc::clone(&before.requests),
            rules,
            groups,
        }
    }

    /// The rule that applies to this occasion on the connection with this number. Counts the occasion for every rule
    /// whose conditions it meets.
    pub fn hit(&self, connection: u64, occasion: Occasion<'_>) -> Option<Hit> {
        let stage = self.stage(match occasion {
            Occasion::Accept => Asked::Accept,
            Occasion::FirstByte(_) => Asked::FirstByte,
            Occasion::Request(..) => Asked::Request,
        });
        if !stage.is_left() {
            return None;
        }
        let counts = self.counts_requests && matches!(occasion, Occasion::Request(..));
        let overall = if counts { count(&self.requests) } else { 0 };
        let seen = Seen::new(connection, occasion);
        let mut wanted: Vec<usize> = Vec::new();
        stage.index.candidates(&seen, overall, |at| {
            let group = &self.groups[at];
            if let Some(number) = group.count(&seen, overall) {
                wanted.extend(group.rules_for(number).filter(|rule| self.rules[*rule].wants(number)));
                self.look_ahead(group, number);
            }
        });
        if wanted.is_empty() {
            return None;
        }
        // The first rule that applies, whichever group it is in.
        wanted.sort_unstable();
        let (counted, hit) = wanted.into_iter().find_map(|rule| {
            let counted = &self.rules[rule];
            Some((counted, counted.hit()?))
        })?;
        if !counted.is_left() {
            let group = &self.groups[counted.group];
            self.look_ahead(group, group.matches.load(Ordering::Relaxed));
        }
        Some(hit)
    }

    fn stage(&self, asked: Asked) -> &Stage {
        match asked {
            Asked::Accept => &self.at_accept,
            Asked::FirstByte => &self.at_first_byte,
            Asked::Request => &self.at_request,
        }
    }

    /// Looks for the next match of a group after this number that one of its rules wants.
    fn look_ahead(&self, group: &Group, number: u64) {
        if group.look_ahead(number, |rule| self.rules[rule].next_after(number)) {
            self.stage(group.about.asked).left.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
impl Rules {
    /// The number of subjects and rules that are examined for the first occasion.
    pub(super) fn looks_at(&self, asked: Asked, connection: u64, occasion: Occasion<'_>) -> usize {
        let stage = self.stage(asked);
        let mut count = 0;
        stage.index.candidates(&Seen::new(connection, occasion), 1, |at| {
            let group = &self.groups[at];
            count += 1 + group.numbered.get(1).len() + group.others.len();
        });
        count
    }
}

impl Stage {
    /// Whether one of its rules may still apply.
    #[inline]
    fn is_left(&self) -> bool {
        self.left.load(Ordering::Relaxed) > 0
    }
}

impl Counted {
    /// The number of the next match of its group, after this one, that the rule may apply to; [`NEVER`] if none.
    fn next_after(&self, number: u64) -> u64 {
        let since = number.saturating_sub(self.matches_before);
        let next = self.rule.when.wanted.next_after(since).filter(|_| self.is_left());
        next.map_or(NEVER, |next| next.saturating_add(self.matches_before))
    }

    /// Whether the rule applies to this match of its group.
    fn wants(&self, match_number: u64) -> bool {
        let since = match_number.saturating_sub(self.matches_before);
        since > 0
            && self.rule.when.wanted.includes(since)
            // `hit` makes the decision. This check only keeps used-up rules from being sorted.
            && self.is_left()
    }

    /// Whether `times` allows it once more.
    fn is_left(&self) -> bool {
        let most = self.rule.when.times;
        most.is_none_or(|most| self.hits.load(Ordering::Relaxed) < most)
    }

    /// Carries the rule out once more, if `times` allows it.
    fn hit(&self) -> Option<Hit> {
        let most = self.rule.when.times.unwrap_or(u64::MAX);
        let one_more = |hits: u64| (hits < most).then_some(hits + 1);
        let before = self.hits.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        before.ok().map(|before| Hit {
            rule: Arc::clone(&self.rule),
            number: before + 1,
        })
    }
}

impl Asked {
    /// The stage at which a rule that acts at this point is looked up.
    pub(super) fn at(point: Point) -> Self {
        match point {
            Point::Accept => Self::Accept,
            Point::FirstByte => Self::FirstByte,
            Point::Head
            | Point::BeforeReply
            | Point::AfterHead
            | Point::AfterBytes(_)
            | Point::AfterReply
            | Point::Idle => Self::Request,
        }
    }
}

fn count(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

/// Two lists of rules are equal if the rules are, whatever they have counted.
impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.rules
            .iter()
            .map(|counted| &counted.rule)
            .eq(other.rules.iter().map(|counted| &counted.rule))
    }
}
