//! Which connections people of an application may use without an organization.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::json;

use super::Answer;
use super::application::{Head, Tab};
use super::connection::title;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::session::Signed;
use super::strategy::kind;
use crate::management_client::{AdministrationError, encode};
use crate::model::{Connection, OrganizationUsage};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Connections of one page; each sends at most two fields.
const TAKEN: usize = 50;

#[derive(Template)]
#[template(path = "dashboard/application_connections.html", whitespace = "minimize")]
struct ConnectionsPage {
    text: Text,
    frame: Frame,
    head: Head,
    rows: Vec<Row>,
    /// Whether people ever see them.
    are_used: bool,
    /// Which page of the list it is.
    from: String,
    first_href: Option<String>,
    next_href: Option<String>,
}

struct Row {
    id: String,
    title: String,
    name: String,
    kind: &'static str,
    was_on: bool,
    is_on: bool,
}

/// `GET /dashboard/applications/{client_id}/connections?from=`.
pub(super) async fn list(signed: Signed, Path(client_id): Path<String>) -> Answer {
    let from = signed.parameter("from").unwrap_or_default();
    draw(&signed, &client_id, &from, signed.draft.clone(), Errors::default()).await
}

async fn draw(signed: &Signed, client_id: &str, from: &str, typed: Option<Form>, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, client_id, Tab::Connections).await?;
    let cursor = if from.is_empty() { String::new() } else { format!("&from={}", encode(from)) };
    let path = format!("/api/v2/connections?take={TAKEN}{cursor}");
    let part = signed.api.part::<Connection>(&path, "connections").await?;
    let row = |it: Connection| {
        let was_on = it.enabled_clients.iter().any(|its| its == client_id);
        Row {
            title: title(&it),
            kind: kind(it.strategy),
            was_on,
            is_on: typed.as_ref().map_or(was_on, |typed| typed.all("on").any(|id| id == it.id)),
            id: it.id,
            name: it.name,
        }
    };
    let here = Tab::Connections.address(client_id);
    let frame = head.frame(signed).with(errors);
    frame.draw(|frame| ConnectionsPage {
        text: signed.reader.text,
        frame,
        rows: part.items.into_iter().map(row).collect(),
        are_used: head.application.usage() != OrganizationUsage::Require,
        from: from.to_owned(),
        first_href: (!from.is_empty()).then(|| here.clone()),
        next_href: part.next.map(|next| format!("{here}?from={}", encode(&next))),
        head,
    })
}

/// `POST /dashboard/applications/{client_id}/connections`: changes those that the person changed, and no other.
pub(super) async fn update(signed: Signed, Path(client_id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let (was, is): (Vec<_>, Vec<_>) = (form.all("was").collect(), form.all("on").collect());
    let (switched_on, switched_off) =
        (is.iter().filter(|id| !was.contains(id)), was.iter().filter(|id| !is.contains(id)));
    let changes = switched_on.map(|id| (id, true)).chain(switched_off.map(|id| (id, false)));
    for (id, status) in changes {
        let body = json!([{ "client_id": client_id, "status": status }]);
        let path = format!("/api/v2/connections/{}/clients", encode(id));
        match signed.api.patch::<()>(&path, &body).await {
            // Somebody else deleted it: nobody signs in through it.
            Ok(()) => {}
            Err(AdministrationError::Refused(error)) if error.status_code == 404 => {}
            Err(error) => {
                let errors = Errors::of(error, &[])?;
                let from = form.get("from").to_owned();
                return draw(&signed, &client_id, &from, Some(form), errors).await;
            }
        }
    }
    let here = Done::Saved.at(&Tab::Connections.address(&client_id));
    Ok(redirect::see_other(&match form.get("from") {
        "" => here,
        from => format!("{here}&from={}", encode(from)),
    }))
}
