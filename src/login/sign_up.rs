//! Signing up: an account of a database connection, whose address is proved before it exists.
//!
//! Two steps: the address, then the code that was sent to it with the password. An address with an account leads to
//! the same pages; only its owner hears of the account, by mail. Who opened an invitation proved the address by it.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::entrance::Entrance;
use super::error::LoginError;
use super::frame::Frame;
use super::{Login, Visit, audience, code, form, new_password, options, session, wait};
use crate::management_client::{ManagementClient, ManagementError};
use crate::model::login::{ChallengePurpose, ChallengeRequest, NewAccount, Proof, refusal};
use crate::model::{Connection, ShownConnection, Timestamp};
use crate::web::page::Page;
use crate::web::redirect;
use crate::web::text::{Text, text_key};

/// The parameter that the second page has beside the authorize request's.
const CHALLENGE: &str = "challenge";

/// Asks for the address.
#[derive(Template)]
#[template(path = "login/sign_up_email.html", whitespace = "minimize")]
struct EmailPage {
    text: Text,
    frame: Frame,
    action: String,
    email: String,
    error: Option<String>,
    sign_in_href: String,
}

/// Asks for the code and the password.
#[derive(Template)]
#[template(path = "login/sign_up_account.html", whitespace = "minimize")]
struct NewAccountPage {
    text: Text,
    frame: Frame,
    action: String,
    email: String,
    code: String,
    asks_username: bool,
    username: String,
    hint: String,
    error: Option<String>,
    /// Where the code is sent again; none with an invitation, which needs no code.
    again_href: Option<String>,
}

/// The first page of a sign-up: it asks for the address.
pub(super) async fn page(
    client: &ManagementClient,
    text: Text,
    entrance: &Entrance,
    connection: &ShownConnection,
) -> Result<Response, LoginError> {
    if entrance.invitation.is_some() {
        let connection = options::whole(client, entrance, &connection.id).await?;
        return Ok(draw_account(text, entrance, &connection, &Typed::default(), None));
    }
    Ok(draw_email(text, entrance, StatusCode::OK, entrance.login_hint(), None))
}

/// `POST /login/sign-up?(the authorize request)`: has a code sent to the address.
pub(super) async fn begin(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    send_code(&login, &visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn send_code(login: &Login, visit: &Visit, body: &[u8]) -> Result<Response, LoginError> {
    let [email] = form::read(body, ["email"])?;
    let (entrance, connection) = enter(login, visit).await?;
    let email = email.trim();
    let request = ChallengeRequest {
        purpose: ChallengePurpose::SignUp,
        email: email.to_owned(),
        organization_id: entrance.organization_id(),
        client_id: entrance.application.client_id.clone(),
        connection_id: Some(connection.id.to_string()),
        client_address: Some(visit.address.to_string()),
        locale: Some(visit.text().locale()),
    };
    match login.client.begin_challenge(&request).await {
        Ok(challenge) => {
            let request = entrance.authorization.request().with("login_hint", email).with(CHALLENGE, &challenge.id);
            Ok(redirect::see_other(&format!("/login/sign-up/account?{}", request.to_query())))
        }
        Err(ManagementError::Refused(refused)) if refused.status_code == 400 => {
            let text = visit.text();
            let message = text.get("sign-up-email-needed");
            Ok(draw_email(text, &entrance, StatusCode::BAD_REQUEST, email, Some(message.to_owned())))
        }
        Err(ManagementError::Refused(refused)) if refused.status_code == 429 => {
            let again =
                |status, message: &str| draw_email(visit.text(), &entrance, status, email, Some(message.to_owned()));
            Ok(wait::page(visit.text(), text_key("too-many-tries"), &refused, again))
        }
        Err(error) => Err(LoginError::refused(&entrance, error)),
    }
}

/// `GET /login/sign-up/account?(the authorize request)&challenge=ID&login_hint=EMAIL`.
pub(super) async fn account(State(login): State<Arc<Login>>, visit: Visit) -> Response {
    let draw = async {
        let (entrance, connection) = enter(&login, &visit).await?;
        let connection = options::whole(&login.deciding, &entrance, &connection.id).await?;
        Ok(draw_account(visit.text(), &entrance, &connection, &Typed::default(), None))
    };
    draw.await.unwrap_or_else(|error: LoginError| error.answer(&login, &visit))
}

/// `POST` of the same: makes the account and signs in with it.
pub(super) async fn create(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    sign_up(&login, &visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

/// What was typed on the second page; the password is never shown or logged, so there is no `Debug`.
#[derive(Default)]
struct Typed {
    code: String,
    username: String,
    password: String,
}

async fn sign_up(login: &Login, visit: &Visit, body: &[u8]) -> Result<Response, LoginError> {
    let text = visit.text();
    let [code, username, password] = form::read(body, ["code", "username", "password"])?;
    let typed = Typed { code, username, password };
    let (entrance, shown) = enter(login, visit).await?;
    let connection = options::whole(&login.deciding, &entrance, &shown.id).await?;
    let again = |refused: Refused| draw_account(text, &entrance, &connection, &typed, Some(refused));
    if typed.password.is_empty() || (entrance.invitation.is_none() && typed.code.trim().is_empty()) {
        return Ok(again((StatusCode::BAD_REQUEST, text.get("sign-up-code-needed").to_owned())));
    }
    // Refused before an account is made for nothing.
    audience::scopes(login, &entrance).await?;
    let challenge = entrance.authorization.request().get(CHALLENGE).map(str::to_owned);
    let code = code::read(&typed.code);
    if challenge.is_some() && code.is_none() {
        return Ok(again((StatusCode::BAD_REQUEST, text.get("sign-up-wrong-code").to_owned())));
    }
    let new = NewAccount {
        email: entrance.login_hint().to_owned(),
        username: Some(typed.username.trim().to_owned()).filter(|_| requires_username(&connection)),
        password: typed.password.clone(),
        code: code.filter(|_| challenge.is_some()),
        challenge,
    };
    if let Some(username) = &new.username
        && !is_username(&connection, username)
    {
        return Ok(again((StatusCode::BAD_REQUEST, username_needed(text, &connection))));
    }
    let record = entrance.record(visit, &connection.id, Proof::SignUp(new));
    let admission = match login.client.record_login(&record).await {
        Ok(admission) => admission,
        Err(error) => return refused(text, &entrance, error, again),
    };
    session::enter(login, visit, &entrance, &shown, &admission, Timestamp::now()).await
}

/// The status of a page drawn again, and what it says.
type Refused = (StatusCode, String);

fn refused(
    text: Text,
    entrance: &Entrance,
    error: ManagementError,
    again: impl Fn(Refused) -> Response,
) -> Result<Response, LoginError> {
    let ManagementError::Refused(refused) = &error else { return Err(LoginError::refused(entrance, error)) };
    let bad = |message: &str| Ok(again((StatusCode::BAD_REQUEST, message.to_owned())));
    match refused.error_code.as_deref() {
        Some(refusal::WRONG_CODE) => bad(text.get("sign-up-wrong-code")),
        Some(refusal::ACCOUNT_EXISTS) => bad(text.get("sign-up-exists")),
        Some(refusal::USERNAME_TAKEN) => bad(text.get("sign-up-username-taken")),
        Some(refusal::SIGN_UP_NOT_ALLOWED) => Err(not_allowed()),
        _ => match new_password::complaint(text, refused) {
            Some(complaint) => Ok(wait::with_retry_after(again(complaint), refused)),
            None => Err(LoginError::refused(entrance, error)),
        },
    }
}

fn not_allowed() -> LoginError {
    LoginError::Page { status: StatusCode::FORBIDDEN, key: text_key("sign-up-not-allowed") }
}

/// The entrance and the connection that accounts may be made in here: asked again at each step.
async fn enter(login: &Login, visit: &Visit) -> Result<(Entrance, Arc<ShownConnection>), LoginError> {
    let (entrance, options, connection) = options::get(login, visit, options::database).await?;
    match options::allows_sign_up(&options, &connection) || entrance.invitation.is_some() {
        true => Ok((entrance, connection)),
        false => Err(not_allowed()),
    }
}

fn requires_username(connection: &Connection) -> bool {
    connection.options.get("requires_username").and_then(serde_json::Value::as_bool) == Some(true)
}

/// The lengths that a user name may have (contract §1.11).
fn username_lengths(connection: &Connection) -> (u64, u64) {
    let lengths = connection.options.get("validation").map(|validation| &validation["username"]);
    let length = |member: &str, usual| lengths.and_then(|lengths| lengths[member].as_u64()).unwrap_or(usual);
    (length("min", 1), length("max", 15))
}

fn is_username(connection: &Connection, username: &str) -> bool {
    let (least, most) = username_lengths(connection);
    let odd = |character: char| character == '@' || character.is_whitespace() || character.is_control();
    (least..=most).contains(&(username.chars().count() as u64)) && !username.contains(odd)
}

fn username_needed(text: Text, connection: &Connection) -> String {
    let (least, most) = username_lengths(connection);
    text.with("sign-up-username-needed", &[("least", &least.to_string()), ("most", &most.to_string())])
}

fn draw_email(text: Text, entrance: &Entrance, status: StatusCode, email: &str, error: Option<String>) -> Response {
    let request = entrance.authorization.request().without(CHALLENGE);
    let frame = Frame::new(text, entrance);
    let organization = frame.organization.clone();
    let page = EmailPage {
        text,
        frame,
        action: format!("/login/sign-up?{}", request.to_query()),
        email: email.to_owned(),
        error,
        sign_in_href: request.without("screen_hint").url(),
    };
    // The form leads to our own next page, never further.
    Page::new(page).status(status).logo_of(organization).form_targets([""; 0]).into_response()
}

fn draw_account(
    text: Text,
    entrance: &Entrance,
    connection: &Connection,
    typed: &Typed,
    refused: Option<Refused>,
) -> Response {
    let request = entrance.authorization.request();
    let (status, error) = refused.map_or((StatusCode::OK, None), |(status, message)| (status, Some(message)));
    let again = request.without(CHALLENGE).with("screen_hint", "signup").with("connection", &connection.name);
    let frame = Frame::new(text, entrance);
    let organization = frame.organization.clone();
    let page = NewAccountPage {
        text,
        frame,
        action: format!("/login/sign-up/account?{}", request.to_query()),
        email: entrance.login_hint().to_owned(),
        code: typed.code.clone(),
        asks_username: requires_username(connection),
        username: typed.username.clone(),
        hint: new_password::hint(text, connection),
        error,
        again_href: entrance.invitation.is_none().then(|| again.url()),
    };
    let page = Page::new(page).status(status).logo_of(organization);
    page.form_targets([entrance.authorization.redirect_uri()]).into_response()
}
