//! Which forms the dashboard takes, and what they do.

use serde_json::json;

use crate::support::administrators::{ADMINISTRATOR, PASSWORD, again, colleague, set_up, signed_in};
use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode, id};
use crate::support::http::Page;
use crate::support::identity_provider::IdentityProvider;

async fn start() -> Gateway {
    Gateway::start_with(Mode::SqliteEmbedded, "management.request_burst = 1000").await
}

/// Every form of the dashboard that changes something, with what it takes.
async fn forms(gateway: &Gateway) -> Vec<(String, Vec<(&'static str, String)>)> {
    let acme = gateway.admin.organization("acme").await;
    let (passwords, other) = (gateway.admin.database("passwords").await, gateway.admin.database("other").await);
    gateway.admin.enable(&acme, &passwords, false).await;
    let sso = gateway.admin.federated("acme-sso", "https://id.acme.example/", json!({})).await;
    let organization = format!("/dashboard/organizations/{acme}");
    let (bob, ann) = (
        gateway.admin.person("passwords", "bob@acme.example", PASSWORD).await,
        gateway.admin.person("passwords", "ann@acme.example", PASSWORD).await,
    );
    gateway.admin.add_member(&acme, &bob).await;
    let member = format!("{organization}/members/{}", bob.replace('|', "%7C"));
    let role = id(&gateway.admin.create("/roles", json!({ "name": "editor" })).await);
    let shop = json!({ "initiate_login_uri": "https://shop.example/login" });
    let shop = Application::register(gateway, shop).await.client_id;
    let invitation = json!({ "inviter": { "name": "Ann" }, "invitee": { "email": "cay@acme.example" },
        "client_id": shop, "send_invitation_email": false });
    let mut invitations = Vec::new();
    for _ in 0..2 {
        let made = gateway.admin.create(&format!("/organizations/{acme}/invitations"), invitation.clone()).await;
        invitations.push(format!("{organization}/invitations/{}", id(&made)));
    }
    let domain = json!({ "domain": "acme.example" });
    let domain = id(&gateway.admin.create(&format!("/organizations/{acme}/discovery-domains"), domain).await);
    let domain = format!("{organization}/domains/{domain}");
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
        (format!("{organization}/connections/order"), vec![("move", format!("down:{passwords}"))]),
        (format!("{organization}/branding"), vec![("primary", text("#b00020"))]),
        (format!("{organization}/metadata"), vec![("key", text("plan")), ("value", text("gold"))]),
        (format!("{organization}/connections/{passwords}/remove"), Vec::new()),
        (format!("{organization}/members/add"), vec![("members", ann)]),
        (member.clone(), vec![("had", String::new()), ("roles", role)]),
        (format!("{member}/remove"), Vec::new()),
        (
            format!("{organization}/invitations/new"),
            vec![
                ("invitee", text("dan@acme.example")),
                ("inviter", text("Ann")),
                ("client_id", shop),
                ("send_invitation_email", text("on")),
            ],
        ),
        (format!("{}/resend", invitations[0]), vec![("send_invitation_email", text("on"))]),
        (format!("{}/revoke", invitations[1]), Vec::new()),
        (format!("{organization}/domains/new"), vec![("domain", text("acme.test"))]),
        (domain.clone(), vec![("status", text("verified"))]),
        (format!("{domain}/delete"), Vec::new()),
        (format!("{organization}/delete"), vec![("typed_name", text("acme"))]),
    ]
}

/// All that the forms could change.
async fn state(gateway: &Gateway) -> serde_json::Value {
    let organizations = gateway.admin.get("/organizations").await;
    let mut all = vec![gateway.admin.get("/connections").await];
    for organization in organizations.as_array().unwrap() {
        let id = organization["id"].as_str().unwrap();
        let of = ["enabled_connections", "members?fields=user_id,roles", "invitations", "discovery-domains"];
        for list in of {
            all.push(gateway.admin.get(&format!("/organizations/{id}/{list}")).await);
        }
    }
    json!([organizations, all])
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
        visitor.press(&page, "/check").await.text_of("#checked").unwrap()
    };
    assert_eq!(check(&well).await, "It answers, and says all that a login needs.");
    let why = check(&ill).await;
    assert!(why.contains("127.0.0.1:1"), "{why}");
    // Without a domain everybody's account at Google would do.
    let half = json!({ "name": "half", "strategy": "google-apps", "options": { "client_id": "gateway" } });
    let half = gateway.admin.create("/connections", half).await;
    let why = check(half["id"].as_str().unwrap()).await;
    assert!(why.contains("missing: its id, its secret or its address."), "{why}");
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
async fn hostile_branding_and_metadata_are_refused_at_their_fields() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let acme = gateway.admin.organization("acme").await;
    let here = |tab: &str| gateway.url(&format!("/dashboard/organizations/{acme}/{tab}"));
    let (long, wide) = (format!("https://acme.example/{}", "x".repeat(3000)), "x".repeat(300));
    for (field, value) in [
        ("logo_url", "javascript:alert(1)"),
        ("logo_url", "data:image/svg+xml,<svg onload=alert(1)>"),
        ("logo_url", "nul\0"),
        ("logo_url", long.as_str()),
        ("primary", "url(https://evil.example)"),
        ("primary", "red;}body{display:none"),
        ("page_background", "#12345"),
    ] {
        let page = visitor.get(here("branding")).await;
        let typed = match field {
            "page_background" => vec![("primary", "#b00020"), (field, value)],
            _ => vec![(field, value)],
        };
        let refused = visitor.submit(&page, &typed).await;
        assert_eq!(refused.status, 400, "{value}: {}", refused.text());
        assert!(refused.text_of(&format!("#{field}-error")).is_some(), "{value}: {}", refused.text());
        let kept = refused.forms().into_iter().find(|form| form.has(field)).unwrap().values;
        assert!(kept.iter().any(|(name, kept)| name == field && *kept == value.replace('\0', "\u{fffd}")), "{kept:?}");
    }
    let page = visitor.get(here("branding")).await;
    assert_eq!(visitor.submit(&page, &[("logo_url", &"x".repeat(10_000_000))]).await.status, 413);
    for (key, value) in [("", "a value"), ("a key", wide.as_str()), (wide.as_str(), "x"), ("a\u{7}", "x")] {
        let page = visitor.get(here("metadata")).await;
        let refused = visitor.submit(&page, &[("key", key), ("value", value)]).await;
        assert_eq!(refused.status, 400, "{key}: {}", refused.text());
        assert!(refused.text_of("#metadata-error").is_some(), "{key}: {}", refused.text());
    }
    let there = gateway.admin.get(&format!("/organizations/{acme}")).await;
    assert_eq!((&there["branding"], &there["metadata"]), (&json!(null), &json!(null)));
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
