//! Permissions of a role and of a user: what an API's tokens may carry for them (contract §1.13).

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body, Created, Failure, Parameters};
use super::check::{Ids, in_order, or_missing};
use super::operation::{Operation, Routes};
use super::paging::{List, Listed, Paging};
use super::roles::{self, Nothing, unknown_role};
use super::schema::LINE;
use super::users::get_user;
use super::{Caller, Management};
use crate::model::role::Permission;
use crate::model::{ApiError, Timestamp};
use crate::store::{Api, Event, HeldPermission, Holder, Placed, Rows};

/// Permissions of one call.
const MOST_AT_ONCE: usize = 1000;

pub(super) fn routes() -> Routes {
    let of_roles = Routes::new("roles")
        .get("/roles/{id}/permissions", list_of_role, Operation::new("List a role's permissions", &["read:roles"]))
        .post("/roles/{id}/permissions", add_to_role, Operation::new("Add permissions to a role", &["update:roles"]))
        .delete(
            "/roles/{id}/permissions",
            remove_from_role,
            Operation::new("Remove permissions from a role", &["update:roles"]),
        );
    let of_users = Routes::new("users")
        .get(
            "/users/{id}/permissions",
            list_of_user,
            Operation::new("List a user's permissions, its own and those of its roles", &["read:users"]),
        )
        .post("/users/{id}/permissions", add_to_user, Operation::new("Give a user permissions", &["update:users"]))
        .delete(
            "/users/{id}/permissions",
            remove_from_user,
            Operation::new("Take permissions from a user", &["update:users"]),
        );
    of_roles.merge(of_users)
}

impl Listed for Permission {
    const KEY: &'static str = "permissions";
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Permissions {
    #[schemars(length(min = 1, max = MOST_AT_ONCE))]
    permissions: Vec<PermissionKey>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PermissionKey {
    #[schemars(length(min = 1, max = 600), regex(pattern = LINE))]
    resource_server_identifier: String,
    #[schemars(length(min = 1, max = 280), regex(pattern = LINE))]
    permission_name: String,
}

async fn list_of_role(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<List<Permission>>> {
    let wanted = paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    rows.find_role(&id).await?.ok_or_else(unknown_role)?;
    let held = rows.list_role_permissions(&id, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_role_permissions(&id).await? } else { 0 };
    Ok(Json(wanted.answer(told(&mut rows, held).await?, total)))
}

async fn list_of_user(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<List<Permission>>> {
    let wanted = paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    get_user(&mut rows, &id).await?;
    let held = rows.list_user_permissions(&id, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_user_permissions(&id).await? } else { 0 };
    Ok(Json(wanted.answer(told(&mut rows, held).await?, total)))
}

/// With what their APIs say of them.
async fn told(rows: &mut Rows<'_>, held: Vec<Placed<HeldPermission>>) -> Answer<Vec<Placed<Permission>>> {
    let mut apis = Apis::default();
    let mut permissions = Vec::with_capacity(held.len());
    for Placed { position, item } in held {
        let api = apis.find(rows, &item.resource_server_identifier).await?;
        let description = api.and_then(|api| api.permissions.get(&item.permission_name));
        let permission = Permission {
            description: description.cloned().unwrap_or_default(),
            resource_server_name: api.map(|api| api.name.clone()).unwrap_or_default(),
            permission_name: item.permission_name,
            resource_server_identifier: item.resource_server_identifier,
            sources: item.sources,
        };
        permissions.push(Placed { position, item: permission });
    }
    Ok(permissions)
}

/// The APIs that a call is about, each read once.
#[derive(Default)]
struct Apis(HashMap<String, Option<Api>>);

impl Apis {
    async fn find(&mut self, rows: &mut Rows<'_>, identifier: &str) -> Answer<Option<&Api>> {
        if !self.0.contains_key(identifier) {
            let api = rows.find_api(identifier).await?;
            self.0.insert(identifier.to_owned(), api);
        }
        Ok(self.0.get(identifier).and_then(Option::as_ref))
    }
}

async fn add_to_role(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<Permissions>,
) -> Answer<Created<Nothing>> {
    change(&management, caller, Owner::Role(id), body, true).await?;
    Ok(Created(Nothing {}))
}

async fn add_to_user(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<Permissions>,
) -> Answer<Created<Nothing>> {
    change(&management, caller, Owner::User(id), body, true).await?;
    Ok(Created(Nothing {}))
}

async fn remove_from_role(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<Permissions>,
) -> Answer<NoContent> {
    change(&management, caller, Owner::Role(id), body, false).await?;
    Ok(NoContent)
}

async fn remove_from_user(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<Permissions>,
) -> Answer<NoContent> {
    change(&management, caller, Owner::User(id), body, false).await?;
    Ok(NoContent)
}

/// Permissions that one event names.
const NAMED_IN_EVENTS: usize = 20;

/// Whose permissions are changed.
enum Owner {
    Role(String),
    User(String),
}

impl Owner {
    fn holder(&self) -> Holder<'_> {
        match self {
            Self::Role(id) => Holder::Role(id),
            Self::User(id) => Holder::User(id),
        }
    }

    /// # Errors
    /// 404 when there is no such role or user.
    async fn require(&self, rows: &mut Rows<'_>) -> Answer<()> {
        match self {
            Self::Role(id) => roles::hold(rows, id).await.map(drop),
            Self::User(id) => get_user(rows, id).await.map(drop),
        }
    }

    fn event(self, caller: &Caller, permissions: &[PermissionKey], add: bool) -> Event {
        let (what, user_id) = match (self, add) {
            (Self::Role(_), true) => ("Associate permissions with a role", None),
            (Self::Role(_), false) => ("Remove permissions from a role", None),
            (Self::User(id), true) => ("Assign permissions to a user", Some(id)),
            (Self::User(id), false) => ("Remove permissions from a user", Some(id)),
        };
        let names = permissions.iter().take(NAMED_IN_EVENTS).map(|permission| permission.permission_name.as_str());
        let more = if permissions.len() > NAMED_IN_EVENTS {
            format!(" and more, {} in all", permissions.len())
        } else {
            String::new()
        };
        Event { user_id, ..caller.event(format!("{what}: {}{more}", names.collect::<Vec<_>>().join(", "))) }
    }
}

/// All of them or none. Adding what is held and removing what is not change nothing and are no errors.
async fn change(management: &Management, caller: Caller, owner: Owner, body: Permissions, add: bool) -> Answer<()> {
    let now = Timestamp::now();
    let permissions = in_order(body.permissions);
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                owner.require(&mut rows).await?;
                let (mut apis, mut changed) = (Apis::default(), false);
                for PermissionKey { resource_server_identifier: identifier, permission_name: name } in &permissions {
                    if add && !apis.0.contains_key(identifier) {
                        // The scopes that are read here stay as they are until the commit.
                        rows.hold_resource_server(identifier).await?;
                    }
                    let api = apis.find(&mut rows, identifier).await?;
                    let is_known = api.is_some_and(|api| api.permissions.contains_key(name));
                    changed |= match add {
                        true if !is_known => return Err(unknown_permission().into()),
                        // The API may be deleted by another call since it was read.
                        true => rows
                            .create_permission(owner.holder(), identifier, name, now)
                            .await
                            .map_err(|error| or_missing(error, unknown_permission()))?,
                        false => rows.delete_permission(owner.holder(), identifier, name).await?,
                    };
                }
                if changed {
                    rows.record_event(owner.event(&caller, &permissions, add), now).await?;
                }
                Ok::<_, Failure>(())
            })
        })
        .await
}

fn unknown_permission() -> ApiError {
    ApiError::not_found(None, "The permission does not exist in the resource server.")
}
