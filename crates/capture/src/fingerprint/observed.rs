//! What a response shows about the facts that a profile's templates refer to.

use crate::model::{BodyEnd, Connection, Exchange, Head};
use labserve_core::http1::date::{self, DateSyntax};

/// Maximum number of responses of a server that are compared.
const RESPONSES: usize = 200;

/// A response that is compared with the profiles.
#[derive(Clone, Debug)]
pub(super) struct ObservedResponse<'a> {
    pub(super) head: &'a Head,
    pub(super) status: u16,
    /// Whether the request had `Connection: keep-alive`.
    pub(super) asked_keep: bool,
    /// Whether the request was HTTP/1.0.
    pub(super) is_http10: bool,
    /// Size of the file, if the head shows it.
    pub(super) size: Option<u64>,
    /// Modification time of the file in seconds since 1970, if the head shows it.
    pub(super) mtime: Option<u64>,
    /// First frame.
    pub(super) frame: u64,
}

/// The responses on these connections whose heads were kept.
pub(super) fn responses<'a>(connections: &[&'a Connection]) -> Vec<ObservedResponse<'a>> {
    let exchanges = connections.iter().flat_map(|connection| &connection.exchanges);
    exchanges.filter_map(response).take(RESPONSES).collect()
}

fn response(exchange: &Exchange) -> Option<ObservedResponse<'_>> {
    let response = exchange
        .response
        .as_ref()
        // A response that switches protocols says more about the program that the client asked for than about the
        // server.
        .filter(|response| response.head.status() > 0 && response.body_end != BodyEnd::Tunnel)?;
    let request = exchange.request.as_ref().map(|request| &request.head);
    let head = &response.head;
    let status = head.status();
    // `Content-Range: bytes 0-99/1234` (RFC 9110 section 14.4).
    let complete_length = || head.field("content-range")?.rsplit('/').next()?.parse().ok();
    let size = match status {
        200 => response.content_length,
        206 => complete_length(),
        _ => None,
    };
    let mtime = head.field("last-modified").and_then(|text| {
        let seconds = date::parse(text.as_bytes(), DateSyntax::Rfc9110, response.begun_ns / 1_000_000_000)?;
        u64::try_from(seconds).ok()
    });
    Some(ObservedResponse {
        head,
        status,
        asked_keep: request.is_some_and(|head| head.lists("connection", "keep-alive")),
        is_http10: request.is_some_and(|head| head.version() == "HTTP/1.0"),
        size,
        mtime,
        frame: response.frames.first,
    })
}
