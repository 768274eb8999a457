//! The resolved tables `[multipart]`, `[padding]` and `[request_body]`.

use crate::http1::{Fault, ResponseId};
use crate::profile::Template;
use crate::profile::raw::{BrokenBody, Continue, RawAgent, ReadBody};

/// The layout of `multipart/byteranges` bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the keys are documented in `raw::RawMultipart`")]
pub struct Multipart {
    pub content_type: Template,
    pub boundary: Template,
    /// One template for each line, because a line is left out if a placeholder in it has no value.
    pub part: Vec<Template>,
    /// The same for the first part.
    pub first_part: Vec<Template>,
    pub end: Template,
    pub parts_before_chunks: Option<usize>,
}

/// Text appended to pages for some clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padding {
    /// The text, repeated as often as the profile says.
    pub text: String,
    pub(in crate::profile) agents: Vec<RawAgent>,
}

impl Padding {
    /// Whether a client with this User-Agent field gets it.
    pub fn is_for(&self, agent: &[u8]) -> bool {
        self.agents.iter().any(|kind| kind.fits(agent))
    }
}

/// How request bodies are read, and when `100 Continue` is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the keys are documented in `raw::RawRequestBody`")]
pub struct RequestBodyPolicy {
    pub both_ends: bool,
    pub read: ReadBody,
    pub send_continue: Continue,
    pub continue_times: u8,
    pub continue_without_body: bool,
    pub continue_before_faults: Vec<Fault>,
    pub look_first: bool,
    pub before_end: bool,
    pub broken: BrokenBody,
    pub continue_unsent_ends: bool,
    pub continue_times_old: u8,
    pub continue_times_padded: u8,
    pub limit: Option<(u64, ResponseId)>,
}
