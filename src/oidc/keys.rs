//! Our own signing keys: made and kept parsed, they sign our tokens and are published as the JWKS.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};

use super::verifier::{Expected, TokenError, Verifier};
use crate::error::{Context, Fault};
use crate::model::sha256;

/// The header `typ` of ID tokens.
pub const ID_TOKEN: &str = "JWT";
/// The header `typ` of access tokens (RFC 9068 §2.1).
pub const ACCESS_TOKEN: &str = "at+jwt";

/// An RSA key of 2048 bits that signs with RS256. Its parsed form is kept: parsing costs as much as signing.
pub struct SigningKey {
    kid: String,
    pair: RsaKeyPair,
    /// The modulus and the exponent, big-endian in base64url.
    modulus: String,
    exponent: String,
}

impl SigningKey {
    /// A new key and its PKCS #8 form, which the caller seals and stores. Takes about 0.1 s of CPU.
    ///
    /// # Errors
    /// When the crypto library fails.
    pub fn generate() -> Result<(Self, Vec<u8>), Fault> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).context("making a signing key")?;
        let der: Pkcs8V1Der<'_> = pair.as_der().context("writing a signing key")?;
        let bytes = der.as_ref().to_vec();
        Ok((Self::from_pair(pair), bytes))
    }

    /// A stored key. `kid` is the id it was stored under.
    ///
    /// # Errors
    /// When the bytes are no RSA key, or another one than `kid` names.
    pub fn from_pkcs8(kid: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let pair = RsaKeyPair::from_pkcs8(bytes).context("reading a signing key")?;
        let key = Self::from_pair(pair);
        if key.kid != kid {
            return Err(Fault::new("reading a signing key", format!("it is stored as {kid} but is {}", key.kid)));
        }
        Ok(key)
    }

    fn from_pair(pair: RsaKeyPair) -> Self {
        let public = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let (modulus, exponent) = (URL_SAFE_NO_PAD.encode(&public.n), URL_SAFE_NO_PAD.encode(&public.e));
        // RFC 7638 §3.2: the required members in lexicographic order, without white space.
        let kid = sha256(&format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#));
        Self { kid, pair, modulus, exponent }
    }

    /// The RFC 7638 thumbprint, which is the key's id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Modulus and exponent, big-endian in base64url.
    pub(super) fn public_members(&self) -> (&str, &str) {
        (&self.modulus, &self.exponent)
    }

    fn jwk(&self) -> Value {
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": self.modulus, "e": self.exponent})
    }

    fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, Fault> {
        let header = json!({"alg": "RS256", "typ": typ, "kid": self.kid}).to_string();
        let claims = serde_json::to_vec(claims).context("writing the claims of a token")?;
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
            .context("signing a token")?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The key that signs, and those whose signatures still hold; cheap to clone.
#[derive(Debug, Clone)]
pub struct KeyRing {
    current: Arc<SigningKey>,
    others: Arc<[SigningKey]>,
    verifier: Verifier,
}

impl KeyRing {
    /// `others` are published and verified with, never signed with: retired keys, and the next one.
    pub fn new(current: SigningKey, others: Vec<SigningKey>) -> Self {
        let verifier = Verifier::new(std::iter::once(&current).chain(&others));
        Self { current: Arc::new(current), others: others.into(), verifier }
    }

    /// A signed token; `typ` is [`ID_TOKEN`] or [`ACCESS_TOKEN`]. Takes about 0.9 ms of CPU.
    ///
    /// # Errors
    /// When the claims cannot be written or the crypto library fails.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, Fault> {
        self.current.sign(typ, claims)
    }

    /// The JWK set to publish (RFC 7517 §5).
    pub fn jwks(&self) -> Value {
        let keys: Vec<Value> = std::iter::once(&*self.current).chain(self.others.iter()).map(SigningKey::jwk).collect();
        json!({ "keys": keys })
    }

    /// The public half alone, for who only checks tokens.
    pub fn verifier(&self) -> Verifier {
        self.verifier.clone()
    }

    /// As [`Verifier::verify`].
    ///
    /// # Errors
    /// [`TokenError`] says what does not hold.
    pub fn verify<T: serde::de::DeserializeOwned>(&self, token: &str, expected: &Expected) -> Result<T, TokenError> {
        self.verifier.verify(token, expected)
    }
}
