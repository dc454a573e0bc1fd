//! Which applications an organization is associated with, as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::narrowed::Narrowed;
use super::slice::{Placed, Position, Slice};
use crate::model::{Application, OrganizationClient, Timestamp};

const SELECT: &str = "SELECT a.client_id, a.use_for_member_access, a.created_at, c.settings FROM organization_clients a \
                      JOIN clients c ON c.client_id = a.client_id";

impl Rows<'_> {
    pub async fn find_organization_client(
        &mut self,
        organization_id: &str,
        client_id: &str,
    ) -> Result<Option<OrganizationClient>, StoreError> {
        let narrowed = of(organization_id).by("a.client_id", Some(client_id.to_owned()));
        let statement = narrowed.list(SELECT, "a.created_at", "a.client_id", &Slice::first(1));
        self.optional(statement).await?.as_ref().map(read).transpose()
    }

    /// In the order they were added.
    pub async fn list_organization_clients(
        &mut self,
        organization_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<OrganizationClient>>, StoreError> {
        let statement = of(organization_id).list(SELECT, "a.created_at", "a.client_id", slice);
        self.all(statement).await?.iter().map(read_placed).collect()
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when it is associated already, [`StoreError::MissingReference`] when the organization
    /// or the application does not exist.
    pub async fn create_organization_client(
        &mut self,
        organization_id: &str,
        client_id: &str,
        use_for_member_access: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO organization_clients (organization_id, client_id, use_for_member_access, created_at) \
             VALUES ($1, $2, $3, $4)",
        );
        let statement = statement.bind(organization_id.to_owned()).bind(client_id.to_owned());
        self.execute(statement.bind(i64::from(use_for_member_access)).bind(now.0)).await.map(|_| ())
    }

    /// Whether there was such an association.
    pub async fn update_organization_client(
        &mut self,
        organization_id: &str,
        client_id: &str,
        use_for_member_access: bool,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "UPDATE organization_clients SET use_for_member_access = $1 WHERE organization_id = $2 AND client_id = $3",
        );
        let statement = statement.bind(i64::from(use_for_member_access)).bind(organization_id.to_owned());
        Ok(self.execute(statement.bind(client_id.to_owned())).await? > 0)
    }

    /// Whether there was such an association.
    pub async fn delete_organization_client(
        &mut self,
        organization_id: &str,
        client_id: &str,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM organization_clients WHERE organization_id = $1 AND client_id = $2");
        Ok(self.execute(statement.bind(organization_id.to_owned()).bind(client_id.to_owned())).await? > 0)
    }

    /// Whether the organization's access is per application, and this one is not among those its members may use.
    pub async fn is_closed_to_client(&mut self, organization_id: &str, client_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "SELECT o.id FROM organizations o WHERE o.id = $1 AND o.is_app_entitlement_active = 1 AND NOT EXISTS \
             (SELECT 1 FROM organization_clients a WHERE a.organization_id = o.id AND a.client_id = $2 \
             AND a.use_for_member_access = 1)",
        );
        let statement = statement.bind(organization_id.to_owned()).bind(client_id.to_owned());
        Ok(self.optional(statement).await?.is_some())
    }
}

fn of(organization_id: &str) -> Narrowed {
    Narrowed::default().by("a.organization_id", Some(organization_id.to_owned()))
}

fn read_placed(row: &AnyRow) -> Result<Placed<OrganizationClient>, StoreError> {
    let item = read(row)?;
    Ok(Placed { position: Position::at_time(row.try_get("created_at")?, item.client_id.clone()), item })
}

fn read(row: &AnyRow) -> Result<OrganizationClient, StoreError> {
    let application: Application = serde_json::from_str(row.try_get("settings")?)?;
    Ok(OrganizationClient {
        client_id: row.try_get("client_id")?,
        use_for_member_access: row.try_get::<i64, _>("use_for_member_access")? != 0,
        client: application.into(),
    })
}
