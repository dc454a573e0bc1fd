//! `/client-grants`: what applications may ask of an API with their own credentials (contract §1.9).

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::answer::Answer;
use super::check::{Ids, LONGEST_CLIENT_ID, check_bytes, check_line, or_refused, wrong};
use super::clients::{inexistent_client, record};
use super::legacy::{Body, Paging, Parameters};
use super::{Caller, GATEWAY_SCOPE, Management};
use crate::model::{ApiError, ClientGrant, Timestamp, new_id};

/// Most scopes of one grant.
const SCOPES: usize = 1000;

pub(super) fn router() -> Router<Arc<Management>> {
    Router::new()
        .route("/client-grants", get(list).post(create))
        .route("/client-grants/{id}", get(find).patch(update).delete(delete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGrant {
    client_id: String,
    audience: String,
    #[serde(default)]
    scope: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantChange {
    scope: Vec<String>,
}

#[derive(Deserialize)]
struct ListParameters {
    #[serde(flatten)]
    paging: Paging,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    audience: String,
}

async fn list(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Answer<Json<Value>> {
    caller.require(&["read:client_grants"])?;
    let window = parameters.paging.window(50)?;
    let (client_id, audience) = (parameters.client_id, parameters.audience);
    let mut rows = management.tenant.read().await?;
    let page = rows.list_client_grants(&client_id, &audience, window.start, window.limit).await?;
    let total = rows.count_client_grants(&client_id, &audience).await?;
    Ok(Json(window.answer("client_grants", page, total)?))
}

async fn find(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
) -> Answer<Json<ClientGrant>> {
    caller.require(&["read:client_grants"])?;
    let found = management.tenant.read().await?.find_client_grant_by_id(&id).await?;
    Ok(Json(found.ok_or_else(unknown_grant)?))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(body): Body<NewGrant>,
) -> Answer<(StatusCode, Json<ClientGrant>)> {
    caller.require(&["create:client_grants"])?;
    check_line("client_id", &body.client_id, 255)?;
    check_line("audience", &body.audience, 600)?;
    check_bytes("client_id", &body.client_id, LONGEST_CLIENT_ID)?;
    check_bytes("audience", &body.audience, 2048)?;
    let scope = checked_scopes(body.scope)?;
    let grant = ClientGrant {
        id: new_id("cgr"),
        client_id: body.client_id,
        audience: body.audience,
        scope,
        organization_usage: None,
        allow_any_organization: None,
    };
    let now = Timestamp::now();
    let created = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                rows.create_client_grant(&grant, now)
                    .await
                    .map_err(|error| or_refused(error, granted_already(), inexistent_client()))?;
                record(&mut rows, "Create client grant", &caller, &grant.client_id, now).await?;
                Answer::Ok(grant)
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(created)))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(change): Body<GrantChange>,
) -> Answer<Json<ClientGrant>> {
    caller.require(&["update:client_grants"])?;
    let scope = checked_scopes(change.scope)?;
    let now = Timestamp::now();
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut grant = rows.find_client_grant_by_id(&id).await?.ok_or_else(unknown_grant)?;
                grant.scope = scope;
                rows.update_client_grant(&grant).await?;
                record(&mut rows, "Update client grant", &caller, &grant.client_id, now).await?;
                Answer::Ok(grant)
            })
        })
        .await?;
    Ok(Json(changed))
}

/// 204 also when it is gone: a deletion may be asked for again.
async fn delete(caller: Caller, State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<StatusCode> {
    caller.require(&["delete:client_grants"])?;
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if let Some(grant) = rows.find_client_grant_by_id(&id).await? {
                    rows.delete_client_grant(&id).await?;
                    record(&mut rows, "Delete client grant", &caller, &grant.client_id, now).await?;
                }
                Answer::Ok(StatusCode::NO_CONTENT)
            })
        })
        .await
}

/// The scopes, each once.
///
/// # Errors
/// 400 for what no scope looks like (RFC 6749 §3.3); 403 for the gateway's, which no API call grants (design §5.3).
fn checked_scopes(mut scopes: Vec<String>) -> Result<Vec<String>, ApiError> {
    if scopes.len() > SCOPES {
        return Err(wrong("scope", &format!("Array is too long, at most {SCOPES} items")));
    }
    let is_scope = |text: &String| {
        let letters = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        (1..=280).contains(&text.len()) && text.bytes().all(letters)
    };
    if !scopes.iter().all(is_scope) {
        return Err(wrong("scope", "not a scope: printable ASCII without spaces, quotes and backslashes"));
    }
    if scopes.iter().any(|scope| scope == GATEWAY_SCOPE) {
        let message =
            format!("The scope {GATEWAY_SCOPE} belongs to gateways and is granted on the management host only.");
        return Err(ApiError::new(403, Some("operation_not_supported"), message));
    }
    let mut seen = HashSet::new();
    scopes.retain(|scope| seen.insert(scope.clone()));
    Ok(scopes)
}

fn unknown_grant() -> ApiError {
    ApiError::not_found(Some("inexistent_client_grant"), "The client grant does not exist")
}

fn granted_already() -> ApiError {
    ApiError::conflict(Some("client_grant_conflict"), "The client has a grant for this audience already.")
}
