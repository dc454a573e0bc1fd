//! People who administer: they set the dashboard up, and sign in to it.

use serde_json::json;

use super::browser::Browser;
use super::gateway::{Gateway, id};
use super::http::{Page, Visitor};

pub const ADMINISTRATOR: &str = "ada@company.example";
pub const PASSWORD: &str = "Correct Horse 7";

/// Makes the first administrator by the setup link.
pub async fn set_up(gateway: &Gateway) {
    let visitor = Visitor::new();
    let page = visitor.get(gateway.setup_link().await).await;
    let page = visitor.submit(&page, &[("email", ADMINISTRATOR), ("password", PASSWORD)]).await;
    assert_eq!((page.status, page.location().path()), (303, "/dashboard"), "{}", page.text());
}

/// Signs in to the page of the dashboard at this address; what is seen afterwards.
pub async fn sign_in(visitor: &Visitor, url: &str, email: &str) -> Page {
    let page = visitor.get(url).await;
    let page = visitor.follow(page, "https://nowhere.example").await;
    let page = visitor.submit(&page, &[("username", email), ("password", PASSWORD)]).await;
    visitor.follow(page, "https://nowhere.example").await
}

/// The first administrator signs in by a browser.
pub async fn sign_in_by(browser: &Browser, gateway: &Gateway) {
    browser.open(gateway.url("/dashboard")).await;
    browser.fill("username", ADMINISTRATOR).await;
    browser.fill("password", PASSWORD).await;
    browser.submit().await;
    browser.wait_for_text("Logins of the last 30 days").await;
}

/// The first administrator, signed in.
pub async fn signed_in(gateway: &Gateway) -> Visitor {
    set_up(gateway).await;
    again(gateway, ADMINISTRATOR).await
}

/// Another browser of somebody who has an account.
pub async fn again(gateway: &Gateway, email: &str) -> Visitor {
    let visitor = Visitor::new();
    let page = sign_in(&visitor, &gateway.url("/dashboard"), email).await;
    assert_eq!((page.status, page.text_of("h1").as_deref()), (200, Some("Overview")), "{}", page.text());
    visitor
}

/// Somebody who has an account where administrators have theirs, and this role, if any; the user's id.
pub async fn colleague(gateway: &Gateway, email: &str, role: Option<&str>) -> String {
    let user = gateway.admin.person("administrators", email, PASSWORD).await;
    if let Some(name) = role {
        let body = json!({ "roles": [self::role(gateway, name).await] });
        gateway.admin.done("POST", &format!("/users/{}/roles", user.replace('|', "%7C")), Some(body)).await;
    }
    user
}

/// The id of the role of this name.
pub async fn role(gateway: &Gateway, name: &str) -> String {
    let roles = gateway.admin.get("/roles?per_page=100").await;
    let found = roles.as_array().unwrap().iter().find(|role| role["name"] == name);
    id(found.unwrap_or_else(|| panic!("{name} is none of {roles}")))
}

/// A form of the dashboard: its address, and what is typed into it.
pub type DashboardForm = (String, Vec<(&'static str, String)>);

/// What every form of a page's session carries.
pub fn csrf(page: &Page) -> String {
    page.forms().iter().flat_map(|form| form.values.clone()).find(|(name, _)| name == "csrf").unwrap().1
}

/// Sends a form with this token.
pub async fn send(gateway: &Gateway, visitor: &Visitor, (path, typed): &DashboardForm, csrf: &str) -> Page {
    let fields: Vec<_> = typed.iter().map(|(name, value)| (*name, value.as_str())).chain([("csrf", csrf)]).collect();
    visitor.post_form(gateway.url(path), &fields).await
}

/// Sends every form without the session's token, from other sites, and as somebody who may only look.
///
/// # Panics
/// When one is not refused, or the page of one is not shown to who may look.
pub async fn refuse_forms(gateway: &Gateway, visitor: &Visitor, forms: &[DashboardForm]) {
    let own = csrf(&visitor.get(gateway.url("/dashboard/organizations")).await);
    colleague(gateway, "reader@company.example", Some("Read-only administrator")).await;
    let reader = again(gateway, "reader@company.example").await;
    for form in forms {
        for wrong in ["", "x"] {
            assert_eq!(send(gateway, visitor, form, wrong).await.status, 403, "{} with the token {wrong:?}", form.0);
        }
        let fields: Vec<_> = form.1.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let fields: Vec<_> = fields.into_iter().chain([("csrf", own.as_str())]).collect();
        let foreign = visitor.post_form_from("https://evil.example", "cross-site", gateway.url(&form.0), &fields).await;
        assert_eq!(foreign.status, 403, "{} from another site", form.0);
        let page = reader.get(gateway.url(&form.0)).await;
        assert_eq!(page.status, 200, "{}: {}", form.0, page.text());
        let refused = send(gateway, &reader, form, &csrf(&page)).await;
        let heading = refused.text_of("h1");
        assert_eq!((refused.status, heading.as_deref()), (403, Some("You may not do this")), "{}", form.0);
    }
}
