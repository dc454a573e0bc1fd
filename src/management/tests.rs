//! The API over a fresh database, called through its routers.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::{Extension, Router};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::*;
use crate::config::Config;

const EVERYTHING: &str = "read:organizations create:organizations update:organizations delete:organizations \
    read:organization_connections create:organization_connections update:organization_connections \
    delete:organization_connections read:connections create:connections update:connections delete:connections \
    read:connections_options read:clients create:clients update:clients delete:clients read:client_keys \
    update:client_keys read:client_grants create:client_grants update:client_grants delete:client_grants";

struct Api {
    router: Router<Arc<Management>>,
    management: Arc<Management>,
    scopes: String,
    _directory: TempDir,
}

impl Api {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let text = format!(
            "[storage]\nurl = \"sqlite:{}\"\n[management]\nmax_connections_per_organization = 3",
            directory.path().join("test.db").display()
        );
        let config = Config::from_text(&text, std::iter::empty()).expect("a configuration");
        let (tenant, _) = crate::store::open(&config.storage).await.expect("a database");
        let router = Router::new()
            .merge(organizations::router())
            .merge(enabled_connections::router())
            .merge(connections::router())
            .merge(connection_clients::router())
            .merge(clients::router())
            .merge(client_grants::router());
        let management = Arc::new(Management { tenant, settings: config.management });
        Self { router, management, scopes: EVERYTHING.to_owned(), _directory: directory }
    }

    /// The same with a caller of these scopes only.
    async fn call_with(&self, scopes: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let caller = Caller {
            subject: "tester@clients".to_owned(),
            client_id: "tester".to_owned(),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        };
        let router = self.router.clone().layer(Extension(caller)).with_state(self.management.clone());
        let mut request = Request::builder().method(method).uri(path);
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        };
        let response = router.oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}");
        (status.as_u16(), if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") })
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.call_with(&self.scopes, method, path, body).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, Value::Null).await
    }

    async fn created(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call("POST", path, body).await;
        assert_eq!(status, 201, "{path}: {answer}");
        answer
    }

    async fn organization(&self, name: &str) -> String {
        text(&self.created("/organizations", json!({ "name": name })).await, "id")
    }

    async fn database(&self, name: &str) -> String {
        text(&self.created("/connections", json!({ "name": name, "strategy": "auth0" })).await, "id")
    }

    async fn oidc(&self, name: &str) -> Value {
        let options = json!({ "client_id": "us", "client_secret": "s3cret", "issuer": "https://idp.example.com", "scope": "openid" });
        self.created("/connections", json!({ "name": name, "strategy": "oidc", "options": options })).await
    }

    /// How many audit events there are.
    async fn events(&self) -> i64 {
        let mut rows = self.management.tenant.read().await.expect("rows");
        rows.count_events().await.expect("a count")
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("{member} in {value}")).to_owned()
}

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
        (&path, json!({ "connection_id": connection, "show_as_button": "yes" }), 400, "true or false"),
        (&path, json!({ "connection_id": connection, "show_as_button": null }), 400, "true or false"),
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
async fn an_organization_is_made_changed_and_deleted() {
    let api = Api::new().await;
    let connection = api.database("people").await;
    let body = json!({ "name": "acme", "display_name": "Acme", "metadata": { "plan": "gold" },
        "branding": { "logo_url": "https://acme.example/logo.png", "colors": { "primary": "#0059d6" } },
        "enabled_connections": [{ "connection_id": connection }] });
    let created = api.created("/organizations", body).await;
    assert_eq!(created["enabled_connections"][0]["connection_id"], json!(connection));
    let path = format!("/organizations/{}", text(&created, "id"));
    let (_, found) = api.get(&path).await;
    assert!(found.get("enabled_connections").is_none());
    assert_eq!(api.get("/organizations/name/acme").await, (200, found));

    let (status, error) = api.call("POST", "/organizations", json!({ "name": "acme" })).await;
    assert_eq!((status, &error["errorCode"]), (409, &json!("organization_conflict")));
    api.organization("globex").await;
    assert_eq!(api.call("PATCH", &path, json!({ "name": "globex" })).await.0, 409);

    let (status, changed) = api.call("PATCH", &path, json!({ "display_name": null, "name": "acme-2" })).await;
    assert_eq!((status, &changed["name"], changed.get("display_name")), (200, &json!("acme-2"), None));
    assert_eq!(changed["metadata"]["plan"], "gold");
    assert_eq!(api.call("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(api.call("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(api.get(&path).await.0, 404);
    assert_eq!(api.get(&format!("{path}/enabled_connections")).await.0, 404);
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
async fn a_connection_that_is_not_built_or_malformed_is_refused() {
    let api = Api::new().await;
    api.database("people").await;
    let idp = "https://idp.example.com";
    let cases = [
        (json!({ "name": "people", "strategy": "auth0" }), 409, "connection_conflict"),
        (json!({ "name": "a", "strategy": "samlp" }), 400, "operation_not_supported"),
        (json!({ "name": "-a", "strategy": "auth0" }), 400, "invalid_body"),
        (json!({ "name": "a--b", "strategy": "auth0" }), 400, "invalid_body"),
        (
            json!({ "name": "a", "strategy": "auth0", "options": { "import_mode": true } }),
            400,
            "operation_not_supported",
        ),
        (json!({ "name": "a", "strategy": "auth0", "enabled_clients": ["x"] }), 400, "invalid_body"),
        (json!({ "name": "a", "strategy": "oidc", "options": { "issuer": idp } }), 400, "invalid_body"),
        (json!({ "name": "a", "strategy": "oidc", "options": { "client_id": "x" } }), 400, "invalid_body"),
        (
            json!({ "name": "a", "strategy": "oidc", "options": { "client_id": "x", "issuer": "http://idp.example.com" } }),
            400,
            "invalid_body",
        ),
        (json!({ "name": "a", "strategy": "oidc", "options": { "client_id": 7, "issuer": idp } }), 400, "invalid_body"),
        (
            json!({ "name": "a", "strategy": "oidc", "options": { "client_id": "x", "issuer": idp, "type": "front_channel" } }),
            400,
            "operation_not_supported",
        ),
        (json!({ "name": "a", "strategy": "okta", "options": { "client_id": "x" } }), 400, "invalid_body"),
        (
            json!({ "name": "a", "strategy": "okta", "options": { "client_id": "x", "domain": "a.okta.com/x" } }),
            400,
            "invalid_body",
        ),
    ];
    for (body, expected, code) in cases {
        let (status, error) = api.call("POST", "/connections", body.clone()).await;
        assert_eq!((status, &error["errorCode"]), (expected, &json!(code)), "{body} {error}");
    }
    let okta =
        json!({ "name": "okta", "strategy": "okta", "options": { "client_id": "x", "domain": "acme.okta.com" } });
    api.created("/connections", okta).await;
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
        (json!({ "name": "a", "organization_require_behavior": "post_login_prompt" }), "operation_not_supported"),
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
    let gateway = format!("{EVERYTHING} create:logins");
    assert!(api.call_with(&gateway, "GET", &path, Value::Null).await.1["client_secret"].is_string());
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
