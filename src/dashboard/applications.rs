//! All applications: a list that is searched and paged, and a new one, whose secret is shown once.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use serde_json::json;

use super::application::{self, Kind, WORDS};
use super::asked::Asked;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use super::{Answer, Dashboard, application_secret};
use crate::management_client::{Administration, AdministrationError, Part, encode};
use crate::model::Application;
use crate::model::application::DASHBOARD;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Applications of one page of the list.
const TAKEN: usize = 25;

#[derive(Template)]
#[template(path = "dashboard/applications.html", whitespace = "minimize")]
struct ApplicationsPage {
    text: Text,
    frame: Frame,
    /// What is searched for.
    query: String,
    rows: Vec<Row>,
    first_href: Option<String>,
    next_href: Option<String>,
}

struct Row {
    name: String,
    client_id: String,
    kind: &'static str,
    is_dashboard: bool,
    href: String,
}

#[derive(Template)]
#[template(path = "dashboard/application_new.html", whitespace = "minimize")]
struct NewApplicationPage {
    text: Text,
    frame: Frame,
    form: Form,
    kinds: [Kind; 4],
}

/// `GET /dashboard/applications?q=&from=`.
pub(super) async fn list(signed: Signed) -> Answer {
    let asked = Asked::of(&signed);
    let found = find(&signed.api, &asked).await?;
    let (first_href, next_href) = asked.hrefs(found.next.as_deref());
    let row = |it: Application| Row {
        kind: Kind::label_of(it.app_type.as_deref()),
        is_dashboard: it.client_id == DASHBOARD,
        href: application::address(&it.client_id),
        name: it.name,
        client_id: it.client_id,
    };
    let rows = found.items.into_iter().map(row).collect();
    Frame::new(&signed, Section::Applications, "Applications").draw(|frame| ApplicationsPage {
        text: signed.reader.text,
        frame,
        query: asked.q,
        rows,
        first_href,
        next_href,
    })
}

/// One page of those whose name holds the text. A client id finds its own at once.
async fn find(api: &Administration, asked: &Asked) -> Result<Part<Application>, AdministrationError> {
    let q = asked.q.as_str();
    let mut path = format!("/api/v2/clients?take={TAKEN}");
    if !q.is_empty() {
        path += &format!("&name_filter={}", encode(q));
    }
    path += &asked.cursor();
    let mut part = api.part::<Application>(&path, "clients").await?;
    if !q.is_empty() && asked.is_first() && part.items.iter().all(|it| it.client_id != q) {
        let exact: Option<Application> = api.find(&application::path(q)).await?;
        part.items.splice(0..0, exact);
    }
    Ok(part)
}

/// `GET /dashboard/applications/new`: the secret that is shown afterwards needs a recent sign-in.
pub(super) async fn new(signed: Signed) -> Answer {
    signed.require_recent()?;
    let form = signed.draft.clone().unwrap_or_default();
    draw_new(&signed, form, Errors::default())
}

fn draw_new(signed: &Signed, form: Form, errors: Errors) -> Answer {
    let frame = Frame::within(signed, Section::Applications, "New application").with(errors);
    frame.draw(|frame| NewApplicationPage { text: signed.reader.text, frame, form, kinds: Kind::ALL })
}

/// `POST /dashboard/applications/new`.
pub(super) async fn create(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Extension(form): Extension<Form>,
) -> Answer {
    signed.require_recent()?;
    let Some(kind) = Kind::parse(form.get("app_type")) else {
        return draw_new(&signed, form, Errors::at_field("app_type", "Choose what it is."));
    };
    let body = json!({ "name": form.get("name"), "app_type": kind.as_str(), "grant_types": [kind.grant()] });
    match signed.api.post::<Application>("/api/v2/clients", &body).await {
        Ok(made) if made.client_secret.is_some() => {
            application_secret::show(&dashboard, &signed, made, "Created.").await
        }
        Ok(made) => Ok(redirect::see_other(&Done::Created.at(&application::address(&made.client_id)))),
        Err(error) => draw_new(&signed, form, Errors::of_worded(error, &["name"], WORDS)?),
    }
}
