//! The check of a token: is it one of ours, and if not, what exactly does not hold.

use std::collections::HashSet;
use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::claims::{Audience, IdTokenClaims};
use super::keys::ID_TOKEN;
use super::signing_key::SigningKey;
use crate::model::Timestamp;

/// A longer token is none of ours, and is not worth reading.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The public halves of the keys whose signatures hold.
pub struct PublicKeys {
    keys: Vec<Arc<SigningKey>>,
}

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'e> {
    pub issuer: &'e str,
    /// `None` accepts any audience, for who checks it later.
    pub audience: Option<&'e str>,
    /// The header `typ`: [`super::keys::ID_TOKEN`] or [`super::keys::ACCESS_TOKEN`].
    pub typ: &'e str,
    /// Seconds the clocks may differ. Use 0 for tokens that only we make and check.
    pub leeway_seconds: i64,
    /// The moment at which the token must be valid.
    pub now: Timestamp,
}

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is none of ours")]
    NotOurs,
    #[error("the token is signed with a key that is none of ours")]
    UnknownKey,
    #[error("the signature does not match")]
    BadSignature,
    #[error("the token has expired or is not valid yet")]
    Expired,
    #[error("the token is for another audience")]
    WrongAudience,
    #[error("the token is of another type")]
    WrongType,
}

/// The claims that decide whether a token counts. An absent or mistyped one means no.
#[derive(Deserialize)]
struct Decisive {
    iss: String,
    #[serde(rename = "sub")]
    _sub: String,
    aud: Audience,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
}

/// Leeway for a token whose age does not matter.
const ANY_AGE_SECONDS: i64 = 100 * 365 * 24 * 3600;

impl PublicKeys {
    pub(super) fn new(keys: Vec<Arc<SigningKey>>) -> Self {
        Self { keys }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().map(|key| &**key)
    }

    pub(super) fn get(&self, kid: &str) -> Option<&Arc<SigningKey>> {
        self.keys.iter().find(|key| key.kid() == kid)
    }

    /// An ID token of ours as an `id_token_hint`; an expired one still says whom it was for (OIDC Core §3.1.2.1,
    /// RP-Initiated Logout §2).
    pub fn read_hint(&self, token: &str, issuer: &str, now: Timestamp) -> Option<IdTokenClaims> {
        let leeway_seconds = ANY_AGE_SECONDS;
        self.verify(token, &Expected { issuer, audience: None, typ: ID_TOKEN, leeway_seconds, now }).ok()
    }

    /// The claims of a token that holds.
    ///
    /// # Errors
    /// [`TokenError`] says what does not hold; the signature is checked before any claim is believed.
    pub fn verify<T: DeserializeOwned>(&self, token: &str, expected: &Expected) -> Result<T, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::NotOurs);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::NotOurs)?;
        if header.alg != Algorithm::RS256 || header.crit.is_some() {
            return Err(TokenError::NotOurs);
        }
        let key = header.kid.as_deref().and_then(|kid| self.get(kid)).ok_or(TokenError::UnknownKey)?;
        let claims = jsonwebtoken::decode::<Value>(token, key.decoding(), &signature_only()).map_err(|error| {
            match error.kind() {
                ErrorKind::InvalidSignature | ErrorKind::Base64(_) => TokenError::BadSignature,
                _ => TokenError::NotOurs,
            }
        })?;
        // RFC 8725 §3.11: an ID token is no access token.
        if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(expected.typ)) {
            return Err(TokenError::WrongType);
        }
        check(&claims.claims, expected)?;
        serde_json::from_value(claims.claims).map_err(|_| TokenError::NotOurs)
    }
}

/// The claims are checked by [`check`], with the caller's clock and strict types.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn check(claims: &Value, expected: &Expected) -> Result<(), TokenError> {
    let claims = Decisive::deserialize(claims).map_err(|_| TokenError::NotOurs)?;
    if claims.iss != expected.issuer {
        return Err(TokenError::NotOurs);
    }
    let now = expected.now.seconds();
    let not_yet = claims.nbf.is_some_and(|nbf| nbf > now.saturating_add(expected.leeway_seconds));
    if not_yet || claims.exp <= now.saturating_sub(expected.leeway_seconds) {
        return Err(TokenError::Expired);
    }
    match expected.audience {
        Some(audience) if !claims.aud.contains(audience) => Err(TokenError::WrongAudience),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::super::keys::{ACCESS_TOKEN, ID_TOKEN};
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn expected() -> Expected<'static> {
        Expected { issuer: "https://a/", audience: Some("api"), typ: ACCESS_TOKEN, leeway_seconds: 0, now: NOW }
    }

    fn claims() -> Value {
        json!({"iss": "https://a/", "sub": "u", "aud": ["api"], "exp": NOW.seconds() + 10, "x": 1})
    }

    fn key() -> Arc<SigningKey> {
        let kept = SigningKey::generate(NOW).expect("a key");
        Arc::new(SigningKey::open(&kept, "a").expect("reads back"))
    }

    #[test]
    fn a_token_holds_for_whoever_has_the_key() {
        let (old, new) = (key(), key());
        let token = old.sign(ACCESS_TOKEN, &claims()).expect("signs");
        for keys in [vec![old.clone()], vec![new.clone(), old.clone()]] {
            let keys = PublicKeys::new(keys);
            assert_eq!(keys.verify::<Value>(&token, &expected()).expect("holds")["x"], 1);
        }
        let others = PublicKeys::new(vec![new]);
        assert_eq!(others.verify::<Value>(&token, &expected()), Err(TokenError::UnknownKey));
    }

    #[test]
    fn what_does_not_hold_is_told_apart() {
        let key = key();
        let keys = PublicKeys::new(vec![key.clone()]);
        let verify = |token: &str| keys.verify::<Value>(token, &expected()).expect_err("does not hold");
        let with = |claim: &str, value: Value| {
            let mut claims = claims();
            claims[claim] = value;
            verify(&key.sign(ACCESS_TOKEN, &claims).expect("signs"))
        };
        assert_eq!(with("exp", json!(NOW.seconds())), TokenError::Expired);
        assert_eq!(with("nbf", json!(NOW.seconds() + 1)), TokenError::Expired);
        assert_eq!(with("aud", json!("other")), TokenError::WrongAudience);
        assert_eq!(with("iss", json!("https://a")), TokenError::NotOurs);
        for (claim, value) in
            [("exp", json!("9999999999")), ("exp", json!(null)), ("exp", json!(1e300)), ("sub", json!(1))]
        {
            assert_eq!(with(claim, value.clone()), TokenError::NotOurs, "{claim}: {value}");
        }
        let id_token = key.sign(ID_TOKEN, &claims()).expect("signs");
        assert_eq!(verify(&id_token), TokenError::WrongType);
    }

    #[test]
    fn forged_tokens_are_refused() {
        let key = key();
        let keys = PublicKeys::new(vec![key.clone()]);
        let token = key.sign(ACCESS_TOKEN, &claims()).expect("signs");
        let verify = |token: &str| keys.verify::<Value>(token, &expected()).expect_err("forged");
        let parts: Vec<&str> = token.split('.').collect();
        let other =
            URL_SAFE_NO_PAD.encode(json!({"iss": "https://a/", "sub": "root", "aud": "api", "exp": 9e9}).to_string());
        assert_eq!(verify(&format!("{}.{other}.{}", parts[0], parts[2])), TokenError::BadSignature);
        assert_eq!(verify(&token[..token.len() - 1]), TokenError::BadSignature);
        assert_eq!(verify(&format!("{}.{}.", parts[0], parts[1])), TokenError::BadSignature);
        for alg in ["none", "None", "HS256", "PS256", "ES256"] {
            let header = URL_SAFE_NO_PAD.encode(json!({"alg": alg, "typ": "at+jwt", "kid": "k"}).to_string());
            assert_eq!(verify(&format!("{header}.{}.{}", parts[1], parts[2])), TokenError::NotOurs, "{alg}");
        }
        for garbage in ["", ".", "..", "a.b.c", "é.è.à", &"x".repeat(20_000)] {
            assert_eq!(verify(garbage), TokenError::NotOurs);
        }
    }
}
