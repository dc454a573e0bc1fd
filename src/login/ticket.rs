//! A ticket: what a link in a mail opens, once, and the way on from it.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::error::LoginError;
use super::{Login, Visit, form};
use crate::management_client::ManagementError;
use crate::model::ShownOrganization;
use crate::model::login::refusal;
use crate::model::ticket::{TicketPurpose, TicketQuestion, TicketSubject, TicketUsed};
use crate::web::message::MessagePage;
use crate::web::redirect;
use crate::web::text::text_key;

/// The ticket of the address; an empty one opens nothing.
pub(super) fn read(visit: &Visit) -> Result<String, LoginError> {
    let [ticket] = form::read(visit.query.as_bytes(), ["ticket"])?;
    Ok(ticket)
}

/// What an open ticket is for; what an address asks for in vain is counted.
pub(super) async fn subject(
    login: &Login,
    visit: &Visit,
    ticket: &str,
    purpose: TicketPurpose,
) -> Result<TicketSubject, LoginError> {
    // Ours have 43 letters, digits, `-` and `_`; nobody is asked about others.
    if ticket.is_empty() || ticket.len() > 128 || ticket.contains(char::is_control) {
        return Err(ended_page());
    }
    let question = TicketQuestion { ticket: ticket.to_owned(), purpose };
    login.client.ticket_for(visit.address, &question).await?.ok_or_else(ended_page)
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
    page.organization = organization.clone();
    if let Some(query) = used.return_to {
        page.actions = vec![(visit.text().get("back-to-sign-in").to_owned(), format!("/authorize?{query}"))];
    }
    page.request_id.clear();
    Ok(page.into_page(StatusCode::OK).into_response())
}

/// Whose page it is.
pub(super) async fn organization(
    login: &Login,
    id: Option<&str>,
) -> Result<Option<Arc<ShownOrganization>>, LoginError> {
    match id {
        Some(id) => Ok(login.client.organization(id).await?),
        None => Ok(None),
    }
}
