//! Members of an organization: who they are, adding and removing them (contract §1.6).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::answer::{Answer, Failure};
use super::caller::Caller;
use super::check::{Ids, is_plain};
use super::legacy::{Body, Paging, Parameters};
use super::organizations::unknown_organization;
use super::{Management, users};
use crate::model::organization::is_organization_id;
use crate::model::user::LONGEST_USER_ID;
use crate::model::{ApiError, Timestamp};
use crate::store::{Event, Rows};

/// Users one call may add or remove (contract §1.17).
const MOST_AT_ONCE: usize = 10;

pub(super) fn router() -> Router<Arc<Management>> {
    Router::new().route("/organizations/{id}/members", get(list).post(add).delete(remove))
}

/// Extras are tolerated here, as the contract has it (§1).
#[derive(Deserialize)]
struct Members {
    members: Vec<String>,
}

async fn list(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<Value>> {
    caller.require(&["read:organization_members"])?;
    let window = paging.window(50)?;
    let mut rows = management.tenant.read().await?;
    require_organization(&mut rows, &id).await?;
    let members = rows.list_members(&id, window.start, window.limit).await?;
    let total = rows.count_members(&id).await?;
    Ok(Json(window.answer("members", members, total)?))
}

async fn add(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<Members>,
) -> Answer<StatusCode> {
    caller.require(&["create:organization_members"])?;
    change(&management, caller, id, body, true).await
}

async fn remove(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<Members>,
) -> Answer<StatusCode> {
    caller.require(&["delete:organization_members"])?;
    change(&management, caller, id, body, false).await
}

/// All of them or none. Adding a member and removing a stranger change nothing and are no errors.
async fn change(management: &Management, caller: Caller, id: String, body: Members, add: bool) -> Answer<StatusCode> {
    check(&body)?;
    let now = Timestamp::now();
    let kind = if add { "organization_member_added" } else { "organization_member_removed" };
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                require_organization(&mut rows, &id).await?;
                for user_id in body.members {
                    users::get_user(&mut rows, &user_id).await?;
                    let changed = match add {
                        true => rows.create_member(&id, &user_id, now).await?,
                        false => rows.delete_member(&id, &user_id).await?,
                    };
                    if changed {
                        let event = Event {
                            kind,
                            organization_id: Some(id.clone()),
                            user_id: Some(user_id),
                            ..Event::by(&caller.client_id, "")
                        };
                        rows.record_event(event, now).await?;
                    }
                }
                Ok::<_, Failure>(())
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check(body: &Members) -> Result<(), ApiError> {
    if !(1..=MOST_AT_ONCE).contains(&body.members.len()) {
        let message = format!("Payload validation error: 'members takes 1 to {MOST_AT_ONCE} user ids'.");
        return Err(ApiError::invalid_body(message));
    }
    match body.members.iter().all(|id| is_plain(id, LONGEST_USER_ID)) {
        true => Ok(()),
        false => Err(ApiError::invalid_body("Payload validation error: 'members holds no user id'.")),
    }
}

async fn require_organization(rows: &mut Rows<'_>, id: &str) -> Answer<()> {
    match is_organization_id(id) && rows.is_organization(id).await? {
        true => Ok(()),
        false => Err(unknown_organization().into()),
    }
}
