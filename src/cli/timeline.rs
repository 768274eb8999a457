//! Where the timeline is served, if it is, and what it is told of the servers.

use super::Mistake;
use labserve_server::events::{EventSenders, LiveSender, ProgramEvents, Recorder};
use labserve_server::server::{Running, Server};
use labserve_timeline::{Bound, ManagedServer, PORT, ServerSet, Timeline};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;

/// Where the timeline is to be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// At the usual port of loopback, or the next that is free.
    Usual,
    /// At this address and no other.
    At(SocketAddr),
    /// Nowhere.
    Nowhere,
}

impl Choice {
    /// From what the flags say, or else the file.
    pub(super) fn of(flag: Option<&str>, no_timeline: bool, file: Option<&str>) -> Result<Choice, String> {
        if no_timeline {
            return Ok(Choice::Nowhere);
        }
        match flag.or(file) {
            None => Ok(Choice::Usual),
            Some("none") => Ok(Choice::Nowhere),
            Some(text) => address(text).map(Choice::At),
        }
    }
}

/// An address, a port, or both; what is left out is as usual.
fn address(text: &str) -> Result<SocketAddr, String> {
    let ip = || text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, PORT));
    let port = || text.parse().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    text.parse()
        .or_else(|_| ip())
        .or_else(|_| port())
        .map_err(|_| format!("timeline: expected an address such as 127.0.0.1:{PORT}, a port or none, got `{text}`"))
}

/// A timeline that waits for its servers, and what they will tell it.
pub(super) struct Prepared {
    bound: Bound,
    tape: LiveSender,
    lines: Receiver<Vec<u8>>,
}

/// Binds the timeline. Where the usual ports are taken the servers run without.
pub(super) fn prepare(choice: Choice) -> Result<Option<Prepared>, Mistake> {
    let address = match choice {
        Choice::Nowhere => return Ok(None),
        Choice::Usual => None,
        Choice::At(address) => Some(address),
    };
    match (Bound::bind(address), address) {
        (Ok(bound), _) => {
            let (tape, lines) = LiveSender::new();
            Ok(Some(Prepared { bound, tape, lines }))
        }
        (Err(error), None) => {
            tracing::warn!("there is no timeline: {error}; choose an address with --timeline");
            Ok(None)
        }
        (Err(error), Some(address)) => {
            let hint = match error.kind() {
                ErrorKind::AddrInUse => {
                    "it is in use; choose another with --timeline, or leave it out with --no-timeline"
                }
                ErrorKind::AddrNotAvailable => "it is no address of this machine",
                _ => "choose another with --timeline, or leave it out with --no-timeline",
            };
            Err(Mistake(format!(
                "cannot serve the timeline on {address}: {error}; {hint}"
            )))
        }
    }
}

impl Prepared {
    /// Where a person finds it.
    pub(super) fn url(&self) -> String {
        self.bound.url()
    }

    /// Its address.
    pub(super) fn address(&self) -> SocketAddr {
        self.bound.address()
    }
}

/// The tapes of what is told.
pub(super) fn tapes(recorder: Option<&Recorder>, prepared: Option<&Prepared>) -> EventSenders {
    EventSenders {
        file: recorder.map(Recorder::sender),
        live: prepared.map(|prepared| prepared.tape.clone()),
    }
}

/// What is told about the program itself.
pub(super) fn notes(recorder: Option<&Recorder>, prepared: Option<&Prepared>) -> ProgramEvents {
    ProgramEvents::new(recorder, prepared.map(|prepared| &prepared.tape))
}

/// The names and addresses of servers.
pub(super) fn names<'s>(servers: impl IntoIterator<Item = &'s Server>) -> Vec<(String, SocketAddr)> {
    servers
        .into_iter()
        .map(|server| (server.site().profile.name.clone(), server.address()))
        .collect()
}

/// Runs the timeline over running servers.
pub(super) fn start(
    prepared: Option<Prepared>,
    servers: Vec<ManagedServer>,
    (running, notes): (&Running, &ProgramEvents),
    names: &[(String, SocketAddr)],
) -> Result<(Arc<ServerSet>, Option<Timeline>), Mistake> {
    let servers = Arc::new(ServerSet::new(servers, running.control().clone(), notes.clone()));
    let timeline = match prepared {
        None => None,
        Some(Prepared { bound, tape, lines }) => {
            let first = labserve_server::events::start(names);
            Some(bound.start(Arc::clone(&servers), (tape, lines), first)?)
        }
    };
    Ok((servers, timeline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_it_is_served() {
        let at = |text: &str| Choice::At(text.parse().expect("an address"));
        for (flag, none, file, want) in [
            (None, false, None, Choice::Usual),
            (None, true, Some("4000"), Choice::Nowhere),
            (None, false, Some("none"), Choice::Nowhere),
            (Some("4000"), false, Some("none"), at("127.0.0.1:4000")),
            (Some("::1"), false, None, at("[::1]:3900")),
            (Some("0.0.0.0:0"), false, None, at("0.0.0.0:0")),
        ] {
            assert_eq!(Choice::of(flag, none, file), Ok(want), "{flag:?} {file:?}");
        }
        for bad in ["", "localhost", "70000", "1.2.3:4"] {
            assert!(Choice::of(Some(bad), false, None).is_err(), "{bad}");
        }
    }
}
