//! Profiles in files, in addition to the built-in ones.

use crate::text_file;
use labserve_core::profile::layers::{BuiltIns, Source, SourceText, Stack};
use labserve_core::profile::{ConfigError, Profile};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Built-in profiles by name, and files by path. A name that ends in `.toml` or contains a separator is a path. A path
/// in a file is relative to the directory of that file.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProfileFiles;

impl Source for ProfileFiles {
    fn find(&self, name: &str, asker: Option<&str>) -> Result<SourceText, ConfigError> {
        let is_file = name.ends_with(".toml") || name.contains(['/', '\\']);
        if !is_file {
            return BuiltIns.find(name, asker);
        }
        let path = asker.and_then(|asker| Path::new(asker).parent()).map_or_else(
            || PathBuf::from(name),
            |dir| dir.join(name.strip_prefix("./").unwrap_or(name)),
        );
        let text = text_file::read(&path, "profile")?;
        let origin = path.display().to_string();
        // The same file may be named in several ways, `./a.toml` and `../here/a.toml`.
        let real = path.canonicalize().unwrap_or(path);
        Ok(SourceText {
            origin: origin.clone(),
            identity: real.display().to_string(),
            text: Cow::Owned(text),
            path: Some(origin),
        })
    }
}

/// The profile `name`, a built-in name or the path of a file, with what it extends.
///
/// # Errors
/// There is no such profile (the message suggests a similar name), a file cannot be read, or it has a
/// mistake.
pub fn stack(name: &str) -> Result<Stack, ConfigError> {
    Stack::load(name, &ProfileFiles)
}

/// The same profile, resolved.
///
/// # Errors
/// The same as those of [`stack`] and [`Stack::build`].
pub fn load(name: &str) -> Result<Profile, ConfigError> {
    stack(name)?.build()
}
