//! A profile as it is written: the keys of the TOML, each with its meaning and its default.
//!
//! The defaults describe no particular server. They follow RFC 9110 and RFC 9112. The doc comments of the keys are
//! also the descriptions in `profiles/schema.json` and the tables of `profiles/reference.md`, so they are written for
//! authors of profiles. Each table has its own file. `profile::resolve` turns a [`Raw`] into a [`super::Profile`], which
//! is valid by construction.

mod close;
mod connection;
mod cookie;
mod files;
mod head;
mod multipart;
mod padding;
mod range;
mod request_body;
mod response;
mod rule;
mod target;
mod timers;
mod types;
mod writes;

pub use close::{CloseStyle, FinAfterRequest, RawClientFin, RawClose};
pub use connection::{Announce, AnnounceClose, RawConnection, RawConnectionFields, RawUnkept, RepeatedConnection};
pub use cookie::RawCookie;
pub use files::{DirectoryPermission, FailureNoticed, IndexFor, Precompressed, RawFiles};
pub use head::{
    Counts, FieldsJudgedBy, Fold, Http2, JudgedBy, MethodCase, NameSpace, PipelinedFault, RawBuffers, RawHead,
    RawProtocol, Repeated, Tab,
};
pub use multipart::RawMultipart;
pub use padding::{RawAgent, RawPadding};
pub use range::RawRange;
pub use request_body::{Continue, RawChunks, RawRequestBody, ReadBody};
pub use response::{ConnectionFields, LengthForHead, RawResponse, StatusVersion};
pub use rule::{RuleEnd, RulePoint, RuleRace, RuleTable};
pub use target::{AuthorityReader, Charset, EndSlash, RawTarget, TargetReader};
pub use timers::{RawTimers, Tie};
pub use types::RawTypes;
pub use writes::{ChangedFile, RawHold, RawWrites};

use crate::http1::precondition::ConditionPolicy;
use crate::profile::template::Template;
use crate::profile::units::{RawRule, Word};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole profile, as TOML.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Raw {
    /// The profile that supplies every key not set here: a built-in name, or a file relative to this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// The server that the profile imitates, as shown to people.
    pub title: String,
    /// The versions that the profile was measured against.
    pub measured: String,
    /// The port to listen on if neither the command line nor `server.toml` sets one. Without it: 3000.
    pub port: Option<u16>,
    /// The value of the placeholder `{server}` in responses.
    pub server: String,
    /// The version in the status line of every response that has no `http_version` of its own.
    pub http_version: StatusVersion,
    /// How long connections persist, and what the response fields announce about it.
    pub connection: RawConnection,
    /// When a silent connection is closed, and which response is sent first.
    pub timers: RawTimers,
    /// How the server closes a connection at the TCP level, by reason.
    pub close: RawClose,
    /// What the client's FIN means.
    pub client_fin: RawClientFin,
    /// Limits on request heads, and how they are parsed.
    pub head: RawHead,
    /// What to do about each fault in a request head: `"accept"`, `"drop"`, `"stop"`, `"close"`, `"ignore"`, or a
    /// response. The key `other` applies to all faults that are not listed.
    pub faults: BTreeMap<String, Word>,
    /// What each method gets.
    pub methods: BTreeMap<String, RawRule>,
    /// How a request target becomes a path.
    pub target: RawTarget,
    /// How a path becomes a file.
    pub files: RawFiles,
    /// Media types by file name.
    pub types: RawTypes,
    /// Conditional requests (RFC 9110 section 13).
    pub conditions: ConditionPolicy,
    /// Range requests (RFC 9110 section 14).
    pub range: RawRange,
    /// The layout of a `multipart/byteranges` body.
    pub multipart: RawMultipart,
    /// Text appended to pages for some clients.
    pub padding: RawPadding,
    /// A cookie that the server replaces.
    pub cookie: RawCookie,
    /// How request bodies are delimited and read, and when `100 Continue` is sent.
    pub request_body: RawRequestBody,
    /// How responses are split into writes, and how slow readers are handled.
    pub writes: RawWrites,
    /// Field lines by name for the responses about a file's content (200, 206 and 304). Each replaces the line of that
    /// name.
    pub fields: BTreeMap<String, Template>,
    /// The responses, by name. A name that is a number is also the status code.
    pub response: BTreeMap<String, RawResponse>,
    /// What happens to certain requests or connections, and exactly when. The rules of a profile and of what is laid
    /// over it apply together, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<RuleTable>,
}

/// A default value that is a word.
fn word(text: &str) -> Word {
    Word(text.to_owned())
}
