//! What the live stream contains about a response in addition to the event log. It is collected only if the budget
//! allows its line.

use labserve_core::decide::Step;
use std::borrow::Cow;
use tokio::time::Instant;

/// Maximum number of writes that are listed. Further ones are counted.
const WRITES: usize = 256;

/// One write that the system accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// When it was accepted.
    pub at: Instant,
    /// The number of bytes.
    pub bytes: usize,
}

/// How a response was split into writes.
#[derive(Clone, Debug, Default)]
pub struct Cuts {
    /// The first writes.
    pub first: Vec<Cut>,
    /// The number of further writes.
    pub more: usize,
}

impl Cuts {
    /// Records that the system accepted a write of `bytes` bytes.
    pub fn push(&mut self, bytes: usize) {
        if self.first.len() < WRITES {
            let at = Instant::now();
            self.first.push(Cut { at, bytes });
        } else {
            self.more += 1;
        }
    }
}

/// The detail of a response.
#[derive(Clone, Debug)]
pub struct Detail<'a> {
    /// Its head as sent.
    pub raw: &'a [u8],
    /// Its writes, including the head.
    pub cuts: &'a Cuts,
    /// The file that the response is about.
    pub file: Option<Cow<'a, str>>,
    /// The steps of the decision.
    pub why: Vec<Step>,
}
