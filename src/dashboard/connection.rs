//! One connection: what it is called, what its identity provider has to know, and whether that answers.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::confirmation::{Confirmation, check_typed, quoted};
use super::connections::{known_fields, labels, put_typed};
use super::editing::Edit;
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use super::strategy::{self, Field, has_identity_provider, kind};
use super::{Answer, Dashboard, expiry};
use crate::management_client::{Administration, AdministrationError, encode};
use crate::model::{Connection, Timestamp};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

#[derive(Template)]
#[template(path = "dashboard/connection.html", whitespace = "minimize")]
struct ConnectionPage {
    text: Text,
    frame: Frame,
    name: String,
    id: String,
    kind: &'static str,
    fields: &'static [Field],
    /// What the identity provider has to know.
    callback: Option<String>,
    form: Edit,
    /// What came of asking the identity provider.
    checked: Option<Result<(), String>>,
    /// That its secret ends soon.
    warning: Option<String>,
    organizations_href: String,
    check_action: String,
    try_action: String,
    /// The organization that was typed for a trial.
    tried: String,
    delete_href: String,
}

/// What administrators know a connection by.
pub(super) fn title(connection: &Connection) -> String {
    connection.display_name.clone().unwrap_or_else(|| connection.name.clone())
}

/// Its page here.
pub(super) fn address(id: &str) -> String {
    format!("/dashboard/connections/{}", encode(id))
}

pub(super) fn path(id: &str) -> String {
    format!("/api/v2/connections/{}", encode(id))
}

/// A connection without its secrets.
pub(super) async fn find(api: &Administration, id: &str) -> Result<Option<Connection>, AdministrationError> {
    api.find(&path(id)).await
}

/// `GET /dashboard/connections/{id}`.
pub(super) async fn page(State(dashboard): State<Arc<Dashboard>>, signed: Signed, Path(id): Path<String>) -> Answer {
    draw(&dashboard, &signed, &id, signed.draft.clone(), Errors::default(), None).await
}

async fn draw(
    dashboard: &Dashboard,
    signed: &Signed,
    id: &str,
    typed: Option<Form>,
    errors: Errors,
    checked: Option<Result<(), String>>,
) -> Answer {
    let (known, version) = signed.api.get_versioned::<Connection>(&path(id)).await?;
    let tried = typed.as_ref().map(|typed| typed.get("organization").to_owned()).unwrap_or_default();
    // The form of a trial has none of the connection's own fields.
    let typed = typed.filter(|typed| tried.is_empty() || !typed.get("version").is_empty());
    let form = Edit::of((as_form(&known), version), typed, &errors, &labels(known.strategy));
    let callback = dashboard.relying_party.callback_url(&known.name).to_string();
    let frame = Frame { action: address(id), ..Frame::within(signed, Section::Connections, title(&known)) };
    frame.with(errors).draw(|frame| ConnectionPage {
        text: signed.reader.text,
        frame,
        kind: kind(known.strategy),
        fields: strategy::fields(known.strategy),
        callback: has_identity_provider(known.strategy).then_some(callback),
        form,
        checked,
        warning: expiry::warning(&known, Timestamp::now()),
        organizations_href: format!("{}/organizations", address(id)),
        check_action: format!("{}/check", address(id)),
        try_action: format!("{}/try", address(id)),
        tried,
        delete_href: format!("{}/delete", address(id)),
        name: known.name,
        id: known.id,
    })
}

/// The page after a trial that could not begin.
pub(super) async fn draw_again(
    dashboard: &Dashboard,
    signed: &Signed,
    id: &str,
    typed: Form,
    errors: Errors,
) -> Answer {
    draw(dashboard, signed, id, Some(typed), errors, None).await
}

/// What is there, as it would be typed.
fn as_form(known: &Connection) -> Form {
    let text = |name: &str| known.options.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let options = strategy::fields(known.strategy).iter().map(|field| (field.name.to_owned(), text(field.name)));
    let own = [
        ("display_name".to_owned(), known.display_name.clone().unwrap_or_default()),
        (expiry::KEY.to_owned(), expiry::written(known)),
    ];
    options.chain(own).collect()
}

/// `POST /dashboard/connections/{id}`.
pub(super) async fn update(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Path(id): Path<String>,
    Extension(form): Extension<Form>,
) -> Answer {
    let known = find(&signed.api, &id).await?.ok_or(DashboardError::NotFound)?;
    let display_name = Some(form.get("display_name")).filter(|name| !name.is_empty());
    let mut body = json!({ "display_name": display_name });
    if has_identity_provider(known.strategy) {
        let ends_on = form.get(expiry::KEY).to_owned();
        if !ends_on.is_empty() && !expiry::is_day(&ends_on) {
            let errors = Errors::at_field(expiry::KEY, "Write the day as 2027-01-31.");
            return draw(&dashboard, &signed, &id, Some(form), errors, None).await;
        }
        let mut metadata = known.metadata.clone().unwrap_or_default();
        metadata.remove(expiry::KEY);
        metadata.extend(Some((expiry::KEY.to_owned(), ends_on)).filter(|(_, day)| !day.is_empty()));
        body["metadata"] = json!(metadata);
        let mut options = known.options;
        put_typed(&mut options, known.strategy, &form);
        body["options"] = options.into();
    }
    match signed.api.patch_version::<Value>(&path(&id), form.get("version"), &body).await {
        Ok(_) => Ok(redirect::see_other(&Done::Saved.at(&address(&id)))),
        Err(error) => {
            let errors = Errors::of(error, &known_fields(known.strategy))?;
            draw(&dashboard, &signed, &id, Some(form), errors, None).await
        }
    }
}

/// `POST /dashboard/connections/{id}/check`: asks the identity provider whether it is there.
pub(super) async fn check(State(dashboard): State<Arc<Dashboard>>, signed: Signed, Path(id): Path<String>) -> Answer {
    // Whoever may not see it may not have it asked either.
    find(&signed.api, &id).await?.ok_or(DashboardError::NotFound)?;
    let whole = dashboard.client.deciding().connection(&id).await?.ok_or(DashboardError::NotFound)?;
    let checked = match whole.is_open() {
        true => dashboard.relying_party.probe(&whole).await.map_err(|error| error.to_string()),
        false => Err("Something that every login needs is missing: its id, its secret or its address.".to_owned()),
    };
    draw(&dashboard, &signed, &id, None, Errors::default(), Some(checked)).await
}

/// `GET /dashboard/connections/{id}/delete`.
pub(super) async fn deletion(signed: Signed, Path(id): Path<String>) -> Answer {
    signed.require_recent()?;
    draw_deletion(&signed, &id, Errors::default()).await
}

async fn draw_deletion(signed: &Signed, id: &str, errors: Errors) -> Answer {
    let known = find(&signed.api, id).await?.ok_or(DashboardError::NotFound)?;
    let title = title(&known);
    let frame = Frame::within(signed, Section::Connections, format!("Delete {title}")).below(&title, address(id));
    let asked = Confirmation {
        says: vec![format!("This cannot be undone. {} disappears everywhere.", quoted(&title))],
        losses: vec![
            "the way to sign in, in every organization that has it enabled".to_owned(),
            "its users: their accounts, memberships and passwords".to_owned(),
        ],
        typed: Some((known.name, "The name of the connection, as it stands in tokens.")),
        button: "Delete connection",
        back_href: address(id),
    };
    asked.draw(signed, frame.with(errors))
}

/// `POST /dashboard/connections/{id}/delete`, once its name was typed.
pub(super) async fn delete(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    signed.require_recent()?;
    let known = find(&signed.api, &id).await?.ok_or(DashboardError::NotFound)?;
    if let Err(errors) = check_typed(&form, &known.name) {
        return draw_deletion(&signed, &id, errors).await;
    }
    signed.api.delete(&path(&id)).await?;
    Ok(redirect::see_other(&Done::Deleted.at("/dashboard/connections")))
}
