//! The steps of a decision's trace, for the event log and the timeline page.

use super::message::TraceMessage;
use crate::render::LookupKind;
use serde::{Serialize, Serializer};

/// The message for the result of a lookup.
pub(super) fn message_for(kind: LookupKind) -> TraceMessage {
    match kind {
        LookupKind::File => TraceMessage::NotServed,
        LookupKind::FileWithSlash => TraceMessage::SlashAfterFile,
        LookupKind::Directory => TraceMessage::Directory,
        LookupKind::NoIndex => TraceMessage::NoIndex,
        LookupKind::Missing => TraceMessage::Missing,
        LookupKind::Denied => TraceMessage::Denied,
        LookupKind::Unreadable => TraceMessage::Unreadable,
        LookupKind::IndexDirectory => TraceMessage::IndexDirectory,
        LookupKind::Dangling => TraceMessage::Dangling,
        LookupKind::LinkLoop => TraceMessage::LinkLoop,
        LookupKind::TooLong => TraceMessage::TooLong,
        LookupKind::PathAfterFile => TraceMessage::PathAfterFile,
        LookupKind::Special => TraceMessage::Special,
        LookupKind::Unavailable => TraceMessage::Unavailable,
    }
}

/// One step of a decision. Serializes to one object of the event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The subject: `method`, `file`, `if_none_match` and so on.
    pub step: &'static str,
    /// Whether the condition holds or the range is satisfiable. `None` for other steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<bool>,
    /// The value in the request. Each byte is one character, U+0000 to U+00FF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<String>,
    /// The file's value that it is compared with, in the same form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<String>,
    /// The message in English, with its values filled in.
    pub text: String,
    /// The message, for a page that shows it in another language.
    pub message: TraceMessage,
    /// The values for the placeholders of the message.
    #[serde(serialize_with = "as_map")]
    pub values: Vec<(&'static str, String)>,
}

fn as_map<S: Serializer>(values: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(name, value)| (name, value)))
}

impl Step {
    pub(super) fn new(
        step: &'static str,
        message: TraceMessage,
        values: impl Into<Vec<(&'static str, String)>>,
    ) -> Self {
        let values = values.into();
        Self {
            step,
            holds: None,
            theirs: None,
            ours: None,
            text: message.filled(&values),
            message,
            values,
        }
    }
}

/// Bytes from the wire as text: each byte is one character, U+0000 to U+00FF.
pub(super) fn characters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
