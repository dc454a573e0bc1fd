//! All users: a list that is searched and paged, and a new one of a database connection.

use askama::Template;
use axum::Extension;
use serde_json::{Value, json};

use super::asked::{Asked, part_of, start_of};
use super::connection;
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use super::{Answer, user};
use crate::management_client::{Administration, AdministrationError, Part, encode};
use crate::model::login::refusal;
use crate::model::password::PasswordPolicy;
use crate::model::{Connection, User, random_alphanumeric};
use crate::web::form::Form;
use crate::web::new_password::{self, weakness};
use crate::web::redirect;
use crate::web::text::Text;

/// Users of one page of the list.
const TAKEN: usize = 25;

/// The parts of the section: who there is, who administers, and what people may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Users,
    Administrators,
    Roles,
}

impl View {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Administrators => "Administrators",
            Self::Roles => "Roles",
        }
    }

    pub(super) fn address(self) -> &'static str {
        match self {
            Self::Users => "/dashboard/users",
            Self::Administrators => "/dashboard/administrators",
            Self::Roles => "/dashboard/roles",
        }
    }

    pub(super) fn tabs(self) -> Vec<(&'static str, &'static str, bool)> {
        let all = [Self::Users, Self::Administrators, Self::Roles].into_iter();
        all.map(|view| (view.label(), view.address(), view == self)).collect()
    }
}

#[derive(Template)]
#[template(path = "dashboard/users.html", whitespace = "minimize")]
struct UsersPage {
    text: Text,
    frame: Frame,
    view: View,
    /// What is searched for.
    query: String,
    rows: Vec<Row>,
    first_href: Option<String>,
    next_href: Option<String>,
}

struct Row {
    title: String,
    name: Option<String>,
    connection: String,
    is_blocked: bool,
    href: String,
}

#[derive(Template)]
#[template(path = "dashboard/user_new.html", whitespace = "minimize")]
struct NewUserPage {
    text: Text,
    frame: Frame,
    form: Form,
    /// Name and title of each database.
    connections: Vec<(String, String)>,
    password_hint: String,
}

/// `GET /dashboard/users?q=&from=`.
pub(super) async fn list(signed: Signed) -> Answer {
    let asked = Asked::of(&signed);
    let found = find(&signed.api, &asked).await?;
    let (first_href, next_href) = asked.hrefs(found.next.as_deref());
    let row = |it: User| Row {
        title: user::title(&it),
        connection: it.identities.first().map(|identity| identity.connection.clone()).unwrap_or_default(),
        is_blocked: it.blocked,
        href: user::address(&it.user_id),
        name: it.profile.name.filter(|name| Some(name) != it.email.as_ref()),
    };
    let rows = found.items.into_iter().map(row).collect();
    Frame::new(&signed, Section::Users, "Users").draw(|frame| UsersPage {
        text: signed.reader.text,
        frame,
        view: View::Users,
        query: asked.q,
        rows,
        first_href,
        next_href,
    })
}

/// One page of the users that the text is about, the newest first. A user id finds its own at once.
async fn find(api: &Administration, asked: &Asked) -> Result<Part<User>, AdministrationError> {
    let q = asked.q.as_str();
    if q.contains('|') && asked.is_first() {
        let exact: Option<User> = api.find(&user::path(q)).await?;
        if let Some(exact) = exact {
            return Ok(Part { items: vec![exact], next: None });
        }
    }
    let mut path = format!("/api/v2/users?take={TAKEN}&sort=created_at:-1");
    if !q.is_empty() {
        path += &format!("&q={}", encode(&condition(q)));
    }
    path += &asked.cursor();
    api.part(&path, "users").await
}

/// Names are kept as people write them and are found by how they begin, so they are looked for as typed and with capital
/// letters.
fn condition(q: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    let titled = q.split(' ').map(capital).collect::<Vec<_>>().join(" ");
    let names = [("name", q), ("name", titled.as_str()), ("family_name", titled.as_str())];
    let names = names.map(|(field, text)| start_of(field, text));
    [part_of("email", q), part_of("username", q)].into_iter().chain(names).collect::<Vec<_>>().join(" OR ")
}

/// The user that an administrator names by an address or an id.
///
/// # Errors
/// What to say at the field.
pub(super) async fn find_named(
    api: &Administration,
    field: &'static str,
    typed: &str,
) -> Result<Result<User, Errors>, DashboardError> {
    let say = |message: &str| Ok(Err(Errors::at_field(field, message)));
    if typed.contains('|') {
        return match api.find(&user::path(typed)).await? {
            Some(found) => Ok(Ok(found)),
            None => say("There is no user of this id."),
        };
    }
    let path = format!("/api/v2/users-by-email?email={}", encode(typed));
    let mut found: Vec<User> = match api.get(&path).await {
        Err(AdministrationError::Refused(_)) => return say("Enter an e-mail address or a user id."),
        found => found?,
    };
    match (found.len(), found.pop()) {
        (1, Some(one)) => Ok(Ok(one)),
        (_, Some(_)) => say("Several users have this address. Enter the user id, as it stands on their page."),
        (_, None) => say("There is no user with this address."),
    }
}

/// `GET /dashboard/users/new`.
pub(super) async fn new(signed: Signed) -> Answer {
    let form = signed.draft.clone().unwrap_or_default();
    draw_new(&signed, form, Errors::default()).await
}

async fn draw_new(signed: &Signed, form: Form, errors: Errors) -> Answer {
    let path = "/api/v2/connections?strategy=auth0&take=100";
    let found = signed.api.part::<Connection>(path, "connections").await?;
    let connections = found.items.into_iter().map(|it| (it.name.clone(), connection::title(&it))).collect();
    // That of a connection which says nothing of it.
    let password_hint = new_password::hint(signed.reader.text, &PasswordPolicy::of(&serde_json::Map::new()));
    let frame = Frame::within(signed, Section::Users, "New user").with(errors);
    frame.draw(|frame| NewUserPage { text: signed.reader.text, frame, form, connections, password_hint })
}

/// `POST /dashboard/users/new`.
pub(super) async fn create(signed: Signed, Extension(form): Extension<Form>) -> Answer {
    let is_mailed = form.get("way") == "mail";
    // One that nobody knows, until the mail's reader chooses theirs.
    let unknown = || format!("{}aA1!", random_alphanumeric(43));
    let password = if is_mailed { unknown() } else { form.get_as_it_is("password").to_owned() };
    let body = json!({ "connection": form.get("connection"), "email": form.get("email"), "password": password });
    let made: User = match signed.api.post("/api/v2/users", &body).await {
        Ok(made) => made,
        Err(error) => {
            let errors = complaint(signed.reader.text, error)?;
            return draw_new(&signed, form, errors).await;
        }
    };
    let there = user::address(&made.user_id);
    if !is_mailed {
        return Ok(redirect::see_other(&Done::Created.at(&there)));
    }
    let job = json!({ "user_id": made.user_id });
    signed.api.post::<Value>("/api/v2/jobs/password-email", &job).await?;
    Ok(redirect::see_other(&Done::Mailed.at(&there)))
}

fn complaint(text: Text, error: AdministrationError) -> Result<Errors, DashboardError> {
    const WORDS: &[(&str, &str)] = &[
        ("connection", "Choose a connection that keeps passwords."),
        ("password", "Enter a password, or have a mail sent."),
    ];
    match error {
        AdministrationError::Refused(refused) if refused.error_code.as_deref() == Some(refusal::WEAK_PASSWORD) => {
            Ok(Errors::at_field("password", weakness(text, &refused.shortcomings)))
        }
        other => Errors::of_worded(other, &["connection", "email", "password"], WORDS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_typed() {
        let found = "email:*ann\\ m* OR username:*ann\\ m* OR name:ann\\ m* OR name:Ann\\ M* OR family_name:Ann\\ M*";
        assert_eq!(condition("ann m"), found);
    }
}
