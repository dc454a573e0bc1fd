//! Where an e-mail domain, a connection or a person leads, and how people are asked who they are.

use std::sync::Arc;

use serde::Deserialize;

use super::question::{DiscoveredBy, NOBODYS, Question};
use super::{ManagementClient, Result, encode};
use crate::model::login::{Discovery, DiscoveryProof};
use crate::model::tenant_settings::PromptSettings;
use crate::model::{Organization, sha256};

/// A part of a person's organizations, and how many there are.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Memberships {
    pub organizations: Vec<Organization>,
    pub total: u64,
}

/// Which part of a person's organizations is asked for.
#[derive(Debug, Clone, Copy)]
pub struct MembershipsAsked<'q> {
    pub user_id: &'q str,
    /// Only those that let this application be used.
    pub client_id: &'q str,
    /// A part of a name; empty for all.
    pub text: &'q str,
    pub page: u64,
    pub per_page: u64,
}

impl ManagementClient {
    /// Where an e-mail domain leads people of this application; without one the question costs the same.
    pub async fn discover(&self, domain: Option<&str>, client_id: &str) -> Result<Option<Arc<Discovery>>> {
        let nobodys = || format!("{}{NOBODYS}", sha256(client_id).to_lowercase().replace(['-', '_'], "0"));
        let domain = domain.filter(|domain| !domain.ends_with(NOBODYS));
        let domain = domain.map_or_else(nobodys, str::to_owned);
        self.find_discovery(DiscoveredBy::Domain, &domain, client_id).await
    }

    /// The organizations that whoever comes through a connection becomes a member of.
    pub async fn joined_by(&self, connection_id: &str, client_id: &str) -> Result<Option<Arc<Discovery>>> {
        self.find_discovery(DiscoveredBy::Connection, connection_id, client_id).await
    }

    async fn find_discovery(&self, by: DiscoveredBy, value: &str, client_id: &str) -> Result<Option<Arc<Discovery>>> {
        self.remembered(Question::Discovery { by, value, client_id }, |client| {
            let parameter = match by {
                DiscoveredBy::Domain => "domain",
                DiscoveredBy::Connection => "connection_id",
            };
            let path =
                format!("/api/v2/logins/discoveries?{parameter}={}&client_id={}", encode(value), encode(client_id));
            async move {
                let found = client.find::<Discovery>(&path).await?;
                Ok(found.filter(|found| *found != Discovery::default()).map(Arc::new))
            }
        })
        .await
    }

    /// The organizations of a domain, with a code that was sent to one of its addresses.
    ///
    /// # Errors
    /// `Refused` with `wrong_code`.
    pub async fn prove_discovery(&self, proof: &DiscoveryProof) -> Result<Discovery> {
        self.post("/api/v2/logins/discoveries", proof).await
    }

    /// A person's organizations in the order of what they are called; asked at the source each time.
    pub async fn memberships(&self, asked: MembershipsAsked<'_>) -> Result<Memberships> {
        let MembershipsAsked { user_id, client_id, text, page, per_page } = asked;
        let path = format!(
            "/api/v2/users/{}/organizations?include_totals=true&sort=display_name:1&page={page}&per_page={per_page}\
             &client_id={}&q={}",
            encode(user_id),
            encode(client_id),
            encode(text),
        );
        Ok(self.find(&path).await?.unwrap_or_default())
    }

    /// How people are asked who they are.
    pub async fn prompts(&self) -> Result<Arc<PromptSettings>> {
        let found: Option<Arc<PromptSettings>> = self
            .remembered(Question::Prompts, |client| async move {
                Ok(client.find::<PromptSettings>("/api/v2/prompts").await?.map(Arc::new))
            })
            .await?;
        Ok(found.unwrap_or_default())
    }
}
