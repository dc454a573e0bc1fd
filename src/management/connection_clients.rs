//! `/connections/{id}/clients` and `/clients/{id}/connections`: what an application may use without an
//! organization (contract §1.11, §1.12).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Parameters};
use super::check::{Ids, or_refused};
use super::clients::inexistent_client;
use super::connections::{ListParameters, hold, record, shown_all, unknown_client, unknown_connection};
use super::operation::{Operation, Routes};
use super::paging::{CheckpointPaging, List, Listed, Selected};
use super::schema::LINE;
use super::{Caller, Management, administrators};
use crate::model::{Connection, Timestamp};
use crate::store::ConnectionFilter;

/// Clients that one call may name (contract §1.11).
const CLIENTS_AT_ONCE: usize = 50;

pub(super) fn routes() -> Routes {
    Routes::new("connections")
        .get(
            "/connections/{id}/clients",
            list_clients,
            Operation::new("List the applications of a connection", &["read:connections"]),
        )
        .patch(
            "/connections/{id}/clients",
            update_clients,
            Operation::new("Change the applications of a connection", &["update:connections"]).refuses(&[409]),
        )
        .get(
            "/clients/{client_id}/connections",
            list_connections,
            Operation::new("List the connections of an application", &["read:connections"]),
        )
}

/// An application that may use a connection.
#[derive(Serialize, JsonSchema)]
struct ConnectionClient {
    client_id: String,
}

impl Listed for ConnectionClient {
    const KEY: &'static str = "clients";
}

/// Whether an application may use the connection from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct ClientChange {
    #[schemars(length(min = 1, max = 255), regex(pattern = LINE))]
    client_id: String,
    status: bool,
}

#[derive(Deserialize, JsonSchema)]
struct ClientChanges(#[schemars(length(min = 1, max = CLIENTS_AT_ONCE))] Vec<ClientChange>);

async fn list_clients(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<ConnectionClient>>> {
    let wanted = paging.wanted_in("client_id", 50)?.always_checkpoint();
    let mut rows = management.tenant.read().await?;
    rows.find_connection(&id).await?.ok_or_else(unknown_connection)?;
    let page = rows.list_connection_clients(&id, &wanted.slice).await?;
    let view = |client_id| ConnectionClient { client_id };
    Ok(Json(wanted.answer(page.into_iter().map(|row| row.map(view)).collect(), 0)))
}

async fn update_clients(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(ClientChanges(changes)): Body<ClientChanges>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                administrators::check_clients(&caller, changes.iter().map(|change| &change.client_id))?;
                let clients = changes.iter().map(|change| &change.client_id);
                let left = administrators::Left::of_clients(&mut rows, clients).await?;
                for change in &changes {
                    if change.status {
                        let created = rows.create_connection_client(&id, &change.client_id).await;
                        created.map_err(|error| or_refused(error, unknown_client(), unknown_client()))?;
                    } else {
                        rows.delete_connection_client(&id, &change.client_id).await?;
                    }
                }
                left.check(&mut rows).await?;
                record(&mut rows, "Update Enabled Clients for a Connection", &caller, &id, now).await?;
                Answer::Ok(NoContent)
            })
        })
        .await
}

async fn list_connections(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(client_id): Ids<String>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Answer<Json<List<Selected<Connection>>>> {
    // Always an envelope (contract §1.12).
    let wanted = parameters.paging.wanted(50)?.always_counted();
    let mut rows = management.tenant.read().await?;
    rows.find_client(&client_id).await?.ok_or_else(inexistent_client)?;
    let filter = ConnectionFilter { client_id: Some(client_id), strategies: parameters.strategy, name: None };
    let page = rows.list_connections(&filter, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_connections(&filter).await? } else { 0 };
    Ok(Json(wanted.answer(parameters.fields.select_all(shown_all(&caller, page))?, total)))
}
