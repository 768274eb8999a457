//! `[writes]`: how responses are split into writes, and how slow readers are handled.

use crate::profile::units::{Count, Size, Span};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `[writes]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawWrites {
    /// How the head of a response with a file is split into writes: the number of lines in each. The rest of the head
    /// is a last write. `[]`: the head is one write; `[1, 1]`: the status line, the next line, the rest. Without it,
    /// the head is written together with the beginning of the file.
    pub split_head: Option<Vec<usize>>,
    /// The same for the head of a response with a page.
    pub split_page_head: Option<Vec<usize>>,
    /// How many bytes of a file are written at a time, 1 byte to 64 MiB.
    pub chunk_size: Size,
    /// TCP_CORK: whether a response with a file is held back until a segment is full or the request, with its body, is
    /// finished. The system releases it after 200 ms in any case. Linux only.
    pub cork: bool,
    /// TCP_NODELAY: whether small writes are sent at once, without Nagle's algorithm.
    pub nodelay: bool,
    /// When responses without content of a file stay unsent while a part of a next request has arrived. They are sent
    /// with the next response that is sent, and at the end of the connection. Without it, never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<RawHold>,
    /// What is sent of a file that is written to while it is sent.
    pub changed_file: ChangedFile,
    /// How long to wait before the first byte of a response.
    pub delay: Span,
    /// How long to wait between the head, which is then a write of its own, and the body. It disables `cork`.
    pub body_delay: Span,
    /// How long to wait between two chunks of a file. It disables `cork`.
    pub pause: Span,
    /// How long a client may accept no byte of a response before the connection is closed.
    pub send_timeout: Span,
    /// Minimum average rate at which a client must accept a response while the server waits for it, in bytes per
    /// second.
    pub min_rate: Count,
    /// How long a client may stay below `min_rate`.
    pub min_rate_after: Span,
}

/// What is sent of a file that is written to while it is sent. If it becomes too short, the connection is closed in any
/// case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChangedFile {
    /// Nothing more, as far as its size or modification time shows the change: the connection is closed. A client never
    /// gets bytes of two versions as one.
    #[default]
    Close,
    /// As many bytes as were announced, whatever they are by then.
    Announced,
    /// The same, and with the whole file also the bytes that it has grown by. They follow the announced ones.
    ToEnd,
}

/// How much is held unsent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawHold {
    /// The held responses are sent as soon as there are this many.
    pub responses: u32,
    /// The held responses are sent as soon as they have this many bytes.
    pub bytes: Size,
}

impl Default for RawHold {
    fn default() -> Self {
        Self {
            responses: 5,
            bytes: Size(4 << 10),
        }
    }
}

impl Default for RawWrites {
    fn default() -> Self {
        Self {
            split_head: None,
            split_page_head: None,
            chunk_size: Size(64 << 10),
            cork: false,
            nodelay: true,
            hold: None,
            changed_file: ChangedFile::Close,
            delay: Span(None),
            body_delay: Span(None),
            pause: Span(None),
            send_timeout: Span(None),
            min_rate: Count(None),
            min_rate_after: Span(Some(Duration::from_secs(5))),
        }
    }
}
