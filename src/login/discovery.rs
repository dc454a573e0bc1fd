//! From an e-mail address to its organization: one is entered, several are told to who proves the address.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::choice_page::{ChoicePage, OrganizationChoice, ProvePage};
use super::entrance::{self, Question};
use super::error::LoginError;
use super::organization::{ACCOUNT, PERSONAL, handle};
use super::{Login, Visit, code, form, picker};
use crate::management_client::ManagementError;
use crate::model::application::DiscoveryMethod;
use crate::model::email_address::domain_of_address;
use crate::model::login::{ChallengePurpose, ChallengeRequest, DiscoveryProof, refusal};
use crate::model::{Organization, OrganizationUsage, ShownOrganization};
use crate::oidc::authorization::Prompt;
use crate::web::redirect;
use crate::web::text::text_key;

/// Where an address leads.
pub(super) enum Lead {
    One(Arc<ShownOrganization>),
    Several,
    Nowhere,
}

/// Known and unknown domains, and what is no address, cost the same question.
pub(super) async fn of_address(login: &Login, question: &Question, address: &str) -> Result<Lead, LoginError> {
    let domain = domain_of_address(address);
    let found = login.client.discover(domain.as_deref(), &question.application.client_id).await?;
    let is_for_all = question.application.usage() != OrganizationUsage::Deny;
    let organizations = found.as_ref().filter(|_| is_for_all).map_or(&[][..], |found| &found.organizations);
    Ok(match organizations {
        [] => Lead::Nowhere,
        [one] => Lead::One(Arc::new(one.shown())),
        _ => Lead::Several,
    })
}

/// The address of the organization's page for this person.
pub(super) fn url(login: &Login, question: &Question, organization: &ShownOrganization, address: &str) -> String {
    let request = question.authorization.request().with("organization", handle(login, organization));
    request.with("login_hint", address).url()
}

/// Where the application's own `login_hint` leads, when nothing else names an organization (design §5.7).
pub(super) async fn by_login_hint(
    login: &Login,
    visit: &Visit,
    question: &Question,
) -> Result<Option<String>, LoginError> {
    let hint = question.authorization.login_hint();
    let Some(address) = hint.filter(|hint| domain_of_address(hint).is_some()) else { return Ok(None) };
    if !question.application.may_ask_for(DiscoveryMethod::Email) || login.unknown_hints.open(visit.address).is_err() {
        return Ok(None);
    }
    match of_address(login, question, address).await? {
        Lead::One(organization) => Ok(Some(url(login, question, &organization, address))),
        Lead::Several => Ok(None),
        Lead::Nowhere => {
            login.unknown_hints.fail(visit.address);
            Ok(None)
        }
    }
}

const ACTION: &str = "/login/discovery";

/// Several organizations have the address's domain: it asks to prove the address. Nothing is sent by a link.
pub(super) fn prove_page(visit: &Visit, question: &Question, address: &str) -> Response {
    page(visit, question, address, None, None)
}

fn page(
    visit: &Visit,
    question: &Question,
    address: &str,
    challenge: Option<String>,
    error: Option<&'static str>,
) -> Response {
    let request = question.authorization.request();
    let page = ProvePage {
        text: visit.text(),
        application_name: question.application.name.clone(),
        action: format!("{ACTION}?{}", request.to_query()),
        address: address.to_owned(),
        challenge,
        error: error.map(|key| visit.text().get(key)),
        back_href: request.without("login_hint").url(),
    };
    let status = if error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page.into_page(question.authorization.redirect_uri()).status(status).into_response()
}

/// `POST /login/discovery?(the authorize request)`: sends the code, then takes it.
pub(super) async fn post(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    prove(&login, &visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn prove(login: &Login, visit: &Visit, body: &[u8]) -> Result<Response, LoginError> {
    let (application, authorization) = entrance::check(&login.client, Some(visit.address), &visit.query).await?;
    let question = Question { authorization, application };
    login.picker_tries.check(visit.address).map_err(|wait| LoginError::TooMany { seconds: wait.0 })?;
    let may_ask = question.application.may_ask_for(DiscoveryMethod::Email)
        && question.application.usage() != OrganizationUsage::Deny;
    let [address, challenge, typed] = form::read(body, ["email", "challenge", "code"])?;
    let address = address.trim();
    if !may_ask || domain_of_address(address).is_none() || question.authorization.wants(Prompt::None) {
        return Err(LoginError::BrokenForm);
    }
    if challenge.is_empty() {
        return send(login, visit, &question, address).await;
    }
    let wrong =
        |challenge| page(visit, &question, address, Some(challenge), Some(text_key("wrong-code-for-organizations")));
    let Some(code) = code::read(&typed) else { return Ok(wrong(challenge)) };
    let proof =
        DiscoveryProof { challenge: challenge.clone(), code, client_id: question.application.client_id.clone() };
    match login.client.prove_discovery(&proof).await {
        Ok(found) => Ok(match found.organizations.as_slice() {
            [] => picker::not_found(login, visit, &question, address),
            [one] => redirect::see_other(&url(login, &question, &one.shown(), address)),
            several => choice_page(login, visit, &question, several, address),
        }),
        Err(ManagementError::Refused(error)) if error.error_code.as_deref() == Some(refusal::WRONG_CODE) => {
            Ok(wrong(challenge))
        }
        Err(ManagementError::Refused(error)) if error.status_code == 400 => Err(LoginError::BrokenForm),
        Err(error) => Err(error.into()),
    }
}

async fn send(login: &Login, visit: &Visit, question: &Question, address: &str) -> Result<Response, LoginError> {
    let request = ChallengeRequest {
        purpose: ChallengePurpose::Discovery,
        email: address.to_owned(),
        organization_id: None,
        client_id: question.application.client_id.clone(),
        connection_id: None,
        client_address: Some(visit.address.to_string()),
        locale: Some(visit.text().locale()),
    };
    match login.client.begin_challenge(&request).await {
        Ok(challenge) => Ok(page(visit, question, address, Some(challenge.id), None)),
        Err(ManagementError::Refused(error)) if error.status_code == 429 => {
            Err(LoginError::TooMany { seconds: error.retry_after.unwrap_or(60) })
        }
        Err(ManagementError::Refused(error)) if error.status_code == 400 => Err(LoginError::BrokenForm),
        Err(error) => Err(error.into()),
    }
}

/// The organizations of who proved the address.
fn choice_page(
    login: &Login,
    visit: &Visit,
    question: &Question,
    organizations: &[Organization],
    address: &str,
) -> Response {
    let choice = |organization: &Organization| OrganizationChoice {
        title: organization.title().to_owned(),
        id: organization.id.clone(),
        href: Some(url(login, question, &organization.shown(), address)),
    };
    let personal = question.application.usage() == OrganizationUsage::Allow;
    let personal = personal.then(|| question.authorization.request().with(ACCOUNT, PERSONAL).url());
    let page = ChoicePage {
        application_name: question.application.name.clone(),
        organizations: organizations.iter().map(choice).collect(),
        personal_href: personal,
        ..ChoicePage::new(visit.text(), address)
    };
    page.into_page(question.authorization.redirect_uri()).into_response()
}
