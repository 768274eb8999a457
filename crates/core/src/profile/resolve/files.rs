//! Resolves the table `[files]`.

use super::digests::digests;
use super::names::Names;
use super::{Mistake, mistake};
use crate::glob::Glob;
use crate::modified::MtimePolicy;
use crate::profile::FilePolicy;
use crate::profile::raw::Raw;
use crate::profile::units::{OFF, Word};

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
    let denied = answer("denied", &files.denied)?;
    let or = |default, key: &str, word: &Option<Word>| word.as_ref().map_or(Ok(default), |word| answer(key, word));
    Ok(FilePolicy {
        index: files.index.clone(),
        index_for: files.index_for,
        etag: files.etag.clone().filter(|t| t.source() != OFF),
        etag_text: files.etag_text.clone(),
        digests: digests(files)?,
        weak_within: files.weak_if_modified_within.0,
        directory: answer("directory", &files.directory)?,
        directory_without_index: match &files.directory_without_index {
            Some(word) => Some(answer("directory_without_index", word)?),
            None => None,
        },
        index_named: served("index_named", &files.index_named)?,
        no_index: answer("no_index", &files.no_index)?,
        missing,
        denied,
        unreadable: or(denied, "unreadable", &files.unreadable)?,
        line_break: served("line_break", &files.line_break)?,
        date_overflow: names.on_input(&["files", "date_overflow"], &files.date_overflow, &[("ignore", ())])?,
        failure_noticed: files.failure_noticed,
        directory_needs: files.directory_needs,
        index_directory: names.on_input(&["files", "index_directory"], &files.index_directory, &[("skip", ())])?,
        dangling: or(missing, "dangling", &files.dangling)?,
        link_loop: or(missing, "link_loop", &files.link_loop)?,
        too_long: answer("too_long", &files.too_long)?,
        path_after_file: answer("path_after_file", &files.path_after_file)?,
        file_slash: served("file_slash", &files.file_slash)?,
        missing_slash: or(missing, "missing_slash", &files.missing_slash)?,
        special: answer("special", &files.special)?,
        dotfiles: served("dotfiles", &files.dotfiles)?,
        dotfiles_at_end_only: files.dotfiles_at_end_only,
        dotfiles_served: files.dotfiles_served.clone(),
        // With `ignore_case`, names are compared in lower case.
        deny: files
            .deny
            .iter()
            .map(|pattern| match files.ignore_case {
                true => Glob::text(&pattern.to_lowercase()),
                false => Glob::text(pattern),
            })
            .collect(),
        deny_with: if files.deny.is_empty() {
            missing
        } else {
            answer("deny_with", &files.deny_with)?
        },
        ignore_case: files.ignore_case,
        precompressed: files.precompressed.clone(),
        skip_unopened_index: files.skip_unopened_index,
        untyped: served("untyped", &files.untyped)?,
        mtime: MtimePolicy {
            rounding: files.mtime_rounding,
            before_1970: files.before_1970,
            epoch_is_unknown: files.epoch_is_unknown,
            future_as_now: files.future_as_now,
            compared: files.compared_mtime,
        },
        directory_type: files.directory_type.text().to_owned(),
    })
}
