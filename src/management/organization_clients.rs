//! `/organizations/{id}/clients`: which applications an organization's people may use when its access is per
//! application (contract §1.10).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, LONGEST_CLIENT_ID, or_refused};
use super::clients::inexistent_client;
use super::operation::{Operation, Routes};
use super::organizations::{hold, unknown_organization};
use super::paging::{CheckpointPaging, List, Listed};
use super::schema::VISIBLE;
use super::{Caller, Management};
use crate::model::{ApiError, OrganizationClient, Timestamp};
use crate::store::{Event, Rows};

/// Most applications of one call.
const AT_ONCE: usize = 50;

pub(super) fn routes() -> Routes {
    let (list_path, path) = ("/organizations/{id}/clients", "/organizations/{id}/clients/{client_id}");
    Routes::new("organizations")
        .get(
            list_path,
            list,
            Operation::new("List the applications of an organization", &["read:organization_clients"]),
        )
        .post(
            list_path,
            create,
            Operation::new("Associate applications with an organization", &["create:organization_clients"])
                .refuses(&[409]),
        )
        .delete(
            list_path,
            delete,
            Operation::new("Take applications from an organization", &["delete:organization_clients"]),
        )
        .get(path, find, Operation::new("Get an application of an organization", &["read:organization_clients"]))
        .patch(path, update, Operation::new("Change an application's access", &["update:organization_clients"]))
}

impl Listed for OrganizationClient {
    const KEY: &'static str = "clients";
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewAssociations {
    #[schemars(length(min = 1, max = AT_ONCE))]
    clients: Vec<NewAssociation>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewAssociation {
    #[schemars(length(min = 1, max = LONGEST_CLIENT_ID), regex(pattern = VISIBLE))]
    client_id: String,
    /// Whether the organization's members may sign in to it.
    #[serde(default)]
    use_for_member_access: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Removals {
    #[schemars(length(min = 1, max = AT_ONCE), inner(length(min = 1, max = LONGEST_CLIENT_ID), regex(pattern = VISIBLE)))]
    clients: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AssociationChange {
    use_for_member_access: bool,
}

async fn list(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<OrganizationClient>>> {
    // Never a bare array (contract §1.10).
    let wanted = paging.wanted(50)?.always_checkpoint();
    let mut rows = management.tenant.read().await?;
    if !rows.is_organization(&id).await? {
        return Err(unknown_organization().into());
    }
    let page = rows.list_organization_clients(&id, &wanted.slice).await?;
    Ok(Json(wanted.answer(page, 0)))
}

async fn find(
    State(management): State<Arc<Management>>,
    Ids((id, client_id)): Ids<(String, String)>,
) -> Answer<Json<OrganizationClient>> {
    let found = management.tenant.read().await?.find_organization_client(&id, &client_id).await?;
    Ok(Json(found.ok_or_else(not_associated)?))
}

/// All of them, or none.
async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(body): Body<NewAssociations>,
) -> Answer<Created<Vec<OrganizationClient>>> {
    let now = Timestamp::now();
    let made = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                let mut made = Vec::with_capacity(body.clients.len());
                // A list tells them in this order, too.
                for (NewAssociation { client_id, use_for_member_access }, at) in body.clients.into_iter().zip(now.0..) {
                    let at = Timestamp(at);
                    let created = rows.create_organization_client(&id, &client_id, use_for_member_access, at).await;
                    created.map_err(|error| or_refused(error, associated_already(), inexistent_client()))?;
                    record(&mut rows, "Associate a Client with an Organization", &caller, (&id, &client_id), now)
                        .await?;
                    made.push(get(&mut rows, &id, &client_id).await?);
                }
                Answer::Ok(made)
            })
        })
        .await?;
    Ok(Created(made))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, client_id)): Ids<(String, String)>,
    Body(change): Body<AssociationChange>,
) -> Answer<Json<OrganizationClient>> {
    let now = Timestamp::now();
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                rows.update_organization_client(&id, &client_id, change.use_for_member_access).await?;
                let changed = get(&mut rows, &id, &client_id).await?;
                record(&mut rows, "Update a Client of an Organization", &caller, (&id, &client_id), now).await?;
                Answer::Ok(changed)
            })
        })
        .await?;
    Ok(Json(changed))
}

/// 204 also for those that are gone: a deletion may be asked for again.
async fn delete(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(body): Body<Removals>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                for client_id in &body.clients {
                    if rows.delete_organization_client(&id, client_id).await? {
                        record(&mut rows, "Remove a Client from an Organization", &caller, (&id, client_id), now)
                            .await?;
                    }
                }
                Answer::Ok(NoContent)
            })
        })
        .await
}

async fn get(rows: &mut Rows<'_>, id: &str, client_id: &str) -> Answer<OrganizationClient> {
    Ok(rows.find_organization_client(id, client_id).await?.ok_or_else(not_associated)?)
}

fn not_associated() -> ApiError {
    ApiError::not_found(None, "No client found by that id in the organization")
}

fn associated_already() -> ApiError {
    ApiError::conflict(Some("organization_client_conflict"), "The client is associated with the organization already.")
}

async fn record(
    rows: &mut Rows<'_>,
    what: &str,
    caller: &Caller,
    (organization_id, client_id): (&str, &str),
    now: Timestamp,
) -> Answer<()> {
    let event = caller.event(format!("{what}: {client_id}"));
    Ok(rows.record_event(Event { organization_id: Some(organization_id.to_owned()), ..event }, now).await?)
}
