//! The open connections of one server on one worker. A connection is added when it is accepted and removed when it ends.
//!
//! No request reads or changes the registry. Queries reach it through the worker's command channel, on the worker's own
//! thread.

use super::local_server::LocalServer;
use crate::events::{ConnectionMeta, Standing};
use crate::sys::{Kernel, Socket, kernel_facts};
use labserve_core::close_reason::CloseReason;
use labserve_core::conn::Close;
use labserve_core::profile::CloseStyle;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A snapshot of an open connection.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    /// The index of its server.
    pub server: usize,
    /// Its id: connections are numbered from 1, in the order in which the program accepts them.
    pub id: u64,
    /// The server's address.
    pub local: SocketAddr,
    /// The client's address.
    pub peer: SocketAddr,
    /// State and counters as of its last event.
    pub latest: Standing,
    /// How long it has been open.
    pub open: Duration,
}

/// A request from outside to close a connection at once: a one-shot signal that carries reason and style.
#[derive(Debug, Default)]
pub(super) struct CloseRequest {
    close: Cell<Option<Close>>,
    waker: RefCell<Option<Waker>>,
}

impl CloseRequest {
    fn make(&self, close: Close) {
        self.close.set(Some(close));
        self.wake();
    }

    /// Wakes the connection's task, whether or not the request was made.
    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Waits until the request is made and returns how the connection is to be closed.
    pub(super) fn made(&self) -> impl Future<Output = Close> + use<'_> {
        poll_fn(|cx| self.poll_made(cx))
    }

    fn poll_made(&self, cx: &Context<'_>) -> Poll<Close> {
        match self.close.get() {
            Some(close) => Poll::Ready(close),
            None => {
                let mut waker = self.waker.borrow_mut();
                if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
                    *waker = Some(cx.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}

#[derive(Debug)]
struct Entry {
    meta: Rc<ConnectionMeta>,
    close_request: CloseRequest,
    socket: Socket,
}

impl Entry {
    fn info(&self, server: usize) -> ConnectionInfo {
        ConnectionInfo {
            server,
            id: self.meta.id,
            local: self.meta.local,
            peer: self.meta.peer,
            latest: self.meta.latest(),
            open: self.meta.accepted.elapsed(),
        }
    }
}

/// The open connections, by id.
#[derive(Debug, Default)]
pub(super) struct Registry(RefCell<HashMap<u64, Rc<Entry>>>);

impl Registry {
    /// All open connections. `server` is the index of the server that owns this registry.
    pub(super) fn connections(&self, server: usize) -> Vec<ConnectionInfo> {
        self.0.borrow().values().map(|entry| entry.info(server)).collect()
    }

    /// The connection with this id, and what the kernel reports about it.
    pub(super) fn connection(&self, server: usize, id: u64) -> Option<(ConnectionInfo, Option<Kernel>)> {
        let open = self.0.borrow();
        let entry = open.get(&id)?;
        Some((entry.info(server), kernel_facts(entry.socket)))
    }

    /// Wakes the task of every connection, so that it notices a change that concerns all of them.
    #[expect(clippy::iter_over_hash_type, reason = "the order in which they wake does not matter")]
    pub(super) fn wake_all(&self) {
        for entry in self.0.borrow().values() {
            entry.close_request.wake();
        }
    }

    /// Requests that every connection be closed, because the server is stopping and the grace period is over.
    #[expect(
        clippy::iter_over_hash_type,
        reason = "the order in which they close does not matter"
    )]
    pub(super) fn cut_all(&self) {
        for entry in self.0.borrow().values() {
            entry.close_request.make(Close {
                reason: CloseReason::Shutdown,
                style: Some(CloseStyle::Close),
            });
        }
    }

    /// How the connection with this id is to be closed at once. Ready when that is requested.
    pub(super) fn poll_close_requested(&self, id: u64, cx: &Context<'_>) -> Poll<Close> {
        match self.0.borrow().get(&id) {
            Some(entry) => entry.close_request.poll_made(cx),
            None => Poll::Pending,
        }
    }

    /// Requests that the connection with this id be closed. False if it is not in this registry.
    pub(super) fn close(&self, id: u64, style: CloseStyle) -> bool {
        let open = self.0.borrow();
        let entry = open.get(&id);
        if let Some(entry) = entry {
            entry.close_request.make(Close {
                reason: CloseReason::Asked,
                style: Some(style),
            });
        }
        entry.is_some()
    }
}

/// Keeps a connection in the registry until it is dropped, however the connection's task ends. The socket must stay open
/// for that long: queries read the kernel's facts from it.
#[derive(Debug)]
pub(super) struct Registered {
    server: Rc<LocalServer>,
    entry: Rc<Entry>,
}

impl Registered {
    pub(super) fn new(server: &Rc<LocalServer>, meta: &Rc<ConnectionMeta>, socket: Socket) -> Self {
        let entry = Rc::new(Entry {
            meta: Rc::clone(meta),
            close_request: CloseRequest::default(),
            socket,
        });
        server.registry.0.borrow_mut().insert(meta.id, Rc::clone(&entry));
        Self {
            server: Rc::clone(server),
            entry,
        }
    }

    /// The request from outside to close this connection.
    pub(super) fn close_request(&self) -> &CloseRequest {
        &self.entry.close_request
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.server.registry.0.borrow_mut().remove(&self.entry.meta.id);
    }
}
