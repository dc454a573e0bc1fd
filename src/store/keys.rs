//! Signing keys, sealed; their private halves leave this room only to sign.

use sqlx::Row;

use super::database::StoreError;
use super::logins::Logins;
use crate::model::Timestamp;

/// A signing key as it is kept.
pub struct StoredKey {
    pub kid: String,
    /// The private key in PKCS #8.
    pub pkcs8: Vec<u8>,
}

impl Logins {
    /// All signing keys, the newest first.
    pub async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let mut rows = self.database.read().await?;
        let found = rows.all(sqlx::query("SELECT kid, sealed_key FROM signing_keys ORDER BY slot DESC")).await?;
        let seal = rows.seal.clone();
        found
            .into_iter()
            .map(|row| {
                let kid: String = row.try_get("kid")?;
                let pkcs8 = seal.open(&place(&kid), row.try_get("sealed_key")?)?;
                Ok(StoredKey { kid, pkcs8 })
            })
            .collect()
    }

    /// Keeps a key in its slot, unless another node was first; either way [`Logins::signing_keys`] tells which.
    pub async fn create_signing_key(&self, slot: i64, key: StoredKey, now: Timestamp) -> Result<(), StoreError> {
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    let sealed = rows.seal.seal(&place(&key.kid), &key.pkcs8)?;
                    let statement = sqlx::query(
                        "INSERT INTO signing_keys (kid, slot, sealed_key, created_at) VALUES ($1, $2, $3, $4) \
                         ON CONFLICT DO NOTHING",
                    );
                    let statement = statement.bind(key.kid).bind(slot).bind(sealed).bind(now.0);
                    rows.execute(statement).await.map(|_| ())
                })
            })
            .await
    }
}

pub(super) fn place(kid: &str) -> String {
    format!("signing_keys:{kid}")
}
