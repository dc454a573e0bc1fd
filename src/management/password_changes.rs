//! Changing a password: by an administrator, or by a link sent to the address.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use secrecy::SecretString;

use super::Management;
use super::answer::{Answer, Body, Failure};
use super::attempts::{MailAsked, count_mail, count_work};
use super::caller::GATEWAY_SCOPE;
use super::check::{check_web_address, email, wrong};
use super::letters::{About, Letter};
use super::operation::{Operation, Routes};
use super::password_policy::{check, personal, weak};
use super::tickets::{NewTicket, find_user_of, link_in, result_url, take, ticket_ended};
use super::users::get_user;
use crate::model::password::{PasswordPolicy, Shortcoming};
use crate::model::tenant_settings::Locale;
use crate::model::ticket::{PasswordChange, PasswordReset, PasswordResetAsked, TicketPurpose, TicketUsed};
use crate::model::{Timestamp, sha256};
use crate::store::{Event, Rows, StoreError, StoredUser, TicketSettings};
use crate::web::text::Text;

/// How long a link that somebody asked for themselves is open.
const RESET_SECONDS: i64 = 3600;

pub(super) fn routes() -> Routes {
    let reset = Operation::new("Send a link to choose a new password", &[GATEWAY_SCOPE]);
    let change = Operation::new("Change a password by a ticket", &[GATEWAY_SCOPE]).refuses(&[503]);
    Routes::new("logins").post("/logins/password-resets", create_reset, reset).post(
        "/logins/password-changes",
        create_change,
        change,
    )
}

/// The hash of a password that the user may have from now on.
///
/// # Errors
/// 400 `weak_password` with what it lacks, 503 when too many passwords wait.
pub(super) async fn prepare(
    management: &Management,
    stored: &StoredUser,
    password: &str,
    more_personal: &[&str],
) -> Answer<String> {
    let mut rows = management.tenant.read().await?;
    let policy = policy_of(&mut rows, &stored.connection_id).await?;
    let earlier = match policy.history {
        0 => Vec::new(),
        most => {
            let mut hashes = rows.list_earlier_passwords(&stored.user.user_id, most).await?;
            hashes.extend(stored.password_hash.clone());
            hashes
        }
    };
    drop(rows);
    let mut all = personal(&stored.user);
    all.extend(more_personal);
    check(&policy, password, &all).map_err(weak)?;
    let password = SecretString::from(password);
    if management.passwords.is_any_of(earlier, &password).await? {
        return Err(weak(vec![Shortcoming::UsedBefore]).into());
    }
    management.passwords.hash(&password).await
}

/// Gives the user the password; what else let somebody change it ends. The caller writes the user.
pub(super) async fn set(
    rows: &mut Rows<'_>,
    stored: &mut StoredUser,
    hash: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    let policy = policy_of(rows, &stored.connection_id).await?;
    if let Some(old) = stored.password_hash.as_ref().filter(|_| policy.history > 0) {
        rows.create_earlier_password(&stored.user.user_id, old, policy.history, now).await?;
    }
    rows.delete_tickets(&stored.user.user_id, TicketPurpose::PasswordChange).await?;
    stored.set_password(hash, now);
    Ok(())
}

async fn policy_of(rows: &mut Rows<'_>, connection_id: &str) -> Result<PasswordPolicy, StoreError> {
    let connection = rows.find_connection(connection_id).await?;
    Ok(PasswordPolicy::of(&connection.map(|connection| connection.options).unwrap_or_default()))
}

async fn create_reset(
    State(management): State<Arc<Management>>,
    Body(request): Body<PasswordReset>,
) -> Answer<Json<PasswordResetAsked>> {
    let now = Timestamp::now();
    let email = email(&request.email).ok_or_else(|| wrong("email", "String is no e-mail address"))?;
    check_web_address("page", &request.page)?;
    count(&management, &request, &email, now).await?;
    let expires_at = now.plus_seconds(RESET_SECONDS);
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let user = find_resettable(&mut rows, &request, &email).await?;
                send_reset(&mut rows, &request, &email, user, (now, expires_at)).await
            })
        })
        .await?;
    Ok(Json(PasswordResetAsked { expires_at }))
}

/// Counts the mail. An account's own networks are kept under its id, as the attempts at its password are.
async fn count(management: &Management, request: &PasswordReset, email: &str, now: Timestamp) -> Answer<()> {
    let user = management.tenant.read().await?.find_user_by_identifier(&request.connection_id, email).await?;
    let who = user.map_or_else(|| email.to_owned(), |stored| stored.user.user_id);
    let asked = MailAsked {
        purpose: "password-reset",
        email,
        client_address: request.client_address.as_deref(),
        account: Some((&request.connection_id, &who)),
    };
    count_mail(management, asked, now).await
}

/// Whose password the holder of the address may change here.
async fn find_resettable(
    rows: &mut Rows<'_>,
    request: &PasswordReset,
    email: &str,
) -> Result<Option<StoredUser>, StoreError> {
    let open = match &request.organization_id {
        Some(id) => rows.find_connection_open_to_organization(id, &request.connection_id).await?,
        None => rows.find_connection_open_to_client(&request.client_id, &request.connection_id).await?,
    };
    let Some(open) = open.filter(|open| open.summary.strategy.is_database()) else { return Ok(None) };
    let user = rows.find_user_by_identifier(&open.id, email).await?;
    let connection = rows.find_connection(&open.id).await?;
    let is_off = connection.is_none_or(|connection| {
        connection.options.get("disable_self_service_change_password") == Some(&serde_json::Value::Bool(true))
    });
    Ok(user.filter(|stored| !is_off && !stored.user.blocked))
}

/// A ticket and its mail are written in any case, for nobody where there is no user: asking costs the same. Earlier
/// tickets stay open, an administrator's among them: whoever knows an address may ask.
async fn send_reset(
    rows: &mut Rows<'_>,
    request: &PasswordReset,
    email: &str,
    user: Option<StoredUser>,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let user_id = user.map(|stored| stored.user.user_id);
    let settings = TicketSettings {
        connection_id: request.connection_id.clone(),
        client_id: Some(request.client_id.clone()),
        organization_id: request.organization_id.clone(),
        return_to: request.return_to.clone(),
        verifies_email: true,
        ..TicketSettings::default()
    };
    let is_known = user_id.is_some();
    let email = email.to_owned();
    let new = NewTicket { purpose: TicketPurpose::PasswordChange, user_id, email: Some(email.clone()), settings };
    let ticket = new.create(rows, now, expires_at).await?;
    let organization = match &request.organization_id {
        Some(id) => rows.find_organization(id).await?,
        None => None,
    };
    let text = Text::of(request.locale.unwrap_or(Locale::En));
    let href = link_in(&request.page, &ticket, text);
    let (to, about) = (if is_known { email.as_str() } else { "" }, About::PasswordReset { href: &href });
    Letter { to, text, organization: organization.as_ref(), about }.queue(rows, now).await
}

async fn create_change(
    State(management): State<Arc<Management>>,
    Body(change): Body<PasswordChange>,
) -> Answer<Json<TicketUsed>> {
    let now = Timestamp::now();
    let hash = sha256(&change.ticket);
    let mut rows = management.tenant.read().await?;
    let found = rows.find_ticket(&hash, TicketPurpose::PasswordChange, now).await?.ok_or_else(ticket_ended)?;
    let user = find_user_of(&mut rows, &found).await?.ok_or_else(ticket_ended)?;
    drop(rows);
    // The holder of one link must not have all cores hash for them.
    count_work(&management, "password-changes", change.client_address.as_deref(), now).await?;
    let password_hash = prepare(&management, &user, &change.password, &[]).await?;
    let used = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let ticket = take(&mut rows, &hash, TicketPurpose::PasswordChange, now).await?;
                let user_id = ticket.user_id.clone().unwrap_or_default();
                if !rows.lock_user(&user_id, now).await? {
                    return Err(ticket_ended().into());
                }
                let mut stored = get_user(&mut rows, &user_id).await?;
                set(&mut rows, &mut stored, password_hash, now).await?;
                stored.user.email_verified |= ticket.settings.verifies_email && stored.user.email.is_some();
                rows.update_user(&stored).await?;
                rows.record_event(event(&stored, &ticket.settings, change.client_address), now).await?;
                tell(&mut rows, &stored, &ticket.settings, change.locale, now).await?;
                let result_url = result_url(&ticket, stored.user.email.as_deref());
                let TicketSettings { organization_id, return_to, .. } = ticket.settings;
                Ok::<_, Failure>(TicketUsed { organization_id, return_to, result_url })
            })
        })
        .await?;
    Ok(Json(used))
}

/// Whoever has the address hears that the password was changed, also when it was not them.
async fn tell(
    rows: &mut Rows<'_>,
    stored: &StoredUser,
    settings: &TicketSettings,
    locale: Option<Locale>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(to) = &stored.user.email else { return Ok(()) };
    let organization = match &settings.organization_id {
        Some(id) => rows.find_organization(id).await?,
        None => None,
    };
    let text = Text::of(locale.unwrap_or(Locale::En));
    Letter { to, text, organization: organization.as_ref(), about: About::PasswordChanged }.queue(rows, now).await
}

fn event(stored: &StoredUser, settings: &TicketSettings, client_address: Option<String>) -> Event {
    Event {
        kind: "scp",
        description: "The password was changed by a ticket".to_owned(),
        client_id: settings.client_id.clone(),
        connection_id: Some(stored.connection_id.clone()),
        organization_id: settings.organization_id.clone(),
        user_id: Some(stored.user.user_id.clone()),
        client_address,
        details: None,
    }
}
