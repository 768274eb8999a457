//! `[files]`: how a path becomes a file.

use super::word;
use crate::profile::template::Template;
use crate::profile::units::{Span, Word};
use serde::{Deserialize, Serialize};

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
    /// A file time within this span of the request makes an entity tag weak.
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
    pub path_after_file: Word,
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

impl Default for RawFiles {
    fn default() -> RawFiles {
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
            future_as_now: false,
            directory_type: String::new(),
        }
    }
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

impl Precompressed {
    /// What a sibling's name ends in.
    pub fn ending(self) -> &'static str {
        match self {
            Precompressed::Br => ".br",
            Precompressed::Gzip => ".gz",
        }
    }

    /// The coding's name in Content-Encoding and Accept-Encoding.
    pub fn token(self) -> &'static str {
        match self {
            Precompressed::Br => "br",
            Precompressed::Gzip => "gzip",
        }
    }
}
