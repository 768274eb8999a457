//! JSON as a response, in a form that a terminal shows safely: scripts print it.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use labserve_core::http1::text::printable_json;
use serde_json::Value;

/// A JSON value as the content of a response.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Json(pub(super) Value);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        let text = printable_json(&self.0.to_string()).into_owned();
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    }
}
