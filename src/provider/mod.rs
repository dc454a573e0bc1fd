//! Face 2, the application: the OpenID provider's back channel, from the code to tokens.

mod client_authentication;
mod client_credentials;
mod dbconnections;
mod logout;
mod passwordless;
mod token;
mod token_request;
mod userinfo;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::config::Config;
use crate::management_client::ManagementClient;
use crate::oidc::keys::KeyRing;
use crate::store::Logins;
use crate::web::cookies::Cookies;

/// What the provider works with.
pub struct Provider {
    pub client: ManagementClient,
    pub logins: Logins,
    pub keys: KeyRing,
    pub settings: Arc<Config>,
    pub cookies: Cookies,
}

/// The provider's routes; `/authorize` is the login's.
pub fn router(provider: Arc<Provider>) -> Router {
    // No cookie is read below, so any page may call: single-page applications do.
    let open = CorsLayer::new()
        .allow_origin(AllowOrigin::any())
        .allow_methods([axum::http::Method::GET, axum::http::Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .max_age(std::time::Duration::from_secs(3600));
    let called_by_scripts = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/.well-known/jwks.json", get(jwks))
        .route("/oauth/token", post(token::exchange))
        .route("/passwordless/start", post(passwordless::start))
        .route("/dbconnections/signup", post(dbconnections::sign_up))
        .route("/dbconnections/change_password", post(dbconnections::change_password))
        .route("/userinfo", get(userinfo::answer).post(userinfo::answer))
        .layer(open);
    Router::new()
        .route("/oidc/logout", get(logout::oidc).post(logout::oidc_form))
        .route("/v2/logout", get(logout::v2))
        .route("/login/logout", post(logout::confirmed))
        .merge(called_by_scripts)
        .with_state(provider)
}

/// What this provider is and can do (OIDC Discovery §3): only what works.
async fn discovery(State(provider): State<Arc<Provider>>) -> Response {
    let issuer = provider.settings.issuer();
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}authorize"),
        "token_endpoint": format!("{issuer}oauth/token"),
        "userinfo_endpoint": format!("{issuer}userinfo"),
        "jwks_uri": format!("{issuer}.well-known/jwks.json"),
        "end_session_endpoint": format!("{issuer}oidc/logout"),
        "scopes_supported": ["openid", "profile", "email"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "name", "nickname", "given_name",
            "family_name", "picture", "locale", "updated_at", "email", "email_verified", "org_id", "org_name"
        ],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    cacheable(&provider, document)
}

async fn jwks(State(provider): State<Arc<Provider>>) -> Response {
    cacheable(&provider, provider.keys.jwks())
}

fn cacheable(provider: &Provider, document: serde_json::Value) -> Response {
    let age = format!("public, max-age={}", provider.settings.tokens.jwks_seconds);
    ([(header::CACHE_CONTROL, age)], Json(document)).into_response()
}
