//! The token endpoint: what is presented there, above all a code, for tokens (RFC 6749 §4.1.3).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Provider;
use super::client_authentication::authenticate;
use super::client_credentials::for_client;
use super::token_request::TokenRequest;
use crate::error::Fault;
use crate::management_client::ManagementError;
use crate::model::grant::AuthorizationCode;
use crate::model::login::{Admission, LoginRecord, Proof};
use crate::model::{Application, ShownOrganization, Timestamp, random_alphanumeric, sha256};
use crate::oidc::claims::{AccessTokenClaims, Audience, IdTokenClaims};
use crate::oidc::error::{TokenEndpointError, code};
use crate::oidc::keys::{ACCESS_TOKEN, ID_TOKEN};
use crate::store::{Kind, StoreError, TakenCode};
use crate::web::client_address::ClientAddress;

/// The answer of the token endpoint (RFC 6749 §5.1).
#[derive(Serialize)]
pub(super) struct TokenSet {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// Seconds.
    expires_in: i64,
    token_type: &'static str,
}

impl From<ManagementError> for TokenEndpointError {
    fn from(error: ManagementError) -> Self {
        if let ManagementError::TooManyUnknown { seconds } = error {
            let refusal = Self::new(code::TOO_MANY_REQUESTS, "Too many unknown clients from this network address");
            return Self { retry_after: Some(seconds), ..refusal };
        }
        let unavailable =
            Self::new(code::TEMPORARILY_UNAVAILABLE, "the Management API does not answer; try again soon");
        let retry_after = error.left_alone();
        if retry_after.is_none() {
            tracing::warn!(%error, "a token request needs the Management API");
        }
        Self { retry_after, ..unavailable }
    }
}

pub(super) async fn exchange(
    State(provider): State<Arc<Provider>>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, TokenEndpointError> {
    let now = Timestamp::now();
    let request = TokenRequest::parse(&headers, &body)?;
    let grant_type = request.required("grant_type")?;
    if !["authorization_code", "client_credentials"].contains(&grant_type) {
        let message = format!("Unsupported grant type: {grant_type}");
        return Err(TokenEndpointError::new(code::UNSUPPORTED_GRANT_TYPE, message));
    }
    let application = authenticate(&provider, address, &headers, &request).await?;
    if !application.may_use_grant(grant_type) {
        let message = format!("Grant type '{grant_type}' not allowed for the client.");
        return Err(TokenEndpointError::new(code::UNAUTHORIZED_CLIENT, message));
    }
    let tokens = match grant_type {
        "authorization_code" => for_code(&provider, &application, &request, now).await?,
        _ => for_client(&provider, &application, &request, now).await?,
    };
    Ok(Json(tokens).into_response())
}

/// One code, once, for the application it was made for; whether the person may still enter is asked again.
async fn for_code(
    provider: &Provider,
    application: &Application,
    request: &TokenRequest,
    now: Timestamp,
) -> Result<TokenSet, TokenEndpointError> {
    let secret = request.required("code")?;
    let invalid = || invalid_grant("Invalid authorization code");
    let code = match provider
        .logins
        .take_code(secret, &application.client_id, now, provider.settings.tokens.access_token_seconds)
        .await?
    {
        TakenCode::Taken(code) => *code,
        TakenCode::Reused => {
            tracing::warn!(
                client_id = application.client_id,
                "an authorization code was used twice; its tokens are revoked"
            );
            return Err(invalid());
        }
        TakenCode::Unknown => return Err(invalid()),
    };
    if code.client_id != application.client_id || request.get("redirect_uri") != Some(&code.redirect_uri) {
        return Err(invalid());
    }
    check_verifier(code.code_challenge.as_deref(), request.get("code_verifier"))?;
    let admission = ask_again(provider, &code).await?;
    let organization = match &code.organization_id {
        Some(id) => Some(provider.client.organization(id).await?.ok_or_else(invalid)?),
        None => None,
    };
    let seconds = access_token_seconds(provider, code.audience.as_deref()).await?;
    if seconds > provider.settings.tokens.access_token_seconds {
        // A second use of the code must still be noticed while its token is valid.
        provider.logins.extend(Kind::SpentCode, secret, now.plus_seconds(seconds)).await?;
    }
    issue(provider, application, &code, (&admission, organization.as_deref()), (now, seconds))
}

/// How long access tokens for this API are valid: as the API says, else as the settings do.
pub(super) async fn access_token_seconds(
    provider: &Provider,
    audience: Option<&str>,
) -> Result<i64, TokenEndpointError> {
    let usual = provider.settings.tokens.access_token_seconds;
    let Some(audience) = audience else { return Ok(usual) };
    let found = provider.client.resource_server(audience).await?;
    Ok(found.and_then(|found| found.token_lifetime).unwrap_or(usual))
}

/// RFC 7636 §4.6. A verifier without a challenge is refused too: somebody took the challenge away.
fn check_verifier(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), TokenEndpointError> {
    let holds = match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => sha256(verifier) == challenge,
        _ => false,
    };
    if holds { Ok(()) } else { Err(invalid_grant("Failed to verify code verifier")) }
}

/// The connection may have been disabled, or the membership ended, since the code was made.
async fn ask_again(provider: &Provider, code: &AuthorizationCode) -> Result<Admission, TokenEndpointError> {
    let record = LoginRecord {
        organization_id: code.organization_id.clone(),
        client_id: code.client_id.clone(),
        connection_id: code.connection_id.clone(),
        client_address: None,
        trip_id: None,
        invitation: None,
        // A code is for what was chosen.
        chooses: false,
        proof: Proof::Session { user_id: code.user_id.clone(), account_version: code.account_version.clone() },
    };
    provider.client.record_login(&record).await.map_err(|error| match error {
        ManagementError::Refused(refusal) => {
            tracing::info!(%refusal, "a code was refused because the login does not hold any more");
            invalid_grant("the login does not hold any more")
        }
        unreachable => unreachable.into(),
    })
}

fn issue(
    provider: &Provider,
    application: &Application,
    code: &AuthorizationCode,
    (admission, organization): (&Admission, Option<&ShownOrganization>),
    (now, seconds): (Timestamp, i64),
) -> Result<TokenSet, TokenEndpointError> {
    let settings = &provider.settings;
    let issuer = settings.issuer();
    let has = |scope: &str| code.scope.iter().any(|asked| asked == scope);
    let org_id = organization.map(|organization| organization.id.to_string());
    let org_name = organization_name_claim(provider, organization.map(|organization| organization.name.as_str()));
    let id_token = if has("openid") {
        let lifetime = application.jwt_configuration.as_ref().and_then(|jwt| jwt.lifetime_in_seconds);
        let user = &admission.user;
        let claims = IdTokenClaims {
            iss: issuer.clone(),
            sub: user.user_id.clone(),
            aud: application.client_id.clone(),
            iat: now.seconds(),
            exp: now.seconds() + lifetime.unwrap_or(settings.tokens.id_token_seconds),
            nonce: code.nonce.clone(),
            auth_time: code.wants_auth_time.then(|| code.authenticated_at.seconds()),
            sid: Some(code.sid.clone()),
            profile: if has("profile") { user.profile.clone() } else { Default::default() },
            updated_at: has("profile").then_some(user.updated_at),
            email: user.email.clone().filter(|_| has("email")),
            email_verified: (has("email") && user.email.is_some()).then_some(user.email_verified),
            org_id: org_id.clone(),
            org_name: org_name.clone(),
        };
        Some(provider.keys.sign(ID_TOKEN, &claims)?)
    } else {
        None
    };
    let mut scope = code.scope.clone();
    let is_for_administrators = code.audience.as_ref() == Some(&settings.management_audience());
    if is_for_administrators {
        scope.extend_from_slice(&admission.management_scopes);
    }
    let userinfo = format!("{issuer}userinfo");
    let access = AccessTokenClaims {
        iss: issuer,
        sub: code.user_id.clone(),
        aud: match &code.audience {
            Some(audience) if has("openid") => Audience::Many(vec![audience.clone(), userinfo]),
            Some(audience) => Audience::One(audience.clone()),
            None => Audience::One(userinfo),
        },
        azp: application.client_id.clone(),
        iat: now.seconds(),
        exp: now.seconds() + seconds,
        jti: random_alphanumeric(22),
        scope: scope.join(" "),
        gty: None,
        org_id,
        org_name,
        gid: Some(code.grant_id.clone()),
        acv: is_for_administrators.then(|| admission.account_version.clone()),
    };
    answer(provider, access, id_token)
}

/// The signed token set.
pub(super) fn answer(
    provider: &Provider,
    access: AccessTokenClaims,
    id_token: Option<String>,
) -> Result<TokenSet, TokenEndpointError> {
    Ok(TokenSet {
        access_token: provider.keys.sign(ACCESS_TOKEN, &access)?,
        id_token,
        scope: Some(access.scope).filter(|scope| !scope.is_empty()),
        expires_in: access.exp - access.iat,
        token_type: "Bearer",
    })
}

/// `org_name` only where organizations may be named by name (contract §2.4).
pub(super) fn organization_name_claim(provider: &Provider, name: Option<&str>) -> Option<String> {
    let allowed = provider.settings.login.allow_organization_name_in_authentication_api;
    name.filter(|_| allowed).map(str::to_owned)
}

fn invalid_grant(description: &str) -> TokenEndpointError {
    TokenEndpointError::new(code::INVALID_GRANT, description)
}

impl From<Fault> for TokenEndpointError {
    fn from(fault: Fault) -> Self {
        tracing::error!(%fault, "the token endpoint failed");
        Self::new(code::SERVER_ERROR, "An internal error occurred")
    }
}

impl From<StoreError> for TokenEndpointError {
    fn from(error: StoreError) -> Self {
        Fault::new("keeping a login", error).into()
    }
}

impl IntoResponse for TokenEndpointError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            // RFC 6749 §5.2: the scheme the client may have used.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
