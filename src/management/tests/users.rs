//! What the calls about users and members promise.

use axum::Router;
use axum::http::Method;
use serde_json::{Value, json};

use crate::management::test_support::{self, ORGANIZATION, call, management};

const SCOPES: [&str; 7] = [
    "read:users",
    "create:users",
    "update:users",
    "delete:users",
    "read:organization_members",
    "create:organization_members",
    "delete:organization_members",
];

async fn router() -> (Router, tempfile::TempDir) {
    let (management, directory) = management().await;
    (test_support::router(&management), directory)
}

async fn ask(router: &Router, method: Method, path: &str, json: Value) -> (u16, Value) {
    call(router, method, path, &SCOPES, json).await
}

fn ada() -> Value {
    json!({"connection": "people", "email": "Ada@Acme.example", "username": "Ada", "password": "correct horse"})
}

async fn create(router: &Router, user: Value) -> String {
    let (status, user) = ask(router, Method::POST, "/users", user).await;
    assert_eq!(status, 201, "{user}");
    user["user_id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_database_user_is_created_read_changed_and_deleted() {
    let (router, _directory) = router().await;
    let id = create(&router, ada()).await;
    assert_eq!((id.len(), &id[..6]), (30, "auth0|"));
    let path = format!("/users/{}", id.replace('|', "%7C"));
    let (status, user) = ask(&router, Method::GET, &path, Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!((&user["email"], &user["nickname"]), (&json!("ada@acme.example"), &json!("ada")));
    assert_eq!(user["identities"][0]["connection"], "people");
    assert!(!user.to_string().contains("argon2"));
    let change = json!({"blocked": true, "name": "Ada L.", "app_metadata": {"plan": "pro", "seats": 3}});
    ask(&router, Method::PATCH, &path, change).await;
    let change = json!({"app_metadata": {"seats": null}, "email": "ada@new.example"});
    let (status, user) = ask(&router, Method::PATCH, &path, change).await;
    assert_eq!((status, &user["app_metadata"]), (200, &json!({"plan": "pro"})));
    assert_eq!((&user["blocked"], &user["name"]), (&json!(true), &json!("Ada L.")));
    // The old address is free again, the new one is taken.
    let mut eve = ada();
    eve["username"] = json!("eve");
    create(&router, eve.clone()).await;
    eve["email"] = json!("ada@new.example");
    let (status, error) = ask(&router, Method::POST, "/users", eve).await;
    assert_eq!((status, &error["errorCode"]), (409, &json!("user_exists")));
    for _ in 0..2 {
        assert_eq!(ask(&router, Method::DELETE, &path, Value::Null).await.0, 204);
    }
    let (status, error) = ask(&router, Method::GET, &path, Value::Null).await;
    assert_eq!((status, &error["errorCode"]), (404, &json!("inexistent_user")));
}

#[tokio::test]
async fn a_federated_user_is_announced_by_its_subject() {
    let (router, _directory) = router().await;
    let id = create(&router, json!({"connection": "open-idp", "user_id": "7", "email": "b@acme.example"})).await;
    assert_eq!(id, "oidc|open-idp|7");
    let (status, error) =
        ask(&router, Method::PATCH, "/users/oidc%7Copen-idp%7C7", json!({"password": "correct horse"})).await;
    assert_eq!((status, &error["errorCode"]), (400, &json!("operation_not_supported")));
    let (_, found) = ask(&router, Method::GET, "/users-by-email?email=B%40acme.example", Value::Null).await;
    assert_eq!(found[0]["user_id"], "oidc|open-idp|7");
}

#[tokio::test]
async fn a_wrong_user_is_refused_with_a_reason() {
    let (router, _directory) = router().await;
    let cases = [
        ("password", json!("long\nenough")),
        ("password", json!(null)),
        ("email", json!("a@b@c")),
        ("email", json!("a\0@c")),
        ("username", json!("eve@acme.example")),
        ("name", json!("A\nB")),
        ("picture", json!("javascript:alert(1)")),
        ("connection", json!("nowhere")),
        ("user_id", json!("a|b")),
        ("admin", json!(true)),
        ("blocked", json!("yes")),
        ("app_metadata", json!({"x": "y".repeat(20_000)})),
    ];
    for (name, value) in cases {
        let mut user = ada();
        user[name] = value;
        let (status, error) = ask(&router, Method::POST, "/users", user).await;
        assert_eq!((status, &error["errorCode"]), (400, &json!("invalid_body")), "{name}: {error}");
    }
    for (path, status) in [("/users/%00", 400), ("/users/nobody", 404), ("/users/nobody/organizations", 404)] {
        assert_eq!(ask(&router, Method::GET, path, Value::Null).await.0, status, "{path}");
    }
    let (status, _) = call(&router, Method::GET, "/users", &["read:organizations"], Value::Null).await;
    assert_eq!(status, 403);
    let (_, listed) = ask(&router, Method::GET, "/users?include_totals=true", Value::Null).await;
    assert_eq!(listed, json!({"users": [], "start": 0, "limit": 50, "length": 0, "total": 0}));
}

#[tokio::test]
async fn members_are_added_listed_and_removed() {
    let (router, _directory) = router().await;
    let id = create(&router, ada()).await;
    let path = format!("/organizations/{ORGANIZATION}/members");
    let body = json!({"members": [id]});
    for _ in 0..2 {
        assert_eq!(ask(&router, Method::POST, &path, body.clone()).await, (204, Value::Null));
    }
    let (_, listed) = ask(&router, Method::GET, &path, Value::Null).await;
    assert_eq!(listed, json!([{"user_id": id, "email": "ada@acme.example", "name": "ada@acme.example"}]));
    let (_, listed) = ask(&router, Method::GET, &format!("{path}?include_totals=true"), Value::Null).await;
    assert_eq!((&listed["total"], listed["members"].as_array().map(Vec::len)), (&json!(1), Some(1)));
    let organizations = format!("/users/{}/organizations?include_totals=true", id.replace('|', "%7C"));
    let (_, listed) = ask(&router, Method::GET, &organizations, Value::Null).await;
    assert_eq!((&listed["total"], &listed["organizations"][0]["name"]), (&json!(1), &json!("acme")));
    // One stranger among them, and nobody is added.
    let bob = create(&router, json!({"connection": "open-idp", "user_id": "7"})).await;
    let (status, error) = ask(&router, Method::POST, &path, json!({"members": [bob, "auth0|none"]})).await;
    assert_eq!((status, &error["errorCode"]), (404, &json!("inexistent_user")));
    for wrong in [json!({"members": []}), json!({"members": vec!["x"; 11]}), json!({"members": "x"}), json!({})] {
        assert_eq!(ask(&router, Method::POST, &path, wrong).await.0, 400);
    }
    assert_eq!(ask(&router, Method::DELETE, &path, body).await.0, 204);
    assert_eq!(ask(&router, Method::GET, &path, Value::Null).await.1, json!([]));
    let (status, error) = ask(&router, Method::GET, "/organizations/org_none/members", Value::Null).await;
    assert_eq!((status, &error["message"]), (404, &json!("No organization found by that id or name")));
}
