//! JSON responses in a form that is safe to show on a terminal, because scripts may print them.

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
