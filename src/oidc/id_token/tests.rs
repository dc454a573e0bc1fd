//! ID tokens signed by a key ring of ours, accepted and refused.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::json;

use super::*;
use crate::oidc::identity::PersonClaims;
use crate::oidc::keys::{ACCESS_TOKEN, ID_TOKEN, KeyRing};

pub(super) const NOW: Timestamp = Timestamp(1_790_000_000_000);

pub(super) fn expected() -> Expected<'static> {
    Expected { client_id: "us", issuer: "https://idp/", nonce: Some("n"), max_age: None, leeway_seconds: 60, now: NOW }
}

pub(super) fn good() -> Value {
    let now = NOW.seconds();
    json!({"iss": "https://idp/", "sub": "s", "aud": "us", "exp": now + 60, "iat": now, "nonce": "n", "email": "a@b",
           "email_verified": "true", "updated_at": "2026-01-01T00:00:00.000Z"})
}

fn ring() -> KeyRing {
    KeyRing::for_test()
}

fn keys(jwks: Value) -> JsonWebKeySet<Jwk> {
    serde_json::from_value(jwks).expect("a key set")
}

fn parse(token: String) -> Option<CoreIdToken> {
    serde_json::from_value(Value::from(token)).ok()
}

/// `None` when the token cannot even be read.
pub(super) fn outcome(token: String, jwks: Value, expected: &Expected) -> Option<Result<PersonClaims, IdTokenError>> {
    let access_token = AccessToken::new("at".to_owned());
    let claims = verify(&parse(token)?, Some(&access_token), &keys(jwks), expected);
    Some(claims.and_then(|claims| PersonClaims::read(&claims).map_err(IdTokenError::Claims)))
}

#[test]
fn a_good_token_tells_the_person() {
    let ring = ring();
    let token = ring.sign(ID_TOKEN, &good()).expect("signs");
    let person = outcome(token, ring.jwks(), &expected()).expect("reads").expect("holds");
    assert_eq!(person.sub, "s");
    assert!(!person.into_identity("https://idp/").email_verified);
}

#[test]
fn each_claim_must_be_present_and_right() {
    let ring = ring();
    let now = NOW.seconds();
    let holds = |changes: Value, expected: &Expected| {
        let mut claims = good();
        for (name, value) in changes.as_object().expect("changes") {
            claims[name] = value.clone();
        }
        let token = ring.sign(ID_TOKEN, &claims).expect("signs");
        outcome(token, ring.jwks(), expected).is_some_and(|outcome| outcome.is_ok())
    };
    let with = |changes: Value| holds(changes, &expected());
    for fine in [
        json!({"exp": now - 59}),
        json!({"iat": now + 60}),
        json!({"iat": now - 659}),
        json!({"iat": now as f64 + 0.5}),
        json!({"aud": ["us"]}),
        json!({"aud": ["us", "them"], "azp": "us"}),
        json!({"azp": "us"}),
        json!({"nbf": now}),
    ] {
        assert!(with(fine.clone()), "{fine}");
    }
    for wrong in [
        json!({"iss": "https://idp"}),
        json!({"iss": "https://IDP/"}),
        json!({"iss": null}),
        json!({"iss": ["https://idp/"]}),
        json!({"sub": ""}),
        json!({"sub": 1}),
        json!({"sub": null}),
        json!({"aud": "them"}),
        json!({"aud": []}),
        json!({"aud": null}),
        json!({"aud": ["us", "them"]}),
        json!({"aud": ["us", "them"], "azp": "them"}),
        json!({"azp": "them"}),
        json!({"azp": 1}),
        json!({"exp": now - 60}),
        json!({"exp": null}),
        json!({"exp": (now + 60).to_string()}),
        json!({"exp": -1}),
        json!({"exp": "2099-01-01T00:00:00Z"}),
        json!({"exp": [now + 60]}),
        json!({"exp": 1e300}),
        json!({"iat": now + 61}),
        json!({"iat": now - 661}),
        json!({"iat": null}),
        json!({"iat": now.to_string()}),
        json!({"nbf": now + 61}),
        json!({"nbf": "x"}),
        json!({"nonce": "other"}),
        json!({"nonce": ""}),
        json!({"nonce": null}),
        json!({"nonce": 1}),
        json!({"at_hash": "wrong"}),
        json!({"email": 1}),
    ] {
        assert!(!with(wrong.clone()), "{wrong}");
    }
    // The first half of SHA-256 of "at" (OIDC Core §3.1.3.6).
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"at");
    assert!(with(json!({"at_hash": URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16])})));
    let fresh = Expected { max_age: Some(100), ..expected() };
    assert!(holds(json!({"auth_time": now - 150}), &fresh));
    for stale in [json!({}), json!({"auth_time": now - 161}), json!({"auth_time": now + 61}), json!({"auth_time": "1"})]
    {
        assert!(!holds(stale.clone(), &fresh), "{stale}");
    }
}

#[test]
fn another_key_is_told_from_a_wrong_claim() {
    let (ring, other) = (ring(), ring());
    let token = ring.sign(ID_TOKEN, &good()).expect("signs");
    let unknown = outcome(token.clone(), other.jwks(), &expected()).expect("reads").expect_err("unknown key");
    assert!(matches!(unknown, IdTokenError::Key(_)));
    // Another identity provider's key under the same id.
    let mut colliding = other.jwks();
    colliding["keys"][0]["kid"] = ring.jwks()["keys"][0]["kid"].clone();
    let forged = outcome(token.clone(), colliding, &expected()).expect("reads").expect_err("bad signature");
    assert!(matches!(forged, IdTokenError::Key(_)));
    for (member, value) in [("use", "enc"), ("alg", "RS512"), ("alg", "RSA-OAEP"), ("kty", "oct")] {
        let mut jwks = ring.jwks();
        jwks["keys"][0][member] = Value::from(value);
        assert!(outcome(token.clone(), jwks, &expected()).expect("reads").is_err(), "{member}={value}");
    }
}

#[test]
fn forged_headers_are_refused() {
    let ring = ring();
    let token = ring.sign(ID_TOKEN, &good()).expect("signs");
    let (claims, signature) = (token.split('.').nth(1).expect("claims"), token.split('.').nth(2).expect("signature"));
    let kid = ring.jwks()["keys"][0]["kid"].clone();
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "None"}),
        json!({"alg": "nOnE"}),
        json!({"alg": "HS256", "kid": kid}),
        json!({"alg": "PS256", "kid": kid}),
        json!({"alg": "ES256", "kid": kid}),
        json!({"alg": "RS256"}),
        json!({"alg": "RS256", "kid": kid, "crit": ["x"]}),
        json!({"alg": "RS256", "kid": "' OR 1=1"}),
        json!({}),
        json!({"alg": "RS256", "kid": kid, "jwk": ring.jwks()["keys"][0], "jku": "https://evil.example"}),
    ] {
        let forged = format!("{}.{claims}.{signature}", URL_SAFE_NO_PAD.encode(header.to_string()));
        let unsigned = format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(header.to_string()));
        for token in [forged, unsigned] {
            assert!(outcome(token, ring.jwks(), &expected()).is_none_or(|outcome| outcome.is_err()), "{header}");
        }
    }
    let access_token = ring.sign(ACCESS_TOKEN, &good()).expect("signs");
    assert!(outcome(access_token, ring.jwks(), &expected()).expect("reads").is_err());
}

#[test]
fn elliptic_curve_keys_verify_and_unknown_ones_are_skipped() {
    let random = SystemRandom::new();
    let input = |alg: &str| {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": alg, "kid": "k"}).to_string());
        format!("{header}.{}", URL_SAFE_NO_PAD.encode(good().to_string()))
    };
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).expect("a key");
    let point = ec.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let signed = ec.sign(&random, input("ES256").as_bytes()).expect("signs");
    let token = format!("{}.{}", input("ES256"), URL_SAFE_NO_PAD.encode(signed));
    let jwks = json!({"keys": [{"kty": "future", "kid": "k"}, {"kty": "EC", "crv": "P-999", "x": x, "y": y, "kid": "k"},
                               {"kty": "RSA", "kid": "k"}, 7, {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "k"}]});
    assert!(outcome(token, jwks, &expected()).expect("reads").is_ok());

    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
    let ed = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key");
    let signature = URL_SAFE_NO_PAD.encode(ed.sign(input("EdDSA").as_bytes()));
    let x = URL_SAFE_NO_PAD.encode(ed.public_key().as_ref());
    let jwks = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "k", "alg": "EdDSA", "use": "sig"}]});
    assert!(outcome(format!("{}.{signature}", input("EdDSA")), jwks, &expected()).expect("reads").is_ok());
}
