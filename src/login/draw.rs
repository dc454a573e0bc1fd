//! Draws an organization's page from its entrance and options: a pure function of the request.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::entrance::Entrance;
use super::options;
use super::organization::ACCOUNT;
use super::page::{LoginOption as OptionView, LoginPage, Mark, PasswordForm};
use super::{Login, Visit};
use crate::management_client::LoginOption;
use crate::model::grant::Session;
use crate::model::{Connection, Organization, RequireBehavior};
use crate::web::message::{OrganizationView, ThemeColors};
use crate::web::text::Text;

/// A failed try with the password form.
pub(super) struct Attempt<'a> {
    pub(super) status: StatusCode,
    pub(super) message: &'a str,
    pub(super) identifier: &'a str,
}

/// The page; `session` is one that cannot be used here.
pub(super) fn page(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    options: &[LoginOption],
    session: Option<&Session>,
) -> Response {
    let mut page = view(login, visit.text(), entrance, options);
    page.signed_in_as = session.map(|session| session.label.clone());
    page.into_page(&entrance.authorization.redirect_uri).into_response()
}

/// The page after a failed try, with what was entered.
pub(super) fn page_again(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    options: &[LoginOption],
    attempt: Attempt<'_>,
) -> Response {
    let mut page = view(login, visit.text(), entrance, options);
    if let Some(form) = &mut page.password {
        form.identifier = attempt.identifier.to_owned();
        form.error = Some(attempt.message.to_owned());
        form.is_invalid = attempt.status == StatusCode::BAD_REQUEST;
    }
    page.into_page(&entrance.authorization.redirect_uri).status(attempt.status).into_response()
}

fn view(login: &Login, text: Text, entrance: &Entrance, options: &[LoginOption]) -> LoginPage {
    let asked = entrance.authorization.connection.as_deref();
    let database = options::database(options, asked);
    // There is one form; a further database connection is a button that leads to its own. `show_as_button` is
    // about other connections (contract §1.4).
    let buttons = options.iter().filter(|option| match &database {
        Some(database) if option.connection.strategy.is_database() => option.connection.id != database.id,
        _ => option.visible,
    });
    let password = database.as_ref().map(|_| PasswordForm {
        action: format!("/login/password?{}", entrance.authorization.request.to_query()),
        identifier: entrance.authorization.login_hint.clone().unwrap_or_default(),
        error: None,
        is_invalid: false,
    });
    LoginPage {
        text,
        organization: entrance.organization.as_deref().map(organization_view),
        application_name: entrance.application.name.clone(),
        options: buttons.map(|option| option_view(entrance, &option.connection)).collect(),
        password,
        signed_in_as: None,
        other_organization_href: other_organization(login, entrance),
    }
}

fn option_view(entrance: &Entrance, connection: &Connection) -> OptionView {
    let title = connection.title();
    let icon_url = connection.options.get("icon_url").and_then(|url| url.as_str()).map(str::to_owned);
    OptionView {
        title: title.to_owned(),
        href: entrance.with("connection", &connection.name),
        mark: Mark::new(icon_url, connection.strategy.as_str(), title),
    }
}

pub(super) fn organization_view(organization: &Organization) -> OrganizationView {
    let branding = organization.branding.as_ref();
    let colors = branding.and_then(|branding| branding.colors.as_ref());
    OrganizationView {
        title: organization.title().to_owned(),
        name: organization.name.clone(),
        logo_url: branding.and_then(|branding| branding.logo_url.clone()),
        theme: colors
            .map(|colors| ThemeColors { primary: colors.primary.clone(), background: colors.page_background.clone() }),
    }
}

/// "Not your organization?": the picker where the application has one, else back to where a login begins.
fn other_organization(login: &Login, entrance: &Entrance) -> Option<String> {
    let request = &entrance.authorization.request;
    if entrance.organization.is_none() && request.get(ACCOUNT).is_none() {
        return None;
    }
    match entrance.application.require_behavior() {
        RequireBehavior::PreLoginPrompt => {
            let request = request.without("organization").without(ACCOUNT).without("connection");
            Some(format!("/authorize?{}", request.to_query()))
        }
        RequireBehavior::NoPrompt | RequireBehavior::PostLoginPrompt => {
            let uri = url::Url::parse(entrance.application.initiate_login_uri.as_deref()?).ok()?;
            Some(super::hosts::initiate_login(&uri, &login.settings.issuer(), None))
        }
    }
}
