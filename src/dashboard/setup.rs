//! The setup link: whoever the host gave it to makes their account, the first that administers.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Map;

use super::error::{self, DashboardError};
use super::fields::Errors;
use super::{Answer, Dashboard, Visit, parameter};
use crate::management_client::ManagementError;
use crate::model::ApiError;
use crate::model::login::refusal;
use crate::model::password::PasswordPolicy;
use crate::model::ticket::{SetUp, TicketPurpose, TicketQuestion};
use crate::web::form::Form;
use crate::web::new_password::{self, weakness};
use crate::web::page::Page;
use crate::web::redirect;
use crate::web::text::Text;

#[derive(Template)]
#[template(path = "dashboard/setup.html", whitespace = "minimize")]
struct SetupPage {
    text: Text,
    ticket: String,
    email: String,
    /// What the password must be like.
    hint: String,
    errors: Errors,
}

/// `GET /dashboard/setup?ticket=`.
pub(super) async fn page(State(dashboard): State<Arc<Dashboard>>, visit: Visit) -> Answer {
    let ticket = parameter(&visit.place, "ticket").unwrap_or_default();
    if ticket.is_empty() || ticket.len() > 128 || ticket.contains(char::is_control) {
        return Ok(ended(&visit));
    }
    let question = TicketQuestion { ticket: ticket.clone(), purpose: TicketPurpose::Setup };
    match dashboard.client.ticket_for(visit.address, &question).await? {
        Some(_) => Ok(draw(&visit, ticket, String::new(), Errors::default(), StatusCode::OK)),
        None => Ok(ended(&visit)),
    }
}

fn draw(visit: &Visit, ticket: String, email: String, errors: Errors, status: StatusCode) -> Response {
    let text = visit.reader.text;
    // That of a connection which says nothing of it.
    let hint = new_password::hint(text, &PasswordPolicy::of(&Map::new()));
    Page::new(SetupPage { text, ticket, email, hint, errors }).own_forms().status(status).into_response()
}

fn ended(visit: &Visit) -> Response {
    let message = "It was used, is older than an hour, or never was. On the machine that runs this server, the \
                   command vestibule setup prints a new one."
        .to_owned();
    let action = ("Sign in to the dashboard", "/dashboard".to_owned());
    error::page(&visit.reader, "This setup link has ended", message, action, StatusCode::FORBIDDEN)
}

/// `POST /dashboard/setup`.
pub(super) async fn create(
    State(dashboard): State<Arc<Dashboard>>,
    visit: Visit,
    Extension(form): Extension<Form>,
) -> Answer {
    let (ticket, email, password) = (form.get("ticket"), form.get("email"), form.get_as_it_is("password"));
    let again = |errors, status| Ok(draw(&visit, ticket.to_owned(), email.to_owned(), errors, status));
    if email.is_empty() {
        return again(Errors::at_field("email", "Enter your e-mail address."), StatusCode::BAD_REQUEST);
    }
    let account = SetUp {
        ticket: ticket.to_owned(),
        email: email.to_owned(),
        password: password.to_owned(),
        client_address: Some(visit.address.to_string()),
    };
    match dashboard.client.set_up(&account).await {
        Ok(_) => Ok(redirect::see_other("/dashboard")),
        Err(ManagementError::Refused(error)) => match complaint(visit.reader.text, &error) {
            Some((errors, status)) => again(errors, status),
            None if error.error_code.as_deref() == Some(refusal::TICKET_ENDED) => Ok(ended(&visit)),
            None => Err(DashboardError::Refused(error)),
        },
        Err(error) => Err(error.into()),
    }
}

fn complaint(text: Text, error: &ApiError) -> Option<(Errors, StatusCode)> {
    let status = StatusCode::from_u16(error.status_code).unwrap_or(StatusCode::BAD_REQUEST);
    let errors = match error.error_code.as_deref() {
        Some(refusal::WEAK_PASSWORD) => Errors::at_field("password", weakness(text, &error.shortcomings)),
        Some(refusal::TOO_BUSY) => Errors::at_field("password", text.get("passwords-busy")),
        Some(refusal::TOO_MANY_ATTEMPTS) => Errors::at_field("password", "Too many tries. Please wait a minute."),
        Some("invalid_body") if error.message.contains("on property email") => {
            Errors::at_field("email", "Enter an e-mail address such as you@example.com.")
        }
        _ => return None,
    };
    Some((errors, status))
}
