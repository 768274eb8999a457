//! Reason phrases of RFC 9110 section 15, for responses whose profile gives none of its own.

/// The registered reason phrase of `status`, or `"Unknown"`.
pub fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|code| code.canonical_reason())
        .unwrap_or("Unknown")
}

/// Whether a response of this status never has a body, whatever its head says (RFC 9110 section 6.4.1).
pub fn is_bodiless(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}
