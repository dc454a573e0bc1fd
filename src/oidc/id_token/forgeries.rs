//! Forged ID tokens, generated: every claim of every wrong type, every algorithm from every place a key could come from.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;

use super::tests::{NOW, expected, good, outcome};
use super::*;
use crate::oidc::keys::{ID_TOKEN, KeyRing};

#[test]
fn a_claim_of_the_wrong_type_is_refused() {
    let ring = KeyRing::for_test();
    let texts = ["iss", "sub", "aud", "nonce"];
    let dates = ["exp", "iat", "nbf"];
    let no_text = [json!(null), json!(0), json!(1.5), json!(true), json!({}), json!([]), json!([0]), json!([["us"]])];
    let no_date =
        [json!("1790000000"), json!("soon"), json!(true), json!({}), json!([]), json!([NOW.seconds()]), json!(-1)];
    let texts = texts.iter().flat_map(|name| no_text.iter().map(move |value| (*name, value)));
    let dates = dates.iter().flat_map(|name| no_date.iter().map(move |value| (*name, value)));
    for (name, value) in texts.chain(dates) {
        let mut claims = good();
        claims[name] = value.clone();
        let token = ring.sign(ID_TOKEN, &claims).expect("signs");
        let outcome = outcome(token, ring.jwks(), &Expected { max_age: None, ..expected() });
        assert!(outcome.is_none_or(|outcome| outcome.is_err()), "{name}: {value}");
    }
    // Numbers that no clock shows, as they would be written.
    for number in ["1e400", "-1e400", "99999999999999999999999999", "-0.5"] {
        for name in ["exp", "iat"] {
            let text =
                good().to_string().replacen(&format!("\"{name}\":"), &format!("\"{name}\":{number},\"was\":"), 1);
            let Ok(claims) = serde_json::from_str::<Value>(&text) else { continue };
            let token = ring.sign(ID_TOKEN, &claims).expect("signs");
            let held = outcome(token, ring.jwks(), &expected()).is_some_and(|outcome| outcome.is_ok());
            // A token may be valid for ages.
            assert!(!held || (name, number) == ("exp", "99999999999999999999999999"), "{name}: {number}");
        }
    }
}

/// Whoever forges has a key of their own, and all that is public of ours.
#[test]
fn no_key_but_a_published_one_verifies_whatever_the_header_says() {
    let ring = KeyRing::for_test();
    let published = ring.jwks()["keys"][0].clone();
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    let own = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).expect("a key");
    let point = own.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": published["kid"]});
    let text = |member: &str| published[member].as_str().unwrap_or_default().as_bytes().to_vec();
    let certificate = published["x5c"][0].as_str().unwrap_or_default().to_owned();
    let secrets = [
        Vec::new(),
        published.to_string().into_bytes(),
        text("n"),
        URL_SAFE_NO_PAD.decode(text("n")).expect("a modulus"),
        text("kid"),
        certificate.clone().into_bytes(),
        b"us".to_vec(),
    ];
    let sources = [
        json!({}),
        json!({"kid": published["kid"]}),
        json!({"kid": "../../../dev/null"}),
        json!({"kid": ["a"]}),
        json!({"jwk": jwk}),
        json!({"jwk": jwk, "kid": published["kid"]}),
        json!({"jku": "https://evil.example/keys", "kid": published["kid"]}),
        json!({"x5u": "https://evil.example/chain"}),
        json!({"x5c": [certificate], "kid": published["kid"]}),
        json!({"kid": published["kid"], "b64": false, "crit": ["b64"]}),
    ];
    let mut tokens = 0;
    for source in &sources {
        for alg in ["none", "None", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "RS512", "PS256", "ES256", "EdDSA"]
        {
            let mut header = source.clone();
            header["alg"] = json!(alg);
            let message = format!(
                "{}.{}",
                URL_SAFE_NO_PAD.encode(header.to_string()),
                URL_SAFE_NO_PAD.encode(good().to_string())
            );
            let algorithm = match alg {
                "HS384" => hmac::HMAC_SHA384,
                "HS512" => hmac::HMAC_SHA512,
                _ => hmac::HMAC_SHA256,
            };
            let tag =
                |secret: &Vec<u8>| hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes()).as_ref().to_vec();
            let signed = own.sign(&random, message.as_bytes()).expect("signs").as_ref().to_vec();
            let signatures = secrets.iter().map(tag).chain([signed, Vec::new(), vec![0; 256]]);
            for signature in signatures {
                let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
                let outcome = outcome(token, ring.jwks(), &expected());
                assert!(outcome.is_none_or(|outcome| outcome.is_err()), "{header}");
                tokens += 1;
            }
        }
    }
    assert_eq!(tokens, 1200);
}
