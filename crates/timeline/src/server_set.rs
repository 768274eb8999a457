//! All servers of the program. A change to one of them takes effect at once and is reported as an event.

use super::managed_server::{Change, ManagedServer};
use super::recording::Recording;
use super::refusal::Refusal;
use labserve_core::profile::layers::Stack;
use labserve_server::events::ProgramEvents;
use labserve_server::server::{Control, Site};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All servers of the program.
#[derive(Debug)]
pub struct ServerSet {
    servers: Mutex<Vec<ManagedServer>>,
    control: Control,
    events: ProgramEvents,
    recording: Option<Arc<dyn Recording>>,
}

impl ServerSet {
    /// `servers` in the order in which they were started, with the handle that controls them. Changes are reported to
    /// `events`.
    pub fn new(servers: Vec<ManagedServer>, control: Control, events: ProgramEvents) -> Self {
        Self {
            servers: Mutex::new(servers),
            control,
            events,
            recording: None,
        }
    }

    /// The same servers, with a recording of what happens on them.
    #[must_use]
    pub fn recorded_by(self, recording: Option<Arc<dyn Recording>>) -> Self {
        Self { recording, ..self }
    }

    /// The recording of what happens on the servers.
    pub(super) fn recording(&self) -> Option<Arc<dyn Recording>> {
        self.recording.clone()
    }

    /// How many servers there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Replaces the configuration of a server after a reload. Does nothing if there is no such server.
    pub fn replace(&self, number: usize, stack: Stack, site: Site) {
        if let Some(server) = self.lock().get_mut(number) {
            server.replace(stack, site);
            self.control.reload(number, server.site());
        }
    }

    /// The handle for commands and queries.
    pub(super) fn control(&self) -> &Control {
        &self.control
    }

    /// The name and address of each server.
    pub(super) fn names(&self) -> Vec<(String, SocketAddr)> {
        let name = |server: &ManagedServer| (server.name().to_owned(), server.address());
        self.lock().iter().map(name).collect()
    }

    /// Calls `read` with one server.
    ///
    /// # Errors
    /// There is no such server, or `read` fails.
    pub(super) fn with<T>(
        &self,
        number: usize,
        read: impl FnOnce(&ManagedServer) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let servers = self.lock();
        read(
            servers
                .get(number)
                .ok_or_else(|| Refusal::no_server(&number.to_string()))?,
        )
    }

    /// Changes one server. The change applies from the next request on and is reported. A change that fails has no
    /// effect.
    ///
    /// # Errors
    /// There is no such server, or `change` fails.
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
        let changes = change(&mut changed)?;
        if !changes.is_empty() {
            self.control.reload(number, changed.site());
        }
        *server = changed;
        for what in changes {
            self.report(number, &name, what);
        }
        Ok(())
    }

    /// Makes a server accept connections, or leave them in the system's backlog.
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
            self.report(number, server.name(), what);
        }
        Ok(())
    }

    /// Emits a `change` event. `name` is the name that the server had before the change.
    pub(super) fn report(&self, number: usize, name: &str, mut what: Change) {
        what["event"] = "change".into();
        what["server"] = name.into();
        what["number"] = json!(number);
        self.events.emit(what);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ManagedServer>> {
        // Safe after a panic: a server is replaced completely or not at all.
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
