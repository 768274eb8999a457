//! Where the text of a profile comes from.

use crate::profile::error::ConfigError;
use crate::profile::{builtin, near, suggestion};
use std::borrow::Cow;

/// The text of a profile, as found by a [`Source`].
#[derive(Clone, Debug)]
pub struct SourceText {
    /// The name of the text in errors.
    pub origin: String,
    /// Identifies this text, however it was named. A chain that reaches the same text twice is a cycle.
    pub identity: String,
    /// The TOML.
    pub text: Cow<'static, str>,
    /// Its path, if it is a file. A profile that it extends may be in the same directory.
    pub path: Option<String>,
}

/// Where the texts of profiles come from.
pub trait Source {
    /// The profile `name`. `asker` is the path of the profile that extends it, if that is a file.
    ///
    /// # Errors
    /// There is no such profile, or it cannot be read.
    fn find(&self, name: &str, asker: Option<&str>) -> Result<SourceText, ConfigError>;
}

/// The profiles embedded in the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltIns;

impl Source for BuiltIns {
    fn find(&self, name: &str, _: Option<&str>) -> Result<SourceText, ConfigError> {
        if let Some(text) = builtin::text(name) {
            return Ok(SourceText {
                origin: format!("profile {name}"),
                identity: format!("profile {name}"),
                text: Cow::Borrowed(text),
                path: None,
            });
        }
        if name.is_empty() {
            return Err(ConfigError {
                origin: "profile \"\"".to_owned(),
                line: None,
                key: None,
                message: "no profile is named; expected one of ".to_owned() + &all(),
            });
        }
        let message = match near(name, builtin::names()) {
            near @ Some(_) => format!(
                "there is no profile with this name{} `labserve profiles` lists them all",
                suggestion(near)
            ),
            None => "there is no profile with this name; expected one of ".to_owned() + &all(),
        };
        Err(ConfigError {
            origin: format!("profile {name}"),
            line: None,
            key: None,
            message,
        })
    }
}

/// The names that a profile can have, for messages.
fn all() -> String {
    let names: Vec<&str> = builtin::names().collect();
    format!("{}, or the path of a .toml file", names.join(", "))
}
