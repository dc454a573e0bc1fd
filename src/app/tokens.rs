//! The roof's part in tokens: signing our own Management API tokens, checking everybody's.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::config::Config;
use crate::error::Fault;
use crate::management::administrators;
use crate::management::auth::{AccessToken, TokenCheck, Unaccepted};
use crate::model::{Timestamp, random_alphanumeric};
use crate::oidc::claims::{AccessTokenClaims, Audience, CLIENT_CREDENTIALS};
use crate::oidc::keys::{ACCESS_TOKEN, KeyRing, Verifier};
use crate::oidc::verifier::{Expected, TokenError};
use crate::store::{Logins, Tenant};
use crate::web::client_address::ClientAddress;

/// How the Management API checks tokens without knowing the key ring or the login data.
pub(super) fn token_check(settings: &Arc<Config>, tenant: &Tenant, logins: &Logins, keys: &KeyRing) -> TokenCheck {
    let verify = {
        let (settings, verifier) = (settings.clone(), keys.verifier());
        move |token: String| {
            let (settings, verifier) = (settings.clone(), verifier.clone());
            Box::pin(async move { check(&settings, &verifier, &token).await }) as BoxFuture<'static, _>
        }
    };
    let logins = logins.clone();
    let is_revoked = move |grant_id: String| {
        let logins = logins.clone();
        let look_up = async move { logins.is_revoked(&grant_id, Timestamp::now()).await };
        Box::pin(look_up) as BoxFuture<'static, _>
    };
    let tenant = tenant.clone();
    let scopes_left = move |token: AccessToken| {
        let tenant = tenant.clone();
        let left = async move { administrators::scopes_left(&tenant, token).await };
        Box::pin(left) as BoxFuture<'static, _>
    };
    TokenCheck {
        verify: Arc::new(verify),
        is_revoked: Arc::new(is_revoked),
        scopes_left: Arc::new(scopes_left),
        address_of: |extensions| extensions.get::<ClientAddress>().map(|address| address.0),
    }
}

async fn check(settings: &Config, verifier: &Verifier, token: &str) -> Result<AccessToken, Unaccepted> {
    let (issuer, audience) = (settings.issuer(), settings.management_audience());
    let expected = Expected {
        issuer: &issuer,
        audience: Some(&audience),
        typ: ACCESS_TOKEN,
        leeway_seconds: 0,
        now: Timestamp::now(),
    };
    let claims: AccessTokenClaims = verifier.verify(token, &expected).await.map_err(|error| match error {
        TokenError::NotOurs | TokenError::UnknownKey => Unaccepted::NotOurs,
        TokenError::BadSignature => Unaccepted::BadSignature,
        TokenError::Expired => Unaccepted::Expired,
        TokenError::WrongAudience | TokenError::WrongType => Unaccepted::OtherAudience,
    })?;
    // Every call reaches all organizations: a token that is for one of them is for another API.
    if claims.org_id.is_some() {
        return Err(Unaccepted::OtherAudience);
    }
    let scopes = claims.scopes().map(str::to_owned).collect();
    let (subject, client_id, account_version) = (claims.sub, claims.azp, claims.acv);
    Ok(AccessToken { subject, client_id, scopes, grant_id: claims.gid, account_version })
}

/// A Management API token of our own.
pub(super) fn own_token(
    settings: &Config,
    keys: &KeyRing,
    client_id: &str,
    scope: &str,
    seconds: i64,
) -> Result<String, Fault> {
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
        acv: None,
    };
    keys.sign(ACCESS_TOKEN, &claims)
}
