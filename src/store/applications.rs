//! Applications (in the API: clients) as rows: their settings as one document, their secret sealed.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::seal::Seal;
use crate::error::Context;
use crate::model::{Application, Timestamp};

impl Rows<'_> {
    /// With its secret.
    pub async fn find_client(&mut self, client_id: &str) -> Result<Option<Application>, StoreError> {
        let statement = sqlx::query("SELECT settings, sealed_secret FROM clients WHERE client_id = $1");
        let found = self.optional(statement.bind(client_id.to_owned())).await?;
        found.map(|row| read(&self.seal, row)).transpose()
    }

    /// With their secrets, the oldest first.
    pub async fn list_clients(&mut self, start: i64, limit: i64) -> Result<Vec<Application>, StoreError> {
        let statement = sqlx::query(
            "SELECT settings, sealed_secret FROM clients ORDER BY created_at, client_id LIMIT $1 OFFSET $2",
        );
        let found = self.all(statement.bind(limit).bind(start)).await?;
        found.into_iter().map(|row| read(&self.seal, row)).collect()
    }

    pub async fn count_clients(&mut self) -> Result<i64, StoreError> {
        self.count(sqlx::query("SELECT COUNT(*) AS total FROM clients")).await
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the client id is taken.
    pub async fn create_client(&mut self, new: &Application, now: Timestamp) -> Result<(), StoreError> {
        let (settings, sealed) = split(&self.seal, new)?;
        let statement = sqlx::query(
            "INSERT INTO clients (client_id, name, settings, sealed_secret, created_at) VALUES ($1, $2, $3, $4, $5)",
        );
        let statement =
            statement.bind(new.client_id.clone()).bind(new.name.clone()).bind(settings).bind(sealed).bind(now.0);
        self.execute(statement).await.map(|_| ())
    }

    /// Writes everything but the client id.
    pub async fn update_client(&mut self, changed: &Application) -> Result<(), StoreError> {
        let (settings, sealed) = split(&self.seal, changed)?;
        let statement =
            sqlx::query("UPDATE clients SET name = $1, settings = $2, sealed_secret = $3 WHERE client_id = $4");
        let statement =
            statement.bind(changed.name.clone()).bind(settings).bind(sealed).bind(changed.client_id.clone());
        self.execute(statement).await.map(|_| ())
    }

    /// Whether there was one. Its grants go with it.
    pub async fn delete_client(&mut self, client_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM clients WHERE client_id = $1");
        Ok(self.execute(statement.bind(client_id.to_owned())).await? > 0)
    }

    /// Keeps the client to this transaction; see [`Rows::hold_organization`]. Whether there is one.
    pub async fn hold_client(&mut self, client_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("UPDATE clients SET created_at = created_at WHERE client_id = $1");
        Ok(self.execute(statement.bind(client_id.to_owned())).await? > 0)
    }
}

fn read(seal: &Seal, row: AnyRow) -> Result<Application, StoreError> {
    let mut application: Application = serde_json::from_str(row.try_get("settings")?)?;
    if let Some(sealed) = row.try_get::<Option<String>, _>("sealed_secret")? {
        let secret = seal.open(&place(&application.client_id), &sealed)?;
        application.client_secret = Some(String::from_utf8(secret).context("a stored client secret")?);
    }
    Ok(application)
}

/// The settings without the secret, and the secret sealed.
fn split(seal: &Seal, application: &Application) -> Result<(String, Option<String>), StoreError> {
    let mut settings = application.clone();
    let secret = settings.client_secret.take();
    let place = place(&settings.client_id);
    let sealed = secret.map(|secret| seal.seal(&place, secret.as_bytes())).transpose()?;
    Ok((serde_json::to_string(&settings)?, sealed))
}

pub(super) fn place(client_id: &str) -> String {
    format!("clients.secret:{client_id}")
}
