//! From a capture file to the model, stage by stage.

use super::analyze;
use super::decode::{Decoded, Decoder, Error};
use super::findings::findings;
use super::fingerprint::fingerprints;
use super::groups::{groups, typical};
use super::limits::{Budget, Limits};
use super::merge::{Captures, FileError};
use super::model::{Args, Capture, Connection, File, Note, NoteKind, OtherStream, Usage, VERSION};
use super::tcp::{Filter, FrameTime, Streams};
use labserve_core::profile::Profile;
use std::collections::BTreeSet;
use std::io::Read;

/// How many streams that are not HTTP/1.x are listed.
const OTHERS: usize = 100;
/// How many frames a note names.
const NAMED_FRAMES: usize = 8;

/// What to explain. The default is the HTTP/1.x of a whole capture within the default limits.
///
/// ```
/// use labserve_capture::{Filter, Options};
///
/// let options = Options { filter: Filter { streams: vec![0], ..Filter::default() }, ..Options::default() };
/// # assert!(options.filter.is_some());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which connections to show.
    pub filter: Filter,
    /// How much to keep in memory.
    pub limits: Limits,
    /// Which connections to describe one by one.
    pub detail: Detail,
    /// Names of the files, for the introduction of a report.
    pub names: Vec<String>,
}

/// Which connections of many are described one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Of more than 20, one of each group and the outliers.
    #[default]
    Typical,
    /// All.
    All,
}

/// Explains a capture and compares its servers with `profiles`.
///
/// The capture is read in one pass and in bounded memory. Without a filter, the result contains the connections that
/// carry HTTP/1.x, and other connections to the same servers.
///
/// ```
/// use labserve_capture::{Filter, Options, explain};
///
/// let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/report-1.pcapng.gz");
/// let file = std::fs::File::open(path)?;
/// let options = Options { filter: Filter { streams: vec![1], ..Filter::default() }, ..Options::default() };
/// let capture = explain(file, &options, &[])?;
/// assert_eq!(capture.connections.len(), 1);
/// assert_eq!(capture.connections[0].stream, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The file is not a capture, or cannot be read. A capture that is damaged or truncated is not an error: it is
/// explained up to that point, and a note reports the damage.
pub fn explain(reader: impl Read, options: &Options, profiles: &[Profile]) -> Result<Capture, Error> {
    explain_files(vec![reader], options, profiles).map_err(|FileError { error, .. }| error)
}

/// Explains several captures as one, such as the files of a ring buffer or of two interfaces. Their packets are merged
/// in order of time, and numbered as in a file that mergecap writes.
///
/// # Errors
/// As for [`explain`], with the index of the file that failed.
pub fn explain_files<R: Read>(readers: Vec<R>, options: &Options, profiles: &[Profile]) -> Result<Capture, FileError> {
    let mut packets = Captures::open(readers)?;
    let mut decoder = Decoder::default();
    let mut streams = Streams::new(options.filter.clone(), options.limits);
    let mut file = File {
        names: options.names.clone(),
        ..packets.file()
    };
    let mut out_of_order = OutOfOrderTimes::default();
    let mut begun = false;
    while let Some((packet, interfaces)) = packets.next_packet()? {
        if !std::mem::replace(&mut begun, true) {
            file.first_ns = packet.ns;
            file.last_ns = packet.ns;
        }
        out_of_order.check(packet.number, packet.ns, file.last_ns);
        file.last_ns = file.last_ns.max(packet.ns);
        match decoder.decode(&packet, interfaces) {
            Decoded::Segment(segment) => {
                file.tcp_frames += 1;
                streams.add(&segment);
            }
            Decoded::Quoted(quoted) => streams.add_quoted(packet.number, &quoted),
            Decoded::Nothing => {}
        }
    }
    file.frames = packets.frames();
    file.interfaces = packets.interfaces();
    file.streams = streams.count();
    let mut notes: Vec<Note> = packets.notes();
    notes.extend(decoder.notes());
    notes.extend(out_of_order.note());
    notes.extend(streams.notes());
    Ok(analyze_all(file, streams, options, profiles, notes))
}

/// Explains a capture that is in memory, with the default options.
///
/// ```
/// use labserve_capture::{Error, explain_bytes};
///
/// assert!(matches!(explain_bytes(b"", &[]), Err(Error::Empty)));
/// ```
///
/// # Errors
/// As [`explain`].
pub fn explain_bytes(bytes: &[u8], profiles: &[Profile]) -> Result<Capture, Error> {
    explain(bytes, &Options::default(), profiles)
}

fn analyze_all(file: File, streams: Streams, options: &Options, profiles: &[Profile], mut notes: Vec<Note>) -> Capture {
    let with_segments = streams.with_segments();
    let (finished, budget) = streams.finish();
    let capture_end = FrameTime {
        frame: file.frames,
        ns: file.last_ns,
    };
    let ports = &options.filter.ports;
    let connections = finished
        .into_iter()
        .map(|stream| analyze::connection(stream, ports, capture_end));
    let (connections, others) = shown(connections.collect(), options.filter.is_some());
    notes.extend(no_http(with_segments, &connections, options.filter.is_some()));
    notes.extend(limits_reached(&connections, &budget, &options.limits));
    let groups = groups(&connections);
    let described = match options.detail {
        Detail::Typical => typical(&connections, &groups),
        Detail::All => connections.iter().map(|connection| connection.stream).collect(),
    };
    let mut capture = Capture {
        version: VERSION,
        file,
        connections,
        groups,
        described,
        others_left_out: others.len().saturating_sub(OTHERS) as u64,
        others: others.into_iter().take(OTHERS).collect(),
        findings: Vec::new(),
        fingerprints: Vec::new(),
        notes,
    };
    capture.findings = findings(&capture);
    capture.fingerprints = fingerprints(&capture, profiles);
    capture
}

/// The connections to show. With a filter, or without HTTP/1.x, these are all connections; otherwise those that carry
/// HTTP/1.x and others to the same servers.
///
/// The second list holds the remaining streams, which carry another protocol.
fn shown(mut connections: Vec<Connection>, filtered: bool) -> (Vec<Connection>, Vec<OtherStream>) {
    let is_http = |connection: &&Connection| connection.usage == Usage::Http;
    let servers: BTreeSet<u16> = connections.iter().filter(is_http).map(|c| c.server.port()).collect();
    let to_http_server = |connection: &Connection| servers.contains(&connection.server.port());
    connections
        .iter_mut()
        .filter(|connection| to_http_server(connection))
        .for_each(analyze::to_http_server);
    let (shown, others): (Vec<Connection>, Vec<Connection>) = connections
        .into_iter()
        .partition(|connection| filtered || servers.is_empty() || to_http_server(connection));
    (shown, others.into_iter().filter_map(other_stream).collect())
}

fn other_stream(connection: Connection) -> Option<OtherStream> {
    Some(OtherStream {
        stream: connection.stream,
        client: connection.client,
        server: connection.server,
        carried: connection.carried?,
        closed_by: connection.end.by,
    })
}

/// A note if nothing is shown, or nothing that carries HTTP/1.x.
///
/// `streams`: the number of streams that have a segment in the capture.
fn no_http(streams: u64, shown: &[Connection], filtered: bool) -> Option<Note> {
    let carries_other = || shown.iter().any(|connection| connection.usage == Usage::Other);
    let has_http = || shown.iter().any(|connection| connection.usage == Usage::Http);
    let kind = match streams {
        0 => NoteKind::NoTcp,
        _ if filtered && shown.is_empty() => NoteKind::NothingMatches,
        _ if !filtered && !has_http() && (shown.is_empty() || carries_other()) => NoteKind::NoHttp,
        _ => return None,
    };
    Some(Note {
        kind,
        args: Args::default().with("count", streams),
        frames: Vec::new(),
    })
}

fn limits_reached(connections: &[Connection], budget: &Budget, limits: &Limits) -> Vec<Note> {
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

/// Frames that are earlier than a frame before them.
#[derive(Default)]
struct OutOfOrderTimes {
    count: u64,
    frames: Vec<u64>,
}

impl OutOfOrderTimes {
    fn check(&mut self, frame: u64, ns: i64, latest_ns: i64) {
        if ns < latest_ns {
            self.count += 1;
            if self.frames.len() < NAMED_FRAMES {
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
