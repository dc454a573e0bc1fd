//! Organizations and what is enabled for them: the seed, its refusals, scopes, hostile identifiers.

use serde_json::{Value, json};

use super::{Api, text};

#[tokio::test]
async fn an_enabled_connection_lives_as_the_seed_tells_it() {
    let api = Api::new().await;
    let organization = api.organization("acme").await;
    let (database, oidc) = (api.database("people").await, text(&api.oidc("acme-sso").await, "id"));
    let path = format!("/organizations/{organization}/enabled_connections");

    // The seed's example sends the switch as a text.
    let wish = json!({ "connection_id": oidc, "assign_membership_on_login": "true" });
    let expected = json!({ "connection_id": oidc, "assign_membership_on_login": true, "show_as_button": true,
                           "connection": { "name": "acme-sso", "strategy": "oidc" } });
    assert_eq!(api.call("POST", &path, wish.clone()).await, (201, expected.clone()));
    assert_eq!(api.call("POST", &path, wish).await.0, 409);
    let enabled = api.created(&path, json!({ "connection_id": database })).await;
    assert_eq!(enabled["is_signup_enabled"], false);
    assert_eq!(enabled["assign_membership_on_login"], false);

    let (status, all) = api.get(&path).await;
    assert_eq!((status, &all[0], all.as_array().map(Vec::len)), (200, &expected, Some(2)));
    let (_, page) = api.get(&format!("{path}?page=1&per_page=1&include_totals=true")).await;
    assert_eq!(page, json!({ "enabled_connections": [enabled], "start": 1, "limit": 1, "total": 2 }));

    let one = format!("{path}/{oidc}");
    assert_eq!(api.get(&one).await, (200, expected));
    let (status, changed) = api.call("PATCH", &one, json!({ "show_as_button": false })).await;
    assert_eq!(
        (status, &changed["show_as_button"], &changed["assign_membership_on_login"]),
        (200, &json!(false), &json!(true))
    );
    assert_eq!(api.get(&one).await, (200, changed));

    let before = api.events().await;
    assert_eq!(api.call("DELETE", &one, Value::Null).await, (204, Value::Null));
    assert_eq!(api.call("DELETE", &one, Value::Null).await, (204, Value::Null));
    assert_eq!(api.events().await, before + 1);
    let (status, error) = api.get(&one).await;
    assert_eq!((status, &error["message"]), (404, &json!("No connection found by that id")));
    assert!(error.get("errorCode").is_none());
}

#[tokio::test]
async fn sign_up_needs_a_database_with_auto_membership() {
    let api = Api::new().await;
    let organization = api.organization("acme").await;
    let (database, oidc) = (api.database("people").await, text(&api.oidc("sso").await, "id"));
    let path = format!("/organizations/{organization}/enabled_connections");
    let refused = [
        json!({ "connection_id": oidc, "assign_membership_on_login": true, "is_signup_enabled": true }),
        json!({ "connection_id": database, "is_signup_enabled": true }),
    ];
    for wish in refused {
        let (status, error) = api.call("POST", &path, wish).await;
        assert_eq!((status, &error["errorCode"]), (400, &json!("invalid_body")));
        let message =
            "Only database connections with assign_membership_on_login = true support is_signup_enabled = true.";
        assert_eq!(error["message"], message);
    }
    let wish = json!({ "connection_id": database, "assign_membership_on_login": true, "is_signup_enabled": "true" });
    assert_eq!(api.created(&path, wish).await["is_signup_enabled"], true);
    let off = json!({ "assign_membership_on_login": false });
    assert_eq!(api.call("PATCH", &format!("{path}/{database}"), off).await.0, 400);
}

#[tokio::test]
async fn what_cannot_be_enabled_is_refused_with_a_sentence() {
    let api = Api::new().await;
    let organization = api.organization("acme").await;
    let path = format!("/organizations/{organization}/enabled_connections");
    let connection = api.database("people").await;
    let cases = [
        (path.as_str(), json!({ "connection_id": "con_0000000000000000" }), 400, "No connection found by that id"),
        (&path, json!({}), 400, "connection_id"),
        (&path, json!({ "connection_id": connection, "enabled": true }), 400, "enabled"),
        (&path, json!({ "connection_id": connection, "show_as_button": "yes" }), 400, "show_as_button"),
        (&path, json!({ "connection_id": connection, "show_as_button": null }), 400, "show_as_button"),
        (&path, json!({ "connection_id": "a\0" }), 400, "NUL"),
        (&path, json!([]), 400, "Payload validation error"),
        (
            "/organizations/org_0000000000000000/enabled_connections",
            json!({ "connection_id": connection }),
            404,
            "No organization found by that id or name",
        ),
        ("/organizations/a%00/enabled_connections", json!({ "connection_id": connection }), 400, "Path validation"),
    ];
    for (path, body, expected, sentence) in cases {
        let (status, error) = api.call("POST", path, body.clone()).await;
        assert_eq!(status, expected, "{body} {error}");
        assert!(text(&error, "message").contains(sentence), "{body} {error}");
    }
    for name in ["b", "c", "d"] {
        let connection = api.database(name).await;
        api.created(&path, json!({ "connection_id": connection })).await;
    }
    let (status, error) = api.call("POST", &path, json!({ "connection_id": connection })).await;
    assert_eq!((status, &error["errorCode"]), (403, &json!("too_many_entities")));
}

#[tokio::test]
async fn each_call_needs_its_scope() {
    let api = Api::new().await;
    let organization = api.organization("acme").await;
    let path = format!("/organizations/{organization}/enabled_connections");
    let (status, error) =
        api.call_with("read:organization_connections", "POST", &path, json!({ "connection_id": "con" })).await;
    assert_eq!((status, &error["errorCode"]), (403, &json!("insufficient_scope")));
    assert_eq!(error["message"], "Insufficient scope; expected any of: create:organization_connections.");
    let paths = [
        "/organizations",
        "/organizations/x",
        "/organizations/name/x",
        "/connections",
        "/connections/x",
        "/connections/x/clients",
        "/clients",
        "/clients/x",
        "/clients/x/connections",
        "/client-grants",
    ];
    for path in paths {
        assert_eq!(api.call_with("", "GET", path, Value::Null).await.0, 403, "{path}");
    }
}

#[tokio::test]
async fn a_malformed_organization_is_refused() {
    let api = Api::new().await;
    let bodies = [
        json!({}),
        json!({ "name": "Acme" }),
        json!({ "name": "" }),
        json!({ "name": "a".repeat(51) }),
        json!({ "name": "a", "display_name": "" }),
        json!({ "name": "a", "display_name": "x\ny" }),
        json!({ "name": "a", "branding": { "logo_url": "http://acme.example/x.png" } }),
        json!({ "name": "a", "branding": { "logo_url": "javascript:alert(1)" } }),
        json!({ "name": "a", "branding": { "colors": { "primary": "red;" } } }),
        json!({ "name": "a", "metadata": { "n": 1 } }),
        json!({ "name": "a", "id": "org_chosen" }),
        json!({ "name": "a", "enabled_connections": vec![json!({ "connection_id": "x" }); 11] }),
    ];
    for body in bodies {
        let (status, error) = api.call("POST", "/organizations", body.clone()).await;
        assert_eq!((status, &error["errorCode"]), (400, &json!("invalid_body")), "{body}");
    }
    assert_eq!(api.get("/organizations").await, (200, json!([])));
}

#[tokio::test]
async fn hostile_identifiers_are_answered_never_failed() {
    let api = Api::new().await;
    let long = "a".repeat(2000);
    let roots = ["organizations", "organizations/name", "connections", "clients", "client-grants"];
    for (root, id) in roots.iter().flat_map(|root| ["%00", "%ff", "%0a", "..", "'--", &long].map(|id| (root, id))) {
        let (status, _) = api.get(&format!("/{root}/{id}")).await;
        assert!(matches!(status, 400 | 404), "{root}/{id}: {status}");
    }
    for query in ["page=x", "per_page=0", "per_page=101", "page=-1", "include_totals=2", "name=%00", "page=900"] {
        assert_eq!(api.get(&format!("/connections?{query}")).await.0, 400, "{query}");
    }
}
