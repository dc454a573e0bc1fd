//! The organizations that a user belongs to.

use askama::Template;
use axum::extract::Path;

use super::Answer;
use super::frame::Frame;
use super::session::Signed;
use super::user::{Head, Tab, path};
use crate::model::Organization;
use crate::web::text::Text;

/// Organizations of one page, and as many pages as the API counts off.
const TAKEN: usize = 25;
const PAGES: usize = 40;

#[derive(Template)]
#[template(path = "dashboard/user_organizations.html", whitespace = "minimize")]
struct OrganizationsPage {
    text: Text,
    frame: Frame,
    head: Head,
    organizations: Vec<Organization>,
    first_href: Option<String>,
    next_href: Option<String>,
}

/// `GET /dashboard/users/{id}/organizations?page=`.
pub(super) async fn list(signed: Signed, Path(id): Path<String>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Organizations).await?;
    let page = signed.parameter("page").and_then(|page| page.parse().ok()).unwrap_or(0).min(PAGES - 1);
    let organizations: Vec<Organization> = signed
        .api
        .get(&format!("{}/organizations?per_page={TAKEN}&page={page}&sort=display_name:1", path(&id)))
        .await?;
    let here = Tab::Organizations.address(&id);
    let is_more = organizations.len() == TAKEN && page + 1 < PAGES;
    head.frame(&signed).draw(|frame| OrganizationsPage {
        text: signed.reader.text,
        frame,
        head,
        organizations,
        first_href: (page > 0).then(|| here.clone()),
        next_href: is_more.then(|| format!("{here}?page={}", page + 1)),
    })
}
