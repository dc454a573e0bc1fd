//! Enabling connections through the Management API, as the documentation page that this product began with tells it.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

matrix! {
    an_administrator_enables_reads_changes_and_disables_a_connection,
    the_switches_are_also_read_as_texts,
    a_request_body_that_is_not_valid_is_refused_and_enables_nothing,
    each_call_needs_its_own_scope_and_no_other,
    a_call_without_a_valid_token_is_told_why,
    what_is_not_there_is_not_found,
    too_many_requests_are_told_when_to_come_again,
    the_login_page_follows_every_change_at_once,
}

const ISSUER: &str = "https://identity.example";

/// An organization and a federated connection, by their ids; nothing is enabled.
async fn acme(gateway: &Gateway) -> (String, String) {
    let organization = gateway.admin.organization("acme").await;
    (organization, gateway.admin.federated("acme-sso", ISSUER, json!({})).await)
}

fn enabled_connections(organization: &str) -> String {
    format!("/organizations/{organization}/enabled_connections")
}

fn assert_error(page: &Page, status: u16, code: Option<&str>, message: &str) {
    let reason = match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        _ => "Too Many Requests",
    };
    let mut expected = json!({ "statusCode": status, "error": reason, "message": message });
    if let Some(code) = code {
        expected["errorCode"] = code.into();
    }
    assert_eq!((page.status, page.json()), (status, expected));
    assert_eq!(page.content_type(), "application/json");
}

async fn an_administrator_enables_reads_changes_and_disables_a_connection(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (organization, connection) = acme(&gateway).await;
    let admin = &gateway.admin;
    let list = enabled_connections(&organization);
    let one = format!("{list}/{connection}");
    let enabled = json!({
        "connection_id": connection, "assign_membership_on_login": true, "show_as_button": true,
        "connection": { "name": "acme-sso", "strategy": "oidc" },
    });

    let body = json!({ "connection_id": connection, "assign_membership_on_login": true });
    let created = admin.call("POST", &list, Some(body.clone())).await;
    assert_eq!((created.status, created.json()), (201, enabled.clone()));
    let again = admin.call("POST", &list, Some(body)).await;
    assert_eq!((again.status, &again.json()["errorCode"]), (409, &json!("organization_connection_conflict")));

    let listed = admin.call("GET", &list, None).await;
    assert_eq!((listed.status, listed.json()), (200, json!([enabled])));
    let totals = admin.get(&format!("{list}?include_totals=true&per_page=1&page=0")).await;
    assert_eq!(totals, json!({ "enabled_connections": [enabled], "start": 0, "limit": 1, "total": 1 }));
    let found = admin.call("GET", &one, None).await;
    assert_eq!((found.status, found.json()), (200, enabled.clone()));

    let mut changed = enabled;
    changed["assign_membership_on_login"] = false.into();
    let answer = admin.call("PATCH", &one, Some(json!({ "assign_membership_on_login": false }))).await;
    assert_eq!((answer.status, answer.json()), (200, changed.clone()));
    assert_eq!(admin.get(&one).await, changed);

    let gone = admin.call("DELETE", &one, None).await;
    assert_eq!((gone.status, gone.text()), (204, String::new()));
    assert_eq!(admin.get(&list).await, json!([]));
    assert_eq!(admin.call("DELETE", &one, None).await.status, 204, "a deletion may be asked for again");
}

async fn the_switches_are_also_read_as_texts(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (organization, _) = acme(&gateway).await;
    let database = gateway.admin.database("acme-people").await;
    let list = enabled_connections(&organization);
    let body = json!({ "connection_id": database, "assign_membership_on_login": "true", "is_signup_enabled": "true" });
    let created = gateway.admin.create(&list, body).await;
    let switches = |value: &Value| {
        ["assign_membership_on_login", "show_as_button", "is_signup_enabled"].map(|name| value[name].as_bool())
    };
    assert_eq!(switches(&created), [Some(true); 3]);
    let change = json!({ "show_as_button": "false", "is_signup_enabled": "false" });
    let changed = gateway.admin.update(&format!("{list}/{database}"), change).await;
    assert_eq!(switches(&changed), [Some(true), Some(false), Some(false)]);
}

async fn a_request_body_that_is_not_valid_is_refused_and_enables_nothing(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (organization, connection) = acme(&gateway).await;
    let list = enabled_connections(&organization);
    let with = |more: Value| {
        let mut body = json!({ "connection_id": connection });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        body
    };
    let bodies = [
        json!({}),
        json!([]),
        json!("text"),
        json!({ "connection_id": 7 }),
        json!({ "connection_id": "con_0000000000000000" }),
        json!({ "connection_id": format!("{connection}\u{0}") }),
        with(json!({ "assign_membership_on_login": "yes" })),
        with(json!({ "assign_membership_on_login": 1 })),
        with(json!({ "show_as_button": null })),
        with(json!({ "unknown": true })),
        with(json!({ "is_signup_enabled": true, "assign_membership_on_login": true })),
    ];
    for body in bodies {
        let page = gateway.admin.call("POST", &list, Some(body.clone())).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_body")), "{body}");
    }
    assert_eq!(gateway.admin.get(&list).await, json!([]));
    let signup = with(json!({ "is_signup_enabled": true }));
    let page = gateway.admin.call("POST", &list, Some(signup)).await;
    let message = "Only database connections with assign_membership_on_login = true support is_signup_enabled = true.";
    assert_error(&page, 400, Some("invalid_body"), message);
}

async fn each_call_needs_its_own_scope_and_no_other(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (organization, connection) = acme(&gateway).await;
    let admin = &gateway.admin;
    let list = enabled_connections(&organization);
    let one = format!("{list}/{connection}");
    let calls = [
        ("create", "POST", &list, Some(json!({ "connection_id": connection })), 201),
        ("read", "GET", &list, None, 200),
        ("read", "GET", &one, None, 200),
        ("update", "PATCH", &one, Some(json!({ "assign_membership_on_login": true })), 200),
        ("delete", "DELETE", &one, None, 204),
    ];
    for (verb, method, path, body, success) in calls {
        let scope = format!("{verb}:organization_connections");
        let others: Vec<&str> = vestibule::management::SCOPES.iter().copied().filter(|other| *other != scope).collect();
        let page = admin.with_scopes(&others).await.call(method, path, body.clone()).await;
        let message = format!("Insufficient scope; expected any of: {scope}.");
        assert_error(&page, 403, Some("insufficient_scope"), &message);
        let page = admin.with_scopes(&[&scope]).await.call(method, path, body).await;
        assert_eq!(page.status, success, "{method} {path}: {}", page.text());
    }
}

async fn a_call_without_a_valid_token_is_told_why(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (organization, connection) = acme(&gateway).await;
    let admin = &gateway.admin;
    let another = Gateway::start(Mode::SqliteEmbedded).await;
    let (content, signature) = admin.token.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let tampered = format!("{content}.{flipped}{}", &signature[1..]);
    let other_api = admin.client_token("https://orders.example/", &["read:organization_connections"]).await;
    let reasons = [
        ("garbage".to_owned(), "Invalid token."),
        ("a.b.c".to_owned(), "Invalid token."),
        (another.admin.token.clone(), "Invalid token."),
        (tampered, "Invalid signature received for JSON Web Token validation."),
        (other_api, "Client is not global."),
        (admin.expired_token.clone(), "Expired token received for JSON Web Token validation"),
    ];
    let list = enabled_connections(&organization);
    let one = format!("{list}/{connection}");
    let calls = [("POST", &list), ("GET", &list), ("GET", &one), ("PATCH", &one), ("DELETE", &one)];
    for (token, message) in reasons {
        for (method, path) in calls {
            let page = admin.with_token(&token).call(method, path, Some(json!({ "connection_id": connection }))).await;
            assert_error(&page, 401, None, message);
        }
    }
    let page = Visitor::new().get(format!("{}{list}", admin.api)).await;
    assert_error(&page, 401, None, "Missing authentication");
    assert_eq!(page.header("x-ratelimit-limit"), Some("100"), "every answer tells the budget");
    assert_eq!(admin.get(&list).await, json!([]), "nothing was enabled");
}

#[tokio::test]
async fn the_token_of_a_person_is_no_key_to_the_api() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let (begun, page) = world.sign_in_to_acme(&Visitor::new(), "alice").await;
    let tokens = world.application.tokens(&begun, &page).await;
    let list = enabled_connections(&world.acme);
    for (kind, message) in [("access_token", "Client is not global."), ("id_token", "Client is not global.")] {
        let person = world.gateway.admin.with_token(tokens[kind].as_str().unwrap());
        assert_error(&person.call("GET", &list, None).await, 401, None, message);
    }
}

async fn what_is_not_there_is_not_found(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (organization, connection) = acme(&gateway).await;
    let list = enabled_connections(&organization);
    let nowhere = enabled_connections("org_0000000000000000");
    let no_organization = "No organization found by that id or name";
    let no_connection = "No connection found by that id";
    let switch = json!({ "assign_membership_on_login": true });
    let calls = [
        ("GET", nowhere.clone(), None, no_organization),
        ("POST", nowhere.clone(), Some(json!({ "connection_id": connection })), no_organization),
        ("GET", format!("{nowhere}/{connection}"), None, no_organization),
        ("PATCH", format!("{nowhere}/{connection}"), Some(switch.clone()), no_organization),
        ("DELETE", format!("{nowhere}/{connection}"), None, no_organization),
        ("GET", format!("{list}/{connection}"), None, no_connection),
        ("PATCH", format!("{list}/{connection}"), Some(switch), no_connection),
    ];
    for (method, path, body, message) in calls {
        assert_error(&gateway.admin.call(method, &path, body).await, 404, None, message);
    }
}

async fn too_many_requests_are_told_when_to_come_again(mode: Mode) {
    let settings = "management.request_burst = 4\nmanagement.requests_per_second = 1";
    let gateway = Gateway::start_with(mode, settings).await;
    let list = enabled_connections("org_0000000000000000");
    let number = |page: &Page, name: &str| -> i64 {
        let text = page.header(name).unwrap_or_else(|| panic!("no {name}: {:?}", page.headers));
        text.parse().unwrap()
    };
    let first = gateway.admin.call("GET", &list, None).await;
    assert_eq!((first.status, number(&first, "x-ratelimit-limit")), (404, 4));
    assert_eq!(number(&first, "x-ratelimit-remaining"), 3);
    let mut last = first;
    for _ in 0..40 {
        last = gateway.admin.call("GET", &list, None).await;
        if last.status == 429 {
            break;
        }
    }
    let message =
        "Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers.";
    assert_error(&last, 429, Some("too_many_requests"), message);
    assert_eq!((number(&last, "x-ratelimit-limit"), number(&last, "x-ratelimit-remaining")), (4, 0));
    let wait = number(&last, "x-ratelimit-reset") - vestibule::model::Timestamp::now().seconds();
    assert!((0..=5).contains(&wait), "{wait}");
    assert!((1..=2).contains(&number(&last, "retry-after")), "{:?}", last.headers);
}

async fn the_login_page_follows_every_change_at_once(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (organization, connection) = acme(&gateway).await;
    let application = Application::register(&gateway, json!({})).await;
    let list = enabled_connections(&organization);
    let one = format!("{list}/{connection}");
    let shown = async || {
        let page = Visitor::new().get(application.begin(&[("organization", "acme")]).url).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page.option_titles()
    };
    let script = gateway.admin.with_scopes(&["create:organization_connections"]).await;
    assert_eq!(shown().await, [""; 0]);
    script.create(&list, json!({ "connection_id": connection, "assign_membership_on_login": "true" })).await;
    assert_eq!(shown().await, ["Continue with Acme sso"]);
    gateway.admin.update(&one, json!({ "show_as_button": false })).await;
    assert_eq!(shown().await, [""; 0], "a hidden option");
    gateway.admin.update(&one, json!({ "show_as_button": true })).await;
    assert_eq!(shown().await, ["Continue with Acme sso"]);
    gateway.admin.disable(&organization, &connection).await;
    assert_eq!(shown().await, [""; 0]);
}
