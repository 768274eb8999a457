//! The query of a request.

use super::refusal::Refusal;
use axum::extract::Query;
use axum::http::Uri;
use std::collections::BTreeMap;

/// The query parameters of a request.
///
/// # Errors
/// They are not form-encoded.
pub(super) fn query(uri: &Uri) -> Result<BTreeMap<String, String>, Refusal> {
    Query::try_from_uri(uri)
        .map(|Query(query)| query)
        .map_err(|error| Refusal::bad_query(error.body_text()))
}
