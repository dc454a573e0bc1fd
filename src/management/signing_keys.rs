//! `/keys/signing`: the keys that sign tokens, their rotation and revocation (contract §1.13).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Created};
use super::check::Ids;
use super::operation::{Operation, Routes};
use super::{Caller, Management};
use crate::error::Fault;
use crate::model::{ApiError, Timestamp};
use crate::store::{Event, Revocation};

/// The signing keys: wired by `app.rs`, since private keys are login data and making one is the protocol's.
pub trait SigningKeys: Send + Sync {
    /// All of them, the newest first.
    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyFacts>, Fault>>;

    /// Makes the next key current; the answer is the new next one. The event is written with it.
    fn rotate(&self, event: Event) -> BoxFuture<'_, Result<NamedKey, Fault>>;

    /// Revokes a key that was replaced. The event is written with it.
    fn revoke(&self, kid: String, event: Event) -> BoxFuture<'_, Result<Revocation, Fault>>;
}

/// What is told of a signing key; a state that does not hold is left out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KeyFacts {
    pub kid: String,
    /// Its certificate in PEM.
    pub cert: String,
    /// The certificate's SHA-1, with and without colons.
    pub fingerprint: String,
    pub thumbprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// The answer of a rotation and a revocation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NamedKey {
    pub kid: String,
    /// Its certificate in PEM.
    pub cert: String,
}

pub(super) fn routes() -> Routes {
    Routes::new("keys")
        .get("/keys/signing", list, Operation::new("List the signing keys", &["read:signing_keys"]))
        .post(
            "/keys/signing/rotate",
            rotate,
            Operation::new("Rotate the signing keys", &["create:signing_keys", "update:signing_keys"]),
        )
        .get("/keys/signing/{kid}", find, Operation::new("Get a signing key", &["read:signing_keys"]))
        .put("/keys/signing/{kid}/revoke", revoke, Operation::new("Revoke a signing key", &["update:signing_keys"]))
}

async fn list(State(management): State<Arc<Management>>) -> Answer<Json<Vec<KeyFacts>>> {
    Ok(Json(management.signing_keys.list().await?))
}

async fn find(State(management): State<Arc<Management>>, Ids(kid): Ids<String>) -> Answer<Json<KeyFacts>> {
    Ok(Json(get_key(&management, &kid).await?))
}

async fn rotate(caller: Caller, State(management): State<Arc<Management>>) -> Answer<Created<NamedKey>> {
    let event = caller.event("Rotate the signing keys");
    Ok(Created(management.signing_keys.rotate(event).await?))
}

async fn revoke(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(kid): Ids<String>,
) -> Answer<Created<NamedKey>> {
    let key = get_key(&management, &kid).await?;
    let event = caller.event(format!("Revoke a signing key: {kid}"));
    match management.signing_keys.revoke(kid, event).await? {
        Revocation::Revoked => Ok(Created(NamedKey { kid: key.kid, cert: key.cert })),
        Revocation::InUse => {
            let message = "The current and the next signing key cannot be revoked; rotate the keys first.";
            Err(ApiError::new(400, Some("operation_not_supported"), message).into())
        }
        Revocation::Unknown => Err(unknown_key().into()),
    }
}

async fn get_key(management: &Management, kid: &str) -> Answer<KeyFacts> {
    let keys = management.signing_keys.list().await?;
    Ok(keys.into_iter().find(|key| key.kid == kid).ok_or_else(unknown_key)?)
}

fn unknown_key() -> ApiError {
    ApiError::not_found(Some("inexistent_signing_key"), "The signing key does not exist")
}
