//! `/connections/{id}/clients` and `/clients/{id}/connections`: what an application may use without an
//! organization (contract §1.11, §1.12).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::check::{Ids, LONGEST_CLIENT_ID, is_plain, or_refused, wrong};
use super::clients::inexistent_client;
use super::connections::{CLIENTS_AT_ONCE, hold, record, shown, unknown_client, unknown_connection};
use super::legacy::{Items, Paging, Parameters};
use super::{Caller, Management};
use crate::model::{Connection, Timestamp};
use crate::store::ConnectionFilter;

pub(super) fn router() -> Router<Arc<Management>> {
    Router::new()
        .route("/connections/{id}/clients", get(list_clients).patch(update_clients))
        .route("/clients/{client_id}/connections", get(list_connections))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientChange {
    client_id: String,
    status: bool,
}

async fn list_clients(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
) -> Answer<Json<Value>> {
    caller.require(&["read:connections"])?;
    let found = management.tenant.read().await?.find_connection(&id).await?;
    let connection = found.ok_or_else(unknown_connection)?;
    let clients: Vec<Value> = connection.enabled_clients.iter().map(|id| json!({ "client_id": id })).collect();
    Ok(Json(json!({ "clients": clients })))
}

async fn update_clients(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Items(changes): Items<ClientChange>,
) -> Answer<StatusCode> {
    caller.require(&["update:connections"])?;
    if !(1..=CLIENTS_AT_ONCE).contains(&changes.len()) {
        return Err(wrong("body", &format!("Array must have 1 to {CLIENTS_AT_ONCE} items")).into());
    }
    if !changes.iter().all(|change| is_plain(&change.client_id, LONGEST_CLIENT_ID)) {
        return Err(unknown_client().into());
    }
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                for change in &changes {
                    if change.status {
                        let created = rows.create_connection_client(&id, &change.client_id).await;
                        created.map_err(|error| or_refused(error, unknown_client(), unknown_client()))?;
                    } else {
                        rows.delete_connection_client(&id, &change.client_id).await?;
                    }
                }
                record(&mut rows, "Update Enabled Clients for a Connection", &caller, &id, now).await?;
                Answer::Ok(StatusCode::NO_CONTENT)
            })
        })
        .await
}

async fn list_connections(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(client_id): Ids<String>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<Value>> {
    caller.require(&["read:connections"])?;
    let window = paging.window(50)?;
    let mut rows = management.tenant.read().await?;
    rows.find_client(&client_id).await?.ok_or_else(inexistent_client)?;
    let filter = ConnectionFilter { client_id: Some(client_id), ..ConnectionFilter::default() };
    let page = rows.list_connections(&filter, window.start, window.limit).await?;
    let total = rows.count_connections(&filter).await?;
    let page: Vec<Connection> = page.into_iter().map(|connection| shown(&caller, connection)).collect();
    // Always an envelope (contract §1.12).
    Ok(Json(window.envelope("connections", page, total)?))
}
