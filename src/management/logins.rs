//! `POST /logins`: one call records a login and answers who came in, or why not (design §5.3).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::json;

use super::Management;
use super::answer::{Answer, Body, Failure};
use super::answered_trips::{TRIP_SECONDS, fingerprint, trip};
use super::attempts;
use super::caller::{Caller, GATEWAY_SCOPE, OWN_GATEWAY};
use super::check::{check_bytes, email, usable_profile};
use super::decision::{Decision, decide};
use super::membership;
use super::operation::{Operation, Routes};
use super::recognize::Prepared;
use super::{email_codes, sign_up};
use crate::error::Fault;
use crate::model::application::DASHBOARD;
use crate::model::login::{Admission, Identity, LONGEST_ISSUER, LoginRecord, Membership, Proof, refusal};
use crate::model::user::{LONGEST_SUBJECT, LONGEST_USER_ID};
use crate::model::{ApiError, Timestamp, User, sha256};
use crate::store::{AnsweredTrip, Event, NewUser, OpenConnection, Rows, StoreError, StoredUser};

pub(super) fn routes() -> Routes {
    // 503 when too many passwords wait to be checked.
    let operation = Operation::new("Record a login", &[GATEWAY_SCOPE]).refuses(&[503]);
    Routes::new("logins").post("/logins", record_login, operation)
}

async fn record_login(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(record): Body<LoginRecord>,
) -> Answer<Json<Admission>> {
    // A gateway on another machine sees what its people type, and administrators are not its people.
    if record.client_id == DASHBOARD && caller.client_id != OWN_GATEWAY {
        return Err(not_enabled_error().into());
    }
    record_login_at(&management, record, Timestamp::now()).await.map(Json)
}

/// Why a login ends without an admission.
pub(super) enum Stop {
    /// Told to the caller; of all that was done only the event stays.
    Refused {
        error: ApiError,
        kind: &'static str,
        user_id: Option<String>,
    },
    /// A parallel login was faster; looking again shows what it did.
    Overtaken,
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(super) fn refused(code: &str, message: impl Into<String>) -> Stop {
    Stop::Refused { error: ApiError::new(403, Some(code), message), kind: "f", user_id: None }
}

impl Stop {
    pub(super) fn of_user(self, id: &str) -> Self {
        match self {
            Self::Refused { error, kind, .. } => Self::Refused { error, kind, user_id: Some(id.to_owned()) },
            stop => stop,
        }
    }
}

pub(super) async fn record_login_at(management: &Management, record: LoginRecord, now: Timestamp) -> Answer<Admission> {
    check(&record)?;
    let guard = management.settings.membership_guard;
    // An invitation is accepted by writing, and its refusal is an event.
    if let Proof::Session { .. } = &record.proof
        && record.invitation.is_none()
    {
        // Asked at every boundary, and nearly always there is nothing to write.
        let mut rows = management.tenant.read().await?;
        match decide(&mut rows, &record, &Prepared::default(), guard, now).await {
            Ok(decision) => {
                if let Some(admission) = decision.without_writing(&record) {
                    return Ok(admission);
                }
            }
            // No event: an unused session may be asked about at each page view, and nobody tried anything.
            Err(Stop::Refused { error, .. }) => return Err(error.into()),
            Err(_) => {}
        }
    }
    let prepared = match &record.proof {
        Proof::Password { identifier, password } => {
            let attempt = attempts::try_password(management, &record, identifier, password, now).await?;
            Prepared { attempt, ..Prepared::default() }
        }
        Proof::EmailCode { challenge, .. } => email_codes::prepare(management, &record, challenge, now).await?,
        Proof::SignUp(account) => sign_up::prepare(management, &record, account, now).await?,
        _ => Prepared::default(),
    };
    let (record, prepared) = (Arc::new(record), Arc::new(prepared));
    // Each round is caused by another login that was committed meanwhile.
    for _ in 0..5 {
        match record_once(management, record.clone(), prepared.clone(), now).await {
            Err(Stop::Overtaken) => continue,
            Err(Stop::Refused { error, .. }) => return Err(error.into()),
            // The organization, connection or user was deleted during this transaction.
            Err(Stop::Store(StoreError::MissingReference)) => return Err(not_enabled_error().into()),
            Err(Stop::Store(error)) => return Err(error.into()),
            Ok(answer) => return Ok(answer?),
        }
    }
    Err(Failure::Fault(Fault::new("recording a login", "other logins of the same person were always faster")))
}

/// One transaction: what it decides and what it writes stay together.
async fn record_once(
    management: &Management,
    record: Arc<LoginRecord>,
    prepared: Arc<Prepared>,
    now: Timestamp,
) -> Result<Result<Admission, ApiError>, Stop> {
    let guard = management.settings.membership_guard;
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let admitted = match decide(&mut rows, &record, &prepared, guard, now).await {
                    Ok(decision) => admit(&mut rows, &record, decision, &prepared, now).await,
                    Err(stop) => Err(stop),
                };
                match admitted {
                    Err(Stop::Refused { error, kind, user_id }) => {
                        let details = error.error_code.as_ref().map(|code| json!({ "reason": code }));
                        let description = error.message.clone();
                        let event = Event { description, user_id, details, ..event(kind, &record) };
                        if is_wrong(&error) {
                            record_waits(&mut rows, &event, prepared.waits(), now).await?;
                        }
                        rows.record_event(event, now).await?;
                        Ok(Err(error))
                    }
                    admitted => admitted.map(Ok),
                }
            })
        })
        .await
}

fn is_wrong(error: &ApiError) -> bool {
    matches!(error.error_code.as_deref(), Some(refusal::WRONG_CREDENTIALS | refusal::WRONG_CODE))
}

/// A failed password or code may be the one after which its account or address must wait.
async fn record_waits(
    rows: &mut Rows<'_>,
    failed: &Event,
    waits: &[&'static str],
    now: Timestamp,
) -> Result<(), StoreError> {
    for kind in waits {
        let description = "Too many failed attempts".to_owned();
        rows.record_event(Event { kind, description, details: None, ..failed.clone() }, now).await?;
    }
    Ok(())
}

/// What the schema cannot tell: the parts of a key have a limit in bytes.
fn check(record: &LoginRecord) -> Result<(), ApiError> {
    match &record.proof {
        Proof::Identity(identity) => {
            check_bytes("proof.identity.issuer", &identity.issuer, LONGEST_ISSUER)?;
            check_bytes("proof.identity.subject", &identity.subject, LONGEST_SUBJECT)
        }
        Proof::Session { user_id, .. } => check_bytes("proof.session.user_id", user_id, LONGEST_USER_ID),
        Proof::Password { .. } | Proof::EmailCode { .. } | Proof::SignUp(_) => Ok(()),
    }
}

/// Writes what was decided.
async fn admit(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    decision: Decision,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<Admission, Stop> {
    let Decision { connection, user_id, user, wish, answered, management_scopes } = decision;
    let counts = answered.is_none() && !matches!(record.proof, Proof::Session { .. });
    let mut stored = match user {
        Some(stored) => stored,
        None => create_user(rows, record, &connection, &user_id, prepared, now).await?,
    };
    if counts {
        sign_in(rows, record, &mut stored, prepared, now).await?;
    }
    let created = membership::write(rows, record, &wish, &mut stored, now).await?
        || answered.is_some_and(|answered| answered.membership_created);
    if let Some(trip) = trip(record).filter(|_| counts) {
        let fingerprint = fingerprint(record, &user_id);
        let answered = AnsweredTrip { fingerprint, user_id: user_id.clone(), membership_created: created };
        if !rows.create_answered_trip(&trip, &answered, now.plus_seconds(TRIP_SECONDS), now).await? {
            return Err(Stop::Overtaken);
        }
    }
    let membership = record.organization_id.clone().map(|organization_id| Membership { organization_id, created });
    let account_version = version_of(&stored);
    let (user, connection) = (stored.user, connection.summary);
    Ok(Admission { user, account_version, connection, membership, management_scopes })
}

/// The user of somebody who comes for the first time. Of two parallel first logins the second finds the first one's.
async fn create_user(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    connection: &OpenConnection,
    user_id: &str,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<StoredUser, Stop> {
    match &record.proof {
        Proof::Identity(identity) => create_federated(rows, connection, identity, user_id, now).await,
        Proof::SignUp(account) => sign_up::create(rows, record, connection, account, user_id, prepared, now).await,
        Proof::EmailCode { .. } => email_codes::create(rows, connection, user_id, prepared, now).await,
        Proof::Password { .. } | Proof::Session { .. } => Err(Stop::Overtaken),
    }
}

async fn create_federated(
    rows: &mut Rows<'_>,
    connection: &OpenConnection,
    identity: &Identity,
    user_id: &str,
    now: Timestamp,
) -> Result<StoredUser, Stop> {
    let user = NewUser {
        user_id: user_id.to_owned(),
        connection_id: connection.id.clone(),
        issuer: identity.issuer.clone(),
        subject: identity.subject.clone(),
    };
    rows.create_user(user, now).await?;
    match rows.find_user_by_identity(&connection.id, &identity.issuer, &identity.subject).await? {
        Some(stored) if stored.user.blocked => Err(Stop::Overtaken),
        Some(stored) => Ok(stored),
        None => Err(conflict(user_id)),
    }
}

/// Counts the login, then keeps what the connection says of the person.
async fn sign_in(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    stored: &mut StoredUser,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<(), Stop> {
    let user_id = stored.user.user_id.clone();
    // The count holds the row until the transaction ends, so that what is kept undoes no administrator's change.
    let logins_count = rows.record_sign_in(&user_id, now).await?.ok_or(Stop::Overtaken)?;
    if let Proof::Identity(_) | Proof::EmailCode { .. } = &record.proof {
        *stored = rows.find_user(&user_id).await?.ok_or(Stop::Overtaken)?;
        keep(record, prepared, &mut stored.user);
        rows.update_identity(&stored.user).await?;
    }
    let user = &mut stored.user;
    (user.updated_at, user.last_login, user.logins_count) = (now, Some(now), logins_count);
    rows.record_event(Event { user_id: Some(user_id), ..event("s", record) }, now).await?;
    Ok(())
}

/// What the connection does not tell stays, such as the address an administrator entered.
fn keep(record: &LoginRecord, prepared: &Prepared, user: &mut User) {
    match &record.proof {
        Proof::Identity(identity) => {
            if let Some(email) = identity.email.as_deref().and_then(email) {
                (user.email, user.email_verified) = (Some(email), identity.email_verified);
            }
            user.profile = usable_profile(&identity.profile).or(std::mem::take(&mut user.profile));
        }
        Proof::EmailCode { .. } => {
            if let Some(email) = prepared.code.as_ref().and_then(|tried| tried.email.clone()) {
                (user.email, user.email_verified) = (Some(email), true);
            }
        }
        _ => {}
    }
}

/// One version per account and password. A password hashed anew is the same password.
pub(super) fn version_of(stored: &StoredUser) -> String {
    let changed_at = stored.password_changed_at.map(|at| at.0.to_string()).unwrap_or_default();
    sha256(&format!("{}\n{}\n{changed_at}", stored.user.user_id, stored.user.created_at.0))
}

pub(super) fn event(kind: &'static str, record: &LoginRecord) -> Event {
    Event {
        kind,
        client_id: Some(record.client_id.clone()),
        connection_id: Some(record.connection_id.clone()),
        organization_id: record.organization_id.clone(),
        client_address: record.client_address.clone(),
        ..Event::default()
    }
}

fn not_enabled_error() -> ApiError {
    ApiError::new(403, Some(refusal::CONNECTION_NOT_ENABLED), "The connection is not enabled here.")
}

pub(super) fn not_enabled() -> Stop {
    Stop::Refused { error: not_enabled_error(), kind: "f", user_id: None }
}

pub(super) fn conflict(user_id: &str) -> Stop {
    refused(refusal::IDENTITY_CONFLICT, "The user id exists under another issuer.").of_user(user_id)
}
