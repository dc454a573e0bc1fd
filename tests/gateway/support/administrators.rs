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
        let roles = gateway.admin.get(&format!("/roles?name_filter={}", name.replace(' ', "%20"))).await;
        // A filter finds what holds the name, too.
        let role = roles.as_array().unwrap().iter().find(|role| role["name"] == name).unwrap();
        let body = json!({ "roles": [id(role)] });
        gateway.admin.done("POST", &format!("/users/{}/roles", user.replace('|', "%7C")), Some(body)).await;
    }
    user
}
