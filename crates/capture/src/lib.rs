//! Reads a capture and says what it shows: per TCP connection what happened, who ended it and why, each statement with
//! the frames that prove it.
//!
//! `read` takes frames apart, `flow` puts streams together, `http` finds requests and responses in them, `conclude`
//! says what that means; the result is the plain data of [`model`]. [`tell`] turns facts into messages, [`say`] messages
//! into a language, [`show`] lays them out. Knows nothing of serving, and no server by name: what it compares with are
//! the profiles.

mod analyze;
pub mod decode;
pub mod describe;
mod findings;
mod fingerprint;
mod http;
mod limits;
mod messages;
pub mod model;
mod reassembly;
pub mod render;
pub mod say;
mod tcp;
#[cfg(test)]
mod test_profiles;
#[cfg(test)]
mod tests;

pub use decode::Error;
pub use limits::Limits;
pub use tcp::Filter;

use decode::{Decoder, Packets};
use labserve_core::profile::Profile;
use limits::Budget;
use model::{Args, Capture, Connection, File, Note, NoteKind, Usage, VERSION};
use std::collections::BTreeSet;
use std::io::Read;
use tcp::Streams;

/// What is wanted.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which connections.
    pub filter: Filter,
    /// How much of it.
    pub limits: Limits,
}

/// Reads a capture, in one pass and bounded memory, and compares its servers with these profiles.
///
/// # Errors
/// What is no capture, or cannot be read. One that is damaged or ends too early is explained up to there; a note says so.
pub fn explain(reader: impl Read, options: &Options, profiles: &[Profile]) -> Result<Capture, Error> {
    let mut packets = Packets::open(reader)?;
    let mut decoder = Decoder::default();
    let mut streams = Streams::new(options.filter.clone(), options.limits);
    let mut file = File {
        format: packets.format(),
        gzip: packets.gzip(),
        ..File::default()
    };
    let mut backwards = Backwards::default();
    while let Some((packet, interfaces)) = packets.next_packet()? {
        if file.frames == 0 {
            file.first_ns = packet.ns;
            file.last_ns = packet.ns;
        }
        backwards.see(packet.number, packet.ns, file.last_ns);
        file.frames = packet.number;
        file.last_ns = file.last_ns.max(packet.ns);
        if let Some(segment) = decoder.segment(&packet, interfaces) {
            file.tcp_frames += 1;
            streams.add(&segment);
        }
    }
    file.interfaces = packets.interfaces().to_vec();
    file.streams = streams.count();
    let mut notes: Vec<Note> = packets.note().cloned().into_iter().collect();
    notes.extend(decoder.notes());
    notes.extend(backwards.note());
    Ok(conclude_all(file, streams, options, profiles, notes))
}

/// Reads a capture that is in memory.
///
/// # Errors
/// As [`explain`].
pub fn explain_bytes(bytes: &[u8], profiles: &[Profile]) -> Result<Capture, Error> {
    explain(bytes, &Options::default(), profiles)
}

fn conclude_all(
    file: File,
    streams: Streams,
    options: &Options,
    profiles: &[Profile],
    mut notes: Vec<Note>,
) -> Capture {
    let (readings, budget) = streams.finish();
    let capture = analyze::Frame {
        last_ns: file.last_ns,
        last_frame: file.frames,
    };
    let ports = &options.filter.ports;
    let connections = readings
        .into_iter()
        .map(|(stream, ends, reading)| analyze::connection(stream, ends, reading, ports, capture));
    let connections = chosen(connections.collect(), options.filter.is_some());
    if connections.is_empty() {
        notes.push(nothing_shown(&file, options.filter.is_some()));
    }
    notes.extend(limits_met(&connections, &budget, &options.limits));
    let mut capture = Capture {
        version: VERSION,
        file,
        connections,
        findings: Vec::new(),
        looks_like: Vec::new(),
        notes,
    };
    capture.findings = findings::findings(&capture);
    capture.looks_like = fingerprint::likeness(&capture, profiles);
    capture
}

/// Without a filter: the connections that carry HTTP/1.x, and the others to the same servers.
fn chosen(mut connections: Vec<Connection>, all: bool) -> Vec<Connection> {
    let is_http = |connection: &&Connection| connection.usage == Usage::Http;
    let servers: BTreeSet<u16> = connections.iter().filter(is_http).map(|c| c.server.port()).collect();
    let known = |connection: &Connection| servers.contains(&connection.server.port());
    connections
        .iter_mut()
        .filter(|connection| known(connection))
        .for_each(analyze::at_a_server);
    connections.retain(|connection| match connection.usage {
        Usage::Http => true,
        Usage::Other => all || known(connection),
        Usage::Unused | Usage::NotOpened => all || servers.is_empty() || known(connection),
    });
    connections
}

/// Why no connection is shown.
fn nothing_shown(file: &File, asked: bool) -> Note {
    let kind = match file.streams {
        0 => NoteKind::NoTcp,
        _ if asked => NoteKind::NothingMatches,
        _ => NoteKind::NoHttp,
    };
    Note {
        kind,
        args: Args::default().with("count", file.streams),
        frames: Vec::new(),
    }
}

fn limits_met(connections: &[Connection], budget: &Budget, limits: &Limits) -> Vec<Note> {
    let frames_over: u64 = connections.iter().map(|connection| connection.frames_left_out).sum();
    let rows = [
        (NoteKind::TooManyStreams, budget.streams_over, limits.streams),
        (
            NoteKind::TooManyConnections,
            budget.connections_over,
            limits.connections,
        ),
        (NoteKind::TooManyExchanges, budget.exchanges_over, limits.exchanges),
        (NoteKind::TooManyFrames, frames_over, limits.frames),
        (NoteKind::TooManyHeads, budget.heads_over, limits.head_bytes),
        (NoteKind::TooMuchBuffered, budget.buffered_over, limits.buffered),
    ];
    rows.into_iter()
        .filter(|(_, over, _)| *over > 0)
        .map(|(kind, over, limit)| Note {
            kind,
            args: Args::default().with("count", over).with("limit", limit),
            frames: Vec::new(),
        })
        .collect()
}

/// Frames that are earlier than those before them.
#[derive(Default)]
struct Backwards {
    count: u64,
    frames: Vec<u64>,
}

impl Backwards {
    fn see(&mut self, frame: u64, ns: i64, latest_ns: i64) {
        if ns < latest_ns {
            self.count += 1;
            if self.frames.len() < 8 {
                self.frames.push(frame);
            }
        }
    }

    fn note(self) -> Option<Note> {
        (self.count > 0).then(|| Note {
            kind: NoteKind::TimeRunsBackwards,
            args: Args::default().with("count", self.count),
            frames: self.frames,
        })
    }
}
