//! Which organizations use a connection.

use askama::Template;
use axum::extract::Path;

use super::Answer;
use super::connection::{address, find, path, title};
use super::error::DashboardError;
use super::frame::{Frame, Section};
use super::session::Signed;
use crate::management_client::encode;
use crate::model::Organization;
use crate::web::text::Text;

/// Organizations of one page of the list.
const TAKEN: usize = 50;

#[derive(Template)]
#[template(path = "dashboard/connection_organizations.html", whitespace = "minimize")]
struct OrganizationsPage {
    text: Text,
    frame: Frame,
    title: String,
    /// Address of the connection in each, its title and its name.
    rows: Vec<(String, String, String)>,
    first_href: Option<String>,
    next_href: Option<String>,
}

/// `GET /dashboard/connections/{id}/organizations?from=`.
pub(super) async fn list(signed: Signed, Path(id): Path<String>) -> Answer {
    let known = find(&signed.api, &id).await?.ok_or(DashboardError::NotFound)?;
    let title = title(&known);
    let here = format!("{}/organizations", address(&id));
    let from = signed.parameter("from");
    let cursor = from.as_ref().map(|from| format!("&from={}", encode(from))).unwrap_or_default();
    let path = format!("{}/organizations?take={TAKEN}{cursor}", path(&id));
    let part = signed.api.part::<Organization>(&path, "organizations").await?;
    let row = |it: Organization| {
        let href = format!("{}/connections/{}", super::organization::address(&it.id), encode(&id));
        (href, it.title().to_owned(), it.name)
    };
    let frame = Frame::within(&signed, Section::Connections, "Organizations").below(&title, address(&id));
    frame.draw(|frame| OrganizationsPage {
        text: signed.reader.text,
        frame,
        title,
        rows: part.items.into_iter().map(row).collect(),
        first_href: from.map(|_| here.clone()),
        next_href: part.next.map(|next| format!("{here}?from={}", encode(&next))),
    })
}
