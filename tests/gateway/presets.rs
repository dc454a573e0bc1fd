//! Social and enterprise presets: a person signs in with each of the well-known identity providers.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::Mode;
use crate::support::http::Visitor;
use crate::support::preset_world::PresetWorld;
use crate::support::stand_ins::{CONSUMERS, Service, TENANT};

matrix! { a_person_signs_in_with_google, a_person_signs_in_with_github }

fn assert_holds(claims: &Value, expected: &Value) {
    for (name, expected) in expected.as_object().unwrap() {
        assert_eq!(&claims[name], expected, "{name} in {claims}");
    }
}

async fn a_person_signs_in_with_google(mode: Mode) {
    let world = PresetWorld::start(mode, Service::Google, "google-oauth2", json!({})).await;
    let expected = json!({
        "sub": "google-oauth2|110169484474386276334", "name": "Ada Byron", "email": "ada@acme.example",
        "email_verified": false, "picture": "https://lh3.example/a", "org_id": world.acme,
    });
    assert_holds(&world.claims().await, &expected);
    let asked = world.service.seen().authorize;
    assert_eq!((asked["scope"].as_str(), asked["code_challenge_method"].as_str()), ("openid profile email", "S256"));
    assert!(!asked.contains_key("response_mode") && !asked.contains_key("hd"), "{asked:?}");
    let user = world.gateway.admin.get("/users").await[0].clone();
    let identity = json!({ "connection": "acme-login", "provider": "google-oauth2", "isSocial": true,
                           "user_id": "110169484474386276334" });
    assert_eq!(user["identities"], json!([identity]));
    // Once more: the same person.
    assert_eq!(world.claims().await["sub"], expected["sub"]);
}

#[tokio::test]
async fn an_address_at_google_is_verified_only_where_google_speaks_for_it() {
    let world = PresetWorld::sqlite(Service::Google, "google-oauth2", json!({})).await;
    for (email, hosted, is_verified) in [
        // An account for a plus address, made by whoever once read the mailbox.
        ("me+x@acme.example", Value::Null, false),
        ("ada@acme.example", json!("evil.example"), false),
        ("ada@acme.example", json!("Acme.example"), true),
        ("ada@gmail.com", Value::Null, true),
        ("ada@googlemail.com", Value::Null, true),
        ("ada@gmail.com.evil.example", Value::Null, false),
    ] {
        world.service.behave(|b| b.claims = json!({ "email": email, "hd": hosted }));
        let claims = world.claims().await;
        assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(email), &json!(is_verified)), "{hosted}");
    }
}

async fn a_person_signs_in_with_github(mode: Mode) {
    let world = PresetWorld::start(mode, Service::Github, "github", json!({})).await;
    let expected = json!({
        "sub": "github|583231", "name": "Ada Byron", "nickname": "ada", "email": "ada@acme.example",
        "email_verified": true, "picture": "https://avatars.example/u/583231",
    });
    assert_holds(&world.claims().await, &expected);
    let asked = world.service.seen().authorize;
    assert_eq!(asked["scope"], "read:user user:email");
    assert!(!asked.contains_key("nonce"), "{asked:?}");
}

#[tokio::test]
async fn a_person_signs_in_with_google_workspace() {
    let options = json!({ "domain": "acme.example", "domain_aliases": ["acme.test"] });
    let world = PresetWorld::sqlite(Service::Google, "google-apps", options).await;
    for hosted in ["acme.example", "ACME.test"] {
        world.service.behave(|b| b.claims = json!({ "hd": hosted }));
        assert_eq!(world.claims().await["sub"], "google-apps|110169484474386276334");
        assert_eq!(world.service.seen().authorize["hd"], "acme.example");
    }
}

#[tokio::test]
async fn a_person_signs_in_with_an_entra_tenant() {
    let world = PresetWorld::sqlite(Service::Microsoft, "waad", json!({ "tenant_domain": "acme.example" })).await;
    let expected = json!({ "sub": "waad|00000000-0000-0000-66f3-3332eca7ea81", "name": "Ada Byron",
                           "email": "ada@acme.example", "email_verified": false });
    assert_holds(&world.claims().await, &expected);
    let asked = world.service.seen().authorize;
    assert_eq!(asked["scope"], "openid profile email");
}

#[tokio::test]
async fn a_person_of_any_tenant_signs_in_at_microsofts_common_endpoint() {
    let world = PresetWorld::sqlite(Service::Microsoft, "waad", json!({ "useCommonEndpoint": true })).await;
    for tenant in [TENANT, CONSUMERS] {
        let issuer = format!("{}/{tenant}/v2.0", world.service.url);
        let oid = format!("{}-0000-0000-0000-000000000001", &tenant[..8]);
        world.service.behave(|b| b.claims = json!({ "tid": tenant, "iss": issuer, "oid": oid }));
        assert_eq!(world.claims().await["sub"], format!("waad|{oid}"));
    }
}

#[tokio::test]
async fn a_person_signs_in_with_a_personal_microsoft_account() {
    let world = PresetWorld::sqlite(Service::Microsoft, "windowslive", json!({})).await;
    assert_eq!(world.claims().await["sub"], "windowslive|00000000-0000-0000-66f3-3332eca7ea81");
}

/// Apple's team key: what the options hold, and what Apple knows of it.
fn team_key() -> (String, Vec<u8>) {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
    let body = STANDARD.encode(pkcs8.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n{}\n-----END PRIVATE KEY-----\n", &body[..64], &body[64..]);
    (pem, pair.public_key().as_ref().to_vec())
}

pub(crate) async fn with_apple() -> PresetWorld {
    let (pem, public) = team_key();
    let options = json!({ "app_secret": pem, "team_id": "TEAM", "kid": "KEY" });
    let world = PresetWorld::sqlite(Service::Apple, "apple", options).await;
    world.service.behave(|b| b.team_key = public);
    world
}

#[tokio::test]
async fn a_person_signs_in_with_apple_and_is_named_the_first_time() {
    let world = with_apple().await;
    let user = json!({ "name": { "firstName": "Ada", "lastName": "Byron" }, "email": "root@acme.example" });
    world.service.behave(|b| b.user = Some(user));
    // The e-mail is the ID token's; what the browser posts beside it is a name to show.
    let expected = json!({ "sub": "apple|001234.a0b1c2.0123", "email": "ada@privaterelay.example",
                           "email_verified": true, "name": "Ada Byron", "given_name": "Ada", "family_name": "Byron" });
    assert_holds(&world.claims().await, &expected);
    let asked = world.service.seen().authorize;
    assert_eq!((asked["scope"].as_str(), asked["response_mode"].as_str()), ("name email", "form_post"));
    // Apple tells the name once only, and it stays.
    world.service.behave(|b| b.user = None);
    assert_holds(&world.claims().await, &expected);
}

#[tokio::test]
async fn a_person_signs_in_with_linkedin() {
    let world = PresetWorld::sqlite(Service::Linkedin, "linkedin", json!({})).await;
    let expected = json!({ "sub": "linkedin|782bbtaQ", "name": "Ada Byron", "email_verified": true });
    assert_holds(&world.claims().await, &expected);
}

#[tokio::test]
async fn a_person_signs_in_with_an_oauth2_server_of_somebodys_own() {
    let server = |url: &str, more: Value| {
        let mut options = json!({ "authorizationURL": format!("{url}/authorize"), "tokenURL": format!("{url}/token"),
                                  "userinfo_endpoint": format!("{url}/me"), "scope": "me" });
        options.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        options
    };
    let other = json!({ "authorizationURL": "https://a.example", "tokenURL": "https://a.example" });
    let world = PresetWorld::sqlite(Service::Oauth2, "oauth2", other).await;
    let url = world.service.url.clone();
    world.connect("own", "oauth2", server(&url, json!({}))).await;
    let map = json!({ "mapping_mode": "use_map", "attributes": {
        "id": "${context.userinfo.uuid}", "picture": "${context.userinfo.picture.large}", "name": "${context.userinfo.name}!",
    } });
    world.connect("mapped", "oauth2", server(&url, json!({ "attribute_map": map, "pkce_enabled": false }))).await;
    world.service.behave(|b| b.userinfo = json!({ "uuid": "u-1" }));

    let (begun, page) = world.sign_in_by("own", &[]).await;
    let claims = world.application.id_claims(&begun, &page).await;
    let expected =
        json!({ "sub": "oauth2|own|42", "name": "Ada Byron", "email": "ada@acme.example", "email_verified": true });
    assert_holds(&claims, &expected);
    assert!(world.service.seen().authorize.contains_key("code_challenge"));

    let (begun, page) = world.sign_in_by("mapped", &[]).await;
    let claims = world.application.id_claims(&begun, &page).await;
    assert_holds(
        &claims,
        &json!({ "sub": "oauth2|mapped|u-1", "name": "Ada Byron!", "picture": "https://p.example/1" }),
    );
    assert_eq!(claims["email"], Value::Null, "it is not mapped");
    assert!(!world.service.seen().authorize.contains_key("code_challenge"));
}

#[tokio::test]
async fn each_is_asked_only_for_what_it_understands() {
    let wishes = [("login_hint", "ada@acme.example"), ("prompt", "login"), ("max_age", "60"), ("ui_locales", "de")];
    let asked = async |service, strategy: &str, options| {
        let world = PresetWorld::sqlite(service, strategy, options).await;
        let (begun, page) = world.sign_in_by("acme-login", &wishes).await;
        world.application.code(&begun, &page);
        let asked = world.service.seen().authorize;
        ["login_hint", "login", "prompt", "max_age", "ui_locales"]
            .map(|name| asked.get(name).cloned().unwrap_or_default())
    };
    let hint = "ada@acme.example";
    assert_eq!(asked(Service::Google, "google-oauth2", json!({})).await, [hint, "", "select_account", "", ""]);
    assert_eq!(asked(Service::Github, "github", json!({})).await, ["", hint, "select_account", "", ""]);
    assert_eq!(asked(Service::Microsoft, "windowslive", json!({})).await, [hint, "", "login", "", ""]);
    assert_eq!(asked(Service::Linkedin, "linkedin", json!({})).await, ["", "", "", "", ""]);
}

#[tokio::test]
async fn a_button_wears_the_brand_unless_the_connection_has_a_name_and_an_icon() {
    let world = PresetWorld::sqlite(Service::Google, "google-oauth2", json!({})).await;
    let apple = json!({ "app_secret": "key", "team_id": "T", "kid": "K" });
    for (name, strategy, options) in [
        ("b-github", "github", json!({})),
        ("c-apple", "apple", apple),
        ("d-linkedin", "linkedin", json!({})),
        ("e-live", "windowslive", json!({})),
        ("f-waad", "waad", json!({ "tenant_domain": "acme.example" })),
        ("g-closed", "waad", json!({})),
        ("h-closed", "google-apps", json!({})),
        ("i-icon", "github", json!({ "icon_url": "https://icons.example/own.svg" })),
    ] {
        let id = world.connect(name, strategy, options).await;
        if name == "i-icon" {
            let named = json!({ "display_name": "Acme's forge" });
            world.gateway.admin.update(&format!("/connections/{id}"), named).await;
        }
    }
    let page = Visitor::new().get(world.application.begin(&[("organization", "acme")]).url).await;
    let mut titles = page.option_titles();
    titles.sort_unstable();
    let brands = ["Acme's forge", "Apple", "GitHub", "Google", "LinkedIn", "Microsoft", "f-waad"];
    assert_eq!(titles, brands.map(|brand| format!("Continue with {brand}")));
    let html = page.text();
    assert!(html.contains("#EA4335") && html.contains("#f25022") && html.contains("#0A66C2"), "{html}");
    assert!(html.contains("https://icons.example/own.svg"));
}
