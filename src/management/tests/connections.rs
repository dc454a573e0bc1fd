//! Connections: their secrets, their clients, what is refused.

use serde_json::{Value, json};

use super::{Api, text};

#[tokio::test]
async fn the_secrets_of_a_connection_are_kept_and_told_only_by_scope() {
    let api = Api::new().await;
    let created = api.oidc("sso").await;
    assert_eq!(created["options"]["client_secret"], "s3cret");
    let path = format!("/connections/{}", text(&created, "id"));
    let (_, seen) = api.call_with("read:connections", "GET", &path, Value::Null).await;
    assert!(seen["options"].get("client_secret").is_none());
    let (_, all) =
        api.call_with("read:connections", "GET", "/connections?strategy=oidc&strategy=okta", Value::Null).await;
    assert_eq!(all, json!([seen]));
    assert_eq!(api.get("/connections?strategy=auth0").await.1, json!([]));

    let mut options = seen["options"].clone();
    options["scope"] = json!("openid email");
    let (status, changed) = api.call("PATCH", &path, json!({ "options": options })).await;
    assert_eq!((status, &changed["options"]["client_secret"]), (200, &json!("s3cret")));
    assert_eq!(changed["options"]["scope"], "openid email");

    // The secret does not follow to an address that whoever writes chose.
    options["issuer"] = json!("https://evil.example.com");
    let (status, error) = api.call("PATCH", &path, json!({ "options": options })).await;
    assert_eq!(status, 400, "{error}");

    let (status, gone) = api.call("DELETE", &path, Value::Null).await;
    assert_eq!(status, 202);
    assert!(gone["deleted_at"].is_string());
    assert_eq!(api.call("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(api.get(&path).await.1["errorCode"], "inexistent_connection");
}

#[tokio::test]
async fn an_application_is_given_connections() {
    let api = Api::new().await;
    let client = text(&api.created("/clients", json!({ "name": "App" })).await, "client_id");
    let connection = api.database("people").await;
    let path = format!("/connections/{connection}/clients");
    assert_eq!(api.call("PATCH", &path, json!([{ "client_id": client, "status": true }])).await.0, 204);
    assert_eq!(api.call("PATCH", &path, json!([{ "client_id": "nobody", "status": true }])).await.0, 400);
    assert_eq!(api.get(&path).await, (200, json!({ "clients": [{ "client_id": client }] })));
    let (_, list) = api.get(&format!("/clients/{client}/connections")).await;
    assert_eq!(list["connections"][0]["enabled_clients"], json!([client]));
    let change = json!({ "enabled_clients": [] });
    assert_eq!(api.call("PATCH", &format!("/connections/{connection}"), change).await.1["enabled_clients"], json!([]));
    assert_eq!(api.get("/clients/nobody/connections").await.1["errorCode"], "inexistent_client");
}
