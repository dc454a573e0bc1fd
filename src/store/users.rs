//! Users and what they type to sign in: rows of `users` and `identifiers`.

use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use crate::model::user::{Profile, UserIdentity};
use crate::model::{Strategy, Timestamp, User, sha256};

/// A user with what the API does not tell.
#[derive(Clone, PartialEq)]
pub struct StoredUser {
    pub user: User,
    pub connection_id: String,
    pub issuer: String,
    pub subject: String,
    /// Argon2id, or as it was imported (`management/password_hashes.rs`); only database users have one.
    pub password_hash: Option<String>,
    /// When the password was set; `None` while it is the one that the user was made with before times were kept.
    pub password_changed_at: Option<Timestamp>,
}

impl StoredUser {
    /// Gives the user a password: sessions from before end.
    pub fn set_password(&mut self, hash: String, now: Timestamp) {
        self.password_hash = Some(hash);
        self.password_changed_at = Some(now);
    }

    /// Whether the connection says this of the user.
    pub fn is(&self, connection_id: &str, issuer: &str, subject: &str) -> bool {
        (self.connection_id.as_str(), self.issuer.as_str(), self.subject.as_str()) == (connection_id, issuer, subject)
    }
}

/// Who someone is by a connection: what a user is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    pub user_id: String,
    pub connection_id: String,
    pub issuer: String,
    pub subject: String,
}

macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT u.user_id, u.connection_id, u.issuer, u.subject, u.email, u.email_verified, u.username, ",
            "u.password_hash, u.password_changed_at, u.profile, u.user_metadata, u.app_metadata, u.blocked, u.created_at, u.updated_at, ",
            "u.last_login, u.logins_count, c.name AS connection_name, c.strategy AS strategy ",
            "FROM users u JOIN connections c ON c.id = u.connection_id ",
            $rest
        )
    };
}
pub(super) use select_users;

impl Rows<'_> {
    pub async fn find_user(&mut self, user_id: &str) -> Result<Option<StoredUser>, StoreError> {
        let statement = sqlx::query(select_users!("WHERE u.user_id = $1")).bind(user_id.to_owned());
        self.optional(statement).await?.as_ref().map(stored_user).transpose()
    }

    /// The only way a federated person is recognized (design §5.5).
    pub async fn find_user_by_identity(
        &mut self,
        connection_id: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<StoredUser>, StoreError> {
        let statement = sqlx::query(select_users!("WHERE u.connection_id = $1 AND u.issuer = $2 AND u.subject = $3"));
        let statement = statement.bind(connection_id.to_owned()).bind(issuer.to_owned()).bind(subject.to_owned());
        self.optional(statement).await?.as_ref().map(stored_user).transpose()
    }

    /// `identifier` is canonical: trimmed and lower-cased.
    pub async fn find_user_by_identifier(
        &mut self,
        connection_id: &str,
        identifier: &str,
    ) -> Result<Option<StoredUser>, StoreError> {
        let statement = sqlx::query(select_users!(
            "JOIN identifiers i ON i.user_id = u.user_id WHERE i.connection_id = $1 AND i.identifier = $2"
        ));
        let statement = statement.bind(connection_id.to_owned()).bind(identifier.to_owned());
        self.optional(statement).await?.as_ref().map(stored_user).transpose()
    }

    /// `email` is lower-cased. One address may belong to a user of each connection.
    pub async fn list_users_by_email(&mut self, email: &str) -> Result<Vec<User>, StoreError> {
        let statement = sqlx::query(select_users!("WHERE u.email = $1 ORDER BY u.created_at, u.user_id LIMIT 100"));
        let rows = self.all(statement.bind(email.to_owned())).await?;
        rows.iter().map(|row| Ok(stored_user(row)?.user)).collect()
    }

    /// An empty user, to be filled by [`Rows::update_user`]. `false` when the id or the identity is taken.
    pub async fn create_user(&mut self, user: NewUser, now: Timestamp) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO users (user_id, connection_id, issuer, subject, email_verified, profile, user_metadata, \
             app_metadata, blocked, created_at, updated_at, logins_count) \
             VALUES ($1, $2, $3, $4, 0, '{}', '{}', '{}', 0, $5, $6, 0) ON CONFLICT DO NOTHING",
        );
        let statement = statement.bind(user.user_id).bind(user.connection_id).bind(user.issuer).bind(user.subject);
        Ok(self.execute(statement.bind(now.0).bind(now.0)).await? > 0)
    }

    /// Holds the user's row until the transaction ends, so that what is read next is still true when it is
    /// written back; `false` when there is no such user.
    pub async fn lock_user(&mut self, user_id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let statement = sqlx::query("UPDATE users SET updated_at = $1 WHERE user_id = $2");
        Ok(self.execute(statement.bind(now.0).bind(user_id.to_owned())).await? > 0)
    }

    /// Counts a login. Answers the new count, or `None` when the user was deleted or blocked meanwhile.
    pub async fn record_sign_in(&mut self, user_id: &str, now: Timestamp) -> Result<Option<i64>, StoreError> {
        let statement = sqlx::query(
            "UPDATE users SET updated_at = $1, last_login = $2, logins_count = logins_count + 1 \
             WHERE user_id = $3 AND blocked = 0 RETURNING logins_count",
        );
        let statement = statement.bind(now.0).bind(now.0).bind(user_id.to_owned());
        self.optional(statement).await?.map(|row| Ok(row.try_get("logins_count")?)).transpose()
    }

    /// Keeps what the connection says of the person now; it writes nothing an administrator decides.
    pub async fn update_identity(&mut self, user: &User) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE users SET email = $1, email_verified = $2, profile = $3, search_text = $4 WHERE user_id = $5",
        );
        let statement = statement
            .bind(user.email.clone())
            .bind(i64::from(user.email_verified))
            .bind(serde_json::to_string(&user.profile)?)
            .bind(search_text(user))
            .bind(user.user_id.clone());
        self.execute(statement).await?;
        self.update_memberships(&user.user_id, search_text(user)).await
    }

    /// Writes everything an administrator may change but the identifiers.
    pub async fn update_user(&mut self, stored: &StoredUser) -> Result<(), StoreError> {
        let user = &stored.user;
        let statement = sqlx::query(
            "UPDATE users SET email = $1, email_verified = $2, username = $3, password_hash = $4, profile = $5, \
             user_metadata = $6, app_metadata = $7, blocked = $8, updated_at = $9, password_changed_at = $10, \
             search_text = $11 WHERE user_id = $12",
        );
        let statement = statement
            .bind(user.email.clone())
            .bind(i64::from(user.email_verified))
            .bind(user.username.clone())
            .bind(stored.password_hash.clone())
            .bind(serde_json::to_string(&user.profile)?)
            .bind(serde_json::to_string(&user.user_metadata)?)
            .bind(serde_json::to_string(&user.app_metadata)?)
            .bind(i64::from(user.blocked))
            .bind(user.updated_at.0)
            .bind(stored.password_changed_at.map(|at| at.0))
            .bind(search_text(user))
            .bind(user.user_id.clone());
        self.execute(statement).await?;
        self.update_memberships(&user.user_id, search_text(user)).await
    }

    /// Replaces the form of a hash, not the password; one that was changed meanwhile stays.
    pub async fn replace_password_hash(&mut self, user_id: &str, old: &str, new: &str) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE users SET password_hash = $1 WHERE user_id = $2 AND password_hash = $3");
        let statement = statement.bind(new.to_owned()).bind(user_id.to_owned()).bind(old.to_owned());
        self.execute(statement).await.map(|_| ())
    }

    /// Replaces what a database user may type; `false` when another user of the connection has one of them.
    pub async fn replace_identifiers(&mut self, stored: &StoredUser) -> Result<bool, StoreError> {
        let user = &stored.user;
        let statement = sqlx::query("DELETE FROM identifiers WHERE user_id = $1");
        self.execute(statement.bind(user.user_id.clone())).await?;
        for identifier in [&user.email, &user.username].into_iter().flatten() {
            let statement = sqlx::query(
                "INSERT INTO identifiers (connection_id, identifier, user_id) VALUES ($1, $2, $3) \
                 ON CONFLICT DO NOTHING",
            );
            let statement = statement.bind(stored.connection_id.clone()).bind(identifier.to_lowercase());
            if self.execute(statement.bind(user.user_id.clone())).await? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Remembers that the id was given, so that it is not given to somebody else (T13).
    pub async fn create_used_user_id(&mut self, user_id: &str) -> Result<(), StoreError> {
        let statement = sqlx::query("INSERT INTO used_user_ids (hash) VALUES ($1) ON CONFLICT DO NOTHING");
        self.execute(statement.bind(sha256(user_id))).await.map(|_| ())
    }

    /// Whether a deleted user had the id.
    pub async fn is_used_user_id(&mut self, user_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("SELECT hash FROM used_user_ids WHERE hash = $1").bind(sha256(user_id));
        Ok(self.optional(statement).await?.is_some())
    }

    /// Deletes the user with its identifiers and memberships; `false` when there is none.
    pub async fn delete_user(&mut self, user_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM users WHERE user_id = $1").bind(user_id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }
}

/// The longest text that is searched, in bytes: an index of Postgres takes no more than 2700 in all.
const LONGEST_SEARCH_TEXT: usize = 1000;

/// What a search of members looks into: all that the person is called, in small letters.
fn search_text(user: &User) -> String {
    let Profile { name, nickname, given_name, family_name, .. } = &user.profile;
    let called = [&user.email, &user.username, name, given_name, family_name, nickname].into_iter().flatten();
    let mut text = called.map(|called| called.to_lowercase()).collect::<Vec<_>>().join("\n");
    text.truncate(text.floor_char_boundary(LONGEST_SEARCH_TEXT));
    text
}

pub(super) fn stored_user(row: &AnyRow) -> Result<StoredUser, StoreError> {
    let strategy: String = row.try_get("strategy")?;
    let user_id: String = row.try_get("user_id")?;
    let flag = |column: &str| row.try_get::<i64, _>(column).map(|value| value != 0);
    let metadata = |column: &str| -> Result<Map<String, Value>, StoreError> {
        Ok(serde_json::from_str(row.try_get::<&str, _>(column)?)?)
    };
    let identity = UserIdentity {
        connection: row.try_get("connection_name")?,
        user_id: user_id.split_once('|').map_or(user_id.as_str(), |(_, rest)| rest).to_owned(),
        is_social: Strategy::parse(&strategy).is_some_and(Strategy::is_social),
        provider: strategy,
    };
    let user = User {
        email: row.try_get("email")?,
        email_verified: flag("email_verified")?,
        username: row.try_get("username")?,
        profile: serde_json::from_str::<Profile>(row.try_get("profile")?)?,
        identities: vec![identity],
        user_metadata: metadata("user_metadata")?,
        app_metadata: metadata("app_metadata")?,
        blocked: flag("blocked")?,
        created_at: Timestamp(row.try_get("created_at")?),
        updated_at: Timestamp(row.try_get("updated_at")?),
        last_login: row.try_get::<Option<i64>, _>("last_login")?.map(Timestamp),
        logins_count: row.try_get("logins_count")?,
        user_id,
    };
    Ok(StoredUser {
        user,
        connection_id: row.try_get("connection_id")?,
        issuer: row.try_get("issuer")?,
        subject: row.try_get("subject")?,
        password_hash: row.try_get("password_hash")?,
        password_changed_at: row.try_get::<Option<i64>, _>("password_changed_at")?.map(Timestamp),
    })
}

/// The id of a user whom an identity provider vouches for, in Auth0's forms (contract §1.1, §2.4).
///
/// Where one issuer speaks for a strategy's people, the id has no connection in it: `google-oauth2|SUBJECT`. A second
/// connection of the same strategy, with a client of its own there, then brings the same id for the same person. It is
/// refused (`identity_conflict`) and not joined: an account belongs to the connection that it was made through, whose
/// administrators and organizations are others (design §5.5). One connection may be enabled for many organizations.
///
/// A Google Workspace account is named by its subject as well: an address is given to somebody else one day.
pub fn federated_user_id(strategy: Strategy, connection_name: &str, subject: &str) -> String {
    match strategy {
        // Any server may be behind them. A connection's name holds no bar, so two names never make one id.
        Strategy::Oidc | Strategy::Okta | Strategy::Oauth2 => {
            format!("{}|{connection_name}|{subject}", strategy.as_str())
        }
        _ => format!("{}|{subject}", strategy.as_str()),
    }
}
