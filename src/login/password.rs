//! The password form: identifier and password of a database connection (design §4).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::entrance::Entrance;
use super::error::LoginError;
use super::{Login, Visit, audience, draw, form, options, session, wait};
use crate::management_client::ManagementError;
use crate::model::Timestamp;
use crate::model::login::{Proof, refusal};
use crate::web::text::{Text, text_key};

/// `POST /login/password?(the authorize request)`.
pub(super) async fn post(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    sign_in(&login, &visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn sign_in(login: &Login, visit: &Visit, body: &[u8]) -> Result<Response, LoginError> {
    let text = visit.text();
    let [username, password] = form::read(body, ["username", "password"])?;
    let (entrance, options, connection) = options::get(login, visit, options::database).await?;
    let again = |status, message: &str| {
        draw::page_again(login, visit, &entrance, &options, draw::Attempt { status, message, identifier: &username })
    };
    if username.trim().is_empty() || password.is_empty() {
        return Ok(again(StatusCode::BAD_REQUEST, text.get("enter-credentials")));
    }
    // Refused before a session is made for nothing.
    audience::scopes(login, &entrance).await?;
    let proof = Proof::Password { identifier: username.trim().to_owned(), password };
    let record = entrance.record(visit, &connection.id, proof);
    let admission = match login.client.record_login(&record).await {
        Ok(admission) => admission,
        Err(error) => return refused(text, &entrance, error, again),
    };
    session::enter(login, visit, &entrance, &connection, &admission, Timestamp::now()).await
}

/// What the person can mend is said on the form; the rest goes where every refusal goes.
fn refused(
    text: Text,
    entrance: &Entrance,
    error: ManagementError,
    again: impl Fn(StatusCode, &str) -> Response,
) -> Result<Response, LoginError> {
    let ManagementError::Refused(refusal) = &error else { return Err(LoginError::refused(entrance, error)) };
    match refusal.error_code.as_deref() {
        Some(refusal::WRONG_CREDENTIALS) => Ok(again(StatusCode::BAD_REQUEST, text.get("wrong-credentials"))),
        Some(refusal::TOO_MANY_ATTEMPTS) => Ok(wait::page(text, text_key("too-many-failures"), refusal, again)),
        Some(refusal::TOO_BUSY) => {
            let page = again(StatusCode::SERVICE_UNAVAILABLE, text.get("passwords-busy"));
            Ok(wait::with_retry_after(page, refusal))
        }
        _ => Err(LoginError::refused(entrance, error)),
    }
}
