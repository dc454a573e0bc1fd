//! What identity providers are asked: safely, and with what the application wished.

use serde_json::json;

use crate::support::hostile_world::HostileWorld;
use crate::support::http::Visitor;

#[tokio::test]
async fn the_identity_provider_is_asked_safely_and_differently_each_time() {
    let world = HostileWorld::start().await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let (arrival, page) = world.sign_in("acme", "acme-sso").await;
        world.application.code(&arrival.begun, &page);
        let asked = world.provider.seen().last_authorize;
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", "gateway"));
        assert_eq!(asked["redirect_uri"], world.gateway.url("/login/callback/acme-sso"));
        assert_eq!(asked["code_challenge_method"], "S256");
        let secrets = ["state", "nonce", "code_challenge"].map(|name| asked[name].clone());
        // 256 bits in base64.
        assert!(secrets.iter().all(|secret| secret.len() == 43), "{secrets:?}");
        assert!(secrets[0] != arrival.begun.state && secrets[1] != arrival.begun.nonce, "the application's own");
        assert!(world.provider.seen().last_token["code_verifier"].len() >= 43);
        seen.extend(secrets);
    }
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count, "nothing is used twice");
}

#[tokio::test]
async fn wishes_of_the_application_reach_the_identity_provider() {
    let world = HostileWorld::start().await;
    let params = json!({
        "hd": { "value": "acme.example" }, "hint": { "alias": "login_hint" }, "campaign": { "alias": "ext-campaign" },
        "state": { "value": "evil" }, "redirect_uri": { "value": "https://evil.example" },
    });
    world.hidden("wishes", &world.spare.issuer, json!({ "upstream_params": params })).await;
    let wishes = [
        ("organization", "acme"),
        ("connection", "wishes"),
        ("login_hint", "alice+test@acme.example"),
        ("prompt", "login"),
        ("ext-campaign", "spring & summer"),
        ("ui_locales", "de fr"),
        ("custom", "not configured"),
    ];
    let begun = world.application.begin(&wishes);
    let visitor = Visitor::new();
    let trip = visitor.get(&begun.url).await;
    let callback = visitor.get(trip.location()).await.location();
    world.application.code(&begun, &visitor.get(callback).await);
    let asked = world.spare.seen().last_authorize;
    let expected = [
        ("login_hint", "alice+test@acme.example"),
        ("hint", "alice+test@acme.example"),
        ("prompt", "login"),
        ("hd", "acme.example"),
        ("campaign", "spring & summer"),
        ("ui_locales", "de fr"),
    ];
    for (name, value) in expected {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}: {asked:?}");
    }
    assert!(!asked.contains_key("custom") && !asked.contains_key("ext-campaign"), "{asked:?}");
    assert_ne!(asked["state"], "evil");
}
