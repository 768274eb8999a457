//! Profiles in files, in addition to the built-in ones.

use labserve_core::profile::layers::{BuiltIns, Source, SourceText, Stack};
use labserve_core::profile::{ConfigError, Profile};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Built-in profiles by name, and files by path. A name that ends in `.toml` or contains a separator is a path. A path
/// in a file is relative to the directory of that file.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProfileFiles;

/// What is wrong with a configuration that is not text in UTF-8.
pub const NOT_UTF8: &str = "this file is not text in UTF-8, perhaps UTF-16 as Windows programs write it; save it as UTF-8 \
     (Notepad: Save as, Encoding: UTF-8; PowerShell: Set-Content -Encoding utf8)";

impl Source for ProfileFiles {
    fn find(&self, name: &str, asker: Option<&str>) -> Result<SourceText, ConfigError> {
        let is_file = name.ends_with(".toml") || name.contains(['/', '\\']);
        if !is_file {
            return BuiltIns.find(name, asker);
        }
        let path = asker
            .and_then(|asker| Path::new(asker).parent())
            .map_or_else(|| PathBuf::from(name), |dir| dir.join(name));
        let origin = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|error| ConfigError {
            origin: origin.clone(),
            line: None,
            key: None,
            message: match error.kind() {
                std::io::ErrorKind::InvalidData => NOT_UTF8.to_owned(),
                _ => format!("cannot read this profile: {error}"),
            },
        })?;
        Ok(SourceText {
            origin: origin.clone(),
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

/// The same profile, built.
///
/// # Errors
/// As [`stack`] and [`Stack::build`].
pub fn load(name: &str) -> Result<Profile, ConfigError> {
    stack(name)?.build()
}
