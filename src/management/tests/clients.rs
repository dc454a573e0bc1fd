//! Applications and their grants: secrets, gateways, what is refused.

use serde_json::{Value, json};

use super::{Api, SCOPES, text};

#[tokio::test]
async fn an_application_is_made_changed_and_given_a_new_secret() {
    let api = Api::new().await;
    let body = json!({ "name": "App", "callbacks": ["https://app.example.com/cb", "com.example.app:/cb"],
        "organization_usage": "require", "organization_require_behavior": "pre_login_prompt" });
    let created = api.created("/clients", body).await;
    assert_eq!((text(&created, "client_id").len(), text(&created, "client_secret").len()), (32, 64));
    let path = format!("/clients/{}", text(&created, "client_id"));
    assert_eq!(api.get(&path).await, (200, created.clone()));
    assert!(api.call_with("read:clients", "GET", &path, Value::Null).await.1.get("client_secret").is_none());

    let (_, rotated) = api.call("POST", &format!("{path}/rotate-secret"), Value::Null).await;
    assert_ne!(rotated["client_secret"], created["client_secret"]);
    let (_, public) = api
        .call(
            "PATCH",
            &path,
            json!({ "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
        "organization_usage": null }),
        )
        .await;
    assert!(public.get("client_secret").is_none() && public.get("organization_usage").is_none());
    assert_eq!(public["callbacks"], created["callbacks"]);
    assert_eq!(api.call("POST", &format!("{path}/rotate-secret"), Value::Null).await.0, 400);
    assert_eq!(api.call("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(api.get(&path).await.1["errorCode"], "inexistent_client");
    let spa = api.created("/clients", json!({ "name": "Spa", "app_type": "spa" })).await;
    assert_eq!((spa.get("client_secret"), &spa["grant_types"]), (None, &json!(["authorization_code"])));
}

#[tokio::test]
async fn an_application_that_is_not_built_or_malformed_is_refused() {
    let api = Api::new().await;
    let cases = [
        (json!({}), "invalid_body"),
        (json!({ "name": "a", "client_id": "mine" }), "invalid_body"),
        (json!({ "name": "a", "callbacks": ["/cb"] }), "invalid_body"),
        (json!({ "name": "a", "callbacks": ["https://a.example/cb#x"] }), "invalid_body"),
        (json!({ "name": "a", "callbacks": ["javascript:alert(1)"] }), "invalid_body"),
        (json!({ "name": "a", "callbacks": ["https://a.example@evil.example/"] }), "invalid_body"),
        (json!({ "name": "a", "callbacks": vec!["https://a.example/"; 101] }), "invalid_body"),
        (json!({ "name": "a", "callbacks": ["https://*.example.com/cb"] }), "operation_not_supported"),
        (json!({ "name": "a", "grant_types": ["password"] }), "operation_not_supported"),
        (json!({ "name": "a", "jwt_configuration": { "alg": "HS256" } }), "operation_not_supported"),
        (json!({ "name": "a", "is_first_party": false }), "operation_not_supported"),
        (json!({ "name": "a", "organization_usage": "sometimes" }), "invalid_body"),
        (json!({ "name": "a", "web_origins": ["https://a.example/path"] }), "invalid_body"),
    ];
    for (body, code) in cases {
        let (status, error) = api.call("POST", "/clients", body.clone()).await;
        assert_eq!((status, &error["errorCode"]), (400, &json!(code)), "{body} {error}");
    }
}

#[tokio::test]
async fn a_grant_never_makes_a_gateway_and_a_gateways_secret_stays_its_own() {
    let api = Api::new().await;
    let client = text(&api.created("/clients", json!({ "name": "App" })).await, "client_id");
    let body = json!({ "client_id": client, "audience": "https://api/", "scope": ["read:users"] });
    let grant = api.created("/client-grants", body.clone()).await;
    assert_eq!(api.call("POST", "/client-grants", body).await.0, 409);
    let path = format!("/client-grants/{}", text(&grant, "id"));
    let gateway = json!({ "client_id": client, "audience": "https://b/", "scope": ["create:logins"] });
    assert_eq!(api.call("POST", "/client-grants", gateway).await.0, 403);
    assert_eq!(api.call("PATCH", &path, json!({ "scope": ["create:logins"] })).await.0, 403);
    assert_eq!(api.call("PATCH", &path, json!({ "scope": ["a b"] })).await.0, 400);
    assert_eq!(
        api.call("PATCH", &path, json!({ "scope": ["read:clients"] })).await.1["scope"],
        json!(["read:clients"])
    );
    assert_eq!(api.get(&format!("/client-grants?client_id={client}&audience=https://c/")).await.1, json!([]));
    let unknown = json!({ "client_id": "nobody", "audience": "https://b/" });
    assert_eq!(api.call("POST", "/client-grants", unknown).await.0, 404);

    // As the management host makes one.
    let mut made: crate::model::ClientGrant = serde_json::from_value(grant).expect("a grant");
    (made.id, made.audience, made.scope) =
        ("cgr_g".to_owned(), "https://m/".to_owned(), vec!["create:logins".to_owned()]);
    let now = crate::model::Timestamp::now();
    let written: Result<(), crate::store::StoreError> = api
        .management
        .tenant
        .write(move |mut rows| Box::pin(async move { rows.create_client_grant(&made, now).await }))
        .await;
    written.expect("a gateway's grant");
    let path = format!("/clients/{client}");
    assert!(api.get(&path).await.1.get("client_secret").is_none());
    assert_eq!(api.call("POST", &format!("{path}/rotate-secret"), Value::Null).await.0, 403);
    assert_eq!(api.call("PATCH", &path, json!({ "token_endpoint_auth_method": "none" })).await.0, 403);
    let gateway = format!("{} create:logins", SCOPES.join(" "));
    assert!(api.call_with(&gateway, "GET", &path, Value::Null).await.1["client_secret"].is_string());
}
