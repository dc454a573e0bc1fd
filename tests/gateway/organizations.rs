//! Organizations through the Management API: order, both ways of paging, search, what each caller is told.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Administrator, Gateway, Mode, id, text};

matrix! {
    lists_are_sorted_every_way_in_pages_and_in_parts,
    organizations_are_found_by_their_names_their_age_and_their_metadata,
    an_organization_is_made_changed_and_deleted,
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().unwrap_or_else(|| panic!("no list: {list}")).iter().map(|it| text(it, "name")).collect()
}

/// Every part of a list, two at a time.
async fn in_parts(admin: &Administrator, path: &str) -> Vec<String> {
    let (mut all, mut from) = (Vec::new(), String::new());
    loop {
        let part = admin.get(&format!("{path}take=2&include_totals=true{from}")).await;
        assert!(part.get("total").is_none() && part.get("start").is_none(), "take wins: {part}");
        all.extend(names(&part["organizations"]));
        let Some(next) = part["next"].as_str() else { return all };
        from = format!("&from={next}");
    }
}

async fn lists_are_sorted_every_way_in_pages_and_in_parts(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    // Two with the same display name, one without any.
    for (name, title) in [
        ("delta", Some("Alpha")),
        ("bravo", Some("Zulu")),
        ("echo", None),
        ("alpha", Some("Alpha")),
        ("charlie", Some("Mike")),
    ] {
        let mut body = json!({ "name": name });
        if let Some(title) = title {
            body["display_name"] = title.into();
        }
        admin.create("/organizations", body).await;
    }
    let by_age = names(&admin.get("/organizations").await);
    for (field, up) in [
        ("created_at", by_age.clone()),
        ("name", ["alpha", "bravo", "charlie", "delta", "echo"].map(str::to_owned).to_vec()),
    ] {
        let down: Vec<String> = up.iter().rev().cloned().collect();
        for (direction, expected) in [("1", up), ("-1", down)] {
            let path = format!("/organizations?sort={field}:{direction}");
            assert_eq!(names(&admin.get(&path).await), expected, "{path}");
            let page = admin.get(&format!("{path}&page=1&per_page=2&include_totals=true")).await;
            assert_eq!((names(&page["organizations"]), &page["total"]), (expected[2..4].to_vec(), &json!(5)));
            assert_eq!(in_parts(admin, &format!("{path}&")).await, expected, "{path} in parts");
        }
    }
    for (direction, expected) in
        [("1", ["", "Alpha", "Alpha", "Mike", "Zulu"]), ("-1", ["Zulu", "Mike", "Alpha", "Alpha", ""])]
    {
        let path = format!("/organizations?sort=display_name:{direction}");
        let whole = admin.get(&path).await;
        let titles = whole.as_array().unwrap().iter().map(|it| it["display_name"].as_str().unwrap_or_default());
        assert_eq!(titles.collect::<Vec<_>>(), expected, "{path}");
        let whole = names(&whole);
        assert_eq!(in_parts(admin, &format!("{path}&")).await, whole, "{path} in parts");
    }

    // A cursor belongs to its order, and a part tells nothing that a stranger could change.
    let part = admin.get("/organizations?take=2&sort=name:1").await;
    let next = text(&part, "next");
    for query in [
        format!("from={next}"),
        format!("sort=name:-1&from={next}"),
        "from=x".to_owned(),
        "take=0".to_owned(),
        "sort=id:1".to_owned(),
    ] {
        let page = admin.call("GET", &format!("/organizations?{query}"), None).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_query_string")), "{query}");
    }
    let page = admin.call("GET", "/organizations?page=10&per_page=100", None).await;
    assert_eq!(page.json()["errorCode"], "invalid_paging");

    // Who may only list them is told their names alone.
    admin
        .update(
            &format!("/organizations/{}", id(&admin.get("/organizations/name/bravo").await)),
            json!({ "metadata": { "a": "b" } }),
        )
        .await;
    let brief = admin.with_scopes(&["read:organizations_summary"]).await;
    for path in ["/organizations?sort=name:1", "/organizations/search?sort=name"] {
        let list = brief.get(path).await;
        let list = if list.is_array() { list } else { list["organizations"].clone() };
        let mut members: Vec<&String> = list[1].as_object().unwrap().keys().collect();
        members.sort();
        assert_eq!(members, ["display_name", "id", "name"], "{path}");
    }
    let page = brief.call("GET", "/organizations/name/bravo", None).await;
    assert_eq!(page.status, 403);
    // What is not told cannot be found out by searching for it either.
    let page = brief.call("GET", "/organizations/search?q=metadata.a:b*", None).await;
    assert_eq!(page.status, 400, "{}", page.text());
}

async fn organizations_are_found_by_their_names_their_age_and_their_metadata(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    for (name, title, metadata) in [
        ("acme", "Acme Corp", json!({ "plan": "gold", "note": "a \"quoted\" thing" })),
        ("acme-labs", "Labs_100%", json!({ "plan": "Gold" })),
        ("globex", "Globex acme", json!({ "note": "\"plan\":\"gold\"" })),
        ("initech", "Initech", json!({})),
    ] {
        admin.create("/organizations", json!({ "name": name, "display_name": title, "metadata": metadata })).await;
    }
    let acme = id(&admin.get("/organizations/name/acme").await);
    let found = async |q: &str, parser: &str| {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", q)
            .append_pair("parser", parser)
            .append_pair("sort", "name")
            .finish();
        names(&admin.get(&format!("/organizations/search?{query}")).await["organizations"])
    };
    let by_id = format!("id:{acme}");
    let lucene: [(&str, &[&str]); 16] = [
        (&by_id, &["acme"]),
        ("name:acme", &["acme"]),
        ("name:ACME*", &["acme", "acme-labs"]),
        ("display_name:*acme*", &["acme", "globex"]),
        ("display_name:*corp", &["acme"]),
        ("display_name:\"acme corp\"", &["acme"]),
        ("display_name:labs_100%*", &["acme-labs"]),
        ("display_name:labs\\_2*", &[]),
        ("metadata.plan:gold", &["acme"]),
        ("metadata.plan:G*", &["acme-labs"]),
        ("metadata.note:\"a \\\"quoted\\\" thing\"", &["acme"]),
        ("_exists_:metadata.plan", &["acme", "acme-labs"]),
        ("NOT _exists_:metadata.plan AND name:*ite*", &["initech"]),
        ("name:initech OR (name:acme* AND NOT metadata.plan:gold)", &["acme-labs", "initech"]),
        ("created_at:[2020-01-01 TO *] AND acme", &["acme", "acme-labs", "globex"]),
        ("created_at:<2020-01-01", &[]),
    ];
    for (q, expected) in lucene {
        assert_eq!(found(q, "lucene").await, expected, "{q}");
    }
    let scim: [(&str, &[&str]); 3] = [
        ("name eq \"acme\" or metadata.plan eq \"Gold\"", &["acme", "acme-labs"]),
        ("display_name co \"acme\" and name ne \"acme\"", &["globex"]),
        ("created_at gt \"2020-01-01\" and not (name sw \"a\")", &["globex", "initech"]),
    ];
    for (q, expected) in scim {
        assert_eq!(found(q, "scim").await, expected, "{q}");
    }
    let expected = ["acme", "acme-labs", "globex"];
    assert_eq!(in_parts(admin, "/organizations/search?q=acme&sort=name&").await, expected, "in parts");
    assert_eq!(in_parts(admin, "/organizations/search?").await.len(), 4, "all of them");
}

async fn an_organization_is_made_changed_and_deleted(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let connection = admin.database("people").await;
    let body = json!({
        "name": "acme", "display_name": "Acme", "metadata": { "plan": "gold" }, "is_app_entitlement_active": false,
        "branding": { "logo_url": "https://acme.example/logo.png", "colors": { "primary": "#0059d6" } },
        "enabled_connections": [{ "connection_id": connection }],
    });
    let mut created = admin.create("/organizations", body.clone()).await;
    let enabled = created.as_object_mut().unwrap().remove("enabled_connections").unwrap();
    assert_eq!(enabled[0]["connection_id"], json!(connection));
    let path = format!("/organizations/{}", id(&created));
    assert_eq!(admin.get(&path).await, created);
    assert_eq!(admin.get("/organizations/name/acme").await, created);
    assert_eq!(created["is_app_entitlement_active"], false);
    let again = admin.call("POST", "/organizations", Some(body)).await;
    assert_eq!((again.status, &again.json()["errorCode"]), (409, &json!("organization_conflict")));
    let changed = admin.update(&path, json!({ "is_app_entitlement_active": true, "branding": null })).await;
    assert_eq!((&changed["is_app_entitlement_active"], changed.get("branding")), (&json!(true), None));
    for body in
        [json!({ "token_quota": { "client_credentials": {} } }), json!({ "third_party_client_access": "block" })]
    {
        let page = admin.call("PATCH", &path, Some(body.clone())).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("operation_not_supported")), "{body}");
    }
    for _ in 0..2 {
        admin.delete(&path).await;
    }
    assert_eq!(admin.call("GET", &path, None).await.json()["message"], "No organization found by that id or name");
}

#[tokio::test]
async fn a_search_that_cannot_be_read_is_refused() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let too_many = "id:a OR id:b OR id:c OR id:d OR id:e OR id:f";
    for q in
        ["name:*cm*", "secret:x", "name:", "(name:a", "metadata.plan:*old*", "created_at:soon", too_many, "name:a b"]
    {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", q).finish();
        let page = gateway.admin.call("GET", &format!("/organizations/search?{query}"), None).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_query_string")), "{q}");
    }
    let page = gateway.admin.call("GET", "/organizations/search?parser=sql", None).await;
    assert_eq!(page.status, 400);
}
