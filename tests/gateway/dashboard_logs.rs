//! The log in the dashboard: who did what, where and when.

use serde_json::json;
use sqlx::Connection;

use crate::support::administrators::{ADMINISTRATOR, again, colleague, set_up, signed_in};
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

async fn logs(gateway: &Gateway, visitor: &Visitor, query: &str) -> Page {
    visitor.get(gateway.url(&format!("/dashboard/logs?{query}"))).await
}

/// The sentences without the marks that keep others' words apart.
fn sentences(page: &Page) -> Vec<String> {
    let plain = |text: String| text.replace(['\u{2068}', '\u{2069}'], "");
    page.texts_of("#events .row-title").into_iter().map(plain).collect()
}

async fn world_with_logins() -> (World, Visitor) {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&world.gateway).await;
    world.sign_in_to_acme(&Visitor::new(), "alice").await;
    world.sign_in_to_globex(&Visitor::new(), "bob").await;
    (world, visitor)
}

#[tokio::test]
async fn the_log_says_who_did_what_where_and_when() {
    let (world, visitor) = world_with_logins().await;
    let form = visitor.get(world.gateway.url("/dashboard/organizations/new")).await;
    visitor.submit(&form, &[("name", "initech"), ("display_name", "Initech")]).await;
    let page = logs(&world.gateway, &visitor, "").await;
    let said = sentences(&page);
    let expected = format!("{ADMINISTRATOR}: Create an Organization (organization initech).");
    assert_eq!(said[0], expected, "{said:?}");
    let login = "alice@people.example signed in at acme through acme-sso for Example App.";
    assert!(said.iter().any(|line| line == login), "{said:?}");
    assert!(
        said.iter().any(|line| line.contains("was refused at globex through globex-sso for Example App")),
        "{said:?}"
    );
    assert!(page.text().contains("<time datetime=\"20"), "{}", page.text());
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn the_log_is_narrowed_by_each_field_and_by_all_together() {
    let (world, visitor) = world_with_logins().await;
    let gateway = &world.gateway;
    let alice = gateway.admin.get("/users-by-email?email=alice@people.example").await;
    let alice = text(&alice[0], "user_id").replace('|', "%7C");
    let (acme, sso, client) = (&world.acme, &world.acme_sso, &world.application.client_id);
    let today = &gateway.admin.get("/logs?per_page=1").await[0]["date"].as_str().unwrap()[..10].to_owned();
    let all = format!(
        "type=s&organization=acme&user={alice}&connection=acme-sso&application={client}&since={today}T00:00&until={today}T23:59"
    );
    for query in [
        "type=s&user=alice@people.example".to_owned(),
        format!("type=s&user={alice}"),
        "type=s&organization=acme".to_owned(),
        format!("type=s&organization={acme}"),
        "type=s&connection=acme-sso".to_owned(),
        format!("type=s&connection={sso}"),
        format!("type=s&application={client}"),
        all,
    ] {
        let page = logs(gateway, &visitor, &query).await;
        let said = sentences(&page);
        assert_eq!(said.len(), 1, "{query}: {said:?}");
        assert!(said[0].starts_with("alice@people.example signed in at acme"), "{query}: {said:?}");
    }
    let none = logs(gateway, &visitor, "type=s&since=2020-01-01T00:00&until=2020-01-02T00:00").await;
    assert_eq!((none.status, none.text_of(".empty strong").as_deref()), (200, Some("Nothing like this happened.")));
}

#[tokio::test]
async fn nonsense_in_a_filter_is_said_at_its_field_and_kept() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&gateway).await;
    for (field, typed) in [
        ("type", "nothing"),
        ("organization", "Not A Name"),
        ("organization", "nobody"),
        ("user", "nobody"),
        ("user", "nobody@nowhere.example"),
        ("user", "@"),
        ("connection", "a\" OR type:\"s"),
        ("connection", "nobody"),
        ("application", "<script>"),
        ("since", "yesterday"),
        ("until", "2026-02-30T08:00"),
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair(field, typed).finish();
        let page = logs(&gateway, &visitor, &query).await;
        assert_eq!(page.status, 400, "{field} {typed}: {}", page.text());
        assert!(page.text_of(&format!("#{field}-error")).is_some(), "{field} {typed}: {}", page.text());
        if field != "type" {
            let form = page.forms().into_iter().find(|form| form.has("since")).unwrap();
            assert!(form.values.contains(&(field.to_owned(), typed.to_owned())), "{field} {typed} is kept");
        }
        assert!(!page.text().contains("<script>"));
    }
    let page = logs(&gateway, &visitor, "since=2026-01-02T00:00&until=2026-01-01T00:00").await;
    assert_eq!(page.text_of("#until-error").as_deref(), Some("The end is before the beginning."));
    assert_eq!(logs(&gateway, &visitor, "from=nonsense").await.status, 400);
    assert_eq!(logs(&gateway, &visitor, "user=%00%7C").await.status, 200);
    // Nobody has this id, whatever it would mean in a search.
    let page = logs(&gateway, &visitor, "user=x%7C%22%20OR%20type:%22sapi").await;
    assert_eq!((page.status, sentences(&page).len()), (200, 0), "{}", page.text());
}

#[tokio::test]
async fn the_log_is_read_to_its_end_page_by_page() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&gateway).await;
    let mut database = gateway.database().await;
    for number in 0..130 {
        // Several of one moment.
        let (id, date) =
            (format!("{}event{number:03}", 1_700_000_000_000_i64 + number / 20), 1_700_000_000_000 + number / 20);
        let statement = "INSERT INTO events (id, type, date, description) VALUES (?, 'sapi', ?, 'Happened')";
        sqlx::query(statement).bind(id).bind(date).execute(&mut database).await.unwrap();
    }
    database.close().await.unwrap();
    let mut page = logs(&gateway, &visitor, "type=sapi").await;
    let mut links = Vec::new();
    loop {
        links.extend(
            page.links()
                .into_iter()
                .map(|(_, url)| url.path().to_owned())
                .filter(|path| path.starts_with("/dashboard/logs/")),
        );
        let Some((_, next)) = page.links().into_iter().find(|(title, _)| title == "Next") else { break };
        assert!(next.query().unwrap().contains("type=sapi"), "{next}");
        page = visitor.get(&next).await;
    }
    let all = gateway.admin.get("/logs?q=type:sapi&include_totals=true&per_page=1").await["total"].as_u64().unwrap();
    assert_eq!(links.len() as u64, all);
    assert!(links.is_sorted_by(|one, next| one > next), "the newest first, each once");
}

#[tokio::test]
async fn an_event_tells_all_it_knows_and_leads_to_what_it_is_about() {
    let (world, visitor) = world_with_logins().await;
    let gateway = &world.gateway;
    let page = logs(gateway, &visitor, "type=f").await;
    let (_, event) = page.links().into_iter().find(|(_, url)| url.path().starts_with("/dashboard/logs/")).unwrap();
    let page = visitor.get(&event).await;
    assert_eq!((page.status, page.text_of("h1").as_deref()), (200, Some("Failed Login")));
    let members = page.texts_of("#members div").join("\n");
    for part in ["globex", "globex-sso", "Example App", "127.0.0.1", &world.globex, "is not part of the"] {
        assert!(members.contains(part), "not told: {part}\n{members}");
    }
    assert!(page.text_of(".details").unwrap().contains("not_a_member"));
    assert_eq!(page.link("globex").path(), format!("/dashboard/organizations/{}", world.globex));
    assert_eq!(page.link("globex-sso").path(), format!("/dashboard/connections/{}", world.globex_sso));
    let of_globex = visitor.get(page.link("Its events")).await;
    assert!(sentences(&of_globex).iter().all(|line| line.contains("globex")), "{:?}", sentences(&of_globex));

    // What was deleted is still told, and leads nowhere.
    gateway.admin.delete(&format!("/organizations/{}", world.globex)).await;
    let page = visitor.get(&event).await;
    assert!(page.texts_of("#members div").join("\n").contains(&world.globex));
    assert!(page.links().iter().all(|(_, url)| !url.path().starts_with("/dashboard/organizations/org_")));
    assert_eq!(visitor.get(gateway.url("/dashboard/logs/nothing")).await.status, 404);
}

#[tokio::test]
async fn who_may_only_look_reads_the_log_and_nobody_else_does() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    colleague(&gateway, "bob@company.example", Some("Read-only administrator")).await;
    let visitor = again(&gateway, "bob@company.example").await;
    let page = logs(&gateway, &visitor, "").await;
    assert_eq!(page.status, 200);
    assert!(!sentences(&page).is_empty());
    assert_eq!(
        visitor
            .get(&page.links().into_iter().find(|(_, url)| url.path().starts_with("/dashboard/logs/")).unwrap().1)
            .await
            .status,
        200
    );
    let stranger = logs(&gateway, &Visitor::new(), "").await;
    assert!(stranger.location().path().starts_with("/dashboard/sign-in"));
}

#[tokio::test]
async fn hostile_words_in_an_event_are_shown_and_do_nothing() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&gateway).await;
    let mut database = gateway.database().await;
    let hostile = format!("</title><script>alert(1)</script>\u{202e}gnp.exe\n{}", "x".repeat(100_000));
    sqlx::query(
        "INSERT INTO events (id, type, date, description, user_id, client_address, details) \
         VALUES ('9999999999999hostile', '<b>x</b>', 9999999999999, ?, '<i>|x', '<u>', ?)",
    )
    .bind(&hostile)
    .bind(
        json!({ "</pre><script>": hostile, "request": { "auth": { "user": { "user_id": "../../logs" } } } })
            .to_string(),
    )
    .execute(&mut database)
    .await
    .unwrap();
    database.close().await.unwrap();
    let page = logs(&gateway, &visitor, "").await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().len() < 40_000 && sentences(&page)[0].contains("alert(1)"), "{}", sentences(&page)[0]);
    let own = visitor.get(gateway.url("/dashboard/logs/9999999999999hostile")).await;
    assert_eq!(own.status, 200);
    assert!(own.text_of("#members").unwrap().contains("gnp.exe"));
    for page in [page, own] {
        let html = page.text();
        for tag in ["<script>", "<b>", "<i>", "<u>"] {
            assert!(!html.contains(tag), "{tag}: {}", &html[..2000]);
        }
    }
}
