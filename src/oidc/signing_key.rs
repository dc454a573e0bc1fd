//! One signing key of ours: made, kept parsed, told as a JWK and as a certificate.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
use serde::Serialize;
use serde_json::{Value, json};

use super::certificate::Certificate;
use crate::error::{Context, Fault};
use crate::model::{Timestamp, sha256};

/// A signing key as it is kept; the caller seals it.
pub struct KeptKey {
    pub kid: String,
    /// The private key in PKCS #8.
    pub pkcs8: Vec<u8>,
    pub made_at: Timestamp,
}

/// An RSA key of 2048 bits that signs with RS256. Its parsed form is kept: parsing costs as much as signing.
pub struct SigningKey {
    kid: String,
    pair: RsaKeyPair,
    decoding: DecodingKey,
    jwk: Value,
    certificate: Certificate,
}

impl SigningKey {
    /// A new key. Takes about 0.1 s of CPU.
    ///
    /// # Errors
    /// When the crypto library fails.
    pub fn generate(now: Timestamp) -> Result<KeptKey, Fault> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).context("making a signing key")?;
        let der: Pkcs8V1Der<'_> = pair.as_der().context("writing a signing key")?;
        let (modulus, exponent) = members(&pair);
        Ok(KeptKey { kid: thumbprint(&modulus, &exponent), pkcs8: der.as_ref().to_vec(), made_at: now })
    }

    /// A kept key. `subject` is the host of the issuer, for its certificate.
    ///
    /// # Errors
    /// When the bytes are no RSA key, or another one than `kid` names.
    pub fn open(kept: &KeptKey, subject: &str) -> Result<Self, Fault> {
        let pair = RsaKeyPair::from_pkcs8(&kept.pkcs8).context("reading a signing key")?;
        let (modulus, exponent) = members(&pair);
        let kid = thumbprint(&modulus, &exponent);
        if kid != kept.kid {
            return Err(Fault::new("reading a signing key", format!("it is stored as {} but is {kid}", kept.kid)));
        }
        let decoding =
            DecodingKey::from_rsa_components(&modulus, &exponent).context("reading a signing key's public half")?;
        let hash = digest(&SHA256, kid.as_bytes());
        let serial = std::array::from_fn(|at| hash.as_ref()[at]);
        let certificate = Certificate::new(&Signer(&pair), serial, subject, kept.made_at)?;
        let jwk = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": modulus, "e": exponent,
            "x5c": [certificate.x5c()], "x5t": certificate.x5t(),
        });
        Ok(Self { kid, pair, decoding, jwk, certificate })
    }

    /// The RFC 7638 thumbprint, which is the key's id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    pub(super) fn jwk(&self) -> &Value {
        &self.jwk
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    /// A signed token of this header `typ`. Takes about 0.9 ms of CPU.
    pub(super) fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, Fault> {
        let header = json!({"alg": "RS256", "typ": typ, "kid": self.kid}).to_string();
        let claims = serde_json::to_vec(claims).context("writing the claims of a token")?;
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = sign(&self.pair, token.as_bytes()).context("signing a token")?;
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

/// Modulus and exponent, big-endian in base64url.
fn members(pair: &RsaKeyPair) -> (String, String) {
    let public = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    (URL_SAFE_NO_PAD.encode(&public.n), URL_SAFE_NO_PAD.encode(&public.e))
}

/// RFC 7638 §3.2: the required members in lexicographic order, without white space.
fn thumbprint(modulus: &str, exponent: &str) -> String {
    sha256(&format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#))
}

fn sign(pair: &RsaKeyPair, message: &[u8]) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
    Ok(signature)
}

/// The key as a certificate's maker sees it.
struct Signer<'k>(&'k RsaKeyPair);

impl PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl rcgen::SigningKey for Signer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        sign(self.0, message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}
