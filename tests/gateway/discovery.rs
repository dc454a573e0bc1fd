//! Discovery, keys and who may call: what an OpenID client finds out by itself.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::support::gateway::{Gateway, Mode};
use crate::support::http::Visitor;
use crate::support::world::World;

#[tokio::test]
async fn discovery_names_what_answers_and_nothing_else() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    let document = visitor.get(gateway.url("/.well-known/openid-configuration")).await.json();
    assert_eq!(document["issuer"], gateway.url("/"));
    let expected = [
        ("authorization_endpoint", "GET", 400),
        ("end_session_endpoint", "GET", 200),
        ("jwks_uri", "GET", 200),
        ("token_endpoint", "POST", 400),
        ("userinfo_endpoint", "GET", 401),
    ];
    let mut named: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    named.retain(|name| name.ends_with("_endpoint") || name.ends_with("_uri"));
    named.sort_unstable();
    assert_eq!(named, expected.map(|(name, ..)| name));
    for (name, method, status) in expected {
        let request = visitor.request(method.parse().unwrap(), document[name].as_str().unwrap());
        assert_eq!(visitor.send(request).await.status, status, "{name}");
    }
    let lists = [
        ("response_types_supported", json!(["code"])),
        ("response_modes_supported", json!(["query"])),
        ("grant_types_supported", json!(["authorization_code", "client_credentials"])),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("id_token_signing_alg_values_supported", json!(["RS256"])),
        ("token_endpoint_auth_methods_supported", json!(["client_secret_post", "client_secret_basic", "none"])),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("request_parameter_supported", json!(false)),
        ("request_uri_parameter_supported", json!(false)),
    ];
    for (name, value) in lists {
        assert_eq!(document[name], value, "{name}");
    }
}

#[tokio::test]
async fn an_independent_verifier_accepts_the_id_token() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let (begun, page) = world.sign_in_to_acme(&Visitor::new(), "alice").await;
    let tokens = world.application.tokens(&begun, &page).await;
    let keys = Visitor::new().get(world.gateway.url("/.well-known/jwks.json")).await.json();
    for key in keys["keys"].as_array().unwrap() {
        assert!(["d", "p", "q", "k"].iter().all(|secret| key.get(secret).is_none()), "{key}");
    }
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let decode = |token: &str, audience: &str| {
        let header = jsonwebtoken::decode_header(token).unwrap();
        let key = DecodingKey::from_jwk(keys.find(header.kid.as_ref().unwrap()).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[world.gateway.url("/")]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        jsonwebtoken::decode::<Value>(token, &key, &validation)
    };
    let id_token = tokens["id_token"].as_str().unwrap();
    let said = decode(id_token, &world.application.client_id).unwrap().claims;
    assert_eq!((&said["sub"], &said["org_id"]), (&json!("oidc|acme-sso|alice"), &json!(world.acme)));
    assert!(decode(id_token, "another").is_err());
    let access_token = tokens["access_token"].as_str().unwrap();
    let said = decode(access_token, &world.gateway.url("/userinfo")).unwrap().claims;
    assert_eq!((&said["azp"], &said["org_id"]), (&json!(world.application.client_id), &json!(world.acme)));
}

#[tokio::test]
async fn scripts_of_any_origin_may_call_what_needs_no_cookie() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    let calls = [
        ("GET", "/.well-known/openid-configuration"),
        ("GET", "/.well-known/jwks.json"),
        ("POST", "/oauth/token"),
        ("GET", "/userinfo"),
    ];
    for (method, path) in calls {
        let request = visitor.request(method.parse().unwrap(), &gateway.url(path));
        let answer = visitor.send(request.header("origin", "https://app.example")).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        let request = visitor
            .request("OPTIONS".parse().unwrap(), &gateway.url(path))
            .header("origin", "https://app.example")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "authorization,content-type");
        let preflight = visitor.send(request).await;
        assert_eq!(preflight.status, 200, "{path}");
        let allowed = preflight.header("access-control-allow-headers").unwrap().to_lowercase();
        assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
    }
    for path in ["/authorize", "/oidc/logout", "/v2/logout"] {
        let request = visitor.request("GET".parse().unwrap(), &gateway.url(path));
        let answer = visitor.send(request.header("origin", "https://app.example")).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}
