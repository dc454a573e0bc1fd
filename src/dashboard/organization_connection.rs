//! One enabled connection of an organization: its switches, and its removal.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::{Value, json};

use super::Answer;
use super::confirmation::{Confirmation, quoted};
use super::connection::{self, title};
use super::editing::{Edit, Labels, names};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::organization::{Head, Tab, address, path};
use super::session::Signed;
use super::strategy::has_identity_provider;
use crate::management_client::encode;
use crate::model::{EnabledConnection, Strategy};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

#[derive(Template)]
#[template(path = "dashboard/organization_connection.html", whitespace = "minimize")]
struct EnabledPage {
    text: Text,
    frame: Frame,
    /// The switches as they are, or as they were just set and not saved.
    form: Edit,
    is_database: bool,
    /// Whether a page may hide its button.
    is_enterprise: bool,
    /// Whether saving needs the person to say that they mean everybody.
    asks_for_everybody: bool,
    remove_href: String,
    /// Where there is an identity provider to go to.
    try_action: Option<String>,
    organization_id: String,
}

const FIELDS: Labels = &[
    ("assign_membership_on_login", "Membership On Authentication"),
    ("allowed_domains", "Whose people become members"),
    ("show_as_button", "Show as button"),
    ("is_signup_enabled", "Sign-up"),
];

/// The switches as the form would send them.
fn as_form(enabled: &EnabledConnection) -> Form {
    let tick = |is_on: bool| if is_on { "on" } else { "" }.to_owned();
    let membership = if enabled.assign_membership_on_login { "on" } else { "off" };
    let fields = [
        ("assign_membership_on_login", membership.to_owned()),
        ("allowed_domains", enabled.allowed_domains.join("\n")),
        ("show_as_button", tick(enabled.connection.strategy.is_enterprise() && enabled.show_as_button)),
        ("is_signup_enabled", tick(enabled.is_signup_enabled == Some(true))),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The domains that were typed.
fn domains(form: &Form) -> Vec<&str> {
    let typed = form.get("allowed_domains");
    typed.split([',', ' ', '\n', '\r', '\t']).filter(|domain| !domain.is_empty()).collect()
}

/// `GET /dashboard/organizations/{id}/connections/{connection}`.
pub(super) async fn page(signed: Signed, Path((id, cid)): Path<(String, String)>) -> Answer {
    draw(&signed, (&id, &cid), signed.draft.clone(), Errors::default()).await
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

async fn draw(signed: &Signed, (id, cid): (&str, &str), typed: Option<Form>, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Connections).await?;
    let (enabled, version) = signed.api.get_versioned::<EnabledConnection>(&one(id, cid)).await?;
    let known = connection::find(&signed.api, cid).await?;
    let title = known.as_ref().map_or_else(|| enabled.connection.name.clone(), title);
    let strategy = enabled.connection.strategy;
    let form = Edit::of((as_form(&enabled), version), typed, &errors, FIELDS);
    let asks_for_everybody = errors.at("everybody").is_some();
    let organization_id = head.organization.id.clone();
    head.frame_below(signed, title).with(errors).draw(|frame| EnabledPage {
        text: signed.reader.text,
        frame,
        form,
        is_database: strategy == Strategy::Auth0,
        is_enterprise: strategy.is_enterprise(),
        asks_for_everybody,
        remove_href: format!("{}/remove", here(id, cid)),
        try_action: has_identity_provider(strategy).then(|| format!("{}/try", connection::address(cid))),
        organization_id,
    })
}

/// `POST /dashboard/organizations/{id}/connections/{connection}`.
pub(super) async fn update(
    signed: Signed,
    Path((id, cid)): Path<(String, String)>,
    Extension(form): Extension<Form>,
) -> Answer {
    let (membership, sign_up) = (form.is_on("assign_membership_on_login"), form.is_on("is_signup_enabled"));
    let before = find(&signed, (&id, &cid)).await?;
    let lets_everybody_join = membership
        && domains(&form).is_empty()
        && !before.membership_open
        && (sign_up || is_for_anyone(&signed, &cid).await?);
    if lets_everybody_join && !form.is_on("everybody") {
        let message = "Anyone can get an account there, so anyone at all would become a member. Name the domains \
                       whose people may, or confirm that you mean everybody.";
        return draw(&signed, (&id, &cid), Some(form), Errors::at_field("everybody", message)).await;
    }
    let mut body = json!({
        "assign_membership_on_login": membership,
        "allowed_domains": domains(&form),
    });
    let strategy = before.connection.strategy;
    if strategy.is_enterprise() {
        body["show_as_button"] = form.is_on("show_as_button").into();
    }
    if strategy == Strategy::Auth0 {
        body["is_signup_enabled"] = sign_up.into();
    }
    match signed.api.patch_version::<Value>(&one(&id, &cid), form.get("version"), &body).await {
        Ok(_) => Ok(redirect::see_other(&Done::Saved.at(&format!("{}/connections", address(&id))))),
        Err(error) => {
            let errors = Errors::of(error, &names(FIELDS))?;
            draw(&signed, (&id, &cid), Some(form), errors).await
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
    let organization = quoted(head.organization.title());
    let asked = Confirmation {
        says: vec![format!(
            "Nobody signs in to {organization} through {} any more, from now on. Its switches here are lost. Members \
             stay members; the connection itself stays, also for other organizations.",
            quoted(&title)
        )],
        losses: Vec::new(),
        typed: None,
        button: "Remove Connection",
        back_href: format!("{}/connections", address(&id)),
    };
    asked.draw(&signed, head.frame_below(&signed, format!("Remove {title}")))
}

/// `POST /dashboard/organizations/{id}/connections/{connection}/remove`.
pub(super) async fn remove(signed: Signed, Path((id, cid)): Path<(String, String)>) -> Answer {
    signed.api.delete(&one(&id, &cid)).await?;
    Ok(redirect::see_other(&Done::Removed.at(&format!("{}/connections", address(&id)))))
}
