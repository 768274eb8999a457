//! What a connection asks for, and what it is told.

use super::{Close, Deadline};
use crate::close_reason::CloseReason;
use crate::http1::{Fault, Head, ResponseId};
use std::time::Duration;

/// Why a request is refused before it is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A fault of its head.
    Fault(Fault),
    /// A part of it that gets this response, whatever the rest says.
    Response(ResponseId),
}

/// What an [`Exchange`](super::Exchange) is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To answer a request, or to refuse it.
    Request(Option<Refusal>),
    /// To send a response that no request asked for, such as a 408, and then to close for this reason.
    Unasked(ResponseId, CloseReason),
}

/// A request that is ready to be answered.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The head, as offsets into the input.
    pub head: Head,
    /// What the exchange is for.
    pub purpose: Purpose,
    /// The number of `100 Continue` responses that an earlier request, which gets no other response, is sent first.
    pub interim: u8,
    /// The bytes of earlier requests that get no response because of this one. The input does not hold them any more.
    pub displaced: Vec<u8>,
    /// The reason to close after the response, if what follows the request calls for it.
    pub(super) close_after: Option<CloseReason>,
}

impl Opened {
    /// A request that displaces no other, with nothing that calls for the end of the connection.
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

/// What happens between the end of a request head and the decision about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// Other connections may read first, so that the file system is asked about a file once for all requests.
    TakeTurns,
    /// The client's next bytes and its FIN have this long to arrive, counted from its last byte. Zero: what has arrived
    /// by now is taken in.
    Within(Duration),
}

/// What is to be done next with a connection.
#[derive(Debug)]
pub enum Next {
    /// Wait for the client, for [`Conn::deadline`](super::Conn::deadline), or for the server to stop.
    Wait,
    /// A request head is complete. Let what follows it settle, then call [`Conn::settled`](super::Conn::settled) with the head.
    Settle(Head, Settle),
    /// Run an exchange.
    Serve(Opened),
    /// Close the connection.
    Close(Close),
}

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeReason {
    /// This many bytes were added to the input.
    Received(usize),
    /// The client has ended its side.
    Fin,
    /// The connection is broken.
    Broken(CloseReason),
    /// A timer has expired.
    Expired(Deadline),
    /// The server is stopping.
    Stop,
}
