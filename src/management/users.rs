//! Users: the people of database connections, and whoever an administrator announces (contract §1.13).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body, Created, Failure, Parameters};
use super::check::{self, Ids, Sent, wrong};
use super::operation::{Operation, Routes};
use super::organizations::shown;
use super::paging::{CheckpointPaging, Fields, List, Listed, Paging, Selected};
use super::search::{self, Searchable, Syntax};
use super::tickets::{EMAIL_PAGE, address_of};
use super::user_body::{UserBody, UserChange, name_by_default};
use super::{Caller, Management, administrators, jobs, password_changes, sessions};
use crate::model::user::{EMAIL, LONGEST_EMAIL};
use crate::model::{ApiError, LINE, Organization, Timestamp, User};
use crate::store::{Event, MembershipFilter, Rows, StoredUser, UserKey, UserOrder, user_field};

pub(super) fn routes() -> Routes {
    Routes::new("users")
        .get("/users", list, Operation::new("List users", &["read:users"]))
        .post("/users", create, Operation::new("Create a user", &["create:users"]).refuses(&[409, 503]))
        .get("/users-by-email", list_by_email, Operation::new("List the users of an address", &["read:users"]))
        .get("/users/{id}", find, Operation::new("Get a user", &["read:users"]))
        .patch("/users/{id}", update, Operation::new("Change a user", &["update:users"]).refuses(&[409, 503]))
        .delete("/users/{id}", delete, Operation::new("Delete a user", &["delete:users"]).refuses(&[409]))
        .get(
            "/users/{id}/organizations",
            list_organizations,
            Operation::new("List a user's organizations", &["read:users", "read:organizations"]),
        )
}

impl Listed for User {
    const KEY: &'static str = "users";
    const TELLS_LENGTH: bool = true;
}

#[derive(Deserialize, JsonSchema)]
struct ListParameters {
    #[serde(flatten)]
    paging: CheckpointPaging,
    #[serde(flatten)]
    fields: Fields,
    /// The oldest first when nothing is said.
    #[serde(default)]
    sort: Sort,
    /// A filter in Lucene's syntax; all users without it.
    #[schemars(length(max = 1000))]
    q: Option<String>,
    /// There is one.
    #[serde(rename = "search_engine")]
    _search_engine: Option<SearchEngine>,
}

/// What a list is ordered by: upwards with `1`, downwards with `-1`.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
enum Sort {
    #[default]
    #[serde(rename = "created_at:1")]
    CreatedAt,
    #[serde(rename = "created_at:-1")]
    CreatedAtDown,
    #[serde(rename = "email:1")]
    Email,
    #[serde(rename = "email:-1")]
    EmailDown,
}

impl Sort {
    /// The order, with its name for cursors.
    fn order(self) -> (&'static str, UserOrder) {
        let (name, by, is_descending) = match self {
            Self::CreatedAt => ("created_at:1", UserKey::CreatedAt, false),
            Self::CreatedAtDown => ("created_at:-1", UserKey::CreatedAt, true),
            Self::Email => ("email:1", UserKey::Email, false),
            Self::EmailDown => ("email:-1", UserKey::Email, true),
        };
        (name, UserOrder { by, is_descending })
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum SearchEngine {
    V3,
}

/// A word without a field is looked for in what people sign in with.
const SEARCHABLE: Searchable =
    Searchable { field: user_field, bare: &["email", "username"], most_terms: search::MOST_TERMS };

async fn list(
    State(management): State<Arc<Management>>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Answer<Json<List<Selected<User>>>> {
    let q = parameters.q.as_deref().filter(|q| !q.is_empty());
    let condition = q.map(|q| search::parse(q, Syntax::Lucene, &SEARCHABLE)).transpose()?;
    let (name, order) = parameters.sort.order();
    let wanted = parameters.paging.wanted_in(name, 50)?;
    let mut rows = management.tenant.read().await?;
    let users = rows.list_users(order, condition.as_ref(), &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_users(condition.as_ref()).await? } else { 0 };
    Ok(Json(wanted.answer(parameters.fields.select_all(users)?, total)))
}

#[derive(Deserialize, JsonSchema)]
struct ByEmail {
    #[schemars(length(max = LONGEST_EMAIL), regex(pattern = EMAIL))]
    email: String,
    #[serde(flatten)]
    fields: Fields,
}

async fn list_by_email(
    State(management): State<Arc<Management>>,
    Parameters(query): Parameters<ByEmail>,
) -> Answer<Json<Vec<Selected<User>>>> {
    let wrong = || ApiError::invalid_query("Query validation error: 'String is no e-mail address' on property email.");
    let email = check::email(&query.email).ok_or_else(wrong)?;
    let users = management.tenant.read().await?.list_users_by_email(&email).await?;
    let selected: Answer<Vec<_>> = users.iter().map(|user| query.fields.select(user)).collect();
    Ok(Json(selected?))
}

async fn find(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(fields): Parameters<Fields>,
) -> Answer<Json<Selected<User>>> {
    let mut rows = management.tenant.read().await?;
    Ok(Json(fields.select(&get_user(&mut rows, &id).await?.user)?))
}

/// # Errors
/// 404 `inexistent_user`.
pub(super) async fn get_user(rows: &mut Rows<'_>, id: &str) -> Answer<StoredUser> {
    Ok(rows.find_user(id).await?.ok_or_else(unknown_user)?)
}

pub(super) fn unknown_user() -> ApiError {
    ApiError::not_found(Some("inexistent_user"), "The user does not exist.")
}

async fn create(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Body(body): Body<UserBody>,
) -> Answer<Created<User>> {
    let now = Timestamp::now();
    let found = management.tenant.read().await?.find_connection_by_name(&body.connection).await?;
    let connection = found.ok_or_else(unknown_connection)?;
    let new = body.identify(&connection)?;
    let hash = body.hash(&management, &connection).await?;
    let page = body.members.asks_to_verify().then(|| address_of(&management, EMAIL_PAGE)).transpose()?;
    let user = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                // What still speaks of the deleted user must not speak of another.
                if rows.is_used_user_id(&new.user_id).await? {
                    return Err(exists().into());
                }
                let created = rows.create_user(new.clone(), now).await;
                // The connection may be deleted by another call since it was found.
                if !created.map_err(|error| check::or_missing(error, unknown_connection()))? {
                    return Err(exists().into());
                }
                let mut stored = get_user(&mut rows, &new.user_id).await?;
                body.members.apply(&mut stored)?;
                if let Some(hash) = hash {
                    stored.set_password(hash, now);
                }
                name_by_default(&mut stored.user);
                store(&mut rows, &stored).await?;
                verify(&mut rows, &stored, page.as_deref(), now).await?;
                rows.record_event(event(&caller, &stored, "Create a user"), now).await?;
                Ok::<_, Failure>(stored.user)
            })
        })
        .await?;
    Ok(Created(user))
}

async fn update(
    State(management): State<Arc<Management>>,
    caller: Caller,
    Ids(id): Ids<String>,
    Body(body): Body<UserChange>,
) -> Answer<Json<User>> {
    let now = Timestamp::now();
    let mut rows = management.tenant.read().await?;
    let before = get_user(&mut rows, &id).await?;
    // Also before a password is compared with earlier ones, which would tell whether it was one.
    administrators::check_users(&mut rows, &caller, std::slice::from_ref(&id)).await?;
    drop(rows);
    if before.password_hash.is_none() && body.members.is_of_database_only() {
        let message = "Cannot change email, email_verified, username or password of a user whose identity provider \
                       tells them.";
        return Err(ApiError::new(400, Some("operation_not_supported"), message).into());
    }
    let hash = body.members.password_hash(&management, &before).await?;
    let page = body.members.asks_to_verify().then(|| address_of(&management, EMAIL_PAGE)).transpose()?;
    let blocks = body.members.blocks();
    let by = caller.clone();
    let user = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let left = administrators::Left::of_user(&mut rows, &id).await?;
                if !rows.lock_user(&id, now).await? {
                    return Err(unknown_user().into());
                }
                administrators::check_users(&mut rows, &caller, std::slice::from_ref(&id)).await?;
                let mut stored = get_user(&mut rows, &id).await?;
                let is_of = |name: &str| stored.user.identities.iter().any(|identity| identity.connection == name);
                if let Sent::Yes(name) = &body.connection
                    && !is_of(name)
                {
                    return Err(wrong("connection", "The user is of another connection").into());
                }
                body.members.apply(&mut stored)?;
                if let Some(hash) = hash {
                    password_changes::set(&mut rows, &mut stored, hash, now).await?;
                }
                store(&mut rows, &stored).await?;
                left.check(&mut rows).await?;
                verify(&mut rows, &stored, page.as_deref(), now).await?;
                rows.record_event(event(&caller, &stored, "Update a user"), now).await?;
                Ok::<_, Failure>(stored.user)
            })
        })
        .await?;
    if blocks {
        // They enter nowhere already; without their sessions they do not come back by them when they may again.
        sessions::end_of(&management, &by, user.user_id.clone()).await?;
    }
    Ok(Json(user))
}

/// 204 also when it is gone: a deletion may be asked for again.
async fn delete(State(management): State<Arc<Management>>, caller: Caller, Ids(id): Ids<String>) -> Answer<NoContent> {
    let now = Timestamp::now();
    let (by, gone) = (caller.clone(), id.clone());
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let left = administrators::Left::of_user(&mut rows, &id).await?;
                let Some(stored) = rows.find_user(&id).await? else { return Ok(()) };
                administrators::check_users(&mut rows, &caller, std::slice::from_ref(&id)).await?;
                if rows.delete_user(&id).await? {
                    left.check(&mut rows).await?;
                    // An identity provider may send the person of its own id again.
                    if stored.password_hash.is_some() {
                        rows.create_used_user_id(&id).await?;
                    }
                    rows.record_event(event(&caller, &stored, "Delete a user"), now).await?;
                }
                Ok::<_, Failure>(())
            })
        })
        .await?;
    sessions::end_of(&management, &by, gone).await?;
    Ok(NoContent)
}

#[derive(Deserialize, JsonSchema)]
struct OrganizationsOfUser {
    #[serde(flatten)]
    paging: Paging,
    /// A part of the name or of the display name.
    #[schemars(length(max = 100), regex(pattern = LINE))]
    q: Option<String>,
    /// Only organizations that let this client be used.
    #[schemars(length(max = 255), regex(pattern = LINE))]
    client_id: Option<String>,
    /// The oldest membership first when nothing is said.
    sort: Option<OrganizationSort>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
enum OrganizationSort {
    /// The name where there is no display name.
    #[serde(rename = "display_name:1")]
    DisplayName,
}

async fn list_organizations(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(parameters): Parameters<OrganizationsOfUser>,
) -> Answer<Json<List<Organization>>> {
    let wanted = parameters.paging.wanted(50)?;
    let is_by_title = parameters.sort == Some(OrganizationSort::DisplayName);
    let filter = MembershipFilter { text: parameters.q, client_id: parameters.client_id, is_by_title };
    let mut rows = management.tenant.read().await?;
    get_user(&mut rows, &id).await?;
    let organizations = rows.list_memberships(&id, &filter, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_memberships(&id, &filter).await? } else { 0 };
    Ok(Json(wanted.answer(shown(&caller, organizations), total)))
}

async fn store(rows: &mut Rows<'_>, stored: &StoredUser) -> Answer<()> {
    rows.update_user(stored).await?;
    match stored.password_hash.is_none() || rows.replace_identifiers(stored).await? {
        true => Ok(()),
        false => Err(exists().into()),
    }
}

/// Has a link sent to an address that is not verified, where a page for it is given.
async fn verify(rows: &mut Rows<'_>, stored: &StoredUser, page: Option<&str>, now: Timestamp) -> Answer<()> {
    match page.filter(|_| !stored.user.email_verified) {
        Some(page) => jobs::verify("verify_email", rows, stored, (page, None), now).await,
        None => Ok(()),
    }
}

fn event(caller: &Caller, stored: &StoredUser, what: &str) -> Event {
    Event {
        connection_id: Some(stored.connection_id.clone()),
        user_id: Some(stored.user.user_id.clone()),
        ..caller.event(what)
    }
}

fn unknown_connection() -> ApiError {
    wrong("connection", "The connection does not exist")
}

fn exists() -> ApiError {
    ApiError::conflict(Some("user_exists"), "The user already exists.")
}
