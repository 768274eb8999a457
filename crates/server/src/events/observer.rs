//! Events as values, for a program that runs the server in its own process.

use super::{ConnectionMeta, Event, Traffic};
use std::fmt;

/// Receives every event of a server as it happens.
pub trait Observer: fmt::Debug + Send + Sync {
    /// Observes an event of the connection `meta`, on which this much `traffic` has passed so far.
    ///
    /// This is called on the thread that serves the connection, and the connection waits for it: it must not block.
    /// Events of one connection arrive in order.
    fn observe(&self, meta: &ConnectionMeta, traffic: Traffic, event: &Event<'_>);
}
