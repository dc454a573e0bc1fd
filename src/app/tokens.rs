//! The roof's part in tokens: opening the key ring, signing our own Management API tokens, checking everybody's.

use std::sync::Arc;

use crate::config::Config;
use crate::error::{Context, Fault};
use crate::management::auth::{AccessToken, TokenCheck, Unaccepted};
use crate::model::{Timestamp, random_alphanumeric};
use crate::oidc::claims::{AccessTokenClaims, Audience, CLIENT_CREDENTIALS};
use crate::oidc::keys::{ACCESS_TOKEN, KeyRing, SigningKey};
use crate::oidc::verifier::{Expected, TokenError};
use crate::store::{Logins, StoredKey};
use crate::web::client_address::ClientAddress;

/// The signing keys; a first start makes one. Nodes that start at once agree on it.
pub(super) async fn open_keys(logins: &Logins) -> Result<KeyRing, Fault> {
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

/// How the Management API checks tokens without knowing the key ring or the login data.
pub(super) fn token_check(settings: &Arc<Config>, logins: &Logins, keys: &KeyRing) -> TokenCheck {
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
    };
    keys.sign(ACCESS_TOKEN, &claims)
}
