//! Login data: one table of expiring records, each under the hash of a secret only its holder knows.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Database, Rows, StoreError};
use super::seal::Seal;
use crate::model::LONGEST_TOKEN_SECONDS;
use crate::model::grant::AuthorizationCode;
use crate::model::{Timestamp, sha256};

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A journey to an identity provider, by its `state`.
    Trip,
    /// A signed-in person's choice of an organization.
    Choice,
    /// What an identity provider posted, until the browser comes again.
    Posted,
    /// A signed-in browser, by its cookie.
    Session,
    /// An authorization code.
    Code,
    /// A code that was taken: its grant, for as long as its tokens live. It belongs to its session, as a code does.
    SpentCode,
    /// A grant whose tokens are refused.
    RevokedGrant,
    /// A connection that an administrator wants to try.
    Trial,
    /// Such a trial at the identity provider, by its `state`.
    TrialTrip,
    /// A page with branding that is not saved.
    Preview,
    /// An administrator's session in the dashboard, by its cookie.
    Dashboard,
    /// An administrator on the way to signing in, by the `state`.
    DashboardSignIn,
    /// A form of the dashboard whose sender has to sign in again first.
    DashboardDraft,
    /// The link of an invitation, until the administrator who made it has seen it.
    InvitationLink,
    /// What the dashboard shows once.
    DashboardSecret,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Trip => "trip",
            Self::Choice => "choice",
            Self::Posted => "posted",
            Self::Session => "session",
            Self::Code => "code",
            Self::SpentCode => "spent_code",
            Self::RevokedGrant => "revoked_grant",
            Self::Trial => "trial",
            Self::Preview => "preview",
            Self::TrialTrip => "trial_trip",
            Self::Dashboard => "dashboard",
            Self::DashboardSignIn => "dashboard_sign_in",
            Self::DashboardDraft => "dashboard_draft",
            Self::InvitationLink => "invitation_link",
            Self::DashboardSecret => "dashboard_secret",
        }
    }
}

/// What came of taking an authorization code.
#[derive(Debug)]
pub enum TakenCode {
    /// The first use.
    Taken(Box<AuthorizationCode>),
    /// A further use: everything issued from it has been revoked (RFC 6749 §4.1.2).
    Reused,
    /// Never issued, or expired.
    Unknown,
}

/// Login data: what the gateway keeps.
#[derive(Clone)]
pub struct Logins {
    pub(super) database: Arc<Database>,
}

impl Logins {
    pub(super) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }

    /// The root key, for what the gateway keeps beside the database.
    pub fn sealing(&self) -> &Seal {
        &self.database.seal
    }

    /// Keeps `value` until `expires_at` under the hash of `secret`; an older one is replaced.
    pub async fn put<T: Serialize>(
        &self,
        kind: Kind,
        secret: &str,
        owner: &str,
        value: &T,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let (key, owner, json) = (sha256(secret), owner.to_owned(), serde_json::to_vec(value)?);
        self.database
            .write(move |mut rows| {
                Box::pin(async move { rows.put_record(kind, &key, &owner, &json, expires_at).await })
            })
            .await
    }

    /// The record, unless it expired.
    pub async fn find<T: DeserializeOwned>(
        &self,
        kind: Kind,
        secret: &str,
        now: Timestamp,
    ) -> Result<Option<T>, StoreError> {
        self.database.read().await?.find_record(kind, &sha256(secret), now).await
    }

    /// The record, unless it expired; of all that ask, one gets it.
    pub async fn take<T: DeserializeOwned + Send + 'static>(
        &self,
        kind: Kind,
        secret: &str,
        now: Timestamp,
    ) -> Result<Option<T>, StoreError> {
        let key = sha256(secret);
        self.database.write(move |mut rows| Box::pin(async move { rows.take_record(kind, &key, now).await })).await
    }

    /// Moves the record's end; a record that is gone stays gone.
    pub async fn extend(&self, kind: Kind, secret: &str, expires_at: Timestamp) -> Result<(), StoreError> {
        let key = sha256(secret);
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    let statement = sqlx::query("UPDATE records SET expires_at = $1 WHERE kind = $2 AND key = $3");
                    let statement = statement.bind(expires_at.0).bind(kind.as_str()).bind(key);
                    rows.execute(statement).await.map(|_| ())
                })
            })
            .await
    }

    /// Deletes the records of one kind that belong to `owner`.
    pub async fn drop_owner(&self, kind: Kind, owner: &str) -> Result<(), StoreError> {
        let owner = owner.to_owned();
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    let statement = sqlx::query("DELETE FROM records WHERE owner = $1 AND kind = $2");
                    rows.execute(statement.bind(owner).bind(kind.as_str())).await.map(|_| ())
                })
            })
            .await
    }

    /// Deletes the record of this secret.
    pub async fn delete(&self, kind: Kind, secret: &str) -> Result<(), StoreError> {
        let key = sha256(secret);
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    let statement = sqlx::query("DELETE FROM records WHERE kind = $1 AND key = $2");
                    rows.execute(statement.bind(kind.as_str()).bind(key)).await.map(|_| ())
                })
            })
            .await
    }

    /// Takes an authorization code once. A second use by the same client within `token_seconds`, or for as long as
    /// [`Logins::extend`] keeps the spent code, revokes what the first got; another client, that found a spent code, is told nothing and can end nothing.
    pub async fn take_code(
        &self,
        code: &str,
        client_id: &str,
        now: Timestamp,
        token_seconds: i64,
    ) -> Result<TakenCode, StoreError> {
        let (key, client_id) = (sha256(code), client_id.to_owned());
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    let end = now.plus_seconds(token_seconds);
                    if let Some(code) = rows.take_record::<AuthorizationCode>(Kind::Code, &key, now).await? {
                        let spent = serde_json::to_vec(&(&code.client_id, &code.grant_id))?;
                        rows.put_record(Kind::SpentCode, &key, &code.sid, &spent, end).await?;
                        return Ok(TakenCode::Taken(Box::new(code)));
                    }
                    match rows.find_record::<(String, String)>(Kind::SpentCode, &key, now).await? {
                        Some((owner, grant)) if owner == client_id => {
                            // However long its token is valid.
                            let end = now.plus_seconds(token_seconds.max(LONGEST_TOKEN_SECONDS));
                            rows.revoke_grant(&grant, end).await?;
                            Ok(TakenCode::Reused)
                        }
                        _ => Ok(TakenCode::Unknown),
                    }
                })
            })
            .await
    }

    /// Whether tokens of this grant are refused.
    pub async fn is_revoked(&self, grant_id: &str, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.find::<bool>(Kind::RevokedGrant, grant_id, now).await?.unwrap_or(false))
    }

    /// Deletes what nobody can use any more.
    pub async fn delete_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    let statement = sqlx::query("DELETE FROM records WHERE expires_at <= $1");
                    rows.execute(statement.bind(now.0)).await.map(|_| ())
                })
            })
            .await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut rows = self.database.read().await?;
        rows.optional(sqlx::query("SELECT kid FROM signing_keys")).await.map(|_| ())
    }
}

impl Rows<'_> {
    async fn put_record(
        &mut self,
        kind: Kind,
        key: &str,
        owner: &str,
        json: &[u8],
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let body = self.seal.seal(&place(kind, key), json)?;
        let statement = sqlx::query(
            "INSERT INTO records (kind, key, owner, body, expires_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (kind, key) DO UPDATE SET owner = excluded.owner, body = excluded.body, \
             expires_at = excluded.expires_at",
        );
        let statement = statement.bind(kind.as_str()).bind(key.to_owned()).bind(owner.to_owned());
        self.execute(statement.bind(body).bind(expires_at.0)).await.map(|_| ())
    }

    async fn find_record<T: DeserializeOwned>(
        &mut self,
        kind: Kind,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<T>, StoreError> {
        let statement = sqlx::query("SELECT body FROM records WHERE kind = $1 AND key = $2 AND expires_at > $3");
        let statement = statement.bind(kind.as_str()).bind(key.to_owned()).bind(now.0);
        self.open_record(kind, key, statement).await
    }

    async fn take_record<T: DeserializeOwned>(
        &mut self,
        kind: Kind,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<T>, StoreError> {
        let statement =
            sqlx::query("DELETE FROM records WHERE kind = $1 AND key = $2 AND expires_at > $3 RETURNING body");
        let statement = statement.bind(kind.as_str()).bind(key.to_owned()).bind(now.0);
        self.open_record(kind, key, statement).await
    }

    async fn open_record<T: DeserializeOwned>(
        &mut self,
        kind: Kind,
        key: &str,
        statement: sqlx::query::Query<'_, sqlx::Any, sqlx::any::AnyArguments>,
    ) -> Result<Option<T>, StoreError> {
        let Some(row) = self.optional(statement).await? else { return Ok(None) };
        self.unseal_record(kind, key, &row).map(Some)
    }

    pub(super) fn unseal_record<T: DeserializeOwned>(
        &self,
        kind: Kind,
        key: &str,
        row: &AnyRow,
    ) -> Result<T, StoreError> {
        let json = self.seal.open(&place(kind, key), row.try_get("body")?)?;
        Ok(serde_json::from_slice(&json)?)
    }

    /// Has the tokens of this grant refused.
    pub(super) async fn revoke_grant(&mut self, grant: &str, until: Timestamp) -> Result<(), StoreError> {
        self.put_record(Kind::RevokedGrant, &sha256(grant), "", b"true", until).await
    }
}

fn place(kind: Kind, key: &str) -> String {
    place_of(kind.as_str(), key)
}

pub(super) fn place_of(kind: &str, key: &str) -> String {
    format!("records.{kind}:{key}")
}
