//! Members of an organization and their roles in it, as an administrator's tools read and change them.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Administrator, Gateway, Mode, id, text};

matrix! {
    members_are_listed_in_pages_and_in_parts_with_the_fields_that_are_asked_for,
    members_are_found_by_what_they_are_called_now,
    roles_in_an_organization_are_given_listed_taken_and_end_with_the_membership,
}

/// Seven members of a new organization: its id and theirs, in the order in which they joined.
async fn crowd(admin: &Administrator) -> (String, Vec<String>) {
    let acme = admin.organization("acme").await;
    admin.federated("sso", "https://idp.example", json!({})).await;
    let mut people = Vec::new();
    for number in 0..7 {
        let user = json!({ "connection": "sso", "user_id": format!("{number}"), "name": format!("Person {number}"),
            "picture": "https://people.example/face.png" });
        people.push(text(&admin.create("/users", user).await, "user_id"));
        admin.add_member(&acme, &people[number]).await;
    }
    (acme, people)
}

async fn members_are_listed_in_pages_and_in_parts_with_the_fields_that_are_asked_for(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let (acme, people) = crowd(admin).await;
    let members = format!("/organizations/{acme}/members");
    let page = admin.get(&format!("{members}?per_page=3&page=2&include_totals=true")).await;
    assert_eq!((&page["start"], &page["limit"], &page["total"]), (&json!(6), &json!(3), &json!(7)));
    assert_eq!(page["members"].as_array().unwrap().len(), 1);

    // Every client sends `take` with `include_totals`; `take` wins.
    let mut path = format!("{members}?take=3&include_totals=true");
    let mut seen = Vec::new();
    loop {
        let part = admin.get(&path).await;
        seen.extend(part["members"].as_array().unwrap().iter().map(|member| text(member, "user_id")));
        assert_eq!(part.get("total"), None);
        let Some(next) = part["next"].as_str() else { break };
        path = format!("{members}?take=3&from={next}");
    }
    let mut expected = people.clone();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected, "each of them once");

    let whole = json!({ "user_id": people[0], "name": "Person 0", "picture": "https://people.example/face.png" });
    let first = |list: Value| {
        let all = list.as_array().unwrap().clone();
        all.into_iter()
            .find(|member| member["user_id"] == people[0].as_str() || member.get("user_id").is_none())
            .unwrap()
    };
    assert_eq!(first(admin.get(&members).await), whole);
    assert_eq!(first(admin.get(&format!("{members}?fields=name%2Cuser_id")).await).as_object().unwrap().len(), 2);
    let without = admin.get(&format!("{members}?fields=user_id&include_fields=false&per_page=1")).await;
    assert_eq!(without[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["name", "picture"]);

    // Roles cost a scope of their own.
    let clerk = admin.with_scopes(&["read:organization_members"]).await;
    assert_eq!(clerk.call("GET", &members, None).await.status, 200);
    let page = clerk.call("GET", &format!("{members}?fields=user_id,roles"), None).await;
    assert_eq!((page.status, &page.json()["errorCode"]), (403, &json!("insufficient_scope")));
    let extra = json!({ "members": [people[0]], "note": "the contract tolerates extras here" });
    assert_eq!(admin.call("DELETE", &members, Some(extra.clone())).await.status, 204);
    assert_eq!(admin.call("DELETE", &members, Some(extra)).await.status, 204);
}

async fn members_are_found_by_what_they_are_called_now(mode: Mode) {
    let gateway = Gateway::start_with(mode, "management.request_burst = 1000").await;
    let admin = &gateway.admin;
    let (acme, people) = crowd(admin).await;
    admin.database("people").await;
    let eve = json!({ "connection": "people", "email": "Eve@Widgets.example", "password": "correct horse battery",
        "name": "Éva 50%_<b>", "nickname": "Evi" });
    let eve = text(&admin.create("/users", eve).await, "user_id");
    let members = format!("/organizations/{acme}/members");
    let found = async |q: &str| {
        let encoded: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
        let part = admin.get(&format!("{members}?take=50&fields=user_id,roles&q={encoded}")).await;
        let all = part["members"].as_array().unwrap();
        assert!(all.iter().all(|member| member["roles"].is_array()));
        all.iter().map(|member| text(member, "user_id")).collect::<Vec<_>>()
    };
    assert_eq!(found("widgets").await, [""; 0], "no member yet");
    admin.add_member(&acme, &eve).await;
    for q in ["widgets", "EVE@widgets.example", "éva", "ÉVA", "50%_<b>", "evi", &eve] {
        assert_eq!(found(q).await, [eve.as_str()], "{q}");
    }
    for q in ["%", "_", "widgets.example!", "person 7", "auth0|", "\"", "name", "'; DROP TABLE members; --"] {
        let expected: &[&str] = if q == "%" || q == "_" { &[&eve] } else { &[] };
        assert_eq!(found(q).await, expected, "{q}");
    }
    assert_eq!(found("Person").await.len(), 7);
    assert_eq!(found("").await.len(), 8);
    let counted = admin.get(&format!("{members}?q=person&include_totals=true&per_page=2")).await;
    assert_eq!((&counted["total"], counted["members"].as_array().unwrap().len()), (&json!(7), 2));
    let first = admin.get(&format!("{members}?q=person&take=5")).await;
    let rest = admin.get(&format!("{members}?q=person&take=5&from={}", text(&first, "next"))).await;
    assert_eq!((rest["members"].as_array().unwrap().len(), rest.get("next")), (2, None));
    let page = admin.call("GET", &format!("{members}?q=a%00b"), None).await;
    assert_eq!(page.status, 400);

    let path = format!("/users/{}", people[3].replace('|', "%7C"));
    admin.update(&path, json!({ "name": "Zoë Zander" })).await;
    assert_eq!(found("zoë").await, [people[3].as_str()]);
    assert_eq!(found("person 3").await, [""; 0]);

    let one = admin.get(&format!("{members}/{}", eve.replace('|', "%7C"))).await;
    assert_eq!((&one["user_id"], &one["email"]), (&json!(eve), &json!("eve@widgets.example")));
    admin.done("DELETE", &members, Some(json!({ "members": [eve] }))).await;
    let gone = admin.call("GET", &format!("{members}/{}", eve.replace('|', "%7C")), None).await;
    assert_eq!(gone.status, 404);
    assert_eq!(found("widgets").await, [""; 0]);
}

async fn roles_in_an_organization_are_given_listed_taken_and_end_with_the_membership(mode: Mode) {
    let gateway = Gateway::start_with(mode, "management.request_burst = 1000").await;
    let admin = &gateway.admin;
    let (acme, people) = crowd(admin).await;
    let mut roles = Vec::new();
    for number in 0..51 {
        roles.push(id(&admin.create("/roles", json!({ "name": format!("role {number}") })).await));
    }
    let ada = &people[0];
    // Clients send the bar percent-encoded.
    let path = format!("/organizations/{acme}/members/{}/roles", ada.replace('|', "%7C"));
    let some = |roles: &[String]| Some(json!({ "roles": roles }));
    for _ in 0..2 {
        assert_eq!(admin.call("POST", &path, some(&roles[..2])).await.status, 204);
    }
    let mut listed = admin.get(&path).await.as_array().unwrap().clone();
    listed.sort_by_key(|role| text(role, "name"));
    let role = |number: usize| json!({ "id": roles[number], "name": format!("role {number}"), "description": "" });
    assert_eq!(listed, [role(0), role(1)]);
    let page = admin.get(&format!("{path}?per_page=1&include_totals=true")).await;
    assert_eq!((page["roles"].as_array().unwrap().len(), &page["total"]), (1, &json!(2)));
    let part = admin.get(&format!("{}?take=1", path.replace("/roles", "/effective-roles"))).await;
    assert_eq!(part["roles"][0]["sources"], json!(["direct"]));
    let next = text(&part, "next");
    let part = admin.get(&format!("{}?take=1&from={next}", path.replace("/roles", "/effective-roles"))).await;
    assert_eq!((part["roles"].as_array().unwrap().len(), part.get("next")), (1, None));
    let holders = admin.get(&format!("/organizations/{acme}/roles/{}/members", roles[0])).await;
    assert_eq!((holders["members"].as_array().unwrap().len(), &holders["members"][0]["user_id"]), (1, &json!(ada)));
    let members = format!("/organizations/{acme}/members?fields=user_id,roles");
    let told = admin
        .get(&members)
        .await
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["roles"].as_array().unwrap().len())
        .sum::<usize>();
    assert_eq!(told, 2);

    assert_eq!(admin.call("POST", &path, some(&roles[2..50])).await.status, 204);
    let page = admin.call("POST", &path, some(&roles[50..])).await;
    assert_eq!(page.status, 409, "a member has 50 roles at most");
    assert_eq!(admin.call("DELETE", &path, some(&roles[1..50])).await.status, 204);
    assert_eq!(admin.call("DELETE", &path, some(&roles[1..50])).await.status, 204);
    assert_eq!(admin.get(&path).await, json!([role(0)]));

    let unknown = [roles[1].clone(), "rol_0000000000000000".to_owned()];
    let page = admin.call("POST", &path, some(&unknown)).await;
    assert_eq!((page.status, page.json().get("errorCode")), (404, None));
    assert_eq!(admin.get(&path).await, json!([role(0)]), "all or none");
    for (wrong, code) in
        [(path.replace(&acme, "org_0000000000000000"), None), (path.replace("oidc", "oidcx"), Some("inexistent_user"))]
    {
        let page = admin.call("GET", &wrong, None).await;
        assert_eq!((page.status, page.json()["errorCode"].as_str()), (404, code));
    }

    admin.done("DELETE", &format!("/organizations/{acme}/members"), Some(json!({ "members": [ada] }))).await;
    assert_eq!(admin.call("POST", &path, some(&roles[..1])).await.status, 404, "no member, no roles");
    admin.add_member(&acme, ada).await;
    assert_eq!(admin.get(&path).await, json!([]));
    admin.done("POST", &path, some(&roles[..1])).await;
    admin.delete(&format!("/roles/{}", roles[0])).await;
    assert_eq!(admin.get(&path).await, json!([]), "a deleted role is had by nobody");
}
