//! Where an e-mail domain or a connection leads, as rows.

use sqlx::Row;

use super::connections::read_strategy;
use super::database::{Rows, StoreError};
use super::organizations::read;
use crate::model::Organization;

/// Organizations that let the client of `$2` be used, in the order in which people read them.
macro_rules! select_open_organizations {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.name, o.display_name, o.branding, o.metadata, o.is_app_entitlement_active, o.created_at ",
            "FROM organizations o ",
            $rest,
            " AND (COALESCE(o.is_app_entitlement_active, 0) = 0 OR EXISTS (SELECT 1 FROM organization_clients a ",
            "WHERE a.organization_id = o.id AND a.client_id = $2 AND a.use_for_member_access = 1)) ",
            "ORDER BY LOWER(COALESCE(o.display_name, o.name)), o.id LIMIT $3"
        )
    };
}

impl Rows<'_> {
    /// Those that verified the domain, in its normal form, and use it to be found.
    pub async fn list_organizations_of_domain(
        &mut self,
        domain: &str,
        client_id: &str,
        most: i64,
    ) -> Result<Vec<Organization>, StoreError> {
        let statement = sqlx::query(select_open_organizations!(
            "JOIN discovery_domains d ON d.organization_id = o.id \
             WHERE d.domain = $1 AND d.status = 'verified' AND d.use_for_organization_discovery = 1"
        ));
        let statement = statement.bind(domain.to_owned()).bind(client_id.to_owned()).bind(most);
        self.all(statement).await?.into_iter().map(read).collect()
    }

    /// Those where the connection makes a member of whoever comes through it.
    pub async fn list_organizations_joined_by(
        &mut self,
        connection_id: &str,
        client_id: &str,
        most: i64,
    ) -> Result<Vec<Organization>, StoreError> {
        let statement = sqlx::query(select_open_organizations!(
            "JOIN enabled_connections e ON e.organization_id = o.id \
             WHERE e.connection_id = $1 AND e.is_enabled = 1 AND e.assign_membership_on_login = 1"
        ));
        let statement = statement.bind(connection_id.to_owned()).bind(client_id.to_owned()).bind(most);
        self.all(statement).await?.into_iter().map(read).collect()
    }

    /// The ids of connections enabled for any organization that the domain, in its normal form, leads to, the oldest
    /// first.
    pub async fn list_enabled_connections_of_domain(&mut self, domain: &str) -> Result<Vec<String>, StoreError> {
        let statement = sqlx::query(
            "SELECT c.id FROM connection_domains d JOIN connections c ON c.id = d.connection_id \
             WHERE d.domain = $1 AND EXISTS \
             (SELECT 1 FROM enabled_connections e WHERE e.connection_id = c.id AND e.is_enabled = 1) \
             ORDER BY c.created_at, c.id",
        );
        let found = self.all(statement.bind(domain.to_owned())).await?;
        found.into_iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    /// Whether the connection is a company's own directory that some organization has enabled now which lets the
    /// client be used.
    pub async fn is_enterprise_of_any_organization(
        &mut self,
        connection_id: &str,
        client_id: &str,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "SELECT c.strategy FROM connections c WHERE c.id = $1 AND EXISTS \
             (SELECT 1 FROM enabled_connections e JOIN organizations o ON o.id = e.organization_id \
             WHERE e.connection_id = c.id AND e.is_enabled = 1 \
             AND (COALESCE(o.is_app_entitlement_active, 0) = 0 OR EXISTS (SELECT 1 FROM organization_clients a \
             WHERE a.organization_id = o.id AND a.client_id = $2 AND a.use_for_member_access = 1)))",
        );
        let statement = statement.bind(connection_id.to_owned()).bind(client_id.to_owned());
        let found = self.optional(statement).await?;
        found.map_or(Ok(false), |row| Ok(read_strategy(&row)?.is_enterprise()))
    }
}
