//! The members of an organization in the dashboard: finding, adding and removing them, and their roles there.

use serde_json::{Value, json};

use crate::support::administrators::{ADMINISTRATOR, again, colleague, set_up, signed_in};
use crate::support::gateway::{Gateway, Mode, id, text};
use crate::support::http::{Page, Visitor};

const NOWHERE: &str = "https://nowhere.example";
const HOSTILE: &str = "<script>alert(1)</script> \u{202e}nomis & \"Söhne\"";

/// Acme with people of a database and of a directory.
struct House {
    gateway: Gateway,
    acme: String,
    people: String,
}

impl House {
    async fn start() -> Self {
        let gateway = Gateway::start_with(Mode::SqliteEmbedded, "management.request_burst = 1000").await;
        let (acme, people) = (gateway.admin.organization("acme").await, gateway.admin.database("people").await);
        gateway.admin.federated("sso", "https://id.acme.example", json!({})).await;
        Self { gateway, acme, people }
    }

    /// A user of the directory.
    async fn user(&self, number: &str, more: Value) -> String {
        let mut body = json!({ "connection": "sso", "user_id": number });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        text(&self.gateway.admin.create("/users", body).await, "user_id")
    }

    async fn member(&self, number: &str, more: Value) -> String {
        let user = self.user(number, more).await;
        self.gateway.admin.add_member(&self.acme, &user).await;
        user
    }

    fn page(&self, path: &str) -> String {
        self.gateway.url(&format!("/dashboard/organizations/{}/members{path}", self.acme))
    }

    fn page_of(&self, user: &str) -> String {
        self.page(&format!("/{}", user.replace('|', "%7C")))
    }

    async fn role(&self, name: &str) -> String {
        id(&self.gateway.admin.create("/roles", json!({ "name": name, "description": format!("may {name}") })).await)
    }

    async fn roles_of(&self, user: &str) -> Vec<String> {
        let path = format!("/organizations/{}/members/{}/roles", self.acme, user.replace('|', "%7C"));
        let mut names: Vec<_> =
            self.gateway.admin.get(&path).await.as_array().unwrap().iter().map(|role| text(role, "name")).collect();
        names.sort();
        names
    }

    async fn members(&self) -> Vec<String> {
        let mut ids = self.gateway.admin.member_ids(&self.acme).await;
        ids.sort();
        ids
    }
}

fn titles(page: &Page) -> Vec<String> {
    page.texts_of("#members a.row-title")
}

async fn search(visitor: &Visitor, page: &Page, q: &str) -> Page {
    visitor.submit(page, &[("q", q)]).await
}

#[tokio::test]
async fn members_are_searched_and_read_on_part_by_part() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let none = visitor.get(house.page("")).await;
    assert!(none.text().contains("Nobody is a member yet."), "{}", none.text());
    for number in 0..27 {
        house.member(&number.to_string(), json!({ "name": format!("Person {number:02}") })).await;
    }
    let eve = house.member("eve", json!({ "name": HOSTILE, "email": "eve@widgets.example" })).await;
    let editor = house.role("editor").await;
    let path = format!("/organizations/{}/members/{}/roles", house.acme, eve.replace('|', "%7C"));
    house.gateway.admin.create(&path, json!({ "roles": [editor] })).await;

    let first = visitor.get(house.page("")).await;
    assert_eq!((titles(&first).len(), titles(&first)[0].as_str()), (25, "Person 00"));
    let second = visitor.click(&first, "Next").await;
    assert_eq!(titles(&second), ["Person 25", "Person 26", HOSTILE]);
    assert!(!second.text().contains("<script>alert"), "{}", second.text());
    assert_eq!(second.texts_of("#members .badge"), ["editor"]);
    assert_eq!(titles(&visitor.click(&second, "Back to the first").await), titles(&first));
    for q in ["WIDGETS", "nomis", "söhne", &eve] {
        let found = search(&visitor, &first, q).await;
        assert_eq!(titles(&found), [HOSTILE], "{q}");
    }
    let many = search(&visitor, &first, "person").await;
    assert_eq!(titles(&visitor.click(&many, "Next").await), ["Person 25", "Person 26"], "a search is read on, too");
    let nobody = search(&visitor, &first, HOSTILE).await;
    assert_eq!((nobody.status, titles(&nobody).len()), (200, 1));
    let nobody = search(&visitor, &first, "<b>nobody</b>\0").await;
    assert_eq!(nobody.status, 200, "{}", nobody.text());
    assert!(nobody.text_of(".empty").unwrap().starts_with("No member is called <b>nobody</b>"), "{}", nobody.text());
}

#[tokio::test]
async fn of_several_people_with_one_address_the_chosen_one_becomes_a_member() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let ours = house.gateway.admin.person("people", "bob@acme.example", "correct horse battery").await;
    let theirs = house.user("bob", json!({ "email": "bob@acme.example", "name": HOSTILE })).await;
    let page = visitor.get(house.page("/add")).await;
    let found = search(&visitor, &page, "Bob@Acme.example").await;
    assert_eq!(found.texts_of(".choice code"), [ours.as_str(), theirs.as_str()]);
    assert!(found.texts_of(".choice .row-more")[0].starts_with("from people · never signed in"), "{}", found.text());
    assert!(!found.text().contains("<script>alert"));

    let nobody = visitor.press(&found, "/members/add").await;
    assert_eq!(nobody.text_of("#members-error").as_deref(), Some("Select who shall become a member."));
    assert_eq!(nobody.texts_of(".choice").len(), 2, "what was searched for is still there");
    let added = visitor.submit(&found, &[("members", &theirs)]).await;
    let added = visitor.follow(added, NOWHERE).await;
    assert_eq!((titles(&added), house.members().await), (vec![HOSTILE.to_owned()], vec![theirs.clone()]));

    let again = search(&visitor, &page, "bob@acme.example").await;
    assert_eq!(again.texts_of(".choice .badge"), ["Member already"]);
    for q in [ours.as_str(), "bob@ac", "bo", "acme.example"] {
        let found = search(&visitor, &page, q).await;
        assert!(found.texts_of(".choice code").contains(&ours), "{q}: {}", found.text());
    }
    let ann = house.user("ann", json!({ "name": "Ann Archer" })).await;
    for q in ["Ann", "ann a"] {
        assert_eq!(search(&visitor, &page, q).await.texts_of(".choice code"), [ann.as_str()], "{q}");
    }
    for q in ["nobody@acme.example", "auth0|nobody", "* OR email:*acme*", "\"", "@", "a@b@c.example"] {
        let found = search(&visitor, &page, q).await;
        assert_eq!((found.status, found.texts_of(".choice").len()), (200, 0), "{q}: {}", found.text());
        assert!(found.link("Invite somebody").path().ends_with("/invitations/new"));
    }
}

#[tokio::test]
async fn who_was_deleted_meanwhile_is_not_added_and_nobody_with_them() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let bob = house.user("bob", json!({ "email": "bob@acme.example" })).await;
    let cay = house.user("cay", json!({ "email": "cay@acme.example" })).await;
    let page = search(&visitor, &visitor.get(house.page("/add")).await, "acme.example").await;
    house.gateway.admin.delete(&format!("/users/{}", cay.replace('|', "%7C"))).await;
    let late = visitor.submit(&page, &[("members", &bob), ("members", &cay)]).await;
    assert_eq!(late.status, 400, "{}", late.text());
    assert!(late.text_of("#members-error").unwrap().contains("deleted meanwhile"), "{}", late.text());
    assert_eq!(house.members().await, [""; 0]);
    let eleven: Vec<(&str, &str)> = (0..11).map(|_| ("members", bob.as_str())).collect();
    let many = visitor.submit(&page, &eleven).await;
    assert_eq!(many.text_of("#members-error").as_deref(), Some("Select at most 10 at once."));
}

#[tokio::test]
async fn two_administrators_who_change_different_roles_undo_nothing_of_each_other() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let other = again(&house.gateway, ADMINISTRATOR).await;
    let bob = house.member("bob", json!({ "email": "bob@acme.example" })).await;
    let (editor, reader, owner) = (house.role("editor").await, house.role("reader").await, house.role(HOSTILE).await);
    let page = visitor.get(house.page_of(&bob)).await;
    let late = other.get(house.page_of(&bob)).await;
    assert_eq!(page.texts_of(".choice .row-title"), ["editor", "reader", HOSTILE], "no role of the dashboard");
    let saved = visitor.submit(&page, &[("roles", &editor), ("roles", &reader)]).await;
    let saved = visitor.follow(saved, NOWHERE).await;
    assert_eq!(saved.text_of("[role=status]").as_deref(), Some("The roles are saved."));
    other.submit(&late, &[("roles", &owner)]).await;
    assert_eq!(house.roles_of(&bob).await, [HOSTILE, "editor", "reader"]);

    // One is taken and the others stay, each ticked on the page.
    let page = visitor.get(house.page_of(&bob)).await;
    let ticked = page.forms().into_iter().find(|form| form.has("roles")).unwrap();
    assert_eq!(ticked.values.iter().filter(|(name, _)| name == "roles").count(), 3);
    visitor.submit(&page, &[("roles", &editor)]).await;
    assert_eq!(house.roles_of(&bob).await, ["editor"]);

    // A role that was deleted meanwhile is given to nobody, and nothing else is changed.
    let page = visitor.get(house.page_of(&bob)).await;
    house.gateway.admin.delete(&format!("/roles/{reader}")).await;
    let late = visitor.submit(&page, &[("roles", &reader)]).await;
    assert_eq!(late.status, 400, "{}", late.text());
    assert!(late.text_of("#roles-error").unwrap().contains("deleted meanwhile"), "{}", late.text());
    assert_eq!(house.roles_of(&bob).await, ["editor"]);
}

#[tokio::test]
async fn a_role_among_many_is_found_by_its_name() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let bob = house.member("bob", json!({ "email": "bob@acme.example" })).await;
    let mut roles = Vec::new();
    for number in 0..60 {
        roles.push(house.role(&format!("role {number:02}")).await);
    }
    let page = visitor.get(house.page_of(&bob)).await;
    assert!(page.texts_of(".choice").len() <= 50, "{}", page.texts_of(".choice").len());
    assert!(page.text().len() < 40_000, "{}", page.text().len());
    let found = visitor.submit(&page, &[("roles_named", "role 59")]).await;
    assert_eq!(found.texts_of(".choice .row-title"), ["role 59"]);
    visitor.submit(&found, &[("roles", &roles[59])]).await;
    assert_eq!(house.roles_of(&bob).await, ["role 59"]);
    // The one they have stands first, whatever is searched for.
    let found = visitor.submit(&visitor.get(house.page_of(&bob)).await, &[("roles_named", "role 07")]).await;
    assert_eq!(found.texts_of(".choice .row-title"), ["role 59", "role 07"]);
    visitor.submit(&found, &[("roles", &roles[59]), ("roles", &roles[7])]).await;
    assert_eq!(house.roles_of(&bob).await, ["role 07", "role 59"]);
}

#[tokio::test]
async fn a_member_is_removed_once_and_the_page_before_names_what_is_lost() {
    let house = House::start().await;
    let visitor = signed_in(&house.gateway).await;
    let other = again(&house.gateway, ADMINISTRATOR).await;
    let bob = house.gateway.admin.person("people", "bob@acme.example", "correct horse battery").await;
    house.gateway.admin.add_member(&house.acme, &bob).await;
    house.gateway.admin.enable(&house.acme, &house.people, true).await;
    let editor = house.role("editor").await;
    let path = format!("/organizations/{}/members/{}/roles", house.acme, bob.replace('|', "%7C"));
    house.gateway.admin.create(&path, json!({ "roles": [editor] })).await;
    let page = visitor.get(format!("{}/remove", house.page_of(&bob))).await;
    let late = other.get(format!("{}/remove", house.page_of(&bob))).await;
    let said = page.text_of("#confirmation-form").unwrap();
    for part in ["bob@acme.example", "Acme", "the membership", "1 role in this organization", "Membership On Authen"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(house.members().await, [bob.as_str()], "nothing is done by looking");
    let removed = visitor.press(&page, "/remove").await;
    let removed = visitor.follow(removed, NOWHERE).await;
    assert_eq!(removed.text_of("[role=status]").as_deref(), Some("Removed from the organization."));
    assert_eq!(house.members().await, [""; 0]);
    for page in [other.press(&late, "/remove").await, other.get(house.page_of(&bob)).await] {
        assert_eq!((page.status, page.text_of("h1").as_deref()), (404, Some("There is no such thing")));
    }
    assert_eq!(house.gateway.admin.user_ids().await.len(), 2, "the account stays");
}

#[tokio::test]
async fn who_may_only_look_sees_members_without_a_button() {
    let house = House::start().await;
    set_up(&house.gateway).await;
    colleague(&house.gateway, "rob@company.example", Some("Read-only administrator")).await;
    let visitor = again(&house.gateway, "rob@company.example").await;
    let bob = house.member("bob", json!({ "email": "bob@acme.example" })).await;
    house.role("editor").await;
    let list = visitor.get(house.page("")).await;
    assert_eq!(titles(&list), ["bob@acme.example"]);
    for page in [list, visitor.get(house.page_of(&bob)).await] {
        assert_eq!(page.status, 200);
        let said = page.text();
        for button in ["Add members", "More options", "Save", "Remove"] {
            assert!(!said.contains(button), "{button} on {}", page.url);
        }
    }
}
