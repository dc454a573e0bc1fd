//! One enabled connection of an organization: its switches, and its removal.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::Answer;
use super::connection::{self, title};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::organization::{Head, Tab, address, path};
use super::session::Signed;
use crate::management_client::encode;
use crate::model::{EnabledConnection, Strategy};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::redirect;
use crate::web::text::Text;

#[derive(Template)]
#[template(path = "dashboard/organization_connection.html", whitespace = "minimize")]
struct EnabledPage {
    text: Text,
    frame: Frame,
    /// The switches as they are, or as they were just set and not saved.
    switches: Switches,
    is_database: bool,
    /// Whether a page may hide its button.
    is_enterprise: bool,
    /// Whether saving needs the person to say that they mean everybody.
    asks_for_everybody: bool,
    remove_href: String,
    errors: Errors,
}

#[derive(Template)]
#[template(path = "dashboard/connection_remove.html", whitespace = "minimize")]
struct RemovalPage {
    text: Text,
    frame: Frame,
    head: Head,
    title: String,
    back_href: String,
}

/// The switches of the form.
struct Switches {
    membership: bool,
    button: bool,
    sign_up: bool,
    allowed_domains: String,
}

impl Switches {
    fn of(enabled: &EnabledConnection) -> Self {
        Self {
            membership: enabled.assign_membership_on_login,
            button: enabled.show_as_button,
            sign_up: enabled.is_signup_enabled == Some(true),
            allowed_domains: enabled.allowed_domains.join("\n"),
        }
    }

    fn typed(form: &Form) -> Self {
        Self {
            membership: form.get("assign_membership_on_login") == "on",
            button: form.is_on("show_as_button"),
            sign_up: form.is_on("is_signup_enabled"),
            allowed_domains: form.get("allowed_domains").to_owned(),
        }
    }

    fn domains(&self) -> Vec<&str> {
        self.allowed_domains.split([',', ' ', '\n', '\r', '\t']).filter(|domain| !domain.is_empty()).collect()
    }
}

/// `GET /dashboard/organizations/{id}/connections/{connection}`.
pub(super) async fn page(signed: Signed, Path((id, cid)): Path<(String, String)>) -> Answer {
    let typed = signed.draft.as_ref().map(Switches::typed);
    draw(&signed, (&id, &cid), typed, Errors::default()).await
}

async fn find(signed: &Signed, (id, cid): (&str, &str)) -> Result<EnabledConnection, DashboardError> {
    Ok(signed.api.get(&one(id, cid)).await?)
}

fn one(id: &str, cid: &str) -> String {
    format!("{}/enabled_connections/{}", path(id), encode(cid))
}

fn here(id: &str, cid: &str) -> String {
    format!("{}/connections/{}", address(id), encode(cid))
}

async fn draw(signed: &Signed, (id, cid): (&str, &str), typed: Option<Switches>, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Connections).await?;
    let enabled = find(signed, (id, cid)).await?;
    let known = connection::find(&signed.api, cid).await?;
    let title = known.as_ref().map_or_else(|| enabled.connection.name.clone(), title);
    let strategy = enabled.connection.strategy;
    let page = EnabledPage {
        text: signed.reader.text,
        frame: head.frame_below(signed, title),
        switches: typed.unwrap_or_else(|| Switches::of(&enabled)),
        is_database: strategy == Strategy::Auth0,
        is_enterprise: strategy.is_enterprise(),
        asks_for_everybody: errors.at("everybody").is_some(),
        remove_href: format!("{}/remove", here(id, cid)),
        errors,
    };
    let status = page.errors.status();
    Ok(Page::new(page).own_forms().status(status).into_response())
}

/// `POST /dashboard/organizations/{id}/connections/{connection}`.
pub(super) async fn update(
    signed: Signed,
    Path((id, cid)): Path<(String, String)>,
    Extension(form): Extension<Form>,
) -> Answer {
    let switches = Switches::typed(&form);
    let before = find(&signed, (&id, &cid)).await?;
    let lets_everybody_join = switches.membership
        && switches.domains().is_empty()
        && !before.membership_open
        && (switches.sign_up || is_for_anyone(&signed, &cid).await?);
    if lets_everybody_join && !form.is_on("everybody") {
        let message = "Anyone can get an account there, so anyone at all would become a member. Name the domains \
                       whose people may, or confirm that you mean everybody.";
        return draw(&signed, (&id, &cid), Some(switches), Errors::at_field("everybody", message)).await;
    }
    let mut body = json!({
        "assign_membership_on_login": switches.membership,
        "allowed_domains": switches.domains(),
    });
    let strategy = before.connection.strategy;
    if strategy.is_enterprise() {
        body["show_as_button"] = switches.button.into();
    }
    if strategy == Strategy::Auth0 {
        body["is_signup_enabled"] = switches.sign_up.into();
    }
    match signed.api.patch::<Value>(&one(&id, &cid), &body).await {
        Ok(_) => Ok(redirect::see_other(&Done::Saved.at(&format!("{}/connections", address(&id))))),
        Err(error) => {
            let errors = Errors::of(error, &["allowed_domains", "is_signup_enabled"])?;
            draw(&signed, (&id, &cid), Some(switches), errors).await
        }
    }
}

/// Whether anybody can have an account there.
async fn is_for_anyone(signed: &Signed, cid: &str) -> Result<bool, DashboardError> {
    let found = connection::find(&signed.api, cid).await?;
    Ok(found.is_some_and(|found| found.strategy.is_for_anyone(&found.options)))
}

/// `GET /dashboard/organizations/{id}/connections/{connection}/remove`.
pub(super) async fn removal(signed: Signed, Path((id, cid)): Path<(String, String)>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Connections).await?;
    let enabled = find(&signed, (&id, &cid)).await?;
    let known = connection::find(&signed.api, &cid).await?;
    let title = known.as_ref().map_or_else(|| enabled.connection.name.clone(), title);
    let page = RemovalPage {
        text: signed.reader.text,
        frame: head.frame_below(&signed, format!("Remove {title}")),
        head,
        title,
        back_href: format!("{}/connections", address(&id)),
    };
    Ok(Page::new(page).own_forms().into_response())
}

/// `POST /dashboard/organizations/{id}/connections/{connection}/remove`.
pub(super) async fn remove(signed: Signed, Path((id, cid)): Path<(String, String)>) -> Answer {
    signed.api.delete(&one(&id, &cid)).await?;
    Ok(redirect::see_other(&Done::Removed.at(&format!("{}/connections", address(&id)))))
}
