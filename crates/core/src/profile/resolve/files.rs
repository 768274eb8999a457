//! Resolves the table `[files]`.

use super::names::Names;
use super::{Mistake, mistake};
use crate::profile::FilePolicy;
use crate::profile::raw::Raw;
use crate::profile::units::Word;

/// How paths become files.
pub(super) fn file_policy(raw: &Raw, names: &Names) -> Result<FilePolicy, Mistake> {
    let files = &raw.files;
    let answer = |key: &str, word: &Word| names.answer(&["files", key], word);
    let served = |key: &str, word: &Word| names.on_input(&["files", key], word, &[("serve", ())]);
    for name in &files.index {
        if name.is_empty() || name.contains(['/', '\\', '\0']) || name == ".." {
            return Err(mistake(
                &["files", "index"],
                format!("expected the name of a file, got `{name}`"),
            ));
        }
    }
    let missing = answer("missing", &files.missing)?;
    Ok(FilePolicy {
        index: files.index.clone(),
        index_for: files.index_for,
        etag: files.etag.clone().filter(|t| !t.source().is_empty()),
        weak_within: files.weak_if_modified_within.0,
        directory: answer("directory", &files.directory)?,
        no_index: answer("no_index", &files.no_index)?,
        missing,
        denied: answer("denied", &files.denied)?,
        too_long: answer("too_long", &files.too_long)?,
        path_after_file: answer("path_after_file", &files.path_after_file)?,
        file_slash: served("file_slash", &files.file_slash)?,
        missing_slash: files
            .missing_slash
            .as_ref()
            .map_or(Ok(missing), |word| answer("missing_slash", word))?,
        special: answer("special", &files.special)?,
        dotfiles: served("dotfiles", &files.dotfiles)?,
        dotfiles_at_end_only: files.dotfiles_at_end_only,
        dotfiles_served: files.dotfiles_served.clone(),
        // With `ignore_case`, names are compared in lower case.
        deny: files
            .deny
            .iter()
            .map(|pattern| match files.ignore_case {
                true => pattern.to_lowercase(),
                false => pattern.clone(),
            })
            .collect(),
        deny_with: if files.deny.is_empty() {
            missing
        } else {
            answer("deny_with", &files.deny_with)?
        },
        ignore_case: files.ignore_case,
        precompressed: files.precompressed.clone(),
        untyped: served("untyped", &files.untyped)?,
        future_as_now: files.future_as_now,
        directory_type: files.directory_type.clone(),
    })
}
