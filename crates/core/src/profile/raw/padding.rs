//! `[padding]`: what some clients get behind a page; and how a profile tells clients apart.

use serde::{Deserialize, Serialize};

/// `[padding]`: text that the placeholder `{padding}` stands for in replies to some clients.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawPadding {
    /// The text; its line ends are sent as they are written here.
    pub text: String,
    /// How often it stands there.
    pub times: Option<usize>,
    /// Whom it is for: clients that any of these describes.
    pub agents: Vec<RawAgent>,
}

/// A kind of client, by its User-Agent field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawAgent {
    /// The field has this in it...
    pub has: String,
    /// ... and none of these.
    pub lacks: Vec<String>,
}

impl RawAgent {
    /// Whether a client with this User-Agent field is of the kind.
    pub fn fits(&self, agent: &[u8]) -> bool {
        let has = |text: &String| memchr::memmem::find(agent, text.as_bytes()).is_some();
        has(&self.has) && !self.lacks.iter().any(has)
    }
}
