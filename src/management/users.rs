//! Users: the people of database connections, and whoever an administrator announces (contract §1.13).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::answer::{Answer, Failure};
use super::caller::Caller;
use super::check::Ids;
use super::legacy::{Body, Paging, Parameters};
use super::passwords::LONGEST_PASSWORD_BYTES;
use super::{Management, check};
use crate::model::user::{LONGEST_SUBJECT, Profile};
use crate::model::{ApiError, Connection, Strategy, Timestamp, User, random_bytes};
use crate::store::{Event, NewUser, Rows, StoredUser, federated_user_id};

/// The largest `user_metadata` or `app_metadata`, in bytes of JSON.
const LARGEST_METADATA: usize = 16 * 1024;

pub(super) fn router() -> Router<Arc<Management>> {
    Router::new()
        .route("/users", get(list).post(create))
        .route("/users-by-email", get(list_by_email))
        .route("/users/{id}", get(find).patch(update).delete(delete))
        .route("/users/{id}/organizations", get(list_organizations))
}

/// What an administrator says of a user, on creation and later.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserBody {
    connection: Option<String>,
    /// Only on creation. Of a database user: the part after `auth0|`; of a federated one: its subject at the
    /// identity provider, which makes it possible to add members before their first login (our extension).
    user_id: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    username: Option<String>,
    password: Option<SecretString>,
    blocked: Option<bool>,
    name: Option<String>,
    nickname: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    picture: Option<String>,
    user_metadata: Option<Map<String, Value>>,
    app_metadata: Option<Map<String, Value>>,
}

async fn list(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<Value>> {
    caller.require(&["read:users"])?;
    let window = paging.window(50)?;
    let mut rows = management.tenant.read().await?;
    let users = rows.list_users(window.start, window.limit).await?;
    let (length, total) = (users.len(), rows.count_users().await?);
    let mut answer = window.answer("users", users, total)?;
    if let Some(envelope) = answer.as_object_mut() {
        envelope.insert("length".to_owned(), length.into());
    }
    Ok(Json(answer))
}

#[derive(Deserialize)]
struct ByEmail {
    email: String,
}

async fn list_by_email(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Parameters(query): Parameters<ByEmail>,
) -> Answer<Json<Vec<User>>> {
    caller.require(&["read:users"])?;
    let wrong = || ApiError::invalid_query("Query validation error: 'email is no e-mail address'.");
    let email = check::email(&query.email).ok_or_else(wrong)?;
    Ok(Json(management.tenant.read().await?.list_users_by_email(&email).await?))
}

async fn find(State(management): State<Arc<Management>>, caller: Caller, Ids(id): Ids<String>) -> Answer<Json<User>> {
    caller.require(&["read:users"])?;
    let mut rows = management.tenant.read().await?;
    Ok(Json(get_user(&mut rows, &id).await?.user))
}

/// # Errors
/// 404 `inexistent_user`.
pub(super) async fn get_user(rows: &mut Rows<'_>, id: &str) -> Answer<StoredUser> {
    rows.find_user(id).await?.ok_or_else(unknown)
}

fn unknown() -> Failure {
    ApiError::not_found(Some("inexistent_user"), "The user does not exist.").into()
}

async fn create(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Body(body): Body<UserBody>,
) -> Answer<(StatusCode, Json<User>)> {
    caller.require(&["create:users"])?;
    let now = Timestamp::now();
    let name = body.connection.as_deref().ok_or_else(|| wrong("connection is required"))?;
    let found = match check::is_plain(name, 128) {
        true => management.tenant.read().await?.find_connection_by_name(name).await?,
        false => None,
    };
    let connection = found.ok_or_else(|| wrong("The connection does not exist."))?;
    let new = identify(&connection, &body)?;
    let hash = hash_of(&management, body.password.as_ref()).await?;
    let user = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if !rows.create_user(new.clone(), now).await? {
                    return Err(exists());
                }
                let mut stored = get_user(&mut rows, &new.user_id).await?;
                apply(&mut stored, body, hash)?;
                name_by_default(&mut stored);
                store(&mut rows, &stored).await?;
                let event = event(&caller, &stored, "Create a user");
                rows.record_event(event, now).await?;
                Ok(stored.user)
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(user)))
}

/// Which person of the connection is meant.
fn identify(connection: &Connection, body: &UserBody) -> Answer<NewUser> {
    let (user_id, issuer, subject) = if connection.strategy.is_database() {
        if body.password.is_none() || (body.email.is_none() && body.username.is_none()) {
            return Err(wrong("a database user needs a password and an email or a username"));
        }
        let subject = match &body.user_id {
            Some(id) if is_native_id(id) => id.clone(),
            Some(_) => return Err(wrong("user_id takes 1 to 255 letters, digits, '.', '_' and '-'")),
            None => random_bytes::<12>().iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        (format!("auth0|{subject}"), Strategy::Auth0.as_str().to_owned(), subject)
    } else {
        let subject = body.user_id.clone().filter(|id| check::is_plain(id, LONGEST_SUBJECT));
        let subject = subject.ok_or_else(|| wrong("user_id, the subject at the identity provider, is required"))?;
        let issuer = connection.oidc_options().ok().and_then(|options| options.issuer);
        let issuer = issuer.ok_or_else(|| wrong("the connection's options name no issuer"))?;
        (federated_user_id(connection.strategy, &connection.name, &subject), issuer, subject)
    };
    Ok(NewUser { user_id, connection_id: connection.id.clone(), issuer, subject })
}

fn is_native_id(id: &str) -> bool {
    (1..=255).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

async fn update(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<UserBody>,
) -> Answer<Json<User>> {
    caller.require(&["update:users"])?;
    let now = Timestamp::now();
    if body.user_id.is_some() {
        return Err(wrong("Additional properties not allowed: user_id"));
    }
    let before = get_user(&mut management.tenant.read().await?, &id).await?;
    if before.password_hash.is_none() && is_of_database_only(&body) {
        let message = "Cannot change email, email_verified, username or password of a user whose identity provider \
                       tells them.";
        return Err(ApiError::new(400, Some("operation_not_supported"), message).into());
    }
    let hash = hash_of(&management, body.password.as_ref()).await?;
    let user = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if !rows.lock_user(&id, now).await? {
                    return Err(unknown());
                }
                let mut stored = get_user(&mut rows, &id).await?;
                let connection = stored.user.identities.first().map(|identity| identity.connection.as_str());
                if body.connection.is_some() && body.connection.as_deref() != connection {
                    return Err(wrong("the user is of another connection"));
                }
                apply(&mut stored, body, hash)?;
                store(&mut rows, &stored).await?;
                let event = event(&caller, &stored, "Update a user");
                rows.record_event(event, now).await?;
                Ok(stored.user)
            })
        })
        .await?;
    Ok(Json(user))
}

fn is_of_database_only(body: &UserBody) -> bool {
    body.email.is_some() || body.email_verified.is_some() || body.username.is_some() || body.password.is_some()
}

async fn delete(State(management): State<Arc<Management>>, caller: Caller, Ids(id): Ids<String>) -> Answer<StatusCode> {
    caller.require(&["delete:users"])?;
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let stored = match get_user(&mut rows, &id).await {
                    // Deleting what is gone is done already.
                    Err(Failure::Api(_)) => return Ok(()),
                    found => found?,
                };
                if rows.delete_user(&id).await? {
                    let event = event(&caller, &stored, "Delete a user");
                    rows.record_event(event, now).await?;
                }
                Ok::<_, Failure>(())
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_organizations(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<Value>> {
    caller.require(&["read:users", "read:organizations"])?;
    let window = paging.window(50)?;
    let mut rows = management.tenant.read().await?;
    get_user(&mut rows, &id).await?;
    let organizations = rows.list_memberships(&id, window.start, window.limit).await?;
    let total = rows.count_memberships(&id).await?;
    Ok(Json(window.answer("organizations", organizations, total)?))
}

async fn hash_of(management: &Management, password: Option<&SecretString>) -> Answer<Option<String>> {
    let Some(password) = password else { return Ok(None) };
    let text = password.expose_secret();
    if text.chars().count() < 8 {
        let message = "PasswordStrengthError: Password is too weak: it needs at least 8 characters.";
        return Err(ApiError::invalid_body(message).into());
    }
    if text.len() > LONGEST_PASSWORD_BYTES || text.chars().any(char::is_control) {
        return Err(wrong("password has more than 1024 bytes or control characters"));
    }
    management.passwords.hash(password).await.map(Some)
}

/// Changes what the body names.
fn apply(stored: &mut StoredUser, body: UserBody, hash: Option<String>) -> Result<(), Failure> {
    let user = &mut stored.user;
    let told = Profile {
        name: body.name,
        nickname: body.nickname,
        given_name: body.given_name,
        family_name: body.family_name,
        picture: body.picture,
        locale: None,
    };
    check::check_profile(&told)?;
    user.profile = told.or(std::mem::take(&mut user.profile));
    if let Some(email) = body.email {
        let email = check::email(&email).ok_or_else(|| wrong("email is no e-mail address"))?;
        // A new address is not the one that was verified.
        user.email_verified &= user.email.as_ref() == Some(&email);
        user.email = Some(email);
    }
    user.email_verified = body.email_verified.unwrap_or(user.email_verified);
    if let Some(username) = body.username {
        let username = check::username(&username);
        user.username = Some(username.ok_or_else(|| wrong("username holds white space, '@' or more than 128 bytes"))?);
    }
    user.blocked = body.blocked.unwrap_or(user.blocked);
    merge(&mut user.user_metadata, body.user_metadata)?;
    merge(&mut user.app_metadata, body.app_metadata)?;
    if hash.is_some() {
        stored.password_hash = hash;
    }
    Ok(())
}

/// At the first level: a null removes a member, an empty object removes all (as at Auth0).
fn merge(kept: &mut Map<String, Value>, given: Option<Map<String, Value>>) -> Result<(), Failure> {
    let Some(given) = given else { return Ok(()) };
    if given.is_empty() {
        kept.clear();
    }
    for (key, value) in given {
        match value {
            Value::Null => drop(kept.remove(&key)),
            value => drop(kept.insert(key, value)),
        }
    }
    match serde_json::to_vec(kept).is_ok_and(|json| json.len() <= LARGEST_METADATA) {
        true => Ok(()),
        false => Err(wrong("metadata has more than 16384 bytes")),
    }
}

fn name_by_default(stored: &mut StoredUser) {
    let user = &mut stored.user;
    let handle = user.email.clone().or_else(|| user.username.clone());
    if user.profile.nickname.is_none() {
        user.profile.nickname = handle.as_deref().map(|text| text.split('@').next().unwrap_or(text).to_owned());
    }
    if user.profile.name.is_none() {
        user.profile.name = handle;
    }
}

async fn store(rows: &mut Rows<'_>, stored: &StoredUser) -> Answer<()> {
    rows.update_user(stored).await?;
    if stored.password_hash.is_some() && !rows.replace_identifiers(stored).await? {
        return Err(exists());
    }
    Ok(())
}

fn event(caller: &Caller, stored: &StoredUser, what: &str) -> Event {
    Event {
        connection_id: Some(stored.connection_id.clone()),
        user_id: Some(stored.user.user_id.clone()),
        ..Event::by(&caller.client_id, what)
    }
}

fn exists() -> Failure {
    ApiError::conflict(Some("user_exists"), "The user already exists.").into()
}

fn wrong(what: &str) -> Failure {
    ApiError::invalid_body(format!("Payload validation error: '{what}'.")).into()
}
