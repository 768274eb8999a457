//! Scans the input after a request for pipelined requests (RFC 9112 section 9.3.2).
//!
//! Some servers parse everything that a read returned before they respond to the first request. In such a server a
//! fault in a later request can discard the responses to earlier ones. [`look_ahead`] finds such a fault; the caller
//! decides what it means.

use super::chunked_body::ChunkedBody;
use super::fault::Fault;
use super::head::{self, Head, HeadPolicy, Scan};
use super::request::{Framing, Request};

/// What the input contains after a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pipelined {
    /// Complete requests or nothing. Empty lines may follow them.
    Whole,
    /// The input ends inside a head or a body.
    Partial,
    /// A request with this fault begins at this offset. The fault may be in its head or in its chunked body.
    Fault(usize, Fault, Head),
    /// A CONNECT request begins at this offset. The bytes after it belong to a tunnel, not to HTTP.
    Connect(usize, Head),
}

/// Whether chunks with content follow the head of a request, before a fault in them.
pub fn has_content(input: &[u8], head: &Head, policy: &HeadPolicy) -> bool {
    let mut chunks = ChunkedBody::default();
    if head.len == 0 || Request::new(input, head).framing(&policy.body) != Framing::Chunked {
        return false;
    }
    chunks.read(&input[head.len.min(input.len())..], policy);
    chunks.content() > 0
}

/// Scans `input`, which begins with a request or a part of one, as [`look_ahead`] does after the first head.
pub fn look(input: &[u8], policy: &HeadPolicy, is_last: impl Fn(&Request<'_>) -> bool) -> Pipelined {
    match head::scan(input, policy) {
        Scan::Complete(head) if head.method.of(input) == b"CONNECT" => Pipelined::Connect(0, head),
        Scan::Complete(head) => look_ahead(input, &head, policy, is_last),
        Scan::Partial { .. } => Pipelined::Partial,
        Scan::Refused(fault, head) => Pipelined::Fault(0, fault, head),
    }
}

/// Scans `input`, which begins with the request of `head`, up to the first fault, the end of the input, or a request
/// for which `is_last` returns true because the connection closes after it.
pub fn look_ahead(input: &[u8], head: &Head, policy: &HeadPolicy, is_last: impl Fn(&Request<'_>) -> bool) -> Pipelined {
    let mut at = 0;
    let mut head = head.clone();
    loop {
        let request = Request::new(&input[at..], &head);
        if let Some(fault) = request.fault(policy).filter(|f| f.breaks_framing()) {
            return Pipelined::Fault(at, fault, head);
        }
        match request.method() {
            b"CONNECT" if at > 0 => return Pipelined::Connect(at, head),
            b"CONNECT" => return Pipelined::Whole,
            _ if request.asks_to_upgrade() => return Pipelined::Whole,
            _ => {}
        }
        let body = &input[at + head.len..];
        let mut body_is_last = false;
        let length = match request.framing(&policy.body) {
            Framing::None => 0,
            Framing::Length(length) => match usize::try_from(length) {
                Ok(length) if length <= body.len() => length,
                _ => return Pipelined::Partial,
            },
            Framing::Chunked => {
                let mut chunks = ChunkedBody::default();
                let length = chunks.read(body, policy);
                if let Some(fault) = chunks.fault() {
                    return Pipelined::Fault(at, fault.fault(), head);
                }
                if !chunks.is_complete() {
                    return Pipelined::Partial;
                }
                body_is_last = chunks.is_last();
                length
            }
        };
        at += head.len + length;
        let rest = &input[at..];
        if body_is_last || is_last(&request) {
            let refuses = !policy.faults.accepts(Fault::AfterLast);
            return match rest.iter().any(|b| !matches!(b, b'\r' | b'\n')) {
                true if refuses => Pipelined::Fault(at, Fault::AfterLast, Head::default()),
                _ => Pipelined::Whole,
            };
        }
        if rest.iter().all(|b| matches!(b, b'\r' | b'\n')) {
            return Pipelined::Whole;
        }
        match head::scan(rest, policy) {
            Scan::Complete(next) => head = next,
            Scan::Partial { .. } => return Pipelined::Partial,
            Scan::Refused(fault, next) => return Pipelined::Fault(at, fault, next),
        }
    }
}
