//! Adding members: users are searched, and chosen where several have one address.

use std::collections::HashSet;

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::json;

use super::Answer;
use super::asked::{part_of, searched, start_of};
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::moment::moment;
use super::organization::{Head, Tab, path};
use super::session::Signed;
use crate::management_client::{Administration, AdministrationError, encode};
use crate::model::User;
use crate::model::user::Member;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Users that are offered at once.
const OFFERED: usize = 25;
/// Users that one form may add.
const MOST: usize = 10;

#[derive(Template)]
#[template(path = "dashboard/member_add.html", whitespace = "minimize")]
struct AddPage {
    text: Text,
    frame: Frame,
    head: Head,
    query: String,
    users: Vec<Choice>,
    /// Whether more were found than are offered.
    are_more: bool,
    invite_href: String,
}

struct Choice {
    user_id: String,
    title: String,
    /// Where it comes from and when it was seen: what tells several of one address apart.
    more: String,
    is_member: bool,
    is_blocked: bool,
    is_ticked: bool,
}

/// `GET /dashboard/organizations/{id}/members/add?q=`.
pub(super) async fn page(signed: Signed, Path(id): Path<String>) -> Answer {
    let form = signed.draft.clone().unwrap_or_default();
    let q = signed.parameter("q").unwrap_or_else(|| form.get("q").to_owned());
    draw(&signed, &id, &q, &form, Errors::default()).await
}

async fn draw(signed: &Signed, id: &str, q: &str, form: &Form, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Members).await?;
    let q = searched(q);
    let found = find(&signed.api, &q).await?;
    let members = members(&signed.api, id, &q, &found).await?;
    let are_more = found.len() > OFFERED;
    let choice = |user: User| Choice {
        is_member: members.contains(&user.user_id),
        is_ticked: form.all("members").any(|ticked| ticked == user.user_id),
        is_blocked: user.blocked,
        more: more(&user),
        title: user.email.clone().or(user.username).or(user.profile.name).unwrap_or_else(|| user.user_id.clone()),
        user_id: user.user_id,
    };
    let users = found.into_iter().take(OFFERED).map(choice).collect();
    head.frame_below(signed, "Add members").with(errors).draw(|frame| AddPage {
        text: signed.reader.text,
        frame,
        head,
        query: q,
        users,
        are_more,
        invite_href: format!("{}/new", Tab::Invitations.address(id)),
    })
}

fn more(user: &User) -> String {
    let name = user.profile.name.clone().filter(|name| Some(name) != user.email.as_ref());
    let connection = user.identities.first().map(|identity| format!("from {}", identity.connection));
    let seen = user.last_login.map_or("never signed in".to_owned(), |at| format!("signed in {}", moment(at)));
    [name, connection, Some(seen)].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The users whom a text is about: one by an id, all of a whole address, else those who are called like it.
async fn find(api: &Administration, q: &str) -> Result<Vec<User>, AdministrationError> {
    if q.is_empty() {
        return Ok(Vec::new());
    }
    if q.contains('|') {
        return Ok(api.find::<User>(&format!("/api/v2/users/{}", encode(q))).await?.into_iter().collect());
    }
    if q.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.')) {
        let of_address = api.get::<Vec<User>>(&format!("/api/v2/users-by-email?email={}", encode(q))).await;
        match of_address {
            Ok(users) if users.is_empty() => {}
            // It is no address after all.
            Err(AdministrationError::Refused(error)) if error.status_code == 400 => {}
            users => return users,
        }
    }
    // A search tells capital letters of names apart.
    let capital = q.split(' ').map(capital).collect::<Vec<_>>().join(" ");
    let conditions =
        [part_of("email", q), part_of("username", q), start_of("name", q), start_of("name", &capital)].join(" OR ");
    let path = format!("/api/v2/users?take={}&sort=email:1&q={}", OFFERED + 1, encode(&conditions));
    Ok(api.part(&path, "users").await?.items)
}

fn capital(word: &str) -> String {
    word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect()
}

/// Which of those found are members already, as far as one question tells.
async fn members(
    api: &Administration,
    id: &str,
    q: &str,
    found: &[User],
) -> Result<HashSet<String>, AdministrationError> {
    if found.is_empty() {
        return Ok(HashSet::new());
    }
    let path = format!("{}/members?take=100&fields=user_id&q={}", path(id), encode(q));
    let part = api.part::<Member>(&path, "members").await?;
    Ok(part.items.into_iter().map(|member| member.user_id).collect())
}

/// `POST /dashboard/organizations/{id}/members/add`.
pub(super) async fn add(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let chosen: Vec<&str> = form.all("members").collect();
    let complaint = match chosen.len() {
        0 => Some("Select who shall become a member.".to_owned()),
        1..=MOST => None,
        _ => Some(format!("Select at most {MOST} at once.")),
    };
    if let Some(complaint) = complaint {
        return draw(&signed, &id, form.get("q"), &form, Errors::at_field("members", complaint)).await;
    }
    let body = json!({ "members": chosen });
    match signed.api.post::<()>(&format!("{}/members", path(&id)), &body).await {
        Ok(()) => Ok(redirect::see_other(&Done::MembersAdded.at(&Tab::Members.address(&id)))),
        // All or none: somebody of them was deleted since they were found.
        Err(AdministrationError::Refused(error)) if error.error_code.as_deref() == Some("inexistent_user") => {
            let errors = Errors::at_field("members", "Somebody you selected was deleted meanwhile. Nobody was added.");
            draw(&signed, &id, form.get("q"), &form, errors).await
        }
        Err(error) => draw(&signed, &id, form.get("q"), &form, Errors::of(error, &["members"])?).await,
    }
}
