//! `/jobs`: an administrator has a link sent that verifies a user's address (contract §1.13) or lets its password be
//! chosen.

use std::sync::Arc;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Created, Failure};
use super::check::{Unbuilt, wrong};
use super::operation::{Operation, Routes};
use super::ticket_letters::{send_password_change, send_verification};
use super::tickets::{EMAIL_PAGE, PASSWORD_PAGE, address_of};
use super::users::{get_user, unknown_user};
use super::{Caller, Management, administrators};
use crate::model::user::LONGEST_USER_ID;
use crate::model::{ApiError, LINE, Timestamp, new_id};
use crate::store::{Event, Rows, StoredUser};

pub(super) fn routes() -> Routes {
    let verification = Operation::new("Send a link to verify an address", &["update:users"]).refuses(&[404]);
    let scopes = &["create:user_tickets"];
    let password = Operation::new("Send a link to choose a password (our extension)", scopes).refuses(&[404]);
    Routes::new("jobs").post("/jobs/verification-email", create, verification).post(
        "/jobs/password-email",
        create_password_email,
        password,
    )
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PasswordJob {
    #[schemars(length(min = 1, max = LONGEST_USER_ID), regex(pattern = LINE))]
    user_id: String,
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
    PasswordEmail,
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

/// Whoever has never signed in hears of a new account, everybody else of a new password. The link proves the address.
async fn create_password_email(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Body(PasswordJob { user_id }): Body<PasswordJob>,
) -> Answer<Created<CreatedJob>> {
    let now = Timestamp::now();
    let page = address_of(&management, PASSWORD_PAGE)?;
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                administrators::check_users(&mut rows, &caller, std::slice::from_ref(&user_id)).await?;
                let stored = get_user(&mut rows, &user_id).await?;
                check_mailed("user_id", &stored)?;
                send_password_change(&mut rows, &stored, &page, now).await?;
                let event = Event { user_id: Some(user_id), ..caller.event("Send a password email") };
                Ok::<_, Failure>(rows.record_event(event, now).await?)
            })
        })
        .await?;
    let (kind, status) = (JobKind::PasswordEmail, JobStatus::Pending);
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
    check_mailed(property, stored)?;
    Ok(send_verification(rows, stored, (page, client_id), None, now).await?)
}

fn check_mailed(property: &str, stored: &StoredUser) -> Result<(), ApiError> {
    if stored.password_hash.is_none() {
        let message = "The user is of a connection whose identity provider keeps the password and the address.";
        return Err(ApiError::new(400, Some("operation_not_supported"), message));
    }
    match stored.user.email {
        Some(_) => Ok(()),
        None => Err(wrong(property, "The user has no email")),
    }
}
