//! From segments to streams: which stream a segment belongs to, and what it changes there.
//!
//! Streams are numbered as Wireshark numbers them. This module follows TCP; the content of the bytes is passed to
//! `http`.

mod copies;
mod delivery;
mod direction;
mod frames;
mod handshake;
mod held;
mod idents;
mod relative_numbers;
mod repeats;
mod sequence_analysis;
mod teardown;
mod tracker;

pub(super) use tracker::{ConnectionTracker, FrameTime};

use super::decode::{Quoted, Segment};
use super::limits::{Budget, Limits, take};
use super::model::{Args, IcmpError, Note, NoteKind};
use copies::Copies;
use relative_numbers::RelativeNumbers;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use tracker::frame_time;

/// How many frames a note names.
const NAMED_FRAMES: usize = 8;

/// Which connections to show. A connection must match every list that is not empty.
///
/// ```
/// use labserve_capture::Filter;
///
/// let filter = Filter { ports: vec![8080], ..Filter::default() };
/// assert!(filter.is_some());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Ports of either side.
    pub ports: Vec<u16>,
    /// Stream indexes, as in Wireshark's `tcp.stream`.
    pub streams: Vec<u32>,
    /// Addresses of either side.
    pub hosts: Vec<IpAddr>,
}

impl Filter {
    /// Whether the filter selects connections. If it does, they are shown whether they carry HTTP or not.
    pub fn is_some(&self) -> bool {
        !(self.ports.is_empty() && self.streams.is_empty() && self.hosts.is_empty())
    }

    fn selects(&self, stream: u32, endpoints: &[SocketAddr; 2]) -> bool {
        let any = |of: &dyn Fn(&SocketAddr) -> bool| endpoints.iter().any(of);
        (self.streams.is_empty() || self.streams.contains(&stream))
            && (self.ports.is_empty() || any(&|endpoint| self.ports.contains(&endpoint.port())))
            && (self.hosts.is_empty() || any(&|endpoint| self.hosts.contains(&endpoint.ip())))
    }
}

/// A stream: two endpoints, and the base of its relative numbers.
struct Stream {
    index: u32,
    /// The first one sent the first segment. Everywhere in this module, an endpoint is an index into this array.
    endpoints: [SocketAddr; 2],
    numbers: RelativeNumbers,
    /// `None` if the stream is not selected, exceeds a limit, or has no segment yet.
    connection: Option<Box<ConnectionTracker>>,
    /// The frame of the ICMP error that quotes it, as long as no segment of its own was seen.
    quoted_in: Option<u64>,
    /// The SYN of the next stream between the same endpoints.
    replaced_by: Option<FrameTime>,
}

/// A stream whose segments were all read.
pub(super) struct FinishedStream {
    /// Wireshark's `tcp.stream`.
    pub(super) index: u32,
    pub(super) endpoints: [SocketAddr; 2],
    pub(super) connection: ConnectionTracker,
    /// The SYN of the next stream between the same endpoints.
    pub(super) replaced_by: Option<FrameTime>,
}

/// All streams of a capture.
pub(super) struct Streams {
    filter: Filter,
    budget: Budget,
    streams: Vec<Stream>,
    /// The latest stream between two endpoints.
    latest: HashMap<EndpointPair, usize>,
    copies: Copies,
    /// Number of frames that were recorded twice, and the first of them.
    copied: u64,
    copied_frames: Vec<u64>,
    /// The stream of the previous segment, which is often that of the next one.
    last: usize,
}

/// Two endpoints without regard to direction: the lower one first.
type EndpointPair = (SocketAddr, SocketAddr);

fn endpoint_pair(segment: &Segment<'_>) -> EndpointPair {
    let (a, b) = (segment.source, segment.destination);
    (a.min(b), a.max(b))
}

impl Streams {
    pub(super) fn new(filter: Filter, limits: Limits) -> Self {
        Self {
            filter,
            budget: Budget::new(limits),
            streams: Vec::new(),
            latest: HashMap::new(),
            copies: Copies::default(),
            copied: 0,
            copied_frames: Vec::new(),
            last: 0,
        }
    }

    /// Number of streams, including those that exceed the limit.
    pub(super) fn count(&self) -> u32 {
        let all = self.streams.len() as u64 + self.budget.streams_over;
        u32::try_from(all).unwrap_or(u32::MAX)
    }

    /// Number of streams that have a segment in the capture.
    pub(super) fn with_segments(&self) -> u64 {
        let quoted = self.streams.iter().filter(|stream| stream.quoted_in.is_some());
        u64::from(self.count()) - quoted.count() as u64
    }

    /// What was recorded twice, and which streams are only quoted.
    pub(super) fn notes(&self) -> Vec<Note> {
        let copied = (self.copied > 0).then(|| Note {
            kind: NoteKind::RecordedTwice,
            args: Args::default().with("count", self.copied),
            frames: self.copied_frames.clone(),
        });
        let quoted = || {
            let streams = self.streams.iter();
            streams.filter_map(|stream| {
                stream
                    .quoted_in
                    .filter(|_| self.filter.selects(stream.index, &stream.endpoints))
            })
        };
        let quoted = quoted().next().is_some().then(|| Note {
            kind: NoteKind::QuotedOnly,
            args: Args::default().with("count", quoted().count()),
            frames: quoted().take(NAMED_FRAMES).collect(),
        });
        copied.into_iter().chain(quoted).collect()
    }

    /// Adds a segment.
    pub(super) fn add(&mut self, segment: &Segment<'_>) {
        let is_copy = self.copies.is_copy(segment);
        if is_copy {
            self.copied += 1;
            if self.copied_frames.len() < NAMED_FRAMES {
                self.copied_frames.push(segment.frame);
            }
        }
        let mut known = self.find(segment);
        if let Some(at) = known.filter(|at| self.streams[*at].is_reused_by(segment)) {
            self.streams[at].replaced_by = Some(frame_time(segment));
            known = None;
        }
        let Some(at) = known.or_else(|| self.open(segment)) else {
            return;
        };
        self.last = at;
        if self.streams[at].quoted_in.take().is_some() {
            let endpoints = [segment.source, segment.destination];
            let connection = self.track(self.streams[at].index, segment);
            let stream = &mut self.streams[at];
            (stream.endpoints, stream.connection) = (endpoints, connection);
        }
        let stream = &mut self.streams[at];
        let from = usize::from(segment.source != stream.endpoints[0]);
        let (seq, ack) = stream.numbers.update(from, segment);
        if let Some(connection) = &mut stream.connection {
            if is_copy {
                return connection.list_copy(segment, from, seq, ack, &mut self.budget);
            }
            connection.add(segment, from, seq, ack, &mut self.budget);
        }
    }

    /// Adds an ICMP error that quotes a segment. Wireshark gives its connection a number, if it has none and the whole
    /// TCP header is quoted.
    pub(super) fn add_quoted(&mut self, frame: u64, quoted: &Quoted) {
        let [source, destination] = quoted.endpoints;
        let pair = (source.min(destination), source.max(destination));
        if let Some(at) = self.latest.get(&pair) {
            let stream = &mut self.streams[*at];
            let from = usize::from(source != stream.endpoints[0]);
            if let (Some(connection), Some(name)) = (&mut stream.connection, quoted.error) {
                connection
                    .handshake
                    .add_icmp_error(from, quoted.seq, IcmpError { frame, name });
            }
        } else if quoted.whole_header && take(&mut self.budget.left.streams, 1) {
            let at = self.streams.len();
            self.streams.push(Stream {
                index: at as u32,
                endpoints: quoted.endpoints,
                numbers: RelativeNumbers::default(),
                connection: None,
                quoted_in: Some(frame),
                replaced_by: None,
            });
            self.latest.insert(pair, at);
        }
    }

    fn find(&self, segment: &Segment<'_>) -> Option<usize> {
        let (a, b) = (segment.source, segment.destination);
        if let Some(stream) = self.streams.get(self.last)
            && (stream.endpoints == [a, b] || stream.endpoints == [b, a])
        {
            return Some(self.last);
        }
        self.latest.get(&endpoint_pair(segment)).copied()
    }

    /// Adds a stream; `None` if there are too many. Streams that exceed the limit are counted by their SYNs.
    fn open(&mut self, segment: &Segment<'_>) -> Option<usize> {
        if !take(&mut self.budget.left.streams, 1) {
            self.budget.streams_over += u64::from(segment.flags.syn() && !segment.flags.ack());
            // Later segments between the same endpoints belong to the new stream, not to the previous one.
            self.latest.remove(&endpoint_pair(segment));
            self.last = usize::MAX;
            return None;
        }
        let at = self.streams.len();
        let index = at as u32;
        let connection = self.track(index, segment);
        self.streams.push(Stream {
            index,
            endpoints: [segment.source, segment.destination],
            numbers: RelativeNumbers::default(),
            connection,
            quoted_in: None,
            replaced_by: None,
        });
        self.latest.insert(endpoint_pair(segment), at);
        Some(at)
    }

    /// Tracks the connection that begins with a segment, if it is selected and within the limit.
    fn track(&mut self, index: u32, segment: &Segment<'_>) -> Option<Box<ConnectionTracker>> {
        let selected = self.filter.selects(index, &[segment.source, segment.destination]);
        let tracked = selected && take(&mut self.budget.left.connections, 1);
        if selected && !tracked {
            self.budget.connections_over += 1;
        }
        tracked.then(|| Box::new(ConnectionTracker::new(segment)))
    }

    /// The streams that were tracked, in order of index.
    pub(super) fn finish(self) -> (Vec<FinishedStream>, Budget) {
        let mut budget = self.budget;
        let finished = self.streams.into_iter().filter_map(|stream| {
            let mut connection = *stream.connection?;
            connection.finish(&mut budget);
            Some(FinishedStream {
                index: stream.index,
                endpoints: stream.endpoints,
                connection,
                replaced_by: stream.replaced_by,
            })
        });
        (finished.collect(), budget)
    }
}

impl Stream {
    /// Whether a segment opens a new connection between the same endpoints.
    fn is_reused_by(&self, segment: &Segment<'_>) -> bool {
        let from = usize::from(segment.source != self.endpoints[0]);
        self.numbers.is_port_reuse(from, segment)
    }
}
