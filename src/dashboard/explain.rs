//! What a login's address leads to: organization, rule, options, and why, as `vestibule explain` says it.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use serde_json::Value;
use url::Url;

use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Frame, Section};
use super::session::Signed;
use super::{Answer, Dashboard};
use crate::management_client::Administration;
use crate::model::explanation::Line;
use crate::web::form::Form;
use crate::web::text::Text;

#[derive(Template)]
#[template(path = "dashboard/explain.html", whitespace = "minimize")]
struct ExplainPage {
    text: Text,
    frame: Frame,
    url: String,
    example: String,
    lines: Vec<Line>,
}

/// `GET /dashboard/explain`.
pub(super) async fn page(State(dashboard): State<Arc<Dashboard>>, signed: Signed) -> Answer {
    require_reader(&signed.api).await?;
    draw(&dashboard, &signed, &signed.draft.clone().unwrap_or_default(), Ok(Vec::new()))
}

/// `POST /dashboard/explain`, so that what stands in such an address, tickets among it, gets into no log. Nothing changes.
pub(super) async fn explain(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Extension(form): Extension<Form>,
) -> Answer {
    require_reader(&signed.api).await?;
    let said = match Url::parse(form.get("url")) {
        Ok(url) => (dashboard.explain)(url).await.map_err(|why| format!("This cannot be explained: {why}.")),
        Err(_) => Err("Enter a whole address, from https:// on.".to_owned()),
    };
    draw(&dashboard, &signed, &form, said)
}

/// The gateway looks things up with a token of its own. Nobody hears of them who may not look them up themselves, or
/// not any more.
async fn require_reader(api: &Administration) -> Result<(), DashboardError> {
    for list in ["organizations", "clients", "connections"] {
        api.get::<Value>(&format!("/api/v2/{list}?per_page=1")).await?;
    }
    Ok(())
}

fn draw(dashboard: &Dashboard, signed: &Signed, form: &Form, said: Result<Vec<Line>, String>) -> Answer {
    let (lines, errors) = match said {
        Ok(lines) => (lines, Errors::default()),
        Err(why) => (Vec::new(), Errors::at_field("url", why)),
    };
    Frame::new(signed, Section::Explain, "Explain").with(errors).draw(|frame| ExplainPage {
        text: signed.reader.text,
        frame,
        url: form.get("url").to_owned(),
        example: format!("{}?client_id=…", dashboard.address("authorize")),
        lines,
    })
}
