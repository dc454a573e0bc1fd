//! All wiring on one screen: settings in, a server out.

mod cache;
pub mod huge_pages;
mod keys;
mod mails;
mod sessions;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::dashboard::{self, Dashboard};
use crate::error::{Context, Fault};
use crate::login::{self, Login};
use crate::mail::MailRoom;
use crate::management::caller::OWN_GATEWAY;
use crate::management::signing_keys::SigningKeys;
use crate::management::{self, Management};
use crate::management_client::{self, GATEWAY_SCOPES, ManagementClient, Remembered, TokenSource};
use crate::model::Timestamp;
use crate::oidc::keys::KeyRing;
use crate::oidc::outbound::Outbound;
use crate::oidc::relying_party::RelyingParty;
use crate::provider::{self, Provider};
use crate::store::{self, Logins, Tenant};
use crate::web::at_once::AtOnce;
use crate::web::{self, Cookies, Front};

use cache::CacheFile;
use keys::{Rotation, follow_keys, open_keys};
use tokens::{own_token, token_check};

/// Who acts on the command line, in tokens and audit events.
pub const CLI_CLIENT: &str = "vestibule-cli";

/// A gateway, ready to serve.
pub struct App {
    pub settings: Arc<Config>,
    /// Tenant data, for the commands of the management host.
    pub tenant: Tenant,
    pub login: Arc<Login>,
    pub client: ManagementClient,
    /// Every route, with the layers that all of them share.
    pub router: Router,
    logins: Logins,
    keys: KeyRing,
    mail_room: Arc<MailRoom>,
    remembered: Remembered,
}

impl App {
    /// Opens the database, makes what a first start needs, and puts the rooms together.
    ///
    /// # Errors
    /// When the database, the root key or a setting cannot be used. No identity provider is asked.
    pub async fn build(config: Config) -> Result<Self, Fault> {
        let rows = store::open(&config.storage).await?;
        management::setup::follow(&rows.0, &config.server.public_url).await?;
        Self::assemble(config, rows).await
    }

    /// The same for a command beside a server that may be running: the database is taken as it is.
    ///
    /// # Errors
    /// As [`App::build`], and when there is no database yet.
    pub async fn beside_a_server(config: Config) -> Result<Self, Fault> {
        if store::is_new(&config.storage) {
            return Err(Fault::new("storage.url", "there is no database yet; vestibule serve makes it"));
        }
        let rows = store::open_as_it_is(&config.storage).await?;
        Self::assemble(config, rows).await
    }

    async fn assemble(config: Config, (tenant, logins): (Tenant, Logins)) -> Result<Self, Fault> {
        if let Some(group) = management::unknown_group(&config.management) {
            let setting = format!("management.endpoint_limits.{group}");
            return Err(Fault::new("the settings", format!("{setting}: no operation is in this group")));
        }
        let settings = Arc::new(config);
        let keys = open_keys(&settings, &logins).await?;
        let remembered = Remembered::new(&settings.management);
        let api = management_router(&settings, &tenant, &logins, &keys, &remembered);
        let client = management_client(&settings, &keys, api.clone(), remembered.clone())?;
        let cookies = Cookies::new(&settings.server);
        let outbound = Outbound::new(&settings.outbound)?;
        let relying_party = RelyingParty::new(outbound, settings.clone(), keys.clone());
        let login = Arc::new(Login::new(
            settings.clone(),
            client.clone(),
            logins.clone(),
            relying_party.clone(),
            keys.verifier(),
            cookies.clone(),
        ));
        let provider = Arc::new(Provider {
            // Applications get nothing that is only good enough for a page.
            client: client.deciding(),
            logins: logins.clone(),
            keys: keys.clone(),
            settings: settings.clone(),
            cookies: cookies.clone(),
        });
        let provider = provider::router(provider);
        let dashboard = match &settings.management.url {
            Some(url) => dashboard::elsewhere(url),
            None => dashboard::router(Arc::new(Dashboard::new(
                settings.clone(),
                client.clone(),
                management_client::embedded(provider.clone()),
                logins.clone(),
                (keys.verifier(), relying_party.clone()),
                explain(login.clone()),
                cookies,
            ))),
        };
        let faces = Router::new().merge(login::router(login.clone())).merge(provider).merge(dashboard);
        let faces = web::limit_body(faces, settings.server.max_form_bytes, web::body::too_large);
        let api = web::limit_body(api, settings.server.max_api_bytes, management::answer::too_large);
        let router = faces.nest("/api/v2", api);
        let router = login::lead_from_hosts(router.fallback(web::message::nothing_here), login.clone());
        // A page on an organization's host needs its style as well.
        let router = router
            .merge(web::health::routes({
                let logins = logins.clone();
                move || {
                    let logins = logins.clone();
                    async move { logins.ping().await }
                }
            }))
            .merge(web::assets::router());
        let router = web::wrap(router, &settings.server);
        let mail_room = Arc::new(MailRoom::new(&settings.mail)?);
        Ok(Self { settings, tenant, login, client, router, logins, keys, mail_room, remembered })
    }

    /// Serves until `shutdown` ends and the requests under way are answered.
    ///
    /// # Errors
    /// When the certificate or the metrics address cannot be used.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), Fault> {
        let tidying =
            tokio::spawn(tidy(self.logins.clone(), self.tenant.clone(), self.settings.management.events_days));
        let following = tokio::spawn(follow_keys(self.keys.clone(), self.settings.clone()));
        // Mails are written where the Management API is.
        let delivering = self.settings.management.url.is_none().then(|| {
            let (room, tenant) = (self.mail_room.clone(), self.tenant.clone());
            tokio::spawn(mails::deliver(room, tenant, self.settings.mail.clone()))
        });
        let metrics = match self.settings.server.metrics_listen {
            Some(address) => {
                let place = format!("listening on {address} (server.metrics_listen changes it)");
                let listener = TcpListener::bind(address).await.context(&place)?;
                let handle = web::observe::install_metrics()?;
                let settings = self.settings.server.clone();
                let remembered = self.remembered.clone();
                let look = Arc::new(move || remembered.observe());
                Some(tokio::spawn(async move { web::observe::serve_metrics(listener, handle, look, &settings).await }))
            }
            None => None,
        };
        let cache_file = CacheFile::of(&self.settings, &self.logins, &self.remembered).map(Arc::new);
        let keeping = cache_file.clone().map(|file| {
            file.read();
            tokio::spawn(file.keep())
        });
        let growing = tokio::spawn(huge_pages::allow_once_large(self.remembered.clone()));
        let login = self.login.clone();
        let at_once = AtOnce::new("/authorize", &self.settings.server, move |asked| login.page_at_once(asked));
        let served = web::serve(listener, Front::new(at_once, self.router), &self.settings.server, shutdown).await;
        if let (Some(file), Some(keeping)) = (cache_file, keeping) {
            keeping.abort();
            if let Err(error) = file.write() {
                tracing::warn!(%error, "what is remembered could not be written down");
            }
        }
        growing.abort();
        tidying.abort();
        following.abort();
        if let Some(delivering) = delivering {
            delivering.abort();
        }
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        served
    }

    /// The signing keys of this database, for `vestibule keys`.
    pub fn signing_keys(&self) -> impl SigningKeys + use<> {
        Rotation { settings: self.settings.clone(), logins: self.logins.clone(), keys: self.keys.clone() }
    }

    /// A link that makes an administrator, once and within an hour.
    ///
    /// # Errors
    /// When the Management API is on another host, or the database cannot be written.
    pub async fn setup_link(&self) -> Result<String, Fault> {
        if self.settings.management.url.is_some() {
            return Err(Fault::new("vestibule setup", "the Management API is on another host; run this there"));
        }
        management::setup::make_link(&self.tenant, &self.settings.server.public_url, CLI_CLIENT).await
    }

    /// The same for the start of a server that nobody administers yet.
    ///
    /// # Errors
    /// As [`App::setup_link`].
    pub async fn first_setup_link(&self) -> Result<Option<String>, Fault> {
        match self.settings.management.url.is_some() || management::administrators::exist(&self.tenant).await? {
            true => Ok(None),
            false => self.setup_link().await.map(Some),
        }
    }

    /// A Management API token for `vestibule token`, valid for `seconds`.
    ///
    /// # Errors
    /// When a scope is none, or one that only gateways get.
    pub fn management_token(&self, scopes: &[String], seconds: i64) -> Result<String, Fault> {
        if scopes.iter().any(|scope| scope == management::GATEWAY_SCOPE) {
            return Err(Fault::new("vestibule token", "create:logins is granted only by vestibule gateway add"));
        }
        if let Some(unknown) = scopes.iter().find(|scope| !management::is_scope(scope)) {
            return Err(Fault::new("vestibule token", format!("{unknown} is no scope of the Management API")));
        }
        own_token(&self.settings, &self.keys, CLI_CLIENT, &scopes.join(" "), seconds)
    }
}

/// The Management API; of another machine's, what this gateway answers of itself.
fn management_router(
    settings: &Arc<Config>,
    tenant: &Tenant,
    logins: &Logins,
    keys: &KeyRing,
    remembered: &Remembered,
) -> Router {
    let rotation = Rotation { settings: settings.clone(), logins: logins.clone(), keys: keys.clone() };
    let (cache, sessions) = (Arc::new(remembered.clone()), Arc::new(logins.clone()));
    let management = Arc::new(Management::new(tenant.clone(), settings, Arc::new(rotation), cache, sessions));
    let tokens = token_check(settings, tenant, logins, keys);
    match settings.management.url {
        None => remembered.noticing(management::router(management, tokens)),
        Some(_) => management::gateway_router(management, tokens),
    }
}

/// The gateway's client of the API in this process, or of another machine's.
fn management_client(
    settings: &Arc<Config>,
    keys: &KeyRing,
    api: Router,
    remembered: Remembered,
) -> Result<ManagementClient, Fault> {
    let management = &settings.management;
    let Some(url) = &management.url else {
        let (settings, keys) = (settings.clone(), keys.clone());
        let sign = move || {
            let seconds = settings.tokens.access_token_seconds;
            let token = own_token(&settings, &keys, OWN_GATEWAY, &GATEWAY_SCOPES.join(" "), seconds)?;
            Ok((token, Duration::from_secs(seconds.unsigned_abs())))
        };
        let transport = management_client::embedded(Router::new().nest("/api/v2", api));
        return Ok(ManagementClient::new(management, transport, TokenSource::Own(Box::new(sign)), remembered));
    };
    let transport = management_client::remote(url.clone(), Duration::from_secs(management.timeout_seconds))?;
    let source = TokenSource::Credentials {
        client_id: management.client_id.clone(),
        client_secret: management.client_secret.expose_secret().into(),
        audience: settings.management_audience(),
    };
    Ok(ManagementClient::new(management, transport, source, remembered))
}

/// The faces do not know each other, so the dashboard is handed what it may ask of a login.
fn explain(login: Arc<Login>) -> dashboard::Explain {
    Box::new(move |url| {
        let login = login.clone();
        Box::pin(async move { login.explain(&url).await })
    })
}

/// What is done every minute.
async fn tidy(logins: Logins, tenant: Tenant, events_days: u32) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    loop {
        minutes.tick().await;
        let now = Timestamp::now();
        if let Err(error) = logins.delete_expired(now).await {
            tracing::warn!(%error, "expired login data could not be deleted");
        }
        if let Err(error) = tenant.delete_expired(now, events_days).await {
            tracing::warn!(%error, "expired tenant data could not be deleted");
        }
        if let Err(error) = tenant.add_up_counts().await {
            tracing::warn!(%error, "logins could not be added up");
        }
    }
}
