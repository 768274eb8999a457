//! The resolved table `[files]`.

use super::OnInput;
use crate::digest::Digest;
use crate::glob::Glob;
use crate::http1::ResponseId;
use crate::modified::MtimePolicy;
use crate::profile::raw::{DirectoryPermission, FailureNoticed, IndexFor, Precompressed};
use crate::profile::{About, Template};
use std::time::Duration;

/// How paths become files.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the keys are documented in `raw::RawFiles`")]
pub struct FilePolicy {
    pub index: Vec<String>,
    pub index_for: IndexFor,
    pub etag: Option<Template>,
    pub etag_text: Option<Template>,
    /// The digests of a file's content that its entity tag is made of.
    pub digests: Vec<(About, Digest)>,
    pub weak_within: Option<Duration>,
    pub directory: ResponseId,
    pub directory_without_index: Option<ResponseId>,
    pub index_named: OnInput<()>,
    pub no_index: ResponseId,
    pub missing: ResponseId,
    pub denied: ResponseId,
    pub unreadable: ResponseId,
    pub date_overflow: OnInput<()>,
    pub line_break: OnInput<()>,
    pub failure_noticed: FailureNoticed,
    pub directory_needs: Option<DirectoryPermission>,
    pub index_directory: OnInput<()>,
    pub dangling: ResponseId,
    pub link_loop: ResponseId,
    pub too_long: ResponseId,
    pub path_after_file: ResponseId,
    pub file_slash: OnInput<()>,
    pub missing_slash: ResponseId,
    pub special: ResponseId,
    pub dotfiles: OnInput<()>,
    pub dotfiles_at_end_only: bool,
    pub dotfiles_served: Vec<String>,
    pub deny: Vec<Glob>,
    pub deny_with: ResponseId,
    pub ignore_case: bool,
    pub precompressed: Vec<Precompressed>,
    pub skip_unopened_index: bool,
    pub untyped: OnInput<()>,
    pub mtime: MtimePolicy,
    pub directory_type: String,
}
