//! What is shown once: a secret waits, sealed, under an address that only its session can open, until its page is drawn.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::error;
use super::frame::{Frame, Section};
use super::session::Signed;
use super::{Answer, Dashboard};
use crate::model::{Timestamp, new_secret};
use crate::store::Kind;
use crate::web::redirect;
use crate::web::text::Text;

/// How long it waits, at most.
const SECONDS: i64 = 300;

/// A secret with what stands around it.
#[derive(Serialize, Deserialize)]
pub(super) struct ShownOnce {
    pub(super) section: Section,
    pub(super) title: String,
    /// Sentences.
    pub(super) says: Vec<String>,
    /// What is to be copied, with its labels.
    pub(super) facts: Vec<(String, String)>,
    /// Where the person goes on: label and address.
    pub(super) next: (String, String),
}

#[derive(Template)]
#[template(path = "dashboard/shown_once.html", whitespace = "minimize")]
struct ShownOncePage {
    text: Text,
    frame: Frame,
    shown: ShownOnce,
}

impl ShownOnce {
    /// Leads to its page: a form is answered by a redirect, and a page that is loaded again shows nothing any more.
    pub(super) async fn lead(self, dashboard: &Dashboard, signed: &Signed) -> Answer {
        let name = new_secret();
        let end = Timestamp::now().plus_seconds(SECONDS);
        dashboard.logins.put(Kind::DashboardSecret, &key(&name, signed), "", &self, end).await?;
        Ok(redirect::see_other(&format!("/dashboard/shown-once?name={name}")))
    }
}

/// Nobody opens it without the session that made it.
fn key(name: &str, signed: &Signed) -> String {
    format!("{name}.{}", signed.csrf)
}

/// `GET /dashboard/shown-once?name=`: asks for no new sign-in, since the form before did and the secret would be lost.
pub(super) async fn page(State(dashboard): State<Arc<Dashboard>>, signed: Signed) -> Answer {
    let name = signed.parameter("name").unwrap_or_default();
    let found = dashboard.logins.take(Kind::DashboardSecret, &key(&name, &signed), Timestamp::now()).await?;
    let Some(shown): Option<ShownOnce> = found else {
        let message = "What stood here was shown once and is kept nowhere. If it got lost, make a new one.".to_owned();
        let action = ("Back to the dashboard", "/dashboard".to_owned());
        return Ok(error::page(&signed.reader, "This is not shown again", message, action, StatusCode::GONE));
    };
    let frame = Frame::within(&signed, shown.section, shown.title.clone());
    frame.draw(|frame| ShownOncePage { text: signed.reader.text, frame, shown })
}
