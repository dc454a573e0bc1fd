//! Who an access token speaks for (OIDC Core §5.3).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::Provider;
use crate::error::Fault;
use crate::management_client::ManagementError;
use crate::model::{Timestamp, User};
use crate::oidc::claims::AccessTokenClaims;
use crate::oidc::keys::ACCESS_TOKEN;
use crate::oidc::verifier::Expected;

/// Why there are no claims.
pub(super) enum Refusal {
    /// Nothing was sent to check, so nothing is said of it (RFC 6750 §3.1).
    NoToken,
    /// The token is none of ours, expired, revoked, or its user may not sign in any more (RFC 6750 §3.1).
    InvalidToken,
    Unavailable {
        seconds: u64,
    },
    Fault(Fault),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NoToken => unauthorized("Bearer"),
            Self::InvalidToken => unauthorized("Bearer error=\"invalid_token\""),
            Self::Unavailable { seconds } => {
                let wait = [(header::RETRY_AFTER, HeaderValue::from(seconds))];
                (StatusCode::SERVICE_UNAVAILABLE, wait, "Try again soon").into_response()
            }
            Self::Fault(fault) => {
                tracing::error!(%fault, "userinfo failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "An internal error occurred").into_response()
            }
        }
    }
}

fn unauthorized(challenge: &'static str) -> Response {
    let challenge = HeaderValue::from_static(challenge);
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], "Unauthorized").into_response()
}

pub(super) async fn answer(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
) -> Result<Json<Map<String, Value>>, Refusal> {
    let now = Timestamp::now();
    let claims = check_token(&provider, &headers, now).await?;
    let user = provider.client.user(&claims.sub).await.map_err(|error| match error {
        ManagementError::Refused(_) | ManagementError::TooManyUnknown { .. } => Refusal::InvalidToken,
        ManagementError::Unreachable(why) => {
            if why.is_failure() {
                tracing::warn!(%why, "userinfo needs the Management API");
            }
            Refusal::Unavailable { seconds: why.seconds() }
        }
    })?;
    // An account made anew under the same id is another person's.
    let is_the_same = |user: &User| !user.blocked && user.created_at.seconds() <= claims.iat;
    let user = user.filter(is_the_same).ok_or(Refusal::InvalidToken)?;
    tell(&claims, user).map(Json)
}

async fn check_token(provider: &Provider, headers: &HeaderMap, now: Timestamp) -> Result<AccessTokenClaims, Refusal> {
    let token = bearer(headers)?;
    let issuer = provider.settings.issuer();
    let audience = format!("{issuer}userinfo");
    let expected = Expected { issuer: &issuer, audience: Some(&audience), typ: ACCESS_TOKEN, leeway_seconds: 0, now };
    let claims: AccessTokenClaims =
        provider.keys.verifier().verify(token, &expected).await.map_err(|_| Refusal::InvalidToken)?;
    if let Some(grant_id) = &claims.gid {
        let revoked = provider.logins.is_revoked(grant_id, now).await;
        if revoked.map_err(|error| Refusal::Fault(Fault::new("looking for a revoked grant", error)))? {
            return Err(Refusal::InvalidToken);
        }
    }
    Ok(claims)
}

/// The one token of the `Authorization` header (RFC 6750 §2.1); a scheme has no case (RFC 9110 §11.1).
fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let value = given.next().ok_or(Refusal::NoToken)?;
    let text = value.to_str().ok().filter(|_| given.next().is_none());
    let (scheme, token) = text.and_then(|text| text.split_once(' ')).ok_or(Refusal::InvalidToken)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(Refusal::InvalidToken) }
}

fn tell(claims: &AccessTokenClaims, user: User) -> Result<Map<String, Value>, Refusal> {
    let mut told = Map::new();
    if claims.has_scope("profile") {
        told = match serde_json::to_value(&user.profile) {
            Ok(Value::Object(profile)) => profile,
            _ => Map::new(),
        };
        told.insert("updated_at".to_owned(), user.updated_at.to_string().into());
    }
    if claims.has_scope("email")
        && let Some(email) = user.email
    {
        told.insert("email".to_owned(), email.into());
        told.insert("email_verified".to_owned(), user.email_verified.into());
    }
    told.insert("sub".to_owned(), claims.sub.clone().into());
    let organization = [("org_id", &claims.org_id), ("org_name", &claims.org_name)];
    for (name, value) in organization.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))) {
        told.insert(name.to_owned(), value.into());
    }
    Ok(told)
}
