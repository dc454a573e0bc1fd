//! Members of an organization: who they are, adding and removing them (contract §1.6).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body, Failure, Parameters};
use super::check::{Ids, in_order, or_missing};
use super::operation::{Operation, Routes};
use super::organizations::unknown_organization;
use super::paging::{CheckpointPaging, Fields, List, Listed, Selected};
use super::schema::{IDENTIFIER, LINE};
use super::users::{get_user, unknown_user};
use super::{Caller, Management};
use crate::model::organization::is_organization_id;
use crate::model::user::{LONGEST_USER_ID, Member};
use crate::model::{ApiError, Timestamp};
use crate::store::{Event, Rows};

/// Users one call may add or remove (contract §1.17).
const MOST_AT_ONCE: usize = 10;

pub(super) fn routes() -> Routes {
    Routes::new("organizations")
        .get(
            "/organizations/{id}/members",
            list,
            Operation::new("List an organization's members", &["read:organization_members"]),
        )
        .post(
            "/organizations/{id}/members",
            add,
            Operation::new("Add members to an organization", &["create:organization_members"]),
        )
        .delete(
            "/organizations/{id}/members",
            remove,
            Operation::new("Remove members from an organization", &["delete:organization_members"]),
        )
        .get(
            "/organizations/{id}/members/{user_id}",
            find,
            Operation::new("Get a member of an organization", &["read:organization_members"]),
        )
}

impl Listed for Member {
    const KEY: &'static str = "members";
}

/// Extras are tolerated here, as the contract has it (§1).
#[derive(Deserialize, JsonSchema)]
struct Members {
    #[schemars(
        length(min = 1, max = MOST_AT_ONCE),
        inner(length(min = 1, max = LONGEST_USER_ID), regex(pattern = IDENTIFIER))
    )]
    members: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    paging: CheckpointPaging,
    #[serde(flatten)]
    fields: Fields,
    /// Our extension: a part of the address or of a name, in any case, or a whole user id.
    #[schemars(length(max = LONGEST_USER_ID), regex(pattern = LINE))]
    q: Option<String>,
}

async fn list(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Parameters(Query { paging, fields, q }): Parameters<Query>,
) -> Answer<Json<List<Selected<Member>>>> {
    let tells_roles = fields.names("roles");
    if tells_roles {
        caller.require(&["read:organization_member_roles"])?;
    }
    let wanted = paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    require_organization(&mut rows, &id).await?;
    let text = q.as_deref().filter(|q| !q.is_empty());
    let mut members = rows.list_members(&id, text, &wanted.slice).await?;
    if tells_roles {
        let mut roles = rows.list_roles_of_members(&id, text, &wanted.slice).await?;
        for member in &mut members {
            member.item.roles = Some(roles.remove(&member.item.user_id).unwrap_or_default());
        }
    }
    let total = if wanted.counts() { rows.count_members(&id, text).await? } else { 0 };
    Ok(Json(wanted.answer(fields.select_all(members)?, total)))
}

/// Our own call: whether somebody is a member, without reading all of them.
async fn find(
    State(management): State<Arc<Management>>,
    Ids((id, user_id)): Ids<(String, String)>,
) -> Answer<Json<Member>> {
    let mut rows = management.tenant.read().await?;
    require_organization(&mut rows, &id).await?;
    Ok(Json(rows.find_member(&id, &user_id).await?.ok_or_else(no_member)?))
}

pub(super) fn no_member() -> ApiError {
    ApiError::not_found(None, "The user is not a member of the organization.")
}

async fn add(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<Members>,
) -> Answer<NoContent> {
    change(&management, caller, id, body, true).await
}

async fn remove(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<Members>,
) -> Answer<NoContent> {
    change(&management, caller, id, body, false).await
}

/// All of them or none. Adding a member and removing a stranger change nothing and are no errors.
async fn change(management: &Management, caller: Caller, id: String, body: Members, add: bool) -> Answer<NoContent> {
    let now = Timestamp::now();
    let user_ids = in_order(body.members);
    let kind = if add { "organization_member_added" } else { "organization_member_removed" };
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                require_organization(&mut rows, &id).await?;
                for user_id in user_ids {
                    get_user(&mut rows, &user_id).await?;
                    let changed = match add {
                        true => rows.create_member(&id, &user_id, now).await,
                        false => rows.delete_member(&id, &user_id).await,
                    };
                    // The user may be deleted by another call since it was found.
                    if changed.map_err(|error| or_missing(error, unknown_user()))? {
                        let event = Event {
                            kind,
                            organization_id: Some(id.clone()),
                            user_id: Some(user_id),
                            ..caller.event("")
                        };
                        rows.record_event(event, now).await?;
                    }
                }
                Ok::<_, Failure>(NoContent)
            })
        })
        .await
}

/// # Errors
/// 404 when there is none by that id.
pub(super) async fn require_organization(rows: &mut Rows<'_>, id: &str) -> Answer<()> {
    match is_organization_id(id) && rows.is_organization(id).await? {
        true => Ok(()),
        false => Err(unknown_organization().into()),
    }
}
