//! ID tokens signed rightly, or in the ways an attacker would try.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// How an ID token is signed.
#[derive(Debug, Clone, Default)]
pub enum Signature {
    #[default]
    Right,
    /// `alg: none` and no signature.
    None,
    /// `alg: HS256` with the public key's PEM as the secret.
    HmacWithPublicKey,
    /// `alg: HS256` with this secret, such as the client's.
    Hmac(String),
    /// The published key's id, but another key.
    OtherKey,
    /// A key id nobody published.
    UnknownKey,
    /// Rightly signed, but without a key id in the header.
    NoKeyId,
    /// Rightly signed, then changed.
    Broken,
}

// Making an RSA key takes a good part of a second, so there is one of each per process.
static FIRST: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
static SECOND: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

fn current(rotated: bool) -> (&'static str, &'static KeyPair) {
    if rotated { ("second", &SECOND) } else { ("first", &FIRST) }
}

/// The key set as published (RFC 7517).
pub fn published(rotated: bool) -> Value {
    let (kid, key) = current(rotated);
    let public = key.public_key();
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (n, e) = (public.modulus(), public.exponent());
    json!({ "keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
        "n": number(n.big_endian_without_leading_zero()), "e": number(e.big_endian_without_leading_zero()),
    }] })
}

/// An ID token of these claims.
pub fn sign(claims: &Value, signature: &Signature, rotated: bool) -> String {
    let (kid, key) = current(rotated);
    let rs256 = json!({ "alg": "RS256", "typ": "JWT", "kid": kid });
    let hs256 = json!({ "alg": "HS256", "typ": "JWT" });
    match signature {
        Signature::Right => rsa(&rs256, claims, key),
        Signature::None => format!("{}.", unsigned(&json!({ "alg": "none", "typ": "JWT" }), claims)),
        Signature::HmacWithPublicKey => hmac(&hs256, claims, pem(key).as_bytes()),
        Signature::Hmac(secret) => hmac(&hs256, claims, secret.as_bytes()),
        Signature::OtherKey => rsa(&rs256, claims, current(!rotated).1),
        Signature::UnknownKey => rsa(&json!({ "alg": "RS256", "kid": "unknown" }), claims, current(!rotated).1),
        Signature::NoKeyId => rsa(&json!({ "alg": "RS256" }), claims, key),
        Signature::Broken => {
            let token = rsa(&rs256, claims, key);
            let (signed, _) = token.rsplit_once('.').unwrap();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 256]))
        }
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn rsa(header: &Value, claims: &Value, key: &KeyPair) -> String {
    let message = unsigned(header, claims);
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn hmac(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = unsigned(header, claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn pem(key: &KeyPair) -> String {
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}
