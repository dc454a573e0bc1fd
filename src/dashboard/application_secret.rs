//! What cannot be undone for an application: a new secret, which is shown once, and its end.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use serde_json::json;

use super::application::{Head, Tab, address, path};
use super::confirmation::{Confirmation, check_typed, counted, quoted};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Section};
use super::session::Signed;
use super::shown_once::ShownOnce;
use super::{Answer, Dashboard};
use crate::management_client::encode;
use crate::model::Application;
use crate::web::form::Form;
use crate::web::redirect;

/// Shows a secret that the API has just told.
pub(super) async fn show(dashboard: &Dashboard, signed: &Signed, made: Application, done: &str) -> Answer {
    let shown = ShownOnce {
        section: Section::Applications,
        title: format!("The secret of {}", made.name),
        says: vec![
            done.to_owned(),
            "Copy the secret now and keep it where the application finds it. It is not shown again.".to_owned(),
        ],
        facts: vec![
            ("Client id".to_owned(), made.client_id.clone()),
            ("Client secret".to_owned(), made.client_secret.unwrap_or_default()),
        ],
        next: ("Go on to the settings".to_owned(), address(&made.client_id)),
    };
    shown.lead(dashboard, signed).await
}

/// The application, which the server itself must not see to.
async fn find(signed: &Signed, client_id: &str) -> Result<Head, DashboardError> {
    let head = Head::find(&signed.api, client_id, Tab::Settings).await?;
    match head.is_dashboard() {
        true => Err(DashboardError::Forbidden("This is the dashboard: the server itself sees to it.".to_owned())),
        false => Ok(head),
    }
}

/// `GET /dashboard/applications/{client_id}/secret`.
pub(super) async fn rotation(signed: Signed, Path(client_id): Path<String>) -> Answer {
    signed.require_recent()?;
    let head = find(&signed, &client_id).await?;
    let asked = Confirmation {
        says: vec![format!(
            "{} gets a new secret, which is shown once. The one it has now is refused at once: until it has the new \
             one, nobody signs in to it.",
            quoted(&head.application.name)
        )],
        losses: Vec::new(),
        typed: None,
        button: "Make a new secret",
        back_href: address(&client_id),
    };
    asked.draw(&signed, head.frame_below(&signed, "New secret"))
}

/// `POST /dashboard/applications/{client_id}/secret`.
pub(super) async fn rotate(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Path(client_id): Path<String>,
) -> Answer {
    signed.require_recent()?;
    let rotated = signed.api.post(&format!("{}/rotate-secret", path(&client_id)), &json!({})).await?;
    show(&dashboard, &signed, rotated, "The old secret is refused from now on.").await
}

/// `GET /dashboard/applications/{client_id}/delete`.
pub(super) async fn deletion(signed: Signed, Path(client_id): Path<String>) -> Answer {
    signed.require_recent()?;
    draw_deletion(&signed, &client_id, Errors::default()).await
}

async fn draw_deletion(signed: &Signed, client_id: &str, errors: Errors) -> Answer {
    let head = find(signed, client_id).await?;
    let grants = format!("/api/v2/client-grants?client_id={}&", encode(client_id));
    let connections = format!("{}/connections?", path(client_id));
    let (grants, connections) = tokio::try_join!(signed.api.total(&grants), signed.api.total(&connections))?;
    let frame = head.frame_below(signed, format!("Delete {}", head.application.name)).with(errors);
    let asked = Confirmation {
        says: vec![format!("This cannot be undone. Nobody signs in to {} any more.", quoted(&head.application.name))],
        losses: vec![
            "its client id, its secret and its settings".to_owned(),
            format!("{}, each to call an API", counted(grants, "grant")),
            format!("its use of {}; the connections themselves stay", counted(connections, "connection")),
        ],
        typed: Some((head.application.name, "The name of the application.")),
        button: "Delete application",
        back_href: address(client_id),
    };
    asked.draw(signed, frame)
}

/// `POST /dashboard/applications/{client_id}/delete`, once its name was typed.
pub(super) async fn delete(signed: Signed, Path(client_id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    signed.require_recent()?;
    let head = find(&signed, &client_id).await?;
    if let Err(errors) = check_typed(&form, &head.application.name) {
        return draw_deletion(&signed, &client_id, errors).await;
    }
    signed.api.delete(&path(&client_id)).await?;
    Ok(redirect::see_other(&Done::Deleted.at("/dashboard/applications")))
}
