//! Connections that are alike.

use super::{EndReason, Side, Teardown, Usage, address};
use serde::Serialize;
use std::net::SocketAddr;

/// Connections to one server that were used alike and ended alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// Address of the server.
    #[serde(serialize_with = "address")]
    pub server: SocketAddr,
    /// What the connections were used for.
    pub usage: Usage,
    /// The side that ended them first.
    pub ended_by: Option<Side>,
    /// How they ended.
    pub teardown: Teardown,
    /// Why they ended.
    pub reason: EndReason,
    /// Number of connections.
    pub count: u64,
    /// Number of exchanges on all of them.
    pub exchanges: u64,
    /// How many clients (addresses) opened them.
    pub clients: u64,
    /// Whether the group is so small that each of its connections is described.
    pub outlier: bool,
    /// Streams, at most 100.
    pub streams: Vec<u32>,
}
