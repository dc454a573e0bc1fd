//! Tickets that are sent by mail, because an account was made or an administrator asked for it.

use super::letters::{About, Letter};
use super::tickets::{NewTicket, USUAL_SECONDS, link_in};
use crate::model::Timestamp;
use crate::model::tenant_settings::Locale;
use crate::model::ticket::TicketPurpose;
use crate::store::{Rows, StoreError, StoredUser, TicketSettings};
use crate::web::text::Text;

/// Sends a link that verifies the address of an account that anybody may have made, and has its password chosen anew.
/// Whoever made the account has not shown that the address is theirs and knows its password: the owner who merely
/// confirmed the address would vouch for somebody else's account. So one step, by who reads the mail, proves the address
/// and makes the password theirs, as a reset does. (To ask for the first password instead would leave the owner with a
/// link that they cannot use.)
pub(super) async fn send_welcome(
    rows: &mut Rows<'_>,
    user: &StoredUser,
    (page, client_id): (&str, &str),
    locale: Option<Locale>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let new = NewTicket::of(TicketPurpose::PasswordChange, user, proving_address(user, Some(client_id)));
    send(rows, user, new, page, locale, now).await
}

/// Of a link that lets a password be chosen by who reads the mail, and so proves the address.
fn proving_address(user: &StoredUser, client_id: Option<&str>) -> TicketSettings {
    TicketSettings {
        connection_id: user.connection_id.clone(),
        client_id: client_id.map(str::to_owned),
        verifies_email: true,
        ..TicketSettings::default()
    }
}

/// Sends a link to choose a password, because an administrator asked for it.
pub(super) async fn send_password_change(
    rows: &mut Rows<'_>,
    user: &StoredUser,
    page: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let new = NewTicket::of(TicketPurpose::PasswordChange, user, proving_address(user, None));
    send(rows, user, new, page, None, now).await
}

/// Sends a link that verifies the user's address, because an administrator, who knows the account, asked for it.
pub(super) async fn send_verification(
    rows: &mut Rows<'_>,
    user: &StoredUser,
    (page, client_id): (&str, Option<String>),
    locale: Option<Locale>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let connection_id = user.connection_id.clone();
    let settings = TicketSettings { connection_id, client_id, ..TicketSettings::default() };
    let new = NewTicket::of(TicketPurpose::EmailVerification, user, settings);
    send(rows, user, new, page, locale, now).await
}

async fn send(
    rows: &mut Rows<'_>,
    user: &StoredUser,
    new: NewTicket,
    page: &str,
    locale: Option<Locale>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(to) = &user.user.email else { return Ok(()) };
    let purpose = new.purpose;
    let ticket = new.create(rows, now, now.plus_seconds(USUAL_SECONDS)).await?;
    let text = Text::of(locale.unwrap_or(Locale::En));
    let href = link_in(page, &ticket, text);
    let about = match purpose {
        TicketPurpose::PasswordChange if user.user.logins_count > 0 => About::PasswordReset { href: &href },
        TicketPurpose::PasswordChange => About::NewAccount { href: &href },
        _ => About::EmailVerification { href: &href },
    };
    Letter { to, text, organization: None, about }.queue(rows, now).await
}
