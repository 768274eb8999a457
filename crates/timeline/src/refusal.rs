//! Refusals of the API: a status, a code for programs and a message for people.

use super::json::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A refusal. As JSON: `{"error": {"code": ..., "message": ...}}`, with the `key` of the setting that caused it, if any, and
/// with all `mistakes` if there are several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    key: Option<String>,
    /// The individual mistakes, if there are several.
    mistakes: Vec<Self>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            key: None,
            mistakes: Vec::new(),
        }
    }

    /// One refusal for all these mistakes; `None` if there are none. Its code and key are those of the first.
    pub(super) fn all(mut mistakes: Vec<Self>) -> Option<Self> {
        if mistakes.len() < 2 {
            return mistakes.pop();
        }
        let lines: String = mistakes
            .iter()
            .map(|mistake| format!("\n  {}", mistake.message))
            .collect();
        let first = mistakes.first()?;
        Some(Self {
            message: format!("{} mistakes{lines}", mistakes.len()),
            mistakes: mistakes.clone(),
            ..first.clone()
        })
    }

    pub(super) fn wrong_host(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "wrong_host", message)
    }

    pub(super) fn cross_site() -> Self {
        let message = "this request comes from another site; only the timeline's own page, and programs that send no \
                       Origin, are answered";
        Self::new(StatusCode::FORBIDDEN, "cross_site", message)
    }

    pub(super) fn no_token() -> Self {
        let message = "this needs the token from the start line that labserve printed in this run, not in an earlier \
                       one: open the address with ?token=, or send `Authorization: Bearer TOKEN`";
        Self::new(StatusCode::UNAUTHORIZED, "no_token", message)
    }

    pub(super) fn bad_json(why: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad_json",
            format!("the body is not as expected: {why}"),
        )
    }

    pub(super) fn bad_body(why: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_body", format!("the body {why}"))
    }

    pub(super) fn bad_query(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_query", why)
    }

    pub(super) fn not_found() -> Self {
        let message = "there is nothing at this path; docs/timeline.md lists the paths";
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn not_kept() -> Self {
        let message = "this page is no longer kept; drop the capture onto the timeline once more";
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// `why` says what is expected.
    pub(super) fn not_a_capture(why: String) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not_a_capture", why)
    }

    pub(super) fn no_server(number: &str) -> Self {
        let message = format!("there is no server {number}; GET /api/v1/servers lists them");
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn no_connection(id: impl std::fmt::Display) -> Self {
        let message = format!("there is no open connection {id}");
        Self::new(StatusCode::NOT_FOUND, "no_connection", message)
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "this path does not support that method; the Allow field lists those that it does";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let message = format!("the body is larger than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    pub(super) fn wrong_type() -> Self {
        let message = "the body must be JSON, with the Content-Type application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_type", message)
    }

    pub(super) fn unknown_profile(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_profile", message)
    }

    /// `why` says which key was probably meant.
    pub(super) fn unknown_setting(key: &str, why: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_setting", why)
        }
    }

    pub(super) fn bad_value(key: Option<&str>, message: impl Into<String>) -> Self {
        Self {
            key: key.map(str::to_owned),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_value", message)
        }
    }

    pub(super) fn not_recorded() -> Self {
        let message =
            "what happens is not recorded in this run; start labserve with --summary json, or with --ready json";
        Self::new(StatusCode::CONFLICT, "not_recorded", message)
    }

    pub(super) fn not_in_time(within: std::time::Duration) -> Self {
        let message = format!("it has not happened within {within:?}; GET /api/v1/summary says what has");
        Self::new(StatusCode::GATEWAY_TIMEOUT, "not_in_time", message)
    }

    pub(super) fn too_many_readers(limit: usize) -> Self {
        let message = format!("{limit} clients read the events already, which is the limit; close a page or a script");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_readers", message)
    }

    pub(super) fn internal() -> Self {
        let message = "a defect in labserve; see its log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl Refusal {
    fn described(&self) -> Value {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(key) = &self.key {
            error["key"] = key.as_str().into();
        }
        error
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = self.described();
        if !self.mistakes.is_empty() {
            error["mistakes"] = self.mistakes.iter().map(Self::described).collect();
        }
        let mut response = (self.status, Json(json!({"error": error}))).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
