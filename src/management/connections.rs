//! `/connections`: the configured ways to sign in (contract §1.11).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::check::{
    Ids, LONGEST_CLIENT_ID, check_line, check_metadata, given, given_switch, is_plain, or_refused, wrong,
};
use super::connection_options::{add_defaults, check as check_options, replace, without_secrets};
use super::legacy::{Body, Paging, Parameters};
use super::{Caller, Management};
use crate::model::{ApiError, Connection, Strategy, Timestamp, new_id};
use crate::store::{ConnectionFilter, Event, Rows};

/// Most pairs of a connection's metadata, and most clients it may be given in one call (contract §1.11).
const METADATA_PAIRS: usize = 10;
pub(super) const CLIENTS_AT_ONCE: usize = 50;

pub(super) fn router() -> Router<Arc<Management>> {
    Router::new()
        .route("/connections", get(list).post(create))
        .route("/connections/{id}", get(find).patch(update).delete(delete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewConnection {
    name: String,
    strategy: String,
    display_name: Option<String>,
    #[serde(default)]
    options: Map<String, Value>,
    #[serde(default)]
    enabled_clients: Vec<String>,
    #[serde(default, deserialize_with = "given_switch")]
    show_as_button: Option<bool>,
    #[serde(default, deserialize_with = "given_switch")]
    is_domain_connection: Option<bool>,
    realms: Option<Vec<String>>,
    metadata: Option<BTreeMap<String, String>>,
}

/// What is left out stays; `null` clears.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConnectionChange {
    #[serde(default, deserialize_with = "given")]
    display_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    options: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "given")]
    enabled_clients: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given_switch")]
    show_as_button: Option<bool>,
    #[serde(default, deserialize_with = "given_switch")]
    is_domain_connection: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    realms: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    metadata: Option<Option<BTreeMap<String, String>>>,
}

#[derive(Deserialize)]
struct ListParameters {
    #[serde(flatten)]
    paging: Paging,
    name: Option<String>,
}

async fn list(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Parameters(parameters): Parameters<ListParameters>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Value>> {
    caller.require(&["read:connections"])?;
    let window = parameters.paging.window(50)?;
    let strategies = wanted_strategies(query.as_deref().unwrap_or(""))?;
    let filter = ConnectionFilter { name: parameters.name, strategies, client_id: None };
    let mut rows = management.tenant.read().await?;
    let page = rows.list_connections(&filter, window.start, window.limit).await?;
    let total = rows.count_connections(&filter).await?;
    let page = page.into_iter().map(|connection| shown(&caller, connection)).collect();
    Ok(Json(window.answer("connections", page, total)?))
}

/// `strategy` may be repeated.
fn wanted_strategies(query: &str) -> Result<Vec<Strategy>, ApiError> {
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "strategy")
        .map(|(_, text)| {
            let wrong = || ApiError::invalid_query("Query validation error: 'Unknown strategy on property strategy'.");
            Strategy::parse(&text).ok_or_else(wrong)
        })
        .collect()
}

async fn find(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
) -> Answer<Json<Connection>> {
    caller.require(&["read:connections"])?;
    let found = management.tenant.read().await?.find_connection(&id).await?;
    Ok(Json(shown(&caller, found.ok_or_else(unknown_connection)?)))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(body): Body<NewConnection>,
) -> Answer<(StatusCode, Json<Connection>)> {
    caller.require(&["create:connections"])?;
    let connection = body.into_connection()?;
    check(&connection)?;
    let now = Timestamp::now();
    let answer = shown(&caller, connection.clone());
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                rows.create_connection(&connection, now)
                    .await
                    .map_err(|error| or_refused(error, name_taken(), unknown_client()))?;
                record(&mut rows, "Create a Connection", &caller, &connection.id, now).await
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(change): Body<ConnectionChange>,
) -> Answer<Json<Connection>> {
    caller.require(&["update:connections"])?;
    let now = Timestamp::now();
    let by = caller.clone();
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut connection = hold(&mut rows, &id).await?;
                let before = connection.enabled_clients.clone();
                change.apply(&mut connection)?;
                check(&connection)?;
                rows.update_connection(&connection).await?;
                for client_id in before.iter().filter(|id| !connection.enabled_clients.contains(id)) {
                    rows.delete_connection_client(&id, client_id).await?;
                }
                for client_id in connection.enabled_clients.iter().filter(|id| !before.contains(id)) {
                    let created = rows.create_connection_client(&id, client_id).await;
                    created.map_err(|error| or_refused(error, name_taken(), unknown_client()))?;
                }
                record(&mut rows, "Update a Connection", &by, &id, now).await?;
                Answer::Ok(connection)
            })
        })
        .await?;
    Ok(Json(shown(&caller, changed)))
}

/// 202 with the time, and 204 when it was gone already (contract §1.11).
async fn delete(caller: Caller, State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Response> {
    caller.require(&["delete:connections"])?;
    let now = Timestamp::now();
    let there_was = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let there_was = rows.delete_connection(&id).await?;
                if there_was {
                    record(&mut rows, "Delete a Connection", &caller, &id, now).await?;
                }
                Answer::Ok(there_was)
            })
        })
        .await?;
    Ok(match there_was {
        true => (StatusCode::ACCEPTED, Json(json!({ "deleted_at": now }))).into_response(),
        false => StatusCode::NO_CONTENT.into_response(),
    })
}

impl NewConnection {
    fn into_connection(self) -> Result<Connection, ApiError> {
        let strategy = Strategy::parse(&self.strategy).ok_or_else(|| {
            let message = format!("The strategy {:?} is not supported by this server.", self.strategy);
            ApiError::new(400, Some("operation_not_supported"), message)
        })?;
        let mut options = replace(&Map::new(), self.options)?;
        add_defaults(strategy, &mut options);
        let mut enabled_clients = self.enabled_clients;
        enabled_clients.sort_unstable();
        enabled_clients.dedup();
        Ok(Connection {
            id: new_id("con"),
            realms: self.realms.unwrap_or_else(|| vec![self.name.clone()]),
            name: self.name,
            strategy,
            display_name: self.display_name,
            options,
            enabled_clients,
            show_as_button: self.show_as_button.unwrap_or(false),
            is_domain_connection: self.is_domain_connection.unwrap_or(false),
            metadata: self.metadata,
        })
    }
}

impl ConnectionChange {
    fn apply(self, connection: &mut Connection) -> Result<(), ApiError> {
        if let Some(display_name) = self.display_name {
            connection.display_name = display_name;
        }
        if let Some(options) = self.options {
            connection.options = replace(&connection.options, options)?;
        }
        if let Some(mut enabled_clients) = self.enabled_clients {
            enabled_clients.sort_unstable();
            enabled_clients.dedup();
            connection.enabled_clients = enabled_clients;
        }
        connection.show_as_button = self.show_as_button.unwrap_or(connection.show_as_button);
        connection.is_domain_connection = self.is_domain_connection.unwrap_or(connection.is_domain_connection);
        if let Some(realms) = self.realms {
            connection.realms = realms;
        }
        if let Some(metadata) = self.metadata {
            connection.metadata = metadata;
        }
        Ok(())
    }
}

fn check(connection: &Connection) -> Result<(), ApiError> {
    if !is_connection_name(&connection.name) {
        let why = "String is not 1 to 128 letters and digits with single hyphens between them";
        return Err(wrong("name", why));
    }
    if let Some(display_name) = &connection.display_name {
        check_line("display_name", display_name, 128)?;
    }
    if !connection.enabled_clients.iter().all(|client_id| is_plain(client_id, LONGEST_CLIENT_ID)) {
        return Err(unknown_client());
    }
    for realm in &connection.realms {
        check_line("realms", realm, 128)?;
    }
    if let Some(metadata) = &connection.metadata {
        check_metadata(metadata, METADATA_PAIRS)?;
    }
    check_options(connection)
}

fn is_connection_name(name: &str) -> bool {
    let parts_are_good =
        || name.split('-').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    name.len() <= 128 && parts_are_good()
}

/// The connection as this caller may see it (design §5.12).
pub(super) fn shown(caller: &Caller, connection: Connection) -> Connection {
    if caller.may("read:connections_options") { connection } else { without_secrets(connection) }
}

/// The connection, kept to this transaction.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn hold(rows: &mut Rows<'_>, id: &str) -> Answer<Connection> {
    rows.hold_connection(id).await?;
    Ok(rows.find_connection(id).await?.ok_or_else(unknown_connection)?)
}

pub(super) fn unknown_connection() -> ApiError {
    ApiError::not_found(Some("inexistent_connection"), "The connection does not exist")
}

pub(super) fn unknown_client() -> ApiError {
    ApiError::invalid_body("Payload validation error: 'One of the clients does not exist'.")
}

fn name_taken() -> ApiError {
    ApiError::conflict(Some("connection_conflict"), "A connection with the same name already exists.")
}

pub(super) async fn record(
    rows: &mut Rows<'_>,
    what: &str,
    caller: &Caller,
    connection_id: &str,
    now: Timestamp,
) -> Answer<()> {
    let event = Event { connection_id: Some(connection_id.to_owned()), ..Event::by(&caller.client_id, what) };
    Ok(rows.record_event(event, now).await?)
}
