//! Which bytes after a request are parsed.

use crate::http1::{Fault, Head, HeadPolicy, Scan};

/// Whether the next head is parsed, and how its faults are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsing {
    /// It is. Its faults are refused.
    Usual,
    /// The last request asked for an upgrade: what is wrong with the next head, a FIN inside it too, is not answered.
    AfterUpgrade,
    /// The last request said in its trailers that no other follows.
    AfterLast,
    /// Nothing that follows is parsed.
    Stopped,
}

impl Parsing {
    /// What is parsed after a request that was the last one by its trailers (`is_last`), or asked for an upgrade after
    /// which the parser stops (`is_upgrade`).
    pub(super) fn after(is_last: bool, is_upgrade: bool) -> Self {
        match (is_last, is_upgrade) {
            (true, _) => Self::AfterLast,
            (_, true) => Self::AfterUpgrade,
            _ => Self::Usual,
        }
    }

    /// What a scan of `input`, which is not empty, counts as; `None` if nothing is parsed.
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
