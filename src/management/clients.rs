//! `/clients`: the applications (contract §1.12).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use super::answer::Answer;
use super::check::Ids;
use super::client_settings::{ClientSettings, new_client_secret};
use super::legacy::{Body, Paging, Parameters};
use super::{Caller, GATEWAY_SCOPE, Management};
use crate::model::{ApiError, Application, Timestamp};
use crate::store::{Event, Rows};

pub(super) fn router() -> Router<Arc<Management>> {
    Router::new()
        .route("/clients", get(list).post(create))
        .route("/clients/{client_id}", get(find).patch(update).delete(delete))
        .route("/clients/{client_id}/rotate-secret", post(rotate_secret))
}

async fn list(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<Value>> {
    caller.require(&["read:clients", "read:client_keys"])?;
    let window = paging.window(50)?;
    let mut rows = management.tenant.read().await?;
    let mut page = rows.list_clients(window.start, window.limit).await?;
    let total = rows.count_clients().await?;
    let gateways = rows.list_clients_with_scope(GATEWAY_SCOPE).await?;
    for application in &mut page {
        withhold(&caller, gateways.contains(&application.client_id), application);
    }
    Ok(Json(window.answer("clients", page, total)?))
}

async fn find(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(client_id): Ids<String>,
) -> Answer<Json<Application>> {
    caller.require(&["read:clients", "read:client_keys"])?;
    let mut rows = management.tenant.read().await?;
    let mut application = rows.find_client(&client_id).await?.ok_or_else(inexistent_client)?;
    let is_gateways = rows.client_holds_scope(&client_id, GATEWAY_SCOPE).await?;
    withhold(&caller, is_gateways, &mut application);
    Ok(Json(application))
}

/// The answer tells the secret: its one moment for a caller without `read:client_keys`.
async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(settings): Body<ClientSettings>,
) -> Answer<(StatusCode, Json<Application>)> {
    caller.require(&["create:clients"])?;
    let application = settings.create()?;
    let now = Timestamp::now();
    let created = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                rows.create_client(&application, now).await?;
                record(&mut rows, "Create a Client", &caller, &application.client_id, now).await?;
                Answer::Ok(application)
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(created)))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(client_id): Ids<String>,
    Body(settings): Body<ClientSettings>,
) -> Answer<Json<Application>> {
    caller.require(&["update:clients"])?;
    let now = Timestamp::now();
    let by = caller.clone();
    let mut changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut application = hold(&mut rows, &client_id).await?;
                settings.apply(&mut application)?;
                rows.update_client(&application).await?;
                record(&mut rows, "Update a Client", &by, &client_id, now).await?;
                Answer::Ok(application)
            })
        })
        .await?;
    withhold(&caller, false, &mut changed);
    Ok(Json(changed))
}

/// 204 also when it is gone: a deletion may be asked for again.
async fn delete(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(client_id): Ids<String>,
) -> Answer<StatusCode> {
    caller.require(&["delete:clients"])?;
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if rows.delete_client(&client_id).await? {
                    record(&mut rows, "Delete a Client", &caller, &client_id, now).await?;
                }
                Answer::Ok(StatusCode::NO_CONTENT)
            })
        })
        .await
}

async fn rotate_secret(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(client_id): Ids<String>,
) -> Answer<Json<Application>> {
    caller.require(&["update:client_keys"])?;
    let now = Timestamp::now();
    let rotated = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut application = hold(&mut rows, &client_id).await?;
                if application.is_public() {
                    let message = "The client has no secret: its token_endpoint_auth_method is none.";
                    return Err(ApiError::new(400, Some("operation_not_supported"), message).into());
                }
                application.client_secret = Some(new_client_secret());
                rows.update_client(&application).await?;
                record(&mut rows, "Rotate a Client Secret", &caller, &client_id, now).await?;
                Answer::Ok(application)
            })
        })
        .await?;
    Ok(Json(rotated))
}

/// The client, kept to this transaction, unless it is a gateway's: what makes it a gateway is given on the
/// management host, so nothing here may hand its credentials to someone else (design §5.3).
///
/// # Errors
/// 404 when there is none, 403 when it is a gateway's.
async fn hold(rows: &mut Rows<'_>, client_id: &str) -> Answer<Application> {
    rows.hold_client(client_id).await?;
    let application = rows.find_client(client_id).await?.ok_or_else(inexistent_client)?;
    if rows.client_holds_scope(client_id, GATEWAY_SCOPE).await? {
        let message = "This client is a gateway's: it is changed on the management host only.";
        return Err(ApiError::new(403, Some("operation_not_supported"), message).into());
    }
    Ok(application)
}

/// Takes the secret out, unless the caller may see it; a gateway's is told to gateways only.
fn withhold(caller: &Caller, is_gateways: bool, application: &mut Application) {
    if !caller.may("read:client_keys") || (is_gateways && !caller.is_gateway()) {
        application.client_secret = None;
    }
}

pub(super) fn inexistent_client() -> ApiError {
    ApiError::not_found(Some("inexistent_client"), "The client does not exist")
}

/// The event's client is the one who asks; the description names the one it was done to.
pub(super) async fn record(
    rows: &mut Rows<'_>,
    what: &str,
    caller: &Caller,
    client_id: &str,
    now: Timestamp,
) -> Answer<()> {
    let event = Event::by(&caller.client_id, format!("{what}: {client_id}"));
    Ok(rows.record_event(event, now).await?)
}
