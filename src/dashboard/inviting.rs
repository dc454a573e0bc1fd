//! Inviting somebody: a form, and what follows: a mail, or the link, shown once.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::invitations::{address, find};
use super::landing::{self, Landing};
use super::organization::{Head, Tab, path};
use super::organization_connections::enabled;
use super::role_choices::RoleChoices;
use super::session::Signed;
use super::{Answer, Dashboard};
use crate::management_client::encode;
use crate::model::{Strategy, Timestamp};
use crate::store::Kind;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// How long an invitation may be open, in seconds.
pub(super) const LIFETIMES: [(&str, &str); 5] =
    [("86400", "1 day"), ("259200", "3 days"), ("604800", "7 days"), ("1209600", "14 days"), ("2592000", "30 days")];
/// Unless somebody chooses another.
pub(super) const USUAL_LIFETIME: &str = "604800";

/// How long a link waits to be seen.
const LINK_SECONDS: i64 = 900;

/// Applications of which a page says what they lack.
const MOST_EXPLAINED: usize = 10;

const FIELDS: [&str; 6] = ["invitee", "inviter", "client_id", "connection_id", "roles", "ttl_sec"];

#[derive(Template)]
#[template(path = "dashboard/invitation_new.html", whitespace = "minimize")]
struct InvitePage {
    text: Text,
    frame: Frame,
    form: Form,
    applications: Vec<Landing>,
    /// The cursor of further ones.
    next: Option<String>,
    /// Id and name of each.
    connections: Vec<(String, String)>,
    roles: RoleChoices,
    lifetimes: &'static [(&'static str, &'static str)],
    /// Whether mails leave this server.
    has_relay: bool,
}

#[derive(Template)]
#[template(path = "dashboard/invitation_link.html", whitespace = "minimize")]
struct LinkPage {
    text: Text,
    frame: Frame,
    email: String,
    /// Seen once.
    link: Option<String>,
    list_href: String,
    resend_href: String,
}

/// What only the answer to a new invitation tells.
#[derive(Deserialize)]
struct Invited {
    id: String,
    invitation_url: String,
}

impl InvitePage {
    /// Whether an invitation can lead anywhere.
    fn is_possible(&self) -> bool {
        self.next.is_some() || self.applications.iter().any(|application| application.problem.is_none())
    }

    /// The first applications that no invitation can lead to, by their names, and why.
    fn unready(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let unready = self.applications.iter().filter_map(|it| Some((it.name.as_str(), it.problem?)));
        unready.take(MOST_EXPLAINED)
    }
}

impl Dashboard {
    /// Whether mails leave this server, and are not only written to a folder.
    pub(super) fn has_relay(&self) -> bool {
        !self.settings.mail.smtp_url.expose_secret().is_empty()
    }
}

/// `GET /dashboard/organizations/{id}/invitations/new`.
pub(super) async fn page(State(dashboard): State<Arc<Dashboard>>, signed: Signed, Path(id): Path<String>) -> Answer {
    draw(&dashboard, &signed, &id, signed.draft.clone(), Errors::default()).await
}

async fn draw(dashboard: &Dashboard, signed: &Signed, id: &str, typed: Option<Form>, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Invitations).await?;
    let (applications, next) = landing::list(signed, &head.organization).await?;
    let connections = enabled(&signed.api, id).await?.into_iter();
    let connections = connections.filter(|it| it.connection.strategy != Strategy::Email);
    let form = typed.unwrap_or_else(|| first_form(signed, &applications, dashboard.has_relay()));
    let ticked: Vec<String> = form.all("roles").map(str::to_owned).collect();
    let roles = RoleChoices::find(signed, Vec::new(), &ticked).await?;
    head.frame_below(signed, "Invite somebody").with(errors).draw(|frame| InvitePage {
        text: signed.reader.text,
        frame,
        form,
        applications,
        next: next.map(|next| format!("{}?from={}", signed.path(), encode(&next))),
        connections: connections.map(|it| (it.connection_id, it.connection.name)).collect(),
        roles,
        lifetimes: &LIFETIMES,
        has_relay: dashboard.has_relay(),
    })
}

/// What is filled in before anybody typed.
fn first_form(signed: &Signed, applications: &[Landing], has_relay: bool) -> Form {
    let mut possible = applications.iter().filter(|application| application.problem.is_none());
    let only = match (possible.next(), possible.next()) {
        (Some(application), None) => application.client_id.as_str(),
        _ => "",
    };
    let fields = [
        ("inviter", signed.session.label.as_str()),
        ("client_id", only),
        ("ttl_sec", USUAL_LIFETIME),
        ("send_invitation_email", if has_relay { "on" } else { "" }),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// `POST /dashboard/organizations/{id}/invitations/new`.
pub(super) async fn invite(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Path(id): Path<String>,
    Extension(form): Extension<Form>,
) -> Answer {
    if let Err(errors) = check(&signed, &id, &form).await? {
        return draw(&dashboard, &signed, &id, Some(form), errors).await;
    }
    let connection = Some(form.get("connection_id")).filter(|id| !id.is_empty());
    let mut body = json!({
        "inviter": { "name": form.get("inviter") },
        "invitee": { "email": form.get("invitee") },
        "client_id": form.get("client_id"),
        "roles": form.all("roles").collect::<Vec<_>>(),
    });
    if let Some(connection) = connection {
        body["connection_id"] = connection.into();
    }
    match send(&dashboard, &signed, &id, body, &form).await? {
        Ok(answer) => Ok(answer),
        Err(errors) => draw(&dashboard, &signed, &id, Some(form), errors).await,
    }
}

/// What the API says less plainly.
async fn check(signed: &Signed, id: &str, form: &Form) -> Result<Result<(), Errors>, DashboardError> {
    if form.get("invitee").is_empty() {
        return Ok(Err(Errors::at_field("invitee", "Enter the e-mail address of the person.")));
    }
    if form.get("client_id").is_empty() {
        return Ok(Err(Errors::at_field("client_id", "Select the application that the invitation leads to.")));
    }
    Ok(check_landing(signed, id, form.get("client_id")).await?.map_err(|why| Errors::at_field("client_id", why)))
}

/// Whether an invitation can lead to the application, or why not.
pub(super) async fn check_landing(
    signed: &Signed,
    id: &str,
    client_id: &str,
) -> Result<Result<(), &'static str>, DashboardError> {
    let head = Head::find(&signed.api, id, Tab::Invitations).await?;
    let found = landing::find(signed, &head.organization, client_id).await?;
    Ok(match found.map(|found| found.problem) {
        Some(None) => Ok(()),
        Some(Some(problem)) => Err(problem),
        None => Err("This application was deleted. Select another one."),
    })
}

/// Makes the invitation with the lifetime and by the way that the form says, and leads to what follows.
pub(super) async fn send(
    dashboard: &Dashboard,
    signed: &Signed,
    id: &str,
    mut body: Value,
    form: &Form,
) -> Result<Result<Response, Errors>, DashboardError> {
    let sends_email = form.is_on("send_invitation_email");
    body["send_invitation_email"] = sends_email.into();
    body["ttl_sec"] = form.get("ttl_sec").parse::<i64>().unwrap_or_default().into();
    let made = match signed.api.post::<Invited>(&format!("{}/invitations", path(id)), &body).await {
        Ok(made) => made,
        Err(error) => return Errors::of(error, &FIELDS).map(Err),
    };
    if sends_email {
        return Ok(Ok(redirect::see_other(&Done::Invited.at(&Tab::Invitations.address(id)))));
    }
    // The link is a secret, so no address carries it: it waits, sealed, for this person to open the next page.
    let until = Timestamp::now().plus_seconds(LINK_SECONDS);
    let (key, owner) = (link_key(signed, &made.id), &signed.session.user_id);
    dashboard.logins.put(Kind::InvitationLink, &key, owner, &made.invitation_url, until).await?;
    Ok(Ok(redirect::see_other(&format!("{}/link", address(id, &made.id)))))
}

fn link_key(signed: &Signed, invitation_id: &str) -> String {
    format!("{}\n{invitation_id}", signed.session.user_id)
}

/// `GET /dashboard/organizations/{id}/invitations/{invitation}/link`: shows the link to who made it, once.
pub(super) async fn link(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Path((id, invitation_id)): Path<(String, String)>,
) -> Answer {
    signed.require_recent()?;
    let head = Head::find(&signed.api, &id, Tab::Invitations).await?;
    let invitation = find(&signed, &id, &invitation_id).await?;
    let key = link_key(&signed, &invitation_id);
    let link = dashboard.logins.take::<String>(Kind::InvitationLink, &key, Timestamp::now()).await?;
    head.frame_below(&signed, "Invitation link").draw(|frame| LinkPage {
        text: signed.reader.text,
        frame,
        email: invitation.invitee.email,
        link,
        list_href: Tab::Invitations.address(&id),
        resend_href: format!("{}/resend", address(&id, &invitation_id)),
    })
}
