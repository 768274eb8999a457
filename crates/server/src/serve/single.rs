//! A server without a listener: it serves connections that are there already, on the runtime that it is awaited on.
//!
//! For whoever has both ends of a connection, or a clock of their own: tests, fuzzers. Knows nothing of how a connection
//! is accepted, counted or refused.

use super::driver::{self, Driver, Entry};
use super::worker::{Shared, Worker};
use super::{GRACE, Options, Site};
use crate::events::{ConnectionMeta, EventSenders};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpStream;

/// A server without a listener.
#[derive(Debug)]
pub struct Single(Rc<Worker>);

impl Single {
    /// A server of `site`. Must be called on the runtime on which its connections are served.
    pub fn new(site: Site) -> Single {
        let options = Options {
            workers: 1,
            grace: GRACE,
            throttle_log: false,
        };
        let worker = Worker::new(
            site,
            Arc::new(Shared::new()),
            Arc::default(),
            (options, EventSenders::default()),
        );
        Single(Rc::new(worker))
    }

    /// Serves a connection to its end: from any stream socket that is connected, TCP or not.
    ///
    /// # Errors
    /// The runtime cannot watch the socket.
    pub async fn serve(&self, stream: std::net::TcpStream) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        let stream = TcpStream::from_std(stream)?;
        let unknown = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let peer = stream.peer_addr().unwrap_or(unknown);
        let id = self.0.shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let local = stream.local_addr().unwrap_or(peer);
        let meta = Rc::new(ConnectionMeta::new(id, peer, local));
        let driver = Box::new(Driver::new(stream, meta, Rc::clone(&self.0)));
        driver::drive(driver, Entry::Admitted).await;
        Ok(())
    }
}
