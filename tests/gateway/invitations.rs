//! Invitations: what is told of them, to whom, and what is refused (contract §1.7).

use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Administrator, Gateway, Mode, id, text};

matrix! {
    an_invitation_leads_to_the_application_and_its_ticket_is_told_once,
    an_invitation_that_could_not_be_accepted_is_refused_with_a_reason,
    invitations_are_listed_by_page_without_a_total,
}

async fn application(admin: &Administrator, settings: Value) -> String {
    let mut client = json!({ "name": "Shop", "app_type": "regular_web", "organization_usage": "allow",
        "initiate_login_uri": "https://shop.example/login?lang=en" });
    client.as_object_mut().unwrap().extend(settings.as_object().cloned().unwrap_or_default());
    text(&admin.create("/clients", client).await, "client_id")
}

fn invite(client: &str, more: Value) -> Value {
    let mut body =
        json!({ "inviter": { "name": "Ann" }, "invitee": { "email": "Bob@Acme.example" }, "client_id": client });
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    body
}

fn parameters(url: &str) -> Vec<(String, String)> {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

async fn an_invitation_leads_to_the_application_and_its_ticket_is_told_once(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
    admin.enable(&acme, &people, false).await;
    let shop = application(admin, json!({})).await;
    let role = id(&admin.create("/roles", json!({ "name": "editor" })).await);
    let path = format!("/organizations/{acme}/invitations");
    let wish = json!({ "connection_id": people, "roles": [role], "app_metadata": { "plan": "gold" },
        "user_metadata": { "team": ["red"] }, "ttl_sec": 60, "send_invitation_email": false });
    let page = admin.call("POST", &path, Some(invite(&shop, wish))).await;
    let mut created = page.json();
    assert_eq!(page.status, 201, "{created}");
    let ticket = text(&created, "ticket_id");
    assert!(ticket.len() == 32 && ticket.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{ticket}");
    let url = text(&created, "invitation_url");
    assert!(url.starts_with("https://shop.example/login?"), "{url}");
    let expected = [("lang", "en"), ("invitation", &ticket), ("organization", &acme), ("organization_name", "acme")];
    assert_eq!(parameters(&url), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(created["invitee"]["email"], "bob@acme.example");

    let members = created.as_object_mut().unwrap();
    members.retain(|name, _| name != "ticket_id" && name != "invitation_url");
    let one = format!("{path}/{}", id(&created));
    assert_eq!(admin.get(&one).await, created, "whoever reads it later learns no ticket");
    assert_eq!(admin.get(&path).await, json!([created]));
    assert_eq!(
        admin.get(&format!("{one}?fields=client_id,roles")).await,
        json!({ "client_id": shop, "roles": [role] })
    );

    let plain = admin.create(&path, invite(&shop, json!({ "ttl_sec": 0 }))).await;
    let day = |name: &str| text(&plain, name)[..10].replace('-', "").parse::<i64>().unwrap();
    assert!(day("expires_at") > day("created_at"), "seven days unless the call says otherwise");
    assert!(plain.get("roles").is_none() && plain.get("connection_id").is_none());

    assert_eq!(admin.call("DELETE", &one, None).await.status, 204);
    assert_eq!(admin.call("DELETE", &one, None).await.status, 204);
    let gone = admin.call("GET", &one, None).await;
    assert_eq!((gone.status, &gone.json()["errorCode"]), (404, &json!("inexistent_invitation")));
    let globex = admin.organization("globex").await;
    let elsewhere = format!("/organizations/{globex}/invitations/{}", id(&plain));
    assert_eq!(admin.call("GET", &elsewhere, None).await.status, 404);
    assert_eq!(admin.call("DELETE", &elsewhere, None).await.status, 204);
    assert_eq!(admin.get(&path).await.as_array().unwrap().len(), 1, "another organization's call deletes nothing");
}

async fn an_invitation_that_could_not_be_accepted_is_refused_with_a_reason(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let (acme, people, other) =
        (admin.organization("acme").await, admin.database("people").await, admin.database("other").await);
    admin.enable(&acme, &people, false).await;
    let shop = application(admin, json!({})).await;
    let without_organizations = application(admin, json!({ "organization_usage": "deny" })).await;
    let without_route =
        text(&admin.create("/clients", json!({ "name": "Desk", "organization_usage": "allow" })).await, "client_id");
    let path = format!("/organizations/{acme}/invitations");
    let cases = [
        (invite(&without_route, json!({})), "A default login route is required to generate the invitation url."),
        (invite(&without_organizations, json!({})), "does not allow organizations."),
        (invite("nobody", json!({})), "The specified client_id (nobody) does not exist."),
        (invite(&shop, json!({ "connection_id": other })), "is not enabled for the organization."),
        (invite(&shop, json!({ "connection_id": "con_0000000000000000" })), "does not exist."),
        (
            invite(&shop, json!({ "roles": ["rol_0000000000000000"] })),
            "One or more of the specified roles do not exist: rol_0000000000000000.",
        ),
        (invite(&shop, json!({ "invitee": { "email": "bob" } })), "on property invitee.email"),
        (invite(&shop, json!({ "invitee": {} })), "Missing required property: email"),
        (invite(&shop, json!({ "inviter": { "name": "A\u{7}" } })), "on property inviter.name"),
        (invite(&shop, json!({ "ttl_sec": 2_592_001 })), "on property ttl_sec"),
        (invite(&shop, json!({ "ttl_sec": -1 })), "on property ttl_sec"),
        (invite(&shop, json!({ "user_metadata": [] })), "on property user_metadata"),
        (invite(&shop, json!({ "ticket_id": "mine" })), "Additional properties not allowed: ticket_id"),
    ];
    for (body, reason) in cases {
        let page = admin.call("POST", &path, Some(body.clone())).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_body")), "{body}");
        assert!(page.text().contains(reason), "{}", page.text());
    }
    assert_eq!(admin.get(&path).await, json!([]), "nothing was written");
    let unknown = "/organizations/org_0000000000000000/invitations";
    for (method, body) in [("GET", None), ("POST", Some(invite(&shop, json!({}))))] {
        let page = admin.call(method, unknown, body).await;
        assert_eq!((page.status, &page.json()["message"]), (404, &json!("No organization found by that id or name")));
    }

    admin.update("/tenants/settings", json!({ "default_redirection_uri": "https://start.example/" })).await;
    let invited = admin.create(&path, invite(&without_route, json!({}))).await;
    assert!(text(&invited, "invitation_url").starts_with("https://start.example/?invitation="), "{invited}");
}

async fn invitations_are_listed_by_page_without_a_total(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let shop = application(admin, json!({})).await;
    let path = format!("/organizations/{acme}/invitations");
    for number in 0..3 {
        admin.create(&path, invite(&shop, json!({ "inviter": { "name": format!("Ann {number}") } }))).await;
    }
    let ids = |list: &Value| list.as_array().unwrap().iter().map(id).collect::<Vec<_>>();
    let newest = ids(&admin.get(&path).await);
    let mut oldest = ids(&admin.get(&format!("{path}?sort=created_at:1")).await);
    oldest.reverse();
    assert_eq!(newest, oldest);
    let page = admin.get(&format!("{path}?page=1&per_page=2&include_totals=true")).await;
    assert_eq!((&page["start"], &page["limit"], page.get("total")), (&json!(2), &json!(2), None));
    assert_eq!(ids(&page["invitations"]), newest[2..]);
    for (query, complaint) in [
        ("take=5", "'Additional properties not allowed: take'."),
        ("from=x", "'Additional properties not allowed: from'."),
        ("sort=name:1", "on property sort"),
        ("page=11&per_page=100", "invalid_paging"),
    ] {
        let page = admin.call("GET", &format!("{path}?{query}"), None).await;
        assert!(page.status == 400 && page.text().contains(complaint), "{query} {}", page.text());
    }
}
