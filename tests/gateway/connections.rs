//! Connections through the Management API: every strategy's options, lists in parts, secrets, status, applications.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Administrator, Gateway, Mode, id, text};

matrix! {
    the_options_of_every_strategy_come_back_as_they_were_sent,
    lists_of_connections_are_narrowed_and_come_in_parts,
}

const IDP: &str = "https://identity.example";

/// A connection of each strategy with many options.
fn connections() -> Vec<(&'static str, Value)> {
    let us = |more: Value| {
        let mut options =
            json!({ "client_id": "us", "client_secret": "s3cret", "icon_url": "https://icons.example/x.svg" });
        options.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        options
    };
    vec![
        (
            "auth0",
            json!({
                "passwordPolicy": "fair", "disable_signup": true, "requires_username": true,
                "validation": { "username": { "min": 3, "max": 20 } },
                "password_complexity_options": { "min_length": 12 },
                "password_history": { "enable": true, "size": 5 }, "password_no_personal_info": { "enable": true },
                "password_dictionary": { "enable": true, "dictionary": ["acme"] },
                "brute_force_protection": true, "import_mode": false, "strategy_version": 2, "mfa": { "active": false },
                "authentication_methods": { "password": { "enabled": true }, "passkey": { "enabled": false } },
            }),
        ),
        (
            "oidc",
            us(json!({
                "type": "front_channel", "issuer": IDP, "authorization_endpoint": format!("{IDP}/authorize"),
                "token_endpoint": format!("{IDP}/token"), "jwks_uri": format!("{IDP}/jwks"), "scope": "openid email",
                "domain_aliases": ["acme.example"], "tenant_domain": "acme.example",
                "connection_settings": { "pkce": "S256" },
                "attribute_map": { "mapping_mode": "use_map", "attributes": { "email": "${context.tokenset.mail}" } },
                "upstream_params": { "login_hint": { "alias": "login_hint" }, "screen": { "value": "small" } },
                "token_endpoint_auth_method": "private_key_jwt",
            })),
        ),
        ("okta", us(json!({ "domain": "acme.okta.com", "type": "back_channel", "scope": "openid" }))),
        ("google-oauth2", us(json!({ "scope": ["email", "profile"], "email": true, "freeform_scopes": ["x"] }))),
        (
            "google-apps",
            us(json!({ "domain": "acme.example", "tenant_domain": "acme.example", "api_enable_users": false })),
        ),
        ("github", us(json!({ "email": true, "read_user": true }))),
        (
            "waad",
            us(json!({
                "tenant_domain": "acme.example", "domain_aliases": ["acme.example"], "useCommonEndpoint": true,
                "identity_api": "microsoft-identity-platform-v2.0", "userid_attribute": "oid",
            })),
        ),
        ("windowslive", us(json!({ "strategy_version": 2 }))),
        (
            "apple",
            json!({ "client_id": "us", "app_secret": "-----BEGIN PRIVATE KEY-----\nx\n", "team_id": "T", "kid": "K" }),
        ),
        ("linkedin", us(json!({ "strategy_version": 3, "openid": true }))),
        (
            "oauth2",
            us(json!({
                "authorizationURL": format!("{IDP}/authorize"), "tokenURL": format!("{IDP}/token"), "scope": "me",
                "userinfo_endpoint": format!("{IDP}/me"), "pkce_enabled": true,
            })),
        ),
        (
            "email",
            json!({
                "name": "email", "email": { "from": "Acme <login@acme.example>", "subject": "Your code" },
                "totp": { "length": 6, "time_step": 300 }, "disable_signup": true, "brute_force_protection": true,
            }),
        ),
    ]
}

/// Some of the members of `value`.
fn assert_holds(value: &Value, expected: &Value) {
    for (name, expected) in expected.as_object().unwrap() {
        assert_eq!(&value[name], expected, "{name} in {value}");
    }
}

async fn the_options_of_every_strategy_come_back_as_they_were_sent(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let outsider = admin.with_scopes(&["read:connections"]).await;
    for (strategy, options) in connections() {
        let body = json!({
            "name": format!("one-{strategy}"), "strategy": strategy, "display_name": "One", "options": options,
            "metadata": { "owner": "it" }, "authentication": { "active": true },
            "connected_accounts": { "active": false },
        });
        let created = admin.create("/connections", body.clone()).await;
        assert_holds(&created["options"], &options);
        assert_eq!(created["realms"], json!([format!("one-{strategy}")]));
        let one = format!("/connections/{}", id(&created));
        assert_eq!(admin.get(&one).await, created, "{strategy}");
        let again = admin.call("POST", "/connections", Some(body)).await;
        assert_eq!((again.status, &again.json()["errorCode"]), (409, &json!("connection_conflict")));

        // Who may not read secrets may write without them: they stay.
        let seen = outsider.get(&one).await;
        let secrets = ["client_secret", "app_secret"];
        assert!(secrets.iter().all(|secret| seen["options"].get(secret).is_none()), "{seen}");
        let changed = admin.update(&one, json!({ "options": seen["options"], "metadata": null })).await;
        assert_eq!(changed["options"], created["options"], "{strategy}");
        assert!(changed.get("metadata").is_none());

        // Options are replaced, not merged.
        let mut fewer = options.clone();
        fewer.as_object_mut().unwrap().remove("icon_url");
        let changed = admin.update(&one, json!({ "options": fewer, "display_name": null })).await;
        assert!(changed["options"].get("icon_url").is_none() && changed.get("display_name").is_none(), "{changed}");

        let is_online = admin.call("GET", &format!("{one}/status"), None).await;
        let expected = 200;
        assert_eq!((is_online.status, is_online.body.is_empty()), (expected, expected == 200), "{strategy}");
        let gone = admin.call("DELETE", &one, None).await;
        assert!(gone.status == 202 && gone.json()["deleted_at"].is_string(), "{}", gone.text());
        assert_eq!(admin.call("DELETE", &one, None).await.status, 204);
        assert_eq!(admin.call("GET", &one, None).await.json()["errorCode"], "inexistent_connection");
    }
    assert_eq!(admin.get("/connections").await, json!([]));
}

async fn lists_of_connections_are_narrowed_and_come_in_parts(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let mut created = Vec::new();
    for (strategy, options) in connections() {
        let body = json!({ "name": strategy, "strategy": strategy, "options": options });
        created.push(admin.create("/connections", body).await);
    }
    let names = |list: &Value| list.as_array().unwrap().iter().map(|it| text(it, "name")).collect::<Vec<_>>();
    let all: Vec<String> = created.iter().map(|connection| text(connection, "name")).collect();
    assert_eq!(names(&admin.get("/connections").await), all);
    assert_eq!(
        names(&admin.get("/connections?strategy=github&strategy=apple&strategy=samlp").await),
        ["github", "apple"]
    );
    assert_eq!(admin.get("/connections?strategy=samlp").await, json!([]));
    assert_eq!(names(&admin.get("/connections?name=okta").await), ["okta"]);
    let page = admin.get("/connections?page=1&per_page=5&include_totals=true").await;
    assert_eq!((names(&page["connections"]), &page["total"]), (all[5..10].to_vec(), &json!(12)));
    assert_eq!(
        admin.get("/connections?name=okta&fields=name,strategy").await,
        json!([{ "name": "okta", "strategy": "okta" }])
    );
    let brief = admin.get(&format!("/connections/{}?fields=options&include_fields=false", id(&created[0]))).await;
    assert!(brief.get("options").is_none() && brief["name"] == "auth0", "{brief}");

    let mut found = Vec::new();
    let mut next = "/connections?take=5&include_totals=true".to_owned();
    loop {
        let part = admin.get(&next).await;
        assert!(part.get("total").is_none(), "take wins");
        found.extend(names(&part["connections"]));
        let Some(from) = part["next"].as_str() else { break };
        next = format!("/connections?take=5&from={from}");
    }
    assert_eq!(found, all);

    // The applications of one connection, in parts, too.
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(text(&admin.create("/clients", json!({ "name": "App" })).await, "client_id"));
    }
    clients.sort();
    let path = format!("/connections/{}/clients", id(&created[0]));
    let status =
        |status: bool| clients.iter().map(|id| json!({ "client_id": id, "status": status })).collect::<Value>();
    assert_eq!(admin.call("PATCH", &path, Some(status(true))).await.status, 204);
    let first = admin.get(&format!("{path}?take=2")).await;
    assert_eq!(first["clients"], json!([{ "client_id": clients[0] }, { "client_id": clients[1] }]));
    let rest = admin.get(&format!("{path}?from={}", text(&first, "next"))).await;
    assert_eq!(rest, json!({ "clients": [{ "client_id": clients[2] }] }));
    let of_client = admin.get(&format!("/clients/{}/connections?strategy=auth0&strategy=oidc", clients[0])).await;
    assert_eq!((names(&of_client["connections"]), &of_client["total"]), (vec!["auth0".to_owned()], &json!(1)));
    admin.call("PATCH", &path, Some(status(false))).await;
    assert_eq!(admin.get(&path).await, json!({ "clients": [] }));
}

async fn refused(admin: &Administrator, method: &str, path: &str, body: Value) -> String {
    let page = admin.call(method, path, Some(body.clone())).await;
    assert_eq!(page.status, 400, "{body}: {}", page.text());
    text(&page.json(), "errorCode")
}

#[tokio::test]
async fn what_is_not_built_is_refused_as_such_and_what_is_wrong_as_wrong() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let new = |strategy: &str, options: Value| json!({ "name": "a", "strategy": strategy, "options": options });
    let oidc = |more: Value| {
        let mut options = json!({ "client_id": "x", "issuer": IDP });
        options.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        new("oidc", options)
    };
    let unbuilt = [
        new("samlp", json!({})),
        new("ad", json!({})),
        oidc(json!({ "connection_settings": { "pkce": "disabled" } })),
        oidc(json!({ "dpop_signing_alg": "ES256" })),
        oidc(json!({ "set_user_root_attributes": "never_on_login" })),
        oidc(json!({ "token_endpoint_auth_method": "tls_client_auth" })),
        new("auth0", json!({ "import_mode": true })),
        new("auth0", json!({ "customScripts": { "login": "function" } })),
        new("auth0", json!({ "authentication_methods": { "passkey": { "enabled": true } } })),
        new("waad", json!({ "client_id": "x", "waad_protocol": "ws-federation" })),
        new("oauth2", json!({ "client_id": "x", "authorizationURL": IDP, "tokenURL": IDP, "scripts": {} })),
        new("email", json!({ "totp": { "length": 8 } })),
        json!({ "name": "a", "strategy": "auth0", "authentication": { "active": false } }),
        json!({ "name": "a", "strategy": "auth0", "connected_accounts": { "active": true } }),
    ];
    for body in unbuilt {
        assert_eq!(refused(admin, "POST", "/connections", body.clone()).await, "operation_not_supported", "{body}");
    }
    let wrong = [
        json!({ "strategy": "auth0" }),
        json!({ "name": "a" }),
        json!({ "name": "a", "strategy": "auth0", "odd": 1 }),
        json!({ "name": "a".repeat(129), "strategy": "auth0" }),
        json!({ "name": "a b", "strategy": "auth0" }),
        json!({ "name": "a", "strategy": "auth0", "metadata": { "a": 1 } }),
        json!({ "name": "a", "strategy": "oidc" }),
        new("oidc", json!({ "issuer": IDP })),
        new("oidc", json!({ "client_id": "x" })),
        oidc(json!({ "issuer": "ftp://identity.example" })),
        oidc(json!({ "issuer": "http://identity.example" })),
        oidc(json!({ "issuer": "https://user@identity.example" })),
        oidc(json!({ "domain_aliases": ["a b"] })),
        oidc(json!({ "domain_aliases": vec!["acme.example"; 2] })),
        oidc(json!({ "upstream_params": { "x": "y" } })),
        oidc(json!({ "client_secret": null })),
        new("okta", json!({ "client_id": "x", "domain": "acme.okta.com/x" })),
        new("auth0", json!({ "passwordPolicy": "best" })),
        new("auth0", json!({ "password_history": { "enable": true, "size": 25 } })),
        new("auth0", json!({ "validation": { "username": { "min": 9, "max": 3 } } })),
        new("google-oauth2", json!({ "client_id": 7 })),
    ];
    for body in wrong {
        assert_eq!(refused(admin, "POST", "/connections", body.clone()).await, "invalid_body", "{body}");
    }
    assert_eq!(admin.get("/connections").await, json!([]));

    // A change is checked against what the connection is.
    let connection = admin.create("/connections", oidc(json!({ "client_secret": "s3cret" }))).await;
    let path = format!("/connections/{}", id(&connection));
    let changes = [
        (
            json!({ "options": { "passwordPolicy": "good", "client_id": "x", "issuer": IDP } }),
            "operation_not_supported",
        ),
        (json!({ "options": { "client_id": "x" } }), "invalid_body"),
        (json!({ "options": { "client_id": "x", "issuer": "https://evil.example" } }), "invalid_body"),
        (
            json!({ "options": { "client_id": "x", "issuer": IDP, "token_endpoint": "https://evil.example" } }),
            "invalid_body",
        ),
        (json!({ "name": "b" }), "invalid_body"),
        (json!({ "enabled_clients": ["nobody"] }), "invalid_body"),
    ];
    for (body, code) in changes {
        assert_eq!(refused(admin, "PATCH", &path, body.clone()).await, code, "{body}");
    }
    assert_eq!(admin.get(&path).await, connection);
}

#[tokio::test]
async fn a_user_of_a_database_is_deleted_by_address() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let (people, others) = (admin.database("people").await, admin.database("others").await);
    let ada = admin.person("people", "ada@acme.example", "correct horse").await;
    let other = admin.person("others", "ada@acme.example", "correct horse").await;
    let path = format!("/connections/{people}/users?email=Ada%40acme.example");
    for _ in 0..2 {
        assert_eq!(admin.call("DELETE", &path, None).await.status, 204);
    }
    assert_eq!(admin.user_ids().await, [other.as_str()], "{ada} is gone, and nobody else");
    assert_eq!(admin.call("DELETE", &format!("/connections/{others}/users"), None).await.status, 400);
    let sso = admin.federated("sso", IDP, json!({})).await;
    let page = admin.call("DELETE", &format!("/connections/{sso}/users?email=a%40b.example"), None).await;
    assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("operation_not_supported")));
}
