//! The frames of a connection as they are listed, and the segments with analysis flags.

use crate::limits::{Budget, take};
use crate::model::{AnalysisFlag, AnalysisFlags, Frame, Side, TcpFlags, TcpIssue};
use std::collections::VecDeque;

/// How many frames are listed from the start of a connection.
const FIRST: usize = 2000;
/// How many frames are listed from its end.
const LAST: usize = 40;
/// How many frames are named for one analysis flag and sender.
const NAMED_FRAMES: usize = 8;

/// A frame whose sender is an endpoint, because it is not known yet which endpoint is the client.
#[derive(Clone, Debug)]
pub(super) struct SeenFrame {
    pub(super) number: u64,
    pub(super) ns: i64,
    pub(super) from: u8,
    pub(super) flags: TcpFlags,
    pub(super) analysis: AnalysisFlags,
    pub(super) after_unseen: bool,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) len: u32,
    pub(super) window: u32,
}

/// Segments of one endpoint with the same analysis flag.
#[derive(Debug)]
struct SeenIssue {
    flag: AnalysisFlag,
    from: u8,
    count: u64,
    frames: Vec<u64>,
}

/// The frames of a connection.
#[derive(Debug, Default)]
pub(super) struct FrameList {
    first: Vec<SeenFrame>,
    last: VecDeque<SeenFrame>,
    count: u64,
    issues: Vec<SeenIssue>,
}

impl FrameList {
    pub(super) fn add(&mut self, seen: SeenFrame, budget: &mut Budget) {
        self.count += 1;
        for flag in seen.analysis.iter() {
            self.count_issue(flag, &seen);
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

    fn count_issue(&mut self, flag: AnalysisFlag, seen: &SeenFrame) {
        let is_same = |issue: &SeenIssue| issue.flag == flag && issue.from == seen.from;
        let at = self.issues.iter().position(is_same).unwrap_or_else(|| {
            self.issues.push(SeenIssue {
                flag,
                from: seen.from,
                count: 0,
                frames: Vec::new(),
            });
            self.issues.len() - 1
        });
        let issue = &mut self.issues[at];
        issue.count += 1;
        if issue.frames.len() < NAMED_FRAMES {
            issue.frames.push(seen.number);
        }
    }

    /// The listed frames, and the number of those that are not listed.
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
            analysis: seen.analysis,
            after_unseen: seen.after_unseen,
        });
        let listed: Vec<Frame> = listed.collect();
        let left_out = self.count - listed.len() as u64;
        (listed, left_out)
    }

    pub(super) fn tcp_issues(&self, client: usize) -> Vec<TcpIssue> {
        let mut issues: Vec<TcpIssue> = self
            .issues
            .iter()
            .map(|issue| TcpIssue {
                flag: issue.flag,
                by: side(usize::from(issue.from), client),
                count: issue.count,
                frames: issue.frames.clone(),
            })
            .collect();
        issues.sort_by_key(|issue| (issue.flag, issue.by));
        issues
    }
}

/// The side of an endpoint.
pub(super) fn side(endpoint: usize, client: usize) -> Side {
    if endpoint == client { Side::Client } else { Side::Server }
}
