//! `[writes]`.

use std::time::Duration;

/// How responses are split into writes, and how slow readers are handled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the keys are documented in `raw::RawWrites`
pub struct WritePolicy {
    pub split_head: Option<Vec<usize>>,
    pub split_page_head: Option<Vec<usize>>,
    pub chunk_size: usize,
    pub cork: bool,
    pub nodelay: bool,
    pub delay: Option<Duration>,
    pub body_delay: Option<Duration>,
    pub pause: Option<Duration>,
    pub send_timeout: Option<Duration>,
    pub min_rate: Option<u64>,
    pub min_rate_after: Duration,
}
