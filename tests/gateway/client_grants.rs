//! Client grants: what applications may ask of APIs with their own credentials, and for which organizations.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::{Application, claims};
use crate::support::gateway::{Administrator, Gateway, Mode, id};
use crate::support::http::Page;

matrix! {
    a_grant_says_which_organizations_it_is_for,
    an_organization_lets_a_grant_be_used_with_it_and_takes_it_back,
}

const ORDERS: &str = "https://orders.example/";

fn code(page: &Page) -> (u16, Value) {
    (page.status, page.json()["errorCode"].clone())
}

fn ids(listed: &Value) -> Vec<String> {
    listed.as_array().unwrap().iter().map(id).collect()
}

async fn script(gateway: &Gateway) -> Application {
    Application::register(gateway, json!({ "app_type": "non_interactive", "organization_usage": "deny" })).await
}

/// A grant of the application for an API, by its id.
async fn grant(admin: &Administrator, application: &Application, audience: &str, members: Value) -> String {
    let mut grant = json!({ "client_id": application.client_id, "audience": audience, "scope": ["read:orders"] });
    grant.as_object_mut().unwrap().extend(members.as_object().cloned().unwrap());
    id(&admin.create("/client-grants", grant).await)
}

async fn a_grant_says_which_organizations_it_is_for(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (admin, application) = (&gateway.admin, script(&gateway).await);
    let open = json!({ "organization_usage": "allow", "allow_any_organization": true, "subject_type": "client" });
    let first = grant(admin, &application, ORDERS, open).await;
    let path = format!("/client-grants/{first}");
    let told = json!({
        "id": first, "client_id": application.client_id, "audience": ORDERS, "scope": ["read:orders"],
        "organization_usage": "allow", "allow_any_organization": true,
    });
    assert_eq!(admin.get(&path).await, told);
    let second = grant(admin, &application, "https://b.example/", json!({ "allow_any_organization": false })).await;
    let third = grant(admin, &application, "https://c.example/", json!({ "allow_all_scopes": false })).await;

    let of_client = format!("/client-grants?client_id={}", application.client_id);
    assert_eq!(ids(&admin.get(&of_client).await), [&first[..], &second, &third]);
    assert_eq!(ids(&admin.get(&format!("{of_client}&audience={ORDERS}")).await), [&first[..]]);
    assert_eq!(ids(&admin.get(&format!("{of_client}&allow_any_organization=true")).await), [&first[..]]);
    assert_eq!(ids(&admin.get(&format!("{of_client}&allow_any_organization=false")).await), [&second[..], &third]);
    assert_eq!(ids(&admin.get(&format!("{of_client}&subject_type=client")).await).len(), 3);
    assert_eq!(admin.get(&format!("{of_client}&subject_type=user")).await, json!([]));
    let part = admin.get(&format!("{of_client}&take=2&include_totals=true")).await;
    assert_eq!(ids(&part["client_grants"]), [&first[..], &second]);
    assert_eq!(part["total"], Value::Null, "a part has no totals");
    let rest = admin.get(&format!("{of_client}&take=2&from={}", part["next"].as_str().unwrap())).await;
    assert_eq!((ids(&rest["client_grants"]), &rest["next"]), (vec![third], &Value::Null));
    let all = admin.get(&format!("{of_client}&per_page=1&page=1&include_totals=true")).await;
    assert_eq!((ids(&all["client_grants"]), &all["start"], &all["total"]), (vec![second], &json!(1), &json!(3)));

    let change = json!({ "organization_usage": null, "allow_any_organization": null });
    let changed = admin.update(&path, change).await;
    assert_eq!((&changed["organization_usage"], &changed["allow_any_organization"]), (&Value::Null, &Value::Null));
    assert_eq!(changed["scope"], json!(["read:orders"]), "what was not sent stays");
    assert_eq!(admin.get(&path).await, changed);
    for (refused, why) in [
        (json!({ "allow_all_scopes": true }), "operation_not_supported"),
        (json!({ "organization_usage": "sometimes" }), "invalid_body"),
        (json!({ "subject_type": "client" }), "invalid_body"),
        (json!({ "scope": null }), "invalid_body"),
    ] {
        let page = admin.call("PATCH", &path, Some(refused.clone())).await;
        assert_eq!(code(&page), (400, why.into()), "{refused}");
    }
    let user =
        json!({ "client_id": application.client_id, "audience": "x", "scope": ["a", "b"], "subject_type": "user" });
    let page = admin.call("POST", "/client-grants", Some(user)).await;
    assert_eq!(code(&page), (400, "operation_not_supported".into()));
    assert_eq!(admin.get(&path).await, changed, "nothing was written");
}

async fn an_organization_lets_a_grant_be_used_with_it_and_takes_it_back(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let (admin, application) = (&gateway.admin, script(&gateway).await);
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let orders = grant(admin, &application, ORDERS, json!({ "organization_usage": "require" })).await;
    let closed = grant(admin, &application, "https://closed.example/", json!({})).await;
    let path = format!("/organizations/{acme}/client-grants");
    let add = async |grant: &str| admin.call("POST", &path, Some(json!({ "grant_id": grant }))).await;

    assert_eq!(org_of(&application, &acme).await, None);
    let added = add(&orders).await;
    assert_eq!((added.status, id(&added.json())), (201, orders.clone()));
    assert_eq!(org_of(&application, &acme).await, Some(acme.clone()));
    assert_eq!(org_of(&application, &globex).await, None);
    assert_eq!(code(&add(&orders).await), (409, "organization_client_grant_conflict".into()));
    assert_eq!(code(&add(&closed).await), (400, "invalid_body".into()));
    assert_eq!(add("cgr_0000000000000000").await.status, 404);

    let other = json!({ "organization_usage": "allow" });
    let other = grant(admin, &application, "https://other.example/", other).await;
    add(&other).await;
    assert_eq!(ids(&admin.get(&path).await), [&orders[..], &other]);
    assert_eq!(ids(&admin.get(&format!("{path}?audience={ORDERS}")).await), [&orders[..]]);
    assert_eq!(ids(&admin.get(&format!("{path}?client_id={}", application.client_id)).await).len(), 2);
    assert_eq!(admin.get(&format!("{path}?client_id=nobody")).await, json!([]));
    assert_eq!(ids(&admin.get(&format!("{path}?grant_ids={other}&grant_ids=cgr_x")).await), [&other[..]]);
    let part = admin.get(&format!("{path}?take=1")).await;
    let rest = admin.get(&format!("{path}?take=1&from={}", part["next"].as_str().unwrap())).await;
    assert_eq!((ids(&part["client_grants"]), ids(&rest["client_grants"])), (vec![orders.clone()], vec![other.clone()]));
    let eleven = "&grant_ids=cgr_x".repeat(11);
    assert_eq!(admin.call("GET", &format!("{path}?{}", &eleven[1..]), None).await.status, 400);

    let organizations = format!("/client-grants/{orders}/organizations");
    assert_eq!(ids(&admin.get(&organizations).await), [&acme[..]]);
    admin.create(&format!("/organizations/{globex}/client-grants"), json!({ "grant_id": orders })).await;
    let both = admin.get(&format!("{organizations}?include_totals=true")).await;
    assert_eq!((ids(&both["organizations"]), &both["total"]), (vec![acme.clone(), globex.clone()], &json!(2)));
    assert_eq!(admin.call("GET", "/client-grants/cgr_x/organizations", None).await.status, 404);

    let one = format!("{path}/{orders}");
    admin.delete(&one).await;
    admin.delete(&one).await;
    assert_eq!(org_of(&application, &acme).await, None);
    assert_eq!(org_of(&application, &globex).await, Some(globex));
    admin.delete(&format!("/client-grants/{other}")).await;
    assert_eq!(admin.get(&path).await, json!([]), "a grant that is gone is gone everywhere");
    let unknown = "/organizations/org_0000000000000000/client-grants";
    assert_eq!(admin.call("GET", unknown, None).await.status, 404);
}

/// The organization of the token that the application is given for it, if it is given one.
async fn org_of(application: &Application, organization: &str) -> Option<String> {
    let fields = [("grant_type", "client_credentials"), ("audience", ORDERS), ("organization", organization)];
    let page = application.token(&fields).await;
    let token = page.json()["access_token"].as_str().map(claims)?;
    Some(token["org_id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_organization_has_at_most_a_hundred_grants() {
    let settings = "management.request_burst = 1000\nmanagement.requests_per_second = 1000";
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, settings).await;
    let (admin, application) = (&gateway.admin, script(&gateway).await);
    let acme = admin.organization("acme").await;
    let path = format!("/organizations/{acme}/client-grants");
    for number in 0..=100 {
        let audience = format!("https://orders-{number}.example/");
        let grant = grant(admin, &application, &audience, json!({ "organization_usage": "allow" })).await;
        let page = admin.call("POST", &path, Some(json!({ "grant_id": grant }))).await;
        assert_eq!(page.status, if number < 100 { 201 } else { 409 }, "{number}: {}", page.text());
    }
    let listed = admin.get(&format!("{path}?include_totals=true")).await;
    assert_eq!(listed["total"], 100);
}
