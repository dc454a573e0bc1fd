//! Who gets into the dashboard, and which forms it takes.

use serde_json::json;

use crate::support::administrators::{ADMINISTRATOR, PASSWORD, again, colleague, set_up, sign_in, signed_in};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};
use crate::support::identity_provider::IdentityProvider;

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
        assert_eq!(page.text_of("h1").as_deref(), Some("Organizations"), "{elsewhere}");
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

/// Every form of the dashboard that changes something, with what it takes.
async fn forms(gateway: &Gateway) -> Vec<(String, Vec<(&'static str, String)>)> {
    let acme = gateway.admin.organization("acme").await;
    let (passwords, other) = (gateway.admin.database("passwords").await, gateway.admin.database("other").await);
    gateway.admin.enable(&acme, &passwords, false).await;
    let sso = gateway.admin.federated("acme-sso", "https://id.acme.example/", json!({})).await;
    let organization = format!("/dashboard/organizations/{acme}");
    let connection = format!("/dashboard/connections/{sso}");
    let text = str::to_owned;
    vec![
        (
            text("/dashboard/connections/new?strategy=github"),
            vec![
                ("strategy", text("github")),
                ("name", text("github")),
                ("client_id", text("gateway")),
                ("client_secret", text("a secret")),
            ],
        ),
        (
            connection.clone(),
            vec![
                ("display_name", text("Changed")),
                ("issuer", text("https://id.acme.example/")),
                ("client_id", text("other")),
            ],
        ),
        (format!("{connection}/delete"), vec![("typed_name", text("acme-sso"))]),
        (text("/dashboard/organizations/new"), vec![("name", text("globex"))]),
        (organization.clone(), vec![("name", text("acme")), ("display_name", text("Changed"))]),
        (format!("{organization}/connections/enable"), vec![("connection_id", other)]),
        (
            format!("{organization}/connections/{passwords}"),
            vec![("assign_membership_on_login", text("on")), ("allowed_domains", text("acme.example"))],
        ),
        (format!("{organization}/connections/{passwords}/remove"), Vec::new()),
        (format!("{organization}/delete"), vec![("typed_name", text("acme"))]),
    ]
}

/// All that the forms could change.
async fn state(gateway: &Gateway) -> serde_json::Value {
    let organizations = gateway.admin.get("/organizations").await;
    let mut connections = vec![gateway.admin.get("/connections").await];
    for organization in organizations.as_array().unwrap() {
        let id = organization["id"].as_str().unwrap();
        connections.push(gateway.admin.get(&format!("/organizations/{id}/enabled_connections")).await);
    }
    json!([organizations, connections])
}

fn fields<'f>(fields: &'f [(&'static str, String)], csrf: &'f str) -> Vec<(&'f str, &'f str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).chain([("csrf", csrf)]).collect()
}

fn csrf(page: &Page) -> String {
    page.forms().iter().flat_map(|form| form.values.clone()).find(|(name, _)| name == "csrf").unwrap().1
}

#[tokio::test]
async fn a_form_that_no_page_of_the_session_sent_changes_nothing() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let other = again(&gateway, ADMINISTRATOR).await;
    let forms = forms(&gateway).await;
    let before = state(&gateway).await;
    let token = csrf(&visitor.get(gateway.url("/dashboard/organizations/new")).await);
    let of_other = csrf(&other.get(gateway.url("/dashboard/organizations/new")).await);
    assert_ne!(token, of_other);
    for (path, typed) in &forms {
        let url = gateway.url(path);
        for wrong in ["", "x", &of_other] {
            let page = visitor.post_form(&url, &fields(typed, wrong)).await;
            assert_eq!(page.status, 403, "{path} with the token {wrong:?}");
        }
        for (origin, site) in
            [("https://evil.example", "cross-site"), ("null", "cross-site"), ("http://localhost", "same-site")]
        {
            let page = visitor.post_form_from(origin, site, &url, &fields(typed, &token)).await;
            assert_eq!(page.status, 403, "{path} from {origin}");
        }
    }
    assert_eq!(state(&gateway).await, before);
}

#[tokio::test]
async fn who_may_only_look_sees_every_page_and_changes_nothing() {
    let gateway = start().await;
    set_up(&gateway).await;
    colleague(&gateway, "bob@company.example", Some("Read-only administrator")).await;
    let visitor = again(&gateway, "bob@company.example").await;
    let forms = forms(&gateway).await;
    let before = state(&gateway).await;
    for (path, typed) in &forms {
        let page = visitor.get(gateway.url(path)).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        let refused = visitor.post_form(gateway.url(path), &fields(typed, &csrf(&page))).await;
        assert_eq!((refused.status, refused.text_of("h1").as_deref()), (403, Some("You may not do this")), "{path}");
    }
    assert_eq!(state(&gateway).await, before);
}

#[tokio::test]
async fn every_form_does_what_it_says() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    for (path, typed) in &forms(&gateway).await {
        let before = state(&gateway).await;
        let token = csrf(&visitor.get(gateway.url(path)).await);
        let done = visitor.post_form(gateway.url(path), &fields(typed, &token)).await;
        assert_eq!(done.status, 303, "{path}: {}", done.text());
        let page = visitor.follow(done, "https://nowhere.example").await;
        assert!(page.text_of("[role=status]").is_some(), "{path}: {}", page.text());
        assert_ne!(state(&gateway).await, before, "{path}");
    }
}

#[tokio::test]
async fn a_secret_is_written_and_never_shown() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let form = visitor.get(gateway.url("/dashboard/connections/new?strategy=oidc")).await;
    let typed = [
        ("name", "acme-sso"),
        ("issuer", "https://id.acme.example/"),
        ("client_id", "gateway"),
        ("client_secret", "a secret that nobody sees"),
    ];
    let page = visitor.submit(&form, &typed).await;
    let page = visitor.follow(page, "https://nowhere.example").await;
    assert_eq!(page.text_of("#callback"), Some(gateway.url("/login/callback/acme-sso")), "{}", page.text());
    assert!(!page.text().contains("nobody sees"));
    let id = page.url.path().rsplit('/').next().unwrap().to_owned();
    let secret = async || gateway.admin.get(&format!("/connections/{id}")).await["options"]["client_secret"].clone();
    assert_eq!(secret().await, "a secret that nobody sees");
    // Another client id with the same secret, and what the form does not show stays.
    gateway.admin.update(&format!("/connections/{id}"), json!({ "options": { "issuer": "https://id.acme.example/", "client_id": "gateway", "icon_url": "https://acme.example/icon.svg" } })).await;
    let page = visitor.get(&page.url).await;
    let saved = visitor.submit(&page, &[("client_id", "other"), ("client_secret", "")]).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    assert_eq!(secret().await, "a secret that nobody sees");
    let options = gateway.admin.get(&format!("/connections/{id}")).await["options"].clone();
    assert_eq!(
        (&options["client_id"], &options["icon_url"]),
        (&json!("other"), &json!("https://acme.example/icon.svg"))
    );
    let page = visitor.get(&page.url).await;
    visitor.submit(&page, &[("client_secret", "another")]).await;
    assert_eq!(secret().await, "another");
}

#[tokio::test]
async fn a_connection_is_checked_by_asking_its_identity_provider() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let client = json!({ "client_id": "gateway", "client_secret": "secret", "redirect_uris": [gateway.url("/login/callback/well")] });
    let provider = IdentityProvider::start(json!([client]), json!([]));
    let well = gateway.admin.federated("well", &provider.issuer, json!({})).await;
    // Nobody listens on port 1.
    let ill = gateway.admin.federated("ill", "http://127.0.0.1:1", json!({})).await;
    let check = async |id: &str| {
        let page = visitor.get(gateway.url(&format!("/dashboard/connections/{id}"))).await;
        let form = page.forms().into_iter().find(|form| form.action.path().ends_with("/check")).unwrap();
        let fields: Vec<_> = form.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        visitor.post_form(&form.action, &fields).await.text_of("#checked").unwrap()
    };
    assert_eq!(check(&well).await, "It answers, and says all that a login needs.");
    let why = check(&ill).await;
    assert!(why.contains("127.0.0.1:1"), "{why}");
}

#[tokio::test]
async fn a_hostile_entry_is_refused_at_its_field_and_nothing_is_lost() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let long = "x".repeat(60_000);
    for name in ["<script>alert(1)</script>", "a\u{202e}b", "nul\0", "javascript:alert(1)", "", " ", long.as_str()] {
        let form = visitor.get(gateway.url("/dashboard/organizations/new")).await;
        let page = visitor.submit(&form, &[("name", name), ("display_name", "<b>Kept</b> & \u{202e}this")]).await;
        assert_eq!(page.status, 400, "{name}: {}", page.text());
        assert!(page.text_of("#name-error").is_some(), "{name}: {}", page.text());
        let kept = page.forms().into_iter().find(|form| form.has("name")).unwrap().values;
        assert!(kept.contains(&("display_name".to_owned(), "<b>Kept</b> & \u{202e}this".to_owned())), "{kept:?}");
    }
    let form = visitor.get(gateway.url("/dashboard/organizations/new")).await;
    let page = visitor.submit(&form, &[("name", &"x".repeat(200_000)), ("display_name", "")]).await;
    assert_eq!(page.status, 413);
    assert_eq!(gateway.admin.get("/organizations").await, json!([]));
    let page = visitor.submit(&form, &[("name", "acme"), ("display_name", "<img src=x onerror=alert(1)>")]).await;
    let page = visitor.follow(page, "https://nowhere.example").await;
    assert_eq!(page.text_of("h1").as_deref(), Some("<img src=x onerror=alert(1)>"));
}

#[tokio::test]
async fn what_was_typed_is_there_again_after_signing_in_anew() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let form = visitor.get(gateway.url("/dashboard/organizations/new")).await;
    for cookie in ["dashboard", "browser"] {
        visitor.set_cookie(&form.url, &format!("vestibule_{cookie}=; Path=/; Max-Age=0"));
    }
    let typed = [("name", "acme"), ("display_name", "Acme <Söhne>")];
    let page = visitor.submit(&form, &typed).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let page = visitor.follow(page, "https://nowhere.example").await;
    // The login page's session is still there, so nobody is asked.
    assert_eq!(page.text_of("h1").as_deref(), Some("New organization"), "{}", page.text());
    assert_eq!(gateway.admin.get("/organizations").await, json!([]), "nothing was done yet");
    let fields = page.forms().into_iter().find(|form| form.has("name")).unwrap().values;
    for (name, value) in typed {
        assert!(fields.contains(&(name.to_owned(), value.to_owned())), "{fields:?}");
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
    let role = gateway.admin.get("/roles?name_filter=Administrator").await[0]["id"].as_str().unwrap().to_owned();
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
