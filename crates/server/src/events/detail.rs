//! What the live tape tells of a reply beyond what the event log has: gathered only where a line of it will be written.

use labserve_core::decide::Step;
use tokio::time::Instant;

/// How many writes of a reply are told; the others are counted.
const WRITES: usize = 256;

/// One write, as the system took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// When.
    pub at: Instant,
    /// How many bytes.
    pub bytes: usize,
}

/// How a reply was cut into writes.
#[derive(Clone, Debug, Default)]
pub struct Cuts {
    /// The first of them.
    pub first: Vec<Cut>,
    /// How many there were beyond these.
    pub more: usize,
}

impl Cuts {
    /// The system has taken so many bytes.
    pub fn push(&mut self, bytes: usize) {
        if self.first.len() < WRITES {
            let at = Instant::now();
            self.first.push(Cut { at, bytes });
        } else {
            self.more += 1;
        }
    }
}

/// The detail of a reply.
#[derive(Clone, Debug)]
pub struct Detail<'a> {
    /// Its head, as sent.
    pub raw: &'a [u8],
    /// Its writes, the head included.
    pub cuts: &'a Cuts,
    /// The file that it is about.
    pub file: Option<&'a str>,
    /// How it was decided on.
    pub why: Vec<Step>,
}
