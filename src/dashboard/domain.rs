//! One discovery domain: the record that proves it, what the DNS says, its switches, and its end.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::{Value, json};

use super::Answer;
use super::confirmation::{Confirmation, quoted};
use super::domains::address;
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::organization::{Head, Tab, path};
use super::session::Signed;
use crate::management_client::{AdministrationError, encode};
use crate::model::DiscoveryDomain;
use crate::model::discovery_domain::{CheckedDomain, DomainStatus};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

#[derive(Template)]
#[template(path = "dashboard/domain.html", whitespace = "minimize")]
struct DomainPage {
    text: Text,
    frame: Frame,
    domain: DiscoveryDomain,
    is_verified: bool,
    /// The switches as they are, or as they were just set and not saved.
    form: Form,
    found: Option<Found>,
    check_action: String,
    delete_href: String,
}

/// What came of asking the DNS.
enum Found {
    /// It is verified, now or since before.
    Proof,
    /// Records, none of which is the right one; there may be none at all.
    Others(Vec<String>),
    /// No answer; seconds after which to ask again.
    Nothing(u64),
}

fn one(id: &str, domain_id: &str) -> String {
    format!("{}/discovery-domains/{}", path(id), encode(domain_id))
}

fn as_form(domain: &DiscoveryDomain) -> Form {
    let leads_here = if domain.use_for_organization_discovery { "on" } else { "" };
    let status = domain.status.as_str();
    let fields = [
        ("status", status),
        ("had_status", status),
        ("use_for_organization_discovery", leads_here),
        ("had_use", leads_here),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// `GET /dashboard/organizations/{id}/domains/{domain}`.
pub(super) async fn page(signed: Signed, Path((id, domain_id)): Path<(String, String)>) -> Answer {
    let domain = find(&signed, &id, &domain_id).await?;
    let draft = signed.draft.clone().filter(|draft| !draft.get("status").is_empty());
    draw(&signed, &id, domain, draft, Errors::default(), None).await
}

async fn draw(
    signed: &Signed,
    id: &str,
    domain: DiscoveryDomain,
    typed: Option<Form>,
    errors: Errors,
    found: Option<Found>,
) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Domains).await?;
    let here = address(id, &domain.id);
    let frame = Frame { action: here.clone(), ..head.frame_below(signed, &domain.domain) };
    frame.with(errors).draw(|frame| DomainPage {
        text: signed.reader.text,
        frame,
        is_verified: domain.status == DomainStatus::Verified,
        form: typed.unwrap_or_else(|| as_form(&domain)),
        domain,
        found,
        check_action: format!("{here}/check"),
        delete_href: format!("{here}/delete"),
    })
}

/// `POST /dashboard/organizations/{id}/domains/{domain}`: writes what was changed alone, so that nobody who saves one
/// switch undoes a check that was made meanwhile.
pub(super) async fn update(
    signed: Signed,
    Path((id, domain_id)): Path<(String, String)>,
    Extension(form): Extension<Form>,
) -> Answer {
    let mut body = json!({});
    if form.get("status") != form.get("had_status") {
        body["status"] = form.get("status").into();
    }
    let leads_here = form.is_on("use_for_organization_discovery");
    if leads_here != form.is_on("had_use") {
        body["use_for_organization_discovery"] = leads_here.into();
    }
    match signed.api.patch::<Value>(&one(&id, &domain_id), &body).await {
        Ok(_) => Ok(redirect::see_other(&Done::DomainSaved.at(&address(&id, &domain_id)))),
        Err(error) => {
            let errors = Errors::of(error, &["status"])?;
            let domain = signed.api.get(&one(&id, &domain_id)).await?;
            draw(&signed, &id, domain, Some(form), errors, None).await
        }
    }
}

/// `POST /dashboard/organizations/{id}/domains/{domain}/check`: asks the DNS for the record.
pub(super) async fn check(signed: Signed, Path((id, domain_id)): Path<(String, String)>) -> Answer {
    let asked = signed.api.post::<CheckedDomain>(&format!("{}/verify", one(&id, &domain_id)), &json!({})).await;
    let (domain, found) = match asked {
        Ok(CheckedDomain { domain, .. }) if domain.status == DomainStatus::Verified => (domain, Found::Proof),
        Ok(CheckedDomain { domain, txt_found }) => (domain, Found::Others(txt_found.unwrap_or_default())),
        Err(AdministrationError::Wait(seconds)) => {
            (signed.api.get(&one(&id, &domain_id)).await?, Found::Nothing(seconds))
        }
        Err(error) => return Err(error.into()),
    };
    draw(&signed, &id, domain, None, Errors::default(), Some(found)).await
}

/// `GET /dashboard/organizations/{id}/domains/{domain}/delete`.
pub(super) async fn deletion(signed: Signed, Path((id, domain_id)): Path<(String, String)>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Domains).await?;
    let domain = find(&signed, &id, &domain_id).await?;
    let (name, organization) = (quoted(&domain.domain), quoted(head.organization.title()));
    let mut losses = vec![format!("the way of people with an address at {name} to {organization} by their address")];
    if domain.status == DomainStatus::Verified {
        losses.push("the proof: to have the domain again, a new TXT record must be set and checked".to_owned());
    }
    let asked = Confirmation {
        says: vec!["Members stay members, and connections stay as they are.".to_owned()],
        losses,
        typed: None,
        button: "Delete domain",
        back_href: address(&id, &domain_id),
    };
    asked.draw(&signed, head.frame_below(&signed, format!("Delete {}", domain.domain)))
}

async fn find(signed: &Signed, id: &str, domain_id: &str) -> Result<DiscoveryDomain, DashboardError> {
    Ok(signed.api.get(&one(id, domain_id)).await?)
}

/// `POST /dashboard/organizations/{id}/domains/{domain}/delete`.
pub(super) async fn delete(signed: Signed, Path((id, domain_id)): Path<(String, String)>) -> Answer {
    // Whoever was too late learns that somebody else did it.
    find(&signed, &id, &domain_id).await?;
    signed.api.delete(&one(&id, &domain_id)).await?;
    Ok(redirect::see_other(&Done::Deleted.at(&Tab::Domains.address(&id))))
}
