//! The parts of the relying party that need no identity provider.

use serde_json::json;

use super::*;

fn handshake() -> Handshake {
    Handshake::new("https://idp/", "https://us/login/callback/c", None)
}

pub(super) fn relying_party_with(settings: &str) -> RelyingParty {
    let text = format!("server.public_url = \"https://us\"\n{settings}");
    let settings = Arc::new(Config::from_text(&text, std::iter::empty()).expect("settings"));
    let outbound = Outbound::new(&settings.outbound).expect("TLS is available");
    RelyingParty::new(outbound, settings, KeyRing::for_test())
}

fn relying_party() -> RelyingParty {
    relying_party_with("")
}

#[test]
fn the_issuer_of_the_answer_is_compared_before_anything_else() {
    let announces = json!({"authorization_response_iss_parameter_supported": true});
    let upstream = |metadata| Upstream::for_test("oidc", json!({}), metadata);
    let (silent, announced) = (upstream(json!({})), upstream(announces));
    let check = |iss: Option<&str>, upstream: &Upstream| {
        check_issuer(&handshake(), &Callback { iss: iss.map(str::to_owned), ..Callback::default() }, upstream).is_ok()
    };
    assert!(check(None, &silent) && check(Some("https://idp/"), &silent) && check(Some("https://idp/"), &announced));
    for upstream in [&silent, &announced] {
        for wrong in ["https://idp", "https://IDP/", "https://evil/", ""] {
            assert!(!check(Some(wrong), upstream), "{wrong}");
        }
    }
    assert!(!check(None, &announced));
    assert!(!check(None, &upstream(json!({"issuer": "https://other/"}))));
}

#[test]
fn an_error_of_the_identity_provider_is_repeated_tidily() {
    let callback = Callback {
        code: Some("c".to_owned()),
        error: Some("access_denied".to_owned()),
        error_description: Some(format!("no\r\n{{\"level\" {}", "x".repeat(500))),
        ..Callback::default()
    };
    match check_error(&callback) {
        Err(RelyingPartyError::Refused { error, description }) => {
            assert_eq!(error, "access_denied");
            assert!(!description.contains('\n') && description.len() == 200);
        }
        other => panic!("{other:?}"),
    }
    assert!(check_error(&Callback::default()).is_ok());
}

#[test]
fn the_authorization_url_carries_pkce_state_and_nonce() {
    let options = json!({"scope": "openid email", "upstream_params": {"hd": {"value": "acme.com"}}});
    let upstream = Upstream::for_test("oidc", options, json!({}));
    let parameters = Wish::default().upstream_parameters(upstream.preset, &upstream.options);
    let handshake = handshake();
    let url = authorize_url(&upstream, &handshake, &parameters);
    let query: std::collections::BTreeMap<_, _> = url.query_pairs().collect();
    let expected = [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "us"),
        ("redirect_uri", "https://us/login/callback/c"),
        ("scope", "openid email"),
        ("state", &handshake.state),
        ("nonce", &handshake.nonce),
        ("code_challenge_method", "S256"),
        ("code_challenge", &crate::model::sha256(&handshake.pkce_verifier)),
        ("hd", "acme.com"),
    ];
    for (name, value) in expected {
        assert_eq!(query.get(name).map(AsRef::as_ref), Some(value), "{name}");
    }
    assert_eq!(url.query_pairs().count(), expected.len(), "no parameter comes twice");
}

#[test]
fn each_connection_has_its_own_callback_url() {
    assert_eq!(relying_party().callback_url("acme-okta").as_str(), "https://us/login/callback/acme-okta");
}

#[tokio::test]
async fn a_refused_address_is_unreachable_and_wrong_options_are_misconfigured() {
    let connection = |options| -> Connection {
        serde_json::from_value(json!({"id": "con_1", "name": "c", "strategy": "oidc", "options": options}))
            .expect("a connection")
    };
    let relying_party = relying_party();
    let inside = connection(json!({"client_id": "us", "issuer": "https://127.0.0.1/"}));
    assert!(matches!(relying_party.probe(&inside).await, Err(RelyingPartyError::Unreachable(_))));
    let wrong = connection(json!({"client_id": "us"}));
    assert!(matches!(relying_party.begin(&wrong, &Wish::default()).await, Err(RelyingPartyError::Misconfigured(_))));
}
