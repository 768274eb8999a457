//! From facts to sentences that are still without a language: what a renderer has to lay out.
//!
//! Chooses which message fits which fact, and with which evidence. Text, Markdown and HTML all show what is chosen here,
//! so they cannot contradict each other.

mod end;
mod exchanges;
mod findings;
mod fingerprint;
mod handshake;
mod notes;

pub use end::{how, why};
pub use exchanges::{Step, burst, course};
pub use findings::finding;
pub use fingerprint::{FingerprintDescription, looks};
pub use notes::{mark, note, trouble};

use super::model::{Arg, Capture, Connection, Role, Usage};
use super::say::{Msg, Said};

/// What there is to say of one connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Which one it is, and what it was used for.
    pub headline: Said,
    /// How it was opened.
    pub opening: Vec<Said>,
    /// Exchanges and rests, in order.
    pub course: Vec<Step>,
    /// How it ended, and why.
    pub end: Vec<Said>,
    /// What went wrong below HTTP, and what could not be read.
    pub troubles: Vec<Said>,
}

/// Tells of a connection.
pub fn connection(connection: &Connection) -> Description {
    let msg = match connection.usage {
        Usage::Http => Msg::ConnectionHttp,
        Usage::Unused => Msg::ConnectionUnused,
        Usage::NotOpened => Msg::ConnectionNotOpened,
        Usage::Other => Msg::ConnectionOther,
    };
    let headline = Said::new(msg)
        .with("stream", connection.stream)
        .with("client", connection.client.to_string())
        .with("server", connection.server.to_string())
        .with("count", connection.exchanges_in_all())
        .with(
            "lasted",
            Arg::ns(connection.last_ns.saturating_sub(connection.first_ns)),
        );
    let mut opening = handshake::opening(&connection.handshake);
    match connection.role {
        Role::Syn => {}
        Role::Http => opening.push(Said::new(Msg::RoleByHttp)),
        Role::Port => opening.push(Said::new(Msg::RoleByPort)),
    }
    let troubles = connection.troubles.iter().map(trouble);
    Description {
        headline,
        opening,
        course: course(connection),
        end: end::end(connection),
        troubles: troubles.chain(connection.notes.iter().map(note)).collect(),
    }
}

/// Tells of the file as a whole.
pub fn summary(capture: &Capture) -> Said {
    let file = &capture.file;
    Said::new(Msg::CaptureSummary)
        .with("frames", file.frames)
        .with("tcp", file.tcp_frames)
        .with("lasted", Arg::ns(file.last_ns.saturating_sub(file.first_ns)))
        .with("streams", file.streams)
        .with("shown", capture.connections.len())
}
