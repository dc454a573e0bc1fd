//! `/organizations`: the customers of the application (contract §1.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::answer::{Answer, Body, Parameters};
use super::check::{Ids, check_line, check_metadata, check_web_address, given, or_conflict, wrong};
use super::enabled_connections::{EnableConnection, enable};
use super::paging::Paging;
use super::{Caller, Management};
use crate::model::organization::{Branding, is_color, is_organization_name};
use crate::model::{ApiError, Organization, Timestamp, new_id};
use crate::store::{Event, Rows};

/// Most pairs of an organization's metadata (contract §1.2).
const METADATA_PAIRS: usize = 25;

/// Most connections that a new organization is given at once (contract §1.3).
const CONNECTIONS_AT_ONCE: usize = 10;

pub(super) fn router() -> Router<Arc<Management>> {
    Router::new()
        .route("/organizations", get(list).post(create))
        .route("/organizations/name/{name}", get(find_by_name))
        .route("/organizations/{id}", get(find).patch(update).delete(delete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOrganization {
    name: String,
    display_name: Option<String>,
    branding: Option<Branding>,
    metadata: Option<BTreeMap<String, String>>,
    #[serde(default)]
    enabled_connections: Vec<EnableConnection>,
}

/// What is left out stays; `null` clears.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationChange {
    #[serde(default, deserialize_with = "given")]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    display_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    branding: Option<Option<Branding>>,
    #[serde(default, deserialize_with = "given")]
    metadata: Option<Option<BTreeMap<String, String>>>,
}

async fn list(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<Value>> {
    caller.require(&["read:organizations"])?;
    let window = paging.window(50)?;
    let mut rows = management.tenant.read().await?;
    let page = rows.list_organizations(window.start, window.limit).await?;
    let total = rows.count_organizations().await?;
    Ok(Json(window.answer("organizations", page, total)?))
}

async fn find(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
) -> Answer<Json<Organization>> {
    caller.require(&["read:organizations"])?;
    let found = management.tenant.read().await?.find_organization(&id).await?;
    Ok(Json(found.ok_or_else(unknown_organization)?))
}

async fn find_by_name(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(name): Ids<String>,
) -> Answer<Json<Organization>> {
    caller.require(&["read:organizations"])?;
    let found = management.tenant.read().await?.find_organization_by_name(&name).await?;
    Ok(Json(found.ok_or_else(unknown_organization)?))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(body): Body<NewOrganization>,
) -> Answer<(StatusCode, Json<Value>)> {
    caller.require(&["create:organizations"])?;
    if !body.enabled_connections.is_empty() {
        caller.require(&["create:organization_connections"])?;
    }
    let most = management.settings.max_connections_per_organization;
    if body.enabled_connections.len() > CONNECTIONS_AT_ONCE {
        let why = format!("Array is too long, at most {CONNECTIONS_AT_ONCE} items");
        return Err(wrong("enabled_connections", &why).into());
    }
    let organization = Organization {
        id: new_id("org"),
        name: body.name,
        display_name: body.display_name,
        branding: body.branding,
        metadata: body.metadata,
    };
    check(&organization)?;
    let now = Timestamp::now();
    let answer = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                rows.create_organization(&organization, now).await.map_err(|error| or_conflict(error, name_taken()))?;
                record(&mut rows, "Create an Organization", &caller, &organization.id, now).await?;
                let mut enabled = Vec::with_capacity(body.enabled_connections.len());
                for wish in body.enabled_connections {
                    enabled.push(enable(&mut rows, &caller, &organization.id, wish, most, now).await?);
                }
                created(&organization, &enabled)
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Only the answer to a creation tells the enabled connections, and only when there are some (contract §1.2).
fn created(organization: &Organization, enabled: &[crate::model::EnabledConnection]) -> Answer<Value> {
    let fault = |error| crate::error::Fault::new("writing an organization", error);
    let mut answer = serde_json::to_value(organization).map_err(fault)?;
    if !enabled.is_empty() {
        answer["enabled_connections"] = serde_json::to_value(enabled).map_err(fault)?;
    }
    Ok(answer)
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(change): Body<OrganizationChange>,
) -> Answer<Json<Organization>> {
    caller.require(&["update:organizations"])?;
    let now = Timestamp::now();
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut organization = hold(&mut rows, &id).await?;
                change.apply(&mut organization);
                check(&organization)?;
                rows.update_organization(&organization).await.map_err(|error| or_conflict(error, name_taken()))?;
                record(&mut rows, "Modify an Organization", &caller, &id, now).await?;
                Answer::Ok(organization)
            })
        })
        .await?;
    Ok(Json(changed))
}

/// 204 also when it is gone: a deletion may be asked for again.
async fn delete(caller: Caller, State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<StatusCode> {
    caller.require(&["delete:organizations"])?;
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if rows.delete_organization(&id).await? {
                    record(&mut rows, "Delete an Organization", &caller, &id, now).await?;
                }
                Answer::Ok(StatusCode::NO_CONTENT)
            })
        })
        .await
}

impl OrganizationChange {
    fn apply(self, organization: &mut Organization) {
        if let Some(name) = self.name {
            organization.name = name;
        }
        if let Some(display_name) = self.display_name {
            organization.display_name = display_name;
        }
        if let Some(branding) = self.branding {
            organization.branding = branding;
        }
        if let Some(metadata) = self.metadata {
            organization.metadata = metadata;
        }
    }
}

fn check(organization: &Organization) -> Result<(), ApiError> {
    if !is_organization_name(&organization.name) {
        let why = "String is not 1 to 50 lowercase letters, digits, underscores and hyphens";
        return Err(wrong("name", why));
    }
    if let Some(display_name) = &organization.display_name {
        check_line("display_name", display_name, 255)?;
    }
    if let Some(branding) = &organization.branding {
        check_branding(branding)?;
    }
    organization.metadata.as_ref().map_or(Ok(()), |metadata| check_metadata(metadata, METADATA_PAIRS))
}

fn check_branding(branding: &Branding) -> Result<(), ApiError> {
    if let Some(logo_url) = &branding.logo_url {
        check_web_address("branding.logo_url", logo_url)?;
    }
    let Some(colors) = &branding.colors else { return Ok(()) };
    for (property, color) in [("primary", Some(&colors.primary)), ("page_background", colors.page_background.as_ref())]
    {
        if color.is_some_and(|color| !is_color(color)) {
            return Err(wrong(&format!("branding.colors.{property}"), "String is not a color such as #0059d6"));
        }
    }
    Ok(())
}

/// The organization, kept to this transaction.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn hold(rows: &mut Rows<'_>, id: &str) -> Answer<Organization> {
    rows.hold_organization(id).await?;
    Ok(rows.find_organization(id).await?.ok_or_else(unknown_organization)?)
}

pub(super) fn unknown_organization() -> ApiError {
    ApiError::not_found(None, "No organization found by that id or name")
}

fn name_taken() -> ApiError {
    ApiError::conflict(Some("organization_conflict"), "An organization with this name already exists.")
}

async fn record(rows: &mut Rows<'_>, what: &str, caller: &Caller, id: &str, now: Timestamp) -> Answer<()> {
    let event = Event { organization_id: Some(id.to_owned()), ..Event::by(&caller.client_id, what) };
    Ok(rows.record_event(event, now).await?)
}
