//! What is looked up for a login, remembered.

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;

use super::memory::{Purpose, Urgency};
use super::question::{Asked, Kept, KnownConnection, OptionSet, Question};
use super::strangers::Name;
use super::upstream::Asking;
use super::{LoginOption, ManagementClient, Result, encode, may_name};
use crate::model::connection::EnabledConnection;
use crate::model::organization::{is_organization_id, is_organization_name};
use crate::model::{Application, Connection, OrganizationClient, ResourceServer, ShownConnection, ShownOrganization};

/// Connections of one organization that are fetched at the same time.
const SIDE_BY_SIDE: usize = 8;

impl ManagementClient {
    /// The organization of this id or name; `None` also for what is neither.
    pub async fn organization(&self, id_or_name: &str) -> Result<Option<Arc<ShownOrganization>>> {
        if !is_organization_id(id_or_name) && !is_organization_name(id_or_name) {
            return Ok(None);
        }
        self.remembered(Question::Organization(id_or_name), |client| {
            let id_or_name = id_or_name.to_owned();
            async move {
                let found = client.find_organization(&id_or_name).await?.map(|found| Arc::new(found.shown()));
                if let Some(found) = &found {
                    client.learn_organization(found);
                }
                if let (None, Some(known)) = (&found, client.memory().organization(&id_or_name)) {
                    client.memory().organization_is_gone(&known);
                }
                Ok(found)
            }
        })
        .await
    }

    /// As [`ManagementClient::organization`], asked for by a stranger.
    ///
    /// # Errors
    /// `TooManyUnknown` when the address asked in vain too often and this one is not known to exist.
    pub async fn organization_for(&self, address: IpAddr, id_or_name: &str) -> Result<Option<Arc<ShownOrganization>>> {
        let look_up = async |client: Self| client.organization(id_or_name).await;
        self.for_stranger(address, Question::Organization(id_or_name), look_up).await
    }

    /// As [`ManagementClient::organization_for`], where tries are counted elsewhere.
    pub async fn organization_of_stranger(&self, id_or_name: &str) -> Result<Option<Arc<ShownOrganization>>> {
        self.about(Name::Of(Question::Organization(id_or_name))).organization(id_or_name).await
    }

    /// As [`ManagementClient::application`], asked for by a stranger.
    ///
    /// # Errors
    /// `TooManyUnknown` when the address asked in vain too often and this one is not known to exist.
    pub async fn application_for(&self, address: IpAddr, client_id: &str) -> Result<Option<Arc<Application>>> {
        let look_up = async |client: Self| client.application(client_id).await;
        self.for_stranger(address, Question::Application(client_id), look_up).await
    }

    async fn for_stranger<T>(
        &self,
        address: IpAddr,
        asked: Asked<'_>,
        look_up: impl AsyncFnOnce(Self) -> Result<Option<T>>,
    ) -> Result<Option<T>>
    where
        Option<T>: Kept,
    {
        if let Some(found) = self.memory().fresh(&asked).flatten() {
            return Ok(Some(found));
        }
        if self.purpose == Purpose::AtOnce {
            // Nothing is counted of a question that is put again.
            return std::future::pending().await;
        }
        let (is_remembered, client) = (self.memory().knows(&asked), self.about(Name::Of(asked)));
        self.shared.strangers.ask(address, Name::Of(asked), is_remembered, look_up(client)).await
    }

    /// The organization's enabled connections, in their order, hidden ones included.
    pub async fn login_options(&self, organization: &ShownOrganization) -> Result<Arc<[LoginOption]>> {
        let found: Option<OptionSet> = self
            .remembered(Question::LoginOptions(&organization.id), |client| {
                let organization = organization.clone();
                async move { client.find_login_options(&organization).await }
            })
            .await?;
        Ok(found.map(|set| set.options).unwrap_or_default())
    }

    async fn find_login_options(&self, organization: &ShownOrganization) -> Result<Option<OptionSet>> {
        #[derive(Deserialize)]
        struct List {
            total: usize,
            enabled_connections: Vec<EnabledConnection>,
        }
        let read = |list: List| (list.total, list.enabled_connections);
        let path = format!("/api/v2/organizations/{}/enabled_connections?", encode(&organization.id));
        let Some(enabled) = self.find_pages(&path, read, connection_id).await? else {
            self.memory().organization_is_gone(organization);
            return Ok(None);
        };
        let options = stream::iter(enabled).map(|enabled| self.login_option(enabled)).buffered(SIDE_BY_SIDE);
        Ok(Some(options.try_collect::<Vec<_>>().await?.into_iter().flatten().collect()))
    }

    /// `None` for a connection that was deleted between the two calls: it is not enabled any more.
    async fn login_option(&self, enabled: EnabledConnection) -> Result<Option<LoginOption>> {
        let connection = self.shown_connection(&enabled.connection_id).await?;
        Ok(connection.map(|connection| LoginOption {
            // Only a company's own directory can be hidden (contract §1.4).
            visible: enabled.show_as_button || !connection.strategy.is_enterprise(),
            allows_sign_up: enabled.is_signup_enabled == Some(true),
            connection,
        }))
    }

    /// The connections an application may use without an organization (design §5.9).
    pub async fn application_options(&self, client_id: &str) -> Result<Arc<[LoginOption]>> {
        let option = |connection: Connection| LoginOption {
            visible: true,
            allows_sign_up: connection.allows_sign_up(),
            connection: Arc::new(connection.shown()),
        };
        let found: Option<OptionSet> = self
            .remembered(Question::ApplicationOptions(client_id), |client| {
                let path = format!("/api/v2/clients/{}/connections?", encode(client_id));
                async move { Ok(client.find_connections(&path).await?.map(|all| all.into_iter().map(option).collect())) }
            })
            .await?;
        Ok(found.map(|set| set.options).unwrap_or_default())
    }

    /// The connection with its options and secrets.
    pub async fn connection(&self, id: &str) -> Result<Option<Arc<Connection>>> {
        Ok(self.known_connection(id).await?.map(|known| known.whole))
    }

    /// The connection as a page shows it.
    pub async fn shown_connection(&self, id: &str) -> Result<Option<Arc<ShownConnection>>> {
        Ok(self.known_connection(id).await?.map(|known| known.shown))
    }

    async fn known_connection(&self, id: &str) -> Result<Option<KnownConnection>> {
        self.remembered(Question::Connection(id), |client| {
            let (path, id) = (format!("/api/v2/connections/{}", encode(id)), id.to_owned());
            async move { Ok(client.find_one(&path, |found: &Connection| found.id == id).await?.map(Into::into)) }
        })
        .await
    }

    /// The application with its secret; `None` also for what cannot be a client id, which is not asked for.
    pub async fn application(&self, client_id: &str) -> Result<Option<Arc<Application>>> {
        if !may_name(client_id) {
            return Ok(None);
        }
        self.remembered(Question::Application(client_id), |client| {
            let (path, id) = (format!("/api/v2/clients/{}", encode(client_id)), client_id.to_owned());
            async move { Ok(client.find_one(&path, |found: &Application| found.client_id == id).await?.map(Arc::new)) }
        })
        .await
    }

    /// Whether the organization's people may use the application; most organizations let them use every one
    /// (contract §1.10).
    pub async fn lets_use(&self, organization: &ShownOrganization, client_id: &str) -> Result<bool> {
        if !organization.is_app_entitlement_active {
            return Ok(true);
        }
        let asked = Question::OrganizationClient { organization_id: organization.id.as_str(), client_id };
        let found: Option<Arc<OrganizationClient>> = self
            .remembered(asked, |client| {
                let path = format!("/api/v2/organizations/{}/clients/{}", encode(&organization.id), encode(client_id));
                let id = client_id.to_owned();
                async move {
                    let is_asked = |found: &OrganizationClient| found.client_id == id;
                    Ok(client.find_one(&path, is_asked).await?.map(Arc::new))
                }
            })
            .await?;
        Ok(found.is_some_and(|found| found.use_for_member_access))
    }

    /// The API that tokens are for, if it is registered (contract §1.13).
    pub async fn resource_server(&self, audience: &str) -> Result<Option<Arc<ResourceServer>>> {
        if !may_name(audience) {
            return Ok(None);
        }
        self.remembered(Question::ResourceServer(audience), |client| {
            let (path, audience) =
                (format!("/api/v2/resource-servers?identifiers={}", encode(audience)), audience.to_owned());
            async move {
                let found: Vec<ResourceServer> = client.find(&path).await?.unwrap_or_default();
                Ok(found.into_iter().find(|found| found.identifier == audience).map(Arc::new))
            }
        })
        .await
    }

    /// The remembered answer, or the one that `load` brings: by a client that answers only with what is fresh, so that
    /// nothing new is made of old parts.
    pub(super) async fn remembered<V, F>(&self, asked: Asked<'_>, load: impl FnOnce(Self) -> F) -> Result<V>
    where
        V: Kept,
        F: Future<Output = Result<V>> + Send + 'static,
    {
        let load = |urgency| {
            let asking = if urgency == Urgency::Behind { Asking::Refresh } else { self.asking };
            // It is moved a few times until it runs, and is large.
            Box::pin(load(Self { asking, ..self.deciding() }))
        };
        self.memory().get(asked, self.purpose, load).await
    }

    /// It exists, under its id and its name: who asks for either is no stranger.
    fn learn_organization(&self, organization: &ShownOrganization) {
        for name in [&organization.id, &organization.name] {
            self.shared.strangers.learn(Name::Of(Question::Organization(name)), true);
        }
    }
}

fn connection_id(enabled: &EnabledConnection) -> &str {
    &enabled.connection_id
}
