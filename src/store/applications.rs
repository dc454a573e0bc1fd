//! Applications (in the API: clients) as rows: their settings as one document, their secret sealed.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::narrowed::Narrowed;
use super::seal::Seal;
use super::slice::{Placed, Position, Slice};
use crate::error::Context;
use crate::model::{Application, Timestamp};

/// Which applications a list holds; what is empty does not narrow it.
#[derive(Debug, Clone, Default)]
pub struct ClientFilter {
    pub app_types: Vec<String>,
    pub part_of_name: Option<String>,
}

impl ClientFilter {
    fn narrowed(&self) -> Narrowed {
        let narrowed = Narrowed::default().by_any("app_type", &self.app_types);
        match self.part_of_name.as_deref().filter(|part| !part.is_empty()) {
            Some(part) => narrowed.containing("name", part),
            None => narrowed,
        }
    }
}

impl Rows<'_> {
    /// With its secret.
    pub async fn find_client(&mut self, client_id: &str) -> Result<Option<Application>, StoreError> {
        let statement = sqlx::query("SELECT settings, sealed_secret FROM clients WHERE client_id = $1");
        let found = self.optional(statement.bind(client_id.to_owned())).await?;
        found.map(|row| read(&self.seal, row)).transpose()
    }

    /// With their secrets, the oldest first.
    pub async fn list_clients(
        &mut self,
        filter: &ClientFilter,
        slice: &Slice,
    ) -> Result<Vec<Placed<Application>>, StoreError> {
        let select = "SELECT settings, sealed_secret, created_at FROM clients";
        let statement = filter.narrowed().list(select, "created_at", "client_id", slice);
        let found = self.all(statement).await?;
        let placed = found.into_iter().map(|row| {
            let created_at = row.try_get("created_at")?;
            let item = read(&self.seal, row)?;
            Ok(Placed { position: Position::at_time(created_at, item.client_id.clone()), item })
        });
        placed.collect()
    }

    pub async fn count_clients(&mut self, filter: &ClientFilter) -> Result<i64, StoreError> {
        self.count(filter.narrowed().count("clients")).await
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the client id is taken.
    pub async fn create_client(&mut self, new: &Application, now: Timestamp) -> Result<(), StoreError> {
        let (settings, sealed) = split(&self.seal, new)?;
        let statement = sqlx::query(
            "INSERT INTO clients (client_id, name, app_type, settings, sealed_secret, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let statement = statement.bind(new.client_id.clone()).bind(new.name.clone()).bind(new.app_type.clone());
        self.execute(statement.bind(settings).bind(sealed).bind(now.0)).await.map(|_| ())
    }

    /// Writes everything but the client id.
    pub async fn update_client(&mut self, changed: &Application) -> Result<(), StoreError> {
        let (settings, sealed) = split(&self.seal, changed)?;
        let statement = sqlx::query(
            "UPDATE clients SET name = $1, app_type = $2, settings = $3, sealed_secret = $4 WHERE client_id = $5",
        );
        let statement = statement.bind(changed.name.clone()).bind(changed.app_type.clone());
        self.execute(statement.bind(settings).bind(sealed).bind(changed.client_id.clone())).await.map(|_| ())
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
