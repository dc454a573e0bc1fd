//! Who gets into the dashboard, and who changes that.

use serde_json::json;

use crate::support::administrators::{ADMINISTRATOR, PASSWORD, again, colleague, set_up, sign_in, signed_in};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::Visitor;

async fn start() -> Gateway {
    Gateway::start(Mode::SqliteEmbedded).await
}

fn user_path(user: &str) -> String {
    format!("/users/{}", user.replace('|', "%7C"))
}

#[tokio::test]
async fn a_setup_link_makes_one_administrator_and_ends() {
    let gateway = start().await;
    let (visitor, link) = (Visitor::new(), gateway.setup_link().await);
    let form = visitor.get(&link).await;
    let weak = visitor.submit(&form, &[("email", ADMINISTRATOR), ("password", "short")]).await;
    assert_eq!(weak.status, 400);
    assert!(weak.text_of("#password-error").is_some(), "{}", weak.text());
    let wrong = visitor.submit(&form, &[("email", "nobody"), ("password", PASSWORD)]).await;
    assert_eq!(wrong.text_of("#email-error").as_deref(), Some("Enter an e-mail address such as you@example.com."));
    let made = visitor.submit(&form, &[("email", ADMINISTRATOR), ("password", PASSWORD)]).await;
    assert_eq!((made.status, made.location().path()), (303, "/dashboard"));
    let late = visitor.submit(&form, &[("email", "eve@evil.example"), ("password", PASSWORD)]).await;
    assert_eq!((late.status, late.text_of("h1").as_deref()), (403, Some("This setup link has ended")));
    assert_eq!(visitor.get(&link).await.status, 403);
    let users = gateway.admin.user_ids().await;
    assert_eq!(users.len(), 1, "{users:?}");
    again(&gateway, ADMINISTRATOR).await;
}

#[tokio::test]
async fn fifty_uses_of_one_setup_link_make_one_account() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "login.password_failures = 1000").await;
    let form = Visitor::new().get(gateway.setup_link().await).await;
    let uses = (0..50).map(|number| {
        let form = form.clone();
        async move {
            let email = format!("a{number}@company.example");
            Visitor::new().submit(&form, &[("email", &email), ("password", PASSWORD)]).await.status
        }
    });
    let statuses = futures_util::future::join_all(uses).await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(gateway.admin.user_ids().await.len(), 1);
}

#[tokio::test]
async fn an_administrator_signs_in_and_out() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let page = visitor.get(gateway.url("/dashboard/organizations")).await;
    assert!(page.text().contains(ADMINISTRATOR), "{}", page.text());
    let cookie = visitor.cookie(&page.url, "vestibule_dashboard").unwrap();
    let out = visitor.submit(&page, &[]).await;
    let out = visitor.follow(out, "https://nowhere.example").await;
    assert_eq!(out.text_of("h1").as_deref(), Some("You are signed out"), "{}", out.text());
    // Who kept the cookie has nothing.
    visitor.set_cookie(&page.url, &format!("vestibule_dashboard={cookie}; Path=/"));
    let page = visitor.get(gateway.url("/dashboard/organizations")).await;
    assert_eq!(page.status, 303);
    let page = visitor.follow(page, "https://nowhere.example").await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Dashboard"), "the login page's session ended, too");
}

#[tokio::test]
async fn whoever_signs_out_is_out_also_when_the_session_had_ended() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let page = visitor.get(gateway.url("/dashboard/organizations")).await;
    visitor.set_cookie(&page.url, "vestibule_dashboard=; Path=/; Max-Age=0");
    let asked = visitor.submit(&page, &[]).await;
    let asked = visitor.follow(asked, "https://nowhere.example").await;
    // Nothing says whose session of the login page it is, so the person is asked.
    let out = visitor.submit(&asked, &[]).await;
    let out = visitor.follow(out, "https://nowhere.example").await;
    assert_eq!(out.text_of("h1").as_deref(), Some("You are signed out"), "{}", out.text());
    let page = visitor.get(gateway.url("/dashboard")).await;
    let page = visitor.follow(page, "https://nowhere.example").await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Dashboard"));
}

#[tokio::test]
async fn an_administrator_who_was_away_shows_anew_who_they_are() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "dashboard.session_idle_minutes = 5").await;
    let visitor = signed_in(&gateway).await;
    let begun = visitor.get(gateway.url("/dashboard/sign-in")).await.location();
    assert!(begun.query_pairs().any(|(name, value)| name == "max_age" && value == "300"), "{begun}");
}

#[tokio::test]
async fn of_two_setup_links_one_is_used() {
    for mode in [Mode::SqliteEmbedded, Mode::PostgresEmbedded] {
        let gateway = Gateway::start(mode).await;
        let links = [gateway.setup_link().await, gateway.setup_link().await];
        let uses = links.iter().enumerate().map(|(number, link)| async move {
            let visitor = Visitor::new();
            let form = visitor.get(link).await;
            let email = format!("a{number}@company.example");
            visitor.submit(&form, &[("email", &email), ("password", PASSWORD)]).await.status
        });
        let mut statuses = futures_util::future::join_all(uses).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 403]);
    }
}

#[tokio::test]
async fn a_password_ticket_from_before_is_no_way_to_become_administrator() {
    let gateway = start().await;
    set_up(&gateway).await;
    let user = colleague(&gateway, "bob@company.example", None).await;
    let ticket = gateway.admin.create("/tickets/password-change", json!({ "user_id": user })).await;
    let role = gateway.admin.get("/roles?name_filter=Read-only").await[0]["id"].clone();
    gateway.admin.done("POST", &format!("{}/roles", user_path(&user)), Some(json!({ "roles": [role] }))).await;
    assert_eq!(Visitor::new().get(ticket["ticket"].as_str().unwrap()).await.status, 403);
}

#[tokio::test]
async fn nobody_grants_or_rotates_more_than_they_have() {
    let gateway = start().await;
    let audience = gateway.url("/api/v2/");
    let (machine, _) = gateway.admin.machine(&audience, &["update:users", "delete:users"]).await;
    let scopes =
        ["create:clients", "create:client_grants", "update:client_grants", "update:client_keys", "update:users"];
    let some = gateway.admin.with_scopes(&scopes).await;
    let client = some.create("/clients", json!({ "name": "mine", "grant_types": ["client_credentials"] })).await;
    let grant = |scope: &[&str]| json!({ "client_id": client["client_id"], "audience": audience, "scope": scope });
    let refused = some.call("POST", "/client-grants", Some(grant(&["update:users", "create:role_members"]))).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let granted = some.create("/client-grants", grant(&["update:users"])).await;
    let path = format!("/client-grants/{}", granted["id"].as_str().unwrap());
    let more = json!({ "scope": ["update:users", "delete:users"] });
    assert_eq!(some.call("PATCH", &path, Some(more)).await.status, 403);
    let rotate = format!("/clients/{machine}/rotate-secret");
    assert_eq!(some.call("POST", &rotate, None).await.status, 403);
    assert_eq!(gateway.admin.call("POST", &rotate, None).await.status, 200);
}

#[tokio::test]
async fn a_sign_in_leads_back_to_the_page_that_was_asked_for_and_nowhere_else() {
    let gateway = start().await;
    set_up(&gateway).await;
    let page = sign_in(&Visitor::new(), &gateway.url("/dashboard/organizations/new"), ADMINISTRATOR).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("New organization"));
    for elsewhere in ["https://evil.example/", "//evil.example", "/oidc/logout", "/dashboard/..//evil.example"] {
        let url = gateway.url(&format!("/dashboard/sign-in?return_to={}", elsewhere.replace('/', "%2F")));
        let page = sign_in(&Visitor::new(), &url, ADMINISTRATOR).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Overview"), "{elsewhere}");
    }
}

#[tokio::test]
async fn an_answer_of_another_browser_or_server_signs_nobody_in() {
    let gateway = start().await;
    set_up(&gateway).await;
    let visitor = Visitor::new();
    let begun = visitor.get(gateway.url("/dashboard/sign-in")).await;
    let page = visitor.follow(begun, "https://nowhere.example").await;
    let page = visitor.submit(&page, &[("username", ADMINISTRATOR), ("password", PASSWORD)]).await;
    let callback = page.location();
    assert_eq!(callback.path(), "/dashboard/callback");
    let other = Visitor::new().get(&callback).await;
    assert!(other.location().path().starts_with("/dashboard/sign-in"), "another browser");
    let foreign = callback.as_str().replace("iss=", "iss=https%3A%2F%2Fevil.example%2F&other=");
    assert!(visitor.get(foreign).await.location().path().starts_with("/dashboard/sign-in"), "another server");
    let late = visitor.get(&callback).await;
    assert!(late.location().path().starts_with("/dashboard/sign-in"), "an answer is taken once");
}

#[tokio::test]
async fn the_dashboard_moves_with_the_servers_address() {
    let gateway = start().await;
    set_up(&gateway).await;
    let gateway = gateway.restart_with("").await;
    again(&gateway, ADMINISTRATOR).await;
}

#[tokio::test]
async fn the_log_names_the_administrator() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let form = visitor.get(gateway.url("/dashboard/organizations/new")).await;
    visitor.submit(&form, &[("name", "acme"), ("display_name", "Acme")]).await;
    let event = gateway.admin.get("/logs?q=type:sapi&sort=date:-1&per_page=1").await[0].clone();
    let ada = gateway.admin.user_ids().await.remove(0);
    assert_eq!(event["details"]["request"]["auth"]["user"]["user_id"], json!(ada), "{event}");
    assert_eq!(event["client_id"], "vestibule-dashboard");
}

#[tokio::test]
async fn who_is_no_administrator_gets_no_dashboard() {
    let gateway = start().await;
    set_up(&gateway).await;
    colleague(&gateway, "bob@company.example", None).await;
    let page = sign_in(&Visitor::new(), &gateway.url("/dashboard"), "bob@company.example").await;
    assert_eq!((page.status, page.text_of("h1").as_deref()), (403, Some("You are no administrator")));
    assert!(page.text().contains("bob@company.example"));
}

#[tokio::test]
async fn whoever_loses_the_role_or_is_blocked_is_out_at_once() {
    let gateway = start().await;
    set_up(&gateway).await;
    for (email, end) in [
        ("bob@company.example", "role"),
        ("cay@company.example", "blocked"),
        ("dan@company.example", "deleted"),
        ("eli@company.example", "password"),
    ] {
        let user = colleague(&gateway, email, Some("Read-only administrator")).await;
        let visitor = again(&gateway, email).await;
        let path = user_path(&user);
        match end {
            "role" => {
                let roles = gateway.admin.get(&format!("{path}/roles")).await;
                let body = json!({ "roles": [roles[0]["id"]] });
                gateway.admin.done("DELETE", &format!("{path}/roles"), Some(body)).await;
            }
            "blocked" => drop(gateway.admin.update(&path, json!({ "blocked": true })).await),
            "password" => drop(gateway.admin.update(&path, json!({ "password": "Another Horse 8" })).await),
            _ => gateway.admin.delete(&path).await,
        }
        let page = visitor.get(gateway.url("/dashboard/organizations")).await;
        assert_eq!(page.status, 303, "{end}: {}", page.text());
        assert!(page.location().path().starts_with("/dashboard/sign-in"), "{end}");
    }
}

#[tokio::test]
async fn only_who_may_do_everything_changes_who_administers() {
    let gateway = start().await;
    set_up(&gateway).await;
    let user = colleague(&gateway, "bob@company.example", None).await;
    let ada = gateway.admin.get(&format!("/users?q=email:{}", "%22ada@company.example%22")).await[0]["user_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let role = crate::support::administrators::role(&gateway, "Administrator").await;
    let connections = gateway.admin.get("/connections?name=administrators").await;
    let connection = connections[0]["id"].as_str().unwrap();
    let scopes = [
        "update:users",
        "create:role_members",
        "delete:role_members",
        "update:roles",
        "delete:roles",
        "create:user_tickets",
        "delete:users",
        "create:connections",
        "update:connections",
        "delete:connections",
        "update:clients",
        "delete:clients",
        "read:users",
    ];
    let some = gateway.admin.with_scopes(&scopes).await;
    let tries = [
        ("POST", format!("{}/roles", user_path(&user)), json!({ "roles": [role] })),
        ("POST", format!("/roles/{role}/users"), json!({ "users": [user] })),
        ("DELETE", format!("{}/roles", user_path(&ada)), json!({ "roles": [role] })),
        ("PATCH", format!("/roles/{role}"), json!({ "name": "x" })),
        ("DELETE", format!("/roles/{role}"), json!(null)),
        ("PATCH", user_path(&ada), json!({ "password": "Another Horse 8" })),
        ("DELETE", user_path(&ada), json!(null)),
        ("POST", "/tickets/password-change".to_owned(), json!({ "user_id": ada })),
        ("PATCH", format!("/connections/{connection}"), json!({ "display_name": "x" })),
        (
            "PATCH",
            format!("/connections/{connection}/clients"),
            json!([{ "client_id": "vestibule-dashboard", "status": false }]),
        ),
        ("DELETE", format!("/connections/{connection}"), json!(null)),
        ("DELETE", format!("/connections/{connection}/users?email=ada@company.example"), json!(null)),
        (
            "POST",
            "/connections".to_owned(),
            json!({ "name": "mine", "strategy": "auth0", "enabled_clients": ["vestibule-dashboard"] }),
        ),
        ("POST", "/tickets/email-verification".to_owned(), json!({ "user_id": ada })),
        (
            "POST",
            "/tickets/password-change".to_owned(),
            json!({ "connection_id": connection, "email": "ada@company.example" }),
        ),
        ("PATCH", "/clients/vestibule-dashboard".to_owned(), json!({ "callbacks": ["https://evil.example/"] })),
        ("DELETE", "/clients/vestibule-dashboard".to_owned(), json!(null)),
    ];
    for (method, path, body) in tries {
        let answer = some.call(method, &path, Some(body).filter(|body| !body.is_null())).await;
        assert_eq!(
            (answer.status, answer.json()["errorCode"].as_str()),
            (403, Some("operation_not_supported")),
            "{method} {path}"
        );
    }
    again(&gateway, ADMINISTRATOR).await;
    // Who may do everything does it.
    gateway.admin.done("POST", &format!("{}/roles", user_path(&user)), Some(json!({ "roles": [role] }))).await;
    again(&gateway, "bob@company.example").await;
}

#[tokio::test]
async fn no_application_but_the_dashboard_gets_tokens_of_an_administrator() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let audience = gateway.url("/api/v2/").replace(':', "%3A").replace('/', "%2F");
    let application =
        crate::support::application::Application::register(&gateway, json!({ "organization_usage": "allow" })).await;
    let connections = gateway.admin.get("/connections?name=administrators").await;
    let path = format!("/connections/{}/clients", connections[0]["id"].as_str().unwrap());
    let clients = json!([{ "client_id": application.client_id, "status": true }]);
    gateway.admin.done("PATCH", &path, Some(clients)).await;
    let begun = application.begin(&[]);
    let page = visitor.get(&begun.url).await;
    assert!(page.redirect_parameter("code").is_some(), "the session is good for the application");
    let page = visitor.get(format!("{}&audience={audience}", begun.url)).await;
    assert_eq!(page.redirect_parameter("error").as_deref(), Some("access_denied"), "{:?}", page.find_location());
}
