//! How we prove to a token endpoint who we are: with a secret, or with something signed for the occasion.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::keys::{ID_TOKEN, KeyRing};
use super::presets::Authentication;
use super::relying_party_error::{RelyingPartyError, tidy};
use super::upstream::Upstream;
use crate::model::{Timestamp, new_secret};

/// What we sign is made for one request, and is worthless soon after.
const SIGNED_SECONDS: i64 = 60;

/// RFC 7523 §2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a token request carries of us.
#[derive(PartialEq, Eq)]
pub(super) enum Credential {
    /// The `Authorization` header's value.
    Basic(String),
    /// Members of the form.
    Form(Vec<(&'static str, String)>),
}

fn wrong(text: impl Into<String>) -> RelyingPartyError {
    RelyingPartyError::Misconfigured(text.into())
}

impl Credential {
    /// # Errors
    /// [`RelyingPartyError::Misconfigured`] when the options do not suffice.
    pub(super) fn of(
        upstream: &Upstream,
        keys: &KeyRing,
        our_issuer: &str,
        now: Timestamp,
    ) -> Result<Self, RelyingPartyError> {
        let options = &upstream.options;
        let (client_id, secret) = (options.client_id.clone(), options.client_secret.clone().unwrap_or_default());
        let post = |secret: String| {
            let secret = Some(("client_secret", secret)).filter(|(_, secret)| !secret.is_empty());
            Self::Form([("client_id", client_id.clone())].into_iter().chain(secret).collect())
        };
        match (upstream.preset.authentication, options.token_endpoint_auth_method.as_deref()) {
            (Authentication::SignedSecret, _) => Ok(post(apple_secret(upstream, now)?)),
            (Authentication::Post, _) => Ok(post(secret)),
            (Authentication::Announced, Some("private_key_jwt")) => {
                let assertion = assertion(upstream, keys, our_issuer, now)?;
                let form = [("client_assertion_type", ASSERTION_TYPE.to_owned()), ("client_assertion", assertion)];
                Ok(Self::Form([("client_id", client_id)].into_iter().chain(form).collect()))
            }
            (_, Some("client_secret_post" | "none")) => Ok(post(secret)),
            (_, Some("client_secret_basic")) => Ok(basic(&client_id, &secret).unwrap_or_else(|| post(secret))),
            (_, Some(other)) => {
                Err(wrong(format!("options.token_endpoint_auth_method {:?} is not supported", tidy(other))))
            }
            (_, None) if post_only(upstream) => Ok(post(secret)),
            (_, None) => Ok(basic(&client_id, &secret).unwrap_or_else(|| post(secret))),
        }
    }
}

/// What the metadata allows, basic first, which is also the default without a word (OIDC Core §9).
fn post_only(upstream: &Upstream) -> bool {
    let supported = upstream.metadata.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
    let has = |method: &str| supported.iter().any(|supported| supported == method);
    has("client_secret_post") && !has("client_secret_basic")
}

/// RFC 6749 §2.3.1: both parts are form-encoded first. A public client has no password to show.
fn basic(client_id: &str, secret: &str) -> Option<Credential> {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encode(client_id), encode(secret));
    (!secret.is_empty()).then(|| Credential::Basic(format!("Basic {}", STANDARD.encode(both))))
}

/// `private_key_jwt` (OIDC Core §9), signed with the key that signs our own tokens: its public half is at our
/// `/.well-known/jwks.json`.
fn assertion(
    upstream: &Upstream,
    keys: &KeyRing,
    our_issuer: &str,
    now: Timestamp,
) -> Result<String, RelyingPartyError> {
    let client_id = &upstream.options.client_id;
    // Whoever writes the options chooses `iss` and `aud` here: it must never be an ID token of ours.
    if client_id.trim_end_matches('/') == our_issuer.trim_end_matches('/') {
        return Err(wrong("options.client_id is our own issuer, for which nothing is signed"));
    }
    let audience = match upstream.options.token_endpoint_jwtca_aud_format.as_deref() {
        Some("issuer") => upstream.metadata.issuer.as_str(),
        _ => upstream.metadata.token_endpoint.as_ref().map_or("", |endpoint| endpoint.as_str()),
    };
    let claims = json!({
        "iss": client_id, "sub": client_id, "aud": audience, "jti": new_secret(),
        "iat": now.seconds(), "exp": now.plus_seconds(SIGNED_SECONDS).seconds(),
    });
    keys.sign(ID_TOKEN, &claims).map_err(|_| wrong("the assertion could not be signed"))
}

/// Apple's client secret: a JWT signed with the team's key, made anew for each request.
fn apple_secret(upstream: &Upstream, now: Timestamp) -> Result<String, RelyingPartyError> {
    let options = &upstream.options;
    let header = json!({"alg": "ES256", "kid": options.kid}).to_string();
    let claims = json!({
        "iss": options.team_id, "sub": options.client_id, "aud": upstream.metadata.issuer,
        "iat": now.seconds(), "exp": now.plus_seconds(SIGNED_SECONDS).seconds(),
    });
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let unusable = || wrong("options.app_secret is no private key of Apple's (PKCS #8, P-256, as PEM)");
    let key = read_pem(options.app_secret.as_deref().unwrap_or_default()).ok_or_else(unusable)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key).map_err(|_| unusable())?;
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).map_err(|_| unusable())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The bytes of a PEM text (RFC 7468), whatever its lines are broken like.
fn read_pem(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let body: String = body.replace("\\n", "").split_whitespace().collect();
    STANDARD.decode(body).ok()
}

#[cfg(test)]
mod tests;
