//! `[writes]`: how replies are cut into writes.

use crate::profile::units::{Size, Span};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `[writes]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawWrites {
    /// How a head in front of a file's content is written: together with the first piece of it, or in writes of its own
    /// of so many lines each (an empty list: one write; `[1, 1]`: the status line, the next line, and the rest).
    pub split_head: Option<Vec<usize>>,
    /// The same for a head in front of a page.
    pub split_page_head: Option<Vec<usize>>,
    /// How many bytes of a file are written at a time.
    pub chunk_size: Size,
    /// TCP_CORK: whether a reply with a file is held until a segment is full or the request is finished, its body
    /// included. The system lets it go after 200 ms all the same. Linux alone has it.
    pub cork: bool,
    /// TCP_NODELAY: whether small writes leave at once (Nagle's algorithm off).
    pub nodelay: bool,
    /// How long the reply waits before its first byte.
    pub delay: Span,
    /// How long it waits between its head, which then has a write of its own, and its body. It is not held back by
    /// `cork` then.
    pub body_delay: Span,
    /// How long it waits between the pieces of a file. It is not held back by `cork` then.
    pub pause: Span,
    /// How long a client may take nothing of a reply before the connection is ended.
    pub send_timeout: Span,
    /// How many bytes a second a client must take of a reply that it keeps waiting, on average; 0 for any.
    pub min_rate: u64,
    /// How long a client may stay below `min_rate` first.
    pub min_rate_after: Span,
}

impl Default for RawWrites {
    fn default() -> RawWrites {
        RawWrites {
            split_head: None,
            split_page_head: None,
            chunk_size: Size(64 << 10),
            cork: false,
            nodelay: true,
            delay: Span(None),
            body_delay: Span(None),
            pause: Span(None),
            send_timeout: Span(None),
            min_rate: 0,
            min_rate_after: Span(Some(Duration::from_secs(5))),
        }
    }
}
