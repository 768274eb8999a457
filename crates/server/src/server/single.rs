//! A server without a listener: it serves connections that the caller already has, on the caller's runtime.
//!
//! For tests and fuzzers, which hold both ends of a connection or control the clock. Accepting, counting and refusing
//! connections is not part of it.

use super::driver::{self, Driver, Entry};
use super::local_server::{LocalServer, Shared};
use super::{GRACE, Options, Site};
use crate::events::{ConnectionMeta, EventSenders};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use tokio::net::TcpStream;

/// A server without a listener.
#[derive(Debug)]
pub struct Single(Rc<LocalServer>);

impl Single {
    /// A server of `site`. Must be called on the runtime on which its connections are served.
    pub fn new(site: Site) -> Self {
        let options = Options {
            workers: 1,
            grace: GRACE,
            throttle_log: false,
        };
        let shared = Arc::new(Shared::new());
        let server = LocalServer::new(site, shared, Arc::default(), options, EventSenders::default());
        Self(Rc::new(server))
    }

    /// Serves one connection to its end. Any connected stream socket will do, TCP or not.
    ///
    /// # Errors
    /// The runtime cannot register the socket.
    pub async fn serve(&self, stream: std::net::TcpStream) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        let stream = TcpStream::from_std(stream)?;
        // Sockets that are not TCP have no such addresses.
        let unknown = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let peer = stream.peer_addr().unwrap_or(unknown);
        let local = stream.local_addr().unwrap_or(peer);
        let id = self.0.shared.next_connection_id();
        let meta = Rc::new(ConnectionMeta::new(id, peer, local));
        let driver = Box::new(Driver::new(stream, meta, Rc::clone(&self.0)));
        driver::drive(driver, Entry::Admitted).await;
        Ok(())
    }
}
