//! From facts to sentences that are still without a language: what a renderer has to lay out.
//!
//! Chooses which message fits which fact, and with which evidence. Text, Markdown and HTML all show what is chosen here,
//! so they cannot contradict each other.

mod course;
mod end;
mod findings;
mod likeness;
mod notes;
mod opening;

pub use course::{Step, burst, course};
pub use end::{how, why};
pub use findings::finding;
pub use likeness::{Looks, looks};
pub use notes::{mark, note, trouble};

use super::model::{Arg, Capture, Connection, Role, Use};
use super::say::{Msg, Said};

/// What there is to say of one connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
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
pub fn connection(connection: &Connection) -> Story {
    let msg = match connection.usage {
        Use::Http => Msg::ConnectionHttp,
        Use::Unused => Msg::ConnectionUnused,
        Use::NotOpened => Msg::ConnectionNotOpened,
        Use::Other => Msg::ConnectionOther,
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
    let mut opening = opening::opening(&connection.handshake);
    match connection.role {
        Role::Syn => {}
        Role::Http => opening.push(Said::new(Msg::RoleByHttp)),
        Role::Port => opening.push(Said::new(Msg::RoleByPort)),
    }
    let troubles = connection.troubles.iter().map(trouble);
    Story {
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
