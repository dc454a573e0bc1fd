//! Roles and permissions: each change is told once, in the audit events.

use serde_json::{Value, json};

use super::{Api, text};

#[tokio::test]
async fn a_change_is_one_event_and_the_same_again_is_none() {
    let api = Api::new().await;
    let organization = api.organization("acme").await;
    api.database("people").await;
    let ada = json!({ "connection": "people", "email": "ada@acme.example", "password": "correct horse" });
    let ada = text(&api.created("/users", ada).await, "user_id");
    let resource_server = "INSERT INTO resource_servers (id, identifier, name, settings, created_at) VALUES \
                           ('rs', 'https://orders.example/', 'Orders', '{\"scopes\":[{\"value\":\"read:orders\"}]}', 1)";
    api.management.tenant.run_for_test(resource_server).await.expect("an API");
    let (_, role) = api.call("POST", "/roles", json!({ "name": "Editor" })).await;
    let role = text(&role, "id");

    let permission =
        json!({ "resource_server_identifier": "https://orders.example/", "permission_name": "read:orders" });
    let permissions = json!({ "permissions": [permission] });
    let (members, roles) = (json!({ "members": [ada] }), json!({ "roles": [role] }));
    let of_member = format!("/organizations/{organization}/members");
    let of_user = format!("/users/{ada}");
    let changes = [
        (of_member.clone(), members),
        (format!("{of_member}/{ada}/roles"), roles.clone()),
        (format!("{of_user}/roles"), roles),
        (format!("/roles/{role}/permissions"), permissions.clone()),
        (format!("{of_user}/permissions"), permissions),
    ];
    let changes: Vec<_> = changes.into_iter().map(|(path, body)| (path.replace('|', "%7C"), body)).collect();
    let ways = [("POST", changes.iter().collect::<Vec<_>>()), ("DELETE", changes.iter().rev().collect())];
    for (path, body) in &changes {
        let (status, answer) = api.call("POST", path, body.clone()).await;
        assert!((200..300).contains(&status), "{path}: {answer}");
    }
    let (_, listed) = api.get(&format!("{of_user}/permissions?include_totals=true").replace('|', "%7C")).await;
    let sources = json!([{ "source_id": "", "source_name": "", "source_type": "DIRECT" },
        { "source_id": role, "source_name": "Editor", "source_type": "ROLE" }]);
    assert_eq!((&listed["total"], &listed["permissions"][0]["sources"]), (&json!(1), &sources));
    let (_, listed) = api.get(&format!("/roles/{role}/permissions")).await;
    assert_eq!((&listed[0]["resource_server_name"], listed[0].get("sources")), (&json!("Orders"), None));
    for (path, body) in changes.iter().rev() {
        assert_eq!(api.call("DELETE", path, body.clone()).await.0, 204, "{path}");
    }
    for (method, (path, body)) in ways.iter().flat_map(|(method, all)| all.iter().map(move |one| (*method, *one))) {
        for expected in [1, 0] {
            let before = api.events().await;
            let (status, answer) = api.call(method, path, body.clone()).await;
            assert!((200..300).contains(&status), "{method} {path}: {answer}");
            assert_eq!(api.events().await, before + expected, "{method} {path}");
        }
    }
    for expected in [1, 0] {
        let before = api.events().await;
        assert_eq!(api.call("DELETE", &format!("/roles/{role}"), Value::Null).await.0, 204);
        assert_eq!(api.events().await, before + expected);
    }
}
