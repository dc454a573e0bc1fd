//! What the presets refuse: people of another company, addresses that prove nothing, answers that do not hold.

use serde_json::{Value, json};

use crate::presets::with_apple;
use crate::support::http::Visitor;
use crate::support::preset_world::PresetWorld;
use crate::support::stand_ins::{OTHER_TENANT, Service};

/// Nobody gets in with any of these claims, and somebody does with `right` ones.
async fn assert_all_refused(world: &PresetWorld, wrong: &[(&str, Value)], right: Value) {
    for (what, claims) in wrong {
        world.service.behave(|b| b.claims.clone_from(claims));
        world.assert_refused(what).await;
    }
    world.service.behave(|b| b.claims = right);
    world.claims().await;
}

#[tokio::test]
async fn a_google_account_of_another_domain_is_refused() {
    let world = PresetWorld::sqlite(Service::Google, "google-apps", json!({ "tenant_domain": "acme.example" })).await;
    let wrong = [
        ("a private account", json!({})),
        ("another company", json!({ "hd": "evil.example" })),
        ("a part of the domain", json!({ "hd": "example" })),
        ("a longer domain", json!({ "hd": "acme.example.evil.example" })),
        ("a list", json!({ "hd": ["acme.example"] })),
        ("only the address", json!({ "email": "ada@acme.example", "hd": "" })),
    ];
    assert_all_refused(&world, &wrong, json!({ "hd": "acme.example" })).await;
}

#[tokio::test]
async fn a_person_of_another_tenant_is_refused_and_none_can_be_made_up() {
    let world = PresetWorld::sqlite(Service::Microsoft, "waad", json!({ "tenant_domain": "acme.example" })).await;
    let other = format!("{}/{OTHER_TENANT}/v2.0", world.service.url);
    let wrong = [
        ("another tenant", json!({ "tid": OTHER_TENANT, "iss": other })),
        ("another tenant's id", json!({ "tid": OTHER_TENANT })),
        ("another tenant's issuer", json!({ "iss": other })),
        ("no tenant", json!({ "tid": null })),
        ("no object id", json!({ "oid": null })),
        ("an object id that is none", json!({ "oid": 7 })),
    ];
    assert_all_refused(&world, &wrong, json!({})).await;

    let world = PresetWorld::sqlite(Service::Microsoft, "waad", json!({ "useCommonEndpoint": true })).await;
    let template = format!("{}/{{tenantid}}/v2.0", world.service.url);
    let common = format!("{}/common/v2.0", world.service.url);
    let other = format!("{}/{OTHER_TENANT}/v2.0", world.service.url);
    let wrong = [
        ("the template itself", json!({ "iss": template, "tid": "{tenantid}" })),
        ("a tenant that is none", json!({ "iss": common, "tid": "common" })),
        ("an issuer that is not the tenant's", json!({ "iss": other })),
        ("no tenant", json!({ "tid": null })),
        ("an issuer of elsewhere", json!({ "iss": format!("https://evil.example/{OTHER_TENANT}/v2.0") })),
    ];
    assert_all_refused(&world, &wrong, json!({})).await;
}

#[tokio::test]
async fn an_address_written_into_somebodys_own_tenant_proves_nothing() {
    for (options, claims, expected) in [
        (json!({}), json!({ "email_verified": true }), false),
        (json!({}), json!({ "xms_edov": false }), false),
        (json!({}), json!({ "xms_edov": "1" }), false),
        (json!({}), json!({ "xms_edov": true }), true),
        (
            json!({ "should_trust_email_verified_connection": "never_set_emails_as_verified" }),
            json!({ "xms_edov": true }),
            false,
        ),
    ] {
        let mut all = json!({ "useCommonEndpoint": true });
        all.as_object_mut().unwrap().extend(options.as_object().cloned().unwrap());
        let world = PresetWorld::sqlite(Service::Microsoft, "waad", all).await;
        world.service.behave(|b| b.claims.clone_from(&claims));
        assert_eq!(world.claims().await["email_verified"], expected, "{options} {claims}");
    }
}

#[tokio::test]
async fn an_apple_token_of_another_login_is_refused() {
    let world = with_apple().await;
    let wrong = [
        ("another nonce", json!({ "nonce": "another" })),
        ("no nonce", json!({ "nonce": null, "nonce_supported": false })),
        ("another application", json!({ "aud": "somebody" })),
        ("no subject", json!({ "sub": null })),
    ];
    assert_all_refused(&world, &wrong, json!({ "email_verified": "false" })).await;
    assert_eq!(world.claims().await["email_verified"], false);
}

#[tokio::test]
async fn githubs_refusals_are_heard_although_they_say_200() {
    let world = PresetWorld::sqlite(Service::Github, "github", json!({})).await;
    world.service.behave(|b| b.token = json!({ "error": "bad_verification_code", "access_token": null }));
    world.assert_refused("a bad code").await;
    world.service.behave(|b| b.token = json!({ "error": "incorrect_client_credentials" }));
    world.assert_refused("a token beside an error").await;
    world.service.behave(|b| b.token = Value::Null);
    for id in [Value::Null, json!("583231"), json!(-1), json!(1.5), json!({})] {
        world.service.behave(|b| b.userinfo = json!({ "id": id }));
        world.assert_refused(&format!("the id {id}")).await;
    }
}

#[tokio::test]
async fn only_githubs_primary_address_counts_and_only_when_it_is_verified() {
    let address = |email: &str, primary: bool, verified: bool| json!({ "email": email, "primary": primary, "verified": verified });
    for (emails, expected) in [
        (json!([address("a@x.example", true, false)]), (json!("a@x.example"), false)),
        (json!([address("a@x.example", false, true)]), (Value::Null, false)),
        (json!([]), (Value::Null, false)),
    ] {
        let world = PresetWorld::sqlite(Service::Github, "github", json!({})).await;
        world.service.behave(|b| b.emails = Some(emails.clone()));
        let claims = world.claims().await;
        assert_eq!((claims["email"].clone(), claims["email_verified"] == true), expected, "{emails}");
    }
}

#[tokio::test]
async fn an_oauth2_server_that_tells_no_id_signs_nobody_in() {
    let world = PresetWorld::sqlite(
        Service::Oauth2,
        "oauth2",
        json!({ "authorizationURL": "https://a.example",
        "tokenURL": "https://a.example", "userinfo_endpoint": "https://a.example" }),
    )
    .await;
    let url = &world.service.url;
    let map = json!({ "mapping_mode": "use_map", "attributes": { "user_id": "${context.userinfo.uuid}" } });
    let options = json!({ "authorizationURL": format!("{url}/authorize"), "tokenURL": format!("{url}/token"),
                          "userinfo_endpoint": format!("{url}/me") });
    world.connect("plain", "oauth2", options.clone()).await;
    let mut mapped = options;
    mapped["attribute_map"] = map;
    world.connect("mapped", "oauth2", mapped).await;
    let refused = async |connection: &str, userinfo: Value| {
        world.service.behave(|b| b.userinfo.clone_from(&userinfo));
        let (_, page) = world.sign_in_by(connection, &[]).await;
        assert_eq!(page.status, 502, "{connection} {userinfo}: {}", page.text());
    };
    for id in [Value::Null, json!(true), json!([42]), json!(1.5), json!("")] {
        refused("plain", json!({ "id": id })).await;
    }
    // There is an `id`, but not the member that the map names.
    refused("mapped", json!({})).await;
    assert!(world.gateway.admin.user_ids().await.is_empty());
}

/// Design 5.5: one id belongs to one connection, whatever other connection brings the same person.
#[tokio::test]
async fn a_second_connection_takes_over_nobodys_account() {
    let world = PresetWorld::sqlite(Service::Google, "google-oauth2", json!({})).await;
    world.connect("second", "google-oauth2", json!({ "client_id": "another" })).await;
    world.claims().await;
    let (_, page) = world.sign_in_by("second", &[]).await;
    assert_eq!(page.status, 403, "{}", page.text());
    assert_eq!(world.gateway.admin.user_ids().await.len(), 1);
}

#[tokio::test]
async fn what_was_posted_completes_only_its_own_login_and_once() {
    let world = with_apple().await;
    world.service.behave(|b| b.user = Some(json!({ "name": { "firstName": "Ada" } })));
    let visitor = Visitor::new();
    let begin = async || {
        let begun = world.application.begin(&[("organization", "acme"), ("connection", "acme-login")]);
        let trip = visitor.get(&begun.url).await;
        let answer = visitor.get(trip.location()).await;
        let form = answer.forms().remove(0);
        let fields: Vec<(&str, &str)> =
            form.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let posted = Visitor::new().post_form_from(&world.service.url, "cross-site", form.action, &fields).await;
        (begun, posted.location())
    };
    let (begun, first) = begin().await;
    let (_, second) = begin().await;
    let part = |url: &url::Url, name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    assert!(!first.as_str().contains("Ada"), "{first}");
    // Another browser's address leads nowhere, and does not end the login.
    assert_eq!(Visitor::new().get(&first).await.status, 400);
    // Nor does what another login posted.
    let mixed = first.as_str().replace(&part(&first, "posted"), &part(&second, "posted"));
    assert_eq!(visitor.get(mixed).await.status, 400);
    let page = visitor.get(&first).await;
    world.application.code(&begun, &page);
    assert_eq!(visitor.get(&first).await.status, 400);
}
