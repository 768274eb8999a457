//! The frames of a connection as they are listed, and what is special about them.

use crate::limits::{Budget, take};
use crate::model::{AnalysisFlag, AnalysisFlags, Flags, Frame, Side, TcpIssue};
use std::collections::VecDeque;

/// How many frames are listed from a connection's beginning.
const FIRST: usize = 2000;
/// How many are listed from its end.
const LAST: usize = 40;
/// How many frames of one kind of trouble are named.
const NAMED: usize = 8;

/// A frame, before it is known which end is the client.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) number: u64,
    pub(super) ns: i64,
    pub(super) from: u8,
    pub(super) flags: Flags,
    pub(super) marks: AnalysisFlags,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) len: u32,
    pub(super) window: u32,
}

/// The frames of a connection.
#[derive(Debug, Default)]
pub(super) struct Gather {
    first: Vec<Seen>,
    last: VecDeque<Seen>,
    count: u64,
    troubles: Vec<(AnalysisFlag, u8, u64, Vec<u64>)>,
}

impl Gather {
    pub(super) fn add(&mut self, seen: Seen, budget: &mut Budget) {
        self.count += 1;
        for mark in seen.marks.iter() {
            self.trouble(mark, seen.from, seen.number);
        }
        if self.first.len() < FIRST {
            if take(&mut budget.left.frames, 1) {
                self.first.push(seen);
            }
            return;
        }
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(seen);
    }

    fn trouble(&mut self, mark: AnalysisFlag, from: u8, number: u64) {
        let at = self
            .troubles
            .iter()
            .position(|(known, by, ..)| (*known, *by) == (mark, from));
        let at = at.unwrap_or_else(|| {
            self.troubles.push((mark, from, 0, Vec::new()));
            self.troubles.len() - 1
        });
        let (_, _, count, frames) = &mut self.troubles[at];
        *count += 1;
        if frames.len() < NAMED {
            frames.push(number);
        }
    }

    /// The frames, and how many are not listed.
    pub(super) fn frames(&self, client: usize) -> (Vec<Frame>, u64) {
        let listed = self.first.iter().chain(&self.last).map(|seen| Frame {
            number: seen.number,
            ns: seen.ns,
            from: side(usize::from(seen.from), client),
            seq: seen.seq,
            ack: seen.ack,
            len: seen.len,
            flags: seen.flags,
            window: seen.window,
            marks: seen.marks,
        });
        let listed: Vec<Frame> = listed.collect();
        let left_out = self.count - listed.len() as u64;
        (listed, left_out)
    }

    pub(super) fn troubles(&self, client: usize) -> Vec<TcpIssue> {
        let mut troubles: Vec<TcpIssue> = self
            .troubles
            .iter()
            .map(|(mark, from, count, frames)| TcpIssue {
                mark: *mark,
                by: side(usize::from(*from), client),
                count: *count,
                frames: frames.clone(),
            })
            .collect();
        troubles.sort_by_key(|trouble| (trouble.mark, trouble.by));
        troubles
    }
}

/// Which side an end is.
pub(super) fn side(end: usize, client: usize) -> Side {
    if end == client { Side::Client } else { Side::Server }
}
