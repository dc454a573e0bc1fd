//! `POST /logins/trials`: what a login would come to, for an administrator who tries a connection. Nothing is written.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Management;
use super::answer::{Answer, Body};
use super::caller::GATEWAY_SCOPE;
use super::check::wrong;
use super::decision::would_come_to;
use super::logins::Stop;
use super::operation::{Operation, Routes};
use crate::model::Timestamp;
use crate::model::login::{LoginRecord, Proof};
use crate::model::trial::TriedLogin;

pub(super) fn routes() -> Routes {
    Routes::new("logins").post("/logins/trials", try_login, Operation::new("Try a login", &[GATEWAY_SCOPE]))
}

async fn try_login(
    State(management): State<Arc<Management>>,
    Body(record): Body<LoginRecord>,
) -> Answer<Json<TriedLogin>> {
    // Anything else could be a way to guess.
    let is_plain = record.organization_id.is_some() && record.invitation.is_none();
    if !matches!(record.proof, Proof::Identity(_)) || !is_plain {
        return Err(wrong("proof", "has to be an identity, for an organization and without an invitation").into());
    }
    let guard = management.settings.membership_guard;
    let mut rows = management.tenant.read().await?;
    match would_come_to(&mut rows, &record, guard, Timestamp::now()).await {
        Ok(tried) => Ok(Json(tried)),
        Err(Stop::Refused { error, .. }) => Err(error.into()),
        Err(Stop::Store(error)) => Err(error.into()),
        Err(Stop::Overtaken) => Err(wrong("proof", "the person signs in at this moment").into()),
    }
}
