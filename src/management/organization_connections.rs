//! `/organizations/{id}/connections`: the connections of one organization, switched on or off (contract §1.5). The same
//! rows as `enabled_connections`, with what only this view tells.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, Sent, Switch};
use super::enabled_connections::{Rules, Switches, add, described, not_there, remove, write};
use super::operation::{Operation, Routes};
use super::organizations::{hold, unknown_organization};
use super::paging::{List, Listed, Paging};
use super::schema::{IDENTIFIER, LINE};
use super::{Caller, Management};
use crate::model::connection::AccessLevel;
use crate::model::{OrganizationConnection, Timestamp};

pub(super) fn routes() -> Routes {
    let (list_path, one) = ("/organizations/{id}/connections", "/organizations/{id}/connections/{connection_id}");
    Routes::new("organizations")
        .get(list_path, list, Operation::new("List an organization's connections", &["read:organization_connections"]))
        .post(
            list_path,
            create,
            Operation::new("Give an organization a connection", &["create:organization_connections"]).refuses(&[409]),
        )
        .get(one, find, Operation::new("Get an organization's connection", &["read:organization_connections"]))
        .patch(one, update, Operation::new("Change an organization's connection", &["update:organization_connections"]))
        .delete(
            one,
            delete,
            Operation::new("Take a connection from an organization", &["delete:organization_connections"]),
        )
}

impl Listed for OrganizationConnection {
    const KEY: &'static str = "connections";
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewOrganizationConnection {
    #[schemars(length(min = 1, max = 50), regex(pattern = IDENTIFIER))]
    connection_id: String,
    #[serde(flatten)]
    switches: Switches,
    #[serde(flatten)]
    own: OwnMembers,
}

/// What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OrganizationConnectionChange {
    #[serde(flatten)]
    switches: Switches,
    #[serde(flatten)]
    own: OwnMembers,
}

/// The members of this view alone; `null` is what a new one gets.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct OwnMembers {
    #[schemars(length(min = 1, max = 50), regex(pattern = LINE))]
    organization_connection_name: Sent<Option<String>>,
    organization_access_level: Sent<Option<AccessLevel>>,
    is_enabled: Sent<Option<Switch>>,
}

#[derive(Deserialize, JsonSchema)]
struct ListParameters {
    #[serde(flatten)]
    paging: Paging,
    /// Those that are switched on, or off; both when nothing is said.
    is_enabled: Option<bool>,
}

async fn list(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(ListParameters { paging, is_enabled }): Parameters<ListParameters>,
) -> Answer<Json<List<OrganizationConnection>>> {
    let wanted = paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    rows.find_organization(&id).await?.ok_or_else(unknown_organization)?;
    let page = rows.list_organization_connections(&id, is_enabled, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_organization_connections(&id, is_enabled).await? } else { 0 };
    Ok(Json(wanted.answer(page, total)))
}

async fn find(
    State(management): State<Arc<Management>>,
    Ids((id, connection_id)): Ids<(String, String)>,
) -> Answer<Json<OrganizationConnection>> {
    let mut rows = management.tenant.read().await?;
    rows.find_organization(&id).await?.ok_or_else(unknown_organization)?;
    let found = rows.find_organization_connection(&id, &connection_id).await?;
    Ok(Json(found.ok_or_else(not_there)?))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(body): Body<NewOrganizationConnection>,
) -> Answer<Created<OrganizationConnection>> {
    let (rules, now) = (Rules::of(&management), Timestamp::now());
    let created = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                let mut connection = described(&mut rows, &body.connection_id).await?;
                body.switches.apply(&mut connection.switches)?;
                body.own.apply(&mut connection);
                add(&mut rows, &caller, &id, &mut connection, rules, now).await?;
                Answer::Ok(connection)
            })
        })
        .await?;
    Ok(Created(created))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, connection_id)): Ids<(String, String)>,
    Body(change): Body<OrganizationConnectionChange>,
) -> Answer<Json<OrganizationConnection>> {
    let (rules, now) = (Rules::of(&management), Timestamp::now());
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                let found = rows.find_organization_connection(&id, &connection_id).await?;
                let mut connection = found.ok_or_else(not_there)?;
                let was_open = connection.switches.membership_open;
                change.switches.apply(&mut connection.switches)?;
                change.own.apply(&mut connection);
                write(&mut rows, &caller, &id, &mut connection, (rules, was_open), now).await?;
                Answer::Ok(connection)
            })
        })
        .await?;
    Ok(Json(changed))
}

/// 204 also when it was not there: a deletion may be asked for again.
async fn delete(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, connection_id)): Ids<(String, String)>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                remove(&mut rows, &caller, &id, &connection_id, now).await?;
                Answer::Ok(NoContent)
            })
        })
        .await
}

impl OwnMembers {
    fn apply(self, connection: &mut OrganizationConnection) {
        self.organization_connection_name.put(&mut connection.organization_connection_name);
        if let Sent::Yes(level) = self.organization_access_level {
            connection.organization_access_level = level.unwrap_or_default();
        }
        if let Sent::Yes(is_enabled) = self.is_enabled {
            connection.is_enabled = is_enabled.is_none_or(|switch| switch.0);
        }
    }
}
