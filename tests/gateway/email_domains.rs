//! E-mail domains: an address leads to the way in, or to the organization, and tells nobody which exist.

use serde_json::{Value, json};
use url::Url;

use crate::matrix;
use crate::support::application::{Application, CALLBACK};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

const PASSWORD: &str = "correct horse battery";

matrix! {
    an_address_leads_to_the_hidden_connection_of_its_domain,
    an_address_leads_to_the_one_organization_that_verified_its_domain,
    several_organizations_of_a_domain_are_told_to_who_proves_the_address,
}

/// Acme has a hidden connection for `corp.example` and passwords.
struct House {
    gateway: Gateway,
    application: Application,
    acme: String,
    globex: String,
}

async fn house(mode: Mode, settings: &str, application: Value) -> House {
    let gateway = Gateway::start_with(mode, settings).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let directory =
        admin.federated("acme-sso", "http://127.0.0.1:1", json!({ "domain_aliases": ["Corp.example"] })).await;
    let hidden = json!({ "connection_id": directory, "show_as_button": false });
    admin.create(&format!("/organizations/{acme}/enabled_connections"), hidden).await;
    let people = admin.database("people").await;
    for organization in [&acme, &globex] {
        admin.enable(organization, &people, true).await;
    }
    admin.person("people", "ann@home.example", PASSWORD).await;
    let application = Application::register(&gateway, application).await;
    House { gateway, application, acme, globex }
}

async fn usual_house() -> House {
    house(Mode::SqliteEmbedded, "", json!({})).await
}

async fn asking_house(mode: Mode) -> House {
    house(mode, "", json!({ "organization_require_behavior": "pre_login_prompt" })).await
}

impl House {
    async fn page(&self, visitor: &Visitor, more: &[(&str, &str)]) -> Page {
        let mut all = vec![("organization", "acme")];
        all.extend(more);
        let page = visitor.get(self.application.begin(&all).url).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page
    }

    /// The name of the connection that Acme's page leads an address to.
    async fn led_to(&self, typed: &str) -> Option<String> {
        let visitor = Visitor::new();
        let page = self.page(&visitor, &[]).await;
        let page = visitor.submit(&page, &[("username", typed)]).await;
        page.find_location()?.query_pairs().find(|(name, _)| name == "connection").map(|(_, value)| value.into_owned())
    }

    async fn verify(&self, organization: &str, domain: &str) {
        self.domain(organization, json!({ "domain": domain, "status": "verified" })).await;
    }

    async fn domain(&self, organization: &str, domain: Value) {
        self.gateway.admin.create(&format!("/organizations/{organization}/discovery-domains"), domain).await;
    }

    /// The picker's answer.
    async fn ask(&self, visitor: &Visitor, typed: &str) -> Page {
        let page = visitor.get(self.application.begin(&[]).url).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Choose your organization"), "{}", page.text());
        visitor.submit(&page, &[("organization", typed)]).await
    }
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// The page without what was entered.
fn masked(page: &Page, typed: &str) -> String {
    page.text().replace(typed, "TYPED").replace(&typed.replace('@', "%40"), "TYPED")
}

async fn an_address_leads_to_the_hidden_connection_of_its_domain(mode: Mode) {
    let house = house(mode, "", json!({})).await;
    let visitor = Visitor::new();
    let page = house.page(&visitor, &[]).await;
    assert!(page.option_titles().is_empty(), "the directory is hidden");
    assert!(!page.text().contains("acme-sso") && !page.forms()[0].has("password"));
    let page = visitor.submit(&page, &[("username", " Ada@CORP.example ")]).await;
    assert_eq!(page.status, 303);
    let location = page.location();
    assert_eq!(parameter(&location, "connection").as_deref(), Some("acme-sso"));
    assert_eq!(parameter(&location, "login_hint").as_deref(), Some("Ada@CORP.example"));
    // Whoever has another address gets the form for a password, with it.
    let page = house.page(&visitor, &[]).await;
    let page = visitor.submit(&page, &[("username", "ann@home.example")]).await;
    let begun_at = page.location();
    let page = visitor.get(&begun_at).await;
    let form = page.forms().into_iter().find(|form| form.has("password")).expect("a form for a password");
    assert!(form.values.contains(&("username".to_owned(), "ann@home.example".to_owned())));
    let page = visitor.submit(&page, &[("username", "ann@home.example"), ("password", PASSWORD)]).await;
    assert!(page.location().as_str().starts_with(CALLBACK), "{}", page.text());
}

async fn an_address_leads_to_the_one_organization_that_verified_its_domain(mode: Mode) {
    let house = asking_house(mode).await;
    house.verify(&house.globex, "globex.example").await;
    let visitor = Visitor::new();
    let page = house.ask(&visitor, "Gus@Globex.example").await;
    assert_eq!(page.status, 302, "{}", page.text());
    assert_eq!(page.redirect_parameter("login_hint").as_deref(), Some("Gus@Globex.example"));
    let page = visitor.get(page.location()).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Globex"));
    // An application that knows the address need not ask.
    let begun = house.application.begin(&[("login_hint", "gus@globex.example")]);
    let page = visitor.follow(visitor.get(&begun.url).await, CALLBACK).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Globex"));
    let page = visitor.click(&page, "Choose another organization").await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Choose your organization"), "and not in a circle");
}

async fn several_organizations_of_a_domain_are_told_to_who_proves_the_address(mode: Mode) {
    let house = asking_house(mode).await;
    for organization in [&house.globex, &house.acme] {
        house.verify(organization, "shared.example").await;
    }
    let visitor = Visitor::new();
    let page = house.ask(&visitor, "sam@shared.example").await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Confirm your email address"), "{}", page.text());
    assert!(!page.text().contains("Acme") && !page.text().contains("Globex"));
    assert!(house.gateway.find_mail_to("sam@shared.example").is_none(), "nothing is sent by a link");
    let page = visitor.submit(&page, &[("email", "sam@shared.example")]).await;
    assert!(!page.text().contains("Acme"), "{}", page.text());
    let code = house.gateway.mail_to("sam@shared.example").await.code();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = visitor.submit(&page, &[("code", wrong)]).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text_of("#code-error").unwrap().contains("no longer valid") && !refused.text().contains("Acme"));
    let proved = visitor.submit(&refused, &[("code", &format!(" {}-{} ", &code[..3], &code[3..]))]).await;
    assert_eq!(proved.texts_of("#organizations .option"), ["Acme", "Globex"], "{}", proved.text());
    let page = visitor.click(&proved, "Globex").await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Globex"));
    assert_eq!(visitor.submit(&refused, &[("code", &code)]).await.status, 400, "a code is used once");
}

#[tokio::test]
async fn a_code_is_sent_only_to_addresses_that_it_would_tell_something() {
    let house = asking_house(Mode::SqliteEmbedded).await;
    for organization in [&house.globex, &house.acme] {
        house.verify(organization, "shared.example").await;
    }
    let visitor = Visitor::new();
    let page = house.ask(&visitor, "sam@shared.example").await;
    let action = &page.forms()[0].action;
    let mut answers = Vec::new();
    for address in ["ned@elsewhere.example", "sam@shared.example"] {
        let page = visitor.post_form(action, &[("email", address)]).await;
        let text = page.text();
        let (before, id) = text.split_once("name=\"challenge\" value=\"").expect("a challenge");
        answers.push((page.status, format!("{before}{}", id.split_once('"').unwrap().1).replace(address, "ADDRESS")));
    }
    assert_eq!(answers[0], answers[1]);
    house.gateway.mail_to("sam@shared.example").await;
    assert!(house.gateway.find_mail_to("ned@elsewhere.example").is_none());
    for odd in ["", "sam", "a@b@shared.example"] {
        assert_eq!(visitor.post_form(action, &[("email", odd)]).await.status, 400, "{odd}");
    }
    let forged =
        visitor.post_form_from("https://evil.example", "cross-site", action, &[("email", "sam@shared.example")]);
    assert_eq!(forged.await.status, 403);
}

#[tokio::test]
async fn a_code_that_did_not_come_is_sent_again_on_request() {
    let house = asking_house(Mode::SqliteEmbedded).await;
    for organization in [&house.globex, &house.acme] {
        house.verify(organization, "shared.example").await;
    }
    let visitor = Visitor::new();
    let page = house.ask(&visitor, "sam@shared.example").await;
    assert_eq!(page.forms().len(), 1, "nothing was sent yet");
    let first = visitor.submit(&page, &[("email", "sam@shared.example")]).await;
    let old = house.gateway.mail_to("sam@shared.example").await.code();
    let again = first.forms().into_iter().find(|form| !form.has("code")).expect("a form that sends again");
    let second = visitor.post_form(&again.action, &[("email", "sam@shared.example")]).await;
    let code = house.gateway.mail_to("sam@shared.example").await.code();
    if old != code {
        assert_eq!(visitor.submit(&second, &[("code", &old)]).await.status, 400, "the new code counts");
    }
    let proved = visitor.submit(&second, &[("code", &code)]).await;
    assert_eq!(proved.texts_of("#organizations .option"), ["Acme", "Globex"], "{}", proved.text());
}

/// Security T10: each of these could be read as `corp.example` by another reader.
#[tokio::test]
async fn a_disguised_domain_never_leads_to_the_connection() {
    let house = usual_house().await;
    let domains = [
        "evil.example@corp.example",
        "corp.example@evil.example",
        "corp.example.",
        "corp.example.evil.example",
        "xcorp.example",
        "eu.corp.example",
        "example",
        "corp%2eexample",
        "corp.example:25",
        "corp。example",
        "ｃorp.example",
        "co\u{ad}rp.example",
        "cоrp.example",
        "corp.example\u{0}",
        "corp .example",
        "corp.example/",
        "[corp.example]",
        "corp.example,evil.example",
    ];
    for domain in domains {
        let led = house.led_to(&format!("ada@{domain}")).await;
        assert_eq!(led.as_deref(), Some("people"), "{domain:?}");
    }
    for local in ["\"ada\"", "ada(x)", "<ada", "a b", "ada,bob"] {
        assert_eq!(house.led_to(&format!("{local}@corp.example")).await.as_deref(), Some("people"), "{local}");
    }
    assert_eq!(house.led_to("ada").await.as_deref(), Some("people"), "a user name");
    for address in ["ada@corp.example", "a.d+a@CORP.EXAMPLE"] {
        assert_eq!(house.led_to(address).await.as_deref(), Some("acme-sso"), "{address}");
    }
}

/// Security T11.
#[tokio::test]
async fn a_domain_leads_only_while_it_is_proved_and_used() {
    let house = asking_house(Mode::SqliteEmbedded).await;
    house.domain(&house.globex, json!({ "domain": "pending.example" })).await;
    let unused = json!({ "domain": "unused.example", "status": "verified", "use_for_organization_discovery": false });
    house.domain(&house.globex, unused).await;
    house.verify(&house.globex, "globex.example").await;
    // Somebody else's claim to the domain of another changes nothing while it is not proved.
    house.domain(&house.acme, json!({ "domain": "globex.example" })).await;
    let visitor = Visitor::new();
    for nowhere in ["pending.example", "unused.example", "eu.globex.example", "example", "globex.example."] {
        assert_eq!(house.ask(&visitor, &format!("gus@{nowhere}")).await.status, 400, "{nowhere}");
    }
    assert_eq!(
        house.ask(&visitor, "gus@globex.example").await.redirect_parameter("organization").as_deref(),
        Some("globex")
    );
    let path = format!("/organizations/{}/discovery-domains", house.globex);
    let found = house.gateway.admin.get(&format!("{path}/name/globex.example")).await;
    let one = format!("{path}/{}", found["id"].as_str().unwrap());
    house.gateway.admin.update(&one, json!({ "status": "pending" })).await;
    assert_eq!(house.ask(&visitor, "gus@globex.example").await.status, 400, "at once");
}

#[tokio::test]
async fn a_connection_that_is_not_enabled_here_is_not_led_to() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let begun = house.application.begin(&[("organization", "globex"), ("screen_hint", "login-id")]);
    let page = visitor.get(&begun.url).await;
    let page = visitor.submit(&page, &[("username", "ada@corp.example")]).await;
    assert_eq!(page.redirect_parameter("connection").as_deref(), Some("people"));
    let forged = house.application.begin(&[
        ("organization", "globex"),
        ("connection", "acme-sso"),
        ("login_hint", "a@corp.example"),
    ]);
    assert_eq!(house.application.error(&forged, &visitor.get(&forged.url).await).0, "access_denied");
}

#[tokio::test]
async fn what_leads_nowhere_is_answered_with_the_same_bytes() {
    let house = asking_house(Mode::SqliteEmbedded).await;
    house.verify(&house.globex, "globex.example").await;
    let visitor = Visitor::new();
    let mut answers = Vec::new();
    let picker = visitor.get(house.application.begin(&[]).url).await;
    for typed in ["gus@nobody.example", "gus@gmail.example", "a@b", "gus@@x", "not-there"] {
        let page = visitor.submit(&picker, &[("organization", typed)]).await;
        answers.push((page.status, masked(&page, typed)));
    }
    assert_eq!(answers[0].0, 400);
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    // Accounts of a database look alike before the password, too.
    let mut answers = Vec::new();
    for typed in ["ann@home.example", "nobody@home.example", "xx@unknown.example"] {
        let page = house.page(&visitor, &[]).await;
        let page = visitor.submit(&page, &[("username", typed)]).await;
        let drawn = visitor.get(page.location()).await;
        let state = parameter(&drawn.url, "state").unwrap();
        let (nonce, challenge) =
            (parameter(&drawn.url, "nonce").unwrap(), parameter(&drawn.url, "code_challenge").unwrap());
        let text = masked(&drawn, typed).replace(&state, "S").replace(&nonce, "N").replace(&challenge, "C");
        answers.push((page.status, drawn.status, text));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[tokio::test]
async fn the_page_asks_for_the_address_first_where_the_tenant_or_the_request_says_so() {
    let house = usual_house().await;
    let (visitor, admin) = (Visitor::new(), &house.gateway.admin);
    let asks = async |more: &[(&str, &str)]| {
        let mut all = vec![("organization", "globex")];
        all.extend(more);
        let page = visitor.get(house.application.begin(&all).url).await;
        !page.forms()[0].has("password")
    };
    assert!(!asks(&[]).await);
    assert!(asks(&[("screen_hint", "login-id")]).await);
    admin.update("/prompts", json!({ "identifier_first": true })).await;
    assert!(asks(&[]).await);
    assert!(!asks(&[("connection", "people")]).await, "the connection is known already");
    let page = house.page(&visitor, &[("login_hint", "ada@corp.example")]).await;
    assert!(page.forms()[0].values.contains(&("username".to_owned(), "ada@corp.example".to_owned())));
}

#[tokio::test]
async fn an_empty_address_is_asked_for_again_and_one_for_nobody_is_said_so() {
    let house = usual_house().await;
    let admin = &house.gateway.admin;
    let third = admin.organization("third").await;
    let directory =
        admin.federated("third-sso", "http://127.0.0.1:1", json!({ "domain_aliases": ["third.example"] })).await;
    let hidden = json!({ "connection_id": directory, "show_as_button": false });
    admin.create(&format!("/organizations/{third}/enabled_connections"), hidden).await;
    let visitor = Visitor::new();
    let page = visitor.get(house.application.begin(&[("organization", "third")]).url).await;
    for (typed, says) in
        [("  ", "Enter your email"), ("x@y.example", "could not find a way"), ("ada", "could not find")]
    {
        let again = visitor.submit(&page, &[("username", typed)]).await;
        assert_eq!(again.status, 400);
        assert!(again.text_of("#identifier-error").unwrap().contains(says), "{typed}: {}", again.text());
    }
    let led = visitor.submit(&page, &[("username", "x@third.example")]).await;
    assert_eq!(led.redirect_parameter("connection").as_deref(), Some("third-sso"));
}

#[tokio::test]
async fn addresses_are_taken_from_our_own_page_only_and_not_without_end() {
    let house = house(Mode::SqliteEmbedded, "login.identifier_tries_per_minute = 2", json!({})).await;
    let visitor = Visitor::new();
    let page = house.page(&visitor, &[]).await;
    let action = &page.forms()[0].action;
    let forged =
        visitor.post_form_from("https://evil.example", "cross-site", action, &[("username", "a@b.example")]).await;
    assert_eq!(forged.status, 403);
    for expected in [303, 303, 429] {
        assert_eq!(visitor.submit(&page, &[("username", "a@corp.example")]).await.status, expected);
    }
}

#[tokio::test]
async fn the_picker_takes_what_the_application_lets_it_take() {
    for (methods, by_name, by_address, label) in [
        (json!(["organization_name"]), true, false, "Organization name"),
        (json!(["email"]), false, true, "Work email"),
        (json!(["email", "organization_name"]), true, true, "Work email or organization name"),
    ] {
        let settings = json!({
            "organization_require_behavior": "pre_login_prompt", "organization_discovery_methods": methods,
        });
        let house = house(Mode::SqliteEmbedded, "", settings).await;
        house.verify(&house.globex, "globex.example").await;
        let visitor = Visitor::new();
        let picker = visitor.get(house.application.begin(&[]).url).await;
        assert_eq!(picker.text_of("label").as_deref(), Some(label));
        let status = |leads: bool| if leads { 302 } else { 400 };
        assert_eq!(house.ask(&visitor, "globex").await.status, status(by_name), "{methods}");
        assert_eq!(house.ask(&visitor, "gus@globex.example").await.status, status(by_address), "{methods}");
        let hinted = visitor.get(house.application.begin(&[("login_hint", "gus@globex.example")]).url).await;
        assert_eq!(hinted.find_location().is_some(), by_address, "{methods}");
    }
}

#[tokio::test]
async fn who_chooses_afterwards_comes_by_the_directory_of_any_organization() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let admin = &world.gateway.admin;
    let options = json!({
        "issuer": world.provider.issuer, "client_id": "gateway", "client_secret": "secret",
        "domain_aliases": ["people.example"],
    });
    admin.update(&format!("/connections/{}", world.acme_sso), json!({ "options": options })).await;
    let settings = json!({ "organization_require_behavior": "post_login_prompt" });
    let application = Application::register(&world.gateway, settings).await;
    let visitor = Visitor::new();
    let begun = application.begin(&[("screen_hint", "login-id")]);
    let page = visitor.get(&begun.url).await;
    assert!(!page.text().contains("acme"), "the page tells no organization's connections: {}", page.text());
    let page = visitor.submit(&page, &[("username", "alice@people.example")]).await;
    let trip = visitor.get(page.location()).await;
    let callback = world.provider.sign_in(&visitor, trip.location(), "alice").await;
    let page = visitor.get(callback).await;
    assert_eq!(application.id_claims(&begun, &page).await["org_id"], world.acme.as_str());
    // The link alone, or with another address, is no permission.
    for more in [&[("connection", "acme-sso")][..], &[("connection", "globex-sso"), ("login_hint", "a@people.example")]]
    {
        let begun = application.begin(more);
        assert_eq!(application.error(&begun, &Visitor::new().get(&begun.url).await).0, "access_denied");
    }
    let plain = Application::register(&world.gateway, json!({ "organization_usage": "deny" })).await;
    let begun = plain.begin(&[("connection", "acme-sso"), ("login_hint", "alice@people.example")]);
    assert_eq!(plain.error(&begun, &Visitor::new().get(&begun.url).await).0, "access_denied");
}

#[tokio::test]
async fn the_domains_of_connections_are_known_however_old_and_however_written() {
    let house = usual_house().await;
    for table in ["connection_domains", "chores"] {
        let forget = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
        sqlx::query(forget).execute(&mut house.gateway.database().await).await.unwrap();
    }
    let gateway = house.gateway.restart_with("").await;
    let settings = json!({ "organization_require_behavior": "post_login_prompt" });
    let application = Application::register(&gateway, settings).await;
    let led_to = async |typed: &str| {
        let visitor = Visitor::new();
        let page = visitor.get(application.begin(&[("screen_hint", "login-id")]).url).await;
        let page = visitor.submit(&page, &[("username", typed)]).await;
        page.find_location().and_then(|url| parameter(&url, "connection"))
    };
    assert_eq!(led_to("ann@corp.example").await.as_deref(), Some("acme-sso"), "from before there was the table");
    assert_eq!(led_to("ann@orp.example").await, None);

    let connections = gateway.admin.get("/connections?name=acme-sso").await;
    let mut options = connections[0]["options"].clone();
    options["domain_aliases"] = json!(["B\u{fc}cher.example"]);
    let path = format!("/connections/{}", connections[0]["id"].as_str().unwrap());
    gateway.admin.update(&path, json!({ "options": options })).await;
    assert_eq!(led_to("ann@xn--bcher-kva.example").await.as_deref(), Some("acme-sso"));
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM connection_domains WHERE domain = 'corp.example'")
        .fetch_one(&mut gateway.database().await)
        .await
        .unwrap();
    assert_eq!(left, 0, "a domain that was taken away leads nowhere");
}
