//! Switching: a signed-in person goes to another organization without signing in again, where they may.

use serde_json::json;

use crate::matrix;
use crate::support::application::{Application, CALLBACK};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::Visitor;

const PASSWORD: &str = "correct horse battery";

matrix! {
    a_member_of_both_switches_without_signing_in_again,
}

struct House {
    gateway: Gateway,
    application: Application,
    globex: String,
    people: String,
    visitor: Visitor,
}

/// Ann is a member of Acme and Globex and signed in to Acme.
async fn house(mode: Mode, behaviour: &str) -> House {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let people = admin.database("people").await;
    let ann = admin.person("people", "ann@acme.example", PASSWORD).await;
    for organization in [&acme, &globex] {
        admin.enable(organization, &people, false).await;
        admin.add_member(organization, &ann).await;
    }
    let settings = json!({ "organization_require_behavior": behaviour });
    let application = Application::register(&gateway, settings).await;
    let clients = json!([{ "client_id": application.client_id, "status": true }]);
    admin.update(&format!("/connections/{people}/clients"), clients).await;
    let visitor = Visitor::new();
    let page = visitor.get(application.begin(&[("organization", "acme")]).url).await;
    let page = visitor.submit(&page, &[("username", "ann@acme.example"), ("password", PASSWORD)]).await;
    assert!(page.location().as_str().starts_with(CALLBACK), "{}", page.text());
    House { gateway, application, globex, people, visitor }
}

async fn a_member_of_both_switches_without_signing_in_again(mode: Mode) {
    let house = house(mode, "no_prompt").await;
    let begun = house.application.begin(&[("organization", "globex")]);
    let page = house.visitor.get(&begun.url).await;
    let claims = house.application.id_claims(&begun, &page).await;
    assert_eq!(claims["org_id"], house.globex.as_str());
    // Where the session's connection is not enabled, another way is asked for.
    house.gateway.admin.disable(&house.globex, &house.people).await;
    let page = house.visitor.get(house.application.begin(&[("organization", "globex")]).url).await;
    assert!(page.text_of("#signed-in-as").unwrap().contains("ann@acme.example"), "{}", page.text());
}

#[tokio::test]
async fn the_choice_serves_who_is_signed_in_to_one_organization_already() {
    let house = house(Mode::SqliteEmbedded, "post_login_prompt").await;
    let begun = house.application.begin(&[]);
    let page = house.visitor.follow(house.visitor.get(&begun.url).await, CALLBACK).await;
    assert_eq!(page.texts_of("#organizations .option"), ["Acme", "Globex"]);
    let page = house.visitor.submit(&page, &[("organization", &house.globex)]).await;
    assert_eq!(house.application.id_claims(&begun, &page).await["org_id"], house.globex.as_str());
}

#[tokio::test]
async fn the_picker_offers_the_organizations_used_here_to_go_back_to() {
    let house = house(Mode::SqliteEmbedded, "pre_login_prompt").await;
    let begun = house.application.begin(&[]);
    let picker = house.visitor.get(&begun.url).await;
    assert_eq!(picker.option_titles(), ["acme"]);
    let page = house.visitor.follow(house.visitor.click(&picker, "acme").await, CALLBACK).await;
    assert!(page.location().as_str().starts_with(CALLBACK));
}
