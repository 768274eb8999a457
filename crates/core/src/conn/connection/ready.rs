//! Whether the input is long enough to be parsed, and whether the scanned head is ready for an exchange.

use super::Conn;
use crate::conn::{Context, Next, Refusal};
use crate::http1::head::Fields;
use crate::http1::{Head, Scan};
use crate::path;
use crate::profile::Profile;

impl Conn {
    /// The maximum number of bytes that the next read from the socket may take.
    pub fn read_size(&self, profile: &Profile) -> usize {
        match profile.first_read.checked_sub(self.input.len()) {
            Some(missing) if missing > 0 && self.is_new() => missing,
            _ => profile.read,
        }
    }

    /// After a POST, drops the CR and LF bytes before the next request, up to the profile's limit. Returns whether
    /// there is input to parse.
    pub(super) fn begin_parsing(&mut self, profile: &Profile) -> bool {
        if self.input.is_empty() || self.is_too_short(profile) {
            return false;
        }
        if std::mem::take(&mut self.after_post) {
            let blank = self.input.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
            self.drop_input(blank.take(profile.blank_after_post).count());
        }
        !self.input.is_empty()
    }

    /// Whether the input is too short to be parsed. Between two requests, such input leaves the connection idle.
    pub(super) fn is_too_short(&self, profile: &Profile) -> bool {
        let least = if self.is_new() {
            profile.first_read
        } else {
            profile.next_read
        };
        self.input.len() < least && !self.client_fin
    }

    /// The next step if the client's FIN ends a first read that was waiting for more bytes. `None` if there was no such
    /// wait, or if the head is still incomplete.
    pub(super) fn end_first_read(&mut self, cx: &Context<'_>) -> Option<Next> {
        if self.input.is_empty() || !self.is_new() || self.input.len() >= cx.profile.first_read {
            return None;
        }
        let next = self.next(cx);
        (!matches!(next, Next::Wait)).then_some(next)
    }

    pub(super) fn is_new(&self) -> bool {
        self.life.requests() == 0
    }
}

/// A head that is complete or refused, and why it is refused; `None` if the head is incomplete.
pub(super) fn ready(scan: Scan) -> Option<(Head, Option<Refusal>)> {
    match scan {
        Scan::Complete(head) => Some((head, None)),
        Scan::Refused(fault, head) => Some((head, Some(Refusal::Fault(fault)))),
        Scan::Partial(_) => None,
    }
}

/// The refusal of a target before its head is complete, for profiles that check each byte as it arrives and targets
/// before the other parts. The result includes the head up to the request line.
pub(super) fn refused_target(input: &[u8], scan: &Scan, cx: &Context<'_>) -> Option<(Head, Option<Refusal>)> {
    let profile = cx.profile;
    let (Scan::Partial(head) | Scan::Complete(head) | Scan::Refused(_, head)) = scan;
    if head.fields_start == 0 || !profile.head.by_byte || !profile.target.before_method {
        return None;
    }
    let id = path::malformed(head.target.of(input), &profile.target, &profile.files, cx.root)?;
    let line_alone = Head {
        fields: Fields::default(),
        len: 0,
        ..head.clone()
    };
    Some((line_alone, Some(Refusal::Response(id))))
}
