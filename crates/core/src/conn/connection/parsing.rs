//! Which bytes after a request are parsed.

use crate::http1::{Fault, Head, HeadPolicy, Scan};

/// Whether the next head is parsed, and how faults in it are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsing {
    /// It is parsed, and its faults are treated as the profile says.
    Usual,
    /// The last request asked for an upgrade. A fault in the next head gets no response, nor does a FIN inside it.
    AfterUpgrade,
    /// The trailers of the last request said that no request follows.
    AfterLast,
    /// Nothing that follows is parsed.
    Stopped,
}

impl Parsing {
    /// The state after a request. `is_last`: its trailers say that no request follows. `is_upgrade`: it asks for an
    /// upgrade, after which the parser stops.
    pub(super) fn after(is_last: bool, is_upgrade: bool) -> Self {
        match (is_last, is_upgrade) {
            (true, _) => Self::AfterLast,
            (_, true) => Self::AfterUpgrade,
            _ => Self::Usual,
        }
    }

    /// Applies this state to the `scan` of `input`, which is not empty. Returns `None` if nothing is parsed.
    pub(super) fn of(&mut self, scan: Scan, input: &[u8], policy: &HeadPolicy) -> Option<Scan> {
        match self {
            Self::AfterUpgrade if matches!(scan, Scan::Refused(..)) => *self = Self::Stopped,
            Self::AfterLast if policy.faults.accepts(Fault::AfterLast) => *self = Self::Stopped,
            Self::AfterLast => {
                let has_more = input.iter().any(|b| !matches!(b, b'\r' | b'\n'));
                return has_more.then(|| Scan::Refused(Fault::AfterLast, Head::default()));
            }
            Self::Usual | Self::AfterUpgrade | Self::Stopped => {}
        }
        (*self != Self::Stopped).then_some(scan)
    }
}
