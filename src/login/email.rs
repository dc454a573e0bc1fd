//! Signing in by a code sent by e-mail: the page that asks for the address, and the one that asks for the code.
//!
//! Both are pure functions of their requests: the address and the challenge are two more parameters of the authorize
//! request, so back, forward and a second tab just work.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::email_page::{AddressPage, CodePage};
use super::entrance::Entrance;
use super::error::LoginError;
use super::frame::Frame;
use super::{Login, Visit, audience, code, form, options, session, wait};
use crate::management_client::{LoginOption, ManagementError};
use crate::model::login::{ChallengePurpose, ChallengeRequest, Proof, refusal};
use crate::model::user::LONGEST_EMAIL;
use crate::model::{ApiError, ShownConnection, Timestamp};
use crate::web::redirect;
use crate::web::text::text_key;

/// The parameters that these steps add. The address is no `login_hint`: that one may point at an organization.
const ADDRESS: &str = "email";
const CHALLENGE: &str = "challenge";

/// The first page: it asks for the address.
pub(super) fn page(visit: &Visit, entrance: &Entrance) -> Response {
    let hint = entrance.login_hint().to_owned();
    ask_address(visit, entrance, hint, None)
}

/// `POST /login/email?(the authorize request)`: has a code sent to the address.
pub(super) async fn post(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    send_code(&login, &visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

/// `GET /login/email/code?(the authorize request)&email&challenge`.
pub(super) async fn code_page(State(login): State<Arc<Login>>, visit: Visit) -> Response {
    ask_code_of(&login, &visit).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

/// `POST /login/email/code?(the same)`.
pub(super) async fn post_code(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    sign_in(&login, &visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn send_code(login: &Login, visit: &Visit, body: &[u8]) -> Result<Response, LoginError> {
    let text = visit.text();
    let [typed] = form::read(body, [ADDRESS])?;
    let (entrance, connection) = find(login, visit).await?;
    let address = typed.trim();
    let again = |status, message: &str| {
        let mut response = ask_address(visit, &entrance, address.to_owned(), Some(message));
        *response.status_mut() = status;
        response
    };
    if !is_address(address) {
        return Ok(again(StatusCode::BAD_REQUEST, text.get("enter-email")));
    }
    let request = ChallengeRequest {
        purpose: ChallengePurpose::SignIn,
        email: address.to_owned(),
        organization_id: entrance.organization_id(),
        client_id: entrance.application.client_id.clone(),
        connection_id: Some(connection.id.to_string()),
        client_address: Some(visit.address.to_string()),
        locale: Some(text.locale()),
    };
    let challenge = match login.client.begin_challenge(&request).await {
        Ok(challenge) => challenge,
        Err(ManagementError::Refused(refusal)) if refusal.status_code == 400 => {
            return Ok(again(StatusCode::BAD_REQUEST, text.get("enter-email")));
        }
        Err(ManagementError::Refused(refusal)) if is_too_many(&refusal) => {
            return Ok(wait::page(text, text_key("too-many-codes"), &refusal, again));
        }
        Err(error) => return Err(error.into()),
    };
    let request = entrance.authorization.request().with(ADDRESS, address).with(CHALLENGE, &challenge.id);
    Ok(redirect::see_other(&format!("/login/email/code?{}", request.to_query())))
}

async fn ask_code_of(login: &Login, visit: &Visit) -> Result<Response, LoginError> {
    let (entrance, _) = find(login, visit).await?;
    Ok(match asked(&entrance) {
        Some((address, _)) => ask_code(visit, &entrance, address, None),
        None => to_first_page(&entrance),
    })
}

async fn sign_in(login: &Login, visit: &Visit, body: &[u8]) -> Result<Response, LoginError> {
    let text = visit.text();
    let [typed] = form::read(body, ["code"])?;
    let (entrance, connection) = find(login, visit).await?;
    let Some((address, challenge)) = asked(&entrance) else { return Ok(to_first_page(&entrance)) };
    let again = |status, message: &str| {
        let mut response = ask_code(visit, &entrance, address, Some(message));
        *response.status_mut() = status;
        response
    };
    let Some(code) = code::read(&typed) else {
        return Ok(again(StatusCode::BAD_REQUEST, text.get("enter-code")));
    };
    // Refused before a session is made for nothing.
    audience::scopes(login, &entrance).await?;
    let proof = Proof::EmailCode { challenge: challenge.to_owned(), code };
    let admission = match login.client.record_login(&entrance.record(visit, &connection.id, proof)).await {
        Ok(admission) => admission,
        Err(ManagementError::Refused(refusal)) if is_wrong(&refusal) => {
            return Ok(again(StatusCode::BAD_REQUEST, text.get("wrong-code")));
        }
        Err(ManagementError::Refused(refusal)) if is_too_many(&refusal) => {
            return Ok(wait::page(text, text_key("too-many-failures"), &refusal, again));
        }
        Err(error) => return Err(LoginError::refused(&entrance, error)),
    };
    session::enter(login, visit, &entrance, &connection, &admission, Timestamp::now()).await
}

/// The entrance and its `email` connection, which every step names.
async fn find(login: &Login, visit: &Visit) -> Result<(Entrance, Arc<ShownConnection>), LoginError> {
    fn named<'o>(options: &'o [LoginOption], asked: Option<&str>) -> Option<&'o Arc<ShownConnection>> {
        options::email(options, Some(asked?))
    }
    let (entrance, _, connection) = options::get(login, visit, named).await?;
    Ok((entrance, connection))
}

/// The address and the challenge of this request, if it has both.
fn asked(entrance: &Entrance) -> Option<(&str, &str)> {
    let request = entrance.authorization.request();
    let is_id = |id: &&str| id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let address = request.get(ADDRESS).filter(|address| is_address(address))?;
    Some((address, request.get(CHALLENGE).filter(is_id)?))
}

fn to_first_page(entrance: &Entrance) -> Response {
    let request = entrance.authorization.request().without(ADDRESS).without(CHALLENGE);
    redirect::see_other(&request.url())
}

fn ask_address(visit: &Visit, entrance: &Entrance, address: String, error: Option<&str>) -> Response {
    let request = entrance.authorization.request().without(ADDRESS).without(CHALLENGE);
    let page = AddressPage {
        text: visit.text(),
        frame: Frame::new(visit.text(), entrance),
        action: format!("/login/email?{}", request.to_query()),
        address,
        error: error.map(str::to_owned),
        other_ways_href: request.without("connection").url(),
    };
    page.into_page(entrance.authorization.redirect_uri()).into_response()
}

fn ask_code(visit: &Visit, entrance: &Entrance, address: &str, error: Option<&str>) -> Response {
    let request = entrance.authorization.request();
    let first = request.without(ADDRESS).without(CHALLENGE);
    let page = CodePage {
        text: visit.text(),
        frame: Frame::new(visit.text(), entrance),
        action: format!("/login/email/code?{}", request.to_query()),
        again_action: format!("/login/email?{}", first.to_query()),
        address: address.to_owned(),
        error: error.map(str::to_owned),
        other_address_href: first.url(),
    };
    page.into_page(entrance.authorization.redirect_uri()).into_response()
}

fn is_too_many(refusal: &ApiError) -> bool {
    refusal.error_code.as_deref() == Some(refusal::TOO_MANY_ATTEMPTS)
}

fn is_wrong(refusal: &ApiError) -> bool {
    refusal.error_code.as_deref() == Some(refusal::WRONG_CODE)
}

/// Whether a mail can be sent there; the Management API has the last word.
fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    let is_odd = |letter: char| letter.is_control() || letter.is_whitespace() || letter == form::NO_TEXT;
    text.len() <= LONGEST_EMAIL
        && !text.contains(is_odd)
        && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}
