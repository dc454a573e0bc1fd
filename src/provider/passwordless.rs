//! `POST /passwordless/start`: an application has a code sent to an address, of an `email` connection that it may use
//! without an organization.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Provider;
use crate::management_client::ManagementError;
use crate::model::Strategy;
use crate::model::login::{ChallengePurpose, ChallengeRequest, refusal};
use crate::web::client_address::ClientAddress;
use crate::web::text::Reader;

/// As Auth0's SDKs send it.
#[derive(Deserialize)]
struct Start {
    client_id: String,
    connection: String,
    email: String,
    /// Only codes are sent, no links.
    #[serde(default)]
    send: Option<String>,
    /// Parameters of the login to come; nothing here depends on them.
    #[serde(default, rename = "authParams")]
    _auth_params: Option<Map<String, Value>>,
    /// Of a confidential application. Whoever may open its login page may have a code sent, so it proves nothing here.
    #[serde(default, rename = "client_secret")]
    _client_secret: Option<String>,
}

/// The answer's `_id` is the challenge that the code page takes.
pub(super) async fn start(
    State(provider): State<Arc<Provider>>,
    ClientAddress(address): ClientAddress,
    reader: Reader,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(start) = read(&headers, &body) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "bad.request",
            "the body must be a JSON object with client_id, connection and email",
        );
    };
    if start.send.as_deref().is_some_and(|send| send != "code") {
        return refused(StatusCode::BAD_REQUEST, "bad.send", "only send = code is supported");
    }
    let application = match provider.client.application_for(address, &start.client_id).await {
        Ok(Some(application)) => application,
        Ok(None) => return refused(StatusCode::BAD_REQUEST, "bad.client_id", "Unknown client"),
        Err(error) => return unanswered(&error, &reader),
    };
    let options = match provider.client.application_options(&application.client_id).await {
        Ok(options) => options,
        Err(error) => return unanswered(&error, &reader),
    };
    let named = options.iter().map(|option| &option.connection);
    let mut named = named.filter(|it| it.strategy == Strategy::Email && it.name == start.connection);
    let Some(connection) = named.next() else {
        return refused(StatusCode::BAD_REQUEST, "bad.connection", "Connection does not exist");
    };
    let request = ChallengeRequest {
        purpose: ChallengePurpose::SignIn,
        email: start.email,
        organization_id: None,
        client_id: application.client_id.clone(),
        connection_id: Some(connection.id.to_string()),
        client_address: Some(address.to_string()),
        locale: Some(reader.text.locale()),
    };
    match provider.client.begin_challenge(&request).await {
        Ok(challenge) => {
            let answer =
                json!({"_id": challenge.id, "email": request.email.trim().to_lowercase(), "email_verified": false});
            ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
        }
        Err(error) => unanswered(&error, &reader),
    }
}

fn read(headers: &HeaderMap, body: &[u8]) -> Option<Start> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let is_json = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if is_json { serde_json::from_slice(body).ok() } else { None }
}

fn refused(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({"error": error, "error_description": description}))).into_response()
}

fn unanswered(error: &ManagementError, reader: &Reader) -> Response {
    let (mut response, seconds) = match error {
        ManagementError::Refused(refusal) if refusal.status_code == 400 => {
            return refused(StatusCode::BAD_REQUEST, "bad.email", "error in email - email format validation failed");
        }
        ManagementError::Refused(refusal) if refusal.error_code.as_deref() == Some(refusal::TOO_MANY_ATTEMPTS) => {
            let text = "You've reached the maximum number of attempts. Please try again later.";
            (refused(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", text), refusal.retry_after.unwrap_or(60))
        }
        ManagementError::TooManyUnknown { seconds } => {
            (refused(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many unknown clients"), *seconds)
        }
        ManagementError::Refused(_) | ManagementError::Unreachable(_) => {
            let wait = error.left_alone();
            if wait.is_none() {
                tracing::error!(%error, request_id = reader.request_id, "no code could be sent");
            }
            let text = "No code can be sent right now.";
            (refused(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", text), wait.unwrap_or(10))
        }
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
