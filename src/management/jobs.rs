//! `/jobs/verification-email`: an administrator has a link sent that verifies a user's address (contract §1.13).

use std::sync::Arc;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Created, Failure};
use super::check::{Unbuilt, wrong};
use super::operation::{Operation, Routes};
use super::tickets::{EMAIL_PAGE, address_of, send_verification};
use super::users::{get_user, unknown_user};
use super::{Caller, Management};
use crate::model::user::LONGEST_USER_ID;
use crate::model::{ApiError, LINE, Timestamp, new_id};
use crate::store::{Event, Rows, StoredUser};

pub(super) fn routes() -> Routes {
    let operation = Operation::new("Send a link to verify an address", &["update:users"]).refuses(&[404]);
    Routes::new("jobs").post("/jobs/verification-email", create, operation)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VerificationJob {
    #[schemars(length(min = 1, max = LONGEST_USER_ID), regex(pattern = LINE))]
    user_id: String,
    #[schemars(length(min = 1, max = 255), regex(pattern = LINE))]
    client_id: Option<String>,
    #[serde(rename = "organization_id")]
    _organization_id: Option<Unbuilt>,
    #[serde(rename = "identity")]
    _identity: Option<Unbuilt>,
}

#[derive(Serialize, JsonSchema)]
struct CreatedJob {
    #[serde(rename = "type")]
    kind: JobKind,
    status: JobStatus,
    created_at: Timestamp,
    id: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum JobKind {
    VerificationEmail,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum JobStatus {
    /// The mail waits in the outbox.
    Pending,
}

async fn create(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Body(body): Body<VerificationJob>,
) -> Answer<Created<CreatedJob>> {
    let now = Timestamp::now();
    let page = address_of(&management, EMAIL_PAGE)?;
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if !rows.lock_user(&body.user_id, now).await? {
                    return Err(unknown_user().into());
                }
                let stored = get_user(&mut rows, &body.user_id).await?;
                verify("user_id", &mut rows, &stored, (&page, body.client_id), now).await?;
                let event = Event { user_id: Some(body.user_id), ..caller.event("Send a verification email") };
                Ok::<_, Failure>(rows.record_event(event, now).await?)
            })
        })
        .await?;
    let (kind, status) = (JobKind::VerificationEmail, JobStatus::Pending);
    Ok(Created(CreatedJob { kind, status, created_at: now, id: new_id("job") }))
}

/// Has the mail sent.
///
/// # Errors
/// 400 for a user whom an identity provider vouches for, or who has no address; the second names the property.
pub(super) async fn verify(
    property: &str,
    rows: &mut Rows<'_>,
    stored: &StoredUser,
    (page, client_id): (&str, Option<String>),
    now: Timestamp,
) -> Answer<()> {
    if stored.password_hash.is_none() {
        let message = "The user is of a connection whose identity provider keeps the address.";
        return Err(ApiError::new(400, Some("operation_not_supported"), message).into());
    }
    if stored.user.email.is_none() {
        return Err(wrong(property, "The user has no email").into());
    }
    Ok(send_verification(rows, stored, (page, client_id), None, now).await?)
}
