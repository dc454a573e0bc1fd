//! `/connections`: the configured ways to sign in (contract §1.11).

use std::sync::Arc;

use aide::generate::GenContext;
use aide::openapi::{self, Operation as Described};
use aide::operation::OperationOutput;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, NoContent, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, email, not_built, or_refused, wrong};
use super::connection_options::without_secrets;
use super::connection_settings::{ConnectionChange, NewConnection};
use super::membership_guard;
use super::operation::{Operation, Routes, json_response};
use super::paging::{CheckpointPaging, Fields, List, Listed, Selected};
use super::precondition::{IfMatch, Tagged};
use super::schema::LINE;
use super::{Caller, Management, administrators};
use crate::model::user::{EMAIL, LONGEST_EMAIL};
use crate::model::{ApiError, Connection, Timestamp};
use crate::store::{ConnectionFilter, Event, Placed, Rows};

pub(super) fn routes() -> Routes {
    Routes::new("connections")
        .get("/connections", list, Operation::new("List connections", &["read:connections"]))
        .post("/connections", create, Operation::new("Create a connection", &["create:connections"]).refuses(&[409]))
        .get("/connections/{id}", find, Operation::new("Get a connection", &["read:connections"]))
        .patch(
            "/connections/{id}",
            update,
            Operation::new("Change a connection", &["update:connections"]).refuses(&[409, 412]),
        )
        .delete(
            "/connections/{id}",
            delete,
            Operation::new("Delete a connection", &["delete:connections"]).refuses(&[409]),
        )
        .get(
            "/connections/{id}/status",
            status,
            Operation::new("Whether a login can pass through a connection", &["read:connections"]),
        )
        .delete(
            "/connections/{id}/users",
            delete_user,
            Operation::new("Delete a user of a database by e-mail", &["delete:users"]).refuses(&[409]),
        )
}

impl Listed for Connection {
    const KEY: &'static str = "connections";
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct ListParameters {
    #[serde(flatten)]
    pub(super) paging: CheckpointPaging,
    #[serde(flatten)]
    pub(super) fields: Fields,
    /// One of these strategies; may be repeated.
    #[serde(default)]
    #[schemars(inner(length(min = 1, max = 64), regex(pattern = "^[a-z0-9-]+$")))]
    pub(super) strategy: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
struct NamedListParameters {
    #[serde(flatten)]
    list: ListParameters,
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    name: Option<String>,
}

async fn list(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Parameters(NamedListParameters { list, name }): Parameters<NamedListParameters>,
) -> Answer<Json<List<Selected<Connection>>>> {
    let wanted = list.paging.wanted(100)?;
    let filter = ConnectionFilter { name, strategies: list.strategy, client_id: None };
    let mut rows = management.tenant.read().await?;
    let page = rows.list_connections(&filter, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_connections(&filter).await? } else { 0 };
    Ok(Json(wanted.answer(list.fields.select_all(shown_all(&caller, page))?, total)))
}

async fn find(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(fields): Parameters<Fields>,
) -> Answer<Tagged<Selected<Connection>>> {
    let found = management.tenant.read().await?.find_connection(&id).await?;
    Ok(Tagged(fields.select(&shown(&caller, found.ok_or_else(unknown_connection)?))?))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(body): Body<NewConnection>,
) -> Answer<Created<Connection>> {
    let connection = body.into_connection()?;
    let now = Timestamp::now();
    let answer = shown(&caller, connection.clone());
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                administrators::check_clients(&caller, &connection.enabled_clients)?;
                rows.create_connection(&connection, now)
                    .await
                    .map_err(|error| or_refused(error, name_taken(), unknown_client()))?;
                record(&mut rows, "Create a Connection", &caller, &connection.id, now).await
            })
        })
        .await?;
    Ok(Created(answer))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    if_match: IfMatch,
    Body(change): Body<ConnectionChange>,
) -> Answer<Json<Connection>> {
    let now = Timestamp::now();
    let guard = management.settings.membership_guard;
    let by = caller.clone();
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut connection = hold(&mut rows, &id).await?;
                if_match.check(&Fields::default().select(&shown(&by, connection.clone()))?)?;
                let before = connection.clone();
                change.apply(&mut connection)?;
                administrators::check_clients(&by, before.enabled_clients.iter().chain(&connection.enabled_clients))?;
                membership_guard::check_opened(&mut rows, &by, (&before, &connection), guard, now).await?;
                let before = before.enabled_clients;
                let left = administrators::Left::of_clients(&mut rows, before.iter()).await?;
                rows.update_connection(&connection).await?;
                for client_id in before.iter().filter(|id| !connection.enabled_clients.contains(id)) {
                    rows.delete_connection_client(&id, client_id).await?;
                }
                for client_id in connection.enabled_clients.iter().filter(|id| !before.contains(id)) {
                    let created = rows.create_connection_client(&id, client_id).await;
                    created.map_err(|error| or_refused(error, name_taken(), unknown_client()))?;
                }
                left.check(&mut rows).await?;
                record(&mut rows, "Update a Connection", &by, &id, now).await?;
                Answer::Ok(connection)
            })
        })
        .await?;
    Ok(Json(shown(&caller, changed)))
}

async fn delete(caller: Caller, State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Deleted> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let clients = rows.find_connection(&id).await?.map(|found| found.enabled_clients).unwrap_or_default();
                administrators::check_clients(&caller, &clients)?;
                let left = administrators::Left::of_clients(&mut rows, clients.iter()).await?;
                if !rows.delete_connection(&id).await? {
                    return Answer::Ok(Deleted { deleted_at: None });
                }
                left.check(&mut rows).await?;
                record(&mut rows, "Delete a Connection", &caller, &id, now).await?;
                Answer::Ok(Deleted { deleted_at: Some(now) })
            })
        })
        .await
}

/// 202 with the time, and 204 when it was gone already (contract §1.11).
#[derive(Serialize, JsonSchema)]
struct Deleted {
    deleted_at: Option<Timestamp>,
}

impl IntoResponse for Deleted {
    fn into_response(self) -> Response {
        match self.deleted_at {
            Some(_) => (StatusCode::ACCEPTED, Json(self)).into_response(),
            None => NoContent.into_response(),
        }
    }
}

impl OperationOutput for Deleted {
    type Inner = Self;

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Described) -> Vec<(Option<u16>, openapi::Response)> {
        let deleted = (Some(202), json_response(ctx.schema.subschema_for::<Self>()));
        NoContent::inferred_responses(ctx, operation).into_iter().chain([deleted]).collect()
    }
}

/// 200 when a login can pass through it, else 404, as the contract has it for connections that can be offline.
async fn status(State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Online> {
    let found = management.tenant.read().await?.find_connection(&id).await?;
    match found.ok_or_else(unknown_connection)?.is_open() {
        true => Ok(Online),
        false => Err(ApiError::not_found(None, "No login can pass through this connection.").into()),
    }
}

/// 200 without a body.
struct Online;

impl IntoResponse for Online {
    fn into_response(self) -> Response {
        StatusCode::OK.into_response()
    }
}

impl OperationOutput for Online {
    type Inner = ();

    fn inferred_responses(_: &mut GenContext, _: &mut Described) -> Vec<(Option<u16>, openapi::Response)> {
        vec![(Some(200), openapi::Response { description: "Success".to_owned(), ..openapi::Response::default() })]
    }
}

#[derive(Deserialize, JsonSchema)]
struct UserOfDatabase {
    #[schemars(length(min = 3, max = LONGEST_EMAIL), regex(pattern = EMAIL))]
    email: String,
}

/// 204 also when nobody has the address: a deletion may be asked for again.
async fn delete_user(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(parameters): Parameters<UserOfDatabase>,
) -> Answer<NoContent> {
    let wrong = || ApiError::invalid_query("Query validation error: 'String is no address' on property email.");
    let email = email(&parameters.email).ok_or_else(wrong)?;
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let connection = hold(&mut rows, &id).await?;
                if !connection.strategy.is_database() {
                    return Err(not_built("Deleting a user of a connection that is no database").into());
                }
                administrators::check_clients(&caller, &connection.enabled_clients)?;
                let left = administrators::Left::of_clients(&mut rows, connection.enabled_clients.iter()).await?;
                for user_id in rows.delete_users_by_email(&id, &email).await? {
                    let event = Event {
                        connection_id: Some(id.clone()),
                        user_id: Some(user_id),
                        ..caller.event("Delete a Connection User")
                    };
                    rows.record_event(event, now).await?;
                }
                left.check(&mut rows).await?;
                Answer::Ok(NoContent)
            })
        })
        .await
}

/// The connection as this caller may see it (design §5.12).
pub(super) fn shown(caller: &Caller, connection: Connection) -> Connection {
    if caller.may("read:connections_options") { connection } else { without_secrets(connection) }
}

/// The same for a page of a list.
pub(super) fn shown_all(caller: &Caller, page: Vec<Placed<Connection>>) -> Vec<Placed<Connection>> {
    page.into_iter().map(|row| row.map(|connection| shown(caller, connection))).collect()
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
    wrong("enabled_clients", "One of the clients does not exist")
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
    let event = Event { connection_id: Some(connection_id.to_owned()), ..caller.event(what) };
    Ok(rows.record_event(event, now).await?)
}
