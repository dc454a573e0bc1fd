//! One user: who it is, whether they may sign in, and their end.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::{Value, json};

use super::Answer;
use super::confirmation::{Confirmation, check_typed, counted, quoted};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::moment::moment;
use super::session::Signed;
use crate::management_client::{Administration, encode};
use crate::model::{Strategy, User};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// The parts of a user's own navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Organizations,
    Roles,
    Sessions,
}

impl Tab {
    fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Organizations => "Organizations",
            Self::Roles => "Roles",
            Self::Sessions => "Sessions",
        }
    }

    pub(super) fn address(self, id: &str) -> String {
        let user = address(id);
        match self {
            Self::Overview => user,
            Self::Organizations => format!("{user}/organizations"),
            Self::Roles => format!("{user}/roles"),
            Self::Sessions => format!("{user}/sessions"),
        }
    }
}

/// The head of every page of a user.
pub(super) struct Head {
    pub(super) user: User,
    tab: Tab,
}

impl Head {
    pub(super) async fn find(api: &Administration, id: &str, tab: Tab) -> Result<Self, DashboardError> {
        Ok(Self { user: api.get(&path(id)).await?, tab })
    }

    pub(super) fn title(&self) -> String {
        title(&self.user)
    }

    pub(super) fn tabs(&self) -> Vec<(&'static str, String, bool)> {
        let tabs = [Tab::Overview, Tab::Organizations, Tab::Roles, Tab::Sessions].into_iter();
        tabs.map(|tab| (tab.label(), tab.address(&self.user.user_id), tab == self.tab)).collect()
    }

    /// Whether the password is kept here.
    pub(super) fn has_password(&self) -> bool {
        self.user.identities.iter().any(|identity| identity.provider == Strategy::Auth0.as_str())
    }

    pub(super) fn frame(&self, signed: &Signed) -> Frame {
        Frame::within(signed, Section::Users, self.title())
    }

    /// The frame of a page below it.
    pub(super) fn frame_below(&self, signed: &Signed, title: impl Into<String>) -> Frame {
        Frame::within(signed, Section::Users, title).below(self.title(), address(&self.user.user_id))
    }
}

/// What administrators know a user by.
pub(super) fn title(user: &User) -> String {
    let known = [&user.email, &user.username, &user.profile.name].into_iter().flatten().next();
    known.unwrap_or(&user.user_id).clone()
}

/// The user in the API.
pub(super) fn path(id: &str) -> String {
    format!("/api/v2/users/{}", encode(id))
}

/// Their page here.
pub(super) fn address(id: &str) -> String {
    format!("/dashboard/users/{}", encode(id))
}

#[derive(Template)]
#[template(path = "dashboard/user.html", whitespace = "minimize")]
struct UserPage {
    text: Text,
    frame: Frame,
    head: Head,
    made: String,
    last_login: Option<String>,
    here: String,
}

/// `GET /dashboard/users/{id}`.
pub(super) async fn page(signed: Signed, Path(id): Path<String>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Overview).await?;
    head.frame(&signed).draw(|frame| UserPage {
        text: signed.reader.text,
        frame,
        made: moment(head.user.created_at),
        last_login: head.user.last_login.map(moment),
        here: address(&head.user.user_id),
        head,
    })
}

/// `GET /dashboard/users/{id}/block`.
pub(super) async fn blocking(signed: Signed, Path(id): Path<String>) -> Answer {
    draw_blocking(&signed, &id, true, Errors::default()).await
}

/// `GET /dashboard/users/{id}/unblock`.
pub(super) async fn unblocking(signed: Signed, Path(id): Path<String>) -> Answer {
    draw_blocking(&signed, &id, false, Errors::default()).await
}

async fn draw_blocking(signed: &Signed, id: &str, blocks: bool, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Overview).await?;
    let name = quoted(&head.title());
    let (button, says) = match blocks {
        true => ("Block", format!("{name} is signed out everywhere, and may not sign in until unblocked.")),
        false => ("Unblock", format!("{name} may sign in again.")),
    };
    let asked = Confirmation { says: vec![says], losses: Vec::new(), typed: None, button, back_href: address(id) };
    asked.draw(signed, head.frame_below(signed, format!("{button} {}", head.title())).with(errors))
}

/// `POST /dashboard/users/{id}/block`.
pub(super) async fn block(signed: Signed, Path(id): Path<String>) -> Answer {
    set_blocked(&signed, &id, true).await
}

/// `POST /dashboard/users/{id}/unblock`.
pub(super) async fn unblock(signed: Signed, Path(id): Path<String>) -> Answer {
    set_blocked(&signed, &id, false).await
}

async fn set_blocked(signed: &Signed, id: &str, blocks: bool) -> Answer {
    let done = if blocks { Done::Blocked } else { Done::Unblocked };
    match signed.api.patch::<Value>(&path(id), &json!({ "blocked": blocks })).await {
        Ok(_) => Ok(redirect::see_other(&done.at(&address(id)))),
        Err(error) => draw_blocking(signed, id, blocks, Errors::of(error, &[])?).await,
    }
}

/// `GET /dashboard/users/{id}/delete`.
pub(super) async fn deletion(signed: Signed, Path(id): Path<String>) -> Answer {
    signed.require_recent()?;
    draw_deletion(&signed, &id, Errors::default()).await
}

async fn draw_deletion(signed: &Signed, id: &str, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Overview).await?;
    let organizations = signed.api.total(&format!("{}/organizations?", path(id))).await?;
    let frame = head.frame_below(signed, format!("Delete {}", head.title())).with(errors);
    let comes_again = match head.has_password() {
        true => "Whoever signs up with the same address is somebody new.",
        false => "When they come through their identity provider again, they are somebody new.",
    };
    let asked = Confirmation {
        says: vec!["This cannot be undone.".to_owned(), comes_again.to_owned()],
        losses: vec![
            "the account: its profile, its metadata and its password".to_owned(),
            format!("{}; the organizations stay", counted(organizations, "membership")),
            "its roles and its sessions".to_owned(),
        ],
        typed: Some((head.title(), "What the user is called on their page.")),
        button: "Delete user",
        back_href: address(id),
    };
    asked.draw(signed, frame)
}

/// `POST /dashboard/users/{id}/delete`, once its name was typed.
pub(super) async fn delete(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    signed.require_recent()?;
    let head = Head::find(&signed.api, &id, Tab::Overview).await?;
    if let Err(errors) = check_typed(&form, &head.title()) {
        return draw_deletion(&signed, &id, errors).await;
    }
    match signed.api.delete(&path(&id)).await {
        Ok(()) => Ok(redirect::see_other(&Done::Deleted.at("/dashboard/users"))),
        Err(error) => draw_deletion(&signed, &id, Errors::of(error, &[])?).await,
    }
}
