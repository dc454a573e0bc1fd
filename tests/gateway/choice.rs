//! Choosing the organization after signing in (`post_login_prompt`).

use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::{Application, Begun, CALLBACK};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

const PASSWORD: &str = "correct horse battery";

matrix! {
    a_person_of_one_organization_goes_straight_in,
    a_person_of_several_organizations_chooses_and_gets_the_one_chosen,
    a_person_of_none_is_told_to_the_application,
}

/// Acme and Globex; Ann has an account at the application itself.
struct House {
    gateway: Gateway,
    application: Application,
    acme: String,
    globex: String,
    people: String,
    ann: String,
}

async fn house(mode: Mode, application: Value) -> House {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let people = admin.database("people").await;
    for organization in [&acme, &globex] {
        admin.enable(organization, &people, false).await;
    }
    let ann = admin.person("people", "ann@acme.example", PASSWORD).await;
    let mut settings = json!({ "organization_require_behavior": "post_login_prompt" });
    settings.as_object_mut().unwrap().extend(application.as_object().cloned().unwrap_or_default());
    let application = Application::register(&gateway, settings).await;
    let clients = json!([{ "client_id": application.client_id, "status": true }]);
    admin.update(&format!("/connections/{people}/clients"), clients).await;
    House { gateway, application, acme, globex, people, ann }
}

async fn usual_house() -> House {
    let house = house(Mode::SqliteEmbedded, json!({})).await;
    house.join(&house.acme).await;
    house.join(&house.globex).await;
    house
}

impl House {
    async fn join(&self, organization: &str) {
        self.gateway.admin.add_member(organization, &self.ann).await;
    }

    /// Signs Ann in on the application's own page.
    async fn sign_in(&self, visitor: &Visitor, more: &[(&str, &str)]) -> (Begun, Page) {
        let begun = self.application.begin(more);
        let page = visitor.get(&begun.url).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Example App"), "{}", page.text());
        let page = visitor.submit(&page, &[("username", "ann@acme.example"), ("password", PASSWORD)]).await;
        (begun, page)
    }

    /// Signs Ann in and opens her choice.
    async fn choice(&self, visitor: &Visitor, more: &[(&str, &str)]) -> (Begun, Page) {
        let (begun, page) = self.sign_in(visitor, more).await;
        let page = visitor.get(page.location()).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Choose your organization"), "{}", page.text());
        (begun, page)
    }
}

fn offered(page: &Page) -> Vec<String> {
    page.texts_of("#organizations .option")
}

async fn a_person_of_one_organization_goes_straight_in(mode: Mode) {
    let house = house(mode, json!({})).await;
    house.join(&house.globex).await;
    let (begun, page) = house.sign_in(&Visitor::new(), &[]).await;
    let claims = house.application.id_claims(&begun, &page).await;
    assert_eq!((&claims["org_id"], &claims["sub"]), (&json!(house.globex), &json!(house.ann)));
}

async fn a_person_of_several_organizations_chooses_and_gets_the_one_chosen(mode: Mode) {
    let house = house(mode, json!({})).await;
    house.join(&house.globex).await;
    house.join(&house.acme).await;
    let visitor = Visitor::new();
    let (begun, page) = house.choice(&visitor, &[]).await;
    assert_eq!(offered(&page), ["Acme", "Globex"]);
    assert!(!page.text().contains("personal account"));
    let page = visitor.submit(&page, &[("organization", &house.globex)]).await;
    assert_eq!(page.status, 303);
    assert_eq!(house.application.id_claims(&begun, &page).await["org_id"], house.globex.as_str());
    // Signed in already, the choice comes at once.
    let begun = house.application.begin(&[]);
    let page = visitor.follow(visitor.get(&begun.url).await, CALLBACK).await;
    let page = visitor.submit(&page, &[("organization", &house.acme)]).await;
    assert_eq!(house.application.id_claims(&begun, &page).await["org_id"], house.acme.as_str());
}

async fn a_person_of_none_is_told_to_the_application(mode: Mode) {
    let house = house(mode, json!({})).await;
    let (begun, page) = house.sign_in(&Visitor::new(), &[]).await;
    let expected = "client requires organization membership, but user does not belong to any organization";
    assert_eq!(house.application.error(&begun, &page), ("invalid_request".to_owned(), expected.to_owned()));
}

#[tokio::test]
async fn a_personal_account_is_offered_where_the_application_allows_it() {
    let house = house(Mode::SqliteEmbedded, json!({ "organization_usage": "allow" })).await;
    house.join(&house.acme).await;
    let visitor = Visitor::new();
    let (begun, page) = house.choice(&visitor, &[]).await;
    assert_eq!(offered(&page), ["Acme"], "one organization is a choice, too");
    let personal = visitor.submit(&page, &[("account", "personal")]).await;
    let claims = house.application.id_claims(&begun, &personal).await;
    assert!(claims.get("org_id").is_none(), "{claims}");
    let again = visitor.submit(&page, &[("account", "personal")]).await;
    assert_eq!(again.status, 400, "a choice is made once");
}

#[tokio::test]
async fn what_the_directory_of_an_organization_says_opens_no_personal_account() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let admin = &world.gateway.admin;
    let options = json!({
        "issuer": world.provider.issuer, "client_id": "gateway", "client_secret": "secret",
        "domain_aliases": ["people.example"],
    });
    admin.update(&format!("/connections/{}", world.globex_sso), json!({ "options": options })).await;
    let settings = json!({ "organization_require_behavior": "post_login_prompt", "organization_usage": "allow" });
    let application = Application::register(&world.gateway, settings).await;
    let arrive = async |visitor: &Visitor| {
        let begun = application.begin(&[("connection", "globex-sso"), ("login_hint", "alice@people.example")]);
        let trip = visitor.get(&begun.url).await;
        let callback = world.provider.sign_in(visitor, trip.location(), "alice").await;
        (begun, visitor.get(callback).await)
    };
    // Globex's directory vouches for nobody outside of Globex.
    let visitor = Visitor::new();
    let (_, page) = arrive(&visitor).await;
    assert!(page.location().as_str().contains("account=personal"), "{}", page.location());
    for more in [None, Some(("account", "personal"))] {
        let begun = application.begin(more.as_slice());
        let page = visitor.get(&begun.url).await;
        let code = page.find_location().is_some_and(|url| url.as_str().starts_with(CALLBACK));
        assert!(!code, "{more:?}: {:?}", page.find_location());
    }
    // A member of Globex chooses it, and nothing else.
    admin.add_member(&world.globex, "oidc|globex-sso|alice").await;
    let visitor = Visitor::new();
    let (begun, page) = arrive(&visitor).await;
    let page = visitor.get(page.location()).await;
    assert_eq!(offered(&page), ["Globex"]);
    let personal = visitor.submit(&page, &[("account", "personal")]).await;
    assert!(personal.location().as_str().contains("account=personal"), "{}", personal.location());
    let page = visitor.submit(&page, &[("organization", &world.globex)]).await;
    assert_eq!(application.id_claims(&begun, &page).await["org_id"], world.globex.as_str());
    // Where no organization that has the directory lets the application be used, it opens no choice either.
    let closed = json!({ "is_app_entitlement_active": true });
    admin.update(&format!("/organizations/{}", world.globex), closed).await;
    let visitor = Visitor::new();
    let begun = application.begin(&[("connection", "globex-sso"), ("login_hint", "alice@people.example")]);
    let page = visitor.get(&begun.url).await;
    let outcome = match page.find_location().filter(|url| url.as_str().starts_with(CALLBACK)) {
        Some(_) => page,
        None => visitor.get(world.provider.sign_in(&visitor, page.location(), "alice").await).await,
    };
    assert_eq!(application.error(&begun, &outcome).0, "access_denied");
}

#[tokio::test]
async fn asking_to_sign_in_anew_asks_once_and_not_again_after_the_choice() {
    let house = usual_house().await;
    for more in [("prompt", "login"), ("max_age", "0")] {
        let visitor = Visitor::new();
        house.sign_in(&visitor, &[]).await;
        let (begun, page) = house.choice(&visitor, &[more]).await;
        let page = visitor.submit(&page, &[("organization", &house.acme)]).await;
        assert_eq!(house.application.id_claims(&begun, &page).await["org_id"], house.acme.as_str(), "{more:?}");
    }
}

#[tokio::test]
async fn a_choice_is_for_its_own_person_and_for_their_organizations() {
    let house = usual_house().await;
    let admin = &house.gateway.admin;
    let third = admin.organization("third").await;
    admin.enable(&third, &house.people, false).await;
    let visitor = Visitor::new();
    let (begun, page) = house.choice(&visitor, &[]).await;
    assert!(!page.text().contains("Third"), "{}", page.text());

    let stranger = Visitor::new();
    assert_eq!(stranger.get(&page.url).await.status, 400, "nobody is signed in");
    let ned = admin.person("people", "ned@acme.example", PASSWORD).await;
    admin.add_member(&house.acme, &ned).await;
    let entry = stranger.get(house.application.begin(&[]).url).await;
    stranger.submit(&entry, &[("username", "ned@acme.example"), ("password", PASSWORD)]).await;
    assert_eq!(stranger.get(&page.url).await.status, 400, "somebody else is");
    let stolen = stranger.submit(&page, &[("organization", &house.acme)]).await;
    assert_eq!(stolen.status, 400);

    let forged = |organization: &str| {
        let fields: Vec<(String, String)> = page.forms().into_iter().find(|form| form.post).unwrap().values;
        let secret = fields.into_iter().find(|(name, _)| name == "choice").unwrap().1;
        let organization = organization.to_owned();
        let (visitor, gateway) = (&visitor, &house.gateway);
        async move {
            let fields = [("choice", secret.as_str()), ("organization", &organization)];
            visitor.post_form(gateway.url("/login/choice"), &fields).await
        }
    };
    let not_theirs = forged(&third).await;
    assert!(!not_theirs.location().as_str().starts_with(CALLBACK), "{}", not_theirs.location());
    let shown = visitor.get(not_theirs.location()).await;
    assert!(shown.text_of("#signed-in-as").unwrap().contains("ann@acme.example"));
    assert_eq!(forged("org_0123456789abcdef").await.status, 400);
    assert_eq!(forged("").await.status, 400, "a personal account is not allowed here");

    // Who is no member any more by the time of the choice stays out.
    let members = format!("/organizations/{}/members", house.acme);
    admin.done("DELETE", &members, Some(json!({ "members": [house.ann] }))).await;
    let out = visitor.submit(&page, &[("organization", &house.acme)]).await;
    assert!(!out.location().as_str().starts_with(CALLBACK), "{}", out.location());
    let page = visitor.submit(&page, &[("organization", &house.globex)]).await;
    assert_eq!(house.application.id_claims(&begun, &page).await["org_id"], house.globex.as_str());
}

#[tokio::test]
async fn who_was_blocked_meanwhile_is_told_no_organizations_any_more() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let (_, page) = house.choice(&visitor, &[]).await;
    let path = format!("/users/{}", house.ann.replace('|', "%7C"));
    house.gateway.admin.update(&path, json!({ "blocked": true })).await;
    let again = visitor.get(page.url.clone()).await;
    assert!(again.status >= 400 && !again.text().contains("Globex"), "{}", again.text());
    assert!(visitor.submit(&page, &[("organization", &house.globex)]).await.status >= 400);
}

#[tokio::test]
async fn a_choice_sent_by_another_page_chooses_nothing() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let (_, page) = house.choice(&visitor, &[]).await;
    let form = page.forms().into_iter().find(|form| form.post).unwrap();
    let mut fields: Vec<(&str, &str)> = form.values.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fields.push(("organization", &house.acme));
    let forged = visitor.post_form_from("https://evil.example", "cross-site", &form.action, &fields).await;
    assert_eq!(forged.status, 403);
    fields.push(("organization", &house.globex));
    assert_eq!(visitor.post_form(&form.action, &fields).await.status, 400, "two answers are none");
}

#[tokio::test]
async fn a_session_that_the_organization_does_not_take_leads_to_its_page() {
    let house = usual_house().await;
    house.gateway.admin.disable(&house.globex, &house.people).await;
    let visitor = Visitor::new();
    let (_, page) = house.choice(&visitor, &[("prompt", "login")]).await;
    let page = visitor.submit(&page, &[("organization", &house.globex)]).await;
    let page = visitor.get(page.location()).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Globex"));
    let page = visitor.get(house.application.begin(&[("organization", "globex")]).url).await;
    assert!(page.text_of("#signed-in-as").unwrap().contains("ann@acme.example"));
    let back = visitor.follow(visitor.click(&page, "Choose another organization").await, CALLBACK).await;
    assert_eq!(offered(&back), ["Acme", "Globex"], "without signing in again");
}

#[tokio::test]
async fn organizations_that_do_not_let_the_application_be_used_are_no_choice() {
    let house = usual_house().await;
    let closed = json!({ "is_app_entitlement_active": true });
    house.gateway.admin.update(&format!("/organizations/{}", house.globex), closed).await;
    let (begun, page) = house.sign_in(&Visitor::new(), &[]).await;
    assert_eq!(house.application.id_claims(&begun, &page).await["org_id"], house.acme.as_str());
}

#[tokio::test]
async fn whoever_comes_through_the_connection_of_one_organization_that_makes_members_is_one() {
    let house = house(Mode::SqliteEmbedded, json!({})).await;
    let enabled = format!("/organizations/{}/enabled_connections/{}", house.acme, house.people);
    house.gateway.admin.update(&enabled, json!({ "assign_membership_on_login": true })).await;
    let (begun, page) = house.sign_in(&Visitor::new(), &[]).await;
    assert_eq!(house.application.id_claims(&begun, &page).await["org_id"], house.acme.as_str());
    assert_eq!(house.gateway.admin.member_ids(&house.acme).await, [house.ann]);
}

#[tokio::test]
async fn a_thousand_organizations_are_searched_and_paged() {
    let house = usual_house().await;
    let mut database = house.gateway.database().await;
    for number in 0..998 {
        let id = format!("org_many{number:012}");
        sqlx::query("INSERT INTO organizations (id, name, display_name, created_at) VALUES ($1, $2, $3, 1)")
            .bind(&id)
            .bind(format!("many-{number:03}"))
            .bind(format!("Many {number:03} 100%"))
            .execute(&mut database)
            .await
            .unwrap();
        sqlx::query("INSERT INTO members (organization_id, user_id, created_at) VALUES ($1, $2, 1)")
            .bind(&id)
            .bind(&house.ann)
            .execute(&mut database)
            .await
            .unwrap();
    }
    let visitor = Visitor::new();
    let (_, page) = house.choice(&visitor, &[]).await;
    assert_eq!(offered(&page).len(), 20);
    assert_eq!(offered(&page)[..3], ["Acme", "Globex", "Many 000 100%"]);
    let next = visitor.click(&page, "Next").await;
    assert_eq!(offered(&next)[0], "Many 018 100%");
    assert_eq!(offered(&visitor.click(&next, "Previous").await), offered(&page));
    let last = visitor.get(format!("{}&page=49", page.url)).await;
    assert_eq!(offered(&last).last().unwrap(), "Many 997 100%");
    assert!(last.links().iter().all(|(title, _)| title != "Next"));
    for (text, expected) in [
        ("many 123", vec!["Many 123 100%"]),
        ("MANY-456", vec!["Many 456 100%"]),
        ("glob", vec!["Globex"]),
        ("_", vec![]),
        ("nobody", vec![]),
    ] {
        let found = visitor.submit(&page, &[("q", text)]).await;
        assert_eq!(offered(&found), expected, "{text}");
        assert_eq!(found.text_of("#no-organizations").is_some(), expected.is_empty());
    }
    assert_eq!(offered(&visitor.submit(&page, &[("q", "100%")]).await).len(), 20);
    for odd in ["page=-1", "page=x", "page=999999999999", "q=%00&page=0"] {
        assert_eq!(visitor.get(format!("{}&{odd}", page.url)).await.status, 200, "{odd}");
    }
}
