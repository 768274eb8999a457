//! Status codes (RFC 9110 section 15).

/// The registered reason phrase of `status`, or `"Unknown"`. A profile may set another phrase.
pub fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|code| code.canonical_reason())
        .unwrap_or("Unknown")
}

/// Whether a response with this status has no body, whatever its fields announce (RFC 9110 section 6.4.1).
pub fn is_bodiless(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}
