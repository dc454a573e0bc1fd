//! The rest of the Management API that the way of a login needs: what each call promises, and to whom.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Administrator, Gateway, Mode, id, text};
use crate::support::http::Page;

matrix! {
    organizations_are_created_found_listed_changed_and_deleted,
    deleting_an_organization_keeps_its_people,
    connections_keep_their_secret_to_those_who_may_read_it,
    clients_keep_their_secret_to_those_who_may_read_it,
    users_are_created_found_changed_and_deleted_and_no_answer_holds_a_password,
    members_are_added_and_removed_all_or_none,
    a_caller_without_the_right_token_learns_nothing_and_changes_nothing,
}

fn code(page: &Page) -> (u16, Value) {
    (page.status, page.json()["errorCode"].clone())
}

fn refused(status: u16, code: &str) -> (u16, Value) {
    (status, code.into())
}

async fn organizations_are_created_found_listed_changed_and_deleted(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let plain = admin.call("POST", "/organizations", Some(json!({ "name": "acme" }))).await;
    let acme = id(&plain.json());
    assert_eq!((plain.status, plain.json()), (201, json!({ "id": acme, "name": "acme" })), "what is unset is left out");
    let full = json!({
        "name": "globex", "display_name": "Globex",
        "branding": { "logo_url": "https://globex.example/logo.png", "colors": { "primary": "#0059d6" } },
        "metadata": { "plan": "gold" },
    });
    let globex = admin.create("/organizations", full).await;
    assert_eq!(admin.get("/organizations/name/globex").await, globex);
    assert_eq!(admin.get(&format!("/organizations/{}", id(&globex))).await, globex);

    let both = json!([{ "id": acme, "name": "acme" }, globex]);
    assert_eq!(admin.get("/organizations").await, both);
    assert_eq!(admin.get("/organizations?page=1&per_page=1").await, json!([globex]));
    let envelope = admin.get("/organizations?page=7&per_page=1&include_totals=true").await;
    assert_eq!(envelope, json!({ "organizations": [], "start": 7, "limit": 1, "total": 2 }));

    let path = format!("/organizations/{acme}");
    let changed = admin.update(&path, json!({ "display_name": "Acme Inc." })).await;
    assert_eq!(changed, json!({ "id": acme, "name": "acme", "display_name": "Acme Inc." }));
    assert_eq!(admin.update(&path, json!({ "display_name": null })).await, json!({ "id": acme, "name": "acme" }));
    for taken in [
        admin.call("POST", "/organizations", Some(json!({ "name": "globex" }))).await,
        admin.call("PATCH", &path, Some(json!({ "name": "globex" }))).await,
    ] {
        assert_eq!(code(&taken), refused(409, "organization_conflict"));
    }
    assert_eq!(admin.call("DELETE", &path, None).await.status, 204);
    let gone = admin.call("GET", &path, None).await;
    assert_eq!((gone.status, gone.json()["message"].as_str()), (404, Some("No organization found by that id or name")));
    assert_eq!(admin.get("/organizations").await, json!([globex]));
}

async fn deleting_an_organization_keeps_its_people(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
    let ada = admin.person("people", "ada@acme.example", "correct horse").await;
    admin.enable(&acme, &people, true).await;
    admin.add_member(&acme, &ada).await;
    admin.delete(&format!("/organizations/{acme}")).await;
    assert_eq!(admin.user_ids().await, [ada.as_str()]);
    assert_eq!(admin.get(&format!("/users/{ada}/organizations")).await, json!([]));
    assert_eq!(admin.get(&format!("/connections/{people}")).await["name"], "people");
}

async fn connections_keep_their_secret_to_those_who_may_read_it(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let path = format!("/connections/{}", admin.federated("acme-sso", "https://idp.example", json!({})).await);
    let clerk = admin.with_scopes(&["read:connections", "update:connections"]).await;
    let seen = clerk.get(&path).await;
    let told = json!({ "issuer": "https://idp.example", "client_id": "gateway", "schema_version": "oidc-v4" });
    assert_eq!(seen["options"], told);
    assert!(!clerk.get("/connections").await.to_string().contains("secret"));

    let options = json!({ "issuer": "https://idp.example", "client_id": "renamed", "schema_version": "oidc-v4" });
    let changed = clerk.update(&path, json!({ "options": options, "display_name": "Acme" })).await;
    assert_eq!(changed["options"], options, "and the answer to a change withholds it, too");
    assert_eq!(admin.get(&path).await["options"]["client_secret"], "secret", "what was not sent is kept");
    let moved = json!({ "options": { "issuer": "https://thief.example", "client_id": "gateway" } });
    let page = clerk.call("PATCH", &path, Some(moved)).await;
    assert_eq!(code(&page), refused(400, "invalid_body"), "a kept secret does not move to another address");

    let taken = json!({ "name": "acme-sso", "strategy": "auth0" });
    assert_eq!(code(&admin.call("POST", "/connections", Some(taken)).await), refused(409, "connection_conflict"));
    for strategy in ["samlp", "ad", "adfs", "nonsense"] {
        let page = admin.call("POST", "/connections", Some(json!({ "name": "other", "strategy": strategy }))).await;
        assert_eq!(code(&page), refused(400, "operation_not_supported"), "{strategy}");
    }
    assert_eq!(admin.get("/connections?strategy=oidc&strategy=auth0&name=acme-sso").await.as_array().unwrap().len(), 1);
    assert_eq!(admin.get("/connections?strategy=auth0").await, json!([]));
    let deleted = admin.call("DELETE", &path, None).await;
    assert_eq!((deleted.status, deleted.json()["deleted_at"].is_string()), (202, true));
    assert_eq!(admin.call("DELETE", &path, None).await.status, 204);
    assert_eq!(code(&admin.call("GET", &path, None).await), refused(404, "inexistent_connection"));
}

async fn clients_keep_their_secret_to_those_who_may_read_it(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let body = json!({ "name": "Shop", "app_type": "regular_web", "callbacks": ["https://shop.example/callback"] });
    let created = admin.create("/clients", body).await;
    let (client, secret) = (text(&created, "client_id"), text(&created, "client_secret"));
    let path = format!("/clients/{client}");
    let clerk = admin.with_scopes(&["read:clients", "update:clients", "update:client_keys"]).await;
    assert_eq!(clerk.get(&path).await["client_secret"], Value::Null);
    assert!(!clerk.get("/clients").await.to_string().contains("\"client_secret\":"));
    assert_eq!(clerk.update(&path, json!({ "name": "Store" })).await["client_secret"], Value::Null);
    assert_eq!(admin.get(&path).await["client_secret"], secret.as_str());
    let rotated = clerk.create(&format!("{path}/rotate-secret"), json!({})).await;
    assert_ne!(rotated["client_secret"], secret.as_str());
    assert_eq!(admin.get(&path).await["client_secret"], rotated["client_secret"]);

    let grant = |scope: &str| json!({ "client_id": client, "audience": "https://orders.example/", "scope": [scope] });
    let page = admin.call("POST", "/client-grants", Some(grant("create:logins"))).await;
    assert_eq!(code(&page), refused(403, "operation_not_supported"), "the gateways' scope is granted by no call");
    let granted = id(&admin.create("/client-grants", grant("read:orders")).await);
    let page = admin.call("POST", "/client-grants", Some(grant("write:orders"))).await;
    assert_eq!(code(&page), refused(409, "client_grant_conflict"));
    let change = json!({ "scope": ["read:orders", "create:logins"] });
    let page = admin.call("PATCH", &format!("/client-grants/{granted}"), Some(change)).await;
    assert_eq!(code(&page), refused(403, "operation_not_supported"));
    let grants = admin.get(&format!("/client-grants?client_id={client}")).await;
    assert_eq!(grants[0]["scope"], json!(["read:orders"]));

    assert_eq!(admin.call("DELETE", &path, None).await.status, 204);
    assert_eq!(code(&admin.call("GET", &path, None).await), refused(404, "inexistent_client"));
    assert_eq!(admin.get(&format!("/client-grants?client_id={client}")).await, json!([]));
}

async fn users_are_created_found_changed_and_deleted_and_no_answer_holds_a_password(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    admin.database("people").await;
    let body = json!({ "connection": "people", "email": "Ada@Acme.Example", "password": "correct horse" });
    let created = admin.call("POST", "/users", Some(body.clone())).await;
    assert_eq!((created.status, &created.json()["email"]), (201, &json!("ada@acme.example")));
    let ada = text(&created.json(), "user_id");
    assert_eq!(code(&admin.call("POST", "/users", Some(body)).await), refused(409, "user_exists"));
    let bob = admin.person("people", "bob@acme.example", "battery staple").await;

    // Clients send the bar percent-encoded.
    let path = format!("/users/{}", ada.replace('|', "%7C"));
    let changed = admin
        .call("PATCH", &path, Some(json!({ "password": "another horse", "user_metadata": { "team": "red" } })))
        .await;
    assert_eq!((changed.status, &changed.json()["user_metadata"]), (200, &json!({ "team": "red" })));
    let page = admin.call("PATCH", &path, Some(json!({ "email": "bob@acme.example" }))).await;
    assert_eq!(code(&page), refused(409, "user_exists"));
    let answers = [
        created,
        changed,
        admin.call("GET", &path, None).await,
        admin.call("GET", "/users?include_totals=true", None).await,
        admin.call("GET", "/users-by-email?email=ada%40acme.example", None).await,
    ];
    for answer in answers {
        assert!((200..300).contains(&answer.status), "{}", answer.text());
        let told = answer.text();
        assert!(told.contains("ada@acme.example"), "{told}");
        assert!(!["argon2", "password", "horse"].iter().any(|word| told.contains(word)), "{told}");
    }
    assert_eq!(admin.user_ids().await, [ada.as_str(), &bob]);
    assert_eq!(admin.call("DELETE", &path, None).await.status, 204);
    assert_eq!(admin.call("DELETE", &path, None).await.status, 204);
    assert_eq!(code(&admin.call("GET", &path, None).await), refused(404, "inexistent_user"));
    assert_eq!(admin.user_ids().await, [bob]);
}

async fn members_are_added_and_removed_all_or_none(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    admin.database("people").await;
    let ada = admin.person("people", "ada@acme.example", "correct horse").await;
    let bob = admin.person("people", "bob@acme.example", "correct horse").await;
    let members = format!("/organizations/{acme}/members");
    let list = |ids: &[&str]| Some(json!({ "members": ids }));

    let page = admin.call("POST", &members, list(&[&ada, "auth0|nobody"])).await;
    assert_eq!(code(&page), refused(404, "inexistent_user"));
    assert!(admin.member_ids(&acme).await.is_empty(), "all or none");
    assert_eq!(admin.call("POST", &members, list(&[&ada, &bob])).await.status, 204);
    assert_eq!(admin.call("POST", &members, list(&[&ada])).await.status, 204);
    let mut both = admin.member_ids(&acme).await;
    both.sort();
    let mut expected = vec![ada.clone(), bob.clone()];
    expected.sort();
    assert_eq!(both, expected);
    let page = admin.get(&format!("{members}?per_page=1&page=1&include_totals=true")).await;
    assert_eq!((page["members"].as_array().unwrap().len(), &page["total"]), (1, &json!(2)));
    let organizations = admin.get(&format!("/users/{ada}/organizations?include_totals=true")).await;
    assert_eq!((&organizations["organizations"][0]["id"], &organizations["total"]), (&json!(acme), &json!(1)));

    assert_eq!(admin.call("DELETE", &members, list(&[&ada])).await.status, 204);
    assert_eq!(admin.member_ids(&acme).await, [bob]);
    for wrong in [list(&[]), list(&[ada.as_str(); 11]), Some(json!({ "members": ada })), Some(json!({}))] {
        assert_eq!(code(&admin.call("POST", &members, wrong).await), refused(400, "invalid_body"));
    }
}

/// Every call of the API that needs a scope: one of these, nothing else, opens it.
fn calls(made: &Made) -> Vec<(&'static [&'static str], &'static str, String, Option<Value>)> {
    let Made { acme, sso, client, grant, user } = made;
    let organization = format!("/organizations/{acme}");
    let (members, enabled) = (format!("{organization}/members"), format!("{organization}/enabled_connections"));
    let one = format!("{enabled}/{sso}");
    let some = |value: Value| Some(value);
    let member = || some(json!({ "members": [user] }));
    let login = json!({ "client_id": client, "connection_id": sso, "proof": { "session": { "user_id": user, "account_version": "1" } } });
    vec![
        (&["read:organizations", "read:organizations_summary"], "GET", "/organizations".into(), None),
        (&["read:organizations"], "GET", "/organizations/name/acme".into(), None),
        (&["read:organizations"], "GET", organization.clone(), None),
        (&["create:organizations"], "POST", "/organizations".into(), some(json!({ "name": "new" }))),
        (&["update:organizations"], "PATCH", organization.clone(), some(json!({ "name": "new" }))),
        (&["read:organization_members"], "GET", members.clone(), None),
        (&["create:organization_members"], "POST", members.clone(), member()),
        (&["delete:organization_members"], "DELETE", members, member()),
        (&["read:organization_connections"], "GET", enabled.clone(), None),
        (&["read:organization_connections"], "GET", one.clone(), None),
        (&["create:organization_connections"], "POST", enabled, some(json!({ "connection_id": sso }))),
        (&["update:organization_connections"], "PATCH", one.clone(), some(json!({ "show_as_button": false }))),
        (&["delete:organization_connections"], "DELETE", one, None),
        (&["read:connections"], "GET", "/connections".into(), None),
        (&["read:connections"], "GET", format!("/connections/{sso}"), None),
        (&["read:connections"], "GET", format!("/connections/{sso}/clients"), None),
        (&["read:connections"], "GET", format!("/clients/{client}/connections"), None),
        (&["create:connections"], "POST", "/connections".into(), some(json!({ "name": "new", "strategy": "auth0" }))),
        (&["update:connections"], "PATCH", format!("/connections/{sso}"), some(json!({ "display_name": "New" }))),
        (
            &["update:connections"],
            "PATCH",
            format!("/connections/{sso}/clients"),
            some(json!([{ "client_id": client, "status": true }])),
        ),
        (&["read:clients", "read:client_keys"], "GET", "/clients".into(), None),
        (&["read:clients", "read:client_keys"], "GET", format!("/clients/{client}"), None),
        (&["create:clients"], "POST", "/clients".into(), some(json!({ "name": "New" }))),
        (&["update:clients"], "PATCH", format!("/clients/{client}"), some(json!({ "name": "New" }))),
        (&["update:client_keys"], "POST", format!("/clients/{client}/rotate-secret"), None),
        (&["read:client_grants"], "GET", "/client-grants".into(), None),
        (&["read:client_grants"], "GET", format!("/client-grants/{grant}"), None),
        (
            &["create:client_grants"],
            "POST",
            "/client-grants".into(),
            some(json!({ "client_id": client, "audience": "https://new.example/", "scope": [] })),
        ),
        (&["update:client_grants"], "PATCH", format!("/client-grants/{grant}"), some(json!({ "scope": [] }))),
        (&["delete:client_grants"], "DELETE", format!("/client-grants/{grant}"), None),
        (&["read:users"], "GET", "/users".into(), None),
        (&["read:users"], "GET", "/users-by-email?email=ada%40acme.example".into(), None),
        (&["read:users"], "GET", format!("/users/{user}"), None),
        (&["read:users", "read:organizations"], "GET", format!("/users/{user}/organizations"), None),
        (
            &["create:users"],
            "POST",
            "/users".into(),
            some(json!({ "connection": "people", "email": "new@acme.example", "password": "correct horse" })),
        ),
        (&["update:users"], "PATCH", format!("/users/{user}"), some(json!({ "blocked": true }))),
        (&["create:logins"], "POST", "/logins".into(), some(login)),
        // At the end, since these take away what the others are about.
        (&["delete:users"], "DELETE", format!("/users/{user}"), None),
        (&["delete:clients"], "DELETE", format!("/clients/{client}"), None),
        (&["delete:connections"], "DELETE", format!("/connections/{sso}"), None),
        (&["delete:organizations"], "DELETE", organization, None),
    ]
}

struct Made {
    acme: String,
    sso: String,
    client: String,
    grant: String,
    user: String,
}

async fn make(admin: &Administrator) -> Made {
    let (acme, sso) =
        (admin.organization("acme").await, admin.federated("sso", "https://idp.example", json!({})).await);
    admin.enable(&acme, &sso, false).await;
    admin.database("people").await;
    let user = admin.person("people", "ada@acme.example", "correct horse").await;
    let client = text(&admin.create("/clients", json!({ "name": "Shop" })).await, "client_id");
    let grant = json!({ "client_id": client, "audience": "https://orders.example/", "scope": ["read:orders"] });
    let grant = id(&admin.create("/client-grants", grant).await);
    Made { acme, sso, client, grant, user }
}

/// Everything there is, as an administrator sees it.
async fn all(admin: &Administrator, made: &Made) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in ["/organizations", "/connections", "/clients?per_page=100", "/client-grants?per_page=100", "/users"] {
        seen.push(admin.get(path).await);
    }
    for list in ["members", "enabled_connections"] {
        seen.push(admin.get(&format!("/organizations/{}/{list}", made.acme)).await);
    }
    seen
}

async fn a_caller_without_the_right_token_learns_nothing_and_changes_nothing(mode: Mode) {
    let gateway = Gateway::start_with(mode, "management.request_burst = 1000").await;
    let admin = &gateway.admin;
    let made = make(admin).await;
    let calls = calls(&made);
    let mut callers = Vec::new();
    for (scopes, ..) in &calls {
        let others: Vec<&str> =
            vestibule::management::SCOPES.iter().copied().filter(|one| !scopes.contains(one)).collect();
        callers.push(admin.with_scopes(&others).await);
    }
    let before = all(admin, &made).await;
    for ((scopes, method, path, body), caller) in calls.iter().zip(&callers) {
        let answer = caller.call(method, path, body.clone()).await;
        let message = format!("Insufficient scope; expected any of: {}.", scopes.join(","));
        let expected = json!({
            "statusCode": 403, "error": "Forbidden", "message": message, "errorCode": "insufficient_scope",
        });
        assert_eq!((answer.status, answer.json()), (403, expected), "{method} {path}");
        for token in ["", "garbage"] {
            let answer = admin.with_token(token).call(method, path, body.clone()).await;
            let expected = json!({ "statusCode": 401, "error": "Unauthorized", "message": "Invalid token." });
            assert_eq!((answer.status, answer.json()), (401, expected), "{method} {path}");
        }
    }
    assert_eq!(all(admin, &made).await, before);
    // The same calls are real: with the scope they do what they say.
    for (scopes, method, path, body) in calls.iter().filter(|(scopes, ..)| scopes[0] != "create:logins") {
        let answer = admin.call(method, path, body.clone()).await;
        let done = (200..300).contains(&answer.status) || answer.status == 409;
        assert!(done, "{scopes:?} {method} {path}: {} {}", answer.status, answer.text());
    }
}
