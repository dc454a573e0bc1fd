//! "Try this connection": a real login in a new tab, whose steps are shown and which makes nobody anything.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::IntoResponse;

use super::error::DashboardError;
use super::fields::Errors;
use super::session::Signed;
use super::{Answer, Dashboard, connection, organization};
use crate::management_client::encode;
use crate::model::organization::{is_organization_id, is_organization_name};
use crate::model::trial::Trial;
use crate::model::{Organization, Timestamp, new_secret};
use crate::store::Kind;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::text::Text;

/// How long the new tab may take to open.
const SECONDS: i64 = 120;

#[derive(Template)]
#[template(path = "dashboard/leaving.html", whitespace = "minimize")]
struct LeavingPage {
    text: Text,
    connection: String,
    href: String,
}

/// `POST /dashboard/connections/{id}/try`.
pub(super) async fn begin(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Path(id): Path<String>,
    Extension(form): Extension<Form>,
) -> Answer {
    // Whoever may not see it may not try it either, and who may only look changes nothing by it.
    let known = connection::find(&signed.api, &id).await?.ok_or(DashboardError::NotFound)?;
    let wanted = form.get("organization");
    let found = find(&signed, wanted).await?;
    if found.is_none() && !wanted.is_empty() {
        let errors = Errors::at_field("organization", "There is no organization of this name or id.");
        return connection::draw_again(&dashboard, &signed, &id, form, errors).await;
    }
    let back = match (&found, form.get("back")) {
        (Some(organization), "organization") => {
            format!("{}/connections/{}", organization::address(&organization.id), encode(&id))
        }
        _ => connection::address(&id),
    };
    let organization = found.map(|found| (found.id.clone(), found.title().to_owned()));
    let title = connection::title(&known);
    let trial = Trial { connection_id: known.id, organization, back };
    let secret = new_secret();
    let until = Timestamp::now().plus_seconds(SECONDS);
    dashboard.logins.put(Kind::Trial, &secret, &signed.session.user_id, &trial, until).await?;
    let href = format!("/login/try/{secret}");
    Ok(Page::new(LeavingPage { text: signed.reader.text, connection: title, href }).into_response())
}

async fn find(signed: &Signed, wanted: &str) -> Result<Option<Organization>, DashboardError> {
    let path = match (is_organization_id(wanted), is_organization_name(wanted)) {
        (true, _) => organization::path(wanted),
        (false, true) => format!("/api/v2/organizations/name/{wanted}"),
        (false, false) => return Ok(None),
    };
    Ok(signed.api.find(&path).await?)
}
