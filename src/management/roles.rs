//! `/roles`: what people may do, under one name (contract §1.13).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Failure, Parameters};
use super::check::{Ids, Sent, or_conflict};
use super::operation::{Operation, Routes};
use super::paging::{List, Listed, Paging};
use super::schema::{IDENTIFIER, LINE};
use super::{Caller, Management, administrators};
use crate::model::{ApiError, Role, Timestamp, new_id};
use crate::store::Rows;

pub(super) fn routes() -> Routes {
    Routes::new("roles")
        .get("/roles", list, Operation::new("List roles", &["read:roles"]))
        .post("/roles", create, Operation::new("Create a role", &["create:roles"]).refuses(&[409]))
        .get("/roles/{id}", find, Operation::new("Get a role", &["read:roles"]))
        .patch("/roles/{id}", update, Operation::new("Change a role", &["update:roles"]).refuses(&[409]))
        .delete("/roles/{id}", delete, Operation::new("Delete a role", &["delete:roles"]).refuses(&[409]))
}

impl Listed for Role {
    const KEY: &'static str = "roles";
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewRole {
    #[schemars(length(min = 1, max = 255), regex(pattern = LINE))]
    name: String,
    #[serde(default)]
    #[schemars(length(max = 255))]
    description: Sent<String>,
}

/// What is left out stays.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct RoleChange {
    #[schemars(length(min = 1, max = 255), regex(pattern = LINE))]
    name: Sent<String>,
    #[schemars(length(max = 255))]
    description: Sent<String>,
}

/// Roles that someone is given or loses.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleIds {
    #[schemars(length(min = 1, max = 50), inner(length(min = 1, max = 50), regex(pattern = IDENTIFIER)))]
    pub(super) roles: Vec<String>,
}

/// `{}`, where the contract answers a success with an empty object.
#[derive(Serialize, JsonSchema)]
pub(super) struct Nothing {}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    paging: Paging,
    /// Only those whose name holds this text, in any case.
    #[schemars(length(max = 255))]
    name_filter: Option<String>,
    /// All roles are the tenant's.
    #[serde(rename = "type")]
    #[expect(dead_code, reason = "it has one value, which narrows nothing")]
    kind: Option<Kind>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Tenant,
}

async fn list(
    State(management): State<Arc<Management>>,
    Parameters(query): Parameters<Query>,
) -> Answer<Json<List<Role>>> {
    let wanted = query.paging.wanted(50)?;
    let part_of_name = query.name_filter.unwrap_or_default();
    let mut rows = management.tenant.read().await?;
    let roles = rows.list_roles(&part_of_name, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_roles(&part_of_name).await? } else { 0 };
    Ok(Json(wanted.answer(roles, total)))
}

async fn find(State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Json<Role>> {
    let found = management.tenant.read().await?.find_role(&id).await?;
    Ok(Json(found.ok_or_else(unknown_role)?))
}

/// Answered 200, as recorded (contract §1.6).
async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(body): Body<NewRole>,
) -> Answer<Json<Role>> {
    let description = body.description.into_option();
    let role = Role { id: new_id("rol"), name: body.name, description, management_access: None };
    let now = Timestamp::now();
    let created = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                rows.create_role(&role, now).await.map_err(|error| or_conflict(error, name_taken()))?;
                record(&mut rows, &caller, "Create a role", &role.id, now).await?;
                Ok::<_, Failure>(role)
            })
        })
        .await?;
    Ok(Json(created))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(change): Body<RoleChange>,
) -> Answer<Json<Role>> {
    let now = Timestamp::now();
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut role = hold(&mut rows, &id).await?;
                administrators::check_roles(&mut rows, &caller, std::slice::from_ref(&id)).await?;
                change.name.put(&mut role.name);
                if let Sent::Yes(description) = change.description {
                    role.description = Some(description);
                }
                rows.update_role(&role).await.map_err(|error| or_conflict(error, name_taken()))?;
                record(&mut rows, &caller, "Update a role", &id, now).await?;
                Ok::<_, Failure>(role)
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
                let concerns = administrators::check_roles(&mut rows, &caller, std::slice::from_ref(&id)).await?;
                let left = administrators::Left::hold(&mut rows, concerns).await?;
                if rows.delete_role(&id).await? {
                    left.check(&mut rows).await?;
                    record(&mut rows, &caller, "Delete a role", &id, now).await?;
                }
                Ok::<_, Failure>(NoContent)
            })
        })
        .await
}

/// The role, kept to this transaction.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn hold(rows: &mut Rows<'_>, id: &str) -> Answer<Role> {
    rows.hold_role(id).await?;
    Ok(rows.find_role(id).await?.ok_or_else(unknown_role)?)
}

/// # Errors
/// 404 when one of them does not exist.
pub(super) async fn require_roles(rows: &mut Rows<'_>, ids: &[String]) -> Answer<()> {
    for id in ids {
        rows.find_role(id).await?.ok_or_else(unknown_role)?;
    }
    Ok(())
}

pub(super) fn unknown_role() -> ApiError {
    ApiError::not_found(None, "The role does not exist.")
}

fn name_taken() -> ApiError {
    ApiError::conflict(Some("role_conflict"), "A role with this name already exists.")
}

async fn record(rows: &mut Rows<'_>, caller: &Caller, what: &str, id: &str, now: Timestamp) -> Answer<()> {
    Ok(rows.record_event(caller.event(format!("{what}: {id}")), now).await?)
}
