//! `[[rule]]`: what happens to certain requests or connections, and exactly when.

use crate::profile::units::{Size, Span, Word};
use serde::{Deserialize, Serialize};

/// `[[rule]]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "RuleTable"))]
#[serde(default, deny_unknown_fields)]
pub struct RuleTable {
    /// The name of the rule in events and reports. Without it: `rule-1` for the first rule, and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When: the path of the request target as sent. `*` stands for any characters but a slash, `**` for any characters.
    /// A pattern with a `?` is compared with path and query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// When: the method as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// When: the name of a field that the request has, such as `"Range"`, or name and value, such as
    /// `"Accept: text/*"`. In a value, `*` stands for any characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// When: the number of the request on its connection, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub request: Option<u64>,
    /// When: the number of the connection, from 1, in the order in which the program accepts connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub connection: Option<u64>,
    /// When: the number of the request among all requests to the server, from 1, counted since the rule was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub overall: Option<u64>,
    /// When: only the n-th of what meets the conditions above, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub nth: Option<u64>,
    /// When: every n-th of what meets the conditions above.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub every: Option<u64>,
    /// When: this percentage of what meets the conditions above. Which they are depends on `seed` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1, max = 100)))]
    pub percent: Option<u64>,
    /// The seed of `percent`. Without it: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How often the rule applies at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub times: Option<u64>,
    /// The response that takes the place of the decided one: a status code, or the name of a response of the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Word>,
    /// Field lines of the response, such as `"Retry-After: 1"`. Each takes the place of the line with its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The body of the response. Without this key, the body does not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The length that Content-Length announces, whatever the body is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_length: Option<u64>,
    /// Bytes to send after the body, which no length announces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_bytes: Option<String>,
    /// The status codes of interim responses to send before the response, such as `[103]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(inner(range(min = 100, max = 199))))]
    pub interim: Vec<u16>,
    /// How long to wait before the first byte of the response. Without it: as `writes.delay`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
    /// How long to wait between the head and the body of the response. Without it: as `writes.body_delay`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_delay: Option<Span>,
    /// How many bytes of the response are sent in a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Size>,
    /// The point at which `hold`, `stall` and `end` happen, in this order. Without it: after the response if the rule
    /// changes that, otherwise before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<RulePoint>,
    /// Instead of `at`: the point after this many bytes of the response, head and body. Exactly these have been sent
    /// when the connection ends there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_bytes: Option<u64>,
    /// Wait until this name is released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// Do nothing for this long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall: Option<Span>,
    /// End the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<RuleEnd>,
    /// Instead of `at` and `end`: end the idle connection in the instant in which its next request arrives, and leave
    /// that unread. `request` chooses the request; without it, the second one of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub race: Option<RuleRace>,
}

/// A point in the life of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RulePoint {
    /// The connection was accepted. Nothing of it has been read.
    Accept,
    /// The first byte of a request has arrived. It has not been read, unless it arrived together with an earlier request.
    FirstByte,
    /// The request head is complete. Nothing was sent, and no body was read.
    Head,
    /// The response is decided on, and nothing of it was sent.
    BeforeReply,
    /// The head of the response was sent, and nothing of its body.
    AfterHead,
    /// The response was sent.
    AfterReply,
    /// The response was sent and nothing has arrived since. A request that arrives during `stall` cancels `end`.
    Idle,
}

/// How a rule ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RuleEnd {
    /// Send FIN and close the socket.
    Fin,
    /// Send RST, once the client's TCP has acknowledged what was sent.
    Reset,
    /// Send FIN, read and discard what the client still sends, then close the socket.
    Linger,
    /// Send nothing more and leave the connection open until the client closes it.
    Never,
    /// Send FIN and leave the connection open until the client closes it.
    HalfClose,
}

/// How an idle connection ends in the instant in which a request arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RuleRace {
    /// With FIN; the request gets RST.
    FinMeetsRequest,
    /// With RST.
    ResetMeetsRequest,
}
