//! Who administers this server: the list, one more, one less.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::json;

use super::Answer;
use super::confirmation::{Confirmation, quoted};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use super::user::{self, title};
use super::users::{View, find_named};
use crate::management_client::{Administration, AdministrationError, encode};
use crate::model::application::DASHBOARD;
use crate::model::role::ManagementAccess;
use crate::model::user::Member;
use crate::model::{Connection, Role, User};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// People of one role that are shown; the role's page shows them all.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "dashboard/administrators.html", whitespace = "minimize")]
struct AdministratorsPage {
    text: Text,
    frame: Frame,
    view: View,
    groups: Vec<Group>,
}

/// Those who have one of the roles.
struct Group {
    role: Role,
    about: &'static str,
    people: Vec<Row>,
    more_href: Option<String>,
}

struct Row {
    title: String,
    user_id: String,
    href: String,
    remove_href: String,
}

#[derive(Template)]
#[template(path = "dashboard/administrator_new.html", whitespace = "minimize")]
struct NewAdministratorPage {
    text: Text,
    frame: Frame,
    form: Form,
    /// With what each lets its people do.
    roles: Vec<(Role, &'static str)>,
}

fn about(access: ManagementAccess) -> &'static str {
    match access {
        ManagementAccess::Full => "They look at everything and change everything.",
        ManagementAccess::Read => "They look at everything and change nothing.",
    }
}

/// The roles that make administrators, the mightiest first. They are made by the first setup, so they are among the
/// first.
async fn roles(api: &Administration) -> Result<Vec<(Role, &'static str)>, AdministrationError> {
    let all: Vec<Role> = api.get("/api/v2/roles?per_page=100").await?;
    let mut found: Vec<_> = all.into_iter().filter_map(|role| Some((role.management_access?, role))).collect();
    found.sort_by_key(|(access, _)| std::cmp::Reverse(*access));
    Ok(found.into_iter().map(|(access, role)| (role, about(access))).collect())
}

fn users_of(role_id: &str) -> String {
    format!("/api/v2/roles/{}/users", encode(role_id))
}

/// `GET /dashboard/administrators`.
pub(super) async fn list(signed: Signed) -> Answer {
    let mut groups = Vec::new();
    for (role, about) in roles(&signed.api).await? {
        let part = signed.api.part::<Member>(&format!("{}?take={SHOWN}", users_of(&role.id)), "users").await?;
        let row = |it: Member| Row {
            href: user::address(&it.user_id),
            remove_href: removal_address(&role.id, &it.user_id),
            title: it.email.or(it.name).unwrap_or_else(|| it.user_id.clone()),
            user_id: it.user_id,
        };
        let people = part.items.into_iter().map(row).collect();
        let more_href = part.next.map(|_| super::role::address(&role.id));
        groups.push(Group { role, about, people, more_href });
    }
    let view = View::Administrators;
    Frame::new(&signed, Section::Users, view.label()).draw(|frame| AdministratorsPage {
        text: signed.reader.text,
        frame,
        view,
        groups,
    })
}

fn frame(signed: &Signed, title: String) -> Frame {
    Frame::within(signed, Section::Users, title).below(View::Administrators.label(), View::Administrators.address())
}

/// `GET /dashboard/administrators/new`.
pub(super) async fn new(signed: Signed) -> Answer {
    signed.require_recent()?;
    let form = signed.draft.clone().unwrap_or_default();
    draw_new(&signed, form, Errors::default()).await
}

async fn draw_new(signed: &Signed, form: Form, errors: Errors) -> Answer {
    let roles = roles(&signed.api).await?;
    let frame = frame(signed, "New administrator".to_owned()).with(errors);
    frame.draw(|frame| NewAdministratorPage { text: signed.reader.text, frame, form, roles })
}

/// `POST /dashboard/administrators/new`.
pub(super) async fn give(signed: Signed, Extension(form): Extension<Form>) -> Answer {
    signed.require_recent()?;
    let roles = roles(&signed.api).await?;
    let Some((role, _)) = roles.iter().find(|(role, _)| role.id == form.get("role")) else {
        return draw_new(&signed, form, Errors::at_field("role", "Choose what they may do.")).await;
    };
    let found = match find_named(&signed.api, "who", form.get("who")).await? {
        Ok(found) => found,
        Err(errors) => return draw_new(&signed, form, errors).await,
    };
    if let Some(connection) = lacks_way_in(&signed.api, &found).await? {
        let message = format!(
            "They could not sign in to the dashboard: it does not use their connection {}. Switch it on under \
             Applications, Dashboard, Connections first.",
            quoted(&connection)
        );
        return draw_new(&signed, form, Errors::at_field("who", message)).await;
    }
    let path = format!("{}/roles", user::path(&found.user_id));
    match signed.api.post::<()>(&path, &json!({ "roles": [role.id] })).await {
        Ok(()) => Ok(redirect::see_other(&Done::Given.at(View::Administrators.address()))),
        Err(error) => draw_new(&signed, form, Errors::of(error, &[])?).await,
    }
}

/// The user's connection, if the dashboard does not use it.
async fn lacks_way_in(api: &Administration, user: &User) -> Result<Option<String>, AdministrationError> {
    for identity in &user.identities {
        let path = format!("/api/v2/connections?name={}", encode(&identity.connection));
        let found: Vec<Connection> = api.get(&path).await?;
        if found.iter().any(|its| its.enabled_clients.iter().any(|client_id| client_id == DASHBOARD)) {
            return Ok(None);
        }
    }
    Ok(user.identities.first().map(|identity| identity.connection.clone()))
}

fn removal_address(role_id: &str, user_id: &str) -> String {
    format!("/dashboard/administrators/{}/{}/remove", encode(role_id), encode(user_id))
}

/// `GET /dashboard/administrators/{role}/{user}/remove`.
pub(super) async fn removal(signed: Signed, Path((role_id, user_id)): Path<(String, String)>) -> Answer {
    signed.require_recent()?;
    draw_removal(&signed, (&role_id, &user_id), Errors::default()).await
}

async fn draw_removal(signed: &Signed, (role_id, user_id): (&str, &str), errors: Errors) -> Answer {
    let role: Role = signed.api.get(&super::role::path(role_id)).await?;
    if role.management_access.is_none() {
        return Err(DashboardError::NotFound);
    }
    let user: User = signed.api.get(&user::path(user_id)).await?;
    let asked = Confirmation {
        says: vec![format!(
            "{} loses the role {}, and is out of the dashboard with the next click. The account stays.",
            quoted(&title(&user)),
            quoted(&role.name)
        )],
        losses: Vec::new(),
        typed: None,
        button: "Take the role away",
        back_href: View::Administrators.address().to_owned(),
    };
    asked.draw(signed, frame(signed, format!("Remove {}", title(&user))).with(errors))
}

/// `POST /dashboard/administrators/{role}/{user}/remove`.
pub(super) async fn remove(signed: Signed, Path((role_id, user_id)): Path<(String, String)>) -> Answer {
    signed.require_recent()?;
    let path = format!("{}/roles", user::path(&user_id));
    match signed.api.delete_some(&path, &json!({ "roles": [role_id] })).await {
        Ok(()) => Ok(redirect::see_other(&Done::Taken.at(View::Administrators.address()))),
        Err(error) => draw_removal(&signed, (&role_id, &user_id), Errors::of(error, &[])?).await,
    }
}
