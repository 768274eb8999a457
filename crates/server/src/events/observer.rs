//! Events as values, for a program that runs the server in its own process.

use super::{ConnectionMeta, Event, Traffic};
use std::fmt;

/// Sees every event of a server while it happens.
pub trait Observer: fmt::Debug + Send + Sync {
    /// An event of the connection `meta`, on which this much `traffic` has gone so far.
    ///
    /// It is called on the thread that serves the connection, before that goes on: it must not block. Events of one
    /// connection come in order.
    fn observe(&self, meta: &ConnectionMeta, traffic: Traffic, event: &Event<'_>);
}
