//! A server's behaviour as data.
//!
//! TOML is parsed into [`raw::Raw`], which is what the author wrote. That is resolved into a [`Profile`], which is valid by
//! construction: every name is resolved, every template compiled, every unit read. The rest of the program uses only
//! [`Profile`]. This module opens no socket and reads no file: [`layers`] asks a [`layers::Source`] for the TOML.

pub mod builtin;
pub mod check;
pub mod compare;
pub mod error;
mod field_value;
pub mod layers;
pub mod policy;
#[allow(rustdoc::broken_intra_doc_links, reason = "`[files]` names a table of a profile")]
pub mod raw;
mod resolve;
pub mod response;
pub mod schema;
pub mod summary;
pub mod template;
pub mod types;
pub mod units;

pub use error::ConfigError;
pub use policy::{
    AbsoluteTarget, Backslash, BadUtf8, ClientFinPolicy, ClosePolicy, ConnectionPolicy, CookiePolicy, EofInHead,
    FilePolicy, Fragment, Hold, Limit, MethodRule, Methods, Multipart, OnInput, Padding, RequestBodyPolicy, Responses,
    TargetPolicy, Timer, Timers, WritePolicy,
};
pub use raw::{
    Announce, AnnounceClose, AtExpiry, BrokenBody, ChangedFile, CloseStyle, ConnectionFields, Continue,
    DirectoryPermission, FailureNoticed, Fold, IndexFor, LengthForHead, Precompressed, ReadBody, Repeated,
    RepeatedConnection,
};
pub use response::{Entity, Response};
pub use template::{About, Placeholder, Template, Values};
pub use units::Since;

use crate::http1::HeadPolicy;
use crate::http1::precondition::ConditionPolicy;
use crate::http1::range::RangePolicy;
use crate::rule::Rules;
use types::MediaTypes;

/// Everything that makes a server behave as it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The name that it was loaded by, without the directory and suffix of a file.
    pub name: String,
    /// The server that it imitates.
    pub title: String,
    /// The versions that it was measured against.
    pub measured: String,
    /// The port to listen on if no other is given.
    pub port: u16,
    /// The value of `{server}` in responses.
    pub server: String,
    /// Limits on request heads, and how they are parsed.
    pub head: HeadPolicy,
    /// Maximum number of bytes per read from a socket.
    pub read: usize,
    /// How many bytes the first read from a connection waits for and takes at most; 0 for no such read.
    pub first_read: usize,
    /// How many bytes of a next request must have arrived before it counts.
    pub next_read: usize,
    /// How many CR and LF before a request are dropped after a POST.
    pub blank_after_post: usize,
    /// How a repeated field is read.
    pub repeated: Repeated,
    /// How a repeated field that contains a date is read.
    pub repeated_date: Repeated,
    /// Whether a faulty request drops the requests before it that are still unanswered.
    pub pipelined_fault_discards: bool,
    /// How a field value on several lines (obs-fold) is read.
    pub fold: Fold,
    /// Whether whitespace at the end of a field value is part of the value.
    pub trailing_space: bool,
    /// What each method gets.
    pub methods: Methods,
    /// How targets become paths.
    pub target: TargetPolicy,
    /// How paths become files.
    pub files: FilePolicy,
    /// Media types.
    pub types: MediaTypes,
    /// Conditional requests.
    pub conditions: ConditionPolicy,
    /// Range requests.
    pub range: RangePolicy,
    /// The layout of `multipart/byteranges` bodies.
    pub multipart: Multipart,
    /// Text appended to pages for some clients.
    pub padding: Padding,
    /// A cookie that the server replaces; `None` without one.
    pub cookie: Option<CookiePolicy>,
    /// Request bodies.
    pub request_body: RequestBodyPolicy,
    /// How long connections persist, what responses announce about it, and how connections are closed.
    pub connection: ConnectionPolicy,
    /// How responses are split into writes.
    pub writes: WritePolicy,
    /// The responses.
    pub responses: Responses,
    /// What happens to certain requests or connections.
    pub rules: Rules,
}

/// The largest text that may be made from the keys of a profile, such as a page with its `text` filled in, in bytes.
const LARGEST_TEXT: usize = 1 << 20;

/// The member of `known` that is most similar to `name`; `None` if none is similar enough for a suggestion.
pub fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // No known name is that long, and the time of a comparison grows with the product of both lengths.
    let is_short = |text: &str| text.len() <= 100;
    let best = known
        .filter(|known| is_short(known) && is_short(name))
        .map(|k| (strsim::jaro_winkler(name, k), k))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.75).then_some(best.1)
}

/// The end of a message about an unknown name: `; did you mean ...?` if a known name is similar, otherwise nothing.
///
/// ```
/// use labserve_core::profile::{near, suggestion};
///
/// let known = ["nginx", "node"];
/// assert_eq!(suggestion(near("nginks", known.into_iter())), "; did you mean `nginx`?");
/// assert_eq!(suggestion(near("quux", known.into_iter())), "");
/// ```
pub fn suggestion(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}
