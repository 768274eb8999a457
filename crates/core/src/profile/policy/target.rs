//! The resolved table `[target]`.

use super::OnInput;
use crate::http1::ResponseId;
use crate::http1::host::HostSyntax;
use crate::profile::raw::{AuthorityReader, EndSlash, TargetReader};

/// How targets become paths.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the keys are documented in `raw::RawTarget`")]
pub struct TargetPolicy {
    pub absolute: OnInput<AbsoluteTarget>,
    /// The accepted schemes, and the response to any other; `None` if all schemes are accepted.
    pub schemes: Option<(Vec<String>, ResponseId)>,
    /// The syntax that an authority must have, and the response if it does not; `None` if any authority is accepted.
    pub bad_authority: Option<(HostSyntax, ResponseId)>,
    pub asterisk: OnInput<()>,
    pub own_name: String,
    pub authority: AuthorityReader,
    pub reader: TargetReader,
    pub invalid: ResponseId,
    pub no_path: OnInput<()>,
    pub no_slash: OnInput<()>,
    pub fragment: OnInput<Fragment>,
    pub latin1: bool,
    pub bad_percent: OnInput<()>,
    pub encoded_slash: OnInput<()>,
    pub backslash: OnInput<Backslash>,
    pub bad_utf8: OnInput<BadUtf8>,
    pub line_feed: OnInput<()>,
    pub line_feed_first: OnInput<()>,
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
    pub end_slash: EndSlash,
    pub merge_leading_slashes: bool,
    pub two_slashes_are_root: bool,
    pub rootless: bool,
    pub opaque: bool,
    pub punycode: bool,
    pub before_method: bool,
}

/// A maximum, and the response to anything above it; `None` for no limit.
pub type Limit = Option<(usize, ResponseId)>;

/// How an absolute URI is read as a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsoluteTarget {
    /// Its path is the path.
    Path,
    /// The whole URI is the path.
    Literal,
}

/// How a path that is not UTF-8 is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadUtf8 {
    /// As its bytes.
    Literal,
    /// With each byte that is not part of a character percent-encoded.
    Escaped,
}

/// What a `#` in a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// The end of the path.
    Ends,
    /// An ordinary character.
    Literal,
}

/// What a `\` in a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backslash {
    /// An ordinary character.
    Literal,
    /// A slash.
    Slash,
}
