//! `[files]`: how a path becomes a file.

use super::word;
use crate::modified::{Before1970, ComparedTime, MtimeRounding};
use crate::profile::template::Template;
use crate::profile::units::{Span, TextOrOff, Word};
use serde::{Deserialize, Serialize};

/// `[files]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawFiles {
    /// Names of index files, tried in this order for a path that ends in a slash.
    pub index: Vec<String>,
    /// For which paths index files are tried.
    /// Example: `GET /sub/ HTTP/1.1`: `directories` 200; `slash` 404; `slashes` 404.
    /// Example: `GET // HTTP/1.1`: `directories` 200; `slash` 404; `slashes` 200.
    /// Example: `GET / HTTP/1.1`: `directories` 200; `slash` 200; `slashes` 200.
    pub index_for: IndexFor,
    /// The entity tag, or `"off"`. If it is made of a digest of the content, each worker thread reads a version of a file
    /// once, before its first response about it.
    pub etag: Option<Template>,
    /// The text of the placeholder `{etag_text}` in `etag`, for a tag that is a digest of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag_text: Option<Template>,
    /// An entity tag is weak if the file was modified within this time before the request, or after it.
    pub weak_if_modified_within: Span,
    /// The response for a directory whose path lacks the final slash.
    pub directory: Word,
    /// The response for a directory whose path lacks the final slash, if it has no index file either. Without it:
    /// `directory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_without_index: Option<Word>,
    /// A path that ends in the name of an index file, such as `/index.html`: `serve` the file, or a response, whether or
    /// not it exists.
    pub index_named: Word,
    /// The response for a directory without an index file.
    pub no_index: Word,
    /// The response if there is no such file.
    pub missing: Word,
    /// The response for a path below a directory that the server has no permission to search.
    pub denied: Word,
    /// The response for a file that the server has no permission to read. Without it: `denied`.
    pub unreadable: Option<Word>,
    /// A file whose name contains CR or LF, which no field can contain: `serve` it, or a response.
    pub line_break: Word,
    /// A date in If-Modified-Since or If-Range with a number of 2^31 or more, in the syntax `mail`: `ignore` it, or a
    /// response.
    pub date_overflow: Word,
    /// When the server notices that it may not read a file, or cannot name it.
    pub failure_noticed: FailureNoticed,
    /// The permission that the server needs for a directory whose path lacks the final slash. Without it, the response
    /// is that of `denied`. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_needs: Option<DirectoryPermission>,
    /// Whether an index file that cannot be opened is skipped: the server may not read it, or its link leads nowhere or in a
    /// circle.
    pub skip_unopened_index: bool,
    /// A directory under the name of an index file: `skip` it, or a response.
    pub index_directory: Word,
    /// The response for a symbolic link that leads nowhere. Without it: `missing`.
    pub dangling: Option<Word>,
    /// The response for symbolic links that lead to each other. Without it: `missing`.
    pub link_loop: Option<Word>,
    /// The response for a name that is too long for the file system.
    pub too_long: Word,
    /// The response for a path that continues after a file's name, such as `/a.txt/b`.
    pub path_after_file: Word,
    /// A slash after a file's name, such as `/a.txt/`: `serve` the file, or a response.
    pub file_slash: Word,
    /// The response for a path with a final slash if nothing exists there. Without it: `missing`.
    pub missing_slash: Option<Word>,
    /// The response for anything that is neither a file nor a directory, such as a socket or a FIFO.
    pub special: Word,
    /// A path with a name that begins with a dot: `serve` the file, or a response.
    pub dotfiles: Word,
    /// Whether `dotfiles` applies only to the last name of a path, and only if no slash follows it.
    pub dotfiles_at_end_only: bool,
    /// Names to serve although they begin with a dot.
    pub dotfiles_served: Vec<String>,
    /// Names that are never served. `*` matches any characters.
    pub deny: Vec<String>,
    /// The response for the names in `deny`.
    pub deny_with: Word,
    /// Whether names are also looked up without regard to case if there is no exact match.
    pub ignore_case: bool,
    /// Content codings whose precompressed files (`a.css.br`, `a.css.gz`) are sent to clients that accept the coding.
    pub precompressed: Vec<Precompressed>,
    /// A file without a media type (see [types] default): `serve` it, or a response.
    pub untyped: Word,
    /// How the fraction of a modification time is rounded for Last-Modified.
    /// Example: `modified 0.1`: `down` 200 with `Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT`; `up` 200 with
    /// `Last-Modified: Thu, 01 Jan 1970 00:00:01 GMT`; `milliseconds` 200 with `Last-Modified: Thu, 01 Jan 1970 00:00:00
    /// GMT`; `microseconds` 200 with `Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT`.
    /// Example: `modified 0.9995`: `down` 200 with `Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT`; `up` 200 with
    /// `Last-Modified: Thu, 01 Jan 1970 00:00:01 GMT`; `milliseconds` 200 with `Last-Modified: Thu, 01 Jan 1970 00:00:01
    /// GMT`; `microseconds` 200 with `Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT`.
    /// Example: `modified 0.9999995`: `down` 200 with `Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT`; `up` 200 with
    /// `Last-Modified: Thu, 01 Jan 1970 00:00:01 GMT`; `milliseconds` 200 with `Last-Modified: Thu, 01 Jan 1970 00:00:01
    /// GMT`; `microseconds` 200 with `Last-Modified: Thu, 01 Jan 1970 00:00:01 GMT`.
    pub mtime_rounding: MtimeRounding,
    /// Last-Modified of a file that was modified before 1970.
    /// Example: `modified -86400`: `sent` 200 with `Last-Modified: Wed, 31 Dec 1969 00:00:00 GMT`; `epoch` 200 with
    /// `Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT`; `epoch-or-unknown` 200 with `Last-Modified: Thu, 01 Jan 1970
    /// 00:00:00 GMT`.
    /// Example: `modified -0.5`: `sent` 200 with `Last-Modified: Wed, 31 Dec 1969 23:59:59 GMT`; `epoch` 200 with
    /// `Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT`; `epoch-or-unknown` 200.
    pub before_1970: Before1970,
    /// Whether a modification time in the first two seconds of 1970 counts as unknown, as that of a file from an archive
    /// without times. Then there is no Last-Modified and no entity tag, and no date matches.
    pub epoch_is_unknown: bool,
    /// Whether Last-Modified is the current time for a file whose modification time is in the future (RFC 9110 section
    /// 8.8.2.1).
    pub future_as_now: bool,
    /// The time that the dates of If-Modified-Since, If-Unmodified-Since and If-Range are compared with.
    /// Example: `with files.mtime_rounding = "up" + modified 0.5 + If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT`:
    /// `last-modified` 200; `last-modified-or-now` 200; `down` 304; `toward-zero` 304.
    /// Example: `modified 0 + If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT`: `last-modified` 304;
    /// `last-modified-or-now` 200; `down` 304; `toward-zero` 304.
    /// Example: `modified -0.5 + If-Unmodified-Since: Wed, 31 Dec 1969 23:59:59 GMT`: `last-modified` 200;
    /// `last-modified-or-now` 412; `down` 200; `toward-zero` 412.
    pub compared_mtime: ComparedTime,
    /// The value of `{content_type}` in a response about a directory.
    pub directory_type: TextOrOff,
}

impl Default for RawFiles {
    fn default() -> Self {
        Self {
            index: vec!["index.html".to_owned()],
            index_for: IndexFor::Directories,
            etag: None,
            etag_text: None,
            weak_if_modified_within: Span(None),
            directory: word("301"),
            directory_without_index: None,
            index_named: word("serve"),
            no_index: word("404"),
            missing: word("404"),
            denied: word("403"),
            unreadable: None,
            date_overflow: word("ignore"),
            line_break: word("serve"),
            failure_noticed: FailureNoticed::Open,
            directory_needs: None,
            skip_unopened_index: false,
            index_directory: word("skip"),
            dangling: None,
            link_loop: None,
            too_long: word("404"),
            path_after_file: word("404"),
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
            mtime_rounding: MtimeRounding::Down,
            before_1970: Before1970::Sent,
            epoch_is_unknown: false,
            future_as_now: false,
            compared_mtime: ComparedTime::LastModified,
            directory_type: TextOrOff(None),
        }
    }
}

/// For which paths index files are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum IndexFor {
    /// Every directory.
    #[default]
    Directories,
    /// Only the target `/`.
    Slash,
    /// Only a target that consists of slashes after decoding.
    Slashes,
}

/// When a server notices that it may not read a file, or cannot name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FailureNoticed {
    /// Before anything else: it opens the file first.
    #[default]
    Open,
    /// After preconditions: a 304 or 412 needs no content.
    Conditions,
    /// When content is to be sent: neither a 304 nor a response to HEAD needs it.
    Content,
}

/// A permission for a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryPermission {
    /// To list its names.
    Read,
    /// To look names up in it.
    Search,
}

/// A content coding that has precompressed files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Precompressed {
    /// Brotli, `.br`.
    Br,
    /// Gzip, `.gz`.
    Gzip,
}

impl Precompressed {
    /// The suffix of a precompressed file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Br => ".br",
            Self::Gzip => ".gz",
        }
    }

    /// The name of the coding in Content-Encoding and Accept-Encoding.
    pub fn token(self) -> &'static str {
        match self {
            Self::Br => "br",
            Self::Gzip => "gzip",
        }
    }
}
