//! Two administrators at one thing, and acts that need somebody who signed in lately.

use std::time::Duration;

use serde_json::json;

use crate::support::administrators::{ADMINISTRATOR, PASSWORD, again, set_up, signed_in};
use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};

/// Both open the page; one saves `theirs`, then the other `mine`, and again.
async fn edit_at_once(gateway: &Gateway, path: &str, field: &str, (theirs, mine): (&str, &str)) -> Vec<Page> {
    let ada = again(gateway, ADMINISTRATOR).await;
    let bob = again(gateway, ADMINISTRATOR).await;
    let url = gateway.url(path);
    let (mine_open, theirs_open) = (ada.get(&url).await, bob.get(&url).await);
    let saved = bob.submit(&theirs_open, &[(field, theirs)]).await;
    let late = ada.submit(&mine_open, &[(field, mine)]).await;
    let again = ada.submit(&late, &[(field, mine)]).await;
    vec![saved, late, again]
}

#[tokio::test]
async fn who_saves_second_is_told_and_sees_the_difference() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    let acme = gateway.admin.organization("acme").await;
    let passwords = gateway.admin.database("passwords").await;
    gateway.admin.enable(&acme, &passwords, false).await;
    let organization = (format!("/dashboard/organizations/{acme}"), format!("/organizations/{acme}"));
    let connection = (format!("/dashboard/connections/{passwords}"), format!("/connections/{passwords}"));
    let enabled = (
        format!("{}/connections/{passwords}", organization.0),
        format!("{}/enabled_connections/{passwords}", organization.1),
    );
    for ((page, api), field, theirs, mine) in [
        (organization, "display_name", "By Bob", "By Ada"),
        (connection, "display_name", "By Bob", "By Ada"),
        (enabled, "allowed_domains", "bob.example", "ada.example"),
    ] {
        let pages = edit_at_once(&gateway, &page, field, (theirs, mine)).await;
        let [saved, late, again] = pages.as_slice() else { panic!() };
        assert_eq!((saved.status, late.status, again.status), (303, 409, 303), "{page}: {}", late.text());
        let row = late.texts_of("#differences tbody tr").join(" ");
        assert!(row.contains(theirs) && row.contains(mine), "{page}: {row:?}");
        let kept = late.forms().into_iter().find(|form| form.has(field)).unwrap().values;
        assert!(kept.contains(&(field.to_owned(), mine.to_owned())), "{kept:?}");
        let there = gateway.admin.get(&api).await.to_string();
        assert!(there.contains(mine) && !there.contains(theirs), "{there}");
    }
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_not_overwritten_by_a_call_that_names_what_it_read() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let connection = admin.federated("acme-sso", "https://id.acme.example/", json!({})).await;
    admin.enable(&acme, &connection, false).await;
    let client = admin.create("/clients", json!({ "name": "Application", "app_type": "regular_web" })).await;
    let changes = [
        (format!("/organizations/{acme}"), json!({ "display_name": "Changed" })),
        (format!("/organizations/{acme}/enabled_connections/{connection}"), json!({ "show_as_button": false })),
        (format!("/connections/{connection}"), json!({ "display_name": "Changed" })),
        (format!("/clients/{}", client["client_id"].as_str().unwrap()), json!({ "name": "Changed" })),
    ];
    for (path, change) in changes {
        let tag = async || admin.call("GET", &path, None).await.header("etag").unwrap().to_owned();
        let patch = async |tags: &str| admin.call_if(Some(tags), "PATCH", &path, Some(change.clone())).await;
        let read = tag().await;
        assert_eq!(patch(&read).await.status, 200, "{path}");
        let late = patch(&read).await;
        assert_eq!((late.status, late.json()["errorCode"].as_str()), (412, Some("precondition_failed")), "{path}");
        assert_eq!(patch("*").await.status, 200, "{path}");
        assert_eq!(patch(&format!("\"other\", {}", tag().await)).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn what_cannot_be_undone_needs_somebody_who_signed_in_lately() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "dashboard.fresh_seconds = 1").await;
    let visitor = signed_in(&gateway).await;
    let acme = gateway.admin.organization("acme").await;
    let connection = gateway.admin.database("passwords").await;
    for (path, name) in
        [(format!("organizations/{acme}/delete"), "acme"), (format!("connections/{connection}/delete"), "passwords")]
    {
        let url = gateway.url(&format!("/dashboard/{path}"));
        let mut page = visitor.get(&url).await;
        // The condition to wait for is that a second has passed.
        while page.status == 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            page = visitor.get(&url).await;
        }
        // Somebody else at this browser gets no further, though the session is still there.
        let page = visitor.follow(page, "https://nowhere.example").await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Dashboard"), "{}", page.text());
        let token = visitor.get(gateway.url("/dashboard/organizations/new")).await;
        let csrf =
            token.forms().iter().flat_map(|form| form.values.clone()).find(|(name, _)| name == "csrf").unwrap().1;
        let refused = visitor.post_form(&url, &[("csrf", csrf.as_str()), ("typed_name", name)]).await;
        assert!(refused.location().path().starts_with("/dashboard/sign-in"), "{}", refused.text());
    }
    assert_eq!(gateway.admin.get("/organizations").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn who_shows_anew_who_they_are_goes_on_where_they_were() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "dashboard.fresh_seconds = 20").await;
    let visitor = signed_in(&gateway).await;
    let acme = gateway.admin.organization("acme").await;
    let url = gateway.url(&format!("/dashboard/organizations/{acme}/delete"));
    let anew = visitor.get(
        gateway.url(&format!("/dashboard/sign-in?return_to=%2Fdashboard%2Forganizations%2F{acme}%2Fdelete&anew=yes")),
    );
    let page = visitor.follow(anew.await, "https://nowhere.example").await;
    let page = visitor.submit(&page, &[("username", ADMINISTRATOR), ("password", PASSWORD)]).await;
    let page = visitor.follow(page, "https://nowhere.example").await;
    assert_eq!((page.status, page.url.as_str()), (200, url.as_str()), "{}", page.text());
    let done = visitor.submit(&page, &[("typed_name", "acme")]).await;
    assert_eq!(done.status, 303, "{}", done.text());
    assert_eq!(gateway.admin.get("/organizations").await, json!([]));
}

#[tokio::test]
async fn buttons_are_moved_and_the_login_page_follows() {
    for mode in [Mode::SqliteEmbedded, Mode::PostgresEmbedded] {
        let gateway = Gateway::start(mode).await;
        let visitor = signed_in(&gateway).await;
        let acme = gateway.admin.organization("acme").await;
        for name in ["one", "two", "three"] {
            let connection = gateway.admin.federated(name, "https://id.acme.example/", json!({})).await;
            gateway.admin.enable(&acme, &connection, false).await;
        }
        let application = Application::register(&gateway, json!({})).await;
        let options = async || {
            let page = Visitor::new().get(application.begin(&[("organization", "acme")]).url).await;
            page.option_titles()
                .iter()
                .map(|title| title.replace("Continue with ", "").to_lowercase())
                .collect::<Vec<_>>()
        };
        assert_eq!(options().await, ["one", "two", "three"]);
        let url = gateway.url(&format!("/dashboard/organizations/{acme}/connections/order"));
        let ids = gateway.admin.get(&format!("/organizations/{acme}/enabled_connections")).await;
        let press = async |direction: &str, place: usize| {
            let page = visitor.get(&url).await;
            let wanted = format!("{direction}:{}", ids[place]["connection_id"].as_str().unwrap());
            assert_eq!(visitor.submit(&page, &[("move", &wanted)]).await.status, 303);
        };
        press("up", 2).await;
        assert_eq!(options().await, ["one", "three", "two"]);
        press("down", 0).await;
        assert_eq!(options().await, ["three", "one", "two"]);
        // There is nothing above the first.
        press("up", 2).await;
        assert_eq!(options().await, ["three", "one", "two"]);
        let order =
            json!({ "connection_ids": [ids[0]["connection_id"], ids[0]["connection_id"], ids[1]["connection_id"]] });
        let refused =
            gateway.admin.call("PUT", &format!("/organizations/{acme}/enabled_connections/order"), Some(order)).await;
        assert_eq!(
            (refused.status, options().await),
            (400, vec!["three".to_owned(), "one".to_owned(), "two".to_owned()])
        );
    }
}
