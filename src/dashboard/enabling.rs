//! Enabling a connection for an organization: one is selected among those that are not enabled yet.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::{Value, json};

use super::Answer;
use super::connection::title;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::organization::{Head, Tab, address, path};
use super::organization_connections::enabled;
use super::session::Signed;
use super::strategy::kind;
use crate::management_client::{AdministrationError, encode};
use crate::model::Connection;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Connections that are offered at once.
const OFFERED: usize = 100;

#[derive(Template)]
#[template(path = "dashboard/connection_enable.html", whitespace = "minimize")]
struct EnablePage {
    text: Text,
    frame: Frame,
    head: Head,
    /// Id, title, name and kind of each.
    choices: Vec<(String, String, String, &'static str)>,
    chosen: String,
    /// The cursor of further ones.
    next: Option<String>,
}

/// `GET /dashboard/organizations/{id}/connections/enable`.
pub(super) async fn page(signed: Signed, Path(id): Path<String>) -> Answer {
    let chosen = signed.draft.as_ref().map(|draft| draft.get("connection_id").to_owned()).unwrap_or_default();
    draw(&signed, &id, chosen, Errors::default()).await
}

async fn draw(signed: &Signed, id: &str, chosen: String, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Connections).await?;
    let there = enabled(&signed.api, id).await?;
    let from = signed.parameter("from").map(|from| format!("&from={}", encode(&from))).unwrap_or_default();
    let part =
        signed.api.part::<Connection>(&format!("/api/v2/connections?take={OFFERED}{from}"), "connections").await?;
    let is_there = |connection: &Connection| there.iter().any(|enabled| enabled.connection_id == connection.id);
    let choices = part.items.iter().filter(|connection| !is_there(connection));
    let choice = |it: &Connection| (it.id.clone(), title(it), it.name.clone(), kind(it.strategy));
    head.frame_below(signed, "Enable a connection").with(errors).draw(|frame| EnablePage {
        text: signed.reader.text,
        frame,
        choices: choices.map(choice).collect(),
        next: part.next.map(|next| format!("{}?from={}", signed.path(), encode(&next))),
        head,
        chosen,
    })
}

/// `POST /dashboard/organizations/{id}/connections/enable`.
pub(super) async fn enable(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let chosen = form.get("connection_id").to_owned();
    if chosen.is_empty() {
        let errors = Errors::at_field("connection_id", "Select the connection to enable.");
        return draw(&signed, &id, chosen, errors).await;
    }
    let body = json!({ "connection_id": chosen });
    match signed.api.post::<Value>(&format!("{}/enabled_connections", path(&id)), &body).await {
        // Somebody else was faster: it is what was wanted.
        Ok(_) => Ok(redirect::see_other(&Done::Enabled.at(&of(&id, &chosen)))),
        Err(AdministrationError::Refused(error)) if error.status_code == 409 => {
            Ok(redirect::see_other(&of(&id, &chosen)))
        }
        Err(error) => draw(&signed, &id, chosen, Errors::of(error, &["connection_id"])?).await,
    }
}

fn of(id: &str, connection_id: &str) -> String {
    format!("{}/connections/{}", address(id), encode(connection_id))
}
