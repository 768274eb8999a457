//! What came behind a request: other requests, half of one, or something that is none.
//!
//! Some servers parse all that a read brought before they answer the first of it; then a fault far behind takes the
//! replies before it away. This looks that far ahead, and decides nothing.

use super::chunked::{ChunkDecoder, ChunkPolicy};
use super::fault::Fault;
use super::head::{self, Head, HeadPolicy, Scan};
use super::request::{Framing, Request};

/// What lies behind a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pipelined {
    /// Complete requests or nothing, perhaps with empty lines behind them.
    Whole,
    /// It breaks off in the middle of a body or head.
    Partial,
    /// So many bytes into the input stands a request with this fault; its body, if the fault is there.
    Fault(usize, Fault, Head),
    /// So many bytes into the input stands a CONNECT, behind which is no HTTP any more.
    Connect(usize, Head),
}

/// Looks at what stands in `input` behind `head`, with which it begins, up to a request that the connection ends with by
/// what `is_last` says.
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
        let length = match request.framing(&policy.body) {
            Framing::None => 0,
            Framing::Length(length) => match usize::try_from(length) {
                Ok(length) if length <= body.len() => length,
                _ => return Pipelined::Partial,
            },
            Framing::Chunked => {
                let mut decoder = ChunkDecoder::default();
                let length = decoder.decode(body, &ChunkPolicy::PIPELINE);
                if decoder.fault().is_some() {
                    return Pipelined::Fault(at, Fault::ChunkInvalid, head);
                }
                if !decoder.is_complete() {
                    return Pipelined::Partial;
                }
                length
            }
        };
        if is_last(&request) {
            return Pipelined::Whole;
        }
        at += head.len + length;
        let rest = &input[at..];
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
