//! A profile as it is written: the keys of the TOML, each with its meaning and its default.
//!
//! The defaults describe no particular server: they are RFC 9110 and 9112 by the letter. `profiles/README.md` explains
//! the same keys at length. Each table has a file of its own. [`super::resolve`] turns this into a [`super::Profile`], which
//! cannot be wrong.

mod close;
mod connection;
mod files;
mod head;
mod multipart;
mod padding;
mod request_body;
mod response;
mod target;
mod timers;
mod types;
mod writes;

pub use close::{CloseStyle, RawClientFin, RawClose};
pub use connection::{Announce, RawConnection, RawConnectionFields, RawUnkept, RepeatedConnection};
pub use files::{IndexFor, Precompressed, RawFiles};
pub use head::{
    Counts, FieldsJudgedBy, Fold, Http2, JudgedBy, MethodCase, NameSpace, PipelinedFault, RawBuffers, RawHead,
    Repeated, Tab,
};
pub use multipart::RawMultipart;
pub use padding::{RawAgent, RawPadding};
pub use request_body::{Continue, RawRequestBody, ReadBody};
pub use response::{ConnectionFields, LengthForHead, RawResponse};
pub use target::{AbsoluteHost, EndSlash, RawTarget};
pub use timers::{RawTimers, Tie};
pub use types::RawTypes;
pub use writes::RawWrites;

use crate::http1::precondition::ConditionPolicy;
use crate::http1::range::RangePolicy;
use crate::profile::template::Template;
use crate::profile::units::{RawRule, Word};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole profile.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Raw {
    /// The profile whose keys hold where this one has none: a built-in name, or a file beside this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// What it imitates, for people.
    pub title: String,
    /// Which versions it was measured against.
    pub measured: String,
    /// The port it listens on unless told otherwise.
    pub port: Option<u16>,
    /// What stands for `{server}` in its responses.
    pub server: String,
    /// How long connections last.
    pub connection: RawConnection,
    /// When a silent connection is ended, and what is said then.
    pub timers: RawTimers,
    /// How a connection is ended.
    pub close: RawClose,
    /// What the client's FIN means.
    pub client_fin: RawClientFin,
    /// Limits of a request head.
    pub head: RawHead,
    /// What is done about each fault of a head: `"accept"`, `"drop"`, `"stop"`, `"close"`, `"ignore"`, or a
    /// response. `other` is for all that are not named.
    pub faults: BTreeMap<String, Word>,
    /// What each method gets.
    pub methods: BTreeMap<String, RawRule>,
    /// How a request target becomes a path.
    pub target: RawTarget,
    /// How a path becomes a file.
    pub files: RawFiles,
    /// Media types.
    pub types: RawTypes,
    /// Preconditions.
    pub conditions: ConditionPolicy,
    /// Ranges.
    pub range: RangePolicy,
    /// The layout of a reply with several ranges.
    pub multipart: RawMultipart,
    /// What some clients get behind a page.
    pub padding: RawPadding,
    /// Request bodies.
    pub request_body: RawRequestBody,
    /// How replies are cut into writes.
    pub writes: RawWrites,
    /// Field lines of the responses about a file's content (200, 206 and 304), by name, in place of their own.
    pub fields: BTreeMap<String, Template>,
    /// The responses, by name; a name that is a number is its status.
    pub response: BTreeMap<String, RawResponse>,
}

/// A word that is a default.
fn word(text: &str) -> Word {
    Word(text.to_owned())
}
