//! Profiles by name, by path, or as TOML text.

use crate::Error;
use labserve_core::profile::layers::{Source, SourceText, Stack};
use labserve_core::profile::{ConfigError, builtin};
use labserve_server::profile_files::{self, ProfileFiles};
use std::borrow::Cow;

/// The names of the built-in profiles.
///
/// ```
/// for name in labserve::profiles() {
///     let server = labserve::Server::builder().profile(name)?.start()?;
///     println!("{name} answers at {}", server.url("/"));
/// }
/// # Ok::<(), labserve::Error>(())
/// ```
pub fn profiles() -> impl Iterator<Item = &'static str> {
    builtin::names()
}

/// The layers of a profile that is given as a built-in name, as the path of a file, or as TOML text.
pub(crate) fn stack(profile: &str) -> Result<Stack, Error> {
    if is_text(profile) {
        Ok(Stack::load(INLINE, &Inline(profile))?)
    } else {
        Ok(profile_files::stack(profile)?)
    }
}

/// The name of a profile that is given as text.
const INLINE: &str = "inline";

/// Whether this is TOML text rather than a name or a path. TOML contains a `=`; a path that contains one ends in
/// `.toml`.
fn is_text(profile: &str) -> bool {
    profile.contains('\n') || profile.contains('=') && !profile.ends_with(".toml")
}

/// A profile that is given as text. What it extends is looked up by name or path, as usual.
struct Inline<'t>(&'t str);

impl Source for Inline<'_> {
    fn find(&self, name: &str, asker: Option<&str>) -> Result<SourceText, ConfigError> {
        if name != INLINE {
            return ProfileFiles.find(name, asker);
        }
        Ok(SourceText {
            origin: "the profile's text".to_owned(),
            identity: INLINE.to_owned(),
            text: Cow::Owned(self.0.to_owned()),
            path: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_paths_and_texts_are_told_apart() {
        for (profile, want) in [
            ("node", false),
            ("profiles/node.toml", false),
            ("lab=2/node.toml", false),
            ("extends = \"node\"", true),
            ("[timers]\nidle = \"1s\"", true),
            ("\n", true),
        ] {
            assert_eq!(is_text(profile), want, "{profile:?}");
        }
    }

    #[test]
    fn a_mistake_in_a_text_is_reported_with_its_line() {
        let error = stack("extends = \"node\"\n\n[timers]\nidel = \"1s\"\n").expect_err("a misspelt key");
        assert!(error.to_string().starts_with("the profile's text:4"), "{error}");
    }
}
