//! A server's behaviour as data.
//!
//! TOML -> [`raw::Raw`] (what was written) -> [`Profile`] (what cannot be wrong): every name resolved, every template
//! compiled, every unit read. The rest of the program sees [`Profile`] alone. Knows nothing of sockets or files: [`layers`]
//! asks for the TOML.

pub mod builtin;
pub mod compare;
pub mod error;
pub mod layers;
pub mod raw;
#[cfg(test)]
mod reference;
mod resolve;
pub mod response;
pub mod summary;
pub mod template;
pub mod types;
pub mod units;

pub use error::ConfigError;
pub use raw::{
    Announce, CloseStyle, ConnectionFields, Continue, Fold, IndexFor, LengthForHead, Precompressed, ReadBody, Repeated,
    RepeatedConnection, Tie,
};
pub use response::{Entity, Response};
pub use template::{Placeholder, Template, Values};
pub use units::Since;

use crate::close_reason::CloseReason;
use crate::http1::field::TokenSearch;
use crate::http1::host::HostSyntax;
use crate::http1::precondition::ConditionPolicy;
use crate::http1::range::RangePolicy;
use crate::http1::{HeadPolicy, ResponseId};
use std::time::Duration;
use types::MediaTypes;

/// Everything that makes a server behave as it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The name it was loaded by.
    pub name: String,
    /// What it imitates.
    pub title: String,
    /// The versions it was measured against.
    pub measured: String,
    /// The port it listens on unless told otherwise.
    pub port: u16,
    /// What it calls itself in its responses.
    pub server: String,
    /// Limits and tolerance of request heads.
    pub head: HeadPolicy,
    /// How many bytes are read from a socket at a time.
    pub read: usize,
    /// How a repeated field is read.
    pub repeated: Repeated,
    /// The same for one that holds a date.
    pub repeated_date: Repeated,
    /// Whether a fault behind pending replies takes them away.
    pub pipelined_fault_discards: bool,
    /// How a field value on several lines is read.
    pub fold: Fold,
    /// Whether white space at the end of a field's value counts.
    pub trailing_space: bool,
    /// What each method gets.
    pub methods: Methods,
    /// How targets become paths.
    pub target: TargetPolicy,
    /// How paths become files.
    pub files: FilePolicy,
    /// Media types.
    pub types: MediaTypes,
    /// Preconditions.
    pub conditions: ConditionPolicy,
    /// Ranges.
    pub range: RangePolicy,
    /// The layout of multipart replies.
    pub multipart: Multipart,
    /// What some clients get behind a page.
    pub padding: Padding,
    /// Request bodies.
    pub request_body: RequestBodyPolicy,
    /// How long connections last, what is said of it, and how they end.
    pub connection: ConnectionPolicy,
    /// How replies are cut into writes.
    pub writes: WritePolicy,
    /// The responses.
    pub responses: Responses,
}

/// `[methods]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Methods {
    /// What the Allow field says.
    pub allow: String,
    ignore_case: bool,
    rules: Vec<(Vec<u8>, MethodRule)>,
    other: MethodRule,
}

impl Methods {
    /// What `method` gets.
    pub fn rule(&self, method: &[u8]) -> MethodRule {
        self.rules
            .iter()
            .find(|(name, _)| name == method || (self.ignore_case && name.eq_ignore_ascii_case(method)))
            .map_or(self.other, |(_, rule)| *rule)
    }
}

/// What a method gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodRule {
    /// The file.
    Serve,
    /// A response, whatever the target.
    Respond(ResponseId),
    /// A response for every path that is neither redirected nor forbidden.
    Resolved(ResponseId),
    /// A response where there is a file; the usual answer where there is none.
    Found(ResponseId),
}

/// What a server does about a kind of input: accept it in some sense, or respond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnInput<T> {
    /// Accept it, in this sense.
    Accept(T),
    /// Send this response.
    Respond(ResponseId),
}

/// `[target]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the keys are documented in `raw::RawTarget`
pub struct TargetPolicy {
    pub absolute: OnInput<AbsoluteTarget>,
    /// The schemes that are taken, and the response to any other.
    pub schemes: Option<(Vec<String>, ResponseId)>,
    /// The response where an authority is not of this syntax.
    pub bad_authority: Option<(HostSyntax, ResponseId)>,
    pub asterisk: OnInput<()>,
    pub own_name: String,
    pub absolute_empty: Option<ResponseId>,
    pub absolute_host: raw::AbsoluteHost,
    pub no_path: OnInput<()>,
    pub no_slash: OnInput<()>,
    pub fragment: OnInput<Fragment>,
    pub latin1: bool,
    pub bad_percent: OnInput<()>,
    pub encoded_slash: OnInput<()>,
    pub backslash: OnInput<Backslash>,
    pub bad_utf8: OnInput<()>,
    pub nul: ResponseId,
    pub above_root: OnInput<()>,
    pub dots_first: bool,
    pub back_into_root: bool,
    pub dot_dot: OnInput<()>,
    pub control: OnInput<()>,
    pub double_encoding: OnInput<()>,
    pub longest_path: Limit,
    pub longest_query: Limit,
    pub longest_segment: Limit,
    pub most_segments: Limit,
    pub end_slash: raw::EndSlash,
    pub merge_leading_slashes: bool,
    pub before_method: bool,
}

/// At most so many; beyond that, a response. `None` for no limit.
pub type Limit = Option<(usize, ResponseId)>;

/// How an absolute URI is read as a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsoluteTarget {
    /// Its path counts.
    Path,
    /// The whole of it is the path.
    Literal,
}

/// What a `#` in a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// The path ends there.
    Ends,
    /// A character like any other.
    Literal,
}

/// What a `\` in a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backslash {
    /// A character like any other.
    Literal,
    /// A slash.
    Slash,
}

/// `[files]`.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the keys are documented in `raw::RawFiles`
pub struct FilePolicy {
    pub index: Vec<String>,
    pub index_for: IndexFor,
    pub etag: Option<Template>,
    pub weak_within: Option<Duration>,
    pub directory: ResponseId,
    pub no_index: ResponseId,
    pub missing: ResponseId,
    pub denied: ResponseId,
    pub too_long: ResponseId,
    pub path_after_file: ResponseId,
    pub file_slash: OnInput<()>,
    pub missing_slash: ResponseId,
    pub special: ResponseId,
    pub dotfiles: OnInput<()>,
    pub dotfiles_at_end_only: bool,
    pub dotfiles_served: Vec<String>,
    pub deny: Vec<String>,
    pub deny_with: ResponseId,
    pub ignore_case: bool,
    pub precompressed: Vec<Precompressed>,
    pub untyped: OnInput<()>,
    pub future_as_now: bool,
    pub directory_type: String,
}

/// `[multipart]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the keys are documented in `raw::RawMultipart`
pub struct Multipart {
    pub content_type: Template,
    pub boundary: Template,
    /// Line by line.
    pub part: Vec<Template>,
    pub end: Template,
    pub parts_before_chunks: Option<usize>,
}

/// `[padding]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padding {
    /// The text, as often as it stands there.
    pub text: String,
    agents: Vec<raw::RawAgent>,
}

impl Padding {
    /// Whether it is for a client with this User-Agent field.
    pub fn is_for(&self, agent: &[u8]) -> bool {
        self.agents.iter().any(|kind| kind.fits(agent))
    }
}

/// `[request_body]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the keys are documented in `raw::RawRequestBody`
pub struct RequestBodyPolicy {
    pub both_ends: bool,
    pub read: ReadBody,
    pub continues: Continue,
    pub continue_times: u8,
    pub continue_without_body: bool,
    pub look_first: bool,
    pub before_end: bool,
    pub continue_unsent_ends: bool,
    pub continue_times_old: u8,
    pub limit: Option<(u64, ResponseId)>,
}

/// `[connection]`, `[timers]`, `[close]` and `[client_fin]`.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the keys are documented in `raw`
pub struct ConnectionPolicy {
    pub persistent: bool,
    pub http10_keep_alive: bool,
    pub http10_needs_length: bool,
    pub http10_keep_wins: bool,
    pub proxy_connection: bool,
    pub upgrade_swallows: bool,
    pub search: TokenSearch,
    pub repeated: raw::RepeatedConnection,
    pub not_kept: Vec<raw::RawUnkept>,
    pub max_requests: Option<u64>,
    pub max_age: Option<Duration>,
    pub max_connections: Option<u64>,
    pub full: ResponseId,
    pub announce: raw::Announce,
    pub keep_fields: Vec<Template>,
    pub close_fields: Vec<Template>,
    pub timers: Timers,
    pub close: ClosePolicy,
    pub client_fin: ClientFinPolicy,
}

/// `[timers]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the keys are documented in `raw::RawTimers`
pub struct Timers {
    pub unused: Timer,
    pub line: Timer,
    pub head: Timer,
    pub line_again: Timer,
    pub head_again: Timer,
    pub blank: Option<Timer>,
    pub body_after_reply: Option<Timer>,
    pub idle: Timer,
    pub body: Timer,
    pub tie: Tie,
}

/// A timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// How long; `None` for no timer.
    pub after: Option<Duration>,
    /// Since when.
    pub since: Since,
    /// What is said when it runs out.
    pub say: Option<ResponseId>,
    /// Every so many bytes received put the end off by a second.
    pub bytes_per_second: Option<u64>,
    /// The latest end, if bytes put it off.
    pub at_most: Option<Duration>,
    /// It is looked at only at multiples of this time since the server started.
    pub tick: Option<Duration>,
}

/// `[close]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosePolicy {
    styles: Vec<CloseStyle>,
    unread: Vec<Option<CloseStyle>>,
    /// The style after a reply to a request whose body was read to its end.
    pub after_body: Option<CloseStyle>,
    /// For how long the client may be silent while the end lingers.
    pub linger_quiet: Duration,
    /// How long the end lingers at the most.
    pub linger_total: Duration,
    /// How long the end waits after a reply.
    pub pause: Option<Duration>,
    /// Whether a byte in that time keeps the connection until the client ends it.
    pub pause_holds: bool,
}

impl ClosePolicy {
    /// The style of an end for `reason`.
    pub fn style(&self, reason: CloseReason) -> CloseStyle {
        self.styles[reason as usize]
    }

    /// The style of an end for `reason` where bytes of the client are unread, if that makes a difference.
    pub fn unread(&self, reason: CloseReason) -> Option<CloseStyle> {
        self.unread[reason as usize]
    }
}

/// `[client_fin]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the keys are documented in `raw::RawClientFin`
pub struct ClientFinPolicy {
    pub in_line: EofInHead,
    pub in_head: EofInHead,
    pub in_body: Option<ResponseId>,
    pub drops_request: bool,
    /// How long after the request's last byte the reply waits for that.
    pub drop_within: Duration,
}

/// What a client's FIN in the middle of a head means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EofInHead {
    /// Nothing is said.
    Silent,
    /// A response.
    Respond(ResponseId),
    /// The head counts as complete.
    Complete,
}

/// `[writes]`.
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

/// The responses of a profile, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responses {
    all: Vec<Response>,
    ok: ResponseId,
    partial: ResponseId,
    not_modified: ResponseId,
    precondition_failed: ResponseId,
    unsatisfiable: ResponseId,
}

impl Responses {
    /// The response of this number.
    pub fn get(&self, id: ResponseId) -> &Response {
        &self.all[id]
    }

    /// The response that takes the place of `id` for `method`.
    pub fn for_method(&self, id: ResponseId, method: &[u8]) -> &Response {
        let response = &self.all[id];
        response
            .variants
            .iter()
            .find(|(name, _)| name == method)
            .map_or(response, |(_, variant)| &self.all[*variant])
    }

    /// The response to a file's request: 200.
    pub fn ok(&self) -> ResponseId {
        self.ok
    }
    /// The response with one or several ranges: 206.
    pub fn partial(&self) -> ResponseId {
        self.partial
    }
    /// The response to a client that has it already: 304.
    pub fn not_modified(&self) -> ResponseId {
        self.not_modified
    }
    /// The response where a precondition fails: 412.
    pub fn precondition_failed(&self) -> ResponseId {
        self.precondition_failed
    }
    /// The response where no range can be satisfied: 416.
    pub fn unsatisfiable(&self) -> ResponseId {
        self.unsatisfiable
    }

    /// Every response.
    pub fn iter(&self) -> impl Iterator<Item = &Response> {
        self.all.iter()
    }
}

/// The member of `known` nearest to `name`, if any is near.
pub fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let best = known
        .map(|k| (strsim::jaro_winkler(name, k), k))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.75).then_some(best.1)
}
