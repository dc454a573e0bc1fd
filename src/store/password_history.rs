//! Passwords that users had before, as hashes.

use sqlx::Row;

use super::database::{Rows, StoreError};
use crate::model::Timestamp;

impl Rows<'_> {
    /// Keeps a password that ends now; of all that are kept, the newest `most` stay.
    pub async fn create_earlier_password(
        &mut self,
        user_id: &str,
        hash: &str,
        most: usize,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO password_history (user_id, password_hash, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        );
        self.execute(statement.bind(user_id.to_owned()).bind(hash.to_owned()).bind(now.0)).await?;
        let statement = sqlx::query(
            "DELETE FROM password_history WHERE user_id = $1 AND created_at < (SELECT MIN(kept.created_at) FROM \
             (SELECT created_at FROM password_history WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2) kept)",
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.execute(statement.bind(user_id.to_owned()).bind(most)).await.map(|_| ())
    }

    /// The newest `most` earlier passwords.
    pub async fn list_earlier_passwords(&mut self, user_id: &str, most: usize) -> Result<Vec<String>, StoreError> {
        let statement = sqlx::query(
            "SELECT password_hash FROM password_history WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2",
        );
        let statement = statement.bind(user_id.to_owned()).bind(i64::try_from(most).unwrap_or(i64::MAX));
        let rows = self.all(statement).await?;
        rows.iter().map(|row| Ok(row.try_get("password_hash")?)).collect()
    }
}
