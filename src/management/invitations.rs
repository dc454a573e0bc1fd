//! `/organizations/{id}/invitations`: people asked into an organization by e-mail (contract §1.7).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, email, or_missing, wrong};
use super::letters::{About, Letter};
use super::operation::{Operation, Routes};
use super::organizations::{hold, unknown_organization};
use super::paging::{Fields, List, Listed, Paging, Selected};
use super::tenant_settings::TENANT;
use super::{Caller, Management};
use crate::model::application::OrganizationUsage;
use crate::model::invitation::{Invitee, Inviter};
use crate::model::tenant_settings::TenantSettings;
use crate::model::{ApiError, Invitation, Organization, Strategy, Timestamp, new_id, random_alphanumeric, sha256};
use crate::store::{Event, InvitationTicket, Rows};
use crate::web::text::choose;

/// How long an invitation is valid unless the call says otherwise, and at most.
const USUAL_SECONDS: i64 = 7 * 24 * 3600;
const LONGEST_SECONDS: i64 = 30 * 24 * 3600;

/// Roles of one member (contract §1.17).
const MOST_ROLES: usize = 50;

pub(super) fn routes() -> Routes {
    let list_path = "/organizations/{id}/invitations";
    let path = "/organizations/{id}/invitations/{invitation_id}";
    Routes::new("invitations")
        .get(list_path, list, Operation::new("List invitations", &["read:organization_invitations"]))
        .post(list_path, create, Operation::new("Create an invitation", &["create:organization_invitations"]))
        .get(path, find, Operation::new("Get an invitation", &["read:organization_invitations"]))
        .delete(path, delete, Operation::new("Delete an invitation", &["delete:organization_invitations"]))
}

impl Listed for Invitation {
    const KEY: &'static str = "invitations";
    const TELLS_TOTAL: bool = false;
}

#[derive(Deserialize, JsonSchema)]
struct InvitationList {
    #[serde(flatten)]
    paging: Paging,
    #[serde(flatten)]
    fields: Fields,
    #[serde(default)]
    sort: Sort,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
enum Sort {
    #[default]
    #[serde(rename = "created_at:-1")]
    Newest,
    #[serde(rename = "created_at:1")]
    Oldest,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    inviter: Inviter,
    invitee: Invitee,
    #[schemars(length(min = 1, max = 255))]
    client_id: String,
    /// The only connection it may be accepted through.
    #[schemars(length(min = 1, max = 50))]
    connection_id: Option<String>,
    #[serde(default)]
    #[schemars(length(max = MOST_ROLES), inner(length(min = 1, max = 50)))]
    roles: Vec<String>,
    app_metadata: Option<Map<String, Value>>,
    user_metadata: Option<Map<String, Value>>,
    /// Seconds until it expires; 0 means seven days.
    #[serde(default)]
    #[schemars(range(min = 0, max = LONGEST_SECONDS))]
    ttl_sec: i64,
    send_invitation_email: Option<bool>,
}

/// Only this answer tells the ticket.
#[derive(Serialize, JsonSchema)]
struct CreatedInvitation {
    #[serde(flatten)]
    invitation: Invitation,
    invitation_url: String,
    ticket_id: String,
}

async fn list(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(query): Parameters<InvitationList>,
) -> Answer<Json<List<Selected<Invitation>>>> {
    let wanted = query.paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    if !rows.is_organization(&id).await? {
        return Err(unknown_organization().into());
    }
    let page = rows.list_invitations(&id, query.sort == Sort::Newest, &wanted.slice).await?;
    Ok(Json(wanted.answer(query.fields.select_all(page)?, 0)))
}

async fn find(
    State(management): State<Arc<Management>>,
    Ids((id, invitation_id)): Ids<(String, String)>,
    Parameters(fields): Parameters<Fields>,
) -> Answer<Json<Selected<Invitation>>> {
    let mut rows = management.tenant.read().await?;
    if !rows.is_organization(&id).await? {
        return Err(unknown_organization().into());
    }
    let found = rows.find_invitation(&id, &invitation_id).await?.ok_or_else(unknown_invitation)?;
    Ok(Json(fields.select(&found)?))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(body): Body<NewInvitation>,
) -> Answer<Created<CreatedInvitation>> {
    let now = Timestamp::now();
    let email = email(&body.invitee.email).ok_or_else(|| wrong("invitee.email", "String is not an e-mail address"))?;
    let ticket = random_alphanumeric(32);
    let created = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let organization = hold(&mut rows, &id).await?;
                let (application, login_route) = find_login_route(&mut rows, &body.client_id).await?;
                check_connection(&mut rows, &id, body.connection_id.as_deref()).await?;
                check_roles(&mut rows, &body.roles).await?;
                let sends_email = body.send_invitation_email.unwrap_or(true);
                let invitation = body.invitation(id, email, now);
                let kept = InvitationTicket { hash: sha256(&ticket), sends_email };
                // The client or the connection may be deleted by another call since it was found.
                let created = rows.create_invitation(&invitation, kept).await;
                created.map_err(|error| or_missing(error, gone_meanwhile()))?;
                record(&mut rows, "Create an invitation to organization", &caller, &invitation, now).await?;
                let invitation_url = invitation_url(login_route, &ticket, &organization);
                if sends_email {
                    send(&mut rows, &organization, &invitation, (&application, &invitation_url), now).await?;
                }
                Answer::Ok(CreatedInvitation { invitation, invitation_url, ticket_id: ticket })
            })
        })
        .await?;
    Ok(Created(created))
}

/// Withdraws it: its link then says so. 204 also when it is gone: a deletion may be asked for again.
async fn delete(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, invitation_id)): Ids<(String, String)>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let found = rows.find_invitation(&id, &invitation_id).await?;
                if let Some(invitation) = found
                    && rows.end_invitation(&invitation.id, false, now).await?
                {
                    record(&mut rows, "Delete an invitation to organization", &caller, &invitation, now).await?;
                }
                Answer::Ok(NoContent)
            })
        })
        .await
}

impl NewInvitation {
    fn invitation(self, organization_id: String, email: String, now: Timestamp) -> Invitation {
        let seconds = if self.ttl_sec == 0 { USUAL_SECONDS } else { self.ttl_sec };
        Invitation {
            id: new_id("uinv"),
            organization_id,
            inviter: self.inviter,
            invitee: Invitee { email },
            client_id: self.client_id,
            connection_id: self.connection_id,
            roles: self.roles,
            app_metadata: self.app_metadata,
            user_metadata: self.user_metadata,
            created_at: now,
            expires_at: now.plus_seconds(seconds),
        }
    }
}

/// Puts the invitation's mail into the outbox; a further mail is a further invitation.
async fn send(
    rows: &mut Rows<'_>,
    organization: &Organization,
    invitation: &Invitation,
    (application, href): (&str, &str),
    now: Timestamp,
) -> Answer<()> {
    // Nobody knows the language of somebody who was never here: the tenant's.
    let locales = rows.find_settings::<TenantSettings>(TENANT).await?.enabled_locales;
    let about = About::Invitation { inviter: &invitation.inviter.name, application, href };
    let (to, text) = (&invitation.invitee.email, choose(None, None, &locales));
    Ok(Letter { to, text, organization: Some(organization), about }.queue(rows, now).await?)
}

/// The application's name, and where the invited person begins to sign in: at the application, else where the tenant
/// says.
async fn find_login_route(rows: &mut Rows<'_>, client_id: &str) -> Answer<(String, Url)> {
    let unknown = || ApiError::invalid_body(format!("The specified client_id ({client_id}) does not exist."));
    let client = rows.find_client(client_id).await?.ok_or_else(unknown)?;
    if client.usage() == OrganizationUsage::Deny {
        let message = format!("The specified client_id ({client_id}) does not allow organizations.");
        return Err(ApiError::invalid_body(message).into());
    }
    let route = match client.initiate_login_uri {
        Some(uri) => Some(uri),
        None => rows.find_settings::<TenantSettings>(TENANT).await?.default_redirection_uri,
    };
    let route = route.and_then(|uri| Url::parse(&uri).ok());
    let none = || ApiError::invalid_body("A default login route is required to generate the invitation url.");
    Ok((client.name, route.ok_or_else(none)?))
}

fn gone_meanwhile() -> ApiError {
    ApiError::invalid_body("The client or the connection does not exist any more.")
}

async fn check_connection(rows: &mut Rows<'_>, organization_id: &str, connection_id: Option<&str>) -> Answer<()> {
    let Some(id) = connection_id else { return Ok(()) };
    let refused = |why: &str| ApiError::invalid_body(format!("The specified connection ({id}) {why}."));
    let connection = rows.find_connection(id).await?.ok_or_else(|| refused("does not exist"))?;
    if connection.strategy == Strategy::Email {
        return Err(ApiError::invalid_body("Passwordless connections are not supported.").into());
    }
    match rows.find_connection_open_to_organization(organization_id, id).await? {
        Some(_) => Ok(()),
        None => Err(refused("is not enabled for the organization").into()),
    }
}

async fn check_roles(rows: &mut Rows<'_>, roles: &[String]) -> Answer<()> {
    let mut unknown = Vec::new();
    for id in roles {
        if rows.find_role(id).await?.is_none() {
            unknown.push(id.as_str());
        }
    }
    let message = || format!("One or more of the specified roles do not exist: {}.", unknown.join(", "));
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(ApiError::invalid_body(message()).into()),
    }
}

fn invitation_url(mut login_route: Url, ticket: &str, organization: &Organization) -> String {
    login_route
        .query_pairs_mut()
        .append_pair("invitation", ticket)
        .append_pair("organization", &organization.id)
        .append_pair("organization_name", &organization.name);
    login_route.into()
}

pub(super) fn unknown_invitation() -> ApiError {
    ApiError::not_found(Some("inexistent_invitation"), "The invitation does not exist.")
}

async fn record(
    rows: &mut Rows<'_>,
    what: &str,
    caller: &Caller,
    invitation: &Invitation,
    now: Timestamp,
) -> Answer<()> {
    let event = Event {
        organization_id: Some(invitation.organization_id.clone()),
        connection_id: invitation.connection_id.clone(),
        ..caller.event(format!("{what}: {}", invitation.id))
    };
    Ok(rows.record_event(event, now).await?)
}
