//! The pre-login picker: it takes an organization's name, and tells nobody which exist.

use serde_json::{Value, json};
use url::Url;

use crate::support::application::{Application, CALLBACK};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};

const PASSWORD: &str = "correct horse battery";

/// Two organizations whose people have passwords, and an application that asks for the organization.
struct House {
    gateway: Gateway,
    application: Application,
    acme: String,
}

async fn house(settings: &str, application: Value) -> House {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, settings).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let people = admin.database("people").await;
    admin.enable(&acme, &people, true).await;
    admin.enable(&globex, &people, true).await;
    admin.person("people", "ann@acme.example", PASSWORD).await;
    let mut client = json!({ "organization_require_behavior": "pre_login_prompt" });
    client.as_object_mut().unwrap().extend(application.as_object().cloned().unwrap_or_default());
    let application = Application::register(&gateway, client).await;
    House { gateway, application, acme }
}

async fn usual_house() -> House {
    house("", json!({})).await
}

impl House {
    async fn picker(&self, visitor: &Visitor) -> Page {
        let page = visitor.get(self.application.begin(&[]).url).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Choose your organization"), "{}", page.text());
        page
    }

    async fn sign_in_to(&self, visitor: &Visitor, name: &str) -> Page {
        let page = visitor.get(self.application.begin(&[("organization", name)]).url).await;
        visitor.submit(&page, &[("username", "ann@acme.example"), ("password", PASSWORD)]).await
    }
}

/// The page's bytes without what was entered.
fn masked(page: &Page) -> String {
    let text = page.text();
    let (before, field) = text.split_once("name=\"organization\"").expect("the picker's field");
    let (attributes, value) = field.split_once("value=\"").expect("its value");
    let (_, after) = value.split_once('"').expect("the value ends");
    format!("{before}{attributes}{after}")
}

#[tokio::test]
async fn a_request_that_names_nobody_is_asked_for_the_organization_and_told_no_name() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let page = house.picker(&visitor).await;
    assert_eq!(page.status, 200);
    assert!(page.header("set-cookie").is_none());
    let text = page.text().to_lowercase();
    assert!(!text.contains("acme") && !text.contains("globex") && !text.contains("people"), "{text}");
}

#[tokio::test]
async fn an_authorize_request_sent_as_a_form_asks_the_same() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let url = Url::parse(&house.application.begin(&[]).url).unwrap();
    let fields: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let address = house.gateway.url("/authorize");
    let page = visitor.post_form_from("https://app.example", "cross-site", address, &fields).await;
    assert_eq!(page.status, 303);
    let page = visitor.get(page.location()).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Choose your organization"));
}

#[tokio::test]
async fn a_known_name_opens_its_page_however_it_is_typed() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    for typed in ["acme", "ACME", "  Acme ", "\tacme"] {
        let page = house.picker(&visitor).await;
        let page = visitor.submit(&page, &[("organization", typed)]).await;
        let page = visitor.get(page.location()).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Acme"), "{typed:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_always_answered_with_the_same_bytes() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let picker = house.picker(&visitor).await;
    let long = "a".repeat(300);
    let entries = [
        "nobody",
        "no such name",
        "../acme",
        "acme/",
        "acme.",
        "é",
        "a\u{0}",
        "org_0123456789abcdef",
        "people",
        &long,
        "\"><script>alert(1)</script>",
    ];
    let mut answers = Vec::new();
    for entered in entries {
        let page = visitor.submit(&picker, &[("organization", entered)]).await;
        assert!(!page.text().contains("<script"), "{}", page.text());
        let again = page.forms()[0].values.iter().find(|(name, _)| name == "organization").unwrap().1.clone();
        assert_eq!(again, entered.replace('\u{0}', "\u{fffd}"), "what was typed stays");
        let mut headers = page.headers.clone();
        for name in ["x-request-id", "date", "content-length"] {
            headers.remove(name);
        }
        answers.push((page.status, masked(&page), format!("{headers:?}")));
    }
    assert_eq!(answers[0].0, 400);
    for (entered, answer) in entries.iter().zip(&answers) {
        assert_eq!(answer, &answers[0], "{entered:?}");
    }
}

#[tokio::test]
async fn an_application_without_organizations_cannot_ask_which_exist() {
    let house = house("", json!({ "organization_usage": "deny" })).await;
    let visitor = Visitor::new();
    let begun = house.application.begin(&[]);
    let ask = |name: &str| {
        let url = begun.url.replace("/authorize?", "/login/organization?");
        visitor.get(format!("{url}&organization={name}"))
    };
    let (known, unknown) = (ask("acme").await, ask("nobody").await);
    assert_eq!((known.status, masked(&known)), (unknown.status, masked(&unknown)));
    assert_eq!(known.status, 400);
}

#[tokio::test]
async fn an_address_that_tries_many_names_must_wait() {
    let house = house("login.picker_tries_per_minute = 2", json!({})).await;
    let visitor = Visitor::new();
    let picker = house.picker(&visitor).await;
    for (entered, expected) in [("acme", 302), ("nobody", 400), ("acme", 429), ("nobody", 429)] {
        let page = visitor.submit(&picker, &[("organization", entered)]).await;
        assert_eq!(page.status, expected, "{entered}");
        assert_eq!(page.header("retry-after").is_some(), expected == 429);
    }
    // Only guessing is limited: who names the organization gets in.
    let page = visitor.get(house.application.begin(&[("organization", "acme")]).url).await;
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn the_organizations_used_on_this_device_are_offered_there_only() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    house.sign_in_to(&visitor, "acme").await.location();
    // The session opens the other one.
    let page = visitor.get(house.application.begin(&[("organization", "globex")]).url).await;
    assert!(page.location().as_str().starts_with(CALLBACK));
    let picker = house.picker(&visitor).await;
    assert_eq!(picker.option_titles(), ["globex", "acme"], "the last used first");
    let page = visitor.follow(visitor.click(&picker, "acme").await, CALLBACK).await;
    assert!(page.location().as_str().starts_with(CALLBACK), "the session opens it at once");
    assert!(house.picker(&Visitor::new()).await.option_titles().is_empty());
}

#[tokio::test]
async fn a_remembered_organization_that_is_gone_leads_back_to_the_question() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    house.sign_in_to(&visitor, "acme").await.location();
    house.gateway.admin.delete(&format!("/organizations/{}", house.acme)).await;
    let picker = house.picker(&visitor).await;
    let page = visitor.click(&picker, "acme").await;
    assert_eq!(page.status, 400, "{:?}", page.find_location());
    assert_eq!(page.text_of("h1").as_deref(), Some("Choose your organization"));
}

#[tokio::test]
async fn a_forged_list_of_used_organizations_shows_only_well_formed_names() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let origin = Url::parse(&house.gateway.origin).unwrap();
    let long = "b".repeat(60);
    visitor.set_cookie(&origin, &format!("vestibule_recent=acme.<b>x.GLOBEX..{long}.o1.o2.o3.o4.o5; Path=/"));
    let picker = house.picker(&visitor).await;
    assert_eq!(picker.option_titles(), ["acme", "o1", "o2", "o3", "o4"]);
}

#[tokio::test]
async fn a_personal_account_is_offered_only_where_the_application_allows_it() {
    let house = house("", json!({ "organization_usage": "allow" })).await;
    let admin = &house.gateway.admin;
    let personal = admin.database("personal").await;
    let enable = json!([{ "client_id": house.application.client_id, "status": true }]);
    admin.update(&format!("/connections/{personal}/clients"), enable).await;
    admin.person("personal", "pat@home.example", PASSWORD).await;
    let visitor = Visitor::new();
    let begun = house.application.begin(&[]);
    let picker = visitor.get(&begun.url).await;
    let page = visitor.click(&picker, "Use a personal account").await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Example App"));
    let page = visitor.submit(&page, &[("username", "pat@home.example"), ("password", PASSWORD)]).await;
    let claims = house.application.id_claims(&begun, &page).await;
    assert!(claims.get("org_id").is_none(), "{claims}");
}

#[tokio::test]
async fn an_application_that_requires_an_organization_offers_no_personal_account() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let picker = house.picker(&visitor).await;
    assert!(!picker.text().contains("personal account"));
    let page = visitor.get(house.application.begin(&[("account", "personal")]).url).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Choose your organization"), "asking for one changes nothing");
}

#[tokio::test]
async fn not_this_organization_leads_back_to_the_question() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let page = visitor.get(house.application.begin(&[("organization", "acme")]).url).await;
    let page = visitor.click(&page, "Choose another organization").await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Choose your organization"));
    let page = visitor.submit(&page, &[("organization", "globex")]).await;
    let page = visitor.get(page.location()).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Globex"));
}

#[tokio::test]
async fn a_request_that_may_show_nothing_is_answered_interaction_required() {
    let house = usual_house().await;
    let begun = house.application.begin(&[("prompt", "none")]);
    let page = Visitor::new().get(&begun.url).await;
    assert_eq!(house.application.error(&begun, &page).0, "interaction_required");
}

#[tokio::test]
async fn every_parameter_of_the_request_survives_the_question() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let state = "a&b=c d+e%20é\"'<>\u{1f600};#/?";
    let more = [("state", state), ("nonce", "n&o n%ce"), ("ext-a", "1"), ("ext-a", "2&"), ("login_hint", "x@y.z+w")];
    let begun = house.application.begin(&more);
    let picker = visitor.get(&begun.url).await;
    let wrong = visitor.submit(&picker, &[("organization", "nobody")]).await;
    let mut expected: Vec<(String, String)> = Url::parse(&begun.url).unwrap().query_pairs().into_owned().collect();
    expected.push(("organization".to_owned(), "acme".to_owned()));
    for page in [picker, wrong] {
        let page = visitor.submit(&page, &[("organization", "acme")]).await;
        let kept: Vec<(String, String)> = page.location().query_pairs().into_owned().collect();
        assert_eq!(kept, expected);
    }
}

#[tokio::test]
async fn names_work_in_the_picker_also_where_applications_must_send_ids() {
    let house = house("login.allow_organization_name_in_authentication_api = false", json!({})).await;
    let visitor = Visitor::new();
    let picker = house.picker(&visitor).await;
    let page = visitor.submit(&picker, &[("organization", "acme")]).await;
    assert_eq!(page.redirect_parameter("organization"), Some(house.acme.clone()));
    let page = visitor.get(page.location()).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Acme"));
}
