//! The inputs of rendering that belong neither to the profile nor to the file.

use crate::http1::date;
use crate::profile::Template;
use core::net::SocketAddr;

/// The time of a request and the numbers that differ between replies. The caller supplies them, so that deciding and
/// rendering are pure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderContext {
    /// The time in whole seconds since 1970-01-01 UTC.
    pub now_secs: i64,
    /// The same time as an IMF-fixdate. A server formats it once a second, not once a reply.
    pub date: [u8; 29],
    /// The number of multipart replies of this server so far, including this one.
    pub counter: u64,
    /// A random number that stays the same while the server runs.
    pub run: u64,
    /// A random number for this reply.
    pub random: u64,
}

impl RenderContext {
    /// A context for `now_secs` seconds after 1970-01-01 UTC, with zero for each number.
    pub fn at(now_secs: i64) -> Self {
        Self {
            now_secs,
            date: date::text(now_secs),
            counter: 0,
            run: 0,
            random: 0,
        }
    }
}

impl Default for RenderContext {
    fn default() -> Self {
        Self::at(0)
    }
}

/// What a response contains about its connection.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionContext<'a> {
    /// The address on which the server accepted the connection.
    pub local: SocketAddr,
    /// The number of requests that the connection may still serve after this one; `None` for no limit.
    pub remaining: Option<u64>,
    /// The templates of the field lines about the connection, such as `Connection` and `Keep-Alive`.
    pub connection_fields: &'a [Template],
    /// Whether the body uses the chunked transfer coding (RFC 9112 section 7.1).
    pub chunked: bool,
    /// The time and the numbers of this reply.
    pub render: RenderContext,
}
