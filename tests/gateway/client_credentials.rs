//! An application's own tokens for an organization: which one, by whose leave, and what they say.

use serde_json::{Value, json};

use crate::support::application::{Application, claims};
use crate::support::gateway::{Gateway, id};
use crate::support::http::Page;
use crate::support::ill_management::{IllManagement, Illness};

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

/// A script with a grant for [`AUDIENCE`]; the grant by its id.
async fn script(gateway: &Gateway) -> (Application, String) {
    let settings = json!({ "app_type": "non_interactive", "organization_usage": "deny" });
    let application = Application::register(gateway, settings).await;
    let grant = json!({ "client_id": application.client_id, "audience": AUDIENCE, "scope": ["read:orders"] });
    let grant = id(&gateway.admin.create("/client-grants", grant).await);
    (application, grant)
}

/// The grant as the API tells it, once it keeps what organizations it is for.
fn told(application: &Application, grant: &str, members: Value) -> Illness {
    let mut grant = json!({
        "id": grant, "client_id": application.client_id, "audience": AUDIENCE, "scope": ["read:orders"],
    });
    grant.as_object_mut().unwrap().extend(members.as_object().cloned().unwrap());
    Illness::Json(json!([grant]).to_string())
}

const GRANT: &str = "GET /api/v2/client-grants?";

#[tokio::test]
async fn a_token_of_an_organization_needs_the_grants_leave_and_the_organizations() {
    let front = IllManagement::start().await;
    let gateway = Gateway::start_behind(&front, "").await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let (application, grant) = script(&gateway).await;
    let grant_says = |members: Value| {
        front.recover();
        front.fall_ill(GRANT, told(&application, &grant, members));
    };

    // The grant says nothing of organizations: closed, known or not.
    for asked in [acme.as_str(), "acme", "nobody"] {
        assert_eq!(refused(&application, Some(asked)).await, invalid("not allowed for this client"));
    }
    assert_eq!(said(&application, None).await.get("org_id"), None);

    grant_says(json!({ "organization_usage": "require" }));
    assert_eq!(refused(&application, None).await, invalid("required for this client"));
    // One that does not let the client in and one that is not there are told the same.
    for asked in [acme.as_str(), "acme", &globex, "nobody", "org_0000000000000000"] {
        assert_eq!(refused(&application, Some(asked)).await, denied(asked));
    }
    for nonsense in ["Acme", "a b", "../acme", "org:x", "x\0"] {
        assert_eq!(refused(&application, Some(nonsense)).await.0, 400, "{nonsense}");
    }
    let association = format!("GET /api/v2/organizations/{acme}/client-grants?grant_ids={grant}");
    front.fall_ill(&association, told(&application, &grant, json!({})));
    for asked in [acme.as_str(), "acme"] {
        let said = said(&application, Some(asked)).await;
        assert_eq!((&said["org_id"], &said["org_name"]), (&json!(acme), &json!("acme")));
        assert_eq!((&said["gty"], &said["scope"]), (&json!("client-credentials"), &json!("read:orders")));
    }
    assert_eq!(refused(&application, Some("globex")).await, denied("globex"));

    grant_says(json!({ "organization_usage": "allow", "allow_any_organization": true }));
    assert_eq!(said(&application, Some("globex")).await["org_id"], globex);
    assert_eq!(said(&application, None).await.get("org_id"), None);
    assert_eq!(refused(&application, Some("nobody")).await, invalid("invalid: nobody"));
    admin.delete(&format!("/organizations/{globex}")).await;
    assert_eq!(refused(&application, Some(&globex)).await, invalid(&format!("invalid: {globex}")));
}

#[tokio::test]
async fn names_count_only_where_they_may() {
    let front = IllManagement::start().await;
    let settings = "login.allow_organization_name_in_authentication_api = false";
    let gateway = Gateway::start_behind(&front, settings).await;
    let acme = gateway.admin.organization("acme").await;
    let (application, grant) = script(&gateway).await;
    let open = json!({ "organization_usage": "allow", "allow_any_organization": true });
    front.fall_ill(GRANT, told(&application, &grant, open));
    assert_eq!(refused(&application, Some("acme")).await.0, 400);
    let said = said(&application, Some(&acme)).await;
    assert_eq!((&said["org_id"], said.get("org_name")), (&json!(acme), None));
}

#[tokio::test]
async fn an_organization_that_cannot_be_asked_for_is_no_token_without_it() {
    let front = IllManagement::start().await;
    let gateway = Gateway::start_behind(&front, "").await;
    let acme = gateway.admin.organization("acme").await;
    let (application, grant) = script(&gateway).await;
    let allowed = || told(&application, &grant, json!({ "organization_usage": "allow" }));
    for ill in ["/client-grants?grant_ids=", &format!("GET /api/v2/organizations/{acme}")] {
        front.fall_ill(GRANT, allowed());
        front.fall_ill(ill, Illness::Status(500, json!(null)));
        let refusal = refused(&application, Some(&acme)).await;
        assert_eq!((refusal.0, refusal.1.as_str()), (503, "temporarily_unavailable"), "{ill}");
        front.recover();
    }
    // Other grants than the one that was asked for give no leave.
    front.fall_ill(GRANT, allowed());
    front.fall_ill("/client-grants?grant_ids=", told(&application, "cgr_other", json!({})));
    assert_eq!(refused(&application, Some(&acme)).await, denied(&acme));
}
