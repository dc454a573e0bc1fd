//! Applications as the Management API keeps them: lists, organization settings, what is not built.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Gateway, Mode, text};

matrix! {
    applications_are_listed_by_type_in_parts_and_with_chosen_members,
    an_application_keeps_its_organization_settings,
}

fn names(listed: &Value) -> Vec<&str> {
    listed.as_array().unwrap().iter().map(|client| client["name"].as_str().unwrap()).collect()
}

async fn applications_are_listed_by_type_in_parts_and_with_chosen_members(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    for (name, app_type) in [("a", "spa"), ("b", "regular_web"), ("c", "native"), ("d", "spa")] {
        // What somebody chose to write there is no type.
        let metadata = json!({ "app_type": "native" });
        admin.create("/clients", json!({ "name": name, "app_type": app_type, "client_metadata": metadata })).await;
    }
    // A remote gateway is a client of its own.
    let list = async |query: &str| admin.get(&format!("/clients?{query}")).await;
    assert_eq!(names(&list("app_type=spa").await), ["a", "d"]);
    assert_eq!(names(&list("app_type=spa,native&is_first_party=true&is_global=false").await), ["a", "c", "d"]);
    for none in ["is_global=true", "is_first_party=false", "app_type=rms"] {
        assert_eq!(list(none).await, json!([]), "{none}");
    }
    let page = list("app_type=spa,native&per_page=2&page=1&include_totals=true").await;
    assert_eq!((names(&page["clients"]), &page["start"], &page["total"]), (vec!["d"], &json!(2), &json!(3)));
    admin.create("/clients", json!({ "name": "50 %_Shop" })).await;
    for (part, found) in [("%25_sHOP", vec!["50 %_Shop"]), ("shop%25", vec![]), ("_", vec!["50 %_Shop"])] {
        assert_eq!(names(&list(&format!("name_filter={part}")).await), found, "{part}");
    }
    let part = list("app_type=spa&take=1").await;
    let rest = list(&format!("app_type=spa&take=1&from={}", part["next"].as_str().unwrap())).await;
    assert_eq!((names(&part["clients"]), names(&rest["clients"]), &rest["next"]), (vec!["a"], vec!["d"], &Value::Null));

    let chosen = list("app_type=regular_web&fields=name,app_type").await;
    assert_eq!(chosen, json!([{ "name": "b", "app_type": "regular_web" }]));
    let without = list("app_type=regular_web&fields=client_secret,name&include_fields=false").await;
    assert!(without[0].get("name").is_none() && without[0]["client_id"].is_string());
    let clerk = admin.with_scopes(&["read:clients"]).await;
    assert_eq!(clerk.get("/clients?app_type=spa&fields=client_secret").await, json!([{}, {}]), "no secret by a field");
    let (id, path) = (&list("app_type=native").await[0]["client_id"], "/clients");
    let one = admin.get(&format!("{path}/{}?fields=client_id", id.as_str().unwrap())).await;
    assert_eq!(one, json!({ "client_id": id }));
    let changed = format!("{path}/{}", id.as_str().unwrap());
    admin.update(&changed, json!({ "app_type": "spa" })).await;
    assert_eq!(names(&list("app_type=spa").await), ["a", "c", "d"]);
}

async fn an_application_keeps_its_organization_settings(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (admin, acme) = (&gateway.admin, gateway.admin.organization("acme").await);
    let plain = admin.create("/clients", json!({ "name": "Shop" })).await;
    for unset in ["organization_usage", "organization_require_behavior", "default_organization", "app_type"] {
        assert_eq!(plain.get(unset), None, "{unset}");
    }
    assert_eq!(
        plain["jwt_configuration"],
        json!({ "alg": "RS256", "lifetime_in_seconds": 36000, "secret_encoded": false })
    );
    let path = format!("/clients/{}", text(&plain, "client_id"));
    let sent = json!({
        "organization_usage": "require", "organization_require_behavior": "post_login_prompt",
        "organization_discovery_methods": ["organization_name", "email"],
        "default_organization": { "organization_id": acme, "flows": ["client_credentials"] },
        "initiate_login_uri": "https://shop.example/login", "jwt_configuration": { "lifetime_in_seconds": 60 },
    });
    let changed = admin.update(&path, sent.clone()).await;
    for (member, value) in sent.as_object().unwrap() {
        match member.as_str() {
            "jwt_configuration" => assert_eq!(changed[member]["lifetime_in_seconds"], 60),
            _ => assert_eq!(&changed[member], value),
        }
    }
    assert_eq!(admin.get(&path).await, changed);
    let unknown = json!({ "default_organization": { "organization_id": "org_0000000000000000", "flows": ["client_credentials"] } });
    assert_eq!(admin.call("PATCH", &path, Some(unknown)).await.status, 404);
    for wrong in [
        json!({ "default_organization": { "organization_id": acme, "flows": [] } }),
        json!({ "default_organization": { "organization_id": acme, "flows": ["password"] } }),
        json!({ "organization_discovery_methods": [] }),
        json!({ "organization_discovery_methods": ["email", "email"] }),
        json!({ "client_metadata": { "a": 1 } }),
    ] {
        let page = admin.call("PATCH", &path, Some(wrong.clone())).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_body")), "{wrong}");
    }
    assert_eq!(admin.get(&path).await, changed, "nothing was written");
    admin.update(&path, json!({ "default_organization": null, "organization_discovery_methods": null })).await;
    let cleared = admin.get(&path).await;
    assert_eq!((cleared.get("default_organization"), cleared.get("organization_discovery_methods")), (None, None));
}

#[tokio::test]
async fn a_setting_that_does_nothing_here_is_taken_only_where_it_says_so() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let off = json!({
        "name": "Shop", "sso_disabled": false, "cross_origin_authentication": false, "custom_login_page_on": true,
        "is_token_endpoint_ip_header_trusted": false, "is_first_party": true, "oidc_conformant": true,
        "allowed_origins": [], "client_aliases": [], "allowed_clients": [], "addons": {}, "mobile": {},
        "jwt_configuration": { "alg": "RS256", "secret_encoded": false, "scopes": {} },
        "require_pushed_authorization_requests": false,
    });
    let made = admin.create("/clients", off).await;
    for (member, value) in [("sso_disabled", false), ("custom_login_page_on", true), ("global", false)] {
        assert_eq!(made[member], value, "{member}");
    }
    for on in [
        json!({ "sso_disabled": true }),
        json!({ "custom_login_page_on": false }),
        json!({ "oidc_conformant": false }),
        json!({ "is_first_party": false }),
        json!({ "allowed_origins": ["https://a.example"] }),
        json!({ "addons": { "samlp": {} } }),
        json!({ "refresh_token": { "rotation_type": "rotating", "expiration_type": "expiring" } }),
        json!({ "grant_types": ["implicit"] }),
        json!({ "grant_types": ["authorization_code", "refresh_token"] }),
        json!({ "jwt_configuration": { "alg": "HS256" } }),
        json!({ "app_type": "rms" }),
        json!({ "callbacks": ["https://{organization_name}.shop.example/cb"] }),
    ] {
        let mut body = on.clone();
        body["name"] = json!("Shop");
        for (method, path, body) in [
            ("POST", "/clients".to_owned(), body),
            ("PATCH", format!("/clients/{}", text(&made, "client_id")), on.clone()),
        ] {
            let page = admin.call(method, &path, Some(body)).await;
            assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("operation_not_supported")), "{on}");
        }
    }
    assert_eq!(admin.get("/clients").await.as_array().unwrap().len(), 1);
}
