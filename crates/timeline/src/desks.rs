//! The servers of the program, each at its desk: what is changed there is put in force and told to everybody.

use super::desk::{Change, Desk};
use super::refusal::Refusal;
use labserve_core::profile::layers::Stack;
use labserve_server::events::ProgramEvents;
use labserve_server::serve::{Orders, Site};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All servers.
#[derive(Debug)]
pub struct Desks {
    desks: Mutex<Vec<Desk>>,
    orders: Orders,
    notes: ProgramEvents,
}

impl Desks {
    /// The servers in the order of their numbers, the way of orders to them, and of lines about what is changed.
    pub fn new(desks: Vec<Desk>, orders: Orders, notes: ProgramEvents) -> Desks {
        Desks {
            desks: Mutex::new(desks),
            orders,
            notes,
        }
    }

    /// Serves what a configuration that was read again says.
    pub fn replace(&self, number: usize, stack: Stack, site: Site) {
        if let Some(desk) = self.lock().get_mut(number) {
            desk.replace(stack, site);
            self.orders.reload(number, desk.site());
        }
    }

    /// The way of orders to the servers.
    pub(super) fn orders(&self) -> &Orders {
        &self.orders
    }

    /// The name and address of each server.
    pub(super) fn names(&self) -> Vec<(String, SocketAddr)> {
        let name = |desk: &Desk| (desk.name().to_owned(), desk.address());
        self.lock().iter().map(name).collect()
    }

    /// Something of one server.
    ///
    /// # Errors
    /// There is no such server; what `look` says.
    pub(super) fn look<T>(&self, number: usize, look: impl FnOnce(&Desk) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let desks = self.lock();
        look(
            desks
                .get(number)
                .ok_or_else(|| Refusal::no_server(&number.to_string()))?,
        )
    }

    /// Changes something at one server: puts it in force from the next request on, and tells it. A refused change leaves
    /// everything as it was.
    ///
    /// # Errors
    /// There is no such server; what `change` says.
    pub(super) fn change(
        &self,
        number: usize,
        change: impl FnOnce(&mut Desk) -> Result<Vec<Change>, Refusal>,
    ) -> Result<(), Refusal> {
        let mut desks = self.lock();
        let desk = desks
            .get_mut(number)
            .ok_or_else(|| Refusal::no_server(&number.to_string()))?;
        let mut changed = desk.clone();
        let name = desk.name().to_owned();
        let done = change(&mut changed)?;
        if !done.is_empty() {
            self.orders.reload(number, changed.site());
        }
        *desk = changed;
        for what in done {
            self.tell(number, &name, what);
        }
        Ok(())
    }

    /// Accepts connections for a server, or leaves them to wait.
    ///
    /// # Errors
    /// There is no such server.
    pub(super) fn accept(&self, number: usize, accepting: bool) -> Result<(), Refusal> {
        let mut desks = self.lock();
        let desk = desks
            .get_mut(number)
            .ok_or_else(|| Refusal::no_server(&number.to_string()))?;
        if let Some(what) = desk.accept(accepting) {
            self.orders.accept(number, accepting);
            self.tell(number, desk.name(), what);
        }
        Ok(())
    }

    /// Tells of a change at a server.
    pub(super) fn tell(&self, number: usize, name: &str, mut what: Value) {
        what["event"] = "change".into();
        what["server"] = name.into();
        what["number"] = json!(number);
        self.notes.emit(what);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Desk>> {
        // A desk is replaced whole or not at all.
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
