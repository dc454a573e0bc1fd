//! All organizations: a list that is searched and paged, and a new one.

use askama::Template;
use axum::Extension;
use serde_json::json;

use super::Answer;
use super::asked::{Asked, part_of};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use crate::management_client::{Administration, encode};
use crate::model::Organization;
use crate::model::discovery_domain::normal_domain;
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
    rows: Vec<Organization>,
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
    let asked = Asked::of(&signed);
    let (rows, next) = find(&signed.api, &asked).await?;
    let (first_href, next_href) = asked.hrefs(next.as_deref());
    Frame::new(&signed, Section::Organizations, "Organizations").draw(|frame| OrganizationsPage {
        text: signed.reader.text,
        frame,
        first_href,
        next_href,
        rows,
        query: asked.q,
    })
}

/// One page of the organizations that the text is about. An id and a name find theirs at once, however many there are.
async fn find(api: &Administration, asked: &Asked) -> Result<(Vec<Organization>, Option<String>), DashboardError> {
    let (q, from) = (asked.q.as_str(), asked.cursor());
    if q.is_empty() {
        let path = format!("/api/v2/organizations?take={TAKEN}&sort=name:1{from}");
        let part = api.part(&path, "organizations").await?;
        return Ok((part.items, part.next));
    }
    let mut found: Vec<Organization> = Vec::new();
    if asked.is_first() {
        let exact = match (is_organization_id(q), is_organization_name(q)) {
            (true, _) => api.find(&format!("/api/v2/organizations/{q}")).await?,
            (false, true) => api.find(&format!("/api/v2/organizations/name/{q}")).await?,
            (false, false) => None,
        };
        found.extend(exact);
    }
    let condition = format!("{} OR {}", part_of("name", q), part_of("display_name", q));
    let path = format!("/api/v2/organizations/search?take={TAKEN}&sort=name&q={}{from}", encode(&condition));
    let part = api.part::<Organization>(&path, "organizations").await?;
    if from.is_empty() && normal_domain(q).is_some() {
        let path = format!("/api/v2/organizations/domain/{}?take={TAKEN}", encode(q));
        found.extend(api.part::<Organization>(&path, "organizations").await?.items);
    }
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
