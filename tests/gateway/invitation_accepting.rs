//! Accepting an invitation: by password, through an identity provider, as who is signed in already, and by nobody else.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::{Application, Begun};
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

const BOB: &str = "bob@acme.example";
const ANN: &str = "ann@acme.example";
const PASSWORD: &str = "correct horse battery";

matrix! {
    an_invited_person_follows_the_mail_signs_in_by_password_and_is_a_member_with_roles,
    fifty_parallel_accepts_make_one_member,
    an_invited_person_comes_through_an_identity_provider_that_verified_the_address,
    a_ticket_that_is_forged_or_of_another_organization_or_application_opens_nothing,
}

/// Acme and Globex with the same people, and nobody a member by signing in.
struct House {
    gateway: Gateway,
    application: Application,
    acme: String,
    people: String,
    editor: String,
    bob: String,
}

impl House {
    async fn start(mode: Mode) -> Self {
        // Fifty accepts at once may keep a busy machine longer than a remote API is usually waited for.
        let gateway = Gateway::start_with(mode, "management.timeout_seconds = 18\n").await;
        let admin = &gateway.admin;
        let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
        admin.enable(&acme, &people, false).await;
        let editor = text(&admin.create("/roles", json!({ "name": "editor" })).await, "id");
        let bob = admin.person("people", BOB, PASSWORD).await;
        admin.person("people", ANN, PASSWORD).await;
        let application = register(&gateway).await;
        Self { gateway, application, acme, people, editor, bob }
    }

    /// An invitation of Bob: the answer that tells the ticket.
    async fn invite(&self, more: Value) -> Value {
        invite(&self.gateway, &self.acme, &self.application, BOB, more).await
    }

    fn begin(&self, ticket: &str, more: &[(&str, &str)]) -> Begun {
        let usual = [("organization", self.acme.as_str()), ("invitation", ticket)];
        self.application.begin(&[&usual, more].concat())
    }

    async fn open(&self, visitor: &Visitor, ticket: &str) -> (Begun, Page) {
        let begun = self.begin(ticket, &[]);
        let page = visitor.get(&begun.url).await;
        (begun, page)
    }

    async fn sign_in(&self, visitor: &Visitor, page: &Page, email: &str) -> Page {
        visitor.submit(page, &[("username", email), ("password", PASSWORD)]).await
    }

    /// A browser in which somebody is signed in, without an organization to enter.
    async fn signed_in(&self, email: &str) -> Visitor {
        let admin = &self.gateway.admin;
        let club = admin.organization("club").await;
        admin.enable(&club, &self.people, true).await;
        let visitor = Visitor::new();
        let begun = self.application.begin(&[("organization", &club)]);
        let page = visitor.get(&begun.url).await;
        let page = self.sign_in(&visitor, &page, email).await;
        self.application.code(&begun, &page);
        visitor
    }

    async fn members(&self) -> Vec<String> {
        self.gateway.admin.member_ids(&self.acme).await
    }

    async fn open_invitations(&self) -> usize {
        let list = self.gateway.admin.get(&format!("/organizations/{}/invitations", self.acme)).await;
        list.as_array().unwrap().len()
    }

    async fn events(&self, kind: &str) -> usize {
        let events = self.gateway.admin.get("/logs?per_page=100").await;
        events.as_array().unwrap().iter().filter(|event| event["type"] == kind).count()
    }
}

async fn register(gateway: &Gateway) -> Application {
    Application::register(gateway, json!({ "initiate_login_uri": "https://shop.example/login" })).await
}

async fn invite(gateway: &Gateway, organization: &str, application: &Application, email: &str, more: Value) -> Value {
    let mut body = json!({ "inviter": { "name": "Ann" }, "invitee": { "email": email },
        "client_id": application.client_id });
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    gateway.admin.create(&format!("/organizations/{organization}/invitations"), body).await
}

fn ticket_of(created: &Value) -> String {
    text(created, "ticket_id")
}

fn heading(page: &Page) -> String {
    page.text_of("h1").unwrap_or_else(|| panic!("no heading: {} {}", page.status, page.text()))
}

async fn an_invited_person_follows_the_mail_signs_in_by_password_and_is_a_member_with_roles(mode: Mode) {
    let house = House::start(mode).await;
    let admin = &house.gateway.admin;
    let gone = text(&admin.create("/roles", json!({ "name": "gone" })).await, "id");
    house
        .invite(json!({ "roles": [house.editor, gone], "app_metadata": { "plan": "gold" },
            "user_metadata": { "team": "red" } }))
        .await;
    admin.delete(&format!("/roles/{gone}")).await;
    admin.update(&format!("/users/{}", house.bob.replace('|', "%7C")), json!({ "app_metadata": { "seat": 7 } })).await;

    let mail = house.gateway.mail_to(BOB).await;
    assert_eq!(mail.subject, "You are invited to Acme");
    assert!(mail.text.contains("Ann invites you to join Acme in Example App."), "{}", mail.text);
    let link = url::Url::parse(&mail.link()).unwrap();
    assert!(link.as_str().starts_with("https://shop.example/login?invitation="), "{link}");
    let parameter = |name: &str| link.query_pairs().find(|(it, _)| it == name).unwrap().1.into_owned();
    assert_eq!(parameter("organization"), house.acme);

    // The application hands what it got to /authorize.
    let visitor = Visitor::new();
    let all: Vec<_> = ["organization", "invitation", "organization_name"].map(|name| (name, parameter(name))).to_vec();
    let all: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let begun = house.application.begin(&all);
    let page = visitor.get(&begun.url).await;
    assert_eq!((page.status, heading(&page).as_str()), (200, "Sign in to Acme"), "{}", page.text());
    let note = page.text_of("#invitation").unwrap();
    assert_eq!(note, "Ann invites you to join Acme. Sign in with bob@acme.example.");
    assert!(page.text().contains("value=\"bob@acme.example\" readonly"), "{}", page.text());
    assert!(house.members().await.is_empty(), "an opened link changes nothing");

    let page = house.sign_in(&visitor, &page, BOB).await;
    let claims = house.application.id_claims(&begun, &page).await;
    assert_eq!((&claims["sub"], &claims["org_id"]), (&json!(house.bob), &json!(house.acme)));
    assert_eq!(house.members().await, [house.bob.as_str()]);
    let user = house.bob.replace('|', "%7C");
    let roles = admin.get(&format!("/organizations/{}/members/{user}/roles", house.acme)).await;
    assert_eq!(roles.as_array().unwrap().iter().map(|role| text(role, "name")).collect::<Vec<_>>(), ["editor"]);
    let user = admin.get(&format!("/users/{user}")).await;
    assert_eq!(user["app_metadata"], json!({ "seat": 7, "plan": "gold" }));
    assert_eq!(user["user_metadata"], json!({ "team": "red" }));
    assert_eq!((house.open_invitations().await, house.events("si").await), (0, 1));

    let (_, page) = house.open(&Visitor::new(), &parameter("invitation")).await;
    assert_eq!((page.status, heading(&page).as_str()), (410, "This invitation was already accepted"));
    let page = visitor.click(&page, "Sign in to Acme").await;
    assert!(page.redirect_parameter("code").is_some(), "a member needs no invitation");
}

async fn fifty_parallel_accepts_make_one_member(mode: Mode) {
    let house = House::start(mode).await;
    // Signed in through another organization, so that no password is checked fifty times.
    let visitor = house.signed_in(BOB).await;
    let ticket = ticket_of(&house.invite(json!({ "roles": [house.editor] })).await);
    let (_, page) = house.open(&visitor, &ticket).await;
    assert_eq!(heading(&page), "Join Acme", "{}", page.text());
    let answers = join_all((0..50).map(|_| visitor.submit(&page, &[]))).await;
    for answer in &answers {
        assert!(answer.redirect_parameter("code").is_some(), "{}", answer.text());
    }
    assert_eq!(house.members().await, [house.bob.as_str()]);
    assert_eq!((house.events("si").await, house.events("fi").await), (1, 0));
}

async fn an_invited_person_comes_through_an_identity_provider_that_verified_the_address(mode: Mode) {
    let world = World::start(mode).await;
    let application = register(&world.gateway).await;
    let admin = &world.gateway.admin;
    admin
        .update(
            &format!("/organizations/{}/enabled_connections/{}", world.globex, world.globex_sso),
            json!({ "show_as_button": false }),
        )
        .await;
    let more = json!({ "connection_id": world.globex_sso });
    let created = invite(&world.gateway, &world.globex, &application, "Bob@people.example", more).await;
    let ticket = ticket_of(&created);
    let begin = || application.begin(&[("organization", &world.globex), ("invitation", &ticket)]);
    let arrive = async |login: &str| {
        let (visitor, begun) = (Visitor::new(), begin());
        let page = world.sign_in(&visitor, &begun, "Continue with Globex sso", login).await;
        (visitor, begun, page)
    };

    let (_, _, page) = arrive("alice").await;
    assert_eq!((page.status, heading(&page).as_str()), (403, "This account cannot accept the invitation"));
    for verified in [json!(false), json!("true"), json!(1), Value::Null] {
        let bob = json!({ "sub": "bob", "email": "bob@people.example", "email_verified": verified });
        world.provider.set_account(&bob).await;
        let (_, _, page) = arrive("bob").await;
        assert_eq!(page.status, 403, "{verified}: {}", page.text());
    }
    assert!(admin.user_ids().await.is_empty(), "who may not accept leaves nothing behind");
    let bob = json!({ "sub": "bob", "email": "BOB@people.example", "email_verified": true });
    world.provider.set_account(&bob).await;
    let (_, begun, page) = arrive("bob").await;
    assert_eq!(application.id_claims(&begun, &page).await["org_id"], world.globex.as_str());
    assert_eq!(admin.member_ids(&world.globex).await, ["oidc|globex-sso|bob"]);
}

async fn a_ticket_that_is_forged_or_of_another_organization_or_application_opens_nothing(mode: Mode) {
    let house = House::start(mode).await;
    let admin = &house.gateway.admin;
    let ticket = ticket_of(&house.invite(json!({})).await);
    let globex = admin.organization("globex").await;
    admin.enable(&globex, &house.people, true).await;
    let other = register(&house.gateway).await;
    let refused = async |application: &Application, begun: Begun| {
        let page = Visitor::new().get(&begun.url).await;
        application.error(&begun, &page)
    };
    let expected = ("invalid_request".to_owned(), "invitation not found or already used".to_owned());
    for place in 0..ticket.len() {
        let mut forged = ticket.clone().into_bytes();
        forged[place] = if forged[place] == b'a' { b'b' } else { b'a' };
        let begun = house.begin(&String::from_utf8(forged).unwrap(), &[]);
        assert_eq!(refused(&house.application, begun).await, expected);
    }
    for odd in [&ticket[1..], &ticket.to_lowercase(), "%00", "../../x", "é", &format!("{ticket} "), &"x".repeat(300)] {
        assert_eq!(refused(&house.application, house.begin(odd, &[])).await, expected, "{odd}");
    }
    let begun = house.application.begin(&[("organization", &globex), ("invitation", &ticket)]);
    assert_eq!(refused(&house.application, begun).await, expected);
    let begun = other.begin(&[("organization", &house.acme), ("invitation", &ticket)]);
    assert_eq!(refused(&other, begun).await, expected);
    let begun = house.application.begin(&[("invitation", &ticket), ("organization_name", "acme")]);
    let (error, why) = refused(&house.application, begun).await;
    assert_eq!(
        (error.as_str(), why.as_str()),
        ("invalid_request", "parameter organization is required for an invitation")
    );

    // A password is no way around it: the form of Acme's page sent with Globex' organization.
    let visitor = Visitor::new();
    let (_, page) = house.open(&visitor, &ticket).await;
    let action = page.forms()[0].action.as_str().replace(&house.acme, &globex);
    let page = visitor.post_form(action, &[("username", BOB), ("password", PASSWORD)]).await;
    assert_eq!(page.redirect_parameter("error").as_deref(), Some("invalid_request"), "{}", page.text());
    assert!(admin.member_ids(&globex).await.is_empty() && house.members().await.is_empty());
    let read = admin.get(&format!("/organizations/{}/invitations", house.acme)).await;
    assert!(!read.to_string().contains(&ticket), "no administrator reads a ticket");
}

#[tokio::test]
async fn another_account_is_offered_to_switch_and_uses_nothing_up() {
    let house = House::start(Mode::SqliteEmbedded).await;
    let ticket = ticket_of(&house.invite(json!({})).await);
    let visitor = house.signed_in(ANN).await;
    let (_, page) = house.open(&visitor, &ticket).await;
    assert_eq!(heading(&page), "This invitation is for another account");
    let note = page.text_of("#signed-in-as").unwrap();
    assert!(note.contains("signed in as ann@acme.example, but the invitation is for bob@acme.example"), "{note}");

    // The button of the other page, sent all the same.
    let action = page.url.as_str().replace("/authorize?", "/login/invitation?");
    let refused = visitor.post_form(&action, &[]).await;
    assert_eq!((refused.status, heading(&refused).as_str()), (403, "This account cannot accept the invitation"));
    let form = visitor.click(&refused, "Continue as bob@acme.example").await;
    assert_eq!(heading(&form), "Sign in to Acme");
    // Signing in with a right password, as somebody else.
    let page = house.sign_in(&visitor, &form, ANN).await;
    assert_eq!((page.status, heading(&page).as_str()), (403, "This account cannot accept the invitation"));
    assert!(house.members().await.is_empty());
    assert_eq!((house.open_invitations().await, house.events("fi").await), (1, 2));

    let begun = house.begin(&ticket, &[]);
    let page = visitor.get(&begun.url).await;
    let form = visitor.click(&page, "Continue as bob@acme.example").await;
    let page = house.sign_in(&visitor, &form, BOB).await;
    assert_eq!(house.application.id_claims(&begun, &page).await["sub"], house.bob.as_str());
    assert_eq!(house.members().await, [house.bob.as_str()]);
}

#[tokio::test]
async fn a_signed_in_person_accepts_by_a_button_of_our_own_page_and_never_by_a_link() {
    let house = House::start(Mode::SqliteEmbedded).await;
    let ticket = ticket_of(&house.invite(json!({})).await);
    let visitor = house.signed_in(BOB).await;
    let begun = house.begin(&ticket, &[("prompt", "none")]);
    let page = visitor.get(&begun.url).await;
    assert_eq!(house.application.error(&begun, &page).0, "interaction_required");
    let begun = house.begin(&ticket, &[("prompt", "none")]);
    let page = Visitor::new().get(&begun.url).await;
    assert_eq!(house.application.error(&begun, &page).0, "login_required");

    let (begun, page) = house.open(&visitor, &ticket).await;
    assert_eq!(page.text_of("#signed-in-as").unwrap(), "You are signed in as bob@acme.example.");
    let action = page.forms()[0].action.clone();
    let cross = visitor.post_form_from("https://evil.example", "cross-site", &action, &[]).await;
    assert_eq!(cross.status, 403);
    assert!(house.members().await.is_empty());
    let page = visitor.submit(&page, &[]).await;
    assert_eq!(house.application.id_claims(&begun, &page).await["org_id"], house.acme.as_str());
    assert_eq!(house.members().await, [house.bob.as_str()]);
}

#[tokio::test]
async fn who_is_a_member_already_accepts_too_and_is_given_the_roles() {
    let house = House::start(Mode::SqliteEmbedded).await;
    let admin = &house.gateway.admin;
    admin.add_member(&house.acme, &house.bob).await;
    let ticket = ticket_of(&house.invite(json!({ "roles": [house.editor] })).await);
    let visitor = Visitor::new();
    let (_, page) = house.open(&visitor, &ticket).await;
    let page = house.sign_in(&visitor, &page, BOB).await;
    assert!(page.redirect_parameter("code").is_some(), "{}", page.text());
    let user = house.bob.replace('|', "%7C");
    let roles = admin.get(&format!("/organizations/{}/members/{user}/roles", house.acme)).await;
    assert_eq!(roles.as_array().unwrap().len(), 1);
    assert_eq!(house.open_invitations().await, 0);
}

#[tokio::test]
async fn an_invitation_that_is_over_says_so_and_what_to_do() {
    let house = House::start(Mode::SqliteEmbedded).await;
    let admin = &house.gateway.admin;
    let withdrawn = house.invite(json!({})).await;
    let visitor = Visitor::new();
    let (_, form) = house.open(&visitor, &ticket_of(&withdrawn)).await;
    admin.delete(&format!("/organizations/{}/invitations/{}", house.acme, text(&withdrawn, "id"))).await;
    let late = house.sign_in(&visitor, &form, BOB).await;
    assert_eq!((late.status, heading(&late).as_str()), (410, "This invitation was withdrawn"));
    let expired = house.invite(json!({ "ttl_sec": 1 })).await;
    let ticket = ticket_of(&expired);
    let page = loop {
        let (_, page) = house.open(&Visitor::new(), &ticket).await;
        if page.status != 200 {
            break page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!((page.status, heading(&page).as_str()), (410, "This invitation has expired"));
    assert!(page.text_of(".lede").unwrap().starts_with("Ask Ann to invite you to Acme again."));
    for created in [&withdrawn, &expired] {
        let begun = house.begin(&ticket_of(created), &[("prompt", "none")]);
        let page = Visitor::new().get(&begun.url).await;
        assert_eq!(house.application.error(&begun, &page).1, "invitation not found or already used");
    }
    assert!(house.members().await.is_empty());
}

#[tokio::test]
async fn an_invitation_for_one_connection_is_accepted_through_no_other() {
    let house = House::start(Mode::SqliteEmbedded).await;
    let admin = &house.gateway.admin;
    let others = admin.database("others").await;
    admin.enable(&house.acme, &others, true).await;
    admin.person("others", BOB, PASSWORD).await;
    let ticket = ticket_of(&house.invite(json!({ "connection_id": house.people })).await);
    let begun = house.begin(&ticket, &[("connection", "others")]);
    let page = Visitor::new().get(&begun.url).await;
    assert_eq!(house.application.error(&begun, &page).0, "access_denied");
    let (_, page) = house.open(&Visitor::new(), &ticket).await;
    assert!(page.option_titles().is_empty() && page.forms().len() == 1, "{}", page.text());
}
