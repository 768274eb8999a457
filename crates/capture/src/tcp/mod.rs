//! From segments to streams: which stream a segment belongs to, and what is done with it there.
//!
//! Streams are numbered as Wireshark numbers them. Knows TCP; what the bytes mean is for `http`.

mod frames;
mod handshake;
mod relative_numbers;
mod teardown;

mod direction;
mod tracker;

pub(super) use tracker::{Moment, Reading};

use super::decode::Segment;
use super::limits::{Budget, Limits, take};
use relative_numbers::Numbers;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// Which connections are wanted; an empty list means all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Ports, of either side.
    pub ports: Vec<u16>,
    /// Stream indexes.
    pub streams: Vec<u32>,
    /// Addresses, of either side.
    pub hosts: Vec<IpAddr>,
}

impl Filter {
    /// Whether connections are asked for by name, so that they are shown whatever they carry.
    pub fn is_some(&self) -> bool {
        !(self.ports.is_empty() && self.streams.is_empty() && self.hosts.is_empty())
    }

    fn wants(&self, stream: u32, ends: &[SocketAddr; 2]) -> bool {
        let listed = |list: bool, found: bool| !list || found;
        listed(!self.streams.is_empty(), self.streams.contains(&stream))
            && listed(
                !self.ports.is_empty(),
                ends.iter().any(|end| self.ports.contains(&end.port())),
            )
            && listed(
                !self.hosts.is_empty(),
                ends.iter().any(|end| self.hosts.contains(&end.ip())),
            )
    }
}

/// A stream: two ends, and its numbers.
struct Stream {
    index: u32,
    ends: [SocketAddr; 2],
    numbers: Numbers,
    reading: Option<Box<Reading>>,
}

/// All streams of a capture.
pub(super) struct Streams {
    filter: Filter,
    pub(super) budget: Budget,
    streams: Vec<Stream>,
    /// The latest stream between two ends, the lower one first.
    latest: HashMap<(SocketAddr, SocketAddr), usize>,
    /// The stream of the segment before.
    last: usize,
}

impl Streams {
    pub(super) fn new(filter: Filter, limits: Limits) -> Streams {
        Streams {
            filter,
            budget: Budget::new(limits),
            streams: Vec::new(),
            latest: HashMap::new(),
            last: 0,
        }
    }

    /// How many streams there are.
    pub(super) fn count(&self) -> u32 {
        let all = self.streams.len() as u64 + self.budget.streams_over;
        u32::try_from(all).unwrap_or(u32::MAX)
    }

    /// Adds a segment.
    pub(super) fn add(&mut self, segment: &Segment<'_>) {
        let found = self.find(segment);
        let of_it = found.filter(|at| !self.streams[*at].opens_another(segment));
        let Some(at) = of_it.or_else(|| self.open(segment)) else {
            return;
        };
        self.last = at;
        let stream = &mut self.streams[at];
        let from = usize::from(segment.source != stream.ends[0]);
        let (seq, ack) = stream.numbers.see(from, segment);
        if let Some(reading) = &mut stream.reading {
            reading.add(segment, from, seq, ack, &mut self.budget);
        }
    }

    fn find(&self, segment: &Segment<'_>) -> Option<usize> {
        let (a, b) = (segment.source, segment.destination);
        if let Some(stream) = self.streams.get(self.last)
            && (stream.ends == [a, b] || stream.ends == [b, a])
        {
            return Some(self.last);
        }
        self.latest.get(&between(segment)).copied()
    }

    /// Begins a stream; `None` if there are too many. Those are counted by their SYNs.
    fn open(&mut self, segment: &Segment<'_>) -> Option<usize> {
        if !take(&mut self.budget.left.streams, 1) {
            self.budget.streams_over += u64::from(segment.flags.syn() && !segment.flags.ack());
            // What follows between the same ends belongs to the new one.
            self.latest.remove(&between(segment));
            self.last = usize::MAX;
            return None;
        }
        let (a, b) = (segment.source, segment.destination);
        let at = self.streams.len();
        let index = at as u32;
        let ends = [a, b];
        let wanted = self.filter.wants(index, &ends);
        let room = wanted && take(&mut self.budget.left.connections, 1);
        if wanted && !room {
            self.budget.connections_over += 1;
        }
        self.streams.push(Stream {
            index,
            ends,
            numbers: Numbers::default(),
            reading: room.then(|| Box::new(Reading::new(segment))),
        });
        self.latest.insert(between(segment), at);
        Some(at)
    }

    /// The streams that were looked into, with their index and ends, in order.
    pub(super) fn finish(self) -> (Vec<(u32, [SocketAddr; 2], Reading)>, Budget) {
        let mut budget = self.budget;
        let readings = self.streams.into_iter().filter_map(|stream| {
            let mut reading = *stream.reading?;
            reading.finish(&mut budget);
            Some((stream.index, stream.ends, reading))
        });
        (readings.collect(), budget)
    }
}

/// The two ends, the lower one first.
fn between(segment: &Segment<'_>) -> (SocketAddr, SocketAddr) {
    let (a, b) = (segment.source, segment.destination);
    (a.min(b), a.max(b))
}

impl Stream {
    fn opens_another(&self, segment: &Segment<'_>) -> bool {
        let from = usize::from(segment.source != self.ends[0]);
        self.numbers.opens_another(from, segment)
    }
}
