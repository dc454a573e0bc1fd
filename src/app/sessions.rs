//! The roof's part in sessions: the Management API's way to those of the login page.

use futures_util::future::BoxFuture;

use crate::error::{Context, Fault};
use crate::management::sessions::Sessions;
use crate::model::Timestamp;
use crate::store::{Event, Logins, Placed, Slice, StoredSession};

impl Sessions for Logins {
    fn list(&self, user_id: String, slice: Slice) -> BoxFuture<'_, Result<Vec<Placed<StoredSession>>, Fault>> {
        Box::pin(async move {
            self.list_sessions(&user_id, &slice, Timestamp::now()).await.context("listing the sessions of a user")
        })
    }

    fn find(&self, id: String) -> BoxFuture<'_, Result<Option<StoredSession>, Fault>> {
        Box::pin(async move { self.find_session(&id, Timestamp::now()).await.context("looking for a session") })
    }

    fn end(&self, id: String, event: Event) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move { self.end_session(&id, event, Timestamp::now()).await.context("ending a session") })
    }

    fn end_all(&self, user_id: String, event: Event) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            self.end_sessions_of(&user_id, event, Timestamp::now()).await.context("ending the sessions of a user")
        })
    }
}
