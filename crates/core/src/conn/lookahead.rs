//! What follows a request before it is answered, for profiles in which that can take the response away.
//!
//! Judges the bytes that have arrived; reads nothing and waits for nothing.

use super::Context;
use super::is_last;
use crate::decide::{self, Route};
use crate::http1::pipeline::{self, Pipelined};
use crate::http1::{Fault, Framing, Head, Request, ResponseId};
use crate::profile::EofInHead;

/// What follows a request that is about to be answered.
pub(super) enum Lookahead {
    /// Nothing that keeps it from being answered.
    Nothing,
    /// The same, and nothing in the input keeps a later request from being answered either: until more bytes arrive, it
    /// need not be judged again.
    NothingInInput,
    /// A request at this offset of the input is answered in place of this one; with its fault if it has one.
    Instead(usize, Head, Option<Fault>),
    /// Something that closes the connection without a further response, once the request has been answered.
    CloseAfter,
    /// The client's FIN: the request is dropped.
    Drop,
    /// The client's FIN in the middle of a later head, which gets this response.
    Respond(ResponseId),
}

/// Judges what follows the request whose head is `head`. `fin`: the client has ended its side.
pub(super) fn judge(input: &[u8], head: &Head, fin: bool, cx: &Context<'_>) -> Lookahead {
    let profile = cx.profile;
    let drops = profile.connection.client_fin.drops_request;
    if !drops && !profile.pipelined_fault_discards {
        return Lookahead::Nothing;
    }
    let request = Request::new(input, head);
    let nothing_follows = input.len() == head.len && request.framing(&profile.head.body) == Framing::None;
    if nothing_follows && !fin {
        return Lookahead::Nothing;
    }
    let look = || {
        pipeline::look_ahead(input, head, &profile.head, |request| {
            is_last(request, &profile.connection)
        })
    };
    // A response that depends on no file has been sent before anything that follows was seen.
    if let Some(fault) = request.fault(&profile.head) {
        let looks = profile.pipelined_fault_discards && fault.is_of_expect();
        return match looks.then(look) {
            Some(Pipelined::Fault(..) | Pipelined::Connect(..)) => Lookahead::CloseAfter,
            _ => Lookahead::Nothing,
        };
    }
    let waits_for_file = matches!(decide::route(profile, &request, cx.root), Route::Lookup(_));
    match look() {
        Pipelined::Fault(at, fault, head) if profile.pipelined_fault_discards => {
            Lookahead::Instead(at, head, Some(fault))
        }
        Pipelined::Connect(at, head) if profile.pipelined_fault_discards => Lookahead::Instead(at, head, None),
        Pipelined::Whole | Pipelined::Partial if !fin => Lookahead::NothingInInput,
        _ if !(fin && drops && waits_for_file) => Lookahead::Nothing,
        Pipelined::Whole | Pipelined::Fault(..) | Pipelined::Connect(..) => Lookahead::Drop,
        Pipelined::Partial => match profile.connection.client_fin.in_head {
            EofInHead::Respond(id) => Lookahead::Respond(id),
            _ => Lookahead::Drop,
        },
    }
}
