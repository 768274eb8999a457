//! The resolved table `[writes]`.

use crate::profile::raw::ChangedFile;
use std::time::Duration;

/// The limits on responses that stay unsent while a part of a next request has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The number of unsent responses at which all are sent.
    pub responses: u32,
    /// The number of their bytes at which all are sent.
    pub bytes: usize,
}

/// How responses are split into writes, and how slow readers are handled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the keys are documented in `raw::RawWrites`")]
pub struct WritePolicy {
    pub split_head: Option<Vec<usize>>,
    pub split_page_head: Option<Vec<usize>>,
    pub chunk_size: usize,
    pub cork: bool,
    pub nodelay: bool,
    pub hold: Option<Hold>,
    pub changed_file: ChangedFile,
    pub delay: Option<Duration>,
    pub body_delay: Option<Duration>,
    pub pause: Option<Duration>,
    pub send_timeout: Option<Duration>,
    pub min_rate: Option<u64>,
    pub min_rate_after: Duration,
}
