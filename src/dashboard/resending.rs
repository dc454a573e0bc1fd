//! Sending an invitation again: a new one with the same values, and the old one revoked once the new one exists.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use serde_json::json;

use super::fields::Errors;
use super::frame::{Done, Frame};
use super::invitations::{Names, Row, find, one};
use super::inviting::{LIFETIMES, USUAL_LIFETIME, check_landing, send};
use super::organization::{Head, Tab};
use super::session::Signed;
use super::{Answer, Dashboard};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

#[derive(Template)]
#[template(path = "dashboard/invitation_resend.html", whitespace = "minimize")]
struct ResendPage {
    text: Text,
    frame: Frame,
    invitation: Row,
    form: Form,
    lifetimes: &'static [(&'static str, &'static str)],
    has_relay: bool,
    back_href: String,
}

/// `GET /dashboard/organizations/{id}/invitations/{invitation}/resend`.
pub(super) async fn page(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Path((id, invitation_id)): Path<(String, String)>,
) -> Answer {
    draw(&dashboard, &signed, (&id, &invitation_id), signed.draft.clone(), Errors::default()).await
}

async fn draw(
    dashboard: &Dashboard,
    signed: &Signed,
    (id, invitation_id): (&str, &str),
    typed: Option<Form>,
    errors: Errors,
) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Invitations).await?;
    let invitation = find(signed, id, invitation_id).await?;
    let lifetime = (invitation.expires_at.seconds() - invitation.created_at.seconds()).to_string();
    let is_offered = LIFETIMES.iter().any(|(seconds, _)| *seconds == lifetime);
    let lifetime = if is_offered { lifetime.as_str() } else { USUAL_LIFETIME };
    let mail = if dashboard.has_relay() { "on" } else { "" };
    let first = [("ttl_sec", lifetime), ("send_invitation_email", mail)];
    let first = || first.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let form = typed.unwrap_or_else(first);
    let row = Names::of(&signed.api, id, std::slice::from_ref(&invitation)).await?.row(&invitation);
    head.frame_below(signed, "Send again").with(errors).draw(|frame| ResendPage {
        text: signed.reader.text,
        frame,
        invitation: row,
        form,
        lifetimes: &LIFETIMES,
        has_relay: dashboard.has_relay(),
        back_href: Tab::Invitations.address(id),
    })
}

/// `POST /dashboard/organizations/{id}/invitations/{invitation}/resend`.
pub(super) async fn resend(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Path((id, invitation_id)): Path<(String, String)>,
    Extension(form): Extension<Form>,
) -> Answer {
    let of = (id.as_str(), invitation_id.as_str());
    let old = find(&signed, &id, &invitation_id).await?;
    if let Err(problem) = check_landing(&signed, &id, &old.client_id).await? {
        return draw(&dashboard, &signed, of, Some(form), Errors::in_general(problem)).await;
    }
    let mut body = json!({ "inviter": old.inviter, "invitee": old.invitee, "client_id": old.client_id });
    if let Some(connection) = old.connection_id {
        body["connection_id"] = connection.into();
    }
    if !old.roles.is_empty() {
        body["roles"] = json!(old.roles);
    }
    for (member, metadata) in [("app_metadata", old.app_metadata), ("user_metadata", old.user_metadata)] {
        if let Some(metadata) = metadata {
            body[member] = metadata.into();
        }
    }
    let sent = match send(&dashboard, &signed, &id, body, &form).await? {
        Ok(sent) => sent,
        Err(errors) => return draw(&dashboard, &signed, of, Some(form), errors).await,
    };
    match signed.api.delete(&one(&id, &invitation_id)).await {
        Ok(()) => Ok(sent),
        Err(_) => Ok(redirect::see_other(&Done::OldInvitationStays.at(&Tab::Invitations.address(&id)))),
    }
}
