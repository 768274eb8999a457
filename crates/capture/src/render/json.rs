//! The model as JSON; `docs/explain-json.md` describes it.

use crate::model::Capture;

/// Writes a capture as JSON, ended by a line end.
///
/// # Errors
/// What serde_json reports; no value of the model is one that it cannot write.
pub fn render(capture: &Capture) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(capture).map(|json| json + "\n")
}
