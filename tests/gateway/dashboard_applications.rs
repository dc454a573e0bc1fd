//! The dashboard's applications: made, set, given a secret, deleted.

use serde_json::{Value, json};

use crate::support::administrators::{
    ADMINISTRATOR, DashboardForm, again, csrf, refuse_forms, send, set_up, signed_in,
};
use crate::support::application::{Application, CALLBACK};
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::{Page, Visitor};

const AWAY: &str = "https://nowhere.example";

async fn start() -> Gateway {
    Gateway::start(Mode::SqliteEmbedded).await
}

/// Makes an application by its form; the page that is shown then.
async fn make(gateway: &Gateway, visitor: &Visitor, name: &str, kind: &str) -> Page {
    let form = visitor.get(gateway.url("/dashboard/applications/new")).await;
    let page = visitor.submit(&form, &[("name", name), ("app_type", kind)]).await;
    visitor.follow(page, AWAY).await
}

fn shown(page: &Page) -> Vec<String> {
    page.texts_of("#shown-once code")
}

/// Saves the settings of an application with these fields.
async fn save(visitor: &Visitor, url: &str, fields: &[(&str, &str)]) -> Page {
    let page = visitor.get(url).await;
    let page = visitor.submit(&page, fields).await;
    visitor.follow(page, AWAY).await
}

/// Every form of an application that changes something.
async fn forms(gateway: &Gateway) -> Vec<DashboardForm> {
    let text = str::to_owned;
    let application = Application::register(gateway, json!({})).await;
    let connection = gateway.admin.database("passwords").await;
    let here = format!("/dashboard/applications/{}", application.client_id);
    vec![
        (text("/dashboard/applications/new"), vec![("name", text("Other")), ("app_type", text("spa"))]),
        (
            here.clone(),
            vec![
                ("name", text("Example App")),
                ("token_endpoint_auth_method", text("client_secret_basic")),
                ("authorization_code", text("on")),
            ],
        ),
        (format!("{here}/organizations"), vec![("usage", text("allow/no_prompt")), ("ask_name", text("on"))]),
        (format!("{here}/connections"), vec![("on", connection)]),
        (format!("{here}/secret"), vec![]),
        (format!("{here}/delete"), vec![("typed_name", text("Example App"))]),
    ]
}

/// All that the forms could change.
async fn state(gateway: &Gateway) -> Value {
    json!([gateway.admin.get("/clients").await, gateway.admin.get("/connections").await])
}

#[tokio::test]
async fn a_form_of_another_site_or_of_who_may_only_look_changes_no_application() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let forms = forms(&gateway).await;
    let before = state(&gateway).await;
    refuse_forms(&gateway, &visitor, &forms).await;
    assert_eq!(state(&gateway).await, before);
}

#[tokio::test]
async fn every_form_of_an_application_does_what_it_says() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    for form in &forms(&gateway).await {
        let before = state(&gateway).await;
        let token = csrf(&visitor.get(gateway.url(&form.0)).await);
        let done = send(&gateway, &visitor, form, &token).await;
        assert_eq!(done.status, 303, "{}: {}", form.0, done.text());
        assert_ne!(state(&gateway).await, before, "{}", form.0);
    }
}

#[tokio::test]
async fn a_new_application_shows_its_secret_once_and_never_again() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let form = visitor.get(gateway.url("/dashboard/applications/new")).await;
    let made = visitor.submit(&form, &[("name", "Shop"), ("app_type", "regular_web")]).await;
    let there = made.location();
    let other = again(&gateway, ADMINISTRATOR).await;
    assert_eq!(other.get(&there).await.status, 410, "another session opens nothing");
    let page = visitor.get(&there).await;
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let [client_id, secret] = <[String; 2]>::try_from(shown(&page)).unwrap();
    let client = gateway.admin.get(&format!("/clients/{client_id}")).await;
    assert_eq!((text(&client, "client_secret"), text(&client, "name")), (secret.clone(), "Shop".to_owned()));
    let late = visitor.get(&there).await;
    assert_eq!((late.status, late.text_of("h1").as_deref()), (410, Some("This is not shown again")));
    for path in ["", "/organizations", "/connections", "/secret"] {
        let page = visitor.get(gateway.url(&format!("/dashboard/applications/{client_id}{path}"))).await;
        assert!(page.status == 200 && !page.text().contains(&secret), "{path}");
    }
    // One that runs in a browser has none.
    let page = make(&gateway, &visitor, "Page", "spa").await;
    assert_eq!(page.text_of("#client-id").map(|id| id.len()), Some(32), "{}", page.text());
}

#[tokio::test]
async fn a_new_secret_is_asked_for_and_the_old_one_is_refused_at_once() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let page = make(&gateway, &visitor, "Script", "non_interactive").await;
    let [client_id, old] = <[String; 2]>::try_from(shown(&page)).unwrap();
    let audience = gateway.url("/api/v2/");
    let grant = json!({ "client_id": client_id, "audience": audience, "scope": ["read:users"] });
    gateway.admin.create("/client-grants", grant).await;
    let token = async |secret: &str| {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", secret),
            ("audience", audience.as_str()),
        ];
        Visitor::new().call(gateway.url("/oauth/token"), &fields).await.status
    };
    assert_eq!(token(&old).await, 200);
    let asked = visitor.get(gateway.url(&format!("/dashboard/applications/{client_id}/secret"))).await;
    assert!(asked.text_of("form.danger p").unwrap().contains("refused at once"), "{}", asked.text());
    let send = asked.forms().into_iter().find(|form| form.action.path().ends_with("/secret")).unwrap();
    let fields: Vec<_> = send.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = visitor.follow(visitor.post_form(&send.action, &fields).await, AWAY).await;
    let new = shown(&page).remove(1);
    assert_eq!((token(&old).await, token(&new).await), (401, 200));
}

#[tokio::test]
async fn who_signed_in_long_ago_shows_anew_who_they_are_before_a_secret_or_an_end() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "dashboard.fresh_seconds = 1").await;
    let application = Application::register(&gateway, json!({})).await;
    let visitor = signed_in(&gateway).await;
    let here = format!("/dashboard/applications/{}", application.client_id);
    let paths = [
        "/dashboard/applications/new".to_owned(),
        format!("{here}/secret"),
        format!("{here}/delete"),
        "/dashboard/administrators/new".to_owned(),
    ];
    let mut page = visitor.get(gateway.url(&paths[0])).await;
    while page.status == 200 {
        page = visitor.get(gateway.url(&paths[0])).await;
    }
    let token = csrf(&visitor.get(gateway.url("/dashboard/applications")).await);
    let before = state(&gateway).await;
    for path in paths {
        let fields = vec![("name", "Other".to_owned()), ("app_type", "spa".to_owned())];
        let posted = send(&gateway, &visitor, &(path.clone(), fields), &token).await;
        for page in [visitor.get(gateway.url(&path)).await, posted] {
            assert!(page.location().query().unwrap_or_default().contains("anew=yes"), "{path}: {}", page.location());
        }
    }
    assert_eq!(state(&gateway).await, before);
}

#[tokio::test]
async fn settings_are_saved_and_shown_again() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let acme = gateway.admin.organization("acme").await;
    let application = Application::register(&gateway, json!({ "client_metadata": { "kept": "yes" } })).await;
    let url = gateway.url(&format!("/dashboard/applications/{}", application.client_id));
    let typed = [
        ("name", "Shop"),
        ("callbacks", "https://shop.example/a\r\n\r\n https://shop.example/b \r\n"),
        ("allowed_logout_urls", "https://shop.example/"),
        ("web_origins", "https://shop.example"),
        ("initiate_login_uri", "https://shop.example/login"),
        ("token_endpoint_auth_method", "client_secret_basic"),
        ("client_credentials", ""),
    ];
    let page = save(&visitor, &url, &typed).await;
    assert!(page.text_of("[role=status]").is_some(), "{}", page.text());
    let client = gateway.admin.get(&format!("/clients/{}", application.client_id)).await;
    assert_eq!(client["callbacks"], json!(["https://shop.example/a", "https://shop.example/b"]));
    assert_eq!(client["grant_types"], json!(["authorization_code"]));
    assert_eq!(client["client_metadata"], json!({ "kept": "yes" }), "what the form does not show stays");
    assert_eq!(text(&client, "client_secret"), application.client_secret);
    let values = page.forms().into_iter().find(|form| form.has("callbacks")).unwrap().values;
    for (name, value) in [
        ("callbacks", "https://shop.example/a\nhttps://shop.example/b"),
        ("initiate_login_uri", "https://shop.example/login"),
        ("token_endpoint_auth_method", "client_secret_basic"),
        ("app_type", "regular_web"),
    ] {
        assert!(values.contains(&(name.to_owned(), value.to_owned())), "{name}: {values:?}");
    }
    let url = format!("{url}/organizations");
    let page = save(&visitor, &url, &[("default_organization", "acme"), ("ask_email", "")]).await;
    assert!(page.text_of("[role=status]").is_some(), "{}", page.text());
    let client = gateway.admin.get(&format!("/clients/{}", application.client_id)).await;
    assert_eq!(client["default_organization"]["organization_id"], json!(acme));
    assert_eq!(client["organization_discovery_methods"], json!(["organization_name"]));
    let wrong = save(&visitor, &url, &[("default_organization", "globex")]).await;
    assert_eq!(wrong.text_of("#default_organization-error").unwrap(), "There is no organization of this name or id.");
    save(&visitor, &url, &[("default_organization", "")]).await;
    let client = gateway.admin.get(&format!("/clients/{}", application.client_id)).await;
    assert_eq!(client.get("default_organization"), None);
}

#[tokio::test]
async fn each_choice_tells_what_people_see_and_they_see_it() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let application = Application::register(&gateway, json!({})).await;
    let people = gateway.admin.database("people").await;
    let clients = json!([{ "client_id": application.client_id, "status": true }]);
    gateway.admin.update(&format!("/connections/{people}/clients"), clients).await;
    let url = gateway.url(&format!("/dashboard/applications/{}/organizations", application.client_id));
    let mut sentences = Vec::new();
    for (choice, seen) in [
        ("deny", "Sign in to Example App"),
        ("allow/no_prompt", "Sign in to Example App"),
        ("allow/pre_login_prompt", "Choose your organization"),
        ("allow/post_login_prompt", "Sign in to Example App"),
        ("require/no_prompt", "invalid_request"),
        ("require/pre_login_prompt", "Choose your organization"),
        ("require/post_login_prompt", "Sign in to Example App"),
    ] {
        let page = save(&visitor, &url, &[("usage", choice)]).await;
        let sentence = page.text_of("#seen").unwrap();
        let chosen = page.forms().into_iter().find(|form| form.has("usage")).unwrap().values;
        assert!(chosen.contains(&("usage".to_owned(), choice.to_owned())), "{chosen:?}");
        assert!(page.texts_of(".choice .row-more").contains(&sentence), "{choice}: {sentence}");
        let login = Visitor::new().get(application.begin(&[]).url).await;
        let found = match login.find_location() {
            Some(_) => login.redirect_parameter("error"),
            None => login.text_of("h1"),
        };
        assert_eq!(found.as_deref(), Some(seen), "{choice}");
        sentences.push(sentence);
    }
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), 7);
}

#[tokio::test]
async fn a_hostile_entry_is_refused_at_its_field_and_nothing_is_lost() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let form = visitor.get(gateway.url("/dashboard/applications/new")).await;
    for name in ["<script>alert(1)</script>", "", "nul\0<", &"x".repeat(300)] {
        let page = visitor.submit(&form, &[("name", name), ("app_type", "spa")]).await;
        let said = page.text_of("#name-error");
        assert_eq!(
            (page.status, said.as_deref()),
            (400, Some("Use one line of 1 to 255 characters, without < and >."))
        );
    }
    let page = visitor.submit(&form, &[("name", "Shop"), ("app_type", "<b>")]).await;
    assert_eq!(page.text_of("#app_type-error").as_deref(), Some("Choose what it is."));
    let name = "Shop \u{202e}pohS & \"Söhne\" ".to_owned() + &"x".repeat(200);
    let page = make(&gateway, &visitor, &name, "regular_web").await;
    let client_id = shown(&page).remove(0);
    let url = gateway.url(&format!("/dashboard/applications/{client_id}"));
    for address in [
        "javascript:alert(1)",
        "JavaScript://x/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "https://app.example/#x",
        "https://*.app.example/",
        "https://user@app.example/",
        "/only/a/path",
        "not an address",
    ] {
        let page = visitor.get(&url).await;
        let two = format!("https://app.example/callback\n{address}");
        let page = visitor.submit(&page, &[("callbacks", &two), ("initiate_login_uri", "https://kept.example/")]).await;
        assert_eq!(page.status, 400, "{address}: {}", page.text());
        assert!(page.text_of("#callbacks-error").unwrap().starts_with("Use whole addresses"), "{address}");
        let kept = page.forms().into_iter().find(|form| form.has("callbacks")).unwrap().values;
        assert!(kept.contains(&("callbacks".to_owned(), two)), "{kept:?}");
        assert!(kept.contains(&("initiate_login_uri".to_owned(), "https://kept.example/".to_owned())), "{kept:?}");
        assert!(!page.text().contains("<script>alert"), "{address}");
    }
    let page = visitor.get(&url).await;
    for (field, value) in [
        ("web_origins", "https://app.example/path"),
        ("initiate_login_uri", "javascript:alert(1)"),
        ("allowed_logout_urls", "vbscript:x"),
    ] {
        let page = visitor.submit(&page, &[(field, value)]).await;
        assert!(page.status == 400 && page.text_of(&format!("#{field}-error")).is_some(), "{field}: {}", page.text());
    }
    assert_eq!(gateway.admin.get(&format!("/clients/{client_id}")).await["callbacks"], json!([]));
    let list = visitor.get(gateway.url("/dashboard/applications")).await;
    assert!(list.texts_of("#applications bdi").contains(&name.split_whitespace().collect::<Vec<_>>().join(" ")));
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_refused() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let application = Application::register(&gateway, json!({})).await;
    let before = state(&gateway).await;
    let huge = "https://app.example/".repeat(524_288);
    for path in ["new", &application.client_id, &format!("{}/organizations", application.client_id)] {
        let url = gateway.url(&format!("/dashboard/applications/{path}"));
        let token = csrf(&visitor.get(&url).await);
        let page = visitor.post_form(&url, &[("csrf", &token), ("name", "x"), ("callbacks", &huge)]).await;
        assert_eq!(page.status, 413, "{path}");
    }
    assert_eq!(state(&gateway).await, before);
}

#[tokio::test]
async fn connections_without_an_organization_are_switched_on_and_off() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let application = Application::register(&gateway, json!({ "organization_usage": "deny" })).await;
    let (one, two) = (gateway.admin.database("one").await, gateway.admin.database("two").await);
    let sso = gateway.admin.federated("sso", "https://id.example/", json!({})).await;
    let url = gateway.url(&format!("/dashboard/applications/{}/connections", application.client_id));
    let titles = async || Visitor::new().get(application.begin(&[]).url).await;
    assert_eq!(titles().await.option_titles(), [""; 0]);
    let token = csrf(&visitor.get(&url).await);
    visitor.post_form(&url, &[("csrf", &token), ("on", &one), ("on", &sso)]).await;
    assert_eq!(titles().await.option_titles(), ["Continue with Sso"]);
    // Who looked before somebody else switched another one on changes only what they changed.
    let clients = json!([{ "client_id": application.client_id, "status": true }]);
    gateway.admin.update(&format!("/connections/{two}/clients"), clients).await;
    let fields = [("csrf", token.as_str()), ("was", &one), ("was", &sso), ("on", &one)];
    let saved = visitor.post_form(&url, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let enabled = gateway.admin.get(&format!("/clients/{}/connections", application.client_id)).await;
    let names: Vec<_> = enabled["connections"].as_array().unwrap().iter().map(|it| text(it, "name")).collect();
    assert_eq!(names, ["one", "two"]);
    let page = visitor.get(&url).await;
    let ticked: Vec<_> =
        page.forms().into_iter().flat_map(|form| form.values).filter(|(name, _)| name == "on").collect();
    assert_eq!(ticked.len(), 2, "{ticked:?}");
}

#[tokio::test]
async fn the_dashboards_own_application_is_shown_and_cannot_be_broken() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let here = "/dashboard/applications/vestibule-dashboard";
    let list = visitor.get(gateway.url("/dashboard/applications")).await;
    assert_eq!(list.texts_of("#applications .badge"), ["This dashboard"]);
    let page = visitor.get(gateway.url(here)).await;
    assert!(page.text_of("#own").is_some() && page.text_of("#application-form").is_none(), "{}", page.text());
    let before = state(&gateway).await;
    let token = csrf(&page);
    let administrators = gateway.admin.get("/connections?name=administrators").await[0]["id"].clone();
    let administrators = administrators.as_str().unwrap().to_owned();
    for (path, fields, status) in [
        (
            here.to_owned(),
            vec![
                ("name", "x".to_owned()),
                ("callbacks", "https://evil.example/".to_owned()),
                ("token_endpoint_auth_method", "none".to_owned()),
            ],
            403,
        ),
        (format!("{here}/organizations"), vec![("usage", "deny".to_owned()), ("ask_name", "on".to_owned())], 403),
        (format!("{here}/secret"), vec![], 403),
        (format!("{here}/delete"), vec![("typed_name", "Dashboard".to_owned())], 403),
        (format!("{here}/connections"), vec![("was", administrators)], 400),
    ] {
        let refused = send(&gateway, &visitor, &(path.clone(), fields), &token).await;
        assert_eq!(refused.status, status, "{path}: {}", refused.text());
    }
    assert_eq!(state(&gateway).await, before);
    again(&gateway, ADMINISTRATOR).await;
}

#[tokio::test]
async fn who_is_late_sees_what_somebody_else_saved() {
    let gateway = start().await;
    set_up(&gateway).await;
    let (first, second) = (again(&gateway, ADMINISTRATOR).await, again(&gateway, ADMINISTRATOR).await);
    let application = Application::register(&gateway, json!({})).await;
    let url = gateway.url(&format!("/dashboard/applications/{}", application.client_id));
    let form = second.get(&url).await;
    save(&first, &url, &[("callbacks", "https://first.example/")]).await;
    let late = second.submit(&form, &[("callbacks", "https://second.example/")]).await;
    assert_eq!(late.status, 409, "{}", late.text());
    let row = ["Callback URLs", "https://first.example/", "https://second.example/"];
    assert_eq!(late.texts_of("#differences tbody th, #differences tbody td"), row);
    let saved = second.submit(&late, &[("callbacks", "https://second.example/")]).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
}

#[tokio::test]
async fn an_application_ends_once_its_name_was_typed() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let application = Application::register(&gateway, json!({})).await;
    let url = gateway.url(&format!("/dashboard/applications/{}/delete", application.client_id));
    let page = visitor.get(&url).await;
    assert!(page.texts_of(".losses li").iter().any(|loss| loss.contains("its secret")), "{}", page.text());
    let wrong = visitor.submit(&page, &[("typed_name", "Example")]).await;
    assert!(wrong.status == 400 && wrong.text_of("#typed_name-error").is_some(), "{}", wrong.text());
    assert_eq!(Visitor::new().get(application.begin(&[("organization", "")]).url).await.status, 303);
    let page = visitor.follow(visitor.submit(&wrong, &[("typed_name", "Example App")]).await, AWAY).await;
    assert_eq!(page.text_of("[role=status]").as_deref(), Some("Deleted."));
    let login = Visitor::new().get(application.begin(&[("redirect_uri", CALLBACK)]).url).await;
    assert!(login.status == 400, "{}", login.text());
}

#[tokio::test]
async fn applications_are_found_by_name_and_id_and_listed_in_pages() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    for number in 0..30 {
        Application::register(&gateway, json!({ "name": format!("Number {number:02}") })).await;
    }
    let odd = Application::register(&gateway, json!({ "name": "100 % of_it" })).await;
    let find = async |q: &str| {
        let mut url = url::Url::parse(&gateway.url("/dashboard/applications")).unwrap();
        url.query_pairs_mut().append_pair("q", q);
        visitor.get(url).await.texts_of("#applications .row-title")
    };
    assert_eq!(find("number 1").await.len(), 10);
    assert_eq!(find("% OF_").await, ["100 % of_it"]);
    assert_eq!(find(&odd.client_id).await, ["100 % of_it"]);
    assert_eq!(find("nothing").await, [""; 0]);
    let page = visitor.get(gateway.url("/dashboard/applications")).await;
    let first = page.texts_of("#applications .row-title");
    let page = visitor.click(&page, "Next").await;
    let second = page.texts_of("#applications .row-title");
    assert_eq!((first.len(), second.len()), (25, 7));
    assert!(second.iter().all(|name| !first.contains(name)));
    let page = visitor.click(&page, "Back to the first").await;
    assert_eq!(page.texts_of("#applications .row-title"), first);
}
