//! What is decided before an identity provider is asked.

use serde_json::json;

use super::*;
use crate::config::Config;

impl Upstream {
    /// A connection with these options at an identity provider whose metadata is this.
    pub(in crate::oidc) fn for_test(strategy: &str, options: Value, metadata: Value) -> Self {
        let mut known = json!({
            "issuer": "https://idp/", "authorization_endpoint": "https://idp/auth?tenant=1",
            "token_endpoint": "https://idp/token", "jwks_uri": "https://idp/jwks",
        });
        known.as_object_mut().expect("an object").extend(metadata.as_object().cloned().unwrap_or_default());
        let connection = connection(strategy, options);
        let preset = Preset::find(connection.strategy).expect("a preset");
        let options = serde_json::from_value(Value::Object(connection.options.clone())).expect("options");
        let source = source(&connection, preset, &options, &providers());
        Self { preset, options, source, metadata: serde_json::from_value(known).expect("metadata") }
    }
}

fn connection(strategy: &str, options: Value) -> Connection {
    let mut all = json!({"client_id": "us"});
    all.as_object_mut().expect("an object").extend(options.as_object().cloned().unwrap_or_default());
    let connection = json!({"id": "con_1", "name": "c", "strategy": strategy, "options": all});
    serde_json::from_value(connection).expect("a connection")
}

fn providers() -> Providers {
    Config::from_text("", std::iter::empty()).expect("settings").providers
}

fn scopes(strategy: &str, options: Value) -> String {
    Upstream::for_test(strategy, options, json!({})).scopes().join(" ")
}

#[test]
fn scopes_are_the_presets_unless_the_options_say() {
    assert_eq!(scopes("oidc", json!({})), "openid profile email");
    assert_eq!(scopes("oidc", json!({"scope": "email openid"})), "openid email");
    assert_eq!(
        scopes("google-oauth2", json!({"scope": ["email", "calendar"], "freeform_scopes": ["x", "email"]})),
        "openid email calendar x"
    );
    assert_eq!(scopes("google-oauth2", json!({"profile": false, "email": true})), "openid email");
    assert_eq!(scopes("github", json!({"read_org": true})), "read:user user:email read:org");
    assert_eq!(scopes("apple", json!({})), "name email");
    assert_eq!(scopes("apple", json!({"name": false, "email": false})), "");
    assert_eq!(scopes("oauth2", json!({})), "");
    assert_eq!(
        scopes("oidc", json!({"attribute_map": {"mapping_mode": "use_map", "userinfo_scope": "phone"}})),
        "openid profile email phone"
    );
}

#[test]
fn apple_answers_by_form_when_it_is_asked_for_something() {
    let by_form = |options| Upstream::for_test("apple", options, json!({})).answers_by_form();
    assert!(by_form(json!({})));
    assert!(!by_form(json!({"name": false, "email": false})));
}

#[test]
fn metadata_is_where_the_strategy_says() {
    let place = |strategy, options| {
        let source = Upstream::for_test(strategy, options, json!({})).source;
        source.discovery_url.or(source.issuer).unwrap_or_default()
    };
    let microsoft =
        |tenant| format!("https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration");
    assert_eq!(place("google-oauth2", json!({})), "https://accounts.google.com");
    assert_eq!(place("apple", json!({})), "https://appleid.apple.com");
    assert_eq!(place("linkedin", json!({})), "https://www.linkedin.com/oauth");
    assert_eq!(place("windowslive", json!({})), microsoft("consumers"));
    assert_eq!(place("waad", json!({"tenant_domain": "acme.example", "useCommonEndpoint": true})), microsoft("common"));
    assert_eq!(place("waad", json!({"tenant_domain": "acme.example"})), microsoft("acme.example"));
    assert_eq!(place("waad", json!({"tenant_domain": "a/../b?c"})), microsoft("a%2F..%2Fb%3Fc"));
}

#[test]
fn a_tenant_is_believed_only_where_it_was_asked_for() {
    let base = "https://login.microsoftonline.com";
    let guid = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
    let holds = |issuer: String, common: bool| {
        let options = json!({"tenant_domain": "acme.example", "useCommonEndpoint": common});
        Upstream::for_test("waad", options, json!({"issuer": issuer})).check(&providers()).is_ok()
    };
    assert!(holds(format!("{base}/{guid}/v2.0"), false));
    assert!(holds(format!("{base}/{ANY_TENANT}/v2.0"), true));
    assert!(!holds(format!("{base}/{ANY_TENANT}/v2.0"), false));
    for wrong in [
        format!("{base}/{guid}/v1.0"),
        format!("{base}/common/v2.0"),
        format!("{base}//v2.0"),
        format!("https://evil.example/{guid}/v2.0"),
        format!("{base}.evil.example/{guid}/v2.0"),
        format!("{base}/{guid}/x/v2.0"),
    ] {
        assert!(!holds(wrong.clone(), true), "{wrong}");
    }
}

#[tokio::test]
async fn endpoints_that_are_all_told_need_no_discovery() {
    let outbound =
        crate::config::Outbound { allow: vec![], timeout_seconds: 1, max_body_bytes: 9, metadata_seconds: 1 };
    let outbound = crate::oidc::outbound::Outbound::new(&outbound).expect("TLS is available");
    let discovery = Discovery::new(outbound, std::time::Duration::from_secs(1));
    let all = json!({
        "issuer": "https://idp.invalid/", "authorization_endpoint": "https://idp.invalid/auth",
        "token_endpoint": "https://idp.invalid/token", "jwks_uri": "https://idp.invalid/keys",
    });
    let find = async |change: Value| {
        let mut options = all.clone();
        options.as_object_mut().expect("an object").extend(change.as_object().cloned().unwrap_or_default());
        options.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        Upstream::find(&connection("oidc", options), &providers(), &discovery).await
    };
    assert!(find(json!({})).await.is_ok());
    assert!(find(json!({"token_endpoint": null, "type": "front_channel"})).await.is_ok());
    assert!(find(json!({"jwks_uri": null, "oidc_metadata": {"jwks_uri": "https://idp.invalid/k"}})).await.is_ok());
    for wrong in [
        json!({"jwks_uri": "http://idp.invalid/keys"}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
        json!({"oidc_metadata": {"issuer": "https://other.invalid/"}}),
        json!({"oidc_metadata": {"userinfo_endpoint": 7}}),
    ] {
        assert!(matches!(find(wrong.clone()).await, Err(RelyingPartyError::Misconfigured(_))), "{wrong}");
    }
    // One is missing, so somebody would have to be asked, and is not there.
    assert!(matches!(find(json!({"token_endpoint": null})).await, Err(RelyingPartyError::Unreachable(_))));
}
