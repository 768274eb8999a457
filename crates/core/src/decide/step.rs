//! The steps of a decision, as programs and people read them.

use super::message::TraceMessage;
use crate::render::LookupKind;
use serde::{Serialize, Serializer};

/// The sentence that says what lies at a path.
pub(super) fn message_for(kind: LookupKind) -> TraceMessage {
    match kind {
        LookupKind::File => TraceMessage::NotServed,
        LookupKind::FileWithSlash => TraceMessage::SlashAfterFile,
        LookupKind::Directory => TraceMessage::Directory,
        LookupKind::NoIndex => TraceMessage::NoIndex,
        LookupKind::Missing => TraceMessage::Missing,
        LookupKind::Denied => TraceMessage::Denied,
        LookupKind::TooLong => TraceMessage::TooLong,
        LookupKind::PathAfterFile => TraceMessage::PathAfterFile,
        LookupKind::Special => TraceMessage::Special,
        LookupKind::Unavailable => TraceMessage::Unavailable,
    }
}

/// One step of a decision, as programs and people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at: `method`, `file`, `if_none_match` and so on.
    pub step: &'static str,
    /// Of a condition or a range: whether it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<bool>,
    /// The request's value: one character for each byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<String>,
    /// The file's, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<String>,
    /// The step in words.
    pub text: String,
    /// The sentence in the catalogue, so that a page can show it in another language...
    pub said: TraceMessage,
    /// ... and the values that stand in it.
    #[serde(serialize_with = "as_map")]
    pub values: Vec<(&'static str, String)>,
}

fn as_map<S: Serializer>(values: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(name, value)| (name, value)))
}

impl Step {
    pub(super) fn new(step: &'static str, said: TraceMessage, values: impl Into<Vec<(&'static str, String)>>) -> Step {
        let values = values.into();
        Step {
            step,
            holds: None,
            theirs: None,
            ours: None,
            text: said.filled(&values),
            said,
            values,
        }
    }
}

/// Bytes of the wire, one character for each.
pub(super) fn characters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
