//! Signing in: the dashboard is an application of this server's own provider, with PKCE and a callback.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;
use url::form_urlencoded::Serializer;

use super::error::{self, DashboardError};
use super::session::Session;
use super::{Answer, Dashboard, Visit, parameter};
use crate::error::Fault;
use crate::model::application::DASHBOARD;
use crate::model::{Timestamp, new_secret, sha256};
use crate::oidc::claims::{AccessTokenClaims, IdTokenClaims};
use crate::oidc::keys::{ACCESS_TOKEN, ID_TOKEN};
use crate::oidc::verifier::Expected;
use crate::store::Kind;
use crate::web::client_address::ClientAddress;
use crate::web::cookies::Purpose;
use crate::web::redirect;

/// How long a person has to sign in.
const SECONDS: i64 = 1800;

/// What must come back unchanged, under the `state` and the browser's cookie.
#[derive(Serialize, Deserialize)]
struct SignIn {
    verifier: String,
    nonce: String,
    return_to: String,
}

/// The address that signs in and leads back to a page.
pub(super) fn address(place: &str) -> String {
    let query = Serializer::new(String::new()).append_pair("return_to", place).finish();
    format!("/dashboard/sign-in?{query}")
}

/// The same for who has to show anew who they are.
pub(super) fn address_anew(place: &str) -> String {
    format!("{}&anew=yes", address(place))
}

/// Only pages of the dashboard, so that no link of another leads elsewhere.
fn page_of_ours(place: &str) -> &str {
    let is_ours = place == "/dashboard" || place.starts_with("/dashboard/") || place.starts_with("/dashboard?");
    let is_plain = !place.contains(['\\', ' ']) && !place.contains(char::is_control) && !place.contains("//");
    if is_ours && is_plain { place } else { "/dashboard" }
}

/// `GET /dashboard/sign-in`.
pub(super) async fn begin(State(dashboard): State<Arc<Dashboard>>, visit: Visit) -> Answer {
    let now = Timestamp::now();
    dashboard.forms.check(visit.address).map_err(|wait| DashboardError::Wait(wait.0))?;
    let browser = dashboard.cookies.read(&visit.headers, Purpose::Browser).unwrap_or_else(new_secret);
    let (state, verifier, nonce) = (new_secret(), new_secret(), new_secret());
    let return_to = parameter(&visit.place, "return_to").unwrap_or_default();
    let sign_in = SignIn { verifier, nonce, return_to: page_of_ours(&return_to).to_owned() };
    let settings = &dashboard.settings;
    // A session of the provider lasts days: whoever was away from here that long shows anew who they are.
    let longest_ago = match parameter(&visit.place, "anew") {
        Some(_) => 0,
        None => settings.dashboard.session_idle_minutes * 60,
    };
    let query = Serializer::new(String::new())
        .append_pair("client_id", DASHBOARD)
        .append_pair("redirect_uri", &dashboard.address("dashboard/callback"))
        .append_pair("response_type", "code")
        .append_pair("scope", "openid profile email")
        .append_pair("audience", &settings.management_audience())
        .append_pair("state", &state)
        .append_pair("nonce", &sign_in.nonce)
        .append_pair("code_challenge", &sha256(&sign_in.verifier))
        .append_pair("code_challenge_method", "S256")
        .append_pair("max_age", &longest_ago.to_string())
        .finish();
    let (key, end) = (format!("{state}.{browser}"), now.plus_seconds(SECONDS));
    dashboard.logins.put(Kind::DashboardSignIn, &key, "", &sign_in, end).await?;
    let mut response = redirect::found(&format!("/authorize?{query}"));
    let cookie = dashboard.cookies.set(Purpose::Browser, &browser, Some(SECONDS));
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// `GET /dashboard/callback`.
pub(super) async fn arrive(State(dashboard): State<Arc<Dashboard>>, visit: Visit) -> Answer {
    let now = Timestamp::now();
    let asked = |name| parameter(&visit.place, name).unwrap_or_default();
    let again = || DashboardError::SignedOut { place: Some("/dashboard") };
    let issuer = dashboard.settings.issuer();
    // RFC 9207: an answer of another server is none.
    let Some(browser) = dashboard.cookies.read(&visit.headers, Purpose::Browser) else { return Err(again()) };
    let key = format!("{}.{browser}", asked("state"));
    let begun: Option<SignIn> = dashboard.logins.take(Kind::DashboardSignIn, &key, now).await?;
    let begun = begun.filter(|_| asked("iss") == issuer).ok_or_else(again)?;
    if !asked("error").is_empty() {
        let description = asked("error_description");
        return Err(DashboardError::Forbidden(format!("The sign-in was refused: {description}")));
    }
    let tokens = exchange(&dashboard, &visit, &asked("code"), &begun.verifier).await?;
    let (id, access) = verify(&dashboard, &tokens, now).await?;
    if id.nonce.as_deref() != Some(&begun.nonce) || id.sub != access.sub {
        return Err(again());
    }
    let label = id.email.or(id.profile.name).unwrap_or_else(|| id.sub.clone());
    let scopes_of_api = access.scopes().filter(|scope| scope.contains(':')).count();
    if scopes_of_api == 0 {
        let message = format!("You are signed in as {label}, who does not administer this server.");
        let action = ("Sign in as somebody else", logout(&dashboard, Some(&tokens.id_token)));
        return Ok(error::page(&visit.reader, "You are no administrator", message, action, StatusCode::FORBIDDEN));
    }
    let signed_in_at = id.auth_time.map_or(now, |seconds| Timestamp(seconds * 1000));
    let end = signed_in_at.plus_seconds(dashboard.settings.dashboard.session_hours * 3600);
    let may_write = access.scopes().any(|scope| scope.starts_with("update:"));
    let session = Session {
        may_write,
        grant_id: access.gid.unwrap_or_default(),
        access_token: tokens.access_token,
        id_token: tokens.id_token,
        user_id: id.sub,
        label,
        signed_in_at,
        ends_at: end.min(Timestamp(access.exp * 1000)),
    };
    // Never one that was there before: it may have been planted.
    if let Some(old) = dashboard.cookies.read(&visit.headers, Purpose::Dashboard) {
        dashboard.logins.delete(Kind::Dashboard, &old).await?;
    }
    let secret = new_secret();
    dashboard.keep_session(&secret, &session, now).await?;
    let mut response = redirect::see_other(&begun.return_to);
    let cookie = dashboard.cookies.set(Purpose::Dashboard, &secret, None);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

/// The code for tokens, at the token endpoint of this process.
async fn exchange(dashboard: &Dashboard, visit: &Visit, code: &str, verifier: &str) -> Result<Tokens, DashboardError> {
    let form = Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", DASHBOARD)
        .append_pair("code", code)
        .append_pair("redirect_uri", &dashboard.address("dashboard/callback"))
        .append_pair("code_verifier", verifier)
        .finish();
    let request = Request::builder()
        .method(Method::POST)
        .uri("/oauth/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .extension(ClientAddress(visit.address))
        .body(Bytes::from(form))
        .map_err(|error| DashboardError::Fault(Fault::new("the dashboard's token request", error)))?;
    let response = dashboard.back_channel.clone().oneshot(request).await;
    let response = response.map_err(|error| DashboardError::Unavailable(error.to_string()))?;
    match (response.status(), serde_json::from_slice(response.body())) {
        (StatusCode::OK, Ok(tokens)) => Ok(tokens),
        (StatusCode::BAD_REQUEST, _) => Err(DashboardError::SignedOut { place: Some("/dashboard") }),
        (status, _) => Err(DashboardError::Unavailable(format!("the token endpoint answered {status}"))),
    }
}

async fn verify(
    dashboard: &Dashboard,
    tokens: &Tokens,
    now: Timestamp,
) -> Result<(IdTokenClaims, AccessTokenClaims), DashboardError> {
    let (issuer, audience) = (dashboard.settings.issuer(), dashboard.settings.management_audience());
    let expected = |audience, typ| Expected { issuer: &issuer, audience: Some(audience), typ, leeway_seconds: 0, now };
    let wrong = |error| DashboardError::Fault(Fault::new("the dashboard's own tokens", error));
    let verifier = &dashboard.verifier;
    let id = verifier.verify(&tokens.id_token, &expected(DASHBOARD, ID_TOKEN)).await.map_err(wrong)?;
    let access = verifier.verify(&tokens.access_token, &expected(&audience, ACCESS_TOKEN)).await.map_err(wrong)?;
    Ok((id, access))
}

/// `POST /dashboard/sign-out`: ends the session here, its tokens everywhere, and the provider's session.
pub(super) async fn sign_out(State(dashboard): State<Arc<Dashboard>>, visit: Visit) -> Answer {
    let now = Timestamp::now();
    let mut hint = None;
    if let Some((secret, session)) = dashboard.find_session(&visit, now).await? {
        dashboard.logins.delete(Kind::Dashboard, &secret).await?;
        let end = now.plus_seconds(crate::model::LONGEST_TOKEN_SECONDS);
        dashboard.logins.put(Kind::RevokedGrant, &session.grant_id, "", &true, end).await?;
        hint = Some(session.id_token);
    }
    let mut response = redirect::see_other(&logout(&dashboard, hint.as_deref()));
    let cookie: HeaderValue = dashboard.cookies.clear(Purpose::Dashboard);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Where the provider's session ends; without a hint the person is asked first.
fn logout(dashboard: &Dashboard, id_token: Option<&str>) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("client_id", DASHBOARD);
    query.append_pair("post_logout_redirect_uri", &dashboard.address("dashboard/signed-out"));
    query.extend_pairs(id_token.map(|token| ("id_token_hint", token)));
    format!("/oidc/logout?{}", query.finish())
}

/// `GET /dashboard/signed-out`.
pub(super) async fn signed_out(visit: Visit) -> Response {
    let message = "Your session in the dashboard and at the login page has ended.".to_owned();
    let action = ("Sign in again", "/dashboard".to_owned());
    error::page(&visit.reader, "You are signed out", message, action, StatusCode::OK).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_out_of_the_dashboard() {
        for place in ["/dashboard", "/dashboard/organizations?q=a%20b", "/dashboard?done=saved"] {
            assert_eq!(page_of_ours(place), place);
        }
        for place in [
            "",
            "//evil.example",
            "/dashboard/..//evil.example",
            "/dashboards",
            "https://evil.example",
            "/dashboard/\\x",
            "/authorize",
        ] {
            assert_eq!(page_of_ours(place), "/dashboard", "{place}");
        }
    }
}
