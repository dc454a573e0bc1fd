//! Resource servers: the APIs that tokens are for.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::{Application, claims};
use crate::support::gateway::{Gateway, Mode, id};
use crate::support::http::Page;

matrix! {
    an_api_is_registered_found_by_either_name_changed_and_deleted,
    tokens_for_an_api_live_as_long_as_it_says,
}

const ORDERS: &str = "https://orders.example/v1?a=b";
const ENCODED: &str = "https%3A%2F%2Forders.example%2Fv1%3Fa%3Db";

fn code(page: &Page) -> (u16, Value) {
    (page.status, page.json()["errorCode"].clone())
}

fn names(listed: &Value) -> Vec<&str> {
    listed.as_array().unwrap().iter().map(|found| found["name"].as_str().unwrap()).collect()
}

async fn an_api_is_registered_found_by_either_name_changed_and_deleted(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let scopes = json!([{ "value": "read:orders", "description": "Read orders" }, { "value": "write:orders" }]);
    let body = json!({
        "identifier": ORDERS, "name": "Orders", "scopes": scopes, "token_lifetime": 600, "signing_alg": "RS256",
        "allow_offline_access": false, "enforce_policies": false, "token_dialect": "access_token",
        "skip_consent_for_verifiable_first_party_clients": true,
    });
    let made = admin.create("/resource-servers", body.clone()).await;
    for (member, value) in body.as_object().unwrap() {
        assert_eq!(&made[member], value, "{member}");
    }
    assert_eq!(made["is_system"], false);
    let path = format!("/resource-servers/{}", id(&made));
    assert_eq!(admin.get(&path).await, made);
    assert_eq!(admin.get(&format!("/resource-servers/{ENCODED}")).await, made);
    let again = admin.call("POST", "/resource-servers", Some(body)).await;
    assert_eq!(code(&again), (409, "resource_server_conflict".into()));
    let bare = admin.create("/resource-servers", json!({ "identifier": "b" })).await;
    assert_eq!((&bare["name"], &bare["scopes"], &bare["token_lifetime"]), (&json!("b"), &json!([]), &json!(86400)));

    // A permission that the API has no more is nobody's.
    let role = id(&admin.create("/roles", json!({ "name": "clerk" })).await);
    let permissions: Vec<Value> = ["read:orders", "write:orders"]
        .map(|name| json!({ "resource_server_identifier": ORDERS, "permission_name": name }))
        .to_vec();
    let held = format!("/roles/{role}/permissions");
    admin.create(&held, json!({ "permissions": permissions })).await;
    let change = json!({ "name": "All orders", "scopes": [{ "value": "read:orders" }] });
    let changed = admin.update(&format!("/resource-servers/{ENCODED}"), change).await;
    assert_eq!((&changed["name"], &changed["token_lifetime"]), (&json!("All orders"), &json!(600)));
    assert_eq!(admin.get(&path).await, changed);
    assert_eq!(admin.get(&held).await.as_array().unwrap().len(), 1);

    // The Management API itself stands first, and stays as it is.
    let listed = admin.get("/resource-servers").await;
    assert_eq!(names(&listed), ["Management API", "All orders", "b"]);
    let system = &listed[0];
    assert_eq!((&system["identifier"], &system["is_system"]), (&json!(format!("{}/", admin.api)), &json!(true)));
    assert_eq!(system["scopes"].as_array().unwrap().len(), vestibule::management::SCOPES.len());
    for (page, expected) in [(0, vec!["Management API"]), (1, vec!["All orders"]), (2, vec!["b"]), (3, vec![])] {
        let query = format!("/resource-servers?per_page=1&page={page}&include_totals=true");
        let found = admin.get(&query).await;
        assert_eq!((names(&found["resource_servers"]), &found["total"]), (expected, &json!(3)), "{page}");
    }
    let named = admin.get(&format!("/resource-servers?identifiers={ENCODED}&identifiers=x")).await;
    assert_eq!(names(&named), ["All orders"]);
    let system = format!("/resource-servers/{}", id(system));
    for method in ["PATCH", "DELETE"] {
        let body = (method == "PATCH").then(|| json!({ "name": "Mine" }));
        assert_eq!(code(&admin.call(method, &system, body).await), (400, "operation_not_supported".into()));
    }
    for wrong in [
        json!({ "signing_alg": "HS256" }),
        json!({ "allow_offline_access": true }),
        json!({ "enforce_policies": true }),
    ] {
        let page = admin.call("PATCH", &path, Some(wrong.clone())).await;
        assert_eq!(code(&page), (400, "operation_not_supported".into()), "{wrong}");
    }
    let page = admin.call("PATCH", &path, Some(json!({ "identifier": "other" }))).await;
    assert_eq!(code(&page), (400, "invalid_body".into()));

    let client = Application::register(&gateway, json!({})).await.client_id;
    let grant = json!({ "client_id": client, "audience": ORDERS, "scope": ["read:orders"] });
    admin.create("/client-grants", grant).await;
    admin.delete(&path).await;
    admin.delete(&path).await;
    assert_eq!(code(&admin.call("GET", &path, None).await), (404, "inexistent_resource_server".into()));
    assert_eq!(admin.get(&held).await, json!([]));
    assert_eq!(admin.get(&format!("/client-grants?client_id={client}")).await, json!([]));
}

async fn tokens_for_an_api_live_as_long_as_it_says(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (admin, application) = (&gateway.admin, Application::register(&gateway, json!({})).await);
    let grant = json!({ "client_id": application.client_id, "audience": ORDERS, "scope": ["read:orders"] });
    admin.create("/client-grants", grant).await;
    let lifetime = async || {
        let page = application.token(&[("grant_type", "client_credentials"), ("audience", ORDERS)]).await;
        let token = claims(page.json()["access_token"].as_str().unwrap());
        let seconds = token["exp"].as_i64().unwrap() - token["iat"].as_i64().unwrap();
        assert_eq!(page.json()["expires_in"], seconds);
        seconds
    };
    assert_eq!(lifetime().await, 86400);
    let api = admin.create("/resource-servers", json!({ "identifier": ORDERS, "token_lifetime": 60 })).await;
    assert_eq!(lifetime().await, 60);
    admin.update(&format!("/resource-servers/{}", id(&api)), json!({ "token_lifetime": 172800 })).await;
    assert_eq!(lifetime().await, 172_800);
}
