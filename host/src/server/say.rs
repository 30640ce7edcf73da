//! Answers: text, and errors as `{"error", "fix"}`. Owns their form.
use axum::{
    body::Body,
    http::{Response, StatusCode, header::CONTENT_TYPE},
};

/// An answer of this kind.
pub(super) fn body(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(kind));
    answer
}

/// Plain text.
pub(super) fn text(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    body(status, "text/plain; charset=utf-8", text)
}

/// What went wrong, and what to do.
pub(super) fn error(status: StatusCode, error: &str, fix: &str) -> Response<Body> {
    body(status, "application/json", serde_json::json!({"error": error, "fix": fix}).to_string())
}
