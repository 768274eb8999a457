//! The open connections of one server on one worker: entered when they are accepted, and struck out when they end.
//!
//! Nothing here is on the way of a request. Who asks comes with an order to the worker, on its own thread.

use super::worker::Worker;
use crate::events::{Latest, Story};
use labserve_core::profile::CloseStyle;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

/// An open connection, as it is seen from outside.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The number of its server.
    pub server: usize,
    /// Its number since the program started.
    pub id: u64,
    /// The address that it came in on.
    pub local: SocketAddr,
    /// The client.
    pub peer: SocketAddr,
    /// Where it stood at its last event.
    pub latest: Latest,
    /// How long it has been open.
    pub open: Duration,
}

/// Somebody's wish that a connection end.
#[derive(Debug, Default)]
pub(super) struct Wish {
    style: Cell<Option<CloseStyle>>,
    waker: RefCell<Option<Waker>>,
}

impl Wish {
    fn make(&self, style: CloseStyle) {
        self.style.set(Some(style));
        self.wake();
    }

    /// Wakes whoever waits for it, made or not.
    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Waits until it is made; says in which style.
    pub(super) fn made(&self) -> impl Future<Output = CloseStyle> + use<'_> {
        poll_fn(|cx| match self.style.get() {
            Some(style) => Poll::Ready(style),
            None => {
                let mut waker = self.waker.borrow_mut();
                if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
                    *waker = Some(cx.waker().clone());
                }
                Poll::Pending
            }
        })
    }
}

#[derive(Debug)]
struct Entry {
    story: Rc<Story>,
    wish: Wish,
    socket: crate::sys::Socket,
}

/// The open connections, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Registry(RefCell<HashMap<u64, Rc<Entry>>>);

impl Registry {
    /// What is open. `server` is the number of the server whose they are.
    pub(super) fn sights(&self, server: usize) -> Vec<Sight> {
        self.0.borrow().values().map(|entry| entry.sight(server)).collect()
    }

    /// One of them, and what the kernel knows of it, if it says.
    pub(super) fn look_at(&self, server: usize, id: u64) -> Option<(Sight, Option<crate::sys::Kernel>)> {
        let open = self.0.borrow();
        let entry = open.get(&id)?;
        Some((entry.sight(server), crate::sys::kernel_facts(entry.socket)))
    }

    /// Wakes the tasks of all of them, so that they see what has changed for all.
    pub(super) fn wake_all(&self) {
        for entry in self.0.borrow().values() {
            entry.wish.wake();
        }
    }

    /// Asks one of them to end. False if it is none of these.
    pub(super) fn end(&self, id: u64, style: CloseStyle) -> bool {
        let open = self.0.borrow();
        let entry = open.get(&id);
        if let Some(entry) = entry {
            entry.wish.make(style);
        }
        entry.is_some()
    }
}

impl Entry {
    fn sight(&self, server: usize) -> Sight {
        Sight {
            server,
            id: self.story.id,
            local: self.story.local,
            peer: self.story.peer,
            latest: self.story.latest(),
            open: self.story.accepted.elapsed(),
        }
    }
}

/// A connection's place in the registry until it is dropped, however its task ends. The socket must be open as long.
#[derive(Debug)]
pub(super) struct Registered {
    worker: Rc<Worker>,
    entry: Rc<Entry>,
}

impl Registered {
    pub(super) fn new(worker: &Rc<Worker>, story: &Rc<Story>, socket: crate::sys::Socket) -> Registered {
        let entry = Rc::new(Entry {
            story: Rc::clone(story),
            wish: Wish::default(),
            socket,
        });
        worker.registry.0.borrow_mut().insert(story.id, Rc::clone(&entry));
        Registered {
            worker: Rc::clone(worker),
            entry,
        }
    }

    /// Somebody's wish that the connection end.
    pub(super) fn wish(&self) -> &Wish {
        &self.entry.wish
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.worker.registry.0.borrow_mut().remove(&self.entry.story.id);
    }
}
