//! What was seen of a server's responses, as far as a profile says something of it.

use crate::model::{Connection, Exchange, Head};
use labserve_core::http1::date::{self, DateSyntax};

/// How many responses of a server are compared, at most.
const RESPONSES: usize = 200;

/// A response.
#[derive(Clone, Debug)]
pub(super) struct Response<'a> {
    pub(super) head: &'a Head,
    pub(super) status: u16,
    /// Whether its request asked for keep-alive.
    pub(super) asked_keep: bool,
    /// Whether its request was HTTP/1.0.
    pub(super) is_old: bool,
    /// The file's size, where the head tells.
    pub(super) size: Option<u64>,
    /// The file's modification time in seconds since 1970, where the head tells.
    pub(super) mtime: Option<u64>,
    /// Its first frame.
    pub(super) frame: u64,
}

/// The responses of a server whose heads were kept.
pub(super) fn responses<'a>(connections: &[&'a Connection]) -> Vec<Response<'a>> {
    let exchanges = connections.iter().flat_map(|connection| &connection.exchanges);
    exchanges.filter_map(response).take(RESPONSES).collect()
}

fn response(exchange: &Exchange) -> Option<Response<'_>> {
    let response = exchange
        .response
        .as_ref()
        .filter(|response| response.head.status() > 0)?;
    let request = exchange.request.as_ref().map(|request| &request.head);
    let head = &response.head;
    let status = head.status();
    let total = || head.field("content-range")?.rsplit('/').next()?.parse().ok();
    let size = match status {
        200 => response.content_length,
        206 => total(),
        _ => None,
    };
    let mtime = head.field("last-modified").and_then(|text| {
        let seconds = date::parse(text.as_bytes(), DateSyntax::Rfc9110, response.begun_ns / 1_000_000_000)?;
        u64::try_from(seconds).ok()
    });
    Some(Response {
        head,
        status,
        asked_keep: request.is_some_and(|head| head.lists("connection", "keep-alive")),
        is_old: request.is_some_and(|head| head.version() == "HTTP/1.0"),
        size,
        mtime,
        frame: response.frames.first,
    })
}
