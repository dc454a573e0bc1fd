//! Roles that a member has in one organization (contract §1.6).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Body, Failure, Parameters};
use super::check::{Ids, or_missing};
use super::members::{no_member, require_organization};
use super::operation::{Operation, Routes};
use super::paging::{CheckpointPaging, List, Listed, Paging};
use super::roles::{RoleIds, require_roles, unknown_role};
use super::users::get_user;
use super::{Caller, Management};
use crate::model::user::Member;
use crate::model::{ApiError, Role, Timestamp};
use crate::store::{Event, Rows};

/// Roles a member may have in one organization (contract §1.17).
const MOST_ROLES: i64 = 50;

pub(super) fn routes() -> Routes {
    let path = "/organizations/{id}/members/{user_id}/roles";
    let reads = &["read:organization_member_roles"];
    Routes::new("organizations")
        .get(path, list, Operation::new("List a member's roles in an organization", reads))
        .post(
            path,
            assign,
            Operation::new("Give a member roles in an organization", &["create:organization_member_roles"])
                .refuses(&[409]),
        )
        .delete(
            path,
            remove,
            Operation::new("Take roles in an organization from a member", &["delete:organization_member_roles"]),
        )
        .get(
            "/organizations/{id}/members/{user_id}/effective-roles",
            list_effective,
            Operation::new("List the roles that hold for a member, with where they come from", reads),
        )
        .get(
            "/organizations/{id}/roles/{role_id}/members",
            list_members,
            Operation::new("List the members who have a role in an organization", reads),
        )
}

/// As recorded, a description that is not set is empty here, where `/roles` tells `null`.
#[derive(Serialize, JsonSchema)]
struct MemberRole {
    id: String,
    name: String,
    description: String,
}

impl From<Role> for MemberRole {
    fn from(role: Role) -> Self {
        Self { id: role.id, name: role.name, description: role.description.unwrap_or_default() }
    }
}

impl Listed for MemberRole {
    const KEY: &'static str = "roles";
}

/// A role with where it comes from. There are no groups here, so all are the member's own.
#[derive(Serialize, JsonSchema)]
struct EffectiveRole {
    #[serde(flatten)]
    role: MemberRole,
    sources: Vec<Source>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Source {
    Direct,
}

impl Listed for EffectiveRole {
    const KEY: &'static str = "roles";
}

async fn list(
    State(management): State<Arc<Management>>,
    Ids((id, user_id)): Ids<(String, String)>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<List<MemberRole>>> {
    let wanted = paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    require_organization(&mut rows, &id).await?;
    get_user(&mut rows, &user_id).await?;
    let roles = rows.list_member_roles(&id, &user_id, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_member_roles(&id, &user_id).await? } else { 0 };
    Ok(Json(wanted.answer(roles.into_iter().map(|role| role.map(MemberRole::from)).collect(), total)))
}

async fn list_effective(
    State(management): State<Arc<Management>>,
    Ids((id, user_id)): Ids<(String, String)>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<EffectiveRole>>> {
    let wanted = paging.wanted_in("role", 50)?.always_checkpoint();
    let mut rows = management.tenant.read().await?;
    require_organization(&mut rows, &id).await?;
    get_user(&mut rows, &user_id).await?;
    let roles = rows.list_member_roles(&id, &user_id, &wanted.slice).await?;
    let effective = |role: Role| EffectiveRole { role: role.into(), sources: vec![Source::Direct] };
    Ok(Json(wanted.answer(roles.into_iter().map(|role| role.map(effective)).collect(), 0)))
}

async fn list_members(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids((id, role_id)): Ids<(String, String)>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<Member>>> {
    caller.require(&["read:organization_members"])?;
    let wanted = paging.wanted(50)?.always_checkpoint();
    let mut rows = management.tenant.read().await?;
    require_organization(&mut rows, &id).await?;
    rows.find_role(&role_id).await?.ok_or_else(unknown_role)?;
    let members = rows.list_members_with_role(&id, &role_id, &wanted.slice).await?;
    Ok(Json(wanted.answer(members, 0)))
}

async fn assign(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids((id, user_id)): Ids<(String, String)>,
    Body(body): Body<RoleIds>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                require_organization(&mut rows, &id).await?;
                get_user(&mut rows, &user_id).await?;
                if !rows.hold_member(&id, &user_id).await? {
                    return Err(no_member().into());
                }
                require_roles(&mut rows, &body.roles).await?;
                let mut changed = false;
                for role in &body.roles {
                    let created = rows.create_member_role(&id, &user_id, role, now).await;
                    changed |= created.map_err(|error| or_missing(error, unknown_role()))?;
                }
                if rows.count_member_roles(&id, &user_id).await? > MOST_ROLES {
                    return Err(too_many().into());
                }
                if changed {
                    let what = "Assign roles to a member of an Organization";
                    record(&mut rows, &caller, what, (id, user_id), &body.roles, now).await?;
                }
                Ok::<_, Failure>(NoContent)
            })
        })
        .await
}

async fn remove(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids((id, user_id)): Ids<(String, String)>,
    Body(body): Body<RoleIds>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                require_organization(&mut rows, &id).await?;
                get_user(&mut rows, &user_id).await?;
                let mut changed = false;
                for role in &body.roles {
                    changed |= rows.delete_member_role(&id, &user_id, role).await?;
                }
                if changed {
                    let what = "Remove roles from a member of an Organization";
                    record(&mut rows, &caller, what, (id, user_id), &body.roles, now).await?;
                }
                Ok::<_, Failure>(NoContent)
            })
        })
        .await
}

fn too_many() -> ApiError {
    let message = format!("A member may have {MOST_ROLES} roles in an organization.");
    ApiError::conflict(Some("too_many_entities"), message)
}

async fn record(
    rows: &mut Rows<'_>,
    caller: &Caller,
    what: &str,
    (organization_id, user_id): (String, String),
    roles: &[String],
    now: Timestamp,
) -> Answer<()> {
    let event = Event {
        organization_id: Some(organization_id),
        user_id: Some(user_id),
        ..caller.event(format!("{what}: {}", roles.join(", ")))
    };
    Ok(rows.record_event(event, now).await?)
}
