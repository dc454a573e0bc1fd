//! Checking an identity provider's ID token: what `openidconnect` checks, and what it leaves out (OIDC Core §3.1.3.7).

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::CoreIdToken;
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IdTokenVerifier, IssuerUrl, JsonWebKeySet, Nonce,
    SignatureVerificationError,
};
use serde::Deserialize;
use serde_json::Value;

use super::claims::Audience;
use super::jwk::{self, Jwk};
use crate::model::Timestamp;

/// A token issued longer ago was not made for this login.
const MAX_AGE_SECONDS: i64 = 600;

/// What the token must say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'e> {
    pub(super) client_id: &'e str,
    pub(super) issuer: &'e str,
    /// `None` where none was sent.
    pub(super) nonce: Option<&'e str>,
    /// The `max_age` that was sent, in seconds.
    pub(super) max_age: Option<i64>,
    pub(super) leeway_seconds: i64,
    pub(super) now: Timestamp,
}

/// Why a token does not hold. The texts carry no token and no nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IdTokenError {
    /// No key fits, or the signature does not match: the identity provider may have new keys.
    Key(String),
    Claims(String),
}

fn claims<T>(text: impl Into<String>) -> Result<T, IdTokenError> {
    Err(IdTokenError::Claims(text.into()))
}

/// The claims that decide, with strict types: `openidconnect` would also take dates written as text.
#[derive(Deserialize)]
struct ProtocolClaims {
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    exp: f64,
    iat: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    auth_time: Option<f64>,
}

/// The claims, if the token holds. `access_token` is the one that came with it.
pub(super) fn verify(
    token: &CoreIdToken,
    access_token: Option<&AccessToken>,
    keys: &JsonWebKeySet<Jwk>,
    expected: &Expected,
) -> Result<Value, IdTokenError> {
    let issuer = IssuerUrl::new(expected.issuer.to_owned()).or_else(|_| claims("the issuer is no address"))?;
    let earlier = expected.now.seconds().saturating_sub(expected.leeway_seconds);
    let clock = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(earlier).unwrap_or_default());
    // A client secret is never given, so no HMAC signature can be accepted.
    let verifier =
        IdTokenVerifier::new_public_client(ClientId::new(expected.client_id.to_owned()), issuer, keys.clone())
            .set_allowed_algs(jwk::ALLOWED)
            .set_time_fn(move || clock.into())
            // Further audiences are judged by `azp` in `check_audience`.
            .set_other_audience_verifier_fn(|_| true);
    let verified = match expected.nonce {
        Some(nonce) => token.claims(&verifier, &Nonce::new(nonce.to_owned())),
        None => token.claims(&verifier, |_: Option<&Nonce>| Ok(())),
    };
    let verified = verified.map_err(sort)?;
    if let (Some(hash), Some(access_token)) = (verified.access_token_hash(), access_token) {
        let signature = |error: SignatureVerificationError| IdTokenError::Key(error.to_string());
        let (alg, key) = (token.signing_alg().map_err(signature)?, token.signing_key(&verifier).map_err(signature)?);
        match AccessTokenHash::from_token(access_token, alg, key) {
            Ok(actual) if actual == *hash => {}
            _ => return claims("at_hash does not belong to the access token"),
        }
    }
    let payload = payload(token)?;
    let strict =
        ProtocolClaims::deserialize(&payload).or_else(|_| claims("a claim is missing or of the wrong type"))?;
    check_audience(&strict, expected)?;
    check_times(&strict, expected)?;
    Ok(payload)
}

fn sort(error: ClaimsVerificationError) -> IdTokenError {
    match error {
        ClaimsVerificationError::SignatureVerification(
            error @ (SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_)),
        ) => IdTokenError::Key(error.to_string()),
        ClaimsVerificationError::SignatureVerification(error) => IdTokenError::Claims(error.to_string()),
        error => IdTokenError::Claims(error.to_string()),
    }
}

/// The claims as they were signed, for what `openidconnect` does not show; [`verify`] says whether they hold.
pub(super) fn payload(token: &CoreIdToken) -> Result<Value, IdTokenError> {
    let text = token.to_string();
    let middle = text.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(middle).or_else(|_| claims("the claims are not base64url"))?;
    serde_json::from_slice(&bytes).or_else(|_| claims("the claims are not JSON"))
}

/// Steps 3 to 5: other audiences are trusted only if the token was made for us.
fn check_audience(token: &ProtocolClaims, expected: &Expected) -> Result<(), IdTokenError> {
    if !token.aud.contains(expected.client_id) {
        return claims("the token is for another audience");
    }
    let others = token.aud.iter().any(|audience| audience != expected.client_id);
    match token.azp.as_deref() {
        Some(azp) if azp != expected.client_id => claims("azp names another client"),
        None if others => claims("the token has further audiences but no azp"),
        _ => Ok(()),
    }
}

/// Steps 9 to 13.
fn check_times(token: &ProtocolClaims, expected: &Expected) -> Result<(), IdTokenError> {
    // Dates of this century fit an f64 to the microsecond.
    let (now, leeway) = (expected.now.seconds() as f64, expected.leeway_seconds as f64);
    let dates = [Some(token.exp), Some(token.iat), token.nbf, token.auth_time];
    if dates.into_iter().flatten().any(|date| !date.is_finite() || date < 0.0) {
        return claims("a date is negative");
    }
    if token.exp <= now - leeway {
        return claims("the token has expired; are the clocks right?");
    }
    if token.iat > now + leeway || token.nbf.is_some_and(|nbf| nbf > now + leeway) {
        return claims("the token is from the future; are the clocks right?");
    }
    if token.iat < now - leeway - MAX_AGE_SECONDS as f64 {
        return claims("the token was issued too long ago; are the clocks right?");
    }
    match (expected.max_age, token.auth_time) {
        (None, _) => Ok(()),
        (Some(_), None) => claims("max_age was sent but auth_time is missing"),
        (Some(_), Some(at)) if at > now + leeway => claims("auth_time is in the future; are the clocks right?"),
        (Some(max_age), Some(at)) if at < now - leeway - max_age as f64 => {
            claims("the person signed in longer ago than max_age")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod forgeries;
#[cfg(test)]
mod tests;
