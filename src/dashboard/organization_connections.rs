//! The connections of one organization: which are enabled, and what each does.

use askama::Template;
use axum::extract::Path;

use super::Answer;
use super::connection::title;
use super::frame::Frame;
use super::organization::{Head, Tab, address, path};
use super::session::Signed;
use super::strategy::kind;
use crate::management_client::{Administration, AdministrationError, Part, encode};
use crate::model::{Connection, EnabledConnection};
use crate::web::text::Text;

/// As many as one organization may have.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "dashboard/organization_connections.html", whitespace = "minimize")]
struct ConnectionsPage {
    text: Text,
    frame: Frame,
    head: Head,
    connections: Vec<Row>,
}

pub(super) struct Row {
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) enabled: EnabledConnection,
    href: String,
}

/// `GET /dashboard/organizations/{id}/connections`.
pub(super) async fn list(signed: Signed, Path(id): Path<String>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Connections).await?;
    let connections = rows(&signed.api, &id).await?;
    head.frame(&signed).draw(|frame| ConnectionsPage { text: signed.reader.text, frame, head, connections })
}

/// The rows of what is enabled, in the order of the buttons.
pub(super) async fn rows(api: &Administration, id: &str) -> Result<Vec<Row>, AdministrationError> {
    // Their titles; of more than so many, the others are called by their names.
    let known: Part<Connection> = api.part(&format!("/api/v2/connections?take={MOST}"), "connections").await?;
    let row = |enabled: EnabledConnection| Row {
        title: known
            .items
            .iter()
            .find(|known| known.id == enabled.connection_id)
            .map_or_else(|| enabled.connection.name.clone(), title),
        kind: kind(enabled.connection.strategy),
        href: format!("{}/connections/{}", address(id), encode(&enabled.connection_id)),
        enabled,
    };
    Ok(enabled(api, id).await?.into_iter().map(row).collect())
}

/// What is enabled, in the order of the buttons.
pub(super) async fn enabled(api: &Administration, id: &str) -> Result<Vec<EnabledConnection>, AdministrationError> {
    api.get(&format!("{}/enabled_connections?per_page={MOST}", path(id))).await
}
