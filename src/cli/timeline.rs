//! The timeline as a part of the command line: where it is served, and the channels that carry events to it.

use super::Mistake;
use super::explain::OnPage;
use labserve::Recording;
use labserve_server::events::{EventSenders, LiveSender, ProgramEvents, Recorder, Secret};
use labserve_server::server::{Running, Server};
use labserve_timeline::{Bound, ManagedServer, PORT, ServerSet, Timeline};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;

/// Where to serve the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// On the default port of loopback, or the next free one.
    Default,
    /// At this address only.
    At(SocketAddr),
    /// Not at all.
    Off,
}

impl Choice {
    /// From the flags, otherwise from the configuration file.
    pub(super) fn of(flag: Option<&str>, no_timeline: bool, file: Option<&str>) -> Result<Self, String> {
        if no_timeline {
            return Ok(Self::Off);
        }
        let at = |text: &str| match text {
            "off" => Ok(Self::Off),
            text => address(text).map(Choice::At),
        };
        match (flag, file) {
            (Some(flag), _) => at(flag).map_err(|why| format!("--timeline: {why}")),
            (None, Some(file)) => at(file),
            (None, None) => Ok(Self::Default),
        }
    }
}

/// Parses an address, a port, or both. The defaults are loopback and [`PORT`].
fn address(text: &str) -> Result<SocketAddr, String> {
    let ip = || text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, PORT));
    let port = || text.parse().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    text.parse()
        .or_else(|_| ip())
        .or_else(|_| port())
        .map_err(|_| format!("got {text:?}; expected an address such as 127.0.0.1:{PORT}, a port, or off"))
}

/// A timeline that is bound but not running yet, with both ends of the channel for its lines.
pub(super) struct Prepared {
    bound: Bound,
    sender: LiveSender,
    lines: Receiver<Vec<u8>>,
}

/// Binds the timeline. If no default port is free, the servers run without it.
pub(super) fn prepare(choice: Choice, token: Option<&str>) -> Result<Option<Prepared>, Mistake> {
    let address = match choice {
        Choice::Off => return Ok(None),
        Choice::Default => None,
        Choice::At(address) => Some(address),
    };
    match (Bound::bind(address), address) {
        (Ok(bound), _) => {
            let bound = match token {
                Some(token) => bound.with_token(token).map_err(Mistake)?,
                None => bound,
            }
            .with_explainer(Arc::new(OnPage));
            let (sender, lines) = LiveSender::new();
            Ok(Some(Prepared { bound, sender, lines }))
        }
        (Err(error), None) => {
            tracing::warn!("no timeline is served: {error}; choose an address with --timeline");
            Ok(None)
        }
        (Err(error), Some(address)) => {
            let hint = match error.kind() {
                ErrorKind::AddrInUse => {
                    "it is in use; choose another with --timeline, or leave it out with --no-timeline"
                }
                ErrorKind::AddrNotAvailable => "it is not an address of this machine; choose another with --timeline",
                _ => "choose another with --timeline, or leave it out with --no-timeline",
            };
            Err(Mistake(format!(
                "cannot serve the timeline on {address}: {error}; {hint}"
            )))
        }
    }
}

impl Prepared {
    /// The URL of the page.
    pub(super) fn url(&self) -> String {
        self.bound.url()
    }

    /// Its token, which must be masked in all output.
    pub(super) fn secret(&self) -> Secret {
        self.bound.secret().clone()
    }

    /// Its address.
    pub(super) fn address(&self) -> SocketAddr {
        self.bound.address()
    }
}

/// Where the servers send their events: the event log and the timeline, if they exist.
pub(super) fn senders(
    recorder: Option<&Recorder>,
    prepared: Option<&Prepared>,
    recording: Option<&Recording>,
) -> EventSenders {
    EventSenders {
        file: recorder.map(Recorder::sender),
        live: prepared.map(|prepared| prepared.sender.clone()),
        observer: recording.map(Recording::observer),
    }
}

/// Where events about the program itself are sent.
pub(super) fn program_events(recorder: Option<&Recorder>, prepared: Option<&Prepared>) -> ProgramEvents {
    ProgramEvents::new(recorder, prepared.map(|prepared| &prepared.sender))
}

/// The names and addresses of servers.
pub(super) fn names<'s>(servers: impl IntoIterator<Item = &'s Server>) -> Vec<(String, SocketAddr)> {
    servers
        .into_iter()
        .map(|server| (server.site().profile.name.clone(), server.address()))
        .collect()
}

/// Starts the timeline for running servers, if there is one.
pub(super) fn start(
    prepared: Option<Prepared>,
    servers: Vec<ManagedServer>,
    running: &Running,
    events: &ProgramEvents,
    names: &[(String, SocketAddr)],
    recording: Option<&Recording>,
) -> Result<(Arc<ServerSet>, Option<Timeline>), Mistake> {
    let servers = ServerSet::new(servers, running.control().clone(), events.clone());
    let servers = Arc::new(servers.recorded_by(recording.map(Recording::for_api)));
    let timeline = match prepared {
        None => None,
        Some(Prepared { bound, sender, lines }) => {
            let first = labserve_server::events::start(names);
            Some(bound.start(Arc::clone(&servers), sender, lines, &first)?)
        }
    };
    Ok((servers, timeline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_missing_parts_have_defaults() {
        let at = |text: &str| Choice::At(text.parse().expect("an address"));
        for (flag, none, file, want) in [
            (None, false, None, Choice::Default),
            (None, true, Some("4000"), Choice::Off),
            (None, false, Some("off"), Choice::Off),
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
