//! The sample application: a plain OpenID relying party that shows what it was handed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::seed::{Places, Seeded};
use crate::error::{Context, Fault};
use crate::model::tenant_settings::Locale;
use crate::model::{new_secret, sha256};
use crate::web;
use crate::web::page::Page;
use crate::web::redirect;
use crate::web::text::Text;

struct Application {
    gateway: String,
    origin: String,
    client_id: String,
    client_secret: String,
    http: reqwest::Client,
    /// Logins that began here, by their `state`. A real application binds them to the browser as well.
    begun: Mutex<HashMap<String, Begun>>,
    /// Who is signed in, by the value of the application's own cookie.
    sessions: Mutex<HashMap<String, SignedIn>>,
}

struct Begun {
    verifier: String,
    nonce: String,
    at: Instant,
}

#[derive(Template)]
#[template(path = "demo/application.html", whitespace = "minimize")]
struct ApplicationPage {
    text: Text,
    signed_in: Option<SignedIn>,
    error: Option<String>,
}

#[derive(Clone)]
struct SignedIn {
    name: String,
    organization: String,
    /// The organization's claims first: they are what the demo is about.
    claims: Vec<(String, String)>,
    id_token: String,
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
        sessions: Mutex::default(),
    });
    let router = Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/logout", get(logout))
        .with_state(application);
    Ok(router.merge(web::assets::router()))
}

async fn home(State(application): State<Arc<Application>>, headers: HeaderMap) -> Response {
    let sessions = application.sessions.lock().ok();
    let signed_in = sessions.and_then(|sessions| sessions.get(&cookie(&headers)?).cloned());
    Page::new(ApplicationPage { text: Text::of(Locale::En), signed_in, error: None }).into_response()
}

#[derive(Deserialize)]
struct LoginParameters {
    /// Sent by the organization's own address (OIDC Core §4).
    organization: Option<String>,
    /// Sent by the link of an invitation.
    invitation: Option<String>,
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
        if let Some(invitation) = parameters.invitation {
            query.append_pair("invitation", &invitation);
        }
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
        // The page has an address of its own, so that it can be reloaded: a code works once.
        Ok(signed_in) => {
            let id = new_secret();
            let cookie = set_cookie(&id);
            if let Ok(mut sessions) = application.sessions.lock() {
                sessions.insert(id, signed_in);
            }
            (cookie, redirect::see_other("/")).into_response()
        }
        Err(error) => {
            let page = ApplicationPage { text: Text::of(Locale::En), signed_in: None, error: Some(error) };
            Page::new(page).status(StatusCode::FORBIDDEN).into_response()
        }
    }
}

/// Ends the session here, then the one at the gateway (RP-Initiated Logout 1.0).
async fn logout(State(application): State<Arc<Application>>, headers: HeaderMap) -> Response {
    let id = cookie(&headers).unwrap_or_default();
    let ended = application.sessions.lock().ok().and_then(|mut sessions| sessions.remove(&id));
    let Some(ended) = ended else { return redirect::found("/") };
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("id_token_hint", &ended.id_token)
        .append_pair("post_logout_redirect_uri", &format!("{}/", application.origin))
        .finish();
    let url = format!("{}/oidc/logout?{query}", application.gateway);
    (set_cookie(""), redirect::found(&url)).into_response()
}

const COOKIE: &str = "sample_application";

fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}

fn set_cookie(value: &str) -> HeaderMap {
    let cookie = HeaderValue::try_from(format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax"));
    cookie.into_iter().map(|cookie| (header::SET_COOKIE, cookie)).collect()
}

async fn finish(application: &Application, parameters: CallbackParameters) -> Result<SignedIn, String> {
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
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, organization) = (text("name"), text("org_name"));
    let mut claims: Vec<_> = claims.iter().map(|(name, value)| (name.clone(), show(value))).collect();
    claims.sort_by_key(|(name, _)| !name.starts_with("org_"));
    Ok(SignedIn { name, organization, claims, id_token: tokens.id_token })
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
