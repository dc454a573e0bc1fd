//! Which client grants an organization lets be used with it, as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::client_grants::{ClientGrantFilter, read_placed_grant};
use super::database::{Rows, StoreError};
use super::narrowed::Narrowed;
use super::organizations;
use super::slice::{Placed, Position, Slice};
use crate::model::{ClientGrant, Organization, Timestamp};

impl Rows<'_> {
    /// In the order they were added.
    pub async fn list_organization_client_grants(
        &mut self,
        organization_id: &str,
        filter: &ClientGrantFilter,
        slice: &Slice,
    ) -> Result<Vec<Placed<ClientGrant>>, StoreError> {
        let select = "SELECT g.*, a.created_at AS placed_at FROM organization_client_grants a \
                      JOIN client_grants g ON g.id = a.grant_id";
        let statement = of(organization_id, filter).list(select, "a.created_at", "a.grant_id", slice);
        self.all(statement).await?.iter().map(read_placed_grant).collect()
    }

    pub async fn count_organization_client_grants(
        &mut self,
        organization_id: &str,
        filter: &ClientGrantFilter,
    ) -> Result<i64, StoreError> {
        let from = "organization_client_grants a JOIN client_grants g ON g.id = a.grant_id";
        self.count(of(organization_id, filter).count(from)).await
    }

    /// Those a grant may be used with, the first added first.
    pub async fn list_client_grant_organizations(
        &mut self,
        grant_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<Organization>>, StoreError> {
        let select = "SELECT o.*, a.created_at AS placed_at FROM organization_client_grants a \
                      JOIN organizations o ON o.id = a.organization_id";
        let narrowed = Narrowed::default().by("a.grant_id", Some(grant_id.to_owned()));
        let statement = narrowed.list(select, "a.created_at", "a.organization_id", slice);
        self.all(statement).await?.into_iter().map(read_placed_organization).collect()
    }

    pub async fn count_client_grant_organizations(&mut self, grant_id: &str) -> Result<i64, StoreError> {
        let narrowed = Narrowed::default().by("a.grant_id", Some(grant_id.to_owned()));
        self.count(narrowed.count("organization_client_grants a")).await
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when it was added already, [`StoreError::MissingReference`] when the organization
    /// or the grant does not exist.
    pub async fn create_organization_client_grant(
        &mut self,
        organization_id: &str,
        grant_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO organization_client_grants (organization_id, grant_id, created_at) VALUES ($1, $2, $3)",
        );
        let statement = statement.bind(organization_id.to_owned()).bind(grant_id.to_owned()).bind(now.0);
        self.execute(statement).await.map(|_| ())
    }

    /// Whether it had been added.
    pub async fn delete_organization_client_grant(
        &mut self,
        organization_id: &str,
        grant_id: &str,
    ) -> Result<bool, StoreError> {
        let statement =
            sqlx::query("DELETE FROM organization_client_grants WHERE organization_id = $1 AND grant_id = $2");
        Ok(self.execute(statement.bind(organization_id.to_owned()).bind(grant_id.to_owned())).await? > 0)
    }
}

fn of(organization_id: &str, filter: &ClientGrantFilter) -> Narrowed {
    filter.narrowed().by("a.organization_id", Some(organization_id.to_owned()))
}

fn read_placed_organization(row: AnyRow) -> Result<Placed<Organization>, StoreError> {
    let placed_at = row.try_get("placed_at")?;
    let item = organizations::read(row)?;
    Ok(Placed { position: Position::at_time(placed_at, item.id.clone()), item })
}
