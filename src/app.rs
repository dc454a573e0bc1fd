//! All wiring on one screen: settings in, a server out.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::error::{Context, Fault};
use crate::login::{self, Login};
use crate::management::auth::{AccessToken, TokenCheck, Unaccepted};
use crate::management::{self, Management};
use crate::management_client::{self, GATEWAY_SCOPES, ManagementClient, TokenSource, Writes};
use crate::model::{ApiError, Timestamp, random_alphanumeric};
use crate::oidc::claims::{AccessTokenClaims, Audience, CLIENT_CREDENTIALS};
use crate::oidc::keys::{ACCESS_TOKEN, KeyRing, SigningKey};
use crate::oidc::outbound::Outbound;
use crate::oidc::relying_party::RelyingParty;
use crate::oidc::verifier::{Expected, TokenError};
use crate::provider::{self, Provider};
use crate::store::{self, Logins, StoredKey, Tenant};
use crate::web::client_address::ClientAddress;
use crate::web::message::MessagePage;
use crate::web::{self, Cookies, RequestId};

/// A gateway, ready to serve.
pub struct App {
    pub settings: Arc<Config>,
    /// Tenant data, for the commands of the management host.
    pub tenant: Tenant,
    pub login: Arc<Login>,
    pub client: Arc<ManagementClient>,
    /// Every route, with the layers that all of them share.
    pub router: Router,
    logins: Logins,
    keys: KeyRing,
}

impl App {
    /// Opens the database, makes what a first start needs, and puts the rooms together.
    ///
    /// # Errors
    /// When the database, the root key or a setting cannot be used. No identity provider is asked.
    pub async fn build(config: Config) -> Result<Self, Fault> {
        let settings = Arc::new(config);
        let (tenant, logins) = store::open(&settings.storage).await?;
        let keys = open_keys(&logins).await?;
        let writes = Writes::default();
        let api = management_router(&settings, &tenant, &logins, &keys, &writes);
        let client = Arc::new(management_client(&settings, &keys, api.clone(), writes)?);
        let cookies = Cookies::new(&settings.server);
        let outbound = Outbound::new(&settings.outbound)?;
        let leeway = settings.tokens.clock_leeway_seconds;
        let relying_party = RelyingParty::new(outbound, &settings.outbound, leeway, &settings.server.public_url);
        let login = Arc::new(Login::new(
            settings.clone(),
            client.clone(),
            logins.clone(),
            relying_party,
            keys.verifier(),
            cookies.clone(),
        ));
        let provider = Arc::new(Provider {
            client: client.clone(),
            logins: logins.clone(),
            keys: keys.clone(),
            settings: settings.clone(),
            cookies,
        });
        let faces = Router::new().merge(login::router(login.clone())).merge(provider::router(provider));
        let faces = web::limit_body(faces, settings.server.max_form_bytes, web::body::too_large);
        let mut router = faces;
        if settings.management.url.is_none() {
            router = router.nest("/api/v2", web::limit_body(api, settings.server.max_api_bytes, api_too_large));
        }
        let router = login::lead_from_hosts(router.fallback(nothing_here), login.clone());
        // A page on an organization's host needs its style as well.
        let router = router.merge(health(logins.clone())).merge(web::assets::router());
        let router = web::wrap(router, &settings.server);
        Ok(Self { settings, tenant, login, client, router, logins, keys })
    }

    /// Serves until `shutdown` ends and the requests under way are answered.
    ///
    /// # Errors
    /// When the certificate or the metrics address cannot be used.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), Fault> {
        let cleaning = tokio::spawn(delete_expired(self.logins.clone(), self.tenant.clone()));
        let metrics = match self.settings.server.metrics_listen {
            Some(address) => {
                let place = format!("listening on {address} (server.metrics_listen changes it)");
                let listener = TcpListener::bind(address).await.context(&place)?;
                let handle = web::observe::install_metrics()?;
                let settings = self.settings.server.clone();
                Some(tokio::spawn(async move {
                    web::observe::serve_metrics(listener, handle, &settings, std::future::pending()).await
                }))
            }
            None => None,
        };
        let served = web::serve(listener, self.router, &self.settings.server, shutdown).await;
        cleaning.abort();
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        served
    }

    /// A Management API token for `vestibule token`, valid for `seconds`.
    ///
    /// # Errors
    /// When a scope is none, or one that only gateways get.
    pub fn management_token(&self, scopes: &[String], seconds: i64) -> Result<String, Fault> {
        if scopes.iter().any(|scope| scope == management::GATEWAY_SCOPE) {
            return Err(Fault::new("vestibule token", "create:logins is granted only by vestibule gateway add"));
        }
        if let Some(unknown) = scopes.iter().find(|scope| !management::SCOPES.contains(&scope.as_str())) {
            return Err(Fault::new("vestibule token", format!("{unknown} is no scope of the Management API")));
        }
        own_token(&self.settings, &self.keys, "vestibule-cli", &scopes.join(" "), seconds)
    }
}

/// SIGTERM or Ctrl-C.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// The signing keys; a first start makes one. Nodes that start at once agree on it.
async fn open_keys(logins: &Logins) -> Result<KeyRing, Fault> {
    let mut stored = logins.signing_keys().await.context("reading the signing keys")?;
    if stored.is_empty() {
        let (key, pkcs8) =
            tokio::task::spawn_blocking(SigningKey::generate).await.context("making a signing key")??;
        let key = StoredKey { kid: key.kid().to_owned(), pkcs8 };
        logins.create_signing_key(1, key, Timestamp::now()).await.context("keeping the signing key")?;
        stored = logins.signing_keys().await.context("reading the signing keys")?;
    }
    let mut keys = Vec::new();
    for key in stored {
        keys.push(SigningKey::from_pkcs8(&key.kid, &key.pkcs8)?);
    }
    let others = keys.split_off(1.min(keys.len()));
    let current = keys.pop().ok_or_else(|| Fault::new("the signing keys", "there is none"))?;
    Ok(KeyRing::new(current, others))
}

fn management_router(
    settings: &Arc<Config>,
    tenant: &Tenant,
    logins: &Logins,
    keys: &KeyRing,
    writes: &Writes,
) -> Router {
    let management = Management::new(tenant.clone(), settings.management.clone(), settings.login.clone());
    let router = management::router(Arc::new(management), token_check(settings, logins, keys));
    let writes = writes.clone();
    router.layer(middleware::from_fn(move |request, next| count_write(writes.clone(), request, next)))
}

/// Tells the cache of a write. Logins and users change nothing that is remembered.
async fn count_write(writes: Writes, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if reads || path.ends_with("/logins") || path.contains("/users") {
        return next.run(request).await;
    }
    // A task of its own: a write goes on when the caller hangs up, and so must its count.
    let written = tokio::spawn(async move {
        let response = next.run(request).await;
        if response.status().is_success() {
            writes.count();
        }
        response
    });
    match written.await {
        Ok(response) => response,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// How the Management API checks tokens without knowing the key ring or the login data.
fn token_check(settings: &Arc<Config>, logins: &Logins, keys: &KeyRing) -> TokenCheck {
    let (issuer, audience) = (settings.issuer(), settings.management_audience());
    let (verifier, logins) = (keys.verifier(), logins.clone());
    let verify = move |token: &str| {
        let expected = Expected {
            issuer: &issuer,
            audience: Some(&audience),
            typ: ACCESS_TOKEN,
            leeway_seconds: 0,
            now: Timestamp::now(),
        };
        let claims: AccessTokenClaims = verifier.verify(token, &expected).map_err(|error| match error {
            TokenError::NotOurs => Unaccepted::NotOurs,
            TokenError::BadSignature => Unaccepted::BadSignature,
            TokenError::Expired => Unaccepted::Expired,
            TokenError::WrongAudience | TokenError::WrongType => Unaccepted::OtherAudience,
        })?;
        let scopes = claims.scopes().map(str::to_owned).collect();
        Ok(AccessToken { subject: claims.sub, client_id: claims.azp, scopes, grant_id: claims.gid })
    };
    let is_revoked = move |grant_id: String| {
        let logins = logins.clone();
        let look_up = async move { logins.is_revoked(&grant_id, Timestamp::now()).await };
        Box::pin(look_up) as futures_util::future::BoxFuture<'static, _>
    };
    TokenCheck {
        verify: Arc::new(verify),
        is_revoked: Arc::new(is_revoked),
        address_of: |extensions| extensions.get::<ClientAddress>().map(|address| address.0),
    }
}

/// The gateway's client of the API in this process, or of another machine's.
fn management_client(
    settings: &Arc<Config>,
    keys: &KeyRing,
    api: Router,
    writes: Writes,
) -> Result<ManagementClient, Fault> {
    let management = &settings.management;
    let Some(url) = &management.url else {
        let (settings, keys) = (settings.clone(), keys.clone());
        let sign = move || {
            let seconds = settings.tokens.access_token_seconds;
            let token = own_token(&settings, &keys, "vestibule-gateway", &GATEWAY_SCOPES.join(" "), seconds)?;
            Ok((token, Duration::from_secs(seconds.unsigned_abs())))
        };
        let transport = management_client::embedded(Router::new().nest("/api/v2", api));
        return Ok(ManagementClient::new(management, transport, TokenSource::Own(Box::new(sign)), writes));
    };
    let transport = management_client::remote(url.clone(), Duration::from_secs(management.timeout_seconds))?;
    let source = TokenSource::Credentials {
        client_id: management.client_id.clone(),
        client_secret: management.client_secret.expose_secret().into(),
        audience: settings.management_audience(),
    };
    Ok(ManagementClient::new(management, transport, source, writes))
}

/// A Management API token of our own.
fn own_token(settings: &Config, keys: &KeyRing, client_id: &str, scope: &str, seconds: i64) -> Result<String, Fault> {
    let now = Timestamp::now().seconds();
    let claims = AccessTokenClaims {
        iss: settings.issuer(),
        sub: format!("{client_id}@clients"),
        aud: Audience::One(settings.management_audience()),
        azp: client_id.to_owned(),
        iat: now,
        exp: now + seconds,
        jti: random_alphanumeric(22),
        scope: scope.to_owned(),
        gty: Some(CLIENT_CREDENTIALS.to_owned()),
        org_id: None,
        org_name: None,
        gid: None,
    };
    keys.sign(ACCESS_TOKEN, &claims)
}

/// `/healthz`: the process lives. `/readyz`: it can do its work.
fn health(logins: Logins) -> Router {
    let ready = move || {
        let logins = logins.clone();
        async move {
            match logins.ping().await {
                Ok(()) => (StatusCode::OK, "ready\n"),
                Err(error) => {
                    tracing::error!(%error, "the database does not answer");
                    (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
                }
            }
        }
    };
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

fn api_too_large() -> Response {
    let error = ApiError::new(413, None, "Payload content length greater than maximum allowed");
    (StatusCode::PAYLOAD_TOO_LARGE, Json(error)).into_response()
}

async fn nothing_here(RequestId(request_id): RequestId) -> Response {
    let page = MessagePage {
        title: "There is nothing at this address".to_owned(),
        message: "Check the address, or sign in from the application you want to use.".to_owned(),
        detail: None,
        actions: Vec::new(),
        request_id,
        organization: None,
    };
    page.into_page(StatusCode::NOT_FOUND).into_response()
}

async fn delete_expired(logins: Logins, tenant: Tenant) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    loop {
        minutes.tick().await;
        let now = Timestamp::now();
        if let Err(error) = logins.delete_expired(now).await {
            tracing::warn!(%error, "expired login data could not be deleted");
        }
        if let Err(error) = tenant.delete_expired(now).await {
            tracing::warn!(%error, "expired tenant data could not be deleted");
        }
    }
}
