//! What token endpoints are shown of us.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, KeyPair, UnparsedPublicKey};
use serde_json::Value;

use super::*;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn credential(strategy: &str, options: Value, metadata: Value) -> Result<Credential, RelyingPartyError> {
    let upstream = Upstream::for_test(strategy, options, metadata);
    Credential::of(&upstream, &KeyRing::for_test(), "https://us/", NOW)
}

fn form(credential: Credential) -> Vec<(&'static str, String)> {
    match credential {
        Credential::Form(form) => form,
        Credential::Basic(header) => panic!("{header}"),
    }
}

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

#[test]
fn a_secret_goes_where_the_metadata_allows_basic_first() {
    let secret = json!({"client_secret": "s&t"});
    let post_only = json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]});
    let posted = vec![("client_id", "us".to_owned()), ("client_secret", "s&t".to_owned())];
    let basic = Credential::Basic(format!("Basic {}", STANDARD.encode("us:s%26t")));
    assert!(credential("oidc", secret.clone(), json!({})).expect("a secret") == basic);
    assert_eq!(form(credential("oidc", secret.clone(), post_only).expect("a secret")), posted);
    assert_eq!(form(credential("github", secret.clone(), json!({})).expect("a secret")), posted);
    assert_eq!(form(credential("linkedin", secret, json!({})).expect("a secret")), posted);
    assert_eq!(form(credential("oidc", json!({}), json!({})).expect("none")), [("client_id", "us".to_owned())]);
    assert!(credential("oidc", json!({"token_endpoint_auth_method": "tls_client_auth"}), json!({})).is_err());
}

#[test]
fn an_assertion_is_for_one_place_and_soon_worthless() {
    let assert_audience = |format: Value, expected: &str| {
        let options =
            json!({"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_jwtca_aud_format": format});
        let form = form(credential("oidc", options, json!({})).expect("an assertion"));
        let token = &form[2].1;
        assert_eq!(
            (form[1].0, form[1].1.as_str(), form[2].0),
            ("client_assertion_type", ASSERTION_TYPE, "client_assertion")
        );
        let claims = part(token, 1);
        assert_eq!((&claims["iss"], &claims["sub"], &claims["aud"]), (&json!("us"), &json!("us"), &json!(expected)));
        assert_eq!(claims["exp"], NOW.seconds() + 60);
        assert!(claims["jti"].as_str().is_some_and(|id| id.len() == 43));
        assert_eq!(part(token, 0)["alg"], "RS256");
    };
    assert_audience(Value::Null, "https://idp/token");
    assert_audience(json!("issuer"), "https://idp/");
}

#[test]
fn nothing_is_signed_that_could_be_a_token_of_ours() {
    for client_id in ["https://us/", "https://us"] {
        let options = json!({"client_id": client_id, "token_endpoint_auth_method": "private_key_jwt"});
        assert!(credential("oidc", options, json!({})).is_err(), "{client_id}");
    }
}

#[test]
fn apples_secret_is_signed_with_the_teams_key() {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).expect("a key");
    let body = STANDARD.encode(pkcs8.as_ref());
    let lines = format!("{}\n{}", &body[..64], &body[64..]);
    for body in [body.as_str(), &lines, &lines.replace('\n', "\r\n"), &lines.replace('\n', "\\n")] {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        let options = json!({"team_id": "TEAM", "kid": "KEY", "app_secret": pem});
        let form = form(credential("apple", options, json!({})).expect("a secret"));
        let (message, signature) = form[1].1.rsplit_once('.').expect("three parts");
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
        key.verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).expect("base64")).expect("signed");
        assert_eq!(part(message, 0), json!({"alg": "ES256", "kid": "KEY"}));
        let (iat, exp) = (NOW.seconds(), NOW.seconds() + 60);
        assert_eq!(
            part(message, 1),
            json!({"iss": "TEAM", "sub": "us", "aud": "https://idp/", "iat": iat, "exp": exp})
        );
    }
    for wrong in ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
        let error = credential("apple", json!({"team_id": "T", "kid": "K", "app_secret": wrong}), json!({}));
        assert!(matches!(error, Err(RelyingPartyError::Misconfigured(_))), "{wrong}");
    }
}
