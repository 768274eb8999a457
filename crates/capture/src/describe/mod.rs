//! From facts to statements: which message fits which fact, with which values and which evidence.
//!
//! The statements have no language yet; `sentence` turns them into text. Text, Markdown and HTML all show the statements
//! that are chosen here, so they cannot contradict each other.

mod carried;
mod end;
mod exchanges;
mod findings;
mod fingerprint;
mod groups;
mod handshake;
mod introduction;
mod measures;
mod notes;
mod timing;

pub(crate) use carried::{carried, details, other_stream};
pub(crate) use end::{reason, teardown};
pub(crate) use exchanges::{Step, burst, no_request, no_response};
pub(crate) use findings::finding;
pub(crate) use fingerprint::{FingerprintDescription, fingerprint};
pub(crate) use groups::{described_of, group_line, groups, streams};
pub(crate) use introduction::{introduction, title};
pub(crate) use notes::{analysis_flag, note, tcp_issue};
pub(crate) use timing::{slowest, slowest_line, spent};

use super::model::{Arg, Capture, Connection, RoleEvidence, Teardown, Usage};
use super::sentence::{Msg, Sentence};

/// The statements about one connection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Description {
    /// Which connection it is, and what it was used for.
    pub(crate) headline: Sentence,
    /// How it was opened.
    pub(crate) handshake: Vec<Sentence>,
    /// Exchanges and idle periods, in order.
    pub(crate) steps: Vec<Step>,
    /// How it ended, and why.
    pub(crate) end: Vec<Sentence>,
    /// Problems and measurements below HTTP, and what could not be read.
    pub(crate) issues: Vec<Sentence>,
}

/// Describes a connection.
pub(crate) fn connection(connection: &Connection) -> Description {
    let protocol = connection.carried.as_ref().and_then(|carried| carried.protocol);
    let msg = match connection.usage {
        Usage::Http => Msg::ConnectionHttp,
        Usage::Unused if connection.end.teardown == Teardown::StillOpen => Msg::ConnectionUnusedSoFar,
        Usage::Unused => Msg::ConnectionUnused,
        Usage::Opening => Msg::ConnectionSynOnly,
        Usage::NotOpened => Msg::ConnectionNotOpened,
        Usage::NotCaptured => Msg::ConnectionNotCaptured,
        Usage::Other if protocol.is_some() => Msg::ConnectionCarries,
        Usage::Other => Msg::ConnectionOther,
    };
    let headline = Sentence::new(msg)
        .with("stream", connection.stream)
        .with("client", connection.client.to_string())
        .with("server", connection.server.to_string())
        .with("protocol", protocol.unwrap_or_default())
        .with("count", connection.exchanges_in_all())
        .with(
            "lasted",
            Arg::ns(connection.last_ns.saturating_sub(connection.first_ns)),
        );
    let mut handshake = handshake::handshake(&connection.handshake);
    match connection.role {
        RoleEvidence::Syn => {}
        RoleEvidence::Http => handshake.push(Sentence::new(Msg::RoleByHttp)),
        RoleEvidence::Port => handshake.push(Sentence::new(Msg::RoleByPort)),
    }
    let issues = connection.tcp_issues.iter().map(tcp_issue);
    Description {
        headline,
        handshake,
        steps: exchanges::steps(connection),
        end: end::end(connection),
        issues: issues
            .chain(measures::measures(connection))
            .chain(connection.notes.iter().map(note))
            .collect(),
    }
}

/// What a connection was used for, as a label.
pub(crate) fn usage(usage: Usage) -> Msg {
    match usage {
        Usage::Http => Msg::UseHttp,
        Usage::Unused => Msg::UseUnused,
        Usage::NotOpened => Msg::UseNotOpened,
        Usage::Opening => Msg::UseOpening,
        Usage::NotCaptured => Msg::UseNotCaptured,
        Usage::Other => Msg::UseOther,
    }
}

/// What is said if there are no findings.
pub(crate) fn nothing_found(capture: &Capture) -> Msg {
    let is_whole = capture.connections.iter().all(|connection| connection.notes.is_empty());
    match is_whole {
        true => Msg::NothingFound,
        false => Msg::NothingFoundInPart,
    }
}

/// Describes the capture as a whole.
pub(crate) fn summary(capture: &Capture) -> Sentence {
    let file = &capture.file;
    Sentence::new(Msg::CaptureSummary)
        .with("frames", file.frames)
        .with("tcp", file.tcp_frames)
        .with("lasted", Arg::ns(file.last_ns.saturating_sub(file.first_ns)))
        .with("streams", file.streams)
        .with("shown", capture.connections.len())
}
