//! Who has which role everywhere, seen from the user and from the role (contract §1.13).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Failure, Parameters};
use super::check::{Ids, in_order, or_missing};
use super::operation::{Operation, Routes};
use super::paging::{CheckpointPaging, List, Listed, Paging};
use super::roles::{Nothing, RoleIds, require_roles, unknown_role};
use super::schema::IDENTIFIER;
use super::users::{get_user, unknown_user};
use super::{Caller, Management, administrators};
use crate::model::ticket::TicketPurpose;
use crate::model::user::{LONGEST_USER_ID, Member};
use crate::model::{Role, Timestamp};
use crate::store::{Event, Rows};

pub(super) fn routes() -> Routes {
    let of_users = Routes::new("users")
        .get(
            "/users/{id}/roles",
            list_roles,
            Operation::new("List a user's roles", &["read:users", "read:roles", "read:role_members"]),
        )
        .post(
            "/users/{id}/roles",
            assign,
            Operation::new("Give a user roles", &["update:users", "create:role_members"]),
        )
        .delete(
            "/users/{id}/roles",
            remove,
            Operation::new("Take roles from a user", &["update:users", "delete:role_members"]).refuses(&[409]),
        );
    let of_roles = Routes::new("roles")
        .get(
            "/roles/{id}/users",
            list_users,
            Operation::new("List the users who have a role", &["read:users", "read:role_members"]),
        )
        .post(
            "/roles/{id}/users",
            assign_to_users,
            Operation::new("Give users a role", &["update:roles", "create:role_members"]),
        );
    of_users.merge(of_roles)
}

/// Users who are given a role.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UserIds {
    #[schemars(length(min = 1, max = 100), inner(length(min = 1, max = LONGEST_USER_ID), regex(pattern = IDENTIFIER)))]
    users: Vec<String>,
}

/// The same view of a person under another key.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
struct RoleUser(Member);

impl Listed for RoleUser {
    const KEY: &'static str = "users";
}

async fn list_roles(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<List<Role>>> {
    let wanted = paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    get_user(&mut rows, &id).await?;
    let roles = rows.list_user_roles(&id, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_user_roles(&id).await? } else { 0 };
    Ok(Json(wanted.answer(roles, total)))
}

async fn list_users(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<RoleUser>>> {
    let wanted = paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    rows.find_role(&id).await?.ok_or_else(unknown_role)?;
    let users = rows.list_role_users(&id, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_role_users(&id).await? } else { 0 };
    Ok(Json(wanted.answer(users.into_iter().map(|user| user.map(RoleUser)).collect(), total)))
}

async fn assign(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<RoleIds>,
) -> Answer<NoContent> {
    give(&management, caller, vec![id], body.roles).await?;
    Ok(NoContent)
}

async fn assign_to_users(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<UserIds>,
) -> Answer<Json<Nothing>> {
    give(&management, caller, body.users, vec![id]).await?;
    Ok(Json(Nothing {}))
}

/// Gives each of the users each of the roles: all or nothing.
async fn give(management: &Management, caller: Caller, users: Vec<String>, roles: Vec<String>) -> Answer<()> {
    let now = Timestamp::now();
    let (users, roles) = (in_order(users), in_order(roles));
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                require_roles(&mut rows, &roles).await?;
                let makes_administrators = administrators::check_roles(&mut rows, &caller, &roles).await?;
                for user in users {
                    get_user(&mut rows, &user).await?;
                    if makes_administrators {
                        // Whoever had one made before must not become the administrator.
                        rows.delete_tickets(&user, TicketPurpose::PasswordChange).await?;
                    }
                    let mut changed = false;
                    for role in &roles {
                        let created = rows.create_user_role(&user, role, now).await;
                        // Either may be deleted by another call since it was found.
                        changed |= created.map_err(|error| or_missing(error, unknown_user()))?;
                    }
                    if changed {
                        record(&mut rows, &caller, "Assign roles to a user", user, &roles, now).await?;
                    }
                }
                Ok::<_, Failure>(())
            })
        })
        .await
}

async fn remove(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<RoleIds>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let left = administrators::Left::of_user(&mut rows, &id).await?;
                get_user(&mut rows, &id).await?;
                administrators::check_roles(&mut rows, &caller, &body.roles).await?;
                let mut changed = false;
                for role in &body.roles {
                    changed |= rows.delete_user_role(&id, role).await?;
                }
                left.check(&mut rows).await?;
                if changed {
                    record(&mut rows, &caller, "Remove roles from a user", id, &body.roles, now).await?;
                }
                Ok::<_, Failure>(NoContent)
            })
        })
        .await
}

async fn record(
    rows: &mut Rows<'_>,
    caller: &Caller,
    what: &str,
    user_id: String,
    roles: &[String],
    now: Timestamp,
) -> Answer<()> {
    let event = Event { user_id: Some(user_id), ..caller.event(format!("{what}: {}", roles.join(", "))) };
    Ok(rows.record_event(event, now).await?)
}
