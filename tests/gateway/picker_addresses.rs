//! E-mail addresses at the picker: one leads to its organization, and tells nobody which exist.

use serde_json::json;

use crate::matrix;
use crate::support::application::CALLBACK;
use crate::support::email_house::{House, asking_house, house, masked, parameter};
use crate::support::gateway::Mode;
use crate::support::http::{Page, Visitor};

matrix! {
    an_address_leads_to_the_one_organization_that_verified_its_domain,
    several_organizations_of_a_domain_are_told_to_who_proves_the_address,
}

/// Two organizations that share a domain, and the page that one of its addresses led to.
async fn asked_by_one_of_two(mode: Mode) -> (House, Visitor, Page) {
    let house = asking_house(mode).await;
    for organization in [&house.globex, &house.acme] {
        house.verify(organization, "shared.example").await;
    }
    let visitor = Visitor::new();
    let page = house.ask(&visitor, "sam@shared.example").await;
    (house, visitor, page)
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
    let (house, visitor, page) = asked_by_one_of_two(mode).await;
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
    let (house, visitor, page) = asked_by_one_of_two(Mode::SqliteEmbedded).await;
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
    let (house, visitor, page) = asked_by_one_of_two(Mode::SqliteEmbedded).await;
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
