//! What the dashboard tells of a connection and of who uses it, and how organizations are found.

use serde_json::json;

use crate::support::administrators::signed_in;
use crate::support::gateway::{Gateway, Mode};

#[tokio::test]
async fn a_connection_tells_which_organizations_use_it() {
    for mode in [Mode::SqliteEmbedded, Mode::PostgresEmbedded] {
        let gateway = Gateway::start(mode).await;
        let visitor = signed_in(&gateway).await;
        let admin = &gateway.admin;
        let sso = admin.federated("acme-sso", "https://id.acme.example/", json!({})).await;
        let mut ids = Vec::new();
        for name in ["acme", "globex", "initech"] {
            ids.push(admin.organization(name).await);
        }
        admin.enable(&ids[0], &sso, false).await;
        admin.enable(&ids[1], &sso, false).await;
        let page = visitor.get(gateway.url(&format!("/dashboard/connections/{sso}"))).await;
        let page = visitor.click(&page, "Organizations of this connection").await;
        let mut shown = page.texts_of("#organizations .row-title");
        shown.sort_unstable();
        assert_eq!(shown, ["Acme", "Globex"], "{}", page.text());
        let page = visitor.click(&page, "Acme acme").await;
        assert_eq!(page.url.path(), format!("/dashboard/organizations/{}/connections/{sso}", ids[0]));
        // One after the other, and none twice.
        let first = admin.get(&format!("/connections/{sso}/organizations?take=1")).await;
        let next = first["next"].as_str().unwrap();
        let second = admin.get(&format!("/connections/{sso}/organizations?take=1&from={next}")).await;
        let mut both = [&first, &second].map(|part| part["organizations"][0]["name"].as_str().unwrap().to_owned());
        both.sort_unstable();
        assert_eq!((both, second.get("next")), (["acme".to_owned(), "globex".to_owned()], None));
        admin.disable(&ids[1], &sso).await;
        let left = admin.get(&format!("/connections/{sso}/organizations")).await;
        assert_eq!(left["organizations"].as_array().unwrap().len(), 1);
        assert_eq!(admin.call("GET", "/connections/con_0000000000000000/organizations", None).await.status, 404);
    }
}

#[tokio::test]
async fn an_organization_is_found_by_its_domain() {
    for mode in [Mode::SqliteEmbedded, Mode::PostgresEmbedded] {
        let gateway = Gateway::start(mode).await;
        let visitor = signed_in(&gateway).await;
        for (name, domain) in [("acme", "acme.example"), ("globex", "bücher.example")] {
            let id = gateway.admin.organization(name).await;
            let body = json!({ "domain": domain });
            gateway.admin.create(&format!("/organizations/{id}/discovery-domains"), body).await;
        }
        let found = async |q: &str| {
            let page = visitor.get(gateway.url("/dashboard/organizations")).await;
            visitor.submit(&page, &[("q", q)]).await.texts_of("#organizations .row-title")
        };
        assert_eq!(found("acme.example").await, ["Acme"]);
        assert_eq!(found("ACME.example").await, ["Acme"]);
        assert_eq!(found("bücher.example").await, ["Globex"]);
        assert_eq!(found("xn--bcher-kva.example").await, ["Globex"]);
        assert_eq!(found("other.example").await, [""; 0]);
    }
}

#[tokio::test]
async fn a_secret_that_ends_soon_is_warned_of() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&gateway).await;
    let sso = gateway.admin.federated("acme-sso", "https://id.acme.example/", json!({})).await;
    gateway.admin.update(&format!("/connections/{sso}"), json!({ "metadata": { "owner": "Ada" } })).await;
    let url = gateway.url(&format!("/dashboard/connections/{sso}"));
    let list = async || visitor.get(gateway.url("/dashboard/connections")).await.texts_of(".badge-warn");
    assert_eq!(list().await, [""; 0]);
    let page = visitor.get(&url).await;
    let wrong = visitor.submit(&page, &[("client_secret_expires_on", "soon")]).await;
    assert_eq!(wrong.text_of("#client_secret_expires_on-error").as_deref(), Some("Write the day as 2027-01-31."));
    let saved = visitor.submit(&page, &[("client_secret_expires_on", "2024-02-29")]).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let page = visitor.get(&url).await;
    assert!(page.text_of("#expiry").unwrap().starts_with("Its secret ended on 2024-02-29."), "{}", page.text());
    assert_eq!(list().await, ["Its secret ended on 2024-02-29"]);
    let metadata = gateway.admin.get(&format!("/connections/{sso}")).await["metadata"].clone();
    assert_eq!(metadata, json!({ "owner": "Ada", "client_secret_expires_on": "2024-02-29" }), "the rest stays");
    visitor.submit(&page, &[("client_secret_expires_on", "")]).await;
    assert_eq!((list().await, visitor.get(&url).await.text_of("#expiry")), (Vec::new(), None));
}
