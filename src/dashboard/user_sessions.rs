//! Where a user is signed in, and ending that.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde::Deserialize;

use super::Answer;
use super::frame::{Done, Frame};
use super::moment::moment;
use super::session::Signed;
use super::user::{Head, Tab, path};
use crate::management_client::encode;
use crate::model::Timestamp;
use crate::model::grant::Device;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Sessions of one page of the list.
const TAKEN: usize = 25;

#[derive(Template)]
#[template(path = "dashboard/user_sessions.html", whitespace = "minimize")]
struct SessionsPage {
    text: Text,
    frame: Frame,
    head: Head,
    sessions: Vec<Row>,
    first_href: Option<String>,
    next_href: Option<String>,
}

struct Row {
    began: String,
    ends: String,
    session: Session,
}

/// What the API tells of a session.
#[derive(Deserialize)]
struct Session {
    id: String,
    authenticated_at: Timestamp,
    idle_expires_at: Timestamp,
    connection: String,
    device: Device,
}

/// `GET /dashboard/users/{id}/sessions?from=`.
pub(super) async fn list(signed: Signed, Path(id): Path<String>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Sessions).await?;
    let from = signed.parameter("from");
    let cursor = from.as_ref().map(|from| format!("&from={}", encode(from))).unwrap_or_default();
    let part = signed.api.part(&format!("{}/sessions?take={TAKEN}{cursor}", path(&id)), "sessions").await?;
    let row = |session: Session| Row {
        began: moment(session.authenticated_at),
        ends: moment(session.idle_expires_at),
        session,
    };
    let here = Tab::Sessions.address(&id);
    head.frame(&signed).draw(|frame| SessionsPage {
        text: signed.reader.text,
        frame,
        head,
        sessions: part.items.into_iter().map(row).collect(),
        first_href: from.map(|_| here.clone()),
        next_href: part.next.map(|next| format!("{here}?from={}", encode(&next))),
    })
}

/// `POST /dashboard/users/{id}/sessions`: ends the one whose button was pressed, or them all.
pub(super) async fn end(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    match form.get("end") {
        "" => signed.api.delete(&format!("{}/sessions", path(&id))).await?,
        one => signed.api.delete(&format!("/api/v2/sessions/{}", encode(one))).await?,
    }
    Ok(redirect::see_other(&Done::Ended.at(&Tab::Sessions.address(&id))))
}
