//! `/organizations`: the customers of the application (contract §1.3).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, Metadata, Sent, check_web_address, or_conflict};
use super::enabled_connections::{EnableConnection, enable};
use super::operation::{Operation, Routes};
use super::paging::{CheckpointPaging, List, Listed};
use super::schema::{LINE, ORGANIZATION_NAME};
use super::{Caller, Management};
use crate::model::organization::Branding;
use crate::model::{ApiError, EnabledConnection, Organization, Timestamp, new_id};
use crate::store::{Event, Rows};

/// Most connections that a new organization is given at once (contract §1.3).
const CONNECTIONS_AT_ONCE: usize = 10;

pub(super) fn routes() -> Routes {
    Routes::new("organizations")
        .get("/organizations", list, Operation::new("List organizations", &["read:organizations"]))
        .post(
            "/organizations",
            create,
            Operation::new("Create an organization", &["create:organizations"]).refuses(&[409]),
        )
        .get(
            "/organizations/name/{name}",
            find_by_name,
            Operation::new("Get an organization by name", &["read:organizations"]),
        )
        .get("/organizations/{id}", find, Operation::new("Get an organization", &["read:organizations"]))
        .patch(
            "/organizations/{id}",
            update,
            Operation::new("Change an organization", &["update:organizations"]).refuses(&[409]),
        )
        .delete("/organizations/{id}", delete, Operation::new("Delete an organization", &["delete:organizations"]))
}

impl Listed for Organization {
    const KEY: &'static str = "organizations";
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewOrganization {
    #[schemars(length(min = 1, max = 50), regex(pattern = ORGANIZATION_NAME))]
    name: String,
    #[schemars(length(min = 1, max = 255), regex(pattern = LINE))]
    display_name: Option<String>,
    branding: Option<Branding>,
    metadata: Option<Metadata<25>>,
    #[serde(default)]
    #[schemars(length(max = CONNECTIONS_AT_ONCE))]
    enabled_connections: Vec<EnableConnection>,
}

/// What is left out stays; `null` clears.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct OrganizationChange {
    #[schemars(length(min = 1, max = 50), regex(pattern = ORGANIZATION_NAME))]
    name: Sent<String>,
    #[schemars(length(min = 1, max = 255), regex(pattern = LINE))]
    display_name: Sent<Option<String>>,
    branding: Sent<Option<Branding>>,
    metadata: Sent<Option<Metadata<25>>>,
}

async fn list(
    State(management): State<Arc<Management>>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<Organization>>> {
    let wanted = paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    let page = rows.list_organizations(&wanted.slice).await?;
    let total = if wanted.counts() { rows.count_organizations().await? } else { 0 };
    Ok(Json(wanted.answer(page, total)))
}

async fn find(State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Json<Organization>> {
    let found = management.tenant.read().await?.find_organization(&id).await?;
    Ok(Json(found.ok_or_else(unknown_organization)?))
}

async fn find_by_name(State(management): State<Arc<Management>>, Ids(name): Ids<String>) -> Answer<Json<Organization>> {
    let found = management.tenant.read().await?.find_organization_by_name(&name).await?;
    Ok(Json(found.ok_or_else(unknown_organization)?))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(body): Body<NewOrganization>,
) -> Answer<Created<CreatedOrganization>> {
    if !body.enabled_connections.is_empty() {
        caller.require(&["create:organization_connections"])?;
    }
    let most = management.settings.max_connections_per_organization;
    let organization = Organization {
        id: new_id("org"),
        name: body.name,
        display_name: body.display_name,
        branding: body.branding,
        metadata: body.metadata.map(Metadata::into_pairs),
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
                Answer::Ok(CreatedOrganization { organization, enabled_connections: enabled })
            })
        })
        .await?;
    Ok(Created(answer))
}

/// Only the answer to a creation tells the enabled connections, and only when there are some (contract §1.2).
#[derive(Serialize, JsonSchema)]
struct CreatedOrganization {
    #[serde(flatten)]
    organization: Organization,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    enabled_connections: Vec<EnabledConnection>,
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(change): Body<OrganizationChange>,
) -> Answer<Json<Organization>> {
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
async fn delete(caller: Caller, State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if rows.delete_organization(&id).await? {
                    record(&mut rows, "Delete an Organization", &caller, &id, now).await?;
                }
                Answer::Ok(NoContent)
            })
        })
        .await
}

impl OrganizationChange {
    fn apply(self, organization: &mut Organization) {
        self.name.put(&mut organization.name);
        self.display_name.put(&mut organization.display_name);
        self.branding.put(&mut organization.branding);
        if let Sent::Yes(metadata) = self.metadata {
            organization.metadata = metadata.map(Metadata::into_pairs);
        }
    }
}

/// What the schema cannot tell.
fn check(organization: &Organization) -> Result<(), ApiError> {
    let logo_url = organization.branding.as_ref().and_then(|branding| branding.logo_url.as_ref());
    logo_url.map_or(Ok(()), |logo_url| check_web_address("branding.logo_url", logo_url))
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
