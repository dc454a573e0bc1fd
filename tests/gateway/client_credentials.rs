//! An application's own tokens for an organization: which one, by whose leave, and what they say.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::{Application, claims};
use crate::support::gateway::{Gateway, Mode, id};
use crate::support::http::Page;
use crate::support::ill_management::{IllManagement, Illness};

matrix! {
    a_token_of_an_organization_needs_the_grants_leave_and_the_organizations,
    a_default_organization_fills_in_what_the_request_leaves_out,
}

const AUDIENCE: &str = "https://orders.example/";

async fn ask(application: &Application, organization: Option<&str>) -> Page {
    let mut fields = vec![("grant_type", "client_credentials"), ("audience", AUDIENCE)];
    fields.extend(organization.map(|organization| ("organization", organization)));
    application.token(&fields).await
}

/// The claims of the token that was given.
async fn said(application: &Application, organization: Option<&str>) -> Value {
    let page = ask(application, organization).await;
    assert_eq!(page.status, 200, "{}", page.text());
    claims(page.json()["access_token"].as_str().unwrap())
}

/// Why no token was given.
async fn refused(application: &Application, organization: Option<&str>) -> (u16, String, String) {
    let page = ask(application, organization).await;
    let text = |member: &str| page.json()[member].as_str().unwrap_or_else(|| panic!("{}", page.text())).to_owned();
    (page.status, text("error"), text("error_description"))
}

fn invalid(what: &str) -> (u16, String, String) {
    (400, "invalid_request".to_owned(), format!("parameter organization is {what}"))
}

fn denied(organization: &str) -> (u16, String, String) {
    let text = format!("Client is not authorized to access the organization \"{organization}\".");
    (403, "access_denied".to_owned(), text)
}

/// A script with a grant for [`AUDIENCE`]; the grant by its path.
async fn script(gateway: &Gateway) -> (Application, String, String) {
    let settings = json!({ "app_type": "non_interactive", "organization_usage": "deny" });
    let application = Application::register(gateway, settings).await;
    let grant = json!({ "client_id": application.client_id, "audience": AUDIENCE, "scope": ["read:orders"] });
    let grant = id(&gateway.admin.create("/client-grants", grant).await);
    (application, format!("/client-grants/{grant}"), grant)
}

async fn a_token_of_an_organization_needs_the_grants_leave_and_the_organizations(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let (application, path, grant) = script(&gateway).await;
    let associations = format!("/organizations/{acme}/client-grants");

    // The grant says nothing of organizations: closed, known or not.
    for asked in [acme.as_str(), "acme", "nobody"] {
        assert_eq!(refused(&application, Some(asked)).await, invalid("not allowed for this client"));
    }
    assert_eq!(said(&application, None).await.get("org_id"), None);

    admin.update(&path, json!({ "organization_usage": "require" })).await;
    assert_eq!(refused(&application, None).await, invalid("required for this client"));
    // One that does not let the client in and one that is not there are told the same.
    for asked in [acme.as_str(), "acme", &globex, "nobody", "org_0000000000000000"] {
        assert_eq!(refused(&application, Some(asked)).await, denied(asked));
    }
    for nonsense in ["Acme", "a b", "../acme", "org:x", "x\0"] {
        assert_eq!(refused(&application, Some(nonsense)).await.0, 400, "{nonsense}");
    }
    admin.create(&associations, json!({ "grant_id": grant })).await;
    for asked in [acme.as_str(), "acme"] {
        let said = said(&application, Some(asked)).await;
        assert_eq!((&said["org_id"], &said["org_name"]), (&json!(acme), &json!("acme")));
        assert_eq!((&said["gty"], &said["scope"]), (&json!("client-credentials"), &json!("read:orders")));
    }
    assert_eq!(refused(&application, Some("globex")).await, denied("globex"));
    // What is taken back is taken back at once.
    admin.delete(&format!("{associations}/{grant}")).await;
    assert_eq!(refused(&application, Some("acme")).await, denied("acme"));

    admin.update(&path, json!({ "organization_usage": "allow", "allow_any_organization": true })).await;
    assert_eq!(said(&application, Some("globex")).await["org_id"], globex);
    assert_eq!(said(&application, None).await.get("org_id"), None);
    assert_eq!(refused(&application, Some("nobody")).await, invalid("invalid: nobody"));
    admin.delete(&format!("/organizations/{globex}")).await;
    assert_eq!(refused(&application, Some(&globex)).await, invalid(&format!("invalid: {globex}")));
}

async fn a_default_organization_fills_in_what_the_request_leaves_out(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let (application, path, _) = script(&gateway).await;
    let default = json!({ "organization_id": acme, "flows": ["client_credentials"] });
    admin.update(&format!("/clients/{}", application.client_id), json!({ "default_organization": default })).await;
    assert_eq!(said(&application, None).await.get("org_id"), None, "the grant has no use for it");
    for usage in ["allow", "require"] {
        admin.update(&path, json!({ "organization_usage": usage, "allow_any_organization": true })).await;
        assert_eq!(said(&application, None).await["org_id"], acme);
        assert_eq!(said(&application, Some("globex")).await["org_id"], globex);
    }
}

#[tokio::test]
async fn names_count_only_where_they_may() {
    let gateway =
        Gateway::start_with(Mode::SqliteEmbedded, "login.allow_organization_name_in_authentication_api = false").await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let (application, path, _) = script(&gateway).await;
    admin.update(&path, json!({ "organization_usage": "allow", "allow_any_organization": true })).await;
    assert_eq!(refused(&application, Some("acme")).await.1, "invalid_request");
    let said = said(&application, Some(&acme)).await;
    assert_eq!((&said["org_id"], said.get("org_name")), (&json!(acme), None));
}

#[tokio::test]
async fn an_organization_that_cannot_be_asked_for_is_no_token_without_it() {
    let front = IllManagement::start().await;
    let gateway = Gateway::start_behind(&front, "").await;
    let acme = gateway.admin.organization("acme").await;
    let (application, _, grant) = script(&gateway).await;
    let told = json!([{
        "id": grant, "client_id": application.client_id, "audience": AUDIENCE, "scope": [],
        "organization_usage": "allow",
    }]);
    for ill in ["/client-grants?grant_ids=", &format!("GET /api/v2/organizations/{acme}")] {
        front.fall_ill("GET /api/v2/client-grants?", Illness::Json(told.to_string()));
        front.fall_ill(ill, Illness::Status(500, json!(null)));
        let refusal = refused(&application, Some(&acme)).await;
        assert_eq!((refusal.0, refusal.1.as_str()), (503, "temporarily_unavailable"), "{ill}");
        front.recover();
    }
    // Other grants than the one that was asked for give no leave.
    front.fall_ill("GET /api/v2/client-grants?", Illness::Json(told.to_string()));
    front.fall_ill(
        "/client-grants?grant_ids=",
        Illness::Json(
            json!([{
                "id": "cgr_other", "client_id": application.client_id, "audience": AUDIENCE,
            }])
            .to_string(),
        ),
    );
    assert_eq!(refused(&application, Some(&acme)).await, denied(&acme));
}

#[tokio::test]
async fn a_token_for_one_organization_is_no_key_to_the_api_of_all() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let (admin, audience) = (&gateway.admin, format!("{}/", gateway.admin.api));
    admin.organization("acme").await;
    let settings = json!({ "app_type": "non_interactive", "organization_usage": "allow" });
    let application = Application::register(&gateway, settings).await;
    let grant = json!({
        "client_id": application.client_id, "audience": audience, "scope": ["read:organizations"],
        "organization_usage": "allow", "allow_any_organization": true,
    });
    admin.create("/client-grants", grant).await;
    let mut fields = vec![("grant_type", "client_credentials"), ("audience", audience.as_str())];
    let of_all = application.token(&fields).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(admin.with_token(&of_all).call("GET", "/organizations", None).await.status, 200);
    fields.push(("organization", "acme"));
    let of_one = application.token(&fields).await.json()["access_token"].as_str().unwrap().to_owned();
    assert!(claims(&of_one)["org_id"].is_string());
    let page = admin.with_token(&of_one).call("GET", "/organizations", None).await;
    assert_eq!((page.status, page.json()["message"].as_str()), (401, Some("Client is not global.")));
}
