//! The next steps of a connection that the caller carries out, and the results that it reports.

use super::{Close, Deadline};
use crate::close_reason::CloseReason;
use crate::http1::{Fault, Head, ResponseId};
use std::time::Duration;

/// Why a request is refused before a response is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A fault in its head.
    Fault(Fault),
    /// A part of it that gets this response, whatever the rest is.
    Response(ResponseId),
}

/// The purpose of an [`Exchange`](super::Exchange).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To answer a request, or to refuse it.
    Request(Option<Refusal>),
    /// To send a response without a request, such as a 408, and then close for this reason.
    Unasked(ResponseId, CloseReason),
}

/// A request that is ready to be answered.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The head, as offsets into the input.
    pub head: Head,
    /// What the exchange is for.
    pub purpose: Purpose,
    /// The number of `100 Continue` responses to send first. They belong to an earlier request that gets no other
    /// response.
    pub interim: u8,
    /// The bytes of earlier requests that get no response because of this one. The input no longer contains them.
    pub displaced: Vec<u8>,
    /// Why the connection closes after the response, if the bytes after the request cause that.
    pub(super) close_after: Option<CloseReason>,
}

impl Opened {
    /// A request without interim responses, displaced requests or a reason to close.
    pub(super) fn new(head: Head, purpose: Purpose) -> Self {
        Self {
            head,
            purpose,
            interim: 0,
            displaced: Vec::new(),
            close_after: None,
        }
    }
}

/// What to wait for between the end of a request head and the decision about the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// Let other connections read first, so that one check of a file serves all their requests.
    TakeTurns,
    /// Wait for the client's next bytes and its FIN for this long, counted from its last byte. With zero, take only
    /// what has arrived.
    Within(Duration),
}

/// The next step for a connection.
#[derive(Debug)]
pub enum Next {
    /// Wait for the client, for [`Conn::deadline`](super::Conn::deadline), or for the server to stop.
    Wait,
    /// A request head is complete. Wait as [`Settle`] says, then call [`Conn::settled`](super::Conn::settled) with the
    /// head.
    Settle(Head, Settle),
    /// Run an exchange.
    Serve(Opened),
    /// Close the connection.
    Close(Close),
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeReason {
    /// This many bytes were added to the input.
    Received(usize),
    /// The client sent FIN.
    Fin,
    /// The connection failed.
    Broken(CloseReason),
    /// A timer has expired.
    Expired(Deadline),
    /// The server is stopping.
    Stop,
}
