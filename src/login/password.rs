//! The password form: identifier and password of a database connection (design §4).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::entrance::{self, Entrance, Found};
use super::error::LoginError;
use super::{Login, Visit, audience, authorize, draw, form, new_password, options, session};
use crate::management_client::ManagementError;
use crate::model::login::{Proof, refusal};
use crate::model::{ApiError, Timestamp};
use crate::web::text::Text;

/// `POST /login/password?(the authorize request)`.
pub(super) async fn post(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    sign_in(&login, &visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn sign_in(login: &Login, visit: &Visit, body: &[u8]) -> Result<Response, LoginError> {
    let (now, text) = (Timestamp::now(), visit.text());
    let [username, password] = form::read(body, ["username", "password"])?;
    let Found::Entrance(entrance) = entrance::find(login, Some(visit.address), &visit.query).await? else {
        return Err(LoginError::BrokenForm);
    };
    let options = options::of(login, &entrance).await?;
    let asked = entrance.authorization.connection.as_deref();
    let connection = options::database(&options, asked).ok_or_else(|| entrance.not_enabled())?;
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
    let (session, cookie) = session::begin(login, visit, &admission, &connection, now).await?;
    let mut response = authorize::proceed(login, visit, &entrance, &session, &admission, now).await?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
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
        Some(refusal::TOO_MANY_ATTEMPTS) => Ok(wait(text, refusal, &again)),
        Some(refusal::TOO_BUSY) => {
            let page = again(StatusCode::SERVICE_UNAVAILABLE, text.get("passwords-busy"));
            Ok(new_password::with_retry_after(page, refusal))
        }
        _ => Err(LoginError::refused(entrance, error)),
    }
}

fn wait(text: Text, refusal: &ApiError, again: &impl Fn(StatusCode, &str) -> Response) -> Response {
    let seconds = refusal.retry_after.unwrap_or(60);
    let span = match seconds {
        0..=90 => text.count("wait-seconds", "seconds", seconds),
        _ => text.count("wait-minutes", "minutes", seconds.div_ceil(60)),
    };
    let message = text.with("too-many-failures", &[("span", &span)]);
    let mut response = again(StatusCode::TOO_MANY_REQUESTS, &message).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
