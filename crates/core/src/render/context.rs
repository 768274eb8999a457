//! The time of a request, and the numbers that differ from reply to reply.

use crate::http1::date;
use crate::profile::Template;
use core::net::SocketAddr;

/// The time of a request, and the numbers that differ from reply to reply: handed in, so that deciding is pure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderContext {
    /// Seconds since 1970.
    pub now_secs: i64,
    /// The same as a field says it. Handed in as well: one second has many replies.
    pub date: [u8; 29],
    /// How many multipart replies the server has sent, this one included.
    pub counter: u64,
    /// A number that differs from run to run.
    pub run: u64,
    /// A number that differs from reply to reply.
    pub random: u64,
}

impl RenderContext {
    /// So many seconds after 1970 began, with zeros for the numbers.
    pub fn at(now_secs: i64) -> RenderContext {
        RenderContext {
            now_secs,
            date: date::text(now_secs),
            counter: 0,
            run: 0,
            random: 0,
        }
    }
}

impl Default for RenderContext {
    fn default() -> RenderContext {
        RenderContext::at(0)
    }
}

/// What a reply says about its connection and its place in it.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionContext<'a> {
    /// The address that the connection came in on.
    pub local: SocketAddr,
    /// How many more requests the connection may serve.
    pub remaining: Option<u64>,
    /// The lines about the connection.
    pub connection_fields: &'a [Template],
    /// The page is sent in chunks.
    pub chunked: bool,
    /// The time and the numbers.
    pub render: RenderContext,
}
