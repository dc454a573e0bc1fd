//! `POST /logins/sign-ups`: an account without a login, for the applications' own sign-up (`/dbconnections/signup`).
//!
//! Its address is not proved yet; a link is sent that verifies it, where the password is chosen anew. An address that
//! has an account is refused after the same work as a new one is taken: the two answers still differ, as Auth0's do
//! (`POST /dbconnections/signup`), since the application needs the account at once. Whoever must not be able to tell
//! turns sign-up off for the connection; the login page's own sign-up tells it only to who reads the address's mail.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Management;
use super::answer::{Answer, Body, Failure};
use super::attempts::{MailAsked, count_mail};
use super::caller::GATEWAY_SCOPE;
use super::check::{check_web_address, email, usable_profile, wrong};
use super::operation::{Operation, Routes};
use super::sign_up::{Account, Asked};
use super::ticket_letters::send_welcome;
use super::user_body::new_database_user;
use crate::model::login::refusal;
use crate::model::ticket::OpenSignUp;
use crate::model::{ApiError, Connection, Timestamp, User};
use crate::store::{Event, Rows, StoredUser};

pub(super) fn routes() -> Routes {
    let operation = Operation::new("Sign up without a login", &[GATEWAY_SCOPE]).refuses(&[503]);
    Routes::new("logins").post("/logins/sign-ups", create, operation)
}

fn not_allowed() -> ApiError {
    ApiError::new(403, Some(refusal::SIGN_UP_NOT_ALLOWED), "Sign-up is not allowed here.")
}

fn exists() -> ApiError {
    ApiError::new(403, Some(refusal::ACCOUNT_EXISTS), "Sign-up is not possible with these values.")
}

async fn create(State(management): State<Arc<Management>>, Body(body): Body<OpenSignUp>) -> Answer<Json<User>> {
    let now = Timestamp::now();
    let email = email(&body.email).ok_or_else(|| wrong("email", "String is no e-mail address"))?;
    check_web_address("page", &body.page)?;
    if body.user_metadata.values().any(|value| value.as_str().is_none_or(|text| text.len() > 500)) {
        return Err(wrong("user_metadata", "Its members are texts of at most 500 bytes").into());
    }
    let connection = find_connection(&mut management.tenant.read().await?, &body).await?.ok_or_else(not_allowed)?;
    let profile = usable_profile(&body.profile);
    let names = [&profile.name, &profile.nickname, &profile.given_name, &profile.family_name];
    let personal: Vec<&str> = names.into_iter().filter_map(Option::as_deref).collect();
    let asked = Asked {
        email: &email,
        username: body.username.as_deref(),
        password: &body.password,
        personal: &personal,
        client_address: body.client_address.as_deref(),
    };
    // Before the hash, and for an address that has an account as well.
    let mail = MailAsked {
        purpose: "sign-up",
        email: &email,
        client_address: body.client_address.as_deref(),
        account: Some((&connection.id, &email)),
    };
    count_mail(&management, mail, now).await?;
    let hash = asked.check_and_hash(&management, &connection, now).await?;
    let user = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let account = Account {
                    email,
                    email_verified: false,
                    username: body.username.clone(),
                    hash,
                    profile,
                    user_metadata: body.user_metadata.clone(),
                };
                let user_id = new_database_user(&connection.id).user_id;
                let created = account.create(&mut rows, &connection.id, &user_id, now).await?.ok_or_else(exists)?;
                rows.record_event(event(&body, &created), now).await?;
                send_welcome(&mut rows, &created, (&body.page, &body.client_id), body.locale, now).await?;
                Ok::<_, Failure>(created.user)
            })
        })
        .await;
    if let Err(Failure::Api(_)) = &user {
        tracing::info!("a sign-up for an address or a user name that has an account was refused");
    }
    Ok(Json(user?))
}

/// The connection, if the application may use it without an organization and accounts may be made in it.
async fn find_connection(rows: &mut Rows<'_>, body: &OpenSignUp) -> Answer<Option<Connection>> {
    let Some(connection) = rows.find_connection_by_name(&body.connection).await? else { return Ok(None) };
    let is_open = rows.find_connection_open_to_client(&body.client_id, &connection.id).await?.is_some();
    Ok(Some(connection).filter(|connection| is_open && connection.allows_sign_up()))
}

fn event(body: &OpenSignUp, created: &StoredUser) -> Event {
    Event {
        kind: "ss",
        client_id: Some(body.client_id.clone()),
        connection_id: Some(created.connection_id.clone()),
        user_id: Some(created.user.user_id.clone()),
        client_address: body.client_address.clone(),
        ..Event::default()
    }
}
