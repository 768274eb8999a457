//! Names that a profile does not serve, whether or not there is such a file: dotfiles and denied names.

use super::segments;
use crate::http1::ResponseId;
use crate::profile::{FilePolicy, OnInput};

/// Whether the policy may refuse a name of this path.
pub(super) fn may_refuse_names(path: &[u8], files: &FilePolicy) -> bool {
    // A name that begins with a dot is at the start of the path or after a slash.
    let has_dotfile = || path.starts_with(b".") || memchr::memmem::find(path, b"/.").is_some();
    !files.deny.is_empty() || matches!(files.dotfiles, OnInput::Respond(_)) && has_dotfile()
}

/// Refuses dotfiles and denied names, whether or not such a file exists.
pub(super) fn check_names(path: &[u8], ends_in_slash: bool, files: &FilePolicy) -> Result<(), ResponseId> {
    if !may_refuse_names(path, files) {
        return Ok(());
    }
    let last = segments(path).count() - 1;
    for (index, name) in segments(path).enumerate() {
        if let OnInput::Respond(id) = files.dotfiles
            && (!files.dotfiles_at_end_only || index == last && !ends_in_slash)
            && name.len() > 1
            && name.starts_with(b".")
            && !files.dotfiles_served.iter().any(|served| served.as_bytes() == name)
        {
            return Err(id);
        }
        if files.deny.is_empty() {
            continue;
        }
        let is_lower = name.iter().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
        let mut name = String::from_utf8_lossy(name);
        if files.ignore_case && !is_lower {
            name = name.to_lowercase().into();
        }
        if files.deny.iter().any(|pattern| pattern.fits(name.as_bytes())) {
            return Err(files.deny_with);
        }
    }
    Ok(())
}
