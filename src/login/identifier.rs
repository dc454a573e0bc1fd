//! Identifier-first: the page asks for the address, and its domain leads to the way in.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use super::draw::Form;
use super::entrance::{self, Entrance};
use super::error::LoginError;
use super::{Login, Visit, draw, form, options};
use crate::management_client::{LoginOption, ManagementClient};
use crate::model::email_address::domain_of_address;
use crate::web::redirect;
use crate::web::text::text_key;

/// The field of the form.
const FIELD: &str = "username";

/// Which form the page has when no connection was asked for.
pub(super) async fn form_of(
    client: &ManagementClient,
    entrance: &Entrance,
    options: &[LoginOption],
) -> Result<Form, LoginError> {
    let is_first = leads_anywhere(entrance, options)
        && (options::has_hidden(options)
            || entrance.authorization.request().get("screen_hint") == Some("login-id")
            // Without an answer the page is drawn as it is by default.
            || client.prompts().await.is_ok_and(|prompts| prompts.identifier_first));
    Ok(match (is_first, options::database(options, None), options::email(options, None)) {
        (true, ..) => Form::Identifier,
        (false, Some(_), _) => Form::Password,
        (false, None, Some(_)) => Form::Email,
        (false, None, None) => Form::None,
    })
}

/// Whether any address could lead anywhere.
fn leads_anywhere(entrance: &Entrance, options: &[LoginOption]) -> bool {
    let takes = |option: &LoginOption| !option.connection.domains.is_empty();
    entrance.chooses_afterwards || fallback(options, "@").is_some() || options.iter().any(takes)
}

/// `POST /login/identifier?(the authorize request)`.
pub(super) async fn post(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    lead(&login, &visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn lead(login: &Login, visit: &Visit, body: &[u8]) -> Result<Response, LoginError> {
    let text = visit.text();
    let [typed] = form::read(body, [FIELD])?;
    let typed = typed.trim();
    let entrance = entrance::get(login, visit).await?;
    login.identifier_tries.check(visit.address).map_err(|wait| LoginError::TooMany { seconds: wait.0 })?;
    let options = options::of(&login.deciding, &entrance).await?;
    let again = |key| draw::identifier_again(login, visit, &entrance, &options, typed, text.get(key));
    if typed.is_empty() {
        return Ok(again(text_key("enter-identifier")));
    }
    match find_way(login, &entrance, &options, typed).await? {
        Some(name) => {
            let request = entrance.authorization.request().with("connection", &name).with("login_hint", typed);
            Ok(redirect::see_other(&request.url()))
        }
        None => Ok(again(text_key("identifier-leads-nowhere"))),
    }
}

/// The name of the connection that an address or user name leads to: never one that is not enabled here. Whatever is
/// typed, the same is looked at.
async fn find_way(
    login: &Login,
    entrance: &Entrance,
    options: &[LoginOption],
    typed: &str,
) -> Result<Option<String>, LoginError> {
    let domain = domain_of_address(typed);
    let own = domain.as_deref().and_then(|domain| options::of_domain(options, domain));
    let others = options::of_any_organization(login, entrance, domain.as_deref()).await?;
    let found = own.or(others).map(|connection| connection.name.to_string());
    Ok(found.or_else(|| fallback(options, typed)))
}

/// The connection of an address that leads to no other.
fn fallback(options: &[LoginOption], typed: &str) -> Option<String> {
    let email = || options::email(options, None).filter(|_| typed.contains('@'));
    Some(options::database(options, None).or_else(email)?.name.to_string())
}
