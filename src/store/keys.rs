//! Signing keys, sealed, and what became of each; their private halves leave this room only to sign.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::events::Event;
use super::logins::Logins;
use super::seal::Seal;
use crate::model::Timestamp;

/// A new signing key.
#[derive(Clone)]
pub struct NewKey {
    pub kid: String,
    /// The private key in PKCS #8.
    pub pkcs8: Vec<u8>,
}

/// A signing key as it is kept: the next one has never been current, the current one is so until now.
pub struct StoredKey {
    pub kid: String,
    /// The private key in PKCS #8.
    pub pkcs8: Vec<u8>,
    pub created_at: Timestamp,
    pub current_since: Option<Timestamp>,
    pub current_until: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// What came of revoking a signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// It is revoked, now or since earlier.
    Revoked,
    /// It signs, or will: only a key that was replaced can be revoked.
    InUse,
    Unknown,
}

impl Logins {
    /// All signing keys, the newest first.
    pub async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.database.read().await?.list_signing_keys().await
    }

    /// Makes one key current and keeps one as the next, as far as there are none; `spares` are two new keys for it.
    /// Nodes that start at once agree on the same.
    pub async fn prepare_signing_keys(&self, spares: [NewKey; 2], now: Timestamp) -> Result<(), StoreError> {
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    rows.hold_signing_keys().await?;
                    let mut spares = spares.into_iter();
                    let mut keys = rows.list_signing_keys().await?;
                    while keys.iter().filter(|key| key.may_sign()).count() < 2 {
                        let Some(spare) = spares.next() else { break };
                        rows.create_signing_key(&spare, now).await?;
                        keys = rows.list_signing_keys().await?;
                    }
                    if !keys.iter().any(StoredKey::is_current) {
                        rows.promote_next_key(now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Makes the next key current, the current one previous, and keeps `new` as the next, with the event that tells.
    pub async fn rotate_signing_keys(&self, new: NewKey, event: Event, now: Timestamp) -> Result<(), StoreError> {
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    rows.hold_signing_keys().await?;
                    let retire = sqlx::query(
                        "UPDATE signing_keys SET current_until = $1 \
                         WHERE current_since IS NOT NULL AND current_until IS NULL",
                    );
                    rows.execute(retire.bind(now.0)).await?;
                    rows.create_signing_key(&new, now).await?;
                    rows.promote_next_key(now).await?;
                    rows.record_event(event, now).await
                })
            })
            .await
    }

    /// Revokes a key that was replaced, with the event that tells. Asked for again, it is revoked already.
    pub async fn revoke_signing_key(&self, kid: &str, event: Event, now: Timestamp) -> Result<Revocation, StoreError> {
        let kid = kid.to_owned();
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    rows.hold_signing_keys().await?;
                    let keys = rows.list_signing_keys().await?;
                    let Some(key) = keys.iter().find(|key| key.kid == kid) else { return Ok(Revocation::Unknown) };
                    if key.may_sign() {
                        return Ok(Revocation::InUse);
                    }
                    if key.revoked_at.is_none() {
                        let statement = sqlx::query("UPDATE signing_keys SET revoked_at = $1 WHERE kid = $2");
                        rows.execute(statement.bind(now.0).bind(kid)).await?;
                        rows.record_event(event, now).await?;
                    }
                    Ok(Revocation::Revoked)
                })
            })
            .await
    }
}

impl StoredKey {
    pub fn is_current(&self) -> bool {
        self.current_since.is_some() && self.may_sign()
    }

    /// Whether it is published to sign later.
    pub fn is_next(&self) -> bool {
        self.current_since.is_none() && self.may_sign()
    }

    /// Whether it was replaced and is still believed.
    pub fn is_previous(&self) -> bool {
        self.current_until.is_some() && self.revoked_at.is_none()
    }

    fn may_sign(&self) -> bool {
        self.current_until.is_none() && self.revoked_at.is_none()
    }
}

impl Rows<'_> {
    /// Keeps the keys to this transaction: of two rotations at once the second sees what the first did. The first key is
    /// always there, and one row can be waited for without a deadlock.
    async fn hold_signing_keys(&mut self) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE signing_keys SET created_at = created_at WHERE slot = 1");
        self.execute(statement).await.map(|_| ())
    }

    async fn list_signing_keys(&mut self) -> Result<Vec<StoredKey>, StoreError> {
        let statement = sqlx::query(
            "SELECT kid, sealed_key, created_at, current_since, current_until, revoked_at FROM signing_keys \
             ORDER BY slot DESC",
        );
        let found = self.all(statement).await?;
        found.into_iter().map(|row| read(&self.seal, row)).collect()
    }

    /// In the slot after the last, unless another node was first.
    async fn create_signing_key(&mut self, new: &NewKey, now: Timestamp) -> Result<(), StoreError> {
        let sealed = self.seal.seal(&place(&new.kid), &new.pkcs8)?;
        let statement = sqlx::query(
            "INSERT INTO signing_keys (kid, slot, sealed_key, created_at) \
             SELECT $1, COALESCE(MAX(slot), 0) + 1, $2, $3 FROM signing_keys WHERE true ON CONFLICT DO NOTHING",
        );
        self.execute(statement.bind(new.kid.clone()).bind(sealed).bind(now.0)).await.map(|_| ())
    }

    /// The oldest key that was never current is so now.
    async fn promote_next_key(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE signing_keys SET current_since = $1 WHERE slot = (SELECT MIN(slot) FROM signing_keys \
             WHERE current_since IS NULL AND revoked_at IS NULL)",
        );
        self.execute(statement.bind(now.0)).await.map(|_| ())
    }
}

fn read(seal: &Seal, row: AnyRow) -> Result<StoredKey, StoreError> {
    let kid: String = row.try_get("kid")?;
    let pkcs8 = seal.open(&place(&kid), row.try_get("sealed_key")?)?;
    let time = |name: &str| Ok::<_, StoreError>(row.try_get::<Option<i64>, _>(name)?.map(Timestamp));
    Ok(StoredKey {
        kid,
        pkcs8,
        created_at: Timestamp(row.try_get("created_at")?),
        current_since: time("current_since")?,
        current_until: time("current_until")?,
        revoked_at: time("revoked_at")?,
    })
}

pub(super) fn place(kid: &str) -> String {
    format!("signing_keys:{kid}")
}
