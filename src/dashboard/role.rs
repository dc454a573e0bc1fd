//! One role: what it is called, who has it, and its end.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::{Value, json};

use super::Answer;
use super::confirmation::{Confirmation, check_typed, counted};
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::roles::frame;
use super::session::Signed;
use super::user;
use super::users::{View, find_named};
use crate::management_client::encode;
use crate::model::Role;
use crate::model::user::Member;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// People of one page of the list.
const TAKEN: usize = 25;

pub(super) const FIELDS: &[&str] = &["name", "description"];
pub(super) const WORDS: &[(&str, &str)] =
    &[("name", "Use one line of 1 to 255 characters."), ("description", "Use at most 255 characters.")];

#[derive(Template)]
#[template(path = "dashboard/role.html", whitespace = "minimize")]
struct RolePage {
    text: Text,
    frame: Frame,
    role: Role,
    form: Form,
    /// Who was typed and not given the role.
    who: String,
    people: Vec<Row>,
    /// Where its people are given it and lose it.
    people_action: String,
    administrators_href: &'static str,
    delete_href: String,
    first_href: Option<String>,
    next_href: Option<String>,
}

struct Row {
    title: String,
    user_id: String,
    href: String,
}

/// The role in the API.
pub(super) fn path(id: &str) -> String {
    format!("/api/v2/roles/{}", encode(id))
}

/// Its page here.
pub(super) fn address(id: &str) -> String {
    format!("/dashboard/roles/{}", encode(id))
}

/// `GET /dashboard/roles/{id}?from=`, and `.../people`, where a form leads whose sender had to sign in again.
pub(super) async fn page(signed: Signed, Path(id): Path<String>) -> Answer {
    draw(&signed, &id, signed.draft.clone(), Errors::default()).await
}

async fn draw(signed: &Signed, id: &str, typed: Option<Form>, errors: Errors) -> Answer {
    let role: Role = signed.api.get(&path(id)).await?;
    let from = signed.parameter("from");
    let cursor = from.as_ref().map(|from| format!("&from={}", encode(from))).unwrap_or_default();
    let part = signed.api.part::<Member>(&format!("{}/users?take={TAKEN}{cursor}", path(id)), "users").await?;
    let row = |it: Member| Row {
        href: user::address(&it.user_id),
        title: it.email.or(it.name).unwrap_or_else(|| it.user_id.clone()),
        user_id: it.user_id,
    };
    let who = typed.as_ref().map(|typed| typed.get("who").to_owned()).unwrap_or_default();
    let there = || -> Form {
        let there = [("name", role.name.clone()), ("description", role.description.clone().unwrap_or_default())];
        there.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    };
    let form = typed.filter(|typed| !typed.get("name").is_empty() || errors.at("name").is_some());
    let form = form.unwrap_or_else(there);
    let page = Frame { action: address(id), ..frame(signed, role.name.clone()) };
    page.with(errors).draw(|frame| RolePage {
        text: signed.reader.text,
        frame,
        form,
        who,
        people: part.items.into_iter().map(row).collect(),
        people_action: format!("{}/people", address(id)),
        administrators_href: View::Administrators.address(),
        delete_href: format!("{}/delete", address(id)),
        first_href: from.map(|_| address(id)),
        next_href: part.next.map(|next| format!("{}?from={}", address(id), encode(&next))),
        role,
    })
}

/// `POST /dashboard/roles/{id}`.
pub(super) async fn update(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let body = json!({ "name": form.get("name"), "description": form.get("description") });
    match signed.api.patch::<Value>(&path(&id), &body).await {
        Ok(_) => Ok(redirect::see_other(&Done::Changed.at(&address(&id)))),
        Err(error) => draw(&signed, &id, Some(form), Errors::of_worded(error, FIELDS, WORDS)?).await,
    }
}

/// `POST /dashboard/roles/{id}/people`: gives it to who is typed, or takes it from whose button was pressed.
pub(super) async fn change_people(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let body = json!({ "roles": [id] });
    let roles_of = |user_id: &str| format!("{}/roles", user::path(user_id));
    let (done, changed) = match form.get("take") {
        "" => match find_named(&signed.api, "who", form.get("who")).await? {
            Ok(found) => (Done::Given, signed.api.post::<()>(&roles_of(&found.user_id), &body).await),
            Err(errors) => return draw(&signed, &id, Some(form), errors).await,
        },
        taken => (Done::Taken, signed.api.delete_some(&roles_of(taken), &body).await),
    };
    match changed {
        Ok(()) => Ok(redirect::see_other(&done.at(&address(&id)))),
        Err(error) => draw(&signed, &id, Some(form), Errors::of(error, &[])?).await,
    }
}

/// `GET /dashboard/roles/{id}/delete`.
pub(super) async fn deletion(signed: Signed, Path(id): Path<String>) -> Answer {
    signed.require_recent()?;
    draw_deletion(&signed, &id, Errors::default()).await
}

async fn draw_deletion(signed: &Signed, id: &str, errors: Errors) -> Answer {
    let role: Role = signed.api.get(&path(id)).await?;
    let people = signed.api.total(&format!("{}/users?", path(id))).await?;
    let frame = frame(signed, format!("Delete {}", role.name)).below(role.name.clone(), address(id)).with(errors);
    let asked = Confirmation {
        says: vec!["This cannot be undone.".to_owned()],
        losses: vec![
            format!("what {} may do by it; the accounts stay", counted(people, "user")),
            "what members of organizations may do by it".to_owned(),
            "its permissions".to_owned(),
        ],
        typed: Some((role.name, "The name of the role.")),
        button: "Delete role",
        back_href: address(id),
    };
    asked.draw(signed, frame)
}

/// `POST /dashboard/roles/{id}/delete`, once its name was typed.
pub(super) async fn delete(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    signed.require_recent()?;
    let role: Role = signed.api.get(&path(&id)).await?;
    if let Err(errors) = check_typed(&form, &role.name) {
        return draw_deletion(&signed, &id, errors).await;
    }
    match signed.api.delete(&path(&id)).await {
        Ok(()) => Ok(redirect::see_other(&Done::Deleted.at(View::Roles.address()))),
        Err(error) => draw_deletion(&signed, &id, Errors::of(error, &[])?).await,
    }
}
