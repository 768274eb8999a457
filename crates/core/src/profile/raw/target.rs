//! `[target]`: how a request target becomes a path.

use super::word;
use crate::profile::units::Word;
use serde::{Deserialize, Serialize};

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
    /// A target that does not begin with a slash, escaped or not, and is no absolute URI whose path counts: a `path` all
    /// the same, or a response.
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
    /// Two slashes or more at the beginning count as one.
    pub merge_leading_slashes: bool,
}

impl Default for RawTarget {
    fn default() -> RawTarget {
        RawTarget {
            before_method: false,
            absolute: word("path"),
            other_scheme: None,
            schemes: Vec::new(),
            bad_authority: word("literally"),
            asterisk: word("literally"),
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
    /// At the first character that no host name has; and its backslashes are slashes.
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
