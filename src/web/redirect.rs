//! Redirects, with the status that says what the browser may do with the request's body.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// 302, after a GET.
pub fn found(url: &str) -> Response {
    to(StatusCode::FOUND, url)
}

/// 303: whatever the request was, the next is a GET without its body, so no credential is sent on (RFC 9700 §4.12).
pub fn see_other(url: &str) -> Response {
    to(StatusCode::SEE_OTHER, url)
}

/// 303 to `path` with a posted form as its query: how a request from another site, which comes without our cookies,
/// comes again with them (design §5.10). A form over `max_bytes`, which no address could carry, is answered 413.
pub fn form_as_query(path: &str, form: &[u8], max_bytes: usize) -> Response {
    match std::str::from_utf8(form) {
        Ok(_) if form.len() > max_bytes => super::body::too_large(),
        Ok(form) => see_other(&format!("{path}?{form}")),
        Err(_) => (StatusCode::BAD_REQUEST, "The form could not be read.\n").into_response(),
    }
}

fn to(status: StatusCode, url: &str) -> Response {
    match HeaderValue::try_from(url) {
        Ok(location) => (status, [(header::LOCATION, location)]).into_response(),
        // An address with control characters is nobody's.
        Err(_) => (StatusCode::BAD_REQUEST, "The address to go on to is not valid.").into_response(),
    }
}
