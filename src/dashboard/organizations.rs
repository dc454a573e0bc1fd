//! All organizations: a list that is searched and paged, and a new one.

use askama::Template;
use axum::Extension;
use serde_json::json;

use super::Answer;
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::listing;
use super::session::Signed;
use crate::management_client::{Administration, encode};
use crate::model::Organization;
use crate::model::organization::{is_organization_id, is_organization_name};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Organizations of one page of the list.
const TAKEN: usize = 25;

#[derive(Template)]
#[template(path = "dashboard/organizations.html", whitespace = "minimize")]
struct OrganizationsPage {
    text: Text,
    frame: Frame,
    /// What is searched for.
    query: String,
    organizations: Vec<Organization>,
    first_href: Option<String>,
    next_href: Option<String>,
}

#[derive(Template)]
#[template(path = "dashboard/organization_new.html", whitespace = "minimize")]
struct NewOrganizationPage {
    text: Text,
    frame: Frame,
    form: Form,
}

/// `GET /dashboard/organizations?q=&from=`.
pub(super) async fn list(signed: Signed) -> Answer {
    let (q, from) = (listing::query(&signed), signed.parameter("from"));
    let (organizations, next) = find(&signed.api, &q, from.as_deref()).await?;
    let at = |from: Option<&str>| listing::address("/dashboard/organizations", &q, from);
    let (first_href, next_href) = (from.map(|_| at(None)), next.map(|next| at(Some(&next))));
    Frame::new(&signed, Section::Organizations, "Organizations").draw(|frame| OrganizationsPage {
        text: signed.reader.text,
        frame,
        first_href,
        next_href,
        organizations,
        query: q,
    })
}

/// One page of the organizations that the text is about. An id and a name find theirs at once, however many there are.
async fn find(
    api: &Administration,
    q: &str,
    from: Option<&str>,
) -> Result<(Vec<Organization>, Option<String>), DashboardError> {
    let from = from.map(|from| format!("&from={}", encode(from))).unwrap_or_default();
    if q.is_empty() {
        let path = format!("/api/v2/organizations?take={TAKEN}&sort=name:1{from}");
        let part = api.part(&path, "organizations").await?;
        return Ok((part.items, part.next));
    }
    let mut found: Vec<Organization> = Vec::new();
    if from.is_empty() {
        let exact = match (is_organization_id(q), is_organization_name(q)) {
            (true, _) => api.find(&format!("/api/v2/organizations/{q}")).await?,
            (false, true) => api.find(&format!("/api/v2/organizations/name/{q}")).await?,
            (false, false) => None,
        };
        found.extend(exact);
    }
    let path = format!(
        "/api/v2/organizations/search?take={TAKEN}&sort=name&q={}{from}",
        encode(&listing::condition(q, &["name", "display_name"]))
    );
    let part = api.part::<Organization>(&path, "organizations").await?;
    let known: Vec<String> = found.iter().map(|it| it.id.clone()).collect();
    found.extend(part.items.into_iter().filter(|it| !known.contains(&it.id)));
    Ok((found, part.next))
}

/// `GET /dashboard/organizations/new`.
pub(super) async fn new(signed: Signed) -> Answer {
    let form = signed.draft.clone().unwrap_or_default();
    draw_new(&signed, form, Errors::default())
}

fn draw_new(signed: &Signed, form: Form, errors: Errors) -> Answer {
    let frame = Frame::within(signed, Section::Organizations, "New organization").with(errors);
    frame.draw(|frame| NewOrganizationPage { text: signed.reader.text, frame, form })
}

/// `POST /dashboard/organizations/new`.
pub(super) async fn create(signed: Signed, Extension(form): Extension<Form>) -> Answer {
    let mut body = json!({ "name": form.get("name") });
    if !form.get("display_name").is_empty() {
        body["display_name"] = form.get("display_name").into();
    }
    match signed.api.post::<Organization>("/api/v2/organizations", &body).await {
        Ok(made) => Ok(redirect::see_other(&Done::Created.at(&super::organization::address(&made.id)))),
        Err(error) => draw_new(&signed, form, Errors::of(error, &["name", "display_name"])?),
    }
}
