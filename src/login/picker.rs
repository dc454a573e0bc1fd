//! The pre-login picker: asks which organization a person belongs to, and tells nobody which exist.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::discovery::Lead;
use super::entrance::Question;
use super::error::LoginError;
use super::organization::{ACCOUNT, PERSONAL};
use super::page::{AsksFor, PickerPage, RecentOrganization};
use super::{Login, Visit, discovery, entrance, organization, recent};
use crate::model::application::DiscoveryMethod;
use crate::model::organization::is_organization_name;
use crate::model::{Application, OrganizationUsage, sha256};
use crate::oidc::authorization::Prompt;
use crate::oidc::error::code;
use crate::web::redirect;

/// The field of the picker's form.
const ENTERED: &str = "organization";
const ACTION: &str = "/login/organization";

/// The picker for a request that names no organization.
pub(super) fn ask(login: &Login, visit: &Visit, question: &Question) -> Result<Response, LoginError> {
    if question.authorization.wants(Prompt::None) {
        return Err(question
            .authorization
            .refused(code::INTERACTION_REQUIRED, "the organization must be chosen")
            .into());
    }
    Ok(draw(login, visit, question, "", None))
}

/// `GET /login/organization?(the authorize request)&organization=NAME`: the picker's form.
pub(super) async fn choose(State(login): State<Arc<Login>>, visit: Visit) -> Response {
    look_up(&login, &visit).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn look_up(login: &Login, visit: &Visit) -> Result<Response, LoginError> {
    let text = visit.text();
    let (rest, entered) = split_query(&visit.query);
    let (application, authorization) = entrance::check(&login.client, Some(visit.address), &rest).await?;
    let question = Question { authorization, application };
    login.picker_tries.check(visit.address).map_err(|wait| LoginError::TooMany { seconds: wait.0 })?;
    if entered.is_empty() {
        return Ok(draw(login, visit, &question, "", Some(text.get(asks_for(&question.application).missing()))));
    }
    let not_found = || not_found(login, visit, &question, &entered);
    let application = &question.application;
    if entered.contains('@') && application.may_ask_for(DiscoveryMethod::Email) {
        return Ok(match discovery::of_address(login, &question, &entered).await? {
            Lead::One(organization) => redirect::found(&discovery::url(login, &question, &organization, &entered)),
            Lead::Several => discovery::prove_page(visit, &question, &entered),
            Lead::Nowhere => not_found(),
        });
    }
    let name = entered.to_lowercase();
    let may_be_named = is_recent(login, visit, &name) || application.may_ask_for(DiscoveryMethod::OrganizationName);
    // A malformed name is looked up as one that cannot exist, so that it costs the same.
    let asked = if may_be_named && is_organization_name(&name) { name } else { sha256(&name).to_lowercase() };
    let found = login.client.organization_of_stranger(&asked).await?;
    match found.filter(|_| application.usage() != OrganizationUsage::Deny) {
        Some(organization) => {
            let handle = organization::handle(login, &organization);
            Ok(redirect::found(&question.authorization.request().with("organization", handle).url()))
        }
        None => Ok(not_found()),
    }
}

/// The picker again, with the sentence for whatever leads nowhere.
pub(super) fn not_found(login: &Login, visit: &Visit, question: &Question, entered: &str) -> Response {
    let text = visit.text();
    draw(login, visit, question, entered, Some(text.get("organization-not-found")))
}

/// The links of the organizations used on this device come by here as well.
fn is_recent(login: &Login, visit: &Visit, name: &str) -> bool {
    recent::names(login, visit).iter().any(|known| known == name)
}

/// What the field takes; its texts in the message file are named after it.
fn asks_for(application: &Application) -> AsksFor {
    let may = |method| application.may_ask_for(method);
    match (may(DiscoveryMethod::OrganizationName), may(DiscoveryMethod::Email)) {
        (true, true) => AsksFor::Both,
        (false, true) => AsksFor::Email,
        _ => AsksFor::Name,
    }
}

/// The authorize request without the field that the form added at the end, and that field.
fn split_query(query: &str) -> (String, String) {
    let mut rest = url::form_urlencoded::Serializer::new(String::new());
    let mut entered = String::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            ENTERED => entered = value.trim().to_owned(),
            _ => {
                rest.append_pair(&name, &value);
            }
        }
    }
    (rest.finish(), entered)
}

fn draw(login: &Login, visit: &Visit, question: &Question, entered: &str, error: Option<&str>) -> Response {
    let with = |name: &str, value: &str| question.authorization.request().with(name, value);
    // Through the picker, since one that is gone by now is its question and no error of the application.
    let recent = recent::names(login, visit)
        .into_iter()
        .map(|name| RecentOrganization { href: format!("{ACTION}?{}", with(ENTERED, &name).to_query()), title: name });
    let personal = question.application.usage() == OrganizationUsage::Allow;
    let page = PickerPage {
        text: visit.text(),
        application_name: question.application.name.clone(),
        asks_for: asks_for(&question.application),
        action: ACTION.to_owned(),
        hidden: question
            .authorization
            .request()
            .parameters()
            .filter(|(name, _)| *name != ENTERED)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        entered: entered.to_owned(),
        error: error.map(str::to_owned),
        recent: recent.collect(),
        personal_href: personal.then(|| with(ACCOUNT, PERSONAL).url()),
    };
    let status = if error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page.into_page(question.authorization.redirect_uri()).status(status).into_response()
}
