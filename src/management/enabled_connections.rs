//! `/organizations/{id}/enabled_connections`: the connections switched on for one organization (contract §1.4).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{Answer, Body};
use super::check::{Ids, Sent, Switch, or_refused, wrong};
use super::legacy::{Paging, Parameters};
use super::organizations::{hold, unknown_organization};
use super::schema::IDENTIFIER;
use super::{Caller, Management};
use crate::model::connection::ConnectionSummary;
use crate::model::{ApiError, EnabledConnection, Timestamp};
use crate::store::{Event, Rows};

pub(super) fn router() -> Router<Arc<Management>> {
    Router::new()
        .route("/organizations/{id}/enabled_connections", get(list).post(create))
        .route("/organizations/{id}/enabled_connections/{connection_id}", get(find).patch(update).delete(delete))
}

/// Which connection to switch on; also a member of a new organization.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnableConnection {
    #[schemars(length(min = 1, max = 50), regex(pattern = IDENTIFIER))]
    connection_id: String,
    #[serde(flatten)]
    switches: Switches,
}

/// The switches of a connection in one organization; what is left out keeps its value or takes the default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Switches {
    assign_membership_on_login: Sent<Switch>,
    show_as_button: Sent<Switch>,
    is_signup_enabled: Sent<Switch>,
}

/// Switches that are left out stay.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SwitchChange {
    #[serde(flatten)]
    switches: Switches,
}

async fn list(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<Value>> {
    caller.require(&["read:organization_connections"])?;
    let window = paging.window(50)?;
    let mut rows = management.tenant.read().await?;
    rows.find_organization(&id).await?.ok_or_else(unknown_organization)?;
    let page = rows.list_enabled_connections(&id, window.start, window.limit).await?;
    let total = rows.count_enabled_connections(&id).await?;
    Ok(Json(window.answer("enabled_connections", page, total)?))
}

async fn find(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, connection_id)): Ids<(String, String)>,
) -> Answer<Json<EnabledConnection>> {
    caller.require(&["read:organization_connections"])?;
    let mut rows = management.tenant.read().await?;
    rows.find_organization(&id).await?.ok_or_else(unknown_organization)?;
    let found = rows.find_enabled_connection(&id, &connection_id).await?;
    Ok(Json(found.ok_or_else(not_enabled)?))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(wish): Body<EnableConnection>,
) -> Answer<(StatusCode, Json<EnabledConnection>)> {
    caller.require(&["create:organization_connections"])?;
    let (most, now) = (management.settings.max_connections_per_organization, Timestamp::now());
    let enabled = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                enable(&mut rows, &caller, &id, wish, most, now).await
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(enabled)))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, connection_id)): Ids<(String, String)>,
    Body(change): Body<SwitchChange>,
) -> Answer<Json<EnabledConnection>> {
    caller.require(&["update:organization_connections"])?;
    let now = Timestamp::now();
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                let found = rows.find_enabled_connection(&id, &connection_id).await?;
                let mut enabled = found.ok_or_else(not_enabled)?;
                change.switches.apply(&mut enabled);
                check_signup(&mut enabled)?;
                rows.update_enabled_connection(&id, &enabled).await?;
                record(&mut rows, "Modify an Organization Connection", &caller, &id, &connection_id, now).await?;
                Answer::Ok(enabled)
            })
        })
        .await?;
    Ok(Json(changed))
}

/// 204 also when it was not enabled: a deletion may be asked for again.
async fn delete(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, connection_id)): Ids<(String, String)>,
) -> Answer<StatusCode> {
    caller.require(&["delete:organization_connections"])?;
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                if rows.delete_enabled_connection(&id, &connection_id).await? {
                    let what = "Delete Connections from an Organization";
                    record(&mut rows, what, &caller, &id, &connection_id, now).await?;
                }
                Answer::Ok(StatusCode::NO_CONTENT)
            })
        })
        .await
}

/// Switches a connection on for an organization that this transaction holds.
///
/// # Errors
/// 400 for an unknown connection or switches that do not go together, 409 when it is enabled already,
/// 403 when the organization has `most` connections.
pub(super) async fn enable(
    rows: &mut Rows<'_>,
    caller: &Caller,
    organization_id: &str,
    wish: EnableConnection,
    most: i64,
    now: Timestamp,
) -> Answer<EnabledConnection> {
    let found = rows.find_connection(&wish.connection_id).await?;
    let connection = found.ok_or_else(unknown_connection)?;
    let mut enabled = EnabledConnection {
        connection_id: connection.id,
        assign_membership_on_login: false,
        show_as_button: true,
        is_signup_enabled: None,
        connection: ConnectionSummary { name: connection.name, strategy: connection.strategy },
    };
    wish.switches.apply(&mut enabled);
    check_signup(&mut enabled)?;
    let already = rows.find_enabled_connection(organization_id, &enabled.connection_id).await?;
    if already.is_none() && rows.count_enabled_connections(organization_id).await? >= most {
        let message = format!("The organization has {most} enabled connections, the most it may have.");
        return Err(ApiError::new(403, Some("too_many_entities"), message).into());
    }
    rows.create_enabled_connection(organization_id, &enabled, now)
        .await
        .map_err(|error| or_refused(error, enabled_already(), unknown_connection()))?;
    let what = "Add Connections to an Organization";
    record(rows, what, caller, organization_id, &enabled.connection_id, now).await?;
    Ok(enabled)
}

impl Switches {
    fn apply(self, enabled: &mut EnabledConnection) {
        enabled.assign_membership_on_login =
            self.assign_membership_on_login.is_on_or(enabled.assign_membership_on_login);
        enabled.show_as_button = self.show_as_button.is_on_or(enabled.show_as_button);
        enabled.is_signup_enabled = Some(self.is_signup_enabled.is_on_or(enabled.is_signup_enabled.unwrap_or(false)));
    }
}

/// Sign-up needs a database and auto-membership; enterprise connections leave the switch out (contract §1.4).
fn check_signup(enabled: &mut EnabledConnection) -> Result<(), ApiError> {
    let database = enabled.connection.strategy.is_database();
    let signup = enabled.is_signup_enabled.unwrap_or(false);
    if signup && !(database && enabled.assign_membership_on_login) {
        return Err(ApiError::invalid_body(
            "Only database connections with assign_membership_on_login = true support is_signup_enabled = true.",
        ));
    }
    enabled.is_signup_enabled = database.then_some(signup);
    Ok(())
}

fn unknown_connection() -> ApiError {
    wrong("connection_id", "No connection found by that id")
}

fn not_enabled() -> ApiError {
    ApiError::not_found(None, "No connection found by that id")
}

fn enabled_already() -> ApiError {
    let message = "The connection is already enabled for this organization.";
    ApiError::conflict(Some("organization_connection_conflict"), message)
}

async fn record(
    rows: &mut Rows<'_>,
    what: &str,
    caller: &Caller,
    organization_id: &str,
    connection_id: &str,
    now: Timestamp,
) -> Answer<()> {
    let event = Event {
        connection_id: Some(connection_id.to_owned()),
        organization_id: Some(organization_id.to_owned()),
        ..Event::by(&caller.client_id, what)
    };
    Ok(rows.record_event(event, now).await?)
}
