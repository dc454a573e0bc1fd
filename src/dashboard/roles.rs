//! All roles: the list, and a new one.

use askama::Template;
use axum::Extension;
use serde_json::json;

use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use super::users::View;
use super::{Answer, role};
use crate::model::Role;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Roles of one page, and as many pages as the API counts off.
const TAKEN: usize = 25;
const PAGES: usize = 40;

#[derive(Template)]
#[template(path = "dashboard/roles.html", whitespace = "minimize")]
struct RolesPage {
    text: Text,
    frame: Frame,
    view: View,
    /// With the address of each.
    roles: Vec<(Role, String)>,
    first_href: Option<&'static str>,
    next_href: Option<String>,
}

#[derive(Template)]
#[template(path = "dashboard/role_new.html", whitespace = "minimize")]
struct NewRolePage {
    text: Text,
    frame: Frame,
    form: Form,
}

/// `GET /dashboard/roles?page=`.
pub(super) async fn list(signed: Signed) -> Answer {
    let page = signed.parameter("page").and_then(|page| page.parse().ok()).unwrap_or(0).min(PAGES - 1);
    let roles: Vec<Role> = signed.api.get(&format!("/api/v2/roles?per_page={TAKEN}&page={page}")).await?;
    let view = View::Roles;
    let is_more = roles.len() == TAKEN && page + 1 < PAGES;
    Frame::new(&signed, Section::Users, view.label()).draw(|frame| RolesPage {
        text: signed.reader.text,
        frame,
        view,
        roles: roles.into_iter().map(|role| (role.clone(), role::address(&role.id))).collect(),
        first_href: (page > 0).then_some(view.address()),
        next_href: is_more.then(|| format!("{}?page={}", view.address(), page + 1)),
    })
}

/// The frame of a page below the list of roles.
pub(super) fn frame(signed: &Signed, title: impl Into<String>) -> Frame {
    Frame::within(signed, Section::Users, title).below(View::Roles.label(), View::Roles.address())
}

/// `GET /dashboard/roles/new`.
pub(super) async fn new(signed: Signed) -> Answer {
    let form = signed.draft.clone().unwrap_or_default();
    draw_new(&signed, form, Errors::default())
}

fn draw_new(signed: &Signed, form: Form, errors: Errors) -> Answer {
    let frame = frame(signed, "New role").with(errors);
    frame.draw(|frame| NewRolePage { text: signed.reader.text, frame, form })
}

/// `POST /dashboard/roles/new`.
pub(super) async fn create(signed: Signed, Extension(form): Extension<Form>) -> Answer {
    let body = json!({ "name": form.get("name"), "description": form.get("description") });
    match signed.api.post::<Role>("/api/v2/roles", &body).await {
        Ok(made) => Ok(redirect::see_other(&Done::Created.at(&role::address(&made.id)))),
        Err(error) => draw_new(&signed, form, Errors::of_worded(error, role::FIELDS, role::WORDS)?),
    }
}
