//! The bytes after a request that is about to be answered, for profiles in which they can discard its response.
//!
//! This module checks the bytes that have arrived. It reads nothing and does not wait.

use super::Context;
use super::is_last;
use crate::decide::{self, Route};
use crate::http1::pipeline::{self, Pipelined};
use crate::http1::{Fault, Framing, Head, Request, ResponseId};
use crate::profile::EofInHead;
use std::cell::Cell;

/// What follows a request that is about to be answered.
pub(super) enum Lookahead {
    /// Nothing that prevents the response.
    Nothing,
    /// Nothing that prevents the response to this or to any later request in the input. There is nothing to check again
    /// until more bytes arrive.
    NothingInInput,
    /// The request at this offset, with its fault if it has one. It is answered instead of this one.
    Instead(usize, Head, Option<Fault>),
    /// Something that closes the connection after the response to this request.
    CloseAfter,
    /// The client's FIN. The request is dropped.
    Drop,
    /// The client's FIN inside a later head, which gets this response.
    Respond(ResponseId),
}

/// Checks what follows the request with this `head`. `fin`: the client has sent FIN.
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
    let content_passed = Cell::new(false);
    let look = || {
        pipeline::look_ahead(input, head, &profile.head, |request| {
            content_passed.set(content_passed.get() || request.framing(&profile.head.body) != Framing::None);
            is_last(request, &profile.connection)
        })
    };
    // A response that needs no file is sent before the server sees the bytes after the request.
    if let Some(fault) = request.fault(&profile.head) {
        let looks = profile.pipelined_fault_discards && fault.is_of_expect();
        return match looks.then(look) {
            // If content precedes the fault, the response is sent before it, and the fault gets a separate response.
            Some(Pipelined::Fault(at, _, head))
                if content_passed.get() || pipeline::has_content(&input[at..], &head, &profile.head) =>
            {
                Lookahead::Nothing
            }
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
