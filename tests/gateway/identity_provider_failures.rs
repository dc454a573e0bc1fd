//! Identity providers that lie, hang, break or change: nobody is signed in, and everyone is told what to do.

use serde_json::{Value, json};

use crate::support::forging::Signature;
use crate::support::gateway::Mode;
use crate::support::hostile_provider::{Answer, Behaviour, HostileProvider};
use crate::support::hostile_world::{HostileWorld, assert_page};
use crate::support::http::Visitor;
use crate::support::world::World;

type Lie = (&'static str, fn(&mut Behaviour));

fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

/// Nobody gets in by any of these answers to a code.
async fn assert_all_refused(lies: &[Lie]) -> HostileWorld {
    let world = HostileWorld::start().await;
    for (what, lie) in lies {
        world.provider.behave(|behaviour| *behaviour = Behaviour::default());
        world.provider.behave(lie);
        let (_, page) = world.sign_in("acme", "acme-sso").await;
        world.assert_refused(what, &page).await;
    }
    // The same provider, honest again, is believed: it was the lie that was refused.
    world.provider.behave(|behaviour| *behaviour = Behaviour::default());
    let (arrival, page) = world.sign_in("acme", "acme-sso").await;
    world.application.code(&arrival.begun, &page);
    world
}

#[tokio::test]
async fn an_id_token_for_somebody_else_is_refused() {
    assert_all_refused(&[
        ("another issuer", |b| b.claims = json!({ "iss": "https://evil.example" })),
        ("no issuer", |b| b.claims = json!({ "iss": null })),
        ("another audience", |b| b.claims = json!({ "aud": "somebody" })),
        ("no audience", |b| b.claims = json!({ "aud": null })),
        ("an empty list of audiences", |b| b.claims = json!({ "aud": [] })),
        ("a further audience without azp", |b| b.claims = json!({ "aud": ["gateway", "somebody"] })),
        ("another authorized party", |b| b.claims = json!({ "aud": ["gateway", "somebody"], "azp": "somebody" })),
        ("another nonce", |b| b.claims = json!({ "nonce": "another" })),
        ("an empty nonce", |b| b.claims = json!({ "nonce": "" })),
        ("no nonce", |b| b.claims = json!({ "nonce": null })),
        ("a hash of another access token", |b| b.claims = json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" })),
    ])
    .await;
}

#[tokio::test]
async fn an_id_token_with_wrong_dates_is_refused() {
    assert_all_refused(&[
        ("expired", |b| b.claims = json!({ "exp": now() - 61 })),
        ("no expiry", |b| b.claims = json!({ "exp": null })),
        ("expiry as text", |b| b.claims = json!({ "exp": (now() + 300).to_string() })),
        ("expiry in a list", |b| b.claims = json!({ "exp": [now() + 300] })),
        ("a negative expiry", |b| b.claims = json!({ "exp": -1 })),
        ("issued in the future", |b| b.claims = json!({ "iat": now() + 120 })),
        ("issued long ago", |b| b.claims = json!({ "iat": now() - 1000 })),
        ("issued at no time", |b| b.claims = json!({ "iat": null })),
        ("not valid yet", |b| b.claims = json!({ "nbf": now() + 120 })),
    ])
    .await;
}

#[tokio::test]
async fn an_id_token_without_a_usable_subject_is_refused() {
    assert_all_refused(&[
        ("no subject", |b| b.claims = json!({ "sub": null })),
        ("an empty subject", |b| b.claims = json!({ "sub": "" })),
        ("a number as subject", |b| b.claims = json!({ "sub": 7 })),
        ("a list as subject", |b| b.claims = json!({ "sub": ["mallory"] })),
        ("a subject with a line break", |b| b.claims = json!({ "sub": "a\nb" })),
        ("a subject of 10 KB", |b| b.claims = json!({ "sub": "x".repeat(10_000) })),
        ("an e-mail address with a line break", |b| b.claims = json!({ "email": "a@b\r\nBcc: c@d" })),
    ])
    .await;
}

#[tokio::test]
async fn an_id_token_that_its_issuer_did_not_sign_is_refused() {
    let world = assert_all_refused(&[
        ("no signature", |b| b.signature = Signature::None),
        ("the public key as a secret", |b| b.signature = Signature::HmacWithPublicKey),
        ("the client's secret", |b| b.signature = Signature::Hmac("secret".to_owned())),
        ("another key", |b| b.signature = Signature::OtherKey),
        ("a key nobody published", |b| b.signature = Signature::UnknownKey),
        ("changed after signing", |b| b.signature = Signature::Broken),
        ("no token", |b| b.token_response = json!({ "id_token": null })),
        ("a token that is none", |b| b.token_response = json!({ "id_token": "x.y" })),
        ("a number as token", |b| b.token_response = json!({ "id_token": 7 })),
    ])
    .await;
    assert_eq!(world.provider.seen().jwks, 2, "unknown keys make one further request a minute");
}

#[tokio::test]
async fn a_token_endpoint_that_does_not_do_its_part_signs_nobody_in() {
    assert_all_refused(&[
        ("a refusal", |b| b.token = Answer::With(400, "application/json", r#"{"error":"invalid_grant"}"#.to_owned())),
        ("a wrong secret", |b| {
            b.token = Answer::With(401, "application/json", r#"{"error":"invalid_client"}"#.to_owned());
        }),
        ("an error", |b| b.token = Answer::Fail),
        ("a page", |b| b.token = Answer::Html),
        ("10 MB", |b| b.token = Answer::Huge),
        ("a list", |b| b.token = Answer::With(200, "application/json", "[]".to_owned())),
        ("half an answer", |b| b.token = Answer::With(200, "application/json", r#"{"access_token":"#.to_owned())),
        ("nothing", |b| b.token = Answer::With(200, "application/json", String::new())),
        ("silence", |b| b.token = Answer::Hang),
    ])
    .await;
}

#[tokio::test]
async fn a_userinfo_endpoint_that_does_not_do_its_part_signs_nobody_in() {
    fn ask_userinfo(behaviour: &mut Behaviour, answer: Answer) {
        behaviour.claims = json!({ "email": null });
        behaviour.userinfo = answer;
    }
    assert_all_refused(&[
        ("another subject", |b| {
            ask_userinfo(b, Answer::Right);
            b.userinfo_claims = json!({ "sub": "somebody" });
        }),
        ("no subject", |b| {
            ask_userinfo(b, Answer::Right);
            b.userinfo_claims = json!({ "sub": null });
        }),
        ("a list of e-mail addresses", |b| {
            ask_userinfo(b, Answer::Right);
            b.userinfo_claims = json!({ "email": ["a@b"] });
        }),
        ("an error", |b| ask_userinfo(b, Answer::Fail)),
        ("a page", |b| ask_userinfo(b, Answer::Html)),
        ("10 MB", |b| ask_userinfo(b, Answer::Huge)),
        ("silence", |b| ask_userinfo(b, Answer::Hang)),
    ])
    .await;
}

#[tokio::test]
async fn an_answer_of_another_issuer_never_reaches_the_token_endpoint() {
    let world = HostileWorld::start().await;
    let slash = format!("{}/", world.provider.issuer);
    for iss in [None, Some("https://evil.example"), Some(""), Some(&slash), Some(&world.spare.issuer)] {
        let iss = iss.map(str::to_owned);
        world.provider.behave(|b| b.callback = [("iss", iss.clone())].into());
        let (_, page) = world.sign_in("acme", "acme-sso").await;
        world.assert_refused(&format!("iss {iss:?}"), &page).await;
    }
    assert_eq!(world.provider.seen().token, 0);
}

#[tokio::test]
async fn only_a_true_email_verified_verifies() {
    let world = HostileWorld::start().await;
    let values = [json!(true), json!(false), json!("true"), json!(1), json!([]), json!({}), Value::Null];
    for (number, value) in values.iter().enumerate() {
        // In the ID token, and by userinfo.
        for (place, sub) in [("token", format!("t{number}")), ("userinfo", format!("u{number}"))] {
            let verified = json!({ "sub": sub, "email_verified": value });
            world.provider.behave(|b| {
                b.claims = if place == "token" { verified.clone() } else { json!({ "sub": sub, "email": null }) };
                b.userinfo_claims = verified;
            });
            let (arrival, page) = world.sign_in("acme", "acme-sso").await;
            // A type that no claim has may also make the whole ID token void.
            if page.status == 502 && place == "token" && !value.is_boolean() {
                continue;
            }
            let claims = world.application.id_claims(&arrival.begun, &page).await;
            assert_eq!(claims["email_verified"], json!(*value == json!(true)), "{place}: {value}");
        }
    }
    let users = world.gateway.admin.get("/users?per_page=100").await;
    let verified = users.as_array().unwrap().iter().filter(|user| user["email_verified"] == true);
    let mut verified: Vec<_> = verified.map(|user| user["user_id"].as_str().unwrap()).collect();
    verified.sort_unstable();
    assert_eq!(verified, ["oidc|acme-sso|t0", "oidc|acme-sso|u0"]);
}

#[tokio::test]
async fn a_person_without_an_email_address_signs_in() {
    let world = HostileWorld::start().await;
    world.provider.behave(|b| {
        b.claims = json!({ "email": null });
        b.userinfo_claims = json!({ "email": null });
    });
    let (arrival, page) = world.sign_in("acme", "acme-sso").await;
    world.application.code(&arrival.begun, &page);
    let user = world.only_user().await;
    assert_eq!((&user["email"], user["email_verified"] == true), (&Value::Null, false), "{user}");
}

#[tokio::test]
async fn an_identity_provider_without_usable_metadata_says_so_and_leaves_the_others() {
    let lies: [Lie; 13] = [
        ("silence", |b| b.discovery = Answer::Hang),
        ("an error", |b| b.discovery = Answer::Fail),
        ("nothing there", |b| b.discovery = Answer::With(404, "text/plain", "no".to_owned())),
        ("a page", |b| b.discovery = Answer::Html),
        ("10 MB", |b| b.discovery = Answer::Huge),
        ("half an answer", |b| b.discovery = Answer::With(200, "application/json", r#"{"issuer":"#.to_owned())),
        ("another issuer", |b| b.metadata = json!({ "issuer": "https://evil.example" })),
        ("no issuer", |b| b.metadata = json!({ "issuer": null })),
        ("no token endpoint", |b| b.metadata = json!({ "token_endpoint": null })),
        ("no keys", |b| b.metadata = json!({ "jwks_uri": null })),
        ("an endpoint that is no address", |b| b.metadata = json!({ "token_endpoint": "/token" })),
        ("an endpoint that is a script", |b| b.metadata = json!({ "authorization_endpoint": "javascript:alert(1)" })),
        ("a number as endpoint", |b| b.metadata = json!({ "authorization_endpoint": 7 })),
    ];
    let world = HostileWorld::start().await;
    for (number, (what, lie)) in lies.iter().enumerate() {
        let (provider, name) = (HostileProvider::start().await, format!("hidden-{number}"));
        provider.behave(lie);
        world.hidden(&name, &provider.issuer, json!({})).await;
        let page = Visitor::new().get(world.begin("acme", &name).url).await;
        world.assert_refused(what, &page).await;
        assert!(page.headers.get("set-cookie").is_none(), "{what}");
    }
    let (arrival, page) = world.sign_in("acme", "acme-spare").await;
    world.application.code(&arrival.begun, &page);
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_sign_nobody_in() {
    let lies: [Lie; 6] = [
        ("silence", |b| b.jwks = Answer::Hang),
        ("an error", |b| b.jwks = Answer::Fail),
        ("a page", |b| b.jwks = Answer::Html),
        ("10 MB", |b| b.jwks = Answer::Huge),
        ("no key", |b| b.jwks = Answer::With(200, "application/json", r#"{"keys":[]}"#.to_owned())),
        ("a key that is none", |b| {
            b.jwks = Answer::With(200, "application/json", r#"{"keys":[{"kty":"RSA","kid":"first"}]}"#.to_owned());
        }),
    ];
    let world = HostileWorld::start().await;
    for (number, (what, lie)) in lies.iter().enumerate() {
        let (provider, name) = (HostileProvider::start().await, format!("hidden-{number}"));
        provider.behave(lie);
        world.hidden(&name, &provider.issuer, json!({})).await;
        let (_, page) = world.sign_in("acme", &name).await;
        world.assert_refused(what, &page).await;
    }
}

#[tokio::test]
async fn another_connections_keys_verify_nothing() {
    let world = HostileWorld::start().await;
    // Both publish a key of the same id; the spare one rotates, so that only the other knows the old one.
    let (arrival, page) = world.sign_in("acme", "acme-spare").await;
    world.application.code(&arrival.begun, &page);
    let users = world.gateway.admin.user_ids().await;
    world.provider.behave(|b| {
        b.jwks = Answer::With(200, "application/json", crate::support::forging::published(true).to_string());
    });
    let (_, page) = world.sign_in("acme", "acme-sso").await;
    assert_eq!(page.status, 502, "{}", page.text());
    assert_eq!(world.gateway.admin.user_ids().await, users);
}

#[tokio::test]
async fn new_keys_are_found_at_once() {
    let world = HostileWorld::start().await;
    for rotated in [false, true] {
        world.provider.behave(|b| b.rotated = rotated);
        let (arrival, page) = world.sign_in("acme", "acme-sso").await;
        world.application.code(&arrival.begun, &page);
    }
    assert_eq!(world.provider.seen().jwks, 2);

    let world = World::start(Mode::SqliteEmbedded).await;
    let (begun, page) = world.sign_in_to_acme(&Visitor::new(), "alice").await;
    world.application.code(&begun, &page);
    world.provider.rotate_keys().await;
    let (begun, page) = world.sign_in_to_acme(&Visitor::new(), "bob").await;
    world.application.code(&begun, &page);
}

/// OpenID Connect Core 10.1: the key id may be left out while there is only one key.
#[tokio::test]
async fn an_id_token_without_a_key_id_is_checked_with_the_one_published_key() {
    let world = HostileWorld::start().await;
    world.provider.behave(|b| b.signature = Signature::NoKeyId);
    let (arrival, page) = world.sign_in("acme", "acme-sso").await;
    world.application.code(&arrival.begun, &page);
}

#[tokio::test]
async fn keys_known_already_outlast_an_identity_providers_key_trouble() {
    let world = HostileWorld::start_with("outbound.metadata_seconds = 0").await;
    world.sign_in("acme", "acme-sso").await;
    world.provider.behave(|b| (b.jwks, b.discovery) = (Answer::Fail, Answer::Fail));
    let (arrival, page) = world.sign_in("acme", "acme-sso").await;
    world.application.code(&arrival.begun, &page);
}

#[tokio::test]
async fn no_identity_provider_is_asked_before_somebody_goes_there() {
    let world = HostileWorld::start().await;
    let page = Visitor::new().get(world.application.begin(&[("organization", "acme")]).url).await;
    assert_eq!(page.option_titles().len(), 2);
    let seen = world.provider.seen();
    assert_eq!((seen.discovery, seen.jwks, seen.authorize), (0, 0, 0));
}

#[tokio::test]
async fn a_silent_identity_provider_does_not_keep_others_waiting() {
    let world = HostileWorld::start().await;
    world.provider.behave(|b| b.token = Answer::Hang);
    let stuck = world.arrive("acme", "acme-sso").await;
    let well = async {
        let (arrival, page) = world.sign_in("acme", "acme-spare").await;
        world.application.code(&arrival.begun, &page);
    };
    tokio::select! {
        biased;
        page = stuck.enter() => panic!("the silent one was answered first: {}", page.text()),
        () = well => {}
    }
}

#[tokio::test]
async fn an_identity_provider_that_is_gone_says_so() {
    let world = HostileWorld::start().await;
    let gone = HostileProvider::start().await.issuer.clone();
    world.hidden("gone", &gone, json!({})).await;
    let page = Visitor::new().get(world.begin("acme", "gone").url).await;
    world.assert_refused("gone", &page).await;
    assert_page("gone", &page);
    assert!(page.text().contains("does not answer"), "{}", page.text());
}
