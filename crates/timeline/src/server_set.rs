//! The servers of the program, each as the timeline manages it: what is changed there is put in force and told to everybody.

use super::managed_server::{Change, ManagedServer};
use super::refusal::Refusal;
use labserve_core::profile::layers::Stack;
use labserve_server::events::ProgramEvents;
use labserve_server::server::{Control, Site};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All servers.
#[derive(Debug)]
pub struct ServerSet {
    servers: Mutex<Vec<ManagedServer>>,
    control: Control,
    events: ProgramEvents,
}

impl ServerSet {
    /// The servers in the order of their numbers, the way to control them, and of lines about what is changed.
    pub fn new(servers: Vec<ManagedServer>, control: Control, events: ProgramEvents) -> ServerSet {
        ServerSet {
            servers: Mutex::new(servers),
            control,
            events,
        }
    }

    /// Serves what a configuration that was read again says.
    pub fn replace(&self, number: usize, stack: Stack, site: Site) {
        if let Some(server) = self.lock().get_mut(number) {
            server.replace(stack, site);
            self.control.reload(number, server.site());
        }
    }

    /// The way to control the servers.
    pub(super) fn control(&self) -> &Control {
        &self.control
    }

    /// The name and address of each server.
    pub(super) fn names(&self) -> Vec<(String, SocketAddr)> {
        let name = |server: &ManagedServer| (server.name().to_owned(), server.address());
        self.lock().iter().map(name).collect()
    }

    /// Something of one server.
    ///
    /// # Errors
    /// There is no such server; what `look` says.
    pub(super) fn look<T>(
        &self,
        number: usize,
        look: impl FnOnce(&ManagedServer) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let servers = self.lock();
        look(
            servers
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
        change: impl FnOnce(&mut ManagedServer) -> Result<Vec<Change>, Refusal>,
    ) -> Result<(), Refusal> {
        let mut servers = self.lock();
        let server = servers
            .get_mut(number)
            .ok_or_else(|| Refusal::no_server(&number.to_string()))?;
        let mut changed = server.clone();
        let name = server.name().to_owned();
        let done = change(&mut changed)?;
        if !done.is_empty() {
            self.control.reload(number, changed.site());
        }
        *server = changed;
        for what in done {
            self.emit(number, &name, what);
        }
        Ok(())
    }

    /// Accepts connections for a server, or leaves them to wait.
    ///
    /// # Errors
    /// There is no such server.
    pub(super) fn set_accepting(&self, number: usize, accepting: bool) -> Result<(), Refusal> {
        let mut servers = self.lock();
        let server = servers
            .get_mut(number)
            .ok_or_else(|| Refusal::no_server(&number.to_string()))?;
        if let Some(what) = server.set_accepting(accepting) {
            self.control.set_accepting(number, accepting);
            self.emit(number, server.name(), what);
        }
        Ok(())
    }

    /// Tells of a change at a server.
    pub(super) fn emit(&self, number: usize, name: &str, mut what: Value) {
        what["event"] = "change".into();
        what["server"] = name.into();
        what["number"] = json!(number);
        self.events.emit(what);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ManagedServer>> {
        // A server is replaced whole or not at all.
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
