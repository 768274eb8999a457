//! A profile as it is written: the keys of the TOML, each with its meaning and its default.
//!
//! The defaults describe no particular server. They follow RFC 9110 and RFC 9112. The doc comments of the keys are
//! also the descriptions in `profiles/schema.json` and the tables of `profiles/reference.md`, so they are written for
//! authors of profiles. Each table has its own file. `profile::resolve` turns a [`Raw`] into a [`super::Profile`], which
//! is valid by construction.

mod close;
mod connection;
mod cookie;
mod faults;
mod fields;
mod files;
mod limits;
mod multipart;
mod padding;
mod parser;
mod range;
mod request_body;
mod response;
mod rule;
mod target;
mod timers;
mod types;
mod writes;

pub use close::{CloseStyle, FinAfterRequest, RawClientFin, RawClose};
pub use connection::{
    Announce, AnnounceClose, RawConnection, RawConnectionFields, RawHttp10, RawUnkept, RepeatedConnection,
};
pub use cookie::RawCookie;
pub use faults::{FaultRule, OTHER, RawFaults};
pub use fields::{Fold, RawFields, RawHost, Repeated};
pub use files::{DirectoryPermission, FailureNoticed, IndexFor, Precompressed, RawFiles};
pub use limits::{HeadCounts, RawBuffers, RawLimits};
pub use multipart::RawMultipart;
pub use padding::{RawAgent, RawPadding};
pub use parser::{FieldsJudgedBy, Http2, JudgedBy, MethodCase, NameSpace, PipelinedFault, RawParser, RawProtocol, Tab};
pub use range::RawRange;
pub use request_body::{BrokenBody, Continue, RawChunks, RawExpect, RawRequestBody, ReadBody};
pub use response::{ConnectionFields, LengthForHead, RawResponse, StatusVersion};
pub use rule::{RuleEnd, RulePoint, RuleRace, RuleTable};
pub use target::{AuthorityReader, Charset, EndSlash, RawTarget, TargetReader};
pub use timers::{AtExpiry, RawTimers};
pub use types::{RawTypes, TypesText};
pub use writes::{ChangedFile, RawHold, RawWrites};

use crate::http1::precondition::ConditionPolicy;
use crate::profile::template::Template;
use crate::profile::units::{Format, RawRule, TextOrOff, Word};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole profile, as TOML.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Raw {
    /// The version of the profile language that the file is written in. Without it: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The profile that supplies every key not set here: a built-in name, or a file relative to this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(example = "base.toml"))]
    pub extends: Option<String>,
    /// The server that the profile imitates, as shown to people.
    #[cfg_attr(test, schemars(example = "My server"))]
    pub title: String,
    /// The versions that the profile was measured against.
    #[cfg_attr(test, schemars(example = "my server 1.2.3 on Debian 12"))]
    pub measured: String,
    /// The port to listen on if neither the command line nor `server.toml` sets one. Without it: 3000.
    pub port: Option<u16>,
    /// The value of the placeholder `{server}` in responses.
    #[cfg_attr(test, schemars(example = "mine/1.0"))]
    pub server: TextOrOff,
    /// The version in the status line of every response that has no `http_version` of its own.
    /// Example: `GET /a.txt HTTP/1.1`: `1.1` `HTTP/1.1 200 OK`; `1.0` `HTTP/1.0 200 OK`; `as-asked` `HTTP/1.1 200 OK`.
    /// Example: `GET /a.txt HTTP/1.0`: `1.1` `HTTP/1.1 200 OK`; `1.0` `HTTP/1.0 200 OK`; `as-asked` `HTTP/1.0 200 OK`.
    pub http_version: StatusVersion,
    /// How long connections persist, and what the response fields announce about it.
    pub connection: RawConnection,
    /// When a silent connection is closed, and which response is sent first.
    pub timers: RawTimers,
    /// How the server closes a connection at the TCP level, by reason.
    pub close: RawClose,
    /// What the client's FIN means.
    pub client_fin: RawClientFin,
    /// How large the parts of a request may be.
    pub limits: RawLimits,
    /// How tolerantly request heads are parsed.
    pub parser: RawParser,
    /// How the fields of a request are read.
    pub fields: RawFields,
    /// How the Host field is read.
    pub host: RawHost,
    /// What to do about each fault in a request head: `"accept"`, `"drop"`, `"stop"`, `"close"`, `"ignore"`, or a
    /// response.
    pub faults: RawFaults,
    /// What each method gets.
    pub methods: BTreeMap<String, RawRule>,
    /// How a request target becomes a path.
    pub target: RawTarget,
    /// How a path becomes a file.
    pub files: RawFiles,
    /// Media types by file name.
    pub types: TypesText,
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
    /// name; `"off"` removes it.
    pub response_fields: BTreeMap<String, Template>,
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
