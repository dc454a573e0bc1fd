//! The discovery domains of one organization: a list, and a new one.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::json;

use super::Answer;
use super::asked::Asked;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::organization::{Head, Tab, path};
use super::session::Signed;
use crate::management_client::encode;
use crate::model::DiscoveryDomain;
use crate::model::discovery_domain::DomainStatus;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Domains of one page of the list.
const TAKEN: usize = 25;

#[derive(Template)]
#[template(path = "dashboard/domains.html", whitespace = "minimize")]
struct DomainsPage {
    text: Text,
    frame: Frame,
    head: Head,
    domains: Vec<Row>,
    first_href: Option<String>,
    next_href: Option<String>,
    new_href: String,
}

struct Row {
    domain: String,
    is_verified: bool,
    leads_here: bool,
    href: String,
}

#[derive(Template)]
#[template(path = "dashboard/domain_new.html", whitespace = "minimize")]
struct NewDomainPage {
    text: Text,
    frame: Frame,
    form: Form,
}

/// The page of one domain.
pub(super) fn address(id: &str, domain_id: &str) -> String {
    format!("{}/{}", Tab::Domains.address(id), encode(domain_id))
}

/// `GET /dashboard/organizations/{id}/domains?from=`.
pub(super) async fn list(signed: Signed, Path(id): Path<String>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Domains).await?;
    let asked = Asked::of(&signed);
    let domains = format!("{}/discovery-domains?take={TAKEN}{}", path(&id), asked.cursor());
    let part = signed.api.part::<DiscoveryDomain>(&domains, "domains").await?;
    let row = |it: DiscoveryDomain| Row {
        is_verified: it.status == DomainStatus::Verified,
        leads_here: it.use_for_organization_discovery,
        href: address(&id, &it.id),
        domain: it.domain,
    };
    let (first_href, next_href) = asked.hrefs(part.next.as_deref());
    head.frame(&signed).draw(|frame| DomainsPage {
        text: signed.reader.text,
        frame,
        domains: part.items.into_iter().map(row).collect(),
        first_href,
        next_href,
        new_href: format!("{}/new", Tab::Domains.address(&id)),
        head,
    })
}

/// `GET /dashboard/organizations/{id}/domains/new`.
pub(super) async fn new(signed: Signed, Path(id): Path<String>) -> Answer {
    draw_new(&signed, &id, signed.draft.clone().unwrap_or_default(), Errors::default()).await
}

async fn draw_new(signed: &Signed, id: &str, form: Form, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Domains).await?;
    let frame = head.frame_below(signed, "New domain").with(errors);
    frame.draw(|frame| NewDomainPage { text: signed.reader.text, frame, form })
}

/// `POST /dashboard/organizations/{id}/domains/new`.
pub(super) async fn create(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let body = json!({ "domain": form.get("domain") });
    match signed.api.post::<DiscoveryDomain>(&format!("{}/discovery-domains", path(&id)), &body).await {
        Ok(made) => Ok(redirect::see_other(&Done::Created.at(&address(&id, &made.id)))),
        Err(error) => draw_new(&signed, &id, form, Errors::of(error, &["domain"])?).await,
    }
}
