//! The sample application: a plain OpenID relying party that shows what it was handed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::seed::{Places, Seeded};
use crate::error::{Context, Fault};
use crate::model::{new_secret, sha256};
use crate::web;
use crate::web::page::Page;
use crate::web::redirect;

struct Application {
    gateway: String,
    origin: String,
    client_id: String,
    client_secret: String,
    http: reqwest::Client,
    /// Logins that began here, by their `state`. A real application binds them to the browser as well.
    begun: Mutex<HashMap<String, Begun>>,
}

struct Begun {
    verifier: String,
    nonce: String,
    at: Instant,
}

#[derive(Template)]
#[template(path = "demo/application.html", whitespace = "minimize")]
struct ApplicationPage {
    signed_in: Option<SignedIn>,
    error: Option<String>,
    logout_href: Option<String>,
}

struct SignedIn {
    name: String,
    organization: String,
    claims: Vec<(String, String)>,
}

/// The application's routes.
pub(super) fn router(places: &Places, seeded: &Seeded) -> Result<Router, Fault> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .context("the sample application's client")?;
    let application = Arc::new(Application {
        gateway: places.gateway.clone(),
        origin: places.application.clone(),
        client_id: seeded.client_id.clone(),
        client_secret: seeded.client_secret.clone(),
        http,
        begun: Mutex::default(),
    });
    let router = Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .with_state(application);
    Ok(router.merge(web::assets::router()))
}

async fn home() -> Response {
    Page::new(ApplicationPage { signed_in: None, error: None, logout_href: None }).into_response()
}

#[derive(Deserialize)]
struct LoginParameters {
    /// Sent by the organization's own address (OIDC Core §4).
    organization: Option<String>,
}

/// Begins a login; also the `initiate_login_uri`.
async fn login(State(application): State<Arc<Application>>, Query(parameters): Query<LoginParameters>) -> Response {
    let (state, nonce, verifier) = (new_secret(), new_secret(), new_secret());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", &application.client_id)
        .append_pair("redirect_uri", &format!("{}/callback", application.origin))
        .append_pair("response_type", "code")
        .append_pair("scope", "openid profile email")
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &sha256(&verifier))
        .append_pair("code_challenge_method", "S256");
    if let Some(organization) = parameters.organization.filter(|name| !name.is_empty()) {
        query.append_pair("organization", &organization);
    }
    let url = format!("{}/authorize?{}", application.gateway, query.finish());
    if let Ok(mut begun) = application.begun.lock() {
        begun.retain(|_, login| login.at.elapsed() < Duration::from_secs(600));
        begun.insert(state, Begun { verifier, nonce, at: Instant::now() });
    }
    redirect::found(&url)
}

#[derive(Deserialize)]
struct CallbackParameters {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

async fn callback(
    State(application): State<Arc<Application>>,
    Query(parameters): Query<CallbackParameters>,
) -> Response {
    match finish(&application, parameters).await {
        Ok(page) => Page::new(page).into_response(),
        Err(error) => {
            let page = ApplicationPage { signed_in: None, error: Some(error), logout_href: None };
            Page::new(page).status(StatusCode::FORBIDDEN).into_response()
        }
    }
}

async fn finish(application: &Application, parameters: CallbackParameters) -> Result<ApplicationPage, String> {
    let state = parameters.state.unwrap_or_default();
    let begun = application.begun.lock().ok().and_then(|mut begun| begun.remove(&state));
    let begun = begun.ok_or("This login did not begin here, or was already used.")?;
    if let Some(error) = parameters.error {
        return Err(format!("{error}: {}", parameters.error_description.unwrap_or_default()));
    }
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", &application.client_id),
        ("client_secret", &application.client_secret),
        ("code", &parameters.code.unwrap_or_default()),
        ("redirect_uri", &format!("{}/callback", application.origin)),
        ("code_verifier", &begun.verifier),
    ];
    let answer = application.http.post(format!("{}/oauth/token", application.gateway)).form(&form).send().await;
    let answer = answer.map_err(|error| error.to_string())?;
    if !answer.status().is_success() {
        return Err(answer.text().await.unwrap_or_default());
    }
    let tokens: Tokens = answer.json().await.map_err(|error| error.to_string())?;
    let claims = read_claims(&tokens.id_token).ok_or("The ID token cannot be read.")?;
    if claims.get("nonce").and_then(Value::as_str) != Some(&begun.nonce) {
        return Err("The ID token belongs to another login.".to_owned());
    }
    let logout = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("id_token_hint", &tokens.id_token)
        .append_pair("post_logout_redirect_uri", &format!("{}/", application.origin))
        .finish();
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let signed_in = SignedIn {
        name: text("name"),
        organization: text("org_name"),
        claims: claims.iter().map(|(name, value)| (name.clone(), show(value))).collect(),
    };
    let logout_href = Some(format!("{}/oidc/logout?{logout}", application.gateway));
    Ok(ApplicationPage { signed_in: Some(signed_in), error: None, logout_href })
}

/// The claims of an ID token that came straight from the token endpoint, whose connection vouches for it
/// (OIDC Core §3.1.3.7, rule 6).
fn read_claims(id_token: &str) -> Option<serde_json::Map<String, Value>> {
    let payload = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn show(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
