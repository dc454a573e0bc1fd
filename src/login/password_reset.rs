//! A forgotten password: the address is asked for, a link is sent, and its page takes a new password.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::draw::organization_view;
use super::entrance::{self, Entrance, Found};
use super::error::LoginError;
use super::frame::Frame;
use super::{Login, Visit, form, new_password, options};
use crate::management_client::ManagementError;
use crate::model::login::refusal;
use crate::model::ticket::{PasswordChange, PasswordReset, TicketPurpose, TicketQuestion, TicketSubject, TicketUsed};
use crate::model::{Connection, Organization};
use crate::web::message::{MessagePage, OrganizationView};
use crate::web::page::Page;
use crate::web::redirect;
use crate::web::text::{Text, text_key};

/// Asks for the address.
#[derive(Template)]
#[template(path = "login/reset_ask.html", whitespace = "minimize")]
struct AskPage {
    text: Text,
    frame: Frame,
    action: String,
    email: String,
    error: Option<String>,
    sign_in_href: String,
}

/// Takes the new password.
#[derive(Template)]
#[template(path = "login/reset_password.html", whitespace = "minimize")]
struct PasswordPage {
    text: Text,
    organization: Option<OrganizationView>,
    action: &'static str,
    ticket: String,
    /// For password managers: whose password it is.
    identifier: String,
    hint: String,
    error: Option<String>,
}

/// `GET /login/reset?(the authorize request)&connection=NAME`.
pub(super) async fn ask(State(login): State<Arc<Login>>, visit: Visit) -> Response {
    let draw = async {
        let (entrance, _) = enter(&login, &visit).await?;
        let hint = entrance.authorization.login_hint.clone().unwrap_or_default();
        Ok(draw_ask(&visit, &entrance, StatusCode::OK, &hint, None))
    };
    draw.await.unwrap_or_else(|error: LoginError| error.answer(&login, &visit))
}

/// `POST` of the same: has a link sent, should the address have an account.
pub(super) async fn send(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    send_link(&login, &visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn send_link(login: &Login, visit: &Visit, body: &[u8]) -> Result<Response, LoginError> {
    let [email] = form::read(body, ["email"])?;
    let (entrance, connection) = enter(login, visit).await?;
    let (text, email) = (visit.text(), email.trim());
    let request = PasswordReset {
        email: email.to_owned(),
        organization_id: entrance.organization.as_ref().map(|organization| organization.id.clone()),
        client_id: entrance.application.client_id.clone(),
        connection_id: connection.id.clone(),
        client_address: Some(visit.address.to_string()),
        locale: Some(text.locale()),
        page: format!("{}login/reset/password", login.settings.issuer()),
        return_to: Some(entrance.authorization.request.with("login_hint", email).to_query()),
    };
    match login.client.ask_password_reset(&request).await {
        Ok(_) => Ok(sent(visit, &entrance, email)),
        Err(ManagementError::Refused(refused)) if refused.status_code == 400 => {
            let message = text.get("password-mail-unreadable").to_owned();
            Ok(draw_ask(visit, &entrance, StatusCode::BAD_REQUEST, email, Some(message)))
        }
        Err(ManagementError::Refused(refused)) if refused.status_code == 429 => {
            let message = new_password::wait(text, &refused);
            let page = draw_ask(visit, &entrance, StatusCode::TOO_MANY_REQUESTS, email, Some(message));
            Ok(new_password::with_retry_after(page, &refused))
        }
        Err(error) => Err(LoginError::refused(&entrance, error)),
    }
}

/// The same for every address.
fn sent(visit: &Visit, entrance: &Entrance, email: &str) -> Response {
    let (text, key) = (visit.text(), text_key("link-sent"));
    let mut page = MessagePage::new(&visit.reader, key);
    page.message = text.with(&format!("{key}.text"), &[("email", email)]);
    page.organization = entrance.organization.as_deref().map(organization_view);
    page.actions = vec![(text.get("back-to-sign-in").to_owned(), sign_in_href(entrance))];
    page.request_id.clear();
    page.into_page(StatusCode::OK).into_response()
}

/// `GET /login/reset/password?ticket=...`: opening it does nothing, since scanners of mail open links too.
pub(super) async fn choose(State(login): State<Arc<Login>>, visit: Visit) -> Response {
    let draw = async {
        let ticket = ticket_of(&visit);
        let subject = subject(&login, &ticket, TicketPurpose::PasswordChange).await?;
        draw_password(&login, &visit, (&ticket, &subject), StatusCode::OK, None).await
    };
    draw.await.unwrap_or_else(|error: LoginError| error.answer(&login, &visit))
}

/// `POST /login/reset/password`: the new password.
pub(super) async fn change(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    save(&login, &visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn save(login: &Login, visit: &Visit, body: &[u8]) -> Result<Response, LoginError> {
    let [ticket, password] = form::read(body, ["ticket", "password"])?;
    let text = visit.text();
    let subject = subject(login, &ticket, TicketPurpose::PasswordChange).await?;
    let client_address = Some(visit.address.to_string());
    let change = PasswordChange { ticket: ticket.clone(), password, client_address, locale: Some(text.locale()) };
    match login.client.change_password(&change).await {
        Ok(used) => done(login, visit, used, text_key("password-saved")).await,
        Err(ManagementError::Refused(refused)) => match new_password::complaint(text, &refused) {
            Some((status, message)) => {
                let page = draw_password(login, visit, (&ticket, &subject), status, Some(message)).await?;
                Ok(new_password::with_retry_after(page, &refused))
            }
            None => Err(ended(ManagementError::Refused(refused))),
        },
        Err(unreachable) => Err(unreachable.into()),
    }
}

/// The ticket of the address; an empty one opens nothing.
pub(super) fn ticket_of(visit: &Visit) -> String {
    let mut parameters = url::form_urlencoded::parse(visit.query.as_bytes());
    parameters.find(|(name, _)| name == "ticket").map(|(_, value)| value.replace('\0', "")).unwrap_or_default()
}

/// What an open ticket is for.
pub(super) async fn subject(login: &Login, ticket: &str, purpose: TicketPurpose) -> Result<TicketSubject, LoginError> {
    // Ours have 43 letters, digits, `-` and `_`; nobody is asked about others.
    if ticket.is_empty() || ticket.len() > 128 || ticket.contains(char::is_control) {
        return Err(ended_page());
    }
    let question = TicketQuestion { ticket: ticket.to_owned(), purpose };
    login.client.ticket(&question).await.map_err(ended)
}

fn ended_page() -> LoginError {
    LoginError::Page { status: StatusCode::FORBIDDEN, key: text_key("ticket-ended") }
}

/// A ticket that opens nothing has a page of its own.
pub(super) fn ended(error: ManagementError) -> LoginError {
    match error {
        ManagementError::Refused(refused) if refused.error_code.as_deref() == Some(refusal::TICKET_ENDED) => {
            ended_page()
        }
        error => error.into(),
    }
}

/// The way on from a used ticket: where its maker wants the person, else a page that says what happened and leads back
/// to the login it came from.
pub(super) async fn done(
    login: &Login,
    visit: &Visit,
    used: TicketUsed,
    key: &'static str,
) -> Result<Response, LoginError> {
    if let Some(url) = &used.result_url {
        return Ok(redirect::see_other(url));
    }
    let mut page = MessagePage::new(&visit.reader, key);
    let organization = organization(login, used.organization_id.as_deref()).await?;
    page.organization = organization.as_deref().map(organization_view);
    if let Some(query) = used.return_to {
        page.actions = vec![(visit.text().get("back-to-sign-in").to_owned(), format!("/authorize?{query}"))];
    }
    page.request_id.clear();
    Ok(page.into_page(StatusCode::OK).into_response())
}

/// Whose page it is.
pub(super) async fn organization(login: &Login, id: Option<&str>) -> Result<Option<Arc<Organization>>, LoginError> {
    match id {
        Some(id) => Ok(login.client.organization(id).await?),
        None => Ok(None),
    }
}

/// The entrance and the connection whose password was forgotten.
async fn enter(login: &Login, visit: &Visit) -> Result<(Entrance, Arc<Connection>), LoginError> {
    let Found::Entrance(entrance) = entrance::find(login, Some(visit.address), &visit.query).await? else {
        return Err(LoginError::BrokenForm);
    };
    let options = options::of(login, &entrance).await?;
    let asked = entrance.authorization.connection.as_deref();
    let connection = options::database(&options, asked).ok_or_else(|| entrance.not_enabled())?;
    Ok((entrance, connection))
}

fn sign_in_href(entrance: &Entrance) -> String {
    format!("/authorize?{}", entrance.authorization.request.to_query())
}

fn draw_ask(visit: &Visit, entrance: &Entrance, status: StatusCode, email: &str, error: Option<String>) -> Response {
    let frame = Frame::new(visit.text(), entrance);
    let logo = frame.logo_url().map(str::to_owned);
    let page = AskPage {
        text: visit.text(),
        frame,
        action: format!("/login/reset?{}", entrance.authorization.request.to_query()),
        email: email.to_owned(),
        error,
        sign_in_href: sign_in_href(entrance),
    };
    Page::new(page).status(status).image(logo.as_deref()).form_targets([""; 0]).into_response()
}

async fn draw_password(
    login: &Login,
    visit: &Visit,
    (ticket, subject): (&str, &TicketSubject),
    status: StatusCode,
    error: Option<String>,
) -> Result<Response, LoginError> {
    let text = visit.text();
    let connection = login.client.connection(&subject.connection_id).await?;
    let organization = organization(login, subject.organization_id.as_deref()).await?;
    let organization = organization.as_deref().map(organization_view);
    let logo = organization.as_ref().and_then(|organization| organization.logo_url.clone());
    let page = PasswordPage {
        text,
        organization,
        action: "/login/reset/password",
        ticket: ticket.to_owned(),
        identifier: subject.identifier.clone().unwrap_or_default(),
        hint: connection.map(|connection| new_password::hint(text, &connection)).unwrap_or_default(),
        error,
    };
    // It may lead to a `result_url`, which is https or on this machine: that is allowed in any case.
    Ok(Page::new(page).status(status).image(logo.as_deref()).form_targets([""; 0]).into_response())
}
