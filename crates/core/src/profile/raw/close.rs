//! `[close]` and `[client_fin]`: how connections end, by either side.

use super::word;
use crate::profile::units::{Span, Word};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[close]`: for each reason a style, one of `fin`, `close`, `linger`, `rst`, `hold`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RawClose {
    /// The style for every reason that is not named.
    pub default: CloseStyle,
    /// The style where bytes of the client are unread at the end, for every reason that is not named; none: as without
    /// them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<CloseStyle>,
    /// The style after a reply to a request whose body has been read to its end; none: as without a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_body: Option<CloseStyle>,
    /// For `linger`: it ends when the client is silent for this long...
    pub linger_quiet: Span,
    /// ... and in any case after this time.
    pub linger_total: Span,
    /// How long the end waits after a reply.
    pub pause: Span,
    /// Whether a byte that arrives in that time keeps the connection until the client ends it.
    pub pause_holds: bool,
    /// The style by reason.
    #[serde(flatten)]
    pub by_reason: BTreeMap<String, CloseStyle>,
}

impl Default for RawClose {
    fn default() -> RawClose {
        RawClose {
            default: CloseStyle::Fin,
            unread: None,
            after_body: None,
            linger_quiet: Span(Some(std::time::Duration::from_secs(2))),
            linger_total: Span(Some(std::time::Duration::from_secs(30))),
            pause: Span(None),
            pause_holds: false,
            by_reason: BTreeMap::new(),
        }
    }
}

/// What the end of a connection looks like on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloseStyle {
    /// FIN, and the socket is closed: what the client sends later is answered with RST.
    #[default]
    Fin,
    /// The socket is closed at once: FIN, or RST if bytes of the client are unread.
    Close,
    /// FIN; what the client still sends is read and thrown away for a while, then the socket is closed.
    Linger,
    /// RST.
    Rst,
    /// Nothing: the connection stays until the client ends it.
    Hold,
}

/// `[client_fin]`: in a head `silent`, `complete` (as if it ended there) or a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawClientFin {
    /// In the middle of a request line.
    pub in_line: Word,
    /// In the middle of a head, after its request line.
    pub in_head: Word,
    /// In the middle of a request body: `silent`, or a response.
    pub in_body: Word,
    /// With a complete request: `serve` it, or `drop` the reply if a file has to be looked up for it. Where bytes stand
    /// behind the request that make up no complete one, `drop` answers as `in_head` says.
    pub after_request: Word,
    /// For `drop`: how long after the request's last byte the reply waits for the client's FIN, as long as the lookup of
    /// a file takes.
    pub drop_within: Span,
}

impl Default for RawClientFin {
    fn default() -> RawClientFin {
        RawClientFin {
            in_line: word("silent"),
            in_head: word("silent"),
            in_body: word("silent"),
            after_request: word("serve"),
            drop_within: Span(Some(std::time::Duration::ZERO)),
        }
    }
}
