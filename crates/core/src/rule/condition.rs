//! When a rule applies.

use crate::glob::Glob;
use crate::http1::Request;
use std::cell::OnceCell;

/// When a rule applies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// Which requests or connections it is about.
    pub subject: Subject,
    /// Which of the matching requests or connections it applies to, by their numbers.
    pub wanted: Wanted,
    /// The maximum number of times it applies; `None` for no limit.
    pub times: Option<u64>,
}

/// Which requests or connections a rule is about. A field that is `None` matches all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The path of the target as sent, up to a `?`; with the query, if the pattern has one.
    pub path: Option<Glob>,
    /// The method as sent.
    pub method: Option<String>,
    /// The name of a field that the request must have, and what its value must be.
    pub header: Option<(String, Option<Glob>)>,
    /// The number of the request on its connection, from 1.
    pub request: Option<u64>,
    /// The number of the connection, from 1.
    pub connection: Option<u64>,
    /// The number of the request among all requests to the server, from 1, counted since the rule was added.
    pub overall: Option<u64>,
}

/// Which of its matches a rule applies to. All fields that are set must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only this match, counted from 1.
    pub nth: Option<u64>,
    /// Every match whose number is a multiple of this.
    pub every: Option<u64>,
    /// This percentage of the matches. The seed alone decides which.
    pub percent: Option<u64>,
    /// The seed of `percent`.
    pub seed: u64,
}

/// An event on a connection, for which a rule may apply.
#[derive(Clone, Copy, Debug)]
pub enum Occasion<'r> {
    /// It was accepted.
    Accept,
    /// The first byte of the request with this number has arrived.
    FirstByte(u64),
    /// The head of the request with this number is complete.
    Request(u64, &'r Request<'r>),
}

/// An occasion, parsed once for all conditions.
#[derive(Debug)]
pub(super) struct Seen<'r> {
    /// The number of the connection.
    pub connection: u64,
    /// The number of the request on its connection; 0 at the accept.
    pub number: u64,
    /// The request, if its head is complete.
    pub request: Option<SeenRequest<'r>>,
}

/// The parts of a request that conditions examine.
#[derive(Debug)]
pub(super) struct SeenRequest<'r> {
    /// The target without scheme and authority.
    pub target: &'r [u8],
    /// The target up to its query.
    pub path: &'r [u8],
    /// The length of the path up to and including its last slash, computed on first use.
    directory: OnceCell<usize>,
    /// The request.
    pub whole: &'r Request<'r>,
}

impl<'r> Seen<'r> {
    #[inline]
    pub(super) fn new(connection: u64, occasion: Occasion<'r>) -> Self {
        let (number, request) = match occasion {
            Occasion::Accept => (0, None),
            Occasion::FirstByte(number) => (number, None),
            Occasion::Request(number, whole) => {
                let target = origin_form(whole.target());
                let path = path_of(target);
                let request = SeenRequest {
                    target,
                    path,
                    directory: OnceCell::new(),
                    whole,
                };
                (number, Some(request))
            }
        };
        Self {
            connection,
            number,
            request,
        }
    }
}

impl SeenRequest<'_> {
    /// The length of the path up to and including its last slash.
    fn directory(&self) -> usize {
        let find = || memchr::memrchr(b'/', self.path).map_or(0, |at| at + 1);
        *self.directory.get_or_init(find)
    }
}

impl Subject {
    /// Whether the occasion matches this subject. Ignores `overall`, which requires counting.
    pub(super) fn is_met(&self, seen: &Seen<'_>) -> bool {
        self.connection.is_none_or(|want| want == seen.connection)
            && self.request.is_none_or(|want| want == seen.number)
            && seen.request.as_ref().is_none_or(|request| self.fits(request))
    }

    fn fits(&self, request: &SeenRequest<'_>) -> bool {
        let of_path = |glob: &Glob| glob.fits(if glob.has_query() { request.target } else { request.path });
        self.path.as_ref().is_none_or(of_path)
            && self
                .method
                .as_ref()
                .is_none_or(|method| method.as_bytes() == request.whole.method())
            && self.header.as_ref().is_none_or(|(want, value)| {
                request.whole.fields().any(|(name, text)| {
                    name.eq_ignore_ascii_case(want.as_bytes()) && value.as_ref().is_none_or(|glob| glob.fits(text))
                })
            })
    }

    /// Whether every occasion matches it.
    pub(super) fn is_anything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a path is its only condition.
    pub(super) fn is_path_alone(&self) -> bool {
        let Self {
            path,
            method,
            header,
            request,
            connection,
            overall,
        } = self;
        path.is_some()
            && method.is_none()
            && header.is_none()
            && request.is_none()
            && connection.is_none()
            && overall.is_none()
    }
}

/// The conditions of a subject that remain to be checked after an index has found it.
#[derive(Clone, Debug)]
pub(super) enum Rest {
    /// None: the index has checked all of them.
    Nothing,
    /// Whether the path has no slash after this number of bytes.
    NoSlashAfter(usize),
    /// All conditions of this subject.
    Subject(Box<Subject>),
}

impl Rest {
    #[inline]
    pub(super) fn is_met(&self, seen: &Seen<'_>) -> bool {
        match self {
            Self::Nothing => true,
            Self::NoSlashAfter(length) => seen
                .request
                .as_ref()
                .is_none_or(|request| request.directory() <= *length),
            Self::Subject(subject) => subject.is_met(seen),
        }
    }
}

/// A target up to its query.
fn path_of(target: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'?', target);
    &target[..end.unwrap_or(target.len())]
}

/// A target without the scheme and the authority that a request to a proxy has (RFC 9112 section 3.2.2).
fn origin_form(target: &[u8]) -> &[u8] {
    if target.first() == Some(&b'/') {
        return target;
    }
    let Some(after) = memchr::memmem::find(target, b"://").map(|at| at + 3) else {
        return target;
    };
    memchr::memchr(b'/', &target[after..]).map_or(target, |at| &target[after + at..])
}

impl Wanted {
    /// Whether the rule applies to the match with this number, counted from 1.
    pub(super) fn includes(self, number: u64) -> bool {
        self.nth.is_none_or(|nth| nth == number)
            && self.every.is_none_or(|every| number.is_multiple_of(every))
            && self
                .percent
                .is_none_or(|percent| mixed(self.seed ^ mixed(number)) % 100 < percent)
    }

    /// The number of the next match after this one to which the rule may apply. With a percentage, any match may be
    /// one.
    pub(super) fn next_after(self, number: u64) -> Option<u64> {
        let next = match self.every {
            Some(every) => number.checked_div(every)?.checked_add(1)?.checked_mul(every)?,
            None => number.checked_add(1)?,
        };
        match self.nth {
            Some(nth) => (nth > number && self.every.is_none_or(|every| nth.is_multiple_of(every))).then_some(nth),
            None => Some(next),
        }
    }
}

/// A number whose bits all depend on those of `number` (splitmix64).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_matches_are_wanted() {
        let of = |wanted: Wanted| (1..=6).filter(|number| wanted.includes(*number)).collect::<Vec<_>>();
        let any = Wanted::default();
        assert_eq!(of(any), [1, 2, 3, 4, 5, 6]);
        assert_eq!(of(Wanted { nth: Some(2), ..any }), [2]);
        assert_eq!(of(Wanted { every: Some(3), ..any }), [3, 6]);
    }

    /// Skipped numbers are not examined, so a wanted number must never be skipped.
    #[test]
    fn the_next_wanted_match_is_never_skipped() {
        let numbers = [None, Some(1), Some(2), Some(3), Some(6), Some(u64::MAX)];
        for (nth, every, percent) in numbers
            .into_iter()
            .flat_map(|nth| numbers.map(|every| (nth, every)))
            .flat_map(|(nth, every)| [None, Some(0), Some(50)].map(|percent| (nth, every, percent)))
        {
            let wanted = Wanted {
                nth,
                every,
                percent,
                seed: 7,
            };
            for number in 0..20 {
                let first = (number + 1..40).find(|number| wanted.includes(*number));
                let next = wanted.next_after(number).unwrap_or(u64::MAX);
                assert!(
                    next > number && first.is_none_or(|first| next <= first),
                    "{wanted:?} {number}"
                );
                assert!(
                    percent.is_some() || first.is_none_or(|first| next == first),
                    "{wanted:?} {number}"
                );
            }
        }
        assert_eq!(Wanted::default().next_after(u64::MAX), None);
    }

    #[test]
    fn a_percentage_depends_on_the_seed_alone_and_is_about_right() {
        let hits = |seed, percent| {
            let wanted = Wanted {
                percent: Some(percent),
                seed,
                ..Wanted::default()
            };
            (1..=10_000)
                .filter(|number| wanted.includes(*number))
                .collect::<Vec<_>>()
        };
        assert_eq!(hits(7, 25), hits(7, 25));
        assert_ne!(hits(7, 25), hits(8, 25));
        assert!((2300..2700).contains(&hits(7, 25).len()), "{}", hits(7, 25).len());
        assert_eq!(hits(7, 100).len(), 10_000);
    }

    #[test]
    fn the_path_of_a_request_to_a_proxy_is_that_of_its_target() {
        for (target, want) in [
            ("/a?b", "/a?b"),
            ("http://h:80/a?b", "/a?b"),
            ("/a?u=http://x/y", "/a?u=http://x/y"),
            ("http://h", "http://h"),
            ("*", "*"),
        ] {
            assert_eq!(origin_form(target.as_bytes()), want.as_bytes());
        }
    }
}
