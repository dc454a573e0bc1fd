//! Roles, what they may do and who has them.

use serde_json::json;

use crate::matrix;
use crate::support::gateway::{Gateway, Mode, id};

matrix! {
    roles_are_created_found_changed_and_deleted,
    users_have_roles_seen_from_either_side,
    permissions_of_an_api_are_had_through_roles_and_by_oneself,
}

async fn roles_are_created_found_changed_and_deleted(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let created = admin.call("POST", "/roles", Some(json!({ "name": "Editor" }))).await;
    let editor = id(&created.json());
    let whole = json!({ "id": editor, "name": "Editor", "description": null });
    assert_eq!((created.status, created.json()), (200, whole.clone()), "200, as recorded");
    assert!(editor.len() == 20 && editor.starts_with("rol_"), "{editor}");
    let viewer = admin.create("/roles", json!({ "name": "Viewer 100%", "description": "Looks" })).await;
    assert_eq!(admin.get(&format!("/roles/{editor}")).await, whole);

    assert_eq!(admin.get("/roles").await, json!([whole, viewer]));
    assert_eq!(admin.get("/roles?type=tenant&per_page=1&page=1").await, json!([viewer]));
    let found = admin.get("/roles?name_filter=EDIT&include_totals=true").await;
    assert_eq!(found, json!({ "roles": [whole], "start": 0, "limit": 50, "total": 1 }));
    assert_eq!(admin.get("/roles?name_filter=0%25").await, json!([viewer]), "a text, no pattern");
    assert_eq!(admin.get("/roles?name_filter=_").await, json!([]));
    assert_eq!(admin.call("GET", "/roles?type=organization", None).await.status, 400);

    let path = format!("/roles/{editor}");
    let changed = admin.update(&path, json!({ "description": "Writes" })).await;
    assert_eq!(changed, json!({ "id": editor, "name": "Editor", "description": "Writes" }));
    for taken in [
        admin.call("POST", "/roles", Some(json!({ "name": "Editor" }))).await,
        admin.call("PATCH", &path, Some(json!({ "name": "Viewer 100%" }))).await,
    ] {
        assert_eq!(taken.status, 409);
    }
    for _ in 0..2 {
        assert_eq!(admin.call("DELETE", &path, None).await.status, 204);
    }
    let gone = admin.call("GET", &path, None).await;
    assert_eq!((gone.status, gone.json().get("errorCode")), (404, None));
    assert_eq!(admin.get("/roles").await, json!([viewer]));
}

async fn users_have_roles_seen_from_either_side(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    admin.database("people").await;
    let ada = admin.person("people", "ada@acme.example", "correct horse").await;
    let bob = admin.person("people", "bob@acme.example", "correct horse").await;
    let role = admin.create("/roles", json!({ "name": "Editor", "description": "Writes" })).await;
    let (of_ada, of_role) = (format!("/users/{ada}/roles"), format!("/roles/{}/users", id(&role)));
    let roles = json!({ "roles": [id(&role)] });

    assert_eq!(admin.call("POST", &of_ada, Some(roles.clone())).await.status, 204);
    let page = admin.call("POST", &of_role, Some(json!({ "users": [ada, bob] }))).await;
    assert_eq!((page.status, page.json()), (200, json!({})));
    let envelope = admin.get(&format!("{of_ada}?include_totals=true&per_page=50")).await;
    assert_eq!(envelope, json!({ "roles": [role], "start": 0, "limit": 50, "total": 1 }));
    let part = admin.get(&format!("{of_role}?take=1&include_totals=true")).await;
    let member = json!({ "user_id": ada, "email": "ada@acme.example", "name": "ada@acme.example" });
    assert_eq!(part["users"], json!([member]));
    let rest = admin.get(&format!("{of_role}?take=1&from={}", part["next"].as_str().unwrap())).await;
    assert_eq!((&rest["users"][0]["user_id"], rest.get("next")), (&json!(bob), None));

    for (path, body) in
        [(&of_ada, json!({ "roles": ["rol_none"] })), (&of_role, json!({ "users": [ada, "auth0|none"] }))]
    {
        assert_eq!(admin.call("POST", path, Some(body)).await.status, 404);
    }
    for _ in 0..2 {
        assert_eq!(admin.call("DELETE", &of_ada, Some(roles.clone())).await.status, 204);
    }
    assert_eq!(admin.get(&of_ada).await, json!([]));
    admin.delete(&format!("/users/{bob}")).await;
    assert_eq!(admin.get(&of_role).await, json!([]));
}

async fn permissions_of_an_api_are_had_through_roles_and_by_oneself(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let scopes = json!([{ "value": "read:orders", "description": "Read orders" }, { "value": "write:orders" }]);
    let api = json!({ "name": "Orders", "identifier": "https://orders.example/", "scopes": scopes });
    admin.create("/resource-servers", api).await;
    admin.database("people").await;
    let ada = admin.person("people", "ada@acme.example", "correct horse").await;
    let role = id(&admin.create("/roles", json!({ "name": "Editor" })).await);
    let (of_role, of_ada) = (format!("/roles/{role}/permissions"), format!("/users/{ada}/permissions"));
    let permission =
        |name: &str| json!({ "resource_server_identifier": "https://orders.example/", "permission_name": name });
    let some =
        |names: &[&str]| Some(json!({ "permissions": names.iter().map(|name| permission(name)).collect::<Vec<_>>() }));

    for _ in 0..2 {
        let page = admin.call("POST", &of_role, some(&["read:orders", "write:orders"])).await;
        assert_eq!((page.status, page.json()), (201, json!({})));
    }
    let told = |name: &str, description: &str| {
        json!({ "permission_name": name, "description": description, "resource_server_name": "Orders",
            "resource_server_identifier": "https://orders.example/" })
    };
    let both = json!([told("read:orders", "Read orders"), told("write:orders", "")]);
    let envelope = admin.get(&format!("{of_role}?include_totals=true")).await;
    assert_eq!(envelope, json!({ "permissions": both, "start": 0, "limit": 50, "total": 2 }));
    let page = admin.call("POST", &of_role, some(&["read:orders", "delete:orders"])).await;
    assert_eq!(page.status, 404, "an API has the permissions that it names");

    assert_eq!(admin.call("POST", &of_ada, some(&["read:orders"])).await.status, 201);
    admin.done("POST", &format!("/users/{ada}/roles"), Some(json!({ "roles": [role] }))).await;
    let listed = admin.get(&format!("{of_ada}?include_totals=true")).await;
    let direct = json!({ "source_id": "", "source_name": "", "source_type": "DIRECT" });
    let through = json!({ "source_id": role, "source_name": "Editor", "source_type": "ROLE" });
    assert_eq!(listed["permissions"][0]["sources"], json!([direct, through]));
    assert_eq!(listed["permissions"][1]["sources"], json!([through]));
    assert_eq!(listed["total"], 2);
    let second = admin.get(&format!("{of_ada}?per_page=1&page=1")).await;
    assert_eq!((second.as_array().unwrap().len(), &second[0]["permission_name"]), (1, &json!("write:orders")));

    for (path, name) in [(&of_ada, "read:orders"), (&of_role, "write:orders")] {
        for _ in 0..2 {
            assert_eq!(admin.call("DELETE", path, some(&[name])).await.status, 204);
        }
    }
    let listed = admin.get(&of_ada).await;
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["sources"]), (1, &json!([through])));
}
