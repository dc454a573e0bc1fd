//! What is said to somebody who must wait, and for how long.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::model::ApiError;
use crate::web::text::Text;

/// The message of this key, which tells a `span` of time.
pub(super) fn message(text: Text, key: &'static str, refused: &ApiError) -> String {
    let seconds = refused.retry_after.unwrap_or(60);
    let span = match seconds {
        0..=90 => text.count("wait-seconds", "seconds", seconds),
        _ => text.count("wait-minutes", "minutes", seconds.div_ceil(60)),
    };
    text.with(key, &[("span", &span)])
}

/// The form again, with that message.
pub(super) fn page(
    text: Text,
    key: &'static str,
    refused: &ApiError,
    again: impl FnOnce(StatusCode, &str) -> Response,
) -> Response {
    with_retry_after(again(StatusCode::TOO_MANY_REQUESTS, &message(text, key, refused)), refused)
}

/// The page with `Retry-After`, where the refusal has one.
pub(super) fn with_retry_after(page: impl IntoResponse, refused: &ApiError) -> Response {
    let mut response = page.into_response();
    if let Some(seconds) = refused.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
