//! Draws an organization's page from its entrance and options: a pure function of the request.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::choice_page::AccountPage;
use super::entrance::Entrance;
use super::links::{Href, Links};
use super::mark::Mark;
use super::options;
use super::organization::ACCOUNT;
use super::page::{IdentifierForm, LoginOption as OptionView, LoginPage, PasswordForm};
use super::{Login, Visit};
use crate::management_client::LoginOption;
use crate::model::grant::Session;
use crate::model::{RequireBehavior, ShownConnection, Strategy};
use crate::web::text::Text;

/// A failed try with the password form.
pub(super) struct Attempt<'a> {
    pub(super) status: StatusCode,
    pub(super) message: &'a str,
    pub(super) identifier: &'a str,
}

/// The form of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Identifier and password of a database connection.
    Password,
    /// The address first; its domain leads on.
    Identifier,
    /// The address that a code is sent to.
    Email,
    None,
}

/// The page; `session` is one that cannot be used here.
pub(super) fn page(
    login: &Login,
    text: Text,
    entrance: &Entrance,
    options: &[LoginOption],
    form: Form,
    session: Option<&Session>,
) -> Response {
    answer(login, text, entrance, options, form, StatusCode::OK, |page| {
        page.signed_in_as = session.map(|session| session.label.clone());
    })
}

/// The page after a failed try, with what was entered.
pub(super) fn page_again(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    options: &[LoginOption],
    attempt: Attempt<'_>,
) -> Response {
    answer(login, visit.text(), entrance, options, Form::Password, attempt.status, |page| {
        if let Some(form) = &mut page.password {
            form.identifier = attempt.identifier.to_owned();
            form.error = Some(attempt.message.to_owned());
            form.is_invalid = attempt.status == StatusCode::BAD_REQUEST;
        }
    })
}

/// The page that asks for the address, after one that led nowhere.
pub(super) fn identifier_again(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    options: &[LoginOption],
    entered: &str,
    message: &str,
) -> Response {
    answer(login, visit.text(), entrance, options, Form::Identifier, StatusCode::BAD_REQUEST, |page| {
        if let Some(form) = &mut page.identifier {
            form.entered = entered.to_owned();
            form.error = Some(message.to_owned());
        }
    })
}

fn answer(
    login: &Login,
    text: Text,
    entrance: &Entrance,
    options: &[LoginOption],
    form: Form,
    status: StatusCode,
    complete: impl FnOnce(&mut LoginPage<'_>),
) -> Response {
    let authorization = &entrance.authorization;
    let links = Links::new(authorization.request());
    let mut page = view(login, text, entrance, &links, options, form);
    complete(&mut page);
    page.into_page(authorization.redirect_uri()).status(status).into_response()
}

/// Asks a signed-in person whether to go on as they are.
pub(super) fn account_page(visit: &Visit, entrance: &Entrance, session: &Session) -> Response {
    let request = entrance.authorization.request();
    let asked = request.get("prompt").unwrap_or_default();
    let others: Vec<&str> = asked.split_ascii_whitespace().filter(|word| *word != "select_account").collect();
    let on = match others.is_empty() {
        true => request.without("prompt"),
        false => request.with("prompt", &others.join(" ")),
    };
    let page = AccountPage {
        text: visit.text(),
        organization: entrance.organization.clone(),
        application_name: entrance.application.name.clone(),
        person: session.label.clone(),
        continue_href: on.url(),
        other_href: request.with("prompt", "login").url(),
    };
    page.into_page().into_response()
}

fn view<'p>(
    login: &Login,
    text: Text,
    entrance: &'p Entrance,
    links: &'p Links<'_>,
    options: &'p [LoginOption],
    form: Form,
) -> LoginPage<'p> {
    let asked = entrance.authorization.connection();
    let database = options::database(options, asked);
    // The form leads to one connection; every other one is a button. `show_as_button` is about directories of
    // companies (contract §1.4), and a database that has no form here leads to its own.
    let of_form = match form {
        Form::Password | Form::Identifier => database.or_else(|| options::email(options, None)),
        Form::Email => options::email(options, None),
        Form::None => None,
    };
    let buttons = options
        .iter()
        .filter(|option| option.visible && of_form.is_none_or(|connection| connection.id != option.connection.id));
    let hint = entrance.login_hint().to_owned();
    let sign_up = database.filter(|it| form != Form::None && options::allows_sign_up(options, it));
    LoginPage {
        text,
        organization: entrance.organization.clone(),
        application_name: &entrance.application.name,
        options: buttons.map(|option| option_view(links, &option.connection)).collect(),
        password: database.filter(|_| form == Form::Password).map(|database| PasswordForm {
            action: links.to("/login/password", asked),
            identifier: hint.clone(),
            error: None,
            is_invalid: false,
            is_chosen: asked.is_some(),
            reset_href: reset(links, database),
        }),
        identifier: identifier_form(links, asked, form, of_form.map(AsRef::as_ref), hint),
        sign_up_href: sign_up.map(|database| links.sign_up(&database.name)),
        signed_in_as: None,
        invitation: entrance.invitation.clone(),
        other_organization_href: other_organization(login, entrance, links),
    }
}

fn identifier_form<'p>(
    links: &'p Links<'_>,
    asked: Option<&'p str>,
    form: Form,
    connection: Option<&'p ShownConnection>,
    entered: String,
) -> Option<IdentifierForm<'p>> {
    let is_for_codes = connection.is_some_and(|connection| connection.strategy == Strategy::Email);
    let (action, field) = match (form, connection) {
        (Form::Email, Some(connection)) => (links.to("/login/email", Some(&connection.name)), "email"),
        (Form::Identifier, _) => (links.to("/login/identifier", asked), "username"),
        _ => return None,
    };
    let takes_names = !is_for_codes && connection.is_some();
    Some(IdentifierForm { action, field, takes_names, entered, error: None })
}

/// Where the password is changed, if the connection lets its people do so.
fn reset<'p>(links: &'p Links<'_>, database: &'p ShownConnection) -> Option<Href<'p>> {
    database.resets_passwords.then(|| links.to("/login/reset", Some(&database.name)))
}

fn option_view<'p>(links: &'p Links<'_>, connection: &'p ShownConnection) -> OptionView<'p> {
    let title = connection.title();
    OptionView {
        title,
        href: links.to("/authorize", Some(&connection.name)),
        mark: Mark::new(connection.icon_url.as_deref(), connection.strategy, title),
    }
}

/// "Not your organization?": the picker or the choice where the application has one, else back to where a login
/// begins.
fn other_organization(login: &Login, entrance: &Entrance, links: &Links<'_>) -> Option<Href<'static>> {
    if entrance.organization.is_none() && entrance.authorization.request().get(ACCOUNT).is_none() {
        return None;
    }
    match entrance.application.require_behavior() {
        RequireBehavior::PreLoginPrompt | RequireBehavior::PostLoginPrompt => Some(links.elsewhere()),
        RequireBehavior::NoPrompt => {
            let uri = url::Url::parse(entrance.application.initiate_login_uri.as_deref()?).ok()?;
            Some(Href::new(&super::hosts::initiate_login(&uri, &login.settings.issuer(), None)))
        }
    }
}
