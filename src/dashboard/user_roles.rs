//! The roles of a user everywhere: which there are, one more, one less.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::json;

use super::Answer;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::role;
use super::session::Signed;
use super::user::{Head, Tab, path};
use crate::model::Role;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Roles that are shown, and as many that are offered.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "dashboard/user_roles.html", whitespace = "minimize")]
struct RolesPage {
    text: Text,
    frame: Frame,
    head: Head,
    /// With the address of each.
    roles: Vec<(Role, String)>,
    offered: Vec<Role>,
}

/// `GET /dashboard/users/{id}/roles`.
pub(super) async fn list(signed: Signed, Path(id): Path<String>) -> Answer {
    draw(&signed, &id, Errors::default()).await
}

async fn draw(signed: &Signed, id: &str, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Roles).await?;
    let held: Vec<Role> = signed.api.get(&format!("{}/roles?per_page={MOST}", path(id))).await?;
    let all: Vec<Role> = signed.api.get(&format!("/api/v2/roles?per_page={MOST}")).await?;
    // Who administers is decided on a page of its own.
    let is_offered = |role: &Role| role.management_access.is_none() && held.iter().all(|its| its.id != role.id);
    let offered = all.into_iter().filter(is_offered).collect();
    let roles = held.into_iter().map(|role| (role.clone(), role::address(&role.id))).collect();
    head.frame(signed).with(errors).draw(|frame| RolesPage { text: signed.reader.text, frame, head, roles, offered })
}

/// `POST /dashboard/users/{id}/roles`: gives the role that is chosen, or takes the one whose button was pressed.
pub(super) async fn update(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let roles = format!("{}/roles", path(&id));
    let (done, changed) = match (form.get("take"), form.get("give")) {
        ("", "") => return draw(&signed, &id, Errors::at_field("give", "Choose a role.")).await,
        ("", given) => (Done::Given, signed.api.post::<()>(&roles, &json!({ "roles": [given] })).await),
        (taken, _) => (Done::Taken, signed.api.delete_some(&roles, &json!({ "roles": [taken] })).await),
    };
    match changed {
        Ok(()) => Ok(redirect::see_other(&done.at(&Tab::Roles.address(&id)))),
        Err(error) => draw(&signed, &id, Errors::of(error, &[])?).await,
    }
}
