//! What an answer of the Management API comes to: a value, a refusal, a wish to be left alone, or nothing usable.

use axum::body::Bytes;
use hyper::{Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::model::ApiError;
use crate::model::login::refusal;

/// An answer that was read.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome<T> {
    Value(T),
    /// The API understood and said no.
    Refused(ApiError),
    /// It wants to be left alone for a while.
    Wait,
    Unusable(String),
}

/// Reads an answer; a value that is not what was asked for is of no use.
pub(super) fn read<T: DeserializeOwned>(response: &Response<Bytes>, is_asked: impl FnOnce(&T) -> bool) -> Outcome<T> {
    let status = response.status();
    if status.is_success() {
        return match serde_json::from_slice(response.body()) {
            Ok(value) if is_asked(&value) => Outcome::Value(value),
            Ok(_) => Outcome::Unusable("the answer is about something else".to_owned()),
            Err(error) => Outcome::Unusable(error.to_string()),
        };
    }
    let error: Option<ApiError> = serde_json::from_slice(response.body()).ok();
    let error = error.filter(|error| error.status_code == status.as_u16());
    match error {
        Some(error) if is_refusal(status, &error) => Outcome::Refused(error),
        _ if status == StatusCode::TOO_MANY_REQUESTS => Outcome::Wait,
        Some(error) => Outcome::Unusable(error.to_string()),
        None => Outcome::Unusable(status.as_str().to_owned()),
    }
}

/// Whether an error is about what was asked. 401, 403 and 429 are so only in the words for a person's login: in any
/// other they are about our own token and our own rate. That passwords wait to be checked (503) is an answer too.
fn is_refusal(status: StatusCode, error: &ApiError) -> bool {
    let code = error.error_code.as_deref();
    match status {
        StatusCode::UNAUTHORIZED => false,
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => code.is_some_and(|code| refusal::ALL.contains(&code)),
        _ => status.is_client_error() || code == Some(refusal::TOO_BUSY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, body: &str) -> Outcome<u32> {
        let mut response = Response::new(Bytes::from(body.to_owned()));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        read(&response, |number| *number != 13)
    }

    #[test]
    fn a_refusal_is_told_from_a_fault_of_ours_or_of_the_api() {
        let error = |status: u16, code: &str| ApiError::new(status, Some(code), "No.");
        let of = |status: u16, code: &str| {
            outcome(status, &serde_json::to_string(&error(status, code)).expect("an error has a text"))
        };
        for (status, code) in [
            (400, "invalid_query_string"),
            (403, refusal::NOT_A_MEMBER),
            (404, "inexistent_organization"),
            (409, "conflict"),
            (429, refusal::TOO_MANY_ATTEMPTS),
            (503, refusal::TOO_BUSY),
        ] {
            assert_eq!(of(status, code), Outcome::Refused(error(status, code)));
        }
        for (status, code) in [(401, refusal::NOT_A_MEMBER), (403, "insufficient_scope"), (500, "x"), (503, "x")] {
            assert!(matches!(of(status, code), Outcome::Unusable(_)), "{status} {code}");
        }
        assert_eq!(of(429, "too_many_requests"), Outcome::Wait);
        assert_eq!(outcome(429, "slow down"), Outcome::Wait);
    }

    #[test]
    fn what_is_not_the_api_speaking_is_unusable() {
        for (status, body) in [
            (200, ""),
            (200, "13"),
            (200, "\"7\""),
            (200, "<h1>Maintenance</h1>"),
            (204, ""),
            (301, ""),
            (302, "7"),
            (404, "not found"),
            (404, r#"{"statusCode":400,"error":"Bad Request","message":"No."}"#),
            (502, "7"),
        ] {
            assert!(matches!(outcome(status, body), Outcome::Unusable(_)), "{status} {body}");
        }
        assert_eq!(outcome(200, "7"), Outcome::Value(7));
    }
}
