//! OpenID connections in all their forms, at a provider we did not write: front channel, `private_key_jwt`, explicit
//! endpoints and attribute maps.

use serde_json::{Value, json};

use crate::support::application::Begun;
use crate::support::gateway::Mode;
use crate::support::hostile_world::HostileWorld;
use crate::support::http::{Page, Visitor};
use crate::support::preset_world::come_back;
use crate::support::world::World;

/// A further connection of Acme's at the usual provider, where `client` is registered for it.
async fn connect(world: &World, name: &str, client: Value, options: Value) {
    let mut metadata = json!({
        "client_id": name, "client_secret": "secret",
        "redirect_uris": [world.gateway.url(&format!("/login/callback/{name}"))],
    });
    metadata.as_object_mut().unwrap().extend(client.as_object().cloned().unwrap());
    metadata.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    world.provider.register(&metadata).await;
    let mut all = json!({ "client_id": name });
    all.as_object_mut().unwrap().extend(options.as_object().cloned().unwrap());
    let connection = world.gateway.admin.federated(name, &world.provider.issuer, all).await;
    world.gateway.admin.enable(&world.acme, &connection, true).await;
}

/// Signs in as Alice, however the answer comes back.
async fn sign_in(world: &World, connection: &str) -> (Begun, Page) {
    let visitor = Visitor::new();
    let begun = world.application.begin(&[("organization", "acme"), ("connection", connection)]);
    let trip = visitor.get(&begun.url).await;
    let page = world.provider.login_page(&visitor, trip.location().as_str()).await;
    let mut page = visitor.submit(&page, &[("login", "alice")]).await;
    while let Some(next) = page.find_location().filter(|next| next.as_str().starts_with(&world.provider.issuer)) {
        page = visitor.get(next).await;
    }
    let page = come_back(&visitor, &page).await;
    (begun, page)
}

async fn claims(world: &World, connection: &str) -> Value {
    let (begun, page) = sign_in(world, connection).await;
    world.application.id_claims(&begun, &page).await
}

fn front_channel() -> Value {
    json!({ "application_type": "native", "response_types": ["id_token"], "grant_types": ["implicit"],
            "token_endpoint_auth_method": "none", "client_secret": null })
}

#[tokio::test]
async fn an_id_token_comes_by_the_front_channel_in_a_form() {
    let world = World::start(Mode::SqliteEmbedded).await;
    connect(&world, "front", front_channel(), json!({ "type": "front_channel" })).await;
    let claims = claims(&world, "front").await;
    assert_eq!((&claims["sub"], &claims["email"]), (&json!("oidc|front|alice"), &json!("alice@people.example")));
    assert_eq!(world.provider.token_requests().await, 0);
}

#[tokio::test]
async fn the_gateway_shows_a_signature_instead_of_a_secret() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let keys = Visitor::new().get(world.gateway.url("/.well-known/jwks.json")).await.json();
    let client = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": keys, "client_secret": null });
    for (name, format) in [("signed-a", "issuer"), ("signed-b", "token_endpoint")] {
        let options =
            json!({ "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_jwtca_aud_format": format });
        connect(&world, name, client.clone(), options).await;
        assert_eq!(claims(&world, name).await["sub"], format!("oidc|{name}|alice"));
    }
    // With another key there is no way in.
    let other = crate::support::forging::published(false);
    let client = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": other, "client_secret": null });
    connect(&world, "signed-c", client, json!({ "token_endpoint_auth_method": "private_key_jwt" })).await;
    let (_, page) = sign_in(&world, "signed-c").await;
    assert_eq!(page.status, 502, "{}", page.text());
}

#[tokio::test]
async fn a_map_says_what_of_the_claims_becomes_the_profile() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let map = json!({ "mapping_mode": "use_map", "attributes": {
        "name": "${context.userinfo.name} of ${context.userinfo.email}", "email": "${context.userinfo.email}",
    } });
    connect(&world, "mapped", json!({}), json!({ "attribute_map": map })).await;
    let mapped = claims(&world, "mapped").await;
    let expected = json!(["oidc|mapped|alice", "alice of alice@people.example", "alice@people.example", false]);
    assert_eq!(json!([mapped["sub"], mapped["name"], mapped["email"], mapped["email_verified"]]), expected);

    connect(&world, "all", json!({}), json!({ "attribute_map": { "mapping_mode": "bind_all" } })).await;
    assert_eq!(claims(&world, "all").await["email_verified"], true);
}

#[tokio::test]
async fn a_subject_comes_from_no_map_and_a_map_holds_only_what_is_built() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let refused = async |attributes: Value| {
        let map = json!({ "mapping_mode": "use_map", "attributes": attributes });
        let options = json!({ "client_id": "us", "issuer": "https://idp.example", "attribute_map": map });
        let body = json!({ "name": "odd", "strategy": "oidc", "options": options });
        world.gateway.admin.call("POST", "/connections", Some(body)).await.status
    };
    for attributes in [
        json!({ "sub": "${context.userinfo.email}" }),
        json!({ "user_id": "${context.userinfo.email}" }),
        json!({ "name": 7 }),
        json!({ "name": "${context.request.x}" }),
        json!({ "name": "${userinfo.name}" }),
        json!({ "groups": "${context.userinfo.groups}" }),
    ] {
        assert_eq!(refused(attributes.clone()).await, 400, "{attributes}");
    }
}

#[tokio::test]
async fn endpoints_of_the_options_win_over_discovery() {
    let world = HostileWorld::start().await;
    let at = |path: &str| format!("{}{path}", world.spare.issuer);
    // Discovery would lead to the one that misbehaves.
    world.provider.behave(|b| b.metadata = json!({ "token_endpoint": "http://127.0.0.1:1/nowhere" }));
    let token = format!("{}/token", world.provider.issuer);
    world.hidden("over", &world.provider.issuer, json!({ "token_endpoint": token })).await;
    let (arrival, page) = world.sign_in("acme", "over").await;
    world.application.code(&arrival.begun, &page);

    let all =
        json!({ "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"), "jwks_uri": at("/jwks") });
    world.hidden("all", &world.spare.issuer, all).await;
    let (arrival, page) = world.sign_in("acme", "all").await;
    world.application.code(&arrival.begun, &page);
    assert_eq!(world.spare.seen().discovery, 0);
}

#[tokio::test]
async fn a_front_channel_takes_no_token_from_an_address_and_no_code() {
    let world = HostileWorld::start().await;
    world.hidden("front", &world.provider.issuer, json!({ "type": "front_channel" })).await;
    let begun = world.begin("acme", "front");
    let visitor = Visitor::new();
    let trip = visitor.get(&begun.url).await.location();
    let asked: std::collections::BTreeMap<_, _> = trip.query_pairs().into_owned().collect();
    assert_eq!((asked["response_type"].as_str(), asked["response_mode"].as_str()), ("id_token", "form_post"));
    assert!(!asked.contains_key("code_challenge") && asked["nonce"].len() == 43, "{asked:?}");
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let good = json!({ "iss": world.provider.issuer, "sub": "mallory", "aud": "gateway", "nonce": asked["nonce"],
                       "iat": now, "exp": now + 300 });
    let sign =
        |claims: &Value| crate::support::forging::sign(claims, &crate::support::forging::Signature::Right, false);
    let callback = world.gateway.url("/login/callback/front");
    let (state, issuer) = (asked["state"].clone(), world.provider.issuer.clone());
    // In the address even a good one is nothing, and the login is over.
    let token = sign(&good);
    let query = [("state", state.as_str()), ("iss", &issuer), ("id_token", &token)];
    let address = url::Url::parse_with_params(&callback, query).unwrap();
    assert_eq!(visitor.get(address).await.status, 502);

    let post = async |change: Value| {
        let begun = world.begin("acme", "front");
        let trip = visitor.get(&begun.url).await.location();
        let asked: std::collections::BTreeMap<_, _> = trip.query_pairs().into_owned().collect();
        let mut claims = good.clone();
        claims["nonce"] = json!(asked["nonce"]);
        claims.as_object_mut().unwrap().extend(change.as_object().cloned().unwrap());
        let token = sign(&claims);
        let fields = [("state", asked["state"].as_str()), ("iss", &issuer), ("id_token", &token)];
        let posted = Visitor::new().post_form_from(&issuer, "cross-site", &callback, &fields).await;
        (begun, visitor.get(posted.location()).await)
    };
    for wrong in
        [json!({ "nonce": "another" }), json!({ "nonce": null }), json!({ "aud": "somebody" }), json!({ "sub": "" })]
    {
        assert_eq!(post(wrong.clone()).await.1.status, 502, "{wrong}");
    }
    let (begun, page) = post(json!({})).await;
    world.application.code(&begun, &page);
    assert_eq!(world.provider.seen().token, 0);
}
