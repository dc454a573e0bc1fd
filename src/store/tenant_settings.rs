//! Settings of the whole tenant: one JSON document under each name.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;

use super::database::{Rows, StoreError};

impl Rows<'_> {
    /// The document, or its default when none was kept.
    pub async fn find_settings<T: DeserializeOwned + Default>(&mut self, name: &str) -> Result<T, StoreError> {
        let statement = sqlx::query("SELECT value FROM tenant_settings WHERE name = $1");
        let row = self.optional(statement.bind(name.to_owned())).await?;
        row.map_or_else(|| Ok(T::default()), |row| Ok(serde_json::from_str(row.try_get("value")?)?))
    }

    /// As [`Rows::find_settings`], kept to this transaction so that no other change is lost.
    pub async fn hold_settings<T: DeserializeOwned + Default>(&mut self, name: &str) -> Result<T, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO tenant_settings (name, value) VALUES ($1, '{}') \
             ON CONFLICT (name) DO UPDATE SET value = tenant_settings.value",
        );
        self.execute(statement.bind(name.to_owned())).await?;
        self.find_settings(name).await
    }

    pub async fn save_settings<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO tenant_settings (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        );
        self.execute(statement.bind(name.to_owned()).bind(serde_json::to_string(value)?)).await.map(|_| ())
    }
}
