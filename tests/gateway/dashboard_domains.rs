//! Discovery domains in the dashboard: adding one, proving it by the DNS, its switches, its end.

use serde_json::{Value, json};

use crate::support::administrators::{ADMINISTRATOR, again, colleague, set_up, signed_in};
use crate::support::dns::Dns;
use crate::support::gateway::{Gateway, Mode, id, text};
use crate::support::http::{Page, Visitor};

const NOWHERE: &str = "https://nowhere.example";

struct House {
    gateway: Gateway,
    acme: String,
}

impl House {
    async fn start_with(settings: &str) -> Self {
        let gateway = Gateway::start_with(Mode::SqliteEmbedded, settings).await;
        let acme = gateway.admin.organization("acme").await;
        Self { gateway, acme }
    }

    fn page(&self, path: &str) -> String {
        self.gateway.url(&format!("/dashboard/organizations/{}/domains{path}", self.acme))
    }

    fn api(&self) -> String {
        format!("/organizations/{}/discovery-domains", self.acme)
    }

    async fn domain(&self, name: &str) -> Value {
        self.gateway.admin.create(&self.api(), json!({ "domain": name })).await
    }
}

/// Adds a domain as an administrator does; its page.
async fn add(house: &House, visitor: &Visitor, domain: &str) -> Page {
    let form = visitor.get(house.page("/new")).await;
    let added = visitor.submit(&form, &[("domain", domain)]).await;
    visitor.follow(added, NOWHERE).await
}

#[tokio::test]
async fn a_domain_is_added_proved_by_its_record_and_leads_people_here() {
    let dns = Dns::start().await;
    let house = House::start_with(&dns.setting()).await;
    let visitor = signed_in(&house.gateway).await;
    let page = add(&house, &visitor, "Acme.Example").await;
    assert_eq!(page.text_of("h1").as_deref(), Some("acme.example"), "{}", page.text());
    let (name, value) = (page.text_of("#record-name").unwrap(), page.text_of("#record-value").unwrap());
    assert_eq!(name, format!("_ss-verification.{}.acme.example", house.acme));

    let checked = visitor.press(&page, "/check").await;
    assert!(checked.text_of("#checked").unwrap().starts_with("There is no TXT record of this name yet."));
    dns.add_txt(&name, &["<script>alert(1)</script>\u{202e}", "another"]);
    let checked = visitor.press(&page, "/check").await;
    let said = checked.text_of("#checked").unwrap();
    assert!(said.contains("none has the right value") && said.contains("<script>alert(1)</script>"), "{said}");
    assert!(!checked.text().contains("<script>alert"), "{}", checked.text());
    assert_eq!(visitor.get(house.page("")).await.texts_of("#domains .badge"), ["Pending"]);

    dns.add_txt(&name, &[&value]);
    let checked = visitor.press(&page, "/check").await;
    assert_eq!(checked.text_of("#checked").as_deref(), Some("The record is there. The domain is verified."));
    assert_eq!(visitor.get(house.page("")).await.texts_of("#domains .badge"), ["Verified"]);
    let listed = house.gateway.admin.get(&house.api()).await;
    assert_eq!(listed["domains"][0]["status"], "verified");
}

#[tokio::test]
async fn silent_name_servers_are_said_and_change_nothing() {
    // A port that nobody listens on.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let house = House::start_with(&format!("management.dns_server = \"{silent}\"")).await;
    let visitor = signed_in(&house.gateway).await;
    let page = add(&house, &visitor, "acme.example").await;
    let checked = visitor.press(&page, "/check").await;
    let said = checked.text_of("#checked").unwrap();
    assert!(said.starts_with("The name servers gave no answer"), "{said}");
}

#[tokio::test]
async fn the_switches_of_a_domain_are_saved() {
    let house = House::start_with("").await;
    let visitor = signed_in(&house.gateway).await;
    let page = add(&house, &visitor, "acme.example").await;
    let saved = visitor.submit(&page, &[("use_for_organization_discovery", ""), ("status", "verified")]).await;
    let saved = visitor.follow(saved, NOWHERE).await;
    assert_eq!(saved.text_of("[role=status]").as_deref(), Some("The domain is saved."));
    let domain = house.gateway.admin.get(&house.api()).await["domains"][0].clone();
    assert_eq!((&domain["status"], &domain["use_for_organization_discovery"]), (&json!("verified"), &json!(false)));
    assert_eq!(visitor.get(house.page("")).await.texts_of("#domains .badge"), ["Leads nobody here", "Verified"]);
    let wrong = visitor.submit(&saved, &[("use_for_organization_discovery", "on"), ("status", "perhaps")]).await;
    assert_eq!((wrong.status, wrong.text_of("#status-error").is_some()), (400, true), "{}", wrong.text());
}

#[tokio::test]
async fn saving_one_switch_does_not_undo_what_was_proved_meanwhile() {
    let house = House::start_with("").await;
    let visitor = signed_in(&house.gateway).await;
    let page = add(&house, &visitor, "acme.example").await;
    let domain = || async { house.gateway.admin.get(&house.api()).await["domains"][0].clone() };
    let path = format!("{}/{}", house.api(), id(&domain().await));
    house.gateway.admin.update(&path, json!({ "status": "verified" })).await;
    visitor.submit(&page, &[("use_for_organization_discovery", ""), ("status", "pending")]).await;
    let domain = domain().await;
    assert_eq!((&domain["status"], &domain["use_for_organization_discovery"]), (&json!("verified"), &json!(false)));
}

#[tokio::test]
async fn what_is_no_domain_is_refused_at_its_field() {
    let house = House::start_with("").await;
    let visitor = signed_in(&house.gateway).await;
    house.domain("taken.example").await;
    let long = format!("{}.example", "x".repeat(300));
    for wrong in ["", "acme", "ada@acme.example", "https://acme.example/", "<b>.example", "a\u{202e}b", "a\0.b", &long]
    {
        let form = visitor.get(house.page("/new")).await;
        let page = visitor.submit(&form, &[("domain", wrong)]).await;
        let said = page.text_of("#domain-error").unwrap_or_else(|| panic!("{wrong}: {}", page.text()));
        assert!(page.status == 400 && said.starts_with("Enter a domain such as acme.com"), "{wrong}: {said}");
        assert!(!page.text().contains("<b>.example"));
    }
    let page = add(&house, &visitor, "Taken.EXAMPLE").await;
    assert_eq!(page.text_of("#domain-error").as_deref(), Some("The organization has this domain already."));
    assert_eq!(add(&house, &visitor, "münchen.example").await.text_of("h1").as_deref(), Some("xn--mnchen-3ya.example"));
}

#[tokio::test]
async fn a_domain_is_deleted_once_and_the_page_before_names_what_is_lost() {
    let house = House::start_with("").await;
    let visitor = signed_in(&house.gateway).await;
    let other = again(&house.gateway, ADMINISTRATOR).await;
    let domain = house.domain("acme.example").await;
    let here = house.page(&format!("/{}", id(&domain)));
    let (page, late) = (visitor.get(format!("{here}/delete")).await, other.get(format!("{here}/delete")).await);
    let old = other.get(&here).await;
    let said = page.text_of("#confirmation-form").unwrap();
    assert!(said.contains("acme.example") && said.contains("Acme"), "{said}");
    let list = visitor.follow(visitor.press(&page, "/delete").await, NOWHERE).await;
    assert!(list.text().contains("There is no domain yet."), "{}", list.text());
    for page in [
        other.press(&late, "/delete").await,
        other.press(&old, "/check").await,
        other.submit(&old, &[("status", "verified")]).await,
        other.get(&here).await,
    ] {
        assert_eq!((page.status, page.text_of("h1").as_deref()), (404, Some("There is no such thing")), "{}", page.url);
    }
}

#[tokio::test]
async fn many_domains_come_part_by_part_and_who_may_only_look_sees_no_button() {
    let house = House::start_with("management.request_burst = 1000").await;
    set_up(&house.gateway).await;
    colleague(&house.gateway, "rob@company.example", Some("Read-only administrator")).await;
    let visitor = again(&house.gateway, "rob@company.example").await;
    for number in 0..30 {
        house.domain(&format!("d{number:02}.example")).await;
    }
    let first = visitor.get(house.page("")).await;
    let titles = |page: &Page| page.texts_of("#domains .row-title");
    assert_eq!(titles(&first).len(), 25);
    let second = visitor.click(&first, "Next").await;
    assert_eq!(titles(&second).len(), 5);
    let domain = &house.gateway.admin.get(&house.api()).await["domains"][0];
    let page = visitor.get(house.page(&format!("/{}", id(domain)))).await;
    assert_eq!(page.text_of("#record-value"), Some(text(domain, "verification_txt")));
    for button in ["New domain", "Check the record", "Save", "Delete"] {
        for page in [&first, &page] {
            assert!(!page.text().contains(button), "{button} on {}", page.url);
        }
    }
}
