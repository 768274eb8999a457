//! Commands to running servers and queries about their connections, from any thread.

use super::Site;
use super::local_server::{LocalServer, Shared};
use super::registry::ConnectionInfo;
use crate::sys::Kernel;
use labserve_core::profile::CloseStyle;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// A command to a worker. A server is identified by its index in the list that was passed to [`super::run`].
#[derive(Clone, Debug)]
pub(super) enum Command {
    /// Serve `site` from the next request on.
    Reload { server: usize, site: Box<Site> },
    /// Accept connections, or leave them in the system's backlog.
    SetAccepting { server: usize, accepting: bool },
    /// Answer a query about the worker's connections.
    Query(Query),
    /// Stop.
    Stop,
    /// Do not wait any longer for responses in progress.
    Cut,
}

/// A query about a worker's connections, with the channel for its reply. A worker that has nothing to report does not
/// reply: it drops its sender.
#[derive(Clone, Debug)]
pub(super) enum Query {
    /// All open connections.
    List(UnboundedSender<Vec<ConnectionInfo>>),
    /// The connection with this id, and what the kernel reports about it.
    Get(u64, UnboundedSender<(ConnectionInfo, Option<Kernel>)>),
    /// No data: the reply means that all earlier commands have been carried out.
    Done(UnboundedSender<()>),
    /// Close the connection with this id in this style. The reply means that it was found.
    Close(u64, CloseStyle, UnboundedSender<()>),
}

/// A handle that controls running servers: it sends commands and queries to all workers.
#[derive(Clone, Debug)]
pub struct Control {
    pub(super) workers: Vec<UnboundedSender<Command>>,
    pub(super) shared: Arc<Shared>,
}

impl Control {
    /// Replaces what the server with this index serves, from the next request on. Open connections stay open; an idle one
    /// keeps the timer that is already running. Address and port do not change.
    pub fn reload(&self, server: usize, site: &Site) {
        let site = Box::new(site.clone());
        self.send(&Command::Reload { server, site });
    }

    /// Makes the server with this index accept connections, or stop accepting them. The operating system completes
    /// handshakes either way, until the backlog is full.
    pub fn set_accepting(&self, server: usize, accepting: bool) {
        self.send(&Command::SetAccepting { server, accepting });
    }

    /// Waits until all workers have carried out the commands sent before.
    pub async fn carried_out(&self) {
        self.query(Query::Done).await;
    }

    /// The open connections of all servers, ordered by id.
    pub async fn connections(&self) -> Vec<ConnectionInfo> {
        let mut all = self.query(Query::List).await.concat();
        all.sort_by_key(|connection| connection.id);
        all
    }

    /// The open connection with this id, and what the kernel reports about it on systems that do. `None` if it is not
    /// open.
    pub async fn connection(&self, id: u64) -> Option<(ConnectionInfo, Option<Kernel>)> {
        self.query(|reply| Query::Get(id, reply)).await.pop()
    }

    /// Closes the connection with this id in this style, whatever its state. False if it is not open.
    pub async fn close(&self, id: u64, style: CloseStyle) -> bool {
        !self.query(|reply| Query::Close(id, style, reply)).await.is_empty()
    }

    /// Releases what rules hold under this name. If nothing is held, the next to be held passes. Returns how many were
    /// held.
    pub fn release(&self, name: &str) -> usize {
        self.shared.holds.release(name)
    }

    /// The names under which rules hold something, with the number of what is held.
    pub fn held(&self) -> Vec<(String, usize)> {
        self.shared.holds.held()
    }

    /// Releases everything that rules hold, and forgets early releases.
    pub fn release_all(&self) {
        self.shared.holds.clear();
    }

    /// Ends the grace period of servers that are stopping: responses in progress are cut short now.
    pub fn cut(&self) {
        self.send(&Command::Cut);
    }

    pub(super) fn send(&self, command: &Command) {
        for worker in &self.workers {
            // A worker that has ended needs no commands.
            let _ = worker.send(command.clone());
        }
    }

    /// Sends a query to all workers and collects the replies.
    async fn query<R>(&self, query: impl FnOnce(UnboundedSender<R>) -> Query) -> Vec<R> {
        let (sender, mut replies) = unbounded_channel();
        self.send(&Command::Query(query(sender)));
        let mut all = Vec::new();
        // Ends when every worker has dropped its sender.
        while let Some(reply) = replies.recv().await {
            all.push(reply);
        }
        all
    }
}

/// Answers a query for the servers of one worker. A caller that no longer waits for the reply is not an error.
pub(super) fn answer(query: Query, servers: &[Rc<LocalServer>]) {
    let mut registries = servers
        .iter()
        .enumerate()
        .map(|(index, server)| (index, &server.registry));
    match query {
        Query::List(reply) => {
            let all = registries.flat_map(|(index, registry)| registry.connections(index));
            let _ = reply.send(all.collect());
        }
        Query::Get(id, reply) => {
            if let Some(found) = registries.find_map(|(index, registry)| registry.connection(index, id)) {
                let _ = reply.send(found);
            }
        }
        Query::Done(reply) => {
            let _ = reply.send(());
        }
        Query::Close(id, style, reply) => {
            if registries.any(|(_, registry)| registry.close(id, style)) {
                let _ = reply.send(());
            }
        }
    }
}
