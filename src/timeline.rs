//! The timeline of a server: its live page and REST API.

use crate::history::History;
use crate::{Error, ErrorKind};
use labserve_core::profile::layers::Stack;
use labserve_server::events::{self, LiveSender, ProgramEvents};
use labserve_server::server::{Control, Site};
use labserve_timeline::{Bound, ManagedServer, ServerSet, Timeline};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;

/// A timeline that is bound but not running yet. It is bound before the server starts, so that it gets all of its
/// events.
#[derive(Debug)]
pub(crate) struct Prepared {
    bound: Bound,
    sender: LiveSender,
    lines: Receiver<Vec<u8>>,
}

impl Prepared {
    pub(crate) fn bind(address: SocketAddr) -> Result<Self, Error> {
        let bound = Bound::bind(Some(address)).map_err(|error| {
            let message = format!("cannot serve the timeline on {address}; choose another address, or port 0");
            Error::new(ErrorKind::Address, message).with_source(error)
        })?;
        let (sender, lines) = LiveSender::new();
        Ok(Self { bound, sender, lines })
    }

    /// Where the server sends its events.
    pub(crate) fn sender(&self) -> LiveSender {
        self.sender.clone()
    }

    /// Starts the timeline of the running server at `address`, whose site was built from `stack`.
    pub(crate) fn start(
        self,
        (address, stack, site): (SocketAddr, Stack, Site),
        control: Control,
        history: Arc<History>,
    ) -> Result<Page, Error> {
        let url = self.bound.url();
        let events = ProgramEvents::new(None, Some(&self.sender));
        let first = events::start(&[(site.profile.name.clone(), address)]);
        let servers = ServerSet::new(vec![ManagedServer::new(address, stack, site)], control, events.clone());
        let servers = servers.recorded_by(Some(history));
        let timeline = self
            .bound
            .start(Arc::new(servers), self.sender, self.lines, &first)
            .map_err(|error| {
                Error::new(ErrorKind::Thread, "cannot start the thread of the timeline").with_source(error)
            })?;
        Ok(Page {
            url,
            events,
            timeline: Some(timeline),
        })
    }
}

/// A running timeline. It stops when it is dropped, which must be after its server has stopped.
#[derive(Debug)]
pub(crate) struct Page {
    url: String,
    events: ProgramEvents,
    /// `None` once it has stopped.
    timeline: Option<Timeline>,
}

impl Page {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.events.emit(json!({"event": "stop"}));
        if let Some(timeline) = self.timeline.take() {
            timeline.stop();
        }
    }
}
