//! An administrator's session: a record under the hash of the cookie, with the tokens that only this process sees.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};

use super::error::DashboardError;
use super::{Dashboard, Visit};
use crate::management_client::Administration;
use crate::model::{Timestamp, sha256};
use crate::store::{Kind, StoreError};
use crate::web::cookies::Purpose;
use crate::web::text::Reader;

/// Who is signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) access_token: String,
    pub(super) id_token: String,
    /// What is revoked when the person signs out.
    pub(super) grant_id: String,
    pub(super) user_id: String,
    /// What the person is called.
    pub(super) label: String,
    pub(super) may_write: bool,
    /// When the person last showed who they are.
    pub(super) signed_in_at: Timestamp,
    pub(super) ends_at: Timestamp,
}

impl Dashboard {
    fn idle_seconds(&self) -> i64 {
        self.settings.dashboard.session_idle_minutes * 60
    }

    /// Keeps a session until it is not used any more, or ends.
    pub(super) async fn keep_session(&self, secret: &str, session: &Session, now: Timestamp) -> Result<(), StoreError> {
        let until = now.plus_seconds(self.idle_seconds()).min(session.ends_at);
        self.logins.put(Kind::Dashboard, secret, &session.user_id, session, until).await
    }

    /// The session of this browser and its secret; one that is used stays longer.
    pub(super) async fn find_session(
        &self,
        visit: &Visit,
        now: Timestamp,
    ) -> Result<Option<(String, Session)>, StoreError> {
        let Some(secret) = self.cookies.read(&visit.headers, Purpose::Dashboard) else { return Ok(None) };
        let Some(session) = self.logins.find::<Session>(Kind::Dashboard, &secret, now).await? else { return Ok(None) };
        let until = now.plus_seconds(self.idle_seconds()).min(session.ends_at);
        self.logins.extend(Kind::Dashboard, &secret, until).await?;
        Ok(Some((secret, session)))
    }
}

/// The request of an administrator who is signed in.
#[derive(Clone)]
pub(super) struct Signed {
    pub(super) session: Arc<Session>,
    pub(super) api: Administration,
    /// What every form of this session carries.
    pub(super) csrf: String,
    pub(super) reader: Reader,
    /// Path and query.
    pub(super) place: String,
    is_recent: bool,
    /// What was typed before the person had to sign in again.
    pub(super) draft: Option<crate::web::form::Form>,
}

impl Signed {
    pub(super) fn new(dashboard: &Dashboard, visit: &Visit, secret: &str, session: Session) -> Self {
        Self {
            api: api(dashboard, &session, visit.address),
            csrf: csrf(secret),
            reader: visit.reader.clone(),
            place: visit.place.clone(),
            is_recent: Timestamp::now() < session.signed_in_at.plus_seconds(dashboard.settings.dashboard.fresh_seconds),
            draft: None,
            session: Arc::new(session),
        }
    }

    /// A parameter of the address.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        super::parameter(&self.place, name)
    }

    /// Lets only somebody go on who showed lately who they are: for what cannot be undone, and for secrets.
    ///
    /// # Errors
    /// What leads to the sign-in, and back to this page.
    pub(super) fn require_recent(&self) -> Result<(), DashboardError> {
        match self.is_recent {
            true => Ok(()),
            false => Err(DashboardError::SignInAnew { path: self.path().to_owned() }),
        }
    }

    /// The path of the page.
    pub(super) fn path(&self) -> &str {
        self.place.split('?').next().unwrap_or_default()
    }
}

fn api(dashboard: &Dashboard, session: &Session, address: IpAddr) -> Administration {
    dashboard.client.on_behalf_of(&session.access_token, address)
}

/// A value that only pages of this session hold: other sites cannot read them, and do not know the cookie.
fn csrf(secret: &str) -> String {
    sha256(&format!("csrf\n{secret}"))
}

impl FromRequestParts<Arc<Dashboard>> for Signed {
    type Rejection = DashboardError;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Arc<Dashboard>) -> Result<Self, DashboardError> {
        // The guard of forms has found it already.
        if let Some(signed) = parts.extensions.get::<Self>() {
            return Ok(signed.clone());
        }
        let visit = match Visit::from_request_parts(parts, dashboard).await {
            Ok(visit) => visit,
            Err(never) => match never {},
        };
        let now = Timestamp::now();
        let found = dashboard.find_session(&visit, now).await?;
        let (secret, session) = found.ok_or(DashboardError::SignedOut { place: None })?;
        let mut signed = Self::new(dashboard, &visit, &secret, session);
        signed.draft = super::guard::draft(dashboard, &visit, now).await.unwrap_or_default();
        Ok(signed)
    }
}
