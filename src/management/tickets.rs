//! Tickets: links that change a password or verify an address (contract §1.13).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::answer::{Answer, Body, Created, Failure};
use super::caller::GATEWAY_SCOPE;
use super::check::{self, Unbuilt, check_web_address, or_missing, wrong};
use super::operation::{Operation, Routes};
use super::organizations::unknown_organization;
use super::schema::LINE;
use super::users::{get_user, unknown_user};
use super::{Caller, Management, administrators};
use crate::error::Fault;
use crate::model::login::refusal;
use crate::model::ticket::{EmailVerification, TicketPurpose, TicketQuestion, TicketSubject, TicketUsed};
use crate::model::user::{LONGEST_EMAIL, LONGEST_USER_ID};
use crate::model::{ApiError, Timestamp, new_secret, sha256};
use crate::store::{Event, Rows, StoreError, StoredTicket, StoredUser, TicketSettings};
use crate::web::text::Text;

/// How long a ticket is open unless the call says otherwise (contract §1.13), and at most: 30 days.
pub(super) const USUAL_SECONDS: i64 = 432_000;
const LONGEST_SECONDS: i64 = 2_592_000;

/// The pages that tickets are for.
pub(super) const PASSWORD_PAGE: &str = "login/reset/password";
pub(super) const EMAIL_PAGE: &str = "login/verify-email";

pub(super) fn routes() -> Routes {
    let scopes: &[&str] = &["create:user_tickets"];
    Routes::new("tickets")
        .post(
            "/tickets/password-change",
            create_password_change,
            Operation::new("Create a link to change a password", scopes).refuses(&[404]),
        )
        .post(
            "/tickets/email-verification",
            create_email_verification,
            Operation::new("Create a link to verify an address", scopes).refuses(&[404]),
        )
        .merge(
            Routes::new("logins")
                .post("/logins/tickets", find, Operation::new("Ask what a ticket is for", &[GATEWAY_SCOPE]))
                .post(
                    "/logins/email-verifications",
                    verify_email,
                    Operation::new("Verify an address by a ticket", &[GATEWAY_SCOPE]),
                ),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChangeTicket {
    #[schemars(length(min = 1, max = LONGEST_USER_ID), regex(pattern = LINE))]
    user_id: Option<String>,
    /// With `email`, instead of `user_id`.
    #[schemars(length(min = 1, max = 50), regex(pattern = LINE))]
    connection_id: Option<String>,
    #[schemars(length(min = 1, max = LONGEST_EMAIL))]
    email: Option<String>,
    #[serde(default)]
    mark_email_as_verified: bool,
    #[serde(flatten)]
    members: TicketMembers,
    #[serde(rename = "identity")]
    _identity: Option<Unbuilt>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EmailVerificationTicket {
    #[schemars(length(min = 1, max = LONGEST_USER_ID), regex(pattern = LINE))]
    user_id: String,
    #[serde(flatten)]
    members: TicketMembers,
    #[serde(rename = "identity")]
    _identity: Option<Unbuilt>,
}

#[derive(Deserialize, JsonSchema)]
struct TicketMembers {
    /// Where the person is led afterwards; not with an organization.
    #[schemars(length(min = 1, max = 2048))]
    result_url: Option<String>,
    #[schemars(length(min = 1, max = 255), regex(pattern = LINE))]
    client_id: Option<String>,
    #[schemars(length(min = 1, max = 50), regex(pattern = LINE))]
    organization_id: Option<String>,
    /// Seconds until it ends; 0 means five days.
    #[serde(default)]
    #[schemars(range(min = 0, max = LONGEST_SECONDS))]
    ttl_sec: i64,
    /// Adds the address to `result_url`.
    #[serde(default, rename = "includeEmailInRedirect")]
    include_email_in_redirect: bool,
}

/// Only this answer tells the ticket.
#[derive(Serialize, JsonSchema)]
struct CreatedTicket {
    /// The link.
    ticket: String,
}

async fn create_password_change(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Body(body): Body<PasswordChangeTicket>,
) -> Answer<Created<CreatedTicket>> {
    let mut rows = management.tenant.read().await?;
    let user = match (&body.user_id, &body.connection_id, &body.email) {
        (Some(id), None, None) => get_user(&mut rows, id).await?,
        (None, Some(connection), Some(typed)) => {
            let email = check::email(typed).ok_or_else(|| wrong("email", "String is no e-mail address"))?;
            rows.find_user_by_identifier(connection, &email).await?.ok_or_else(unknown_user)?
        }
        _ => return Err(wrong("user_id", "Either it or connection_id with email is required").into()),
    };
    drop(rows);
    let settings = TicketSettings { verifies_email: body.mark_email_as_verified, ..body.members.settings(&user)? };
    let new = NewTicket::of(TicketPurpose::PasswordChange, &user, settings);
    create(&management, caller, body.members, new, PASSWORD_PAGE).await
}

async fn create_email_verification(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Body(body): Body<EmailVerificationTicket>,
) -> Answer<Created<CreatedTicket>> {
    let user = get_user(&mut management.tenant.read().await?, &body.user_id).await?;
    if user.user.email.is_none() {
        return Err(wrong("user_id", "The user has no email").into());
    }
    let new = NewTicket::of(TicketPurpose::EmailVerification, &user, body.members.settings(&user)?);
    create(&management, caller, body.members, new, EMAIL_PAGE).await
}

impl TicketMembers {
    /// # Errors
    /// 400 for a user whom an identity provider vouches for, and for a `result_url` that cannot be used.
    fn settings(&self, user: &StoredUser) -> Answer<TicketSettings> {
        if user.password_hash.is_none() {
            let message = "The user is of a connection whose identity provider keeps the password and the address.";
            return Err(ApiError::new(400, Some("operation_not_supported"), message).into());
        }
        if let Some(url) = &self.result_url {
            check_web_address("result_url", url)?;
            if self.organization_id.is_some() {
                return Err(wrong("result_url", "Not allowed together with organization_id").into());
            }
        }
        Ok(TicketSettings {
            connection_id: user.connection_id.clone(),
            client_id: self.client_id.clone(),
            organization_id: self.organization_id.clone(),
            result_url: self.result_url.clone(),
            tells_email: self.include_email_in_redirect,
            ..TicketSettings::default()
        })
    }
}

async fn create(
    management: &Management,
    caller: Caller,
    members: TicketMembers,
    new: NewTicket,
    page: &str,
) -> Answer<Created<CreatedTicket>> {
    let now = Timestamp::now();
    let seconds = if members.ttl_sec == 0 { USUAL_SECONDS } else { members.ttl_sec };
    let ticket = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if let Some(id) = &members.organization_id
                    && !rows.is_organization(id).await?
                {
                    return Err(unknown_organization().into());
                }
                let user_id = new.user_id.clone();
                administrators::check_users(&mut rows, &caller, user_id.as_slice()).await?;
                let created = new.create(&mut rows, now, now.plus_seconds(seconds)).await;
                let ticket = created.map_err(|error| or_missing(error, unknown_user()))?;
                rows.record_event(Event { user_id, ..caller.event("Create a ticket") }, now).await?;
                Ok::<_, Failure>(ticket)
            })
        })
        .await?;
    Ok(Created(CreatedTicket { ticket: link(&address_of(management, page)?, &ticket) }))
}

/// Where one of the pages that tickets are for is.
pub(super) fn address_of(management: &Management, page: &str) -> Answer<String> {
    let page = management.public_url.join(page).map_err(|error| Fault::new("server.public_url", error))?;
    Ok(page.into())
}

/// A ticket to be made.
pub(super) struct NewTicket {
    pub purpose: TicketPurpose,
    pub user_id: Option<String>,
    pub email: Option<String>,
    pub settings: TicketSettings,
}

impl NewTicket {
    pub(super) fn of(purpose: TicketPurpose, user: &StoredUser, settings: TicketSettings) -> Self {
        Self { purpose, user_id: Some(user.user.user_id.clone()), email: user.user.email.clone(), settings }
    }

    /// Writes it and answers its secret.
    pub(super) async fn create(
        self,
        rows: &mut Rows<'_>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<String, StoreError> {
        let secret = new_secret();
        let Self { purpose, user_id, email, settings } = self;
        let hash = sha256(&secret);
        let stored = StoredTicket { hash, purpose, user_id, email, settings, created_at: now, expires_at };
        rows.create_ticket(&stored).await?;
        Ok(secret)
    }
}

/// The page with the ticket.
pub(super) fn link(page: &str, ticket: &str) -> String {
    let joint = if page.contains('?') { '&' } else { '?' };
    format!("{page}{joint}ticket={ticket}")
}

/// The same in a mail: the page speaks the mail's language, whatever the browser asks for.
pub(super) fn link_in(page: &str, ticket: &str, text: Text) -> String {
    format!("{}&ui_locales={}", link(page, ticket), text.lang())
}

pub(super) fn ticket_ended() -> ApiError {
    ApiError::new(403, Some(refusal::TICKET_ENDED), "The ticket is unknown, expired, replaced or used.")
}

/// The ticket's user, unless they are gone or blocked or have another address now.
pub(super) async fn find_user_of(rows: &mut Rows<'_>, ticket: &StoredTicket) -> Result<Option<StoredUser>, StoreError> {
    let Some(user_id) = &ticket.user_id else { return Ok(None) };
    let user = rows.find_user(user_id).await?;
    Ok(user.filter(|stored| !stored.user.blocked && stored.user.email == ticket.email))
}

/// Uses a ticket up.
///
/// # Errors
/// 403 `ticket_ended` when it opens nothing.
pub(super) async fn take(
    rows: &mut Rows<'_>,
    hash: &str,
    purpose: TicketPurpose,
    now: Timestamp,
) -> Answer<StoredTicket> {
    let ticket = rows.take_ticket(hash, purpose, now).await?.ok_or_else(ticket_ended)?;
    match find_user_of(rows, &ticket).await? {
        Some(_) => Ok(ticket),
        None => Err(ticket_ended().into()),
    }
}

/// Where whoever made the ticket wants the person led to.
pub(super) fn result_url(ticket: &StoredTicket, email: Option<&str>) -> Option<String> {
    let mut url = Url::parse(ticket.settings.result_url.as_deref()?).ok()?;
    url.query_pairs_mut().append_pair("success", "true");
    if let Some(email) = email.filter(|_| ticket.settings.tells_email) {
        url.query_pairs_mut().append_pair("email", email);
    }
    Some(url.into())
}

async fn find(
    State(management): State<Arc<Management>>,
    Body(question): Body<TicketQuestion>,
) -> Answer<Json<TicketSubject>> {
    let now = Timestamp::now();
    let mut rows = management.tenant.read().await?;
    let found = rows.find_ticket(&sha256(&question.ticket), question.purpose, now).await?.ok_or_else(ticket_ended)?;
    if found.purpose == TicketPurpose::Setup {
        // It makes the connection, and the person.
        return Ok(Json(TicketSubject { identifier: None, connection_id: String::new(), organization_id: None }));
    }
    let user = find_user_of(&mut rows, &found).await?.ok_or_else(ticket_ended)?;
    Ok(Json(TicketSubject {
        identifier: user.user.email.or(user.user.username),
        connection_id: user.connection_id,
        organization_id: found.settings.organization_id,
    }))
}

async fn verify_email(
    State(management): State<Arc<Management>>,
    Body(body): Body<EmailVerification>,
) -> Answer<Json<TicketUsed>> {
    let now = Timestamp::now();
    let used = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let ticket = take(&mut rows, &sha256(&body.ticket), TicketPurpose::EmailVerification, now).await?;
                let user_id = ticket.user_id.clone().unwrap_or_default();
                if !rows.lock_user(&user_id, now).await? {
                    return Err(ticket_ended().into());
                }
                let mut stored = get_user(&mut rows, &user_id).await?;
                stored.user.email_verified = true;
                rows.update_user(&stored).await?;
                let event = Event {
                    kind: "sv",
                    description: "The address was verified".to_owned(),
                    client_id: ticket.settings.client_id.clone(),
                    connection_id: Some(stored.connection_id.clone()),
                    user_id: Some(user_id),
                    ..Event::default()
                };
                rows.record_event(event, now).await?;
                let result_url = result_url(&ticket, stored.user.email.as_deref());
                let TicketSettings { organization_id, return_to, .. } = ticket.settings;
                Ok::<_, Failure>(TicketUsed { organization_id, return_to, result_url })
            })
        })
        .await?;
    Ok(Json(used))
}
