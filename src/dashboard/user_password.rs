//! A way to a new password for a user: a mail with a link, or the link itself, which is shown once.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use super::shown_once::ShownOnce;
use super::user::{Head, Tab, address};
use super::{Answer, Dashboard};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// How long a link that is shown lasts: whoever it is given to uses it soon.
const LINK_SECONDS: i64 = 86_400;

#[derive(Template)]
#[template(path = "dashboard/user_password.html", whitespace = "minimize")]
struct PasswordPage {
    text: Text,
    frame: Frame,
    head: Head,
}

#[derive(Deserialize)]
struct Ticket {
    ticket: String,
}

/// `GET /dashboard/users/{id}/password`.
pub(super) async fn page(signed: Signed, Path(id): Path<String>) -> Answer {
    signed.require_recent()?;
    draw(&signed, &id, Errors::default()).await
}

async fn draw(signed: &Signed, id: &str, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Overview).await?;
    if !head.has_password() {
        return Err(DashboardError::NotFound);
    }
    let frame = head.frame_below(signed, "New password").with(errors);
    frame.draw(|frame| PasswordPage { text: signed.reader.text, frame, head })
}

/// `POST /dashboard/users/{id}/password`.
pub(super) async fn send(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Path(id): Path<String>,
    Extension(form): Extension<Form>,
) -> Answer {
    signed.require_recent()?;
    if form.get("way") == "mail" {
        return match signed.api.post::<Value>("/api/v2/jobs/password-email", &json!({ "user_id": id })).await {
            Ok(_) => Ok(redirect::see_other(&Done::Mailed.at(&address(&id)))),
            Err(error) => draw(&signed, &id, Errors::of(error, &[])?).await,
        };
    }
    let body = json!({ "user_id": id, "ttl_sec": LINK_SECONDS });
    let made: Ticket = match signed.api.post("/api/v2/tickets/password-change", &body).await {
        Ok(made) => made,
        Err(error) => return draw(&signed, &id, Errors::of(error, &[])?).await,
    };
    let title = Head::find(&signed.api, &id, Tab::Overview).await?.title();
    let shown = ShownOnce {
        section: Section::Users,
        title: format!("A link for {title}"),
        says: vec![
            "Whoever opens this link chooses the password of the account, once and within a day. Give it to nobody \
             else. It is not shown again."
                .to_owned(),
        ],
        facts: vec![("Link".to_owned(), made.ticket)],
        next: ("Back to the user".to_owned(), address(&id)),
    };
    shown.lead(&dashboard, &signed).await
}
