//! Access per application: which applications an organization's people may use.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::{Application, Begun};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};

matrix! {
    applications_are_associated_with_an_organization_one_by_one,
    an_organization_with_access_per_application_lets_nobody_into_another_one,
}

const EMAIL: &str = "ann@acme.example";
const PASSWORD: &str = "correct horse battery";

async fn applications_are_associated_with_an_organization_one_by_one(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (admin, acme) = (&gateway.admin, gateway.admin.organization("acme").await);
    let names = ["shop", "desk", "till"];
    let mut clients = Vec::new();
    for name in names {
        clients.push(Application::register(&gateway, json!({ "name": name })).await.client_id);
    }
    let [shop, desk, till] = &clients[..] else { panic!("three clients") };
    let path = format!("/organizations/{acme}/clients");
    let body = json!({ "clients": [{ "client_id": shop, "use_for_member_access": true }, { "client_id": desk }] });
    let made = admin.create(&path, body.clone()).await;
    let expected = json!({
        "client_id": shop, "use_for_member_access": true,
        "client": {
            "name": "shop", "app_type": "regular_web", "is_first_party": true, "organization_usage": "require",
            "grant_types": ["authorization_code", "client_credentials"],
        },
    });
    assert_eq!(
        (&made[0], &made[1]["client_id"], &made[1]["use_for_member_access"]),
        (&expected, &json!(desk), &json!(false))
    );
    assert_eq!(admin.get(&format!("{path}/{shop}")).await, expected);
    assert_eq!(admin.get(&path).await, json!({ "clients": made }));
    let part = admin.get(&format!("{path}?take=1")).await;
    let rest = admin.get(&format!("{path}?take=1&from={}", part["next"].as_str().unwrap())).await;
    assert_eq!((&part["clients"][0], &rest["clients"][0], &rest["next"]), (&made[0], &made[1], &Value::Null));

    // All or none.
    for (other, status) in [(desk.as_str(), 409), ("nobody", 404)] {
        let body = json!({ "clients": [{ "client_id": till }, { "client_id": other }] });
        assert_eq!(admin.call("POST", &path, Some(body)).await.status, status, "{other}");
    }
    assert_eq!(admin.call("GET", &format!("{path}/{till}"), None).await.status, 404);
    assert_eq!(admin.call("POST", &path, Some(json!({ "clients": [] }))).await.status, 400);
    assert_eq!(admin.call("POST", "/organizations/org_0000000000000000/clients", Some(body)).await.status, 404);

    let changed = admin.update(&format!("{path}/{desk}"), json!({ "use_for_member_access": true })).await;
    assert_eq!((&changed["client_id"], &changed["use_for_member_access"]), (&json!(desk), &json!(true)));
    let change = Some(json!({ "use_for_member_access": true }));
    assert_eq!(admin.call("PATCH", &format!("{path}/{till}"), change).await.status, 404);
    for _ in 0..2 {
        admin.done("DELETE", &path, Some(json!({ "clients": [shop, till] }))).await;
    }
    admin.delete(&format!("/clients/{desk}")).await;
    assert_eq!(admin.get(&path).await, json!({ "clients": [] }));
}

/// Acme, whose people sign in by password, and an application.
struct House {
    gateway: Gateway,
    application: Application,
    path: String,
}

impl House {
    async fn new(mode: Mode) -> Self {
        let gateway = Gateway::start(mode).await;
        let admin = &gateway.admin;
        let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
        admin.enable(&acme, &people, true).await;
        admin.person("people", EMAIL, PASSWORD).await;
        let application = Application::register(&gateway, json!({})).await;
        Self { gateway, application, path: format!("/organizations/{acme}") }
    }

    async fn begin(&self, visitor: &Visitor, more: &[(&str, &str)]) -> (Begun, Page) {
        let begun = self.application.begin(&[&[("organization", "acme")], more].concat());
        let page = visitor.get(&begun.url).await;
        (begun, page)
    }

    /// Asserts that the application hears why nobody comes.
    fn assert_refused(&self, begun: &Begun, page: &Page) {
        let description = "the application is not allowed for this organization".to_owned();
        assert_eq!(self.application.error(begun, page), ("access_denied".to_owned(), description));
    }

    async fn let_in(&self, yes: bool) {
        let path = format!("{}/clients/{}", self.path, self.application.client_id);
        self.gateway.admin.update(&path, json!({ "use_for_member_access": yes })).await;
    }
}

async fn an_organization_with_access_per_application_lets_nobody_into_another_one(mode: Mode) {
    let house = House::new(mode).await;
    let (admin, visitor) = (&house.gateway.admin, Visitor::new());
    assert_eq!(house.begin(&visitor, &[]).await.1.status, 200, "every application, as long as nothing else is said");
    admin.update(&house.path, json!({ "is_app_entitlement_active": true })).await;
    let (begun, page) = house.begin(&visitor, &[]).await;
    house.assert_refused(&begun, &page);

    let association = json!({ "clients": [{ "client_id": house.application.client_id }] });
    admin.create(&format!("{}/clients", house.path), association).await;
    let (begun, page) = house.begin(&visitor, &[]).await;
    house.assert_refused(&begun, &page);
    house.let_in(true).await;
    let (begun, page) = house.begin(&visitor, &[]).await;
    assert_eq!(page.status, 200, "{}", page.text());

    // Taken back while the page is open: the password opens nothing, right or wrong.
    house.let_in(false).await;
    for password in [PASSWORD, "another"] {
        let refused = visitor.submit(&page, &[("username", EMAIL), ("password", password)]).await;
        house.assert_refused(&begun, &refused);
    }
    house.let_in(true).await;
    let entered = visitor.submit(&page, &[("username", EMAIL), ("password", PASSWORD)]).await;
    let code = house.application.code(&begun, &entered);
    // And while the code is on its way.
    house.let_in(false).await;
    let answer = house.application.exchange(&begun, &code).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")));
    // A session is no way in, either.
    for more in [&[][..], &[("prompt", "none")]] {
        let (begun, page) = house.begin(&visitor, more).await;
        house.assert_refused(&begun, &page);
    }
    house.let_in(true).await;
    let (begun, page) = house.begin(&visitor, &[("prompt", "none")]).await;
    house.application.id_claims(&begun, &page).await;
}

#[tokio::test]
async fn what_the_page_remembers_lets_nobody_in() {
    // The page may be drawn from memory; the source decides at the login.
    let settings = "management.fresh_seconds = 600";
    let gateway = Gateway::start_with(Mode::SqliteRemote, settings).await;
    let admin = &gateway.admin;
    let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
    admin.enable(&acme, &people, true).await;
    admin.person("people", EMAIL, PASSWORD).await;
    let application = Application::register(&gateway, json!({})).await;
    let house = House { gateway, application, path: format!("/organizations/{acme}") };
    let visitor = Visitor::new();
    let (begun, page) = house.begin(&visitor, &[]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    house.gateway.admin.update(&house.path, json!({ "is_app_entitlement_active": true })).await;
    assert_eq!(house.begin(&visitor, &[]).await.1.status, 200, "drawn from memory");
    let refused = visitor.submit(&page, &[("username", EMAIL), ("password", PASSWORD)]).await;
    house.assert_refused(&begun, &refused);
    assert!(house.gateway.admin.member_ids(&acme).await.is_empty());
}
