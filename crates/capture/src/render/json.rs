//! JSON.

use crate::model::Capture;

/// Writes a capture as JSON with a final line end. `docs/explain-json.md` describes the form.
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/report-2.pcapng.gz");
/// # let capture = labserve_capture::explain_bytes(&std::fs::read(path)?, &[])?;
/// let json = labserve_capture::render::json(&capture)?;
/// assert!(json.contains("\"format\": \"pcapng\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The errors of [`serde_json::to_string_pretty`]. The model has no value that causes one.
pub fn render(capture: &Capture) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(capture).map(|json| json + "\n")
}
