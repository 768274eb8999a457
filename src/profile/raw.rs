//! A profile as it is written: the keys of the TOML, each with its meaning and its default.
//!
//! The defaults describe no particular server: they are RFC 9110 and 9112 by the letter. `profiles/README.md` explains
//! the same keys at length. [`super::build`] turns this into a [`super::Profile`], which cannot be wrong.

use super::template::Template;
use super::units::{RawRule, Size, Span, TimerText, Word};
use crate::http::field::TokenSearch;
use crate::http::head::{Http09, Separators};
use crate::http::host::HostSyntax;
use crate::http::range::RangePolicy;
use crate::http::request::{Delimiter, Expect, LengthSyntax};
use crate::respond::precondition::ConditionPolicy;
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
    pub ends: RawEnds,
    /// What the client's FIN means.
    pub client_fin: RawClientFin,
    /// Limits of a request head.
    pub head: RawHead,
    /// What is done about each fault of a head: `"accept"`, `"drop"`, `"stop"`, `"close"`, `"ignore"`, or a response. `other` is for
    /// all that are not named.
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
    /// The responses, by name; a name that is a number is its status.
    pub response: BTreeMap<String, RawResponse>,
}

/// `[connection]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawConnection {
    /// Whether connections serve more than one request.
    pub persistent: bool,
    /// Whether an HTTP/1.0 request can ask for that with `Connection: keep-alive`.
    pub http10_keep_alive: bool,
    /// Whether an HTTP/1.0 connection ends with a reply that has no Content-Length, though `keep-alive` was asked for.
    pub http10_needs_length: bool,
    /// Whether `keep-alive` in an HTTP/1.0 request counts though `close` stands beside it.
    pub http10_keep_wins: bool,
    /// Whether Proxy-Connection is read as Connection.
    pub proxy_connection: bool,
    /// Whether bytes that came with a request for an upgrade, behind it, are lost.
    pub upgrade_swallows: bool,
    /// How words are looked for in the Connection field: `list`, `stems`, `substring` or `whole`.
    pub search: TokenSearch,
    /// Which of several Connection fields counts: `any` that says close, or the `last` that says close or keep-alive.
    pub repeated: RepeatedConnection,
    /// Requests after which the connection ends, by method and User-Agent.
    pub not_kept: Vec<RawUnkept>,
    /// After how many requests a connection is ended; 0 for no limit.
    pub max_requests: u64,
    /// After how long a connection is ended with its next reply.
    pub max_age: Span,
    /// When [connection.says] keep is said.
    pub announce: Announce,
    /// What is said of it in a reply; text only.
    pub says: RawSays,
    /// How many connections are served at once; 0 for no limit. More are ended at once.
    pub max_connections: u64,
}

/// Which of several Connection fields counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepeatedConnection {
    /// Any that says close; else any that says keep-alive.
    #[default]
    Any,
    /// The last that says close or keep-alive.
    Last,
    /// The first, whatever it says.
    First,
}

/// When a kept connection is announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Announce {
    /// In every reply.
    #[default]
    Always,
    /// In replies to requests with `Connection: keep-alive`.
    Asked,
    /// In replies to HTTP/1.0 requests with `Connection: keep-alive`, where it is not understood (RFC 9112 section 9.3).
    #[serde(rename = "http10")]
    Http10,
}

/// `[connection.says]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawSays {
    /// The lines for a connection that is kept.
    pub keep: Vec<Template>,
    /// The lines for one that ends with this reply.
    pub close: Vec<Template>,
}

impl Default for RawConnection {
    fn default() -> RawConnection {
        RawConnection {
            persistent: true,
            http10_keep_alive: true,
            http10_needs_length: false,
            http10_keep_wins: false,
            proxy_connection: false,
            upgrade_swallows: false,
            search: TokenSearch::List,
            repeated: RepeatedConnection::Any,
            not_kept: Vec::new(),
            max_requests: 0,
            max_age: Span(None),
            announce: Announce::Always,
            says: RawSays::default(),
            max_connections: 0,
        }
    }
}

/// `[timers]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawTimers {
    /// All timers are looked at only at multiples of this time since the server started, where `grid` is set on them.
    pub grid: Span,
    /// Nothing received since the connection was accepted.
    pub unused: TimerText,
    /// A request line has begun and not ended.
    pub line: TimerText,
    /// The request line is complete, the head is not.
    pub head: TimerText,
    /// The same as `line`, on a connection that has served a request.
    pub line_again: Option<TimerText>,
    /// The same as `head`, on a connection that has served a request.
    pub head_again: Option<TimerText>,
    /// Only empty lines received since the last reply; none: as `line_again`.
    pub blank: Option<TimerText>,
    /// Nothing received since the last reply.
    pub idle: TimerText,
    /// The request body is not complete.
    pub body: TimerText,
    /// Nothing of the request body has come since the reply was sent; none: as `body`. It ends as `idle` does.
    pub body_behind: Option<TimerText>,
    /// Timers that obey `grid`: any of `unused`, `line`, `head`, `idle`, `body`.
    pub on_grid: Vec<String>,
}

/// `[ends]`: for each reason a style, one of `fin`, `close`, `linger`, `rst`, `hold`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RawEnds {
    /// The style for every reason that is not named.
    pub default: Style,
    /// The style where bytes of the client are unread at the end, for every reason that is not named; none: as without
    /// them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<Style>,
    /// The style after a reply to a request whose body has been read to its end; none: as without a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_body: Option<Style>,
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
    pub by_reason: BTreeMap<String, Style>,
}

/// What the end of a connection looks like on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
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

impl Default for RawEnds {
    fn default() -> RawEnds {
        RawEnds {
            default: Style::Fin,
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

/// `[client_fin]`: each of `silent`, `complete` (as if the head ended there) or a response.
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
}

impl Default for RawClientFin {
    fn default() -> RawClientFin {
        let word = |text: &str| Word(text.to_owned());
        RawClientFin {
            in_line: word("silent"),
            in_head: word("silent"),
            in_body: word("silent"),
            after_request: word("serve"),
        }
    }
}

/// `[head]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawHead {
    /// The longest request line.
    pub line: Size,
    /// The longest field line.
    pub field: Size,
    /// The most field lines.
    pub fields: usize,
    /// The longest head.
    pub size: Size,
    /// The buffers that the head is read into; a line that fits into none is too long. Lines are counted with their
    /// ends here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffers: Option<RawBuffers>,
    /// The longest value of a field, with the values of all lines of that name joined to it; 0 for no limit but `field`.
    pub value: Size,
    /// The most empty lines before a request line; 0 for no limit but `size`.
    pub empty_lines: usize,
    /// When a bad field line is noticed: when the `line` is complete, or the `next-line` (which might go on with it).
    pub fields_judged_by: FieldsJudgedBy,
    /// Whether the case of a method counts: `exact`, or `ignored` for what [methods] says of it. What holds for GET or
    /// HEAD alone (conditions, ranges, a head without its body) holds for the exact method in any case.
    pub method_case: MethodCase,
    /// A bad request line is noticed with its first bad `byte`, or when the `line` is complete.
    pub judged_by: JudgedBy,
    /// What `size` counts: all `bytes`, or the `parts`: target, names and values, but no method, version, separators,
    /// line ends, or white space before a value.
    pub counts: Counts,
    /// A tab in the request line: white space like a `space`, or `text`, a character of the part where it stands.
    pub tab: Tab,
    /// Spaces between a field name and its colon, where they are accepted: `cut` off, or `part` of the name.
    pub name_space: NameSpace,
    /// A request for HTTP/2.0, where it is accepted, is read as `1.1` or `1.0`.
    pub http2: Http2,
    /// A fault in bytes that came with earlier requests, or before their replies: the replies `stay`, or the fault
    /// `discards` them, and is answered at once.
    pub fault_behind: FaultBehind,
    /// How many bytes are read from the socket at a time. What is unread at the end of a connection turns FIN into RST.
    pub read: Size,
    /// Whether a line's end counts for `line` and `field`, and the empty line for `fields`.
    pub count_ends: bool,
    /// What stands between the words of the request line: `spaces`, or `white-space` of any kind.
    pub separators: Separators,
    /// Whether a CR inside a field line ends it, as LF does. What stands behind it is a field line of its own.
    pub cr_ends_field: bool,
    /// What a request line without a version gets: the `body` alone, as soon as the line is complete; `late-body`: the
    /// same behind the empty line, also if the line says HTTP/0.9; or a `full` reply, as to HTTP/1.0.
    pub http09: Http09,
    /// The same for a request without a version that is refused for a fault of its line.
    pub http09_refused: Http09,
    /// Whether the Host field is judged, too, where the target is an absolute URI.
    pub host_beside_uri: bool,
    /// How a field value on several lines (obs-fold) is read: each line end with the white space around it as one
    /// `space`, without the line ends (`cut`), or as `sent`.
    pub fold: Fold,
    /// Whether white space at the end of a field's value counts.
    pub trailing_space: bool,
    /// How a field that is repeated is read, where it makes a difference: `first`, `last`, `join` (with `, `) or
    /// `join-tight` (with `,`).
    pub repeated: Repeated,
    /// The same for fields that hold a date; without it, the first counts.
    pub repeated_date: Option<Repeated>,
    /// Names of fields that may stand once only: a second one is the fault `field_repeated`.
    pub once: Vec<String>,
    /// Whether a tab before or behind a field's value is cut off as a space is.
    pub trim_tabs: bool,
    /// What a Host field may be made of: the `characters` of a host name, or any `visible` ones but `/` and `..`.
    pub host: HostSyntax,
}

/// Buffers for a head. A line never lies in two of them: one that is cut by a buffer's end moves to the next whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBuffers {
    /// The size of the first.
    pub first: Size,
    /// The size of the others.
    pub size: Size,
    /// How many others there are.
    pub count: usize,
}

/// What the limit of a head's size counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counts {
    /// Every byte.
    #[default]
    Bytes,
    /// Target, names and values.
    Parts,
}

/// What a tab in a request line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tab {
    /// White space.
    #[default]
    Space,
    /// A character like any other.
    Text,
}

/// What spaces behind a field name are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameSpace {
    /// Nothing.
    #[default]
    Cut,
    /// A part of the name, so that it is the name of another field.
    Part,
}

/// What HTTP/2.0 in a request line is read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Http2 {
    /// HTTP/1.1.
    #[default]
    #[serde(rename = "1.1")]
    Http11,
    /// HTTP/1.0.
    #[serde(rename = "1.0")]
    Http10,
}

/// What a fault does to the replies to requests before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultBehind {
    /// Nothing: they are sent first.
    #[default]
    Stay,
    /// They are not sent.
    Discards,
}

/// Whether the case of a method counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MethodCase {
    /// It does.
    #[default]
    Exact,
    /// It does not.
    Ignored,
}

/// How a field value on several lines is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fold {
    /// Each line end with the white space around it is one space (RFC 9112 section 5.2).
    #[default]
    Space,
    /// Without the line ends.
    Cut,
    /// As it was sent.
    Sent,
}

/// How a repeated field is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeated {
    /// The first line counts.
    First,
    /// The last line counts.
    Last,
    /// The values are joined with a comma and a space (RFC 9110 section 5.3).
    #[default]
    Join,
    /// The values are joined with a comma.
    JoinTight,
}

/// When a bad request line is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgedBy {
    /// With its first bad byte.
    Byte,
    /// When it is complete.
    #[default]
    Line,
}

/// When a bad field line is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldsJudgedBy {
    /// When it is complete.
    #[default]
    Line,
    /// When the line behind it is complete.
    NextLine,
}

impl Default for RawHead {
    fn default() -> RawHead {
        RawHead {
            line: Size(8000),
            field: Size(8000),
            fields: 100,
            size: Size(64 << 10),
            buffers: None,
            value: Size(0),
            empty_lines: 0,
            fields_judged_by: FieldsJudgedBy::Line,
            method_case: MethodCase::Exact,
            judged_by: JudgedBy::Line,
            counts: Counts::Bytes,
            tab: Tab::Space,
            name_space: NameSpace::Cut,
            http2: Http2::Http11,
            fault_behind: FaultBehind::Stay,
            read: Size(64 << 10),
            count_ends: false,
            separators: Separators::Spaces,
            cr_ends_field: false,
            http09: Http09::Body,
            host_beside_uri: true,
            http09_refused: Http09::Body,
            fold: Fold::Space,
            trailing_space: false,
            repeated: Repeated::Join,
            once: Vec::new(),
            trim_tabs: true,
            host: HostSyntax::Characters,
            repeated_date: None,
        }
    }
}

/// `[target]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawTarget {
    /// Whether a target that gets a response gets it before the method is looked at.
    pub before_method: bool,
    /// An absolute URI: its `path` counts, or it is taken `literally`, or a response.
    pub absolute: Word,
    /// An absolute URI whose scheme is none of `schemes`: a response. Needed if there are `schemes`.
    pub other_scheme: Option<Word>,
    /// The schemes of absolute URIs, in lower case, the server's own first: the authority of another one says nothing
    /// of the host. `*` stands for any other. With none, any scheme is taken, but only with `//` behind it.
    pub schemes: Vec<String>,
    /// An absolute URI whose authority is not what [head] host says: taken all the same (`literally`), or a response.
    pub bad_authority: Word,
    /// The target `*`, and one without a path with OPTIONS: taken `literally`, or a response.
    pub asterisk: Word,
    /// CONNECT with another target than `host:port`: taken `literally`, or a response.
    pub connect_other: Word,
    /// The host that the server takes for its own where a request names none; empty for its address.
    pub own_name: String,
    /// An absolute URI that is a scheme and nothing more: a response; none: as any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absolute_empty: Option<Word>,
    /// Where the path of an absolute URI begins: at its first `slash`, or at the first character that no host `name`
    /// has, with a slash put before it.
    pub absolute_host: AbsoluteHost,
    /// A target without a path (`?x`, `http://host`): the `root`, or a response.
    pub no_path: Word,
    /// A target that does not begin with a slash, and is no absolute URI whose path counts: a `path` all the same, or a
    /// response.
    pub no_slash: Word,
    /// A `#`: the target `ends` there, or it is taken `literally`, or a response.
    pub fragment: Word,
    /// Bytes above 0x7f are `utf-8` or `latin-1`.
    pub charset: Word,
    /// A `%` without two digits: taken `literally`, or a response.
    pub bad_percent: Word,
    /// `%2f`, and `%5c` where `\` is a slash: taken for a `slash`, or a response.
    pub encoded_slash: Word,
    /// `\`: taken `literally`, for a `slash`, or a response.
    pub backslash: Word,
    /// A path that is no UTF-8 after decoding: looked up all the same (`literally`), or a response.
    pub bad_utf8: Word,
    /// A NUL: a response.
    pub nul: Word,
    /// More `..` than there are directories: they stop at the `root`, or a response.
    pub above_root: Word,
    /// Whether `.` and `..` are worked in before anything but `%2e` is decoded and judged, or when all is.
    pub dots_first: bool,
    /// Whether a path may leave the root with `..` and come back by the name of the root directory.
    pub back_into_root: bool,
    /// Any `..` at all: `resolve`, or a response.
    pub dot_dot: Word,
    /// A control character that is percent-encoded: taken `literally`, or a response.
    pub control: Word,
    /// A `+`, or a percent-encoding, that is still there after decoding once: taken `literally`, or a response.
    pub double_encoding: Word,
    /// The longest path, in bytes as sent; 0 for no limit.
    pub longest_path: usize,
    /// The longest query, in bytes as sent, without its `?`; 0 for no limit.
    pub longest_query: usize,
    /// A longer path or query: a response.
    pub too_long: Word,
    /// The longest path segment, in characters after decoding; 0 for no limit.
    pub longest_segment: usize,
    /// The most path segments; 0 for no limit.
    pub most_segments: usize,
    /// A longer segment, or more of them: a response.
    pub bad_segments: Word,
    /// What asks for a directory: a slash at the end of the path once it is `decoded` and its dot segments are worked
    /// in, or of the path as `sent`.
    pub end_slash: EndSlash,
    /// `//` counts as one slash.
    pub merge_slashes: bool,
    /// Two slashes or more at the beginning count as one.
    pub merge_leading_slashes: bool,
}

impl Default for RawTarget {
    fn default() -> RawTarget {
        let word = |text: &str| Word(text.to_owned());
        RawTarget {
            before_method: false,
            absolute: word("path"),
            other_scheme: None,
            schemes: Vec::new(),
            bad_authority: word("literally"),
            asterisk: word("literally"),
            connect_other: word("literally"),
            own_name: String::new(),
            absolute_empty: None,
            absolute_host: AbsoluteHost::Slash,
            no_path: word("root"),
            no_slash: word("path"),
            fragment: word("400"),
            charset: word("utf-8"),
            bad_percent: word("400"),
            encoded_slash: word("slash"),
            backslash: word("literally"),
            bad_utf8: word("404"),
            nul: word("400"),
            above_root: word("root"),
            dots_first: false,
            back_into_root: false,
            dot_dot: word("resolve"),
            control: word("literally"),
            double_encoding: word("literally"),
            longest_path: 0,
            longest_query: 0,
            too_long: word("414"),
            longest_segment: 0,
            most_segments: 0,
            bad_segments: word("414"),
            end_slash: EndSlash::Decoded,
            merge_slashes: false,
            merge_leading_slashes: false,
        }
    }
}

/// Where the host of an absolute URI ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbsoluteHost {
    /// At the first slash, question mark or `#`.
    #[default]
    Slash,
    /// At the first character that no host name has.
    Name,
}

/// What asks for a directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndSlash {
    /// The path's meaning.
    #[default]
    Decoded,
    /// The path's last character.
    Sent,
}

/// `[files]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawFiles {
    /// The names that are tried for a path that ends in a slash.
    pub index: Vec<String>,
    /// Where they are tried: in all `directories`; for the target `/` alone (`slash`); or for a target that is nothing
    /// but slashes once it is decoded (`slashes`).
    pub index_for: IndexFor,
    /// The entity tag; empty for none.
    pub etag: Option<Template>,
    /// Two file times within this span of the request make an entity tag weak.
    pub weak_if_modified_within: Span,
    /// A directory without a slash at the end of the path: a response.
    pub directory: Word,
    /// A directory without an index file: a response.
    pub no_index: Word,
    /// No such file: a response.
    pub missing: Word,
    /// A file that may not be read: a response.
    pub denied: Word,
    /// A name that is too long for the file system: a response.
    pub too_long: Word,
    /// A path that goes on behind a file: a response.
    pub behind_file: Word,
    /// A slash behind a file: `serve`, or a response.
    pub file_slash: Word,
    /// A slash behind something that does not exist: a response.
    pub missing_slash: Option<Word>,
    /// What is neither file nor directory: a response.
    pub special: Word,
    /// A name that begins with a dot: `serve`, or a response.
    pub dotfiles: Word,
    /// Whether that holds for the last name of a path alone, and not with a slash behind it.
    pub dotfiles_at_end_only: bool,
    /// Names that are served though they begin with a dot.
    pub dotfiles_served: Vec<String>,
    /// Names that are never served, with `*` for any characters...
    pub deny: Vec<String>,
    /// ... and the response that they get.
    pub deny_with: Word,
    /// Names are looked up without regard to case where there is no exact match.
    pub ignore_case: bool,
    /// The content codings whose precompressed siblings (`.br`, `.gz`) are sent to clients that accept them.
    pub precompressed: Vec<Precompressed>,
    /// A file without a media type (see [types] default): `serve`, or a response.
    pub untyped: Word,
    /// Whether Last-Modified says now for a file whose time lies in the future (RFC 9110 section 8.8.2.1).
    pub future_as_now: bool,
    /// The `{content_type}` of a response about a directory; empty for none.
    pub directory_type: String,
}

/// Where index files are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexFor {
    /// In all directories.
    #[default]
    Directories,
    /// For the target `/` alone.
    Slash,
    /// For a target that is nothing but slashes once it is decoded.
    Slashes,
}

/// A content coding with precompressed siblings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precompressed {
    /// Brotli, `.br`.
    Br,
    /// Gzip, `.gz`.
    Gzip,
}

impl Default for RawFiles {
    fn default() -> RawFiles {
        let word = |text: &str| Word(text.to_owned());
        RawFiles {
            index: vec!["index.html".to_owned()],
            index_for: IndexFor::Directories,
            etag: None,
            weak_if_modified_within: Span(None),
            directory: word("301"),
            no_index: word("404"),
            missing: word("404"),
            denied: word("403"),
            too_long: word("404"),
            behind_file: word("404"),
            file_slash: word("404"),
            missing_slash: None,
            special: word("404"),
            dotfiles: word("serve"),
            dotfiles_at_end_only: false,
            dotfiles_served: Vec::new(),
            deny: Vec::new(),
            deny_with: word("403"),
            ignore_case: false,
            precompressed: Vec::new(),
            untyped: word("serve"),
            future_as_now: false,
            directory_type: String::new(),
        }
    }
}

/// `[types]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawTypes {
    /// Whether extensions that are not listed are looked up in the mime_guess table.
    pub guess: bool,
    /// Whether a name without a dot is looked up as if it were an extension.
    pub whole_names: bool,
    /// The type of a file without a known extension; empty for no type at all.
    pub default: String,
    /// The charset that is added to the types in `charset_for`; empty for none.
    pub charset: String,
    /// Types that get the charset, with `*` for any characters.
    pub charset_for: Vec<String>,
    /// A built-in table of types by extension that is looked at behind `extensions` and `table`: `debian` (the mime.types
    /// of Debian 12) or `mime-1.6` (the npm package of that name); empty for none.
    pub builtin: String,
    /// Endings that stand for another: `tgz = "tar.gz"`.
    pub short: BTreeMap<String, String>,
    /// Endings that name a content coding, in their case: the type is that of the name without it, and `{encoding}` is
    /// the coding.
    pub codings: BTreeMap<String, String>,
    /// The type by extension, in lower case and without its dot; empty for no type. `tar.gz` is one too.
    pub extensions: BTreeMap<String, String>,
    /// More of them as a `mime.types` file has them: a type and its extensions on each line, or up to a `;`.
    pub table: String,
    /// Whether every extension of a name counts, the last one that is listed first, and not only the name's ending.
    pub any_extension: bool,
    /// Names looked up with their whole ending: whether the extension's case counts.
    pub case_sensitive: bool,
}

impl Default for RawTypes {
    fn default() -> RawTypes {
        RawTypes {
            guess: true,
            whole_names: false,
            default: "application/octet-stream".to_owned(),
            charset: String::new(),
            charset_for: Vec::new(),
            any_extension: false,
            builtin: String::new(),
            short: BTreeMap::new(),
            codings: BTreeMap::new(),
            extensions: BTreeMap::new(),
            table: String::new(),
            case_sensitive: false,
        }
    }
}

/// `[multipart]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawMultipart {
    /// The Content-Type of the reply.
    pub content_type: Template,
    /// The boundary.
    pub boundary: Template,
    /// What stands before each part; its line ends are CR LF. A line is left out if a placeholder in it has no value.
    pub part: Template,
    /// What stands behind the last.
    pub end: Template,
    /// A reply with more parts than this is sent in chunks: one of so many parts and another one, then each of so many.
    /// 0 for never.
    pub parts_before_chunks: usize,
}

impl Default for RawMultipart {
    fn default() -> RawMultipart {
        let template = |text: &str| Template::parse(text).unwrap_or_else(|why| unreachable!("{text}: {why}"));
        RawMultipart {
            content_type: template("multipart/byteranges; boundary={boundary}"),
            boundary: template("{random:x16}"),
            part: template(
                "\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {content_range}\r\n\r\n",
            ),
            end: template("\r\n--{boundary}--\r\n"),
            parts_before_chunks: 0,
        }
    }
}

/// `[padding]`: text that the placeholder `{padding}` stands for in replies to some clients.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawPadding {
    /// The text; its line ends are sent as they are written here.
    pub text: String,
    /// How often it stands there.
    pub times: Option<usize>,
    /// Whom it is for: clients that any of these describes.
    pub agents: Vec<RawAgent>,
}

/// Requests after which a connection is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawUnkept {
    /// The method.
    pub method: String,
    /// The clients: any of these.
    pub agents: Vec<RawAgent>,
}

impl RawAgent {
    /// Whether a client with this User-Agent field is of the kind.
    pub fn fits(&self, agent: &[u8]) -> bool {
        let has = |text: &String| memchr::memmem::find(agent, text.as_bytes()).is_some();
        has(&self.has) && !self.lacks.iter().any(has)
    }
}

/// A kind of client, by its User-Agent field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawAgent {
    /// The field has this in it...
    pub has: String,
    /// ... and none of these.
    pub lacks: Vec<String>,
}

/// `[request_body]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawRequestBody {
    /// What delimits a body that has both Content-Length and Transfer-Encoding: `coding`, `length`, `length-only`
    /// for a server that knows no chunks, or `nothing` for one that knows no bodies.
    pub delimiter: Delimiter,
    /// How a Content-Length is written: in `digits`, or as an `integer` with a sign and underscores if it likes.
    pub length: LengthSyntax,
    /// Whether a connection ends after a request with both.
    pub both_ends: bool,
    /// The largest Content-Length that is taken for a number.
    pub largest: Size,
    /// Which Expect field asks for `100 Continue`: `exact`, or one that holds it as a `word`.
    pub expect: Expect,
    /// Whether another Expect field is a fault in HTTP/1.0 too.
    pub expect_http10: bool,
    /// When the body is read.
    pub read: ReadBody,
    /// When `100 Continue` is sent to a client that waits for it.
    pub continues: Continue,
    /// How often it is sent.
    pub continue_times: Option<u8>,
    /// How often it is sent to a request older than HTTP/1.1; without it, never.
    pub continue_times_old: Option<u8>,
    /// Whether it is sent to a client that waits for it and has no body to send.
    pub continue_without_body: bool,
    /// With `read = "after"`: whether what has come of the body when the reply is due is looked at first. If it is
    /// broken, a reply about a file gives way to that for the fault `chunk_invalid`, and another one ends the connection;
    /// if it breaks later, the connection ends without a word.
    pub look_first: bool,
    /// With `read = "after"`: whether the body is read behind a reply that ends the connection, too, before its end.
    pub before_end: bool,
    /// Whether a connection ends after a request that asked for `100 Continue` and had no body to get it for.
    pub continue_unsent_ends: bool,
    /// The largest body that is read; a larger one gets `too_large`.
    pub limit: Option<Size>,
    /// A response.
    pub too_large: Option<Word>,
}

impl Default for RawRequestBody {
    fn default() -> RawRequestBody {
        RawRequestBody {
            delimiter: Delimiter::default(),
            length: LengthSyntax::default(),
            both_ends: false,
            largest: Size(i64::MAX.unsigned_abs()),
            expect: Expect::default(),
            expect_http10: true,
            read: ReadBody::default(),
            continues: Continue::default(),
            continue_times_old: None,
            continue_without_body: false,
            look_first: false,
            before_end: false,
            continue_unsent_ends: false,
            continue_times: None,
            limit: None,
            too_large: None,
        }
    }
}

/// When a request body is read, seen from the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBody {
    /// The reply waits until the body is read.
    First,
    /// The reply is sent at once, then the body is read.
    #[default]
    After,
    /// The body is never read; the connection ends with the reply.
    Never,
}

/// When `100 Continue` is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Continue {
    /// As soon as the head is complete.
    #[default]
    AtOnce,
    /// When the body is about to be read before the reply; otherwise not at all.
    WhenRead,
    /// Before a reply that is about a file, whether the file is sent or not; otherwise not at all.
    WithFile,
    /// Not at all.
    Never,
}

/// `[writes]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawWrites {
    /// How a head in front of a file's content is written: together with the first piece of it, or in writes of its own
    /// of so many lines each (an empty list: one write; `[1, 1]`: the status line, the next line, and the rest).
    pub head_apart: Option<Vec<usize>>,
    /// The same for a head in front of a page.
    pub page_head_apart: Option<Vec<usize>>,
    /// How many bytes of a file are written at a time.
    pub piece: Size,
    /// TCP_CORK: whether a reply with a file is held until a segment is full or the request is finished, its body
    /// included. The system lets it go after 200 ms all the same. Linux alone has it.
    pub cork: bool,
    /// TCP_NODELAY: whether small writes leave at once (Nagle's algorithm off).
    pub nodelay: bool,
    /// How long the reply waits before its first byte.
    pub delay: Span,
}

impl Default for RawWrites {
    fn default() -> RawWrites {
        RawWrites {
            head_apart: None,
            page_head_apart: None,
            piece: Size(64 << 10),
            cork: false,
            nodelay: true,
            delay: Span(None),
        }
    }
}

/// `[response.NAME]`. `[response."NAME METHOD"]` holds for that method alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawResponse {
    /// The response whose keys hold where this one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<Word>,
    /// The status; without it, the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The reason phrase; without it, the registered one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Template>,
    /// The field lines, one a line. A line is left out if a placeholder in it has no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The body: a page. Its line ends are sent as they are written here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Template>,
    /// The line ends of the body are sent as CR LF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crlf: Option<bool>,
    /// How many requests it counts for in [connection] max_requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<u64>,
    /// What stands for `{title}` in the body...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Template>,
    /// ... and for `{text}`: for responses whose pages are otherwise the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Template>,
    /// The body is the file itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<bool>,
    /// The body is sent in chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunked: Option<bool>,
    /// With `chunked`: only where the connection is kept; otherwise the end of the connection is the end of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunked_if_kept: Option<bool>,
    /// What `{content_length}` is in a reply to HEAD: as to GET (`same`), the same but `nonzero`, or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_for_head: Option<LengthForHead>,
    /// No head at all: the body alone is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bare: Option<bool>,
    /// The body is sent even to HEAD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_for_head: Option<bool>,
    /// How its head is written, if otherwise than [writes] says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_apart: Option<Vec<usize>>,
    /// The connection ends after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<bool>,
    /// What is said of the connection, whatever becomes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<Claim>,
    /// The response that takes its place for a request with a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_body: Option<Word>,
    /// When the request's body is read, if otherwise than [request_body] read says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_body: Option<ReadBody>,
    /// `false`: a client that waits for `100 Continue` gets this response in its place, and the connection ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<bool>,
    /// The style of the end after it, if it ends the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
}

/// What a response says of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// [connection.says] keep.
    Keep,
    /// [connection.says] close.
    Close,
    /// Neither.
    Nothing,
    /// What would be said if this response did not end the connection.
    AsIfKept,
}

/// What `{content_length}` is in a reply to HEAD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LengthForHead {
    /// The same as in a reply to GET.
    #[default]
    Same,
    /// The same, unless it is zero: then there is none.
    Nonzero,
    /// There is none.
    None,
}
