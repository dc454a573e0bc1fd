//! A forgotten password: the address is asked for, a link is sent, and its page takes a new password.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::entrance::Entrance;
use super::error::LoginError;
use super::frame::Frame;
use super::{Login, Visit, form, new_password, options, ticket, wait};
use crate::management_client::ManagementError;
use crate::model::ShownOrganization;
use crate::model::ticket::{PasswordChange, PasswordReset, TicketPurpose, TicketSubject};
use crate::web::message::MessagePage;
use crate::web::page::Page;
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
    organization: Option<Arc<ShownOrganization>>,
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
        let (entrance, ..) = options::get(&login, &visit, options::database).await?;
        let hint = entrance.login_hint().to_owned();
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
    let (entrance, _, connection) = options::get(login, visit, options::database).await?;
    let (text, email) = (visit.text(), email.trim());
    let request = PasswordReset {
        email: email.to_owned(),
        organization_id: entrance.organization_id(),
        client_id: entrance.application.client_id.clone(),
        connection_id: connection.id.to_string(),
        client_address: Some(visit.address.to_string()),
        locale: Some(text.locale()),
        page: format!("{}login/reset/password", login.settings.issuer()),
        return_to: Some(entrance.authorization.request().with("login_hint", email).to_query()),
    };
    match login.client.ask_password_reset(&request).await {
        Ok(_) => Ok(sent(visit, &entrance, email)),
        Err(ManagementError::Refused(refused)) if refused.status_code == 400 => {
            let message = text.get("password-mail-unreadable").to_owned();
            Ok(draw_ask(visit, &entrance, StatusCode::BAD_REQUEST, email, Some(message)))
        }
        Err(ManagementError::Refused(refused)) if refused.status_code == 429 => {
            let again = |status, message: &str| draw_ask(visit, &entrance, status, email, Some(message.to_owned()));
            Ok(wait::page(text, text_key("too-many-tries"), &refused, again))
        }
        Err(error) => Err(LoginError::refused(&entrance, error)),
    }
}

/// The same for every address.
fn sent(visit: &Visit, entrance: &Entrance, email: &str) -> Response {
    let (text, key) = (visit.text(), text_key("link-sent"));
    let mut page = MessagePage::new(&visit.reader, key);
    page.message = text.with(&format!("{key}.text"), &[("email", email)]);
    page.organization = entrance.organization.clone();
    page.actions = vec![(text.get("back-to-sign-in").to_owned(), sign_in_href(entrance))];
    page.request_id.clear();
    page.into_page(StatusCode::OK).into_response()
}

/// `GET /login/reset/password?ticket=...`: opening it does nothing, since scanners of mail open links too.
pub(super) async fn choose(State(login): State<Arc<Login>>, visit: Visit) -> Response {
    let draw = async {
        let ticket = ticket::read(&visit)?;
        let subject = ticket::subject(&login, &visit, &ticket, TicketPurpose::PasswordChange).await?;
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
    let subject = ticket::subject(login, visit, &ticket, TicketPurpose::PasswordChange).await?;
    let client_address = Some(visit.address.to_string());
    let change = PasswordChange { ticket: ticket.clone(), password, client_address, locale: Some(text.locale()) };
    match login.client.change_password(&change).await {
        Ok(used) => ticket::done(login, visit, used, text_key("password-saved")).await,
        Err(ManagementError::Refused(refused)) => match new_password::complaint(text, &refused) {
            Some((status, message)) => {
                let page = draw_password(login, visit, (&ticket, &subject), status, Some(message)).await?;
                Ok(wait::with_retry_after(page, &refused))
            }
            None => Err(ticket::ended(ManagementError::Refused(refused))),
        },
        Err(unreachable) => Err(unreachable.into()),
    }
}

fn sign_in_href(entrance: &Entrance) -> String {
    entrance.authorization.request().url()
}

fn draw_ask(visit: &Visit, entrance: &Entrance, status: StatusCode, email: &str, error: Option<String>) -> Response {
    let frame = Frame::new(visit.text(), entrance);
    let organization = frame.organization.clone();
    let page = AskPage {
        text: visit.text(),
        frame,
        action: format!("/login/reset?{}", entrance.authorization.request().to_query()),
        email: email.to_owned(),
        error,
        sign_in_href: sign_in_href(entrance),
    };
    Page::new(page).status(status).logo_of(organization).form_targets([""; 0]).into_response()
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
    let organization = ticket::organization(login, subject.organization_id.as_deref()).await?;
    let page = PasswordPage {
        text,
        organization: organization.clone(),
        action: "/login/reset/password",
        ticket: ticket.to_owned(),
        identifier: subject.identifier.clone().unwrap_or_default(),
        hint: connection.map(|connection| new_password::hint(text, &connection)).unwrap_or_default(),
        error,
    };
    // It may lead to a `result_url`, which is https or on this machine: that is allowed in any case.
    Ok(Page::new(page).status(status).logo_of(organization).form_targets([""; 0]).into_response())
}
