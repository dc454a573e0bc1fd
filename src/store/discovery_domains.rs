//! Discovery domains as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::slice::{Placed, Position, Slice};
use crate::model::discovery_domain::{DomainStatus, verification_host};
use crate::model::{DiscoveryDomain, Timestamp};

macro_rules! select_discovery_domains {
    ($rest:literal) => {
        concat!(
            "SELECT id, organization_id, domain, status, use_for_organization_discovery, verification_txt, created_at ",
            "FROM discovery_domains ",
            $rest
        )
    };
}

impl Rows<'_> {
    pub async fn find_discovery_domain(
        &mut self,
        organization_id: &str,
        id: &str,
    ) -> Result<Option<DiscoveryDomain>, StoreError> {
        let statement = sqlx::query(select_discovery_domains!("WHERE organization_id = $1 AND id = $2"));
        self.optional(statement.bind(organization_id.to_owned()).bind(id.to_owned())).await?.map(read).transpose()
    }

    /// `domain` in its normal form.
    pub async fn find_discovery_domain_by_name(
        &mut self,
        organization_id: &str,
        domain: &str,
    ) -> Result<Option<DiscoveryDomain>, StoreError> {
        let statement = sqlx::query(select_discovery_domains!("WHERE organization_id = $1 AND domain = $2"));
        self.optional(statement.bind(organization_id.to_owned()).bind(domain.to_owned())).await?.map(read).transpose()
    }

    /// The oldest first.
    pub async fn list_discovery_domains(
        &mut self,
        organization_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<DiscoveryDomain>>, StoreError> {
        let statement = sqlx::query(select_discovery_domains!(
            "WHERE organization_id = $1 AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $4 OFFSET $5"
        ));
        let (time, id) = slice.after_time();
        let statement = statement.bind(organization_id.to_owned()).bind(time).bind(id);
        self.all(statement.bind(slice.most).bind(slice.skip)).await?.into_iter().map(read_placed).collect()
    }

    pub async fn count_discovery_domains(&mut self, organization_id: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query("SELECT COUNT(*) AS total FROM discovery_domains WHERE organization_id = $1");
        self.count(statement.bind(organization_id.to_owned())).await
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the organization has the domain already.
    pub async fn create_discovery_domain(
        &mut self,
        organization_id: &str,
        new: &DiscoveryDomain,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO discovery_domains (id, organization_id, domain, status, use_for_organization_discovery, \
             verification_txt, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        );
        let statement = statement
            .bind(new.id.clone())
            .bind(organization_id.to_owned())
            .bind(new.domain.clone())
            .bind(new.status.as_str())
            .bind(i64::from(new.use_for_organization_discovery))
            .bind(new.verification_txt.clone())
            .bind(now.0);
        self.execute(statement).await.map(|_| ())
    }

    /// Writes the status and the use.
    pub async fn update_discovery_domain(&mut self, changed: &DiscoveryDomain) -> Result<(), StoreError> {
        let statement =
            sqlx::query("UPDATE discovery_domains SET status = $1, use_for_organization_discovery = $2 WHERE id = $3");
        let statement = statement
            .bind(changed.status.as_str())
            .bind(i64::from(changed.use_for_organization_discovery))
            .bind(changed.id.clone());
        self.execute(statement).await.map(|_| ())
    }

    /// Whether there was one.
    pub async fn delete_discovery_domain(&mut self, organization_id: &str, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM discovery_domains WHERE organization_id = $1 AND id = $2");
        Ok(self.execute(statement.bind(organization_id.to_owned()).bind(id.to_owned())).await? > 0)
    }
}

fn read_placed(row: AnyRow) -> Result<Placed<DiscoveryDomain>, StoreError> {
    let time = row.try_get("created_at")?;
    let item = read(row)?;
    Ok(Placed { position: Position::at_time(time, item.id.clone()), item })
}

fn read(row: AnyRow) -> Result<DiscoveryDomain, StoreError> {
    let organization_id: String = row.try_get("organization_id")?;
    let domain: String = row.try_get("domain")?;
    let status: String = row.try_get("status")?;
    Ok(DiscoveryDomain {
        id: row.try_get("id")?,
        verification_host: verification_host(&organization_id, &domain),
        domain,
        status: if status == DomainStatus::Verified.as_str() { DomainStatus::Verified } else { DomainStatus::Pending },
        use_for_organization_discovery: row.try_get::<i64, _>("use_for_organization_discovery")? != 0,
        verification_txt: row.try_get("verification_txt")?,
    })
}
