//! `/users/{id}/sessions` and `/sessions/{id}`: where people are signed in, and ending that (Auth0's contract).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Accepted, Answer, Parameters};
use super::check::Ids;
use super::operation::{Operation, Routes};
use super::paging::{CheckpointPaging, List, Listed};
use super::users::get_user;
use super::{Caller, Management};
use crate::error::Fault;
use crate::model::grant::Device;
use crate::model::{ApiError, Timestamp};
use crate::store::{Event, Placed, Slice, StoredSession};

/// The sessions of the login page: wired by `app.rs`, since they are login data.
pub trait Sessions: Send + Sync {
    /// One person's.
    fn list(&self, user_id: String, slice: Slice) -> BoxFuture<'_, Result<Vec<Placed<StoredSession>>, Fault>>;

    fn find(&self, id: String) -> BoxFuture<'_, Result<Option<StoredSession>, Fault>>;

    /// Ends one, with what came of it. The event is written with it; for one that is gone there is none.
    fn end(&self, id: String, event: Event) -> BoxFuture<'_, Result<(), Fault>>;

    /// The same for all of one person's.
    fn end_all(&self, user_id: String, event: Event) -> BoxFuture<'_, Result<(), Fault>>;
}

pub(super) fn routes() -> Routes {
    let (read, delete) = (&["read:sessions"], &["delete:sessions"]);
    let of_users = Routes::new("users")
        .get("/users/{id}/sessions", list, Operation::new("List a user's sessions", read))
        .delete("/users/{id}/sessions", end_all, Operation::new("End a user's sessions", delete));
    Routes::new("sessions")
        .get("/sessions/{id}", find, Operation::new("Get a session", read))
        .delete("/sessions/{id}", end, Operation::new("End a session", delete))
        .merge(of_users)
}

/// Where a person is signed in.
#[derive(Serialize, JsonSchema)]
struct ShownSession {
    /// What ID tokens carry as `sid`.
    id: String,
    user_id: String,
    created_at: Timestamp,
    authenticated_at: Timestamp,
    /// When it ends unless it is used.
    idle_expires_at: Timestamp,
    expires_at: Timestamp,
    device: Device,
    /// The name of the connection that proved who the person is (our extension).
    connection: String,
}

impl Listed for ShownSession {
    const KEY: &'static str = "sessions";
}

impl From<StoredSession> for ShownSession {
    fn from(StoredSession { id, session, idle_ends_at }: StoredSession) -> Self {
        Self {
            id,
            user_id: session.user_id,
            // A session begins with a sign-in; another one is another session.
            created_at: session.authenticated_at,
            authenticated_at: session.authenticated_at,
            idle_expires_at: idle_ends_at,
            expires_at: session.ends_at,
            device: session.device,
            connection: session.connection_name,
        }
    }
}

async fn list(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<ShownSession>>> {
    let wanted = paging.wanted_in("session", 50)?.always_checkpoint();
    get_user(&mut management.tenant.read().await?, &id).await?;
    let page = management.sessions.list(id, wanted.slice.clone()).await?;
    Ok(Json(wanted.answer(page.into_iter().map(|row| row.map(ShownSession::from)).collect(), 0)))
}

async fn find(State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Json<ShownSession>> {
    let found = management.sessions.find(id).await?;
    let unknown = || ApiError::not_found(Some("inexistent_session"), "The session does not exist.");
    Ok(Json(found.ok_or_else(unknown)?.into()))
}

/// 202 also when it is gone: a deletion may be asked for again.
async fn end(caller: Caller, State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Accepted> {
    management.sessions.end(id, caller.event("End a session")).await?;
    Ok(Accepted)
}

/// As [`end`].
async fn end_all(caller: Caller, State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Accepted> {
    end_of(&management, &caller, id).await?;
    Ok(Accepted)
}

/// Ends all sessions of a user, who may be gone.
pub(super) async fn end_of(management: &Management, caller: &Caller, user_id: String) -> Answer<()> {
    Ok(management.sessions.end_all(user_id, caller.event("End the sessions of a user")).await?)
}
