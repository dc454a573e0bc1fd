//! The pending invitations of one organization: a list, newest first, and taking one back.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Path;

use super::asked::Asked;
use super::confirmation::{Confirmation, quoted};
use super::error::DashboardError;
use super::frame::{Done, Frame};
use super::moment::moment;
use super::organization::{Head, Tab, path};
use super::organization_connections::enabled;
use super::session::Signed;
use super::{Answer, role_choices};
use crate::management_client::{Administration, AdministrationError, encode};
use crate::model::{Invitation, Timestamp};
use crate::web::redirect;
use crate::web::text::Text;

/// Invitations of one page of the list; the API lists the newest thousand, by the number of the page.
const TAKEN: usize = 25;
const MOST_PAGES: usize = 1000 / TAKEN;

#[derive(Template)]
#[template(path = "dashboard/invitations.html", whitespace = "minimize")]
struct InvitationsPage {
    text: Text,
    frame: Frame,
    head: Head,
    invitations: Vec<Row>,
    first_href: Option<String>,
    next_href: Option<String>,
    new_href: String,
}

/// An invitation as people read it.
pub(super) struct Row {
    pub(super) email: String,
    pub(super) inviter: String,
    pub(super) application: String,
    /// The only one it may be accepted through.
    pub(super) connection: Option<String>,
    pub(super) roles: Vec<String>,
    pub(super) ends: String,
    pub(super) has_ended: bool,
    pub(super) href: String,
}

/// What ids are called.
pub(super) struct Names {
    applications: HashMap<String, String>,
    connections: HashMap<String, String>,
    roles: HashMap<String, String>,
}

impl Names {
    pub(super) async fn of(
        api: &Administration,
        organization_id: &str,
        invitations: &[Invitation],
    ) -> Result<Self, AdministrationError> {
        let mut applications = HashMap::new();
        for Invitation { client_id, .. } in invitations {
            if !applications.contains_key(client_id) {
                let path = format!("/api/v2/clients/{}?fields=name", encode(client_id));
                let found: Option<HashMap<String, String>> = api.find(&path).await?;
                let name = found.and_then(|mut found| found.remove("name")).unwrap_or_else(|| client_id.clone());
                applications.insert(client_id.clone(), name);
            }
        }
        let connections = enabled(api, organization_id).await?.into_iter();
        let connections = connections.map(|it| (it.connection_id, it.connection.name)).collect();
        Ok(Self { applications, connections, roles: role_choices::names(api).await? })
    }

    pub(super) fn row(&self, invitation: &Invitation) -> Row {
        let called = |names: &HashMap<String, String>, id: &String| names.get(id).unwrap_or(id).clone();
        Row {
            email: invitation.invitee.email.clone(),
            inviter: invitation.inviter.name.clone(),
            application: called(&self.applications, &invitation.client_id),
            connection: invitation.connection_id.as_ref().map(|id| called(&self.connections, id)),
            roles: invitation.roles.iter().map(|id| called(&self.roles, id)).collect(),
            ends: moment(invitation.expires_at),
            has_ended: invitation.expires_at <= Timestamp::now(),
            href: address(&invitation.organization_id, &invitation.id),
        }
    }
}

/// One invitation in the API.
pub(super) fn one(id: &str, invitation_id: &str) -> String {
    format!("{}/invitations/{}", path(id), encode(invitation_id))
}

/// What the pages of one invitation begin with.
pub(super) fn address(id: &str, invitation_id: &str) -> String {
    format!("{}/{}", Tab::Invitations.address(id), encode(invitation_id))
}

/// # Errors
/// Not found also when it was accepted or revoked meanwhile.
pub(super) async fn find(signed: &Signed, id: &str, invitation_id: &str) -> Result<Invitation, DashboardError> {
    Ok(signed.api.get(&one(id, invitation_id)).await?)
}

/// `GET /dashboard/organizations/{id}/invitations?from=`.
pub(super) async fn list(signed: Signed, Path(id): Path<String>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Invitations).await?;
    let page: usize = signed.parameter("from").and_then(|from| from.parse().ok()).unwrap_or(0).min(MOST_PAGES - 1);
    let invitations: Vec<Invitation> =
        signed.api.get(&format!("{}/invitations?per_page={TAKEN}&page={page}", path(&id))).await?;
    let next = (invitations.len() == TAKEN && page + 1 < MOST_PAGES).then(|| (page + 1).to_string());
    let names = Names::of(&signed.api, &id, &invitations).await?;
    let (first_href, next_href) = Asked::of(&signed).hrefs(next.as_deref());
    head.frame(&signed).draw(|frame| InvitationsPage {
        text: signed.reader.text,
        frame,
        head,
        invitations: invitations.iter().map(|invitation| names.row(invitation)).collect(),
        first_href,
        next_href,
        new_href: format!("{}/new", Tab::Invitations.address(&id)),
    })
}

/// `GET /dashboard/organizations/{id}/invitations/{invitation}/revoke`.
pub(super) async fn revocation(signed: Signed, Path((id, invitation_id)): Path<(String, String)>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Invitations).await?;
    let invitation = find(&signed, &id, &invitation_id).await?;
    let asked = Confirmation {
        says: vec![format!(
            "The link that {} was given stops working at once. To ask them again, send a new invitation.",
            quoted(&invitation.invitee.email)
        )],
        losses: Vec::new(),
        typed: None,
        button: "Revoke invitation",
        back_href: Tab::Invitations.address(&id),
    };
    let frame = head.frame_below(&signed, format!("Revoke the invitation of {}", invitation.invitee.email));
    asked.draw(&signed, frame)
}

/// `POST /dashboard/organizations/{id}/invitations/{invitation}/revoke`.
pub(super) async fn revoke(signed: Signed, Path((id, invitation_id)): Path<(String, String)>) -> Answer {
    // Who was too late learns that it is not pending any more: it may have been accepted.
    find(&signed, &id, &invitation_id).await?;
    signed.api.delete(&one(&id, &invitation_id)).await?;
    Ok(redirect::see_other(&Done::Revoked.at(&Tab::Invitations.address(&id))))
}
