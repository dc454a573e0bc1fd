//! Invitations in the dashboard: by mail or by a link that is shown once, sent again, taken back.

use serde_json::{Value, json};

use crate::support::administrators::{ADMINISTRATOR, again, colleague, set_up, signed_in};
use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode, id};
use crate::support::http::{Page, Visitor};

const NOWHERE: &str = "https://nowhere.example";
const BOB: &str = "bob@acme.example";
const PASSWORD: &str = "correct horse battery";

/// Acme with a database of people and an application that people may land in.
struct House {
    gateway: Gateway,
    acme: String,
    people: String,
    editor: String,
    shop: Application,
}

impl House {
    async fn start_with(settings: &str) -> Self {
        let settings = format!("management.request_burst = 1000\n{settings}");
        let gateway = Gateway::start_with(Mode::SqliteEmbedded, &settings).await;
        let admin = &gateway.admin;
        let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
        admin.enable(&acme, &people, false).await;
        admin.person("people", BOB, PASSWORD).await;
        let editor = id(&admin.create("/roles", json!({ "name": "editor" })).await);
        let login = json!({ "name": "Shop", "initiate_login_uri": "https://shop.example/login" });
        let shop = Application::register(&gateway, login).await;
        Self { gateway, acme, people, editor, shop }
    }

    async fn start() -> Self {
        Self::start_with("").await
    }

    fn page(&self, path: &str) -> String {
        self.gateway.url(&format!("/dashboard/organizations/{}/invitations{path}", self.acme))
    }

    async fn pending(&self) -> Vec<Value> {
        let list = self.gateway.admin.get(&format!("/organizations/{}/invitations", self.acme)).await;
        list.as_array().unwrap().clone()
    }

    /// Made by a tool, so that nobody of the dashboard has its link.
    async fn invited(&self, more: Value) -> String {
        let mut body = json!({ "inviter": { "name": "Ann" }, "invitee": { "email": BOB },
            "client_id": self.shop.client_id, "send_invitation_email": false });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        id(&self.gateway.admin.create(&format!("/organizations/{}/invitations", self.acme), body).await)
    }

    /// What the person sees who opens a link.
    async fn open(&self, link: &str) -> (u16, String) {
        let link = url::Url::parse(link).unwrap();
        let all: Vec<_> = link.query_pairs().into_owned().collect();
        let all: Vec<_> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let page = Visitor::new().get(self.shop.begin(&all).url).await;
        (page.status, page.text_of("h1").unwrap())
    }
}

/// Invites Bob from the page of an organization; what is shown afterwards.
async fn invite(house: &House, visitor: &Visitor, more: &[(&str, &str)]) -> Page {
    let form = visitor.get(house.page("/new")).await;
    let sent = visitor.submit(&form, &[&[("invitee", BOB)], more].concat()).await;
    visitor.follow(sent, NOWHERE).await
}

fn link_of(page: &Page) -> String {
    page.text_of("#invitation-link").unwrap_or_else(|| panic!("no link on {}: {}", page.url, page.text()))
}

#[tokio::test]
async fn an_invitation_goes_by_mail_with_all_that_was_chosen() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let form = visitor.get(house.page("/new")).await;
    let filled = form.forms().into_iter().find(|form| form.has("invitee")).unwrap().values;
    let value = |name: &str| filled.iter().find(|(its, _)| its == name).unwrap().1.clone();
    assert_eq!((value("inviter"), value("ttl_sec")), (ADMINISTRATOR.to_owned(), "604800".to_owned()));
    assert_eq!(value("client_id"), house.shop.client_id, "the only one there is");
    let more = [
        ("inviter", "Ann <of> Acme"),
        ("connection_id", house.people.as_str()),
        ("roles", &house.editor),
        ("ttl_sec", "86400"),
        ("send_invitation_email", "on"),
    ];
    let list = invite(&house, &visitor, &more).await;
    assert_eq!(list.text_of("[role=status]").as_deref(), Some("The invitation is on its way by mail."));
    let row = list.text_of("#invitations li").unwrap();
    assert!(row.starts_with("bob@acme.example By Ann <of> Acme, for Shop, through people. Ends "), "{row}");
    assert!(row.contains("UTC. editor"), "{row}");
    let made = &house.pending().await[0];
    assert_eq!((&made["connection_id"], &made["roles"]), (&json!(house.people), &json!([house.editor])));
    let mail = house.gateway.mail_to(BOB).await;
    assert!(mail.text.contains("Ann <of> Acme"), "{}", mail.text);
    assert_eq!(house.open(&mail.link()).await, (200, "Sign in to Acme".to_owned()));
}

#[tokio::test]
async fn a_link_is_shown_once_and_to_nobody_else() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    colleague(&house.gateway, "cay@company.example", Some("Administrator")).await;
    let other = again(&house.gateway, "cay@company.example").await;
    let form = visitor.get(house.page("/new")).await;
    let sent = visitor.submit(&form, &[("invitee", BOB), ("roles", &house.editor)]).await;
    let place = sent.location();
    assert!(place.path().ends_with("/link") && place.query().is_none(), "{place}");
    let foreign = other.get(&place).await;
    assert!(foreign.text_of("#invitation-link").is_none() && foreign.text_of("#no-link").is_some());
    let page = visitor.get(&place).await;
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.text().contains("shown only now"), "{}", page.text());
    let link = link_of(&page);
    assert!(house.gateway.find_mail_to(BOB).is_none());
    for later in [visitor.get(&place).await, other.get(&place).await] {
        assert!(later.status == 200 && later.text_of("#invitation-link").is_none(), "{}", later.text());
        assert_eq!(later.link("Send again").path(), place.path().replace("/link", "/resend"));
    }
    assert_eq!(house.open(&link).await, (200, "Sign in to Acme".to_owned()));
}

#[tokio::test]
async fn a_link_is_shown_only_to_somebody_who_signed_in_lately() {
    let house = House::start_with("dashboard.fresh_seconds = 1").await;
    let visitor = signed_in(&house.gateway).await;
    let deletion = house.gateway.url(&format!("/dashboard/organizations/{}/delete", house.acme));
    while visitor.get(&deletion).await.status == 200 {}
    let form = visitor.get(house.page("/new")).await;
    let sent = visitor.submit(&form, &[("invitee", BOB)]).await;
    let asked = visitor.get(sent.location()).await;
    assert_eq!((asked.status, asked.location().path()), (303, "/dashboard/sign-in"), "{}", asked.text());
}

#[tokio::test]
async fn an_invitation_that_is_sent_again_has_the_same_values_and_ends_the_old_one() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let first = link_of(&invite(&house, &visitor, &[("roles", &house.editor), ("inviter", "Ann")]).await);
    let before = house.pending().await.remove(0);
    let resend = house.page(&format!("/{}/resend", id(&before)));
    let page = visitor.get(&resend).await;
    assert_eq!(page.texts_of("#resend-form dd")[..5], [BOB, "Ann", "Shop", "Any that is enabled", "editor"]);
    let again = visitor.follow(visitor.press(&page, "/resend").await, NOWHERE).await;
    let second = link_of(&again);
    assert_ne!(first, second);
    let after = house.pending().await;
    assert_eq!(after.len(), 1);
    for member in ["inviter", "invitee", "client_id", "roles", "organization_id"] {
        assert_eq!(after[0][member], before[member], "{member}");
    }
    assert_eq!(house.open(&first).await, (410, "This invitation was withdrawn".to_owned()));
    assert_eq!(house.open(&second).await, (200, "Sign in to Acme".to_owned()));
    // Whoever still has the old page open.
    assert_eq!(visitor.press(&page, "/resend").await.status, 404);
    assert_eq!(house.pending().await, after);
}

#[tokio::test]
async fn the_old_invitation_stays_where_no_new_one_can_be_made() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let metadata = json!({ "connection_id": house.people, "app_metadata": { "plan": "gold" } });
    let invited = house.invited(metadata).await;
    let resend = house.page(&format!("/{invited}/resend"));
    let before = house.pending().await;
    house.gateway.admin.disable(&house.acme, &house.people).await;
    let refused = visitor.press(&visitor.get(&resend).await, "/resend").await;
    assert_eq!((refused.status, refused.text_of("#form-error").is_some()), (400, true), "{}", refused.text());
    house.gateway.admin.enable(&house.acme, &house.people, false).await;
    house
        .gateway
        .admin
        .update(&format!("/clients/{}", house.shop.client_id), json!({ "initiate_login_uri": null }))
        .await;
    let refused = visitor.press(&visitor.get(&resend).await, "/resend").await;
    assert!(refused.text_of("#form-error").unwrap().contains("initiate_login_uri"), "{}", refused.text());
    assert_eq!(house.pending().await, before);
    let login = json!({ "initiate_login_uri": "https://shop.example/login" });
    house.gateway.admin.update(&format!("/clients/{}", house.shop.client_id), login).await;
    visitor.press(&visitor.get(&resend).await, "/resend").await;
    let after = house.pending().await;
    assert_eq!((after.len(), &after[0]["app_metadata"]), (1, &json!({ "plan": "gold" })));
    assert_ne!(after[0]["id"], before[0]["id"]);
}

#[tokio::test]
async fn an_invitation_is_revoked_and_whoever_was_too_late_learns_it() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let other = again(&house.gateway, ADMINISTRATOR).await;
    let link = link_of(&invite(&house, &visitor, &[]).await);
    let revoke = house.page(&format!("/{}/revoke", id(&house.pending().await[0])));
    let (page, late) = (visitor.get(&revoke).await, other.get(&revoke).await);
    assert!(page.text_of("#confirmation-form").unwrap().contains("bob@acme.example"), "{}", page.text());
    assert_eq!(house.pending().await.len(), 1, "nothing is done by looking");
    let list = visitor.follow(visitor.press(&page, "/revoke").await, NOWHERE).await;
    assert!(list.text_of("[role=status]").unwrap().contains("revoked"), "{}", list.text());
    assert!(list.text().contains("Nobody is invited."), "{}", list.text());
    assert_eq!(house.open(&link).await, (410, "This invitation was withdrawn".to_owned()));
    for page in [other.press(&late, "/revoke").await, other.get(&revoke).await] {
        assert_eq!((page.status, page.text_of("h1").as_deref()), (404, Some("There is no such thing")));
    }
}

#[tokio::test]
async fn what_an_application_lacks_is_said_plainly() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let admin = &house.gateway.admin;
    let form = visitor.get(house.page("/new")).await;
    let shop = format!("/clients/{}", house.shop.client_id);
    for (change, missing) in [
        (json!({ "initiate_login_uri": null }), "initiate_login_uri is missing"),
        (json!({ "organization_usage": "deny" }), "organization_usage must be allow or require"),
    ] {
        admin.update(&shop, change).await;
        let page = visitor.get(house.page("/new")).await;
        let said = page.text_of("#nowhere").unwrap_or_else(|| panic!("{}", page.text()));
        assert!(said.contains("Shop") && said.contains(missing), "{said}");
        assert!(!page.text().contains("Dashboard:"), "only applications that people land in");
        let late = visitor.submit(&form, &[("invitee", BOB)]).await;
        assert_eq!(late.status, 400);
        assert!(late.text_of("#nowhere").unwrap().contains(missing), "{}", late.text());
        admin.update(&shop, json!({ "organization_usage": "require" })).await;
    }
    // What the tenant says counts for all that say nothing.
    admin.update("/tenants/settings", json!({ "default_redirection_uri": "https://start.example/" })).await;
    assert!(visitor.get(house.page("/new")).await.text_of("#nowhere").is_none());
    // Another application stands beside it, which lacks something.
    let desk = Application::register(&house.gateway, json!({ "name": "Desk", "organization_usage": "deny" })).await;
    let page = visitor.get(house.page("/new")).await;
    assert_eq!(page.texts_of(".why li").len(), 1);
    let wrong = visitor.submit(&page, &[("invitee", BOB), ("client_id", &desk.client_id)]).await;
    assert!(wrong.text_of("#client_id-error").unwrap().contains("organization_usage"), "{}", wrong.text());
    admin.update(&format!("/organizations/{}", house.acme), json!({ "is_app_entitlement_active": true })).await;
    let said = visitor.get(house.page("/new")).await.text_of("#nowhere").unwrap();
    assert!(said.contains("associated with the organization"), "{said}");
    assert_eq!(house.pending().await, [json!(null); 0]);
}

#[tokio::test]
async fn a_hostile_entry_is_refused_at_its_field_or_shown_as_text() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let form = visitor.get(house.page("/new")).await;
    let name = "<img src=x onerror=alert(1)> \u{202e}nnA";
    let long = format!("{}@acme.example", "x".repeat(400));
    for email in ["", "bob", "<script>alert(1)</script>", "nul\0", "bob@acme.example\nBcc: eve@evil.example", &long] {
        let page = visitor.submit(&form, &[("invitee", email), ("inviter", name), ("roles", &house.editor)]).await;
        assert_eq!((page.status, page.text_of("#invitee-error").is_some()), (400, true), "{email}: {}", page.text());
        let kept = page.forms().into_iter().find(|form| form.has("invitee")).unwrap().values;
        assert!(kept.contains(&("inviter".to_owned(), name.to_owned())), "{kept:?}");
        assert!(kept.contains(&("roles".to_owned(), house.editor.clone())), "{kept:?}");
    }
    let page = visitor.submit(&form, &[("invitee", BOB), ("inviter", "")]).await;
    assert!(page.text_of("#inviter-error").is_some(), "{}", page.text());
    let gone = visitor.submit(&form, &[("invitee", BOB), ("client_id", "nothing")]).await;
    assert!(gone.text_of("#client_id-error").unwrap().contains("deleted"), "{}", gone.text());
    let gone = visitor.submit(&form, &[("invitee", BOB), ("connection_id", "con_0000000000000000")]).await;
    assert_eq!(gone.status, 400, "{}", gone.text());
    assert_eq!(house.pending().await, [json!(null); 0]);
    invite(&house, &visitor, &[("inviter", name)]).await;
    let list = visitor.get(house.page("")).await;
    assert!(list.text_of("#invitations .row-more").unwrap().contains(name) && !list.text().contains("<img src=x"));
}

#[tokio::test]
async fn many_invitations_come_part_by_part() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    for number in 0..30 {
        house.invited(json!({ "invitee": { "email": format!("p{number:02}@acme.example") } })).await;
    }
    let first = visitor.get(house.page("")).await;
    let titles = |page: &Page| page.texts_of("#invitations p.row-title");
    assert_eq!((titles(&first).len(), titles(&first)[0].as_str()), (25, "p29@acme.example"), "the newest first");
    let second = visitor.click(&first, "Next").await;
    assert_eq!((titles(&second).len(), titles(&second)[4].as_str()), (5, "p00@acme.example"));
    assert_eq!(titles(&visitor.click(&second, "Back to the first").await), titles(&first));
    for from in ["x", "-1", "99999999999999999999", "39"] {
        assert_eq!(visitor.get(house.page(&format!("?from={from}"))).await.status, 200, "{from}");
    }
}

#[tokio::test]
async fn who_may_only_look_sees_invitations_without_a_button() {
    let house = House::start().await;
    set_up(&house.gateway).await;
    colleague(&house.gateway, "rob@company.example", Some("Read-only administrator")).await;
    let visitor = again(&house.gateway, "rob@company.example").await;
    let invited = house.invited(json!({})).await;
    let list = visitor.get(house.page("")).await;
    assert!(list.text().contains(BOB));
    let link = visitor.get(house.page(&format!("/{invited}/link"))).await;
    assert!(link.text_of("#no-link").is_some(), "{}", link.text());
    for page in [
        list,
        link,
        visitor.get(house.page("/new")).await,
        visitor.get(house.page(&format!("/{invited}/resend"))).await,
    ] {
        for button in ["Invite</", "More options", "Send again</button>", "Send again</a>"] {
            assert!(page.status == 200 && !page.text().contains(button), "{button} on {}", page.url);
        }
    }
}
