//! What is asked at the source each time.

use std::sync::Arc;

use serde::Deserialize;

use super::{ManagementClient, Result, encode, may_name};
use crate::model::organization::{is_organization_id, is_organization_name};
use crate::model::{ClientGrant, Connection, Organization, User};

impl ManagementClient {
    /// The organization of this id or name; `None` also for what is neither.
    pub async fn organization_now(&self, id_or_name: &str) -> Result<Option<Arc<Organization>>> {
        match is_organization_id(id_or_name) || is_organization_name(id_or_name) {
            true => Ok(self.find_organization(id_or_name).await?.map(Arc::new)),
            false => Ok(None),
        }
    }

    pub(super) async fn find_organization(&self, id_or_name: &str) -> Result<Option<Organization>> {
        let folder = if is_organization_id(id_or_name) { "" } else { "name/" };
        let is_asked = |found: &Organization| found.id == id_or_name || found.name == id_or_name;
        self.find_one(&format!("/api/v2/organizations/{folder}{id_or_name}"), is_asked).await
    }

    /// What the application was granted for an API.
    pub async fn client_grant(&self, client_id: &str, audience: &str) -> Result<Option<ClientGrant>> {
        if !may_name(audience) {
            return Ok(None);
        }
        let path = format!("/api/v2/client-grants?client_id={}&audience={}", encode(client_id), encode(audience));
        let grants: Option<Vec<ClientGrant>> = self.find(&path).await?;
        Ok(grants.unwrap_or_default().into_iter().find(|grant| grant.audience == audience))
    }

    /// Whether an organization lets a client grant be used with it.
    pub async fn grant_is_associated(&self, organization_id: &str, grant_id: &str) -> Result<bool> {
        let grant = encode(grant_id);
        let path = format!("/api/v2/organizations/{}/client-grants?grant_ids={grant}", encode(organization_id));
        let grants: Option<Vec<ClientGrant>> = self.find(&path).await?;
        Ok(grants.unwrap_or_default().iter().any(|grant| grant.id == grant_id))
    }

    pub async fn user(&self, user_id: &str) -> Result<Option<User>> {
        self.find(&format!("/api/v2/users/{}", encode(user_id))).await
    }

    /// Whether the API answers, and the gateway's token is accepted.
    pub async fn probe(&self) -> Result<()> {
        self.find::<serde_json::Value>("/api/v2/clients?per_page=1").await.map(|_| ())
    }

    /// Every connection, with its secrets.
    pub async fn all_connections(&self) -> Result<Vec<Connection>> {
        Ok(self.find_connections("/api/v2/connections?").await?.unwrap_or_default())
    }

    /// A list of whole connections; see [`ManagementClient::find_pages`].
    pub(super) async fn find_connections(&self, path: &str) -> Result<Option<Vec<Connection>>> {
        #[derive(Deserialize)]
        struct List {
            total: usize,
            connections: Vec<Connection>,
        }
        self.find_pages(path, |list: List| (list.total, list.connections), |found| &found.id).await
    }
}
