//! The dashboard's users, administrators and roles.

use serde_json::{Value, json};

use crate::support::administrators::{
    ADMINISTRATOR, DashboardForm, PASSWORD, again, colleague, csrf, refuse_forms, role, send, set_up, signed_in,
};
use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::{Page, Visitor};

const AWAY: &str = "https://nowhere.example";
const HOSTILE: &str = "<img src=x onerror=alert(1)>\u{202e}";

async fn start() -> Gateway {
    Gateway::start(Mode::SqliteEmbedded).await
}

fn in_path(user: &str) -> String {
    user.replace('|', "%7C")
}

async fn user_of(gateway: &Gateway, email: &str) -> Value {
    gateway.admin.get(&format!("/users-by-email?email={email}")).await[0].clone()
}

/// Every form about people that changes something.
async fn forms(gateway: &Gateway) -> Vec<DashboardForm> {
    let text = str::to_owned;
    gateway.admin.database("people").await;
    let ann = gateway.admin.person("people", "ann@acme.example", PASSWORD).await;
    let billing = gateway.admin.create("/roles", json!({ "name": "Billing" })).await["id"].as_str().unwrap().to_owned();
    let bob = colleague(gateway, "bob@company.example", None).await;
    let full = role(gateway, "Administrator").await;
    let here = format!("/dashboard/users/{}", in_path(&ann));
    vec![
        (
            text("/dashboard/users/new"),
            vec![
                ("connection", text("people")),
                ("email", text("new@acme.example")),
                ("way", text("password")),
                ("password", text("Correct Horse 7")),
            ],
        ),
        (format!("{here}/roles"), vec![("give", billing.clone())]),
        (format!("{here}/roles"), vec![("take", billing.clone())]),
        (format!("{here}/password"), vec![("way", text("mail"))]),
        (format!("{here}/password"), vec![("way", text("link"))]),
        (format!("{here}/sessions"), vec![]),
        (format!("{here}/block"), vec![]),
        (format!("{here}/unblock"), vec![]),
        (text("/dashboard/roles/new"), vec![("name", text("Support")), ("description", text("Helps"))]),
        (format!("/dashboard/roles/{billing}"), vec![("name", text("Billing")), ("description", text("Pays"))]),
        (format!("/dashboard/roles/{billing}/people"), vec![("who", text("ann@acme.example"))]),
        (format!("/dashboard/roles/{billing}/people"), vec![("take", ann)]),
        (format!("/dashboard/roles/{billing}/delete"), vec![("typed_name", text("Billing"))]),
        (text("/dashboard/administrators/new"), vec![("who", text("bob@company.example")), ("role", full.clone())]),
        (format!("/dashboard/administrators/{full}/{}/remove", in_path(&bob)), vec![]),
        (format!("{here}/delete"), vec![("typed_name", text("ann@acme.example"))]),
    ]
}

/// All that the forms could change.
async fn state(gateway: &Gateway) -> Value {
    let (users, roles) = (gateway.admin.get("/users").await, gateway.admin.get("/roles").await);
    let mut people = Vec::new();
    for role in roles.as_array().unwrap() {
        people.push(gateway.admin.get(&format!("/roles/{}/users", text(role, "id"))).await);
    }
    let tickets = gateway.admin.get("/logs?per_page=100&sort=date:-1").await;
    let about = |event: &&Value| {
        ["Create a ticket", "Send a password email", "End the sessions of a user"]
            .contains(&event["description"].as_str().unwrap_or_default())
    };
    let tickets = tickets.as_array().unwrap().iter().filter(about).count();
    json!([users, roles, people, tickets])
}

#[tokio::test]
async fn a_form_of_another_site_or_of_who_may_only_look_changes_nobody() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let forms = forms(&gateway).await;
    let names = async || {
        let users = gateway.admin.get("/users?fields=email,blocked&sort=email:1&q=NOT%20email:reader*").await;
        json!([users, gateway.admin.get("/roles").await, role(&gateway, "Billing").await])
    };
    let before = names().await;
    refuse_forms(&gateway, &visitor, &forms).await;
    assert_eq!(names().await, before);
    for name in ["Administrator", "Billing"] {
        let people = gateway.admin.get(&format!("/roles/{}/users", role(&gateway, name).await)).await;
        assert_eq!(people.as_array().unwrap().len(), usize::from(name == "Administrator"), "{name}: {people}");
    }
}

#[tokio::test]
async fn every_form_about_people_does_what_it_says() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "management.request_burst = 1000").await;
    let visitor = signed_in(&gateway).await;
    let forms = forms(&gateway).await;
    // Somebody has to be signed in for their sessions to end.
    let application = signing_in(&gateway).await;
    sign_in_with_password(&application, "ann@acme.example").await;
    for form in &forms {
        let before = state(&gateway).await;
        let token = csrf(&visitor.get(gateway.url(&form.0)).await);
        let done = send(&gateway, &visitor, form, &token).await;
        assert_eq!(done.status, 303, "{}: {}", form.0, done.text());
        let page = visitor.follow(done, AWAY).await;
        assert_eq!(page.status, 200, "{}: {}", form.0, page.text());
        assert_ne!(state(&gateway).await, before, "{} {:?}", form.0, form.1);
    }
}

/// An application whose people sign in with a password and without an organization.
async fn signing_in(gateway: &Gateway) -> Application {
    let application = Application::register(gateway, json!({ "organization_usage": "deny" })).await;
    let people = gateway.admin.get("/connections?name=people").await[0]["id"].clone();
    let clients = json!([{ "client_id": application.client_id, "status": true }]);
    gateway.admin.update(&format!("/connections/{}/clients", people.as_str().unwrap()), clients).await;
    application
}

async fn sign_in_with_password(application: &Application, email: &str) -> (Visitor, Page) {
    let visitor = Visitor::new();
    let page = visitor.get(application.begin(&[]).url).await;
    let page = visitor.submit(&page, &[("username", email), ("password", PASSWORD)]).await;
    (visitor, page)
}

async fn is_signed_in(application: &Application, visitor: &Visitor) -> bool {
    let page = visitor.get(application.begin(&[("prompt", "none")]).url).await;
    page.redirect_parameter("code").is_some()
}

#[tokio::test]
async fn a_new_user_chooses_a_password_by_the_mail() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    gateway.admin.database("people").await;
    let application = signing_in(&gateway).await;
    let form = visitor.get(gateway.url("/dashboard/users/new")).await;
    let page = visitor.submit(&form, &[("connection", "people"), ("email", "Ann@Acme.example"), ("way", "mail")]).await;
    let page = visitor.follow(page, AWAY).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("ann@acme.example"), "{}", page.text());
    let mail = gateway.mail_to("ann@acme.example").await;
    assert!(mail.text.contains("new account"), "{}", mail.text);
    let ann = Visitor::new();
    let chosen = ann.get(mail.link()).await;
    ann.submit(&chosen, &[("password", PASSWORD)]).await;
    let (_, page) = sign_in_with_password(&application, "ann@acme.example").await;
    assert!(page.redirect_parameter("code").is_some(), "{}", page.text());
    assert_eq!(user_of(&gateway, "ann@acme.example").await["email_verified"], true);
    // Who has signed in before hears of a new password.
    let user = user_of(&gateway, "ann@acme.example").await;
    gateway.admin.create("/jobs/password-email", json!({ "user_id": user["user_id"] })).await;
    // Either may come first.
    let texts = [gateway.mail_to("ann@acme.example").await.text, gateway.mail_to("ann@acme.example").await.text];
    for said in ["was changed", "asked to change the password"] {
        assert!(texts.iter().any(|text| text.contains(said)), "{texts:?}");
    }
}

#[tokio::test]
async fn a_password_is_mailed_only_to_who_has_one_here() {
    let gateway = start().await;
    gateway.admin.federated("sso", "https://id.example/", json!({})).await;
    let user = json!({ "connection": "sso", "user_id": "1", "email": "a@a.example" });
    let user = gateway.admin.create("/users", user).await["user_id"].clone();
    let ask = async |body: Value| gateway.admin.call("POST", "/jobs/password-email", Some(body)).await;
    let refused = ask(json!({ "user_id": user })).await;
    assert_eq!((refused.status, &refused.json()["errorCode"]), (400, &json!("operation_not_supported")));
    assert_eq!(ask(json!({ "user_id": "auth0|nobody" })).await.status, 404);
    assert_eq!(ask(json!({})).await.status, 400);
    let visitor = signed_in(&gateway).await;
    let some = gateway.admin.with_scopes(&["create:user_tickets"]).await;
    let ada = user_of(&gateway, ADMINISTRATOR).await["user_id"].clone();
    let refused = some.call("POST", "/jobs/password-email", Some(json!({ "user_id": ada }))).await;
    assert_eq!(refused.status, 403, "an administrator's way in is not everybody's to send");
    let page = format!("/dashboard/users/{}/password", in_path(user.as_str().unwrap()));
    assert_eq!(visitor.get(gateway.url(&page)).await.status, 404);
}

#[tokio::test]
async fn what_is_wrong_with_a_new_user_is_said_at_its_field() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    gateway.admin.database("people").await;
    gateway.admin.person("people", "ann@acme.example", PASSWORD).await;
    let form = visitor.get(gateway.url("/dashboard/users/new")).await;
    for (email, password, field) in [
        ("ann@acme.example", PASSWORD, "email"),
        ("nobody", PASSWORD, "email"),
        (HOSTILE, PASSWORD, "email"),
        ("bob@acme.example", "short", "password"),
        ("bob@acme.example", "", "password"),
    ] {
        let fields = [("connection", "people"), ("email", email), ("way", "password"), ("password", password)];
        let page = visitor.submit(&form, &fields).await;
        assert_eq!(page.status, 400, "{email}");
        assert!(page.text_of(&format!("#{field}-error")).is_some(), "{email} {password}: {}", page.text());
        assert!(!page.text().contains("<img"), "{}", page.text());
        let kept = page.forms().into_iter().find(|form| form.has("email")).unwrap().values;
        assert!(kept.contains(&("email".to_owned(), email.to_owned())), "{kept:?}");
        assert!(kept.contains(&("connection".to_owned(), "people".to_owned())), "{kept:?}");
    }
    let page = visitor.submit(&form, &[("connection", "nothing"), ("email", "b@b.example"), ("way", "mail")]).await;
    assert!(page.text_of("#connection-error").is_some(), "{}", page.text());
    let token = csrf(&form);
    let huge = "x".repeat(10_485_760);
    let page = visitor.post_form(&form.url, &[("csrf", &token), ("email", &huge)]).await;
    assert_eq!(page.status, 413);
    assert_eq!(gateway.admin.user_ids().await.len(), 2);
}

#[tokio::test]
async fn a_blocked_person_is_signed_out_and_refused_until_unblocked() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    gateway.admin.database("people").await;
    let ann = gateway.admin.person("people", "ann@acme.example", PASSWORD).await;
    let application = signing_in(&gateway).await;
    let (browser, _) = sign_in_with_password(&application, "ann@acme.example").await;
    assert!(is_signed_in(&application, &browser).await);
    let here = gateway.url(&format!("/dashboard/users/{}", in_path(&ann)));
    let asked = visitor.click(&visitor.get(&here).await, "Block").await;
    let token = csrf(&asked);
    let page = visitor.post_form(format!("{here}/block"), &[("csrf", &token)]).await;
    let page = visitor.follow(page, AWAY).await;
    assert_eq!(page.text_of("#blocked .badge").as_deref(), Some("Blocked"), "{}", page.text());
    assert!(!is_signed_in(&application, &browser).await);
    let (_, refused) = sign_in_with_password(&application, "ann@acme.example").await;
    assert_eq!(refused.redirect_parameter("code"), None, "{:?}", refused.find_location());
    let page = visitor.post_form(format!("{here}/unblock"), &[("csrf", &token)]).await;
    let page = visitor.follow(page, AWAY).await;
    assert_eq!(page.text_of("[role=status]").as_deref(), Some("Unblocked: they may sign in again."));
    assert!(!is_signed_in(&application, &browser).await, "the session is gone for good");
    let (_, page) = sign_in_with_password(&application, "ann@acme.example").await;
    assert!(page.redirect_parameter("code").is_some(), "{}", page.text());
}

#[tokio::test]
async fn an_ended_session_has_to_sign_in_again_and_another_goes_on() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    gateway.admin.database("people").await;
    let ann = gateway.admin.person("people", "ann@acme.example", PASSWORD).await;
    let application = signing_in(&gateway).await;
    let (first, _) = sign_in_with_password(&application, "ann@acme.example").await;
    let url = gateway.url(&format!("/dashboard/users/{}/sessions", in_path(&ann)));
    let page = visitor.get(&url).await;
    let only = gateway.admin.get(&format!("/users/{}/sessions", in_path(&ann))).await["sessions"][0]["id"].clone();
    let (second, _) = sign_in_with_password(&application, "ann@acme.example").await;
    assert_eq!(visitor.get(&url).await.texts_of("#sessions li").len(), 2);
    let token = csrf(&page);
    visitor.post_form(&url, &[("csrf", &token), ("end", only.as_str().unwrap())]).await;
    assert!(!is_signed_in(&application, &first).await && is_signed_in(&application, &second).await);
    visitor.post_form(&url, &[("csrf", &token)]).await;
    assert!(!is_signed_in(&application, &second).await);
    let page = visitor.get(&url).await;
    assert!(page.text_of(".empty").unwrap().contains("signed in nowhere"), "{}", page.text());
}

#[tokio::test]
async fn an_administrator_whose_sessions_end_is_out_of_the_dashboard() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let bob = colleague(&gateway, "bob@company.example", Some("Administrator")).await;
    for one in [true, false] {
        let browser = again(&gateway, "bob@company.example").await;
        let sessions = gateway.admin.get(&format!("/users/{}/sessions", in_path(&bob))).await;
        let url = gateway.url(&format!("/dashboard/users/{}/sessions", in_path(&bob)));
        let token = csrf(&visitor.get(&url).await);
        let session = if one { sessions["sessions"][0]["id"].as_str().unwrap() } else { "" };
        visitor.post_form(&url, &[("csrf", &token), ("end", session)]).await;
        let page = browser.follow(browser.get(gateway.url("/dashboard/users")).await, AWAY).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Dashboard"), "{}", page.text());
    }
    assert_eq!(visitor.get(gateway.url("/dashboard/users")).await.status, 200, "nobody else is out");
}

#[tokio::test]
async fn a_link_to_a_new_password_is_shown_once_and_works_once() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    gateway.admin.database("people").await;
    let ann = gateway.admin.person("people", "ann@acme.example", "Another Horse 8").await;
    let application = signing_in(&gateway).await;
    let page = visitor.get(gateway.url(&format!("/dashboard/users/{}/password", in_path(&ann)))).await;
    let page = visitor.follow(visitor.submit(&page, &[("way", "link")]).await, AWAY).await;
    let link = page.text_of("#shown-once code").unwrap();
    assert_eq!(visitor.get(&page.url).await.status, 410);
    let browser = Visitor::new();
    let form = browser.get(&link).await;
    browser.submit(&form, &[("password", PASSWORD)]).await;
    assert_eq!(Visitor::new().get(&link).await.status, 403);
    let (_, page) = sign_in_with_password(&application, "ann@acme.example").await;
    assert!(page.redirect_parameter("code").is_some(), "{}", page.text());
}

#[tokio::test]
async fn a_user_is_found_shown_and_deleted_however_it_is_called() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let (acme, sso) = (
        gateway.admin.organization("acme").await,
        gateway.admin.federated("sso", "https://id.example/", json!({})).await,
    );
    gateway.admin.enable(&acme, &sso, false).await;
    let subject = "a\"'<b>|\u{202e}é%2F/..";
    let user = json!({ "connection": "sso", "user_id": subject, "email": "ann@acme.example", "name": HOSTILE, "family_name": "Miller" });
    let user = text(&gateway.admin.create("/users", user).await, "user_id");
    gateway.admin.add_member(&acme, &user).await;
    let list = async |q: &str| {
        let mut url = url::Url::parse(&gateway.url("/dashboard/users")).unwrap();
        url.query_pairs_mut().append_pair("q", q);
        visitor.get(url).await
    };
    for q in ["ann@", "ACME.ex", "<img", "an", "miller", &user] {
        let page = list(q).await;
        assert_eq!(page.texts_of("#users .row-title"), ["ann@acme.example"], "{q}: {}", page.text());
        assert!(!page.text().contains("<img"), "{q}");
    }
    for q in ["nobody", "*", "a) OR email:*", "x|y"] {
        assert_eq!(list(q).await.texts_of("#users .row-title"), [""; 0], "{q}");
    }
    let page = list("ann@").await;
    let (_, there) = page.links().into_iter().find(|(title, _)| title.starts_with("ann@acme.example")).unwrap();
    let page = visitor.get(&there).await;
    assert_eq!(page.text_of("#user-id").as_deref(), Some(user.as_str()), "{}", page.text());
    assert!(page.text_of("h1").unwrap() == "ann@acme.example" && !page.text().contains("<img"), "{}", page.text());
    let organizations = visitor.get(format!("{there}/organizations")).await;
    assert_eq!(organizations.text_of("#organizations .row-title").as_deref(), Some("Acme"));
    let asked = visitor.get(format!("{there}/delete")).await;
    assert!(asked.texts_of(".losses li").iter().any(|loss| loss.contains("1 membership")), "{}", asked.text());
    let wrong = visitor.submit(&asked, &[("typed_name", "ann")]).await;
    assert_eq!(wrong.status, 400);
    visitor.submit(&asked, &[("typed_name", "ann@acme.example")]).await;
    let gone = visitor.get(&there).await;
    assert_eq!((gone.status, gone.text_of("h1").as_deref()), (404, Some("There is no such thing")));
}

#[tokio::test]
async fn users_are_listed_in_pages() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    gateway.admin.federated("sso", "https://id.example/", json!({})).await;
    for number in 0..30 {
        let user = json!({ "connection": "sso", "user_id": format!("{number}") });
        gateway.admin.create("/users", user).await;
    }
    let page = visitor.get(gateway.url("/dashboard/users")).await;
    let first = page.texts_of("#users .row-title");
    let page = visitor.click(&page, "Next").await;
    let second = page.texts_of("#users .row-title");
    assert_eq!((first.len(), second.len()), (25, 6));
    assert!(second.iter().all(|title| !first.contains(title)));
}

#[tokio::test]
async fn an_administrator_is_made_of_who_has_a_way_in_and_can_be_undone() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    gateway.admin.database("people").await;
    let ann = gateway.admin.person("people", "ann@acme.example", PASSWORD).await;
    let (full, read) = (role(&gateway, "Administrator").await, role(&gateway, "Read-only administrator").await);
    let form = visitor.get(gateway.url("/dashboard/administrators/new")).await;
    for who in ["", "nobody@acme.example", "auth0|nobody", HOSTILE, "ann@acme.example", &ann] {
        let page = visitor.submit(&form, &[("who", who), ("role", &full)]).await;
        assert!(page.status == 400 && page.text_of("#who-error").is_some(), "{who}: {}", page.text());
    }
    let bob = colleague(&gateway, "bob@company.example", None).await;
    let page = visitor.submit(&form, &[("who", "bob@company.example"), ("role", &read)]).await;
    let page = visitor.follow(page, AWAY).await;
    assert_eq!(page.texts_of(".group a.row-title"), [ADMINISTRATOR, "bob@company.example"], "{}", page.text());
    let browser = again(&gateway, "bob@company.example").await;
    let page = browser.get(gateway.url("/dashboard/administrators")).await;
    assert!(page.status == 200 && !page.text().contains("New administrator"), "{}", page.text());
    let remove = gateway.url(&format!("/dashboard/administrators/{read}/{}/remove", in_path(&bob)));
    let asked = visitor.get(&remove).await;
    visitor.post_form(&remove, &[("csrf", &csrf(&asked))]).await;
    assert_eq!(browser.get(gateway.url("/dashboard/users")).await.status, 303, "out with the next click");
}

#[tokio::test]
async fn the_last_who_may_do_everything_stays() {
    for mode in [Mode::SqliteEmbedded, Mode::PostgresEmbedded] {
        let gateway = Gateway::start(mode).await;
        set_up(&gateway).await;
        let admin = &gateway.admin;
        // Neither counts: the one may only look, and the other may not sign in.
        colleague(&gateway, "bob@company.example", Some("Read-only administrator")).await;
        let blocked = colleague(&gateway, "cay@company.example", Some("Administrator")).await;
        admin.update(&format!("/users/{}", in_path(&blocked)), json!({ "blocked": true })).await;
        let ada = in_path(&text(&user_of(&gateway, ADMINISTRATOR).await, "user_id"));
        let full = role(&gateway, "Administrator").await;
        let connection = text(&admin.get("/connections?name=administrators").await[0], "id");
        let without = json!([{ "client_id": "vestibule-dashboard", "status": false }]);
        let ends = [
            ("DELETE", format!("/users/{ada}/roles"), json!({ "roles": [full] })),
            ("PATCH", format!("/users/{ada}"), json!({ "blocked": true })),
            ("DELETE", format!("/users/{ada}"), Value::Null),
            ("DELETE", format!("/roles/{full}"), Value::Null),
            ("PATCH", format!("/connections/{connection}/clients"), without),
            ("PATCH", format!("/connections/{connection}"), json!({ "enabled_clients": [] })),
            ("DELETE", format!("/connections/{connection}/users?email={ADMINISTRATOR}"), Value::Null),
            ("DELETE", format!("/connections/{connection}"), Value::Null),
        ];
        for (method, path, body) in &ends {
            let refused = admin.call(method, path, Some(body.clone()).filter(|body| !body.is_null())).await;
            assert_eq!(
                (refused.status, refused.json()["errorCode"].as_str()),
                (409, Some("last_administrator")),
                "{method} {path}: {}",
                refused.text()
            );
        }
        let visitor = again(&gateway, ADMINISTRATOR).await;
        let remove = gateway.url(&format!("/dashboard/administrators/{full}/{ada}/remove"));
        let page = visitor.get(&remove).await;
        let page = visitor.post_form(&remove, &[("csrf", &csrf(&page))]).await;
        assert_eq!(page.status, 400, "{}", page.text());
        assert!(
            page.text_of("#form-error").unwrap().contains("make somebody else an administrator"),
            "{}",
            page.text()
        );
        // With another one, it is done.
        colleague(&gateway, "dan@company.example", Some("Administrator")).await;
        let (method, path, body) = &ends[0];
        admin.done(method, path, Some(body.clone())).await;
    }
}

#[tokio::test]
async fn two_who_remove_each_other_at_once_leave_one() {
    for mode in [Mode::SqliteEmbedded, Mode::PostgresEmbedded] {
        let gateway = Gateway::start(mode).await;
        set_up(&gateway).await;
        let full = role(&gateway, "Administrator").await;
        let ada = text(&user_of(&gateway, ADMINISTRATOR).await, "user_id");
        let bob = colleague(&gateway, "bob@company.example", Some("Administrator")).await;
        for _ in 0..5 {
            let (ada_path, bob_path) = (format!("/users/{}", in_path(&ada)), format!("/users/{}", in_path(&bob)));
            let roles = format!("{ada_path}/roles");
            let (first, second) = tokio::join!(
                gateway.admin.call("DELETE", &roles, Some(json!({ "roles": [full] }))),
                gateway.admin.call("PATCH", &bob_path, Some(json!({ "blocked": true }))),
            );
            let mut statuses = [first.status, second.status];
            statuses.sort_unstable();
            assert!(statuses == [200, 409] || statuses == [204, 409], "{statuses:?}");
            gateway.admin.done("POST", &roles, Some(json!({ "roles": [full] }))).await;
            gateway.admin.update(&bob_path, json!({ "blocked": false })).await;
        }
    }
}

#[tokio::test]
async fn a_role_is_made_renamed_given_taken_and_deleted() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    gateway.admin.database("people").await;
    let ann = gateway.admin.person("people", "ann@acme.example", PASSWORD).await;
    let form = visitor.get(gateway.url("/dashboard/roles/new")).await;
    for name in ["", &"x".repeat(256), "two\nlines"] {
        let page = visitor.submit(&form, &[("name", name), ("description", "Kept")]).await;
        assert_eq!(page.text_of("#name-error").as_deref(), Some("Use one line of 1 to 255 characters."), "{name}");
    }
    let made = visitor.submit(&form, &[("name", HOSTILE), ("description", HOSTILE)]).await;
    let page = visitor.follow(made, AWAY).await;
    assert!(page.text_of("h1").as_deref() == Some(HOSTILE) && !page.text().contains("<img"), "{}", page.text());
    let taken = visitor.submit(&form, &[("name", HOSTILE), ("description", "")]).await;
    assert_eq!(taken.text_of("#name-error").as_deref(), Some("Another one has this name."), "{}", taken.text());
    let page = visitor.follow(visitor.submit(&page, &[("name", "Billing")]).await, AWAY).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Billing"));
    let wrong = visitor.submit(&page, &[("who", "nobody@acme.example")]).await;
    assert_eq!(wrong.text_of("#who-error").as_deref(), Some("There is no user with this address."));
    let page = visitor.follow(visitor.submit(&page, &[("who", "ann@acme.example")]).await, AWAY).await;
    assert_eq!(page.texts_of("#people a.row-title"), ["ann@acme.example"], "{}", page.text());
    let page = visitor.follow(visitor.submit(&page, &[("take", &ann)]).await, AWAY).await;
    assert_eq!(page.texts_of("#people a.row-title"), [""; 0], "{}", page.text());
    let asked = visitor.click(&page, "Delete role").await;
    let page = visitor.follow(visitor.submit(&asked, &[("typed_name", "Billing")]).await, AWAY).await;
    assert!(!page.texts_of("#roles .row-title").contains(&"Billing".to_owned()), "{}", page.text());
}

#[tokio::test]
async fn every_page_about_people_and_applications_is_light_and_asks_nobody_else() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "management.request_burst = 1000").await;
    let visitor = signed_in(&gateway).await;
    let admin = &gateway.admin;
    admin.federated("sso", "https://id.example/", json!({})).await;
    let user = json!({ "connection": "sso", "user_id": "1", "email": "ann@acme.example", "name": HOSTILE });
    let user = text(&admin.create("/users", user).await, "user_id");
    let billing = text(&admin.create("/roles", json!({ "name": "Billing" })).await, "id");
    let mut users = vec![user.clone()];
    for number in 0..60 {
        let name = format!("number-{number}-with-quite-a-long-name-that-somebody-chose");
        let made = json!({ "connection": "sso", "user_id": name, "email": format!("{name}@acme.example") });
        users.push(text(&admin.create("/users", made).await, "user_id"));
        admin.database(&name).await;
        Application::register(&gateway, json!({ "name": name })).await;
        let role = text(&admin.create("/roles", json!({ "name": name, "description": name })).await, "id");
        let organization = admin.organization(&name[..40]).await;
        admin.add_member(&organization, &user).await;
        let roles = format!("/users/{}/roles", in_path(&user));
        admin.done("POST", &roles, Some(json!({ "roles": [role] }))).await;
    }
    admin.done("POST", &format!("/roles/{billing}/users"), Some(json!({ "users": users }))).await;
    let application = Application::register(&gateway, json!({})).await;
    let application = format!("applications/{}", application.client_id);
    let user = format!("users/{}", in_path(&user));
    let mut paths: Vec<String> =
        ["applications", "applications/new", "users", "users/new", "administrators", "administrators/new"]
            .map(str::to_owned)
            .into();
    paths.extend(["", "/organizations", "/connections", "/secret", "/delete"].map(|it| format!("{application}{it}")));
    paths.extend(["", "/organizations", "/roles", "/sessions", "/block", "/delete"].map(|it| format!("{user}{it}")));
    paths.extend([
        "roles".to_owned(),
        "roles/new".to_owned(),
        format!("roles/{billing}"),
        format!("roles/{billing}/delete"),
    ]);
    for path in paths {
        let page = visitor.get(gateway.url(&format!("/dashboard/{path}"))).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self';"), "{policy}");
        assert!(!page.text().contains("<img src=x"), "{path}");
        let mut bytes = page.text().len();
        for asset in page.assets() {
            assert_eq!(asset.origin(), page.url.origin(), "{path}: {asset}");
            bytes += visitor.get(&asset).await.text().len();
        }
        assert!(bytes < 60_000, "{path}: {bytes}");
    }
}
