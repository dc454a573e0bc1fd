//! Users as an administrator lists, announces and changes them.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Gateway, Mode, text};

matrix! {
    users_are_listed_in_pages_in_parts_and_in_order,
    users_are_found_by_what_is_known_of_them,
    a_user_is_changed_member_by_member,
}

fn emails(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap_or("")).collect()
}

async fn users_are_listed_in_pages_in_parts_and_in_order(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    admin.federated("sso", "https://idp.example", json!({})).await;
    for (subject, email) in [("1", "cleo@a.example"), ("2", "ada@a.example"), ("3", "bob@a.example")] {
        admin.create("/users", json!({ "connection": "sso", "user_id": subject, "email": email })).await;
    }
    admin.create("/users", json!({ "connection": "sso", "user_id": "4" })).await;
    let envelope = admin.get("/users?page=1&per_page=3&include_totals=true&fields=user_id").await;
    let last = json!([{ "user_id": "oidc|sso|4" }]);
    assert_eq!(envelope, json!({ "users": last, "start": 3, "limit": 3, "length": 1, "total": 4 }));

    let orders = [
        ("created_at:1", ["cleo@a.example", "ada@a.example", "bob@a.example", ""]),
        ("created_at:-1", ["", "bob@a.example", "ada@a.example", "cleo@a.example"]),
        ("email:1", ["", "ada@a.example", "bob@a.example", "cleo@a.example"]),
        ("email:-1", ["cleo@a.example", "bob@a.example", "ada@a.example", ""]),
    ];
    for (sort, expected) in orders {
        assert_eq!(emails(&admin.get(&format!("/users?sort={sort}")).await), expected, "{sort}");
        let mut seen = Vec::new();
        let mut path = format!("/users?sort={sort}&take=2");
        loop {
            let part = admin.get(&path).await;
            seen.extend(emails(&part["users"]).iter().map(|email| (*email).to_owned()));
            let Some(next) = part["next"].as_str() else { break };
            path = format!("/users?sort={sort}&take=2&from={next}");
        }
        assert_eq!(seen, expected, "{sort}");
    }
    let part = admin.get("/users?take=1").await;
    let page = admin.call("GET", &format!("/users?sort=email:1&from={}", text(&part, "next")), None).await;
    assert_eq!(page.status, 400, "a cursor of another order");
    assert_eq!(admin.call("GET", "/users?sort=password:1", None).await.status, 400);
    let found = admin.get("/users-by-email?email=Ada%40a.example&fields=email").await;
    assert_eq!(found, json!([{ "email": "ada@a.example" }]));
}

async fn users_are_found_by_what_is_known_of_them(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    admin.database("people").await;
    admin.federated("sso", "https://idp.example", json!({})).await;
    let ada = admin.person("people", "ada@acme.example", "correct horse").await;
    admin.add_member(&acme, &ada).await;
    let bob = json!({ "connection": "sso", "user_id": "2", "email": "bob_1@acme.example", "name": "Bob O'Neil", "blocked": true });
    admin.create("/users", bob).await;
    let cases = [
        ("email:\"Ada@acme.example\"", vec!["ada@acme.example"]),
        ("email:*acme*", vec!["ada@acme.example", "bob_1@acme.example"]),
        ("email:bob%*", vec![]),
        ("user_id:\"oidc|sso|2\"", vec!["bob_1@acme.example"]),
        (&format!("organization_id:{acme}"), vec!["ada@acme.example"]),
        (&format!("NOT organization_id:{acme}"), vec!["bob_1@acme.example"]),
        ("_exists_:organization_id", vec!["ada@acme.example"]),
        ("blocked:true AND name:\"Bob O'Neil\"", vec!["bob_1@acme.example"]),
        ("blocked:true AND email:ada*", vec![]),
        ("identities.connection:people OR name:Bob*", vec!["ada@acme.example", "bob_1@acme.example"]),
        ("created_at:[2020-01-01 TO *]", vec!["ada@acme.example", "bob_1@acme.example"]),
        ("bob_1", vec!["bob_1@acme.example"]),
    ];
    for (q, expected) in cases {
        let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
        let found = admin.get(&format!("/users?q={q}&search_engine=v3&include_totals=true")).await;
        assert_eq!((emails(&found["users"]), &found["total"]), (expected.clone(), &json!(expected.len())), "{q}");
    }
    let part = admin.get("/users?q=email%3A*acme*&sort=email%3A-1&take=1").await;
    assert_eq!(emails(&part["users"]), ["bob_1@acme.example"]);
    let rest = admin.get(&format!("/users?q=email%3A*acme*&sort=email%3A-1&take=1&from={}", text(&part, "next"))).await;
    assert_eq!((emails(&rest["users"]), rest.get("next")), (vec!["ada@acme.example"], None));
    for wrong in ["password_hash:x", "blocked:maybe", "email:", "app_metadata.plan:gold"] {
        let page = admin.call("GET", &format!("/users?q={wrong}"), None).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_query_string")), "{wrong}");
    }
}

async fn a_user_is_changed_member_by_member(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    admin.database("people").await;
    let user = json!({ "connection": "people", "username": "Ada", "password": "correct horse", "email": "ada@a.example",
        "email_verified": true, "given_name": "Ada", "picture": "https://people.example/face.png",
        "app_metadata": { "plan": "gold", "seats": 3 }, "verify_email": false });
    let created = admin.create("/users", user).await;
    let path = format!("/users/{}", text(&created, "user_id").replace('|', "%7C"));
    assert_eq!((&created["username"], &created["nickname"]), (&json!("ada"), &json!("ada")));

    let change = json!({ "given_name": null, "picture": null, "app_metadata": { "seats": null, "trial": true },
        "user_metadata": { "theme": "dark" }, "email": "ada@b.example", "connection": "people" });
    let changed = admin.update(&path, change).await;
    assert_eq!((changed.get("given_name"), changed.get("picture")), (None, None));
    assert_eq!(changed["app_metadata"], json!({ "plan": "gold", "trial": true }));
    assert_eq!(changed["email_verified"], false, "it is not the address that was verified");
    assert_eq!(admin.update(&path, json!({ "app_metadata": {} })).await.get("app_metadata"), None);
    let told = admin.get(&format!("{path}?fields=email,username")).await;
    assert_eq!(told, json!({ "email": "ada@b.example", "username": "ada" }));

    let before = admin.get(&path).await;
    let refused = [
        json!({ "connection": "other" }),
        json!({ "username": "ada@b.example" }),
        json!({ "email": null }),
        json!({ "password": "long\nenough" }),
        json!({ "picture": "javascript:alert(1)" }),
        json!({ "user_id": "auth0|other" }),
        json!({ "app_metadata": { "x": "y".repeat(17_000) } }),
    ];
    for change in refused {
        let page = admin.call("PATCH", &path, Some(change.clone())).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_body")), "{change}");
    }
    for change in [json!({ "phone_verified": true }), json!({ "phone_number": "+15551234" })] {
        let page = admin.call("PATCH", &path, Some(change.clone())).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("operation_not_supported")), "{change}");
    }
    assert_eq!(admin.get(&path).await, before, "nothing was written");
}
