//! The resolved table `[methods]`.

use crate::http1::ResponseId;

/// What each method gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Methods {
    /// The value of the Allow field.
    pub allow: String,
    pub(in crate::profile) ignore_case: bool,
    pub(in crate::profile) rules: Vec<(Vec<u8>, MethodRule)>,
    pub(in crate::profile) other: MethodRule,
}

impl Methods {
    /// What `method` gets.
    pub fn rule(&self, method: &[u8]) -> MethodRule {
        self.rules
            .iter()
            .find(|(name, _)| name == method || (self.ignore_case && name.eq_ignore_ascii_case(method)))
            .map_or(self.other, |(_, rule)| *rule)
    }
}

/// What a method gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodRule {
    /// The file that the target names.
    Serve,
    /// This response, unless `[target]` has a response to the target that takes precedence.
    Respond(ResponseId),
    /// This response, for every target.
    Always(ResponseId),
    /// This response, for every path that is neither redirected nor forbidden.
    Resolved(ResponseId),
    /// This response where a file exists, and the usual one elsewhere.
    Found(ResponseId),
}
