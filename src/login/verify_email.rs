//! Verifying an address by the link that was sent to it: a button, since scanners of mail open links too.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::error::LoginError;
use super::{Login, Visit, form, ticket};
use crate::model::ShownOrganization;
use crate::model::ticket::{EmailVerification, TicketPurpose};
use crate::web::page::Page;
use crate::web::text::{Text, text_key};

#[derive(Template)]
#[template(path = "login/verify_email.html", whitespace = "minimize")]
struct VerifyPage {
    text: Text,
    organization: Option<Arc<ShownOrganization>>,
    email: String,
    ticket: String,
}

/// `GET /login/verify-email?ticket=...`.
pub(super) async fn ask(State(login): State<Arc<Login>>, visit: Visit) -> Response {
    draw(&login, &visit).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn draw(login: &Login, visit: &Visit) -> Result<Response, LoginError> {
    let ticket = ticket::read(visit)?;
    let subject = ticket::subject(login, visit, &ticket, TicketPurpose::EmailVerification).await?;
    let organization = ticket::organization(login, subject.organization_id.as_deref()).await?;
    let email = subject.identifier.unwrap_or_default();
    let page = VerifyPage { text: visit.text(), organization: organization.clone(), email, ticket };
    Ok(Page::new(page).logo_of(organization).form_targets([""; 0]).into_response())
}

/// `POST /login/verify-email`.
pub(super) async fn verify(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    let used = async {
        let [ticket] = form::read(&body, ["ticket"])?;
        ticket::subject(&login, &visit, &ticket, TicketPurpose::EmailVerification).await?;
        let used = login.client.verify_email(&EmailVerification { ticket }).await.map_err(ticket::ended)?;
        ticket::done(&login, &visit, used, text_key("email-verified")).await
    };
    used.await.unwrap_or_else(|error: LoginError| error.answer(&login, &visit))
}
