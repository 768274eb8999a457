//! `[padding]`: text appended to pages for some clients, and how a profile tells clients apart.

use serde::{Deserialize, Serialize};

/// `[padding]`: the value of the placeholder `{padding}` in responses to some clients.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawPadding {
    /// The text. Its line terminators are sent as written.
    pub text: String,
    /// How many times the text is repeated. Without it: once. At most 1000.
    pub times: Option<usize>,
    /// The clients that get it. Any of these must match.
    pub agents: Vec<RawAgent>,
}

/// A kind of client, by its User-Agent field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawAgent {
    /// The User-Agent field contains this text.
    pub has: String,
    /// The User-Agent field contains none of these texts.
    pub lacks: Vec<String>,
}

impl RawAgent {
    /// Whether a client with this User-Agent field is of this kind.
    pub fn fits(&self, agent: &[u8]) -> bool {
        let has = |text: &String| memchr::memmem::find(agent, text.as_bytes()).is_some();
        has(&self.has) && !self.lacks.iter().any(has)
    }
}
