//! `/resource-servers`: the APIs that tokens are for (contract §1.13).

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, Only, Sent, Unbuilt, check_bytes, or_conflict};
use super::client_grants::LONGEST_AUDIENCE;
use super::client_settings::{NAME, SigningAlgorithm};
use super::operation::{Operation, Routes};
use super::paging::{List, Listed, Paging};
use super::schema::{LINE, SCOPE};
use super::{Caller, Management, SCOPES};
use crate::model::LONGEST_TOKEN_SECONDS;
use crate::model::resource_server::ResourceServerScope;
use crate::model::{ApiError, ResourceServer, Timestamp, random_alphanumeric};
use crate::store::{Placed, Position, Rows};

/// Most scopes of one API.
const MOST_SCOPES: usize = 1000;
/// Most identifiers that a list can be narrowed to.
const IDENTIFIERS: usize = 10;
/// The Management API among the resource servers.
const SYSTEM: &str = "vestibule-management-api";

pub(super) fn routes() -> Routes {
    let (list_path, path) = ("/resource-servers", "/resource-servers/{id}");
    Routes::new("resource-servers")
        .get(list_path, list, Operation::new("List resource servers", &["read:resource_servers"]))
        .post(
            list_path,
            create,
            Operation::new("Create a resource server", &["create:resource_servers"]).refuses(&[409]),
        )
        .get(path, find, Operation::new("Get a resource server by id or identifier", &["read:resource_servers"]))
        .patch(path, update, Operation::new("Change a resource server", &["update:resource_servers"]))
        .delete(path, delete, Operation::new("Delete a resource server", &["delete:resource_servers"]))
}

/// A resource server with what the contract tells of it and what is the same for all of ours.
#[derive(Serialize, JsonSchema)]
struct ResourceServerAnswer {
    #[serde(flatten)]
    resource_server: ResourceServer,
    signing_alg: &'static str,
    token_dialect: &'static str,
    allow_offline_access: bool,
    enforce_policies: bool,
    skip_consent_for_verifiable_first_party_clients: bool,
}

impl Listed for ResourceServerAnswer {
    const KEY: &'static str = "resource_servers";
}

impl ResourceServerAnswer {
    /// The lifetime of its tokens is told also where it is left to the settings.
    fn of(mut resource_server: ResourceServer, management: &Management) -> Self {
        resource_server.token_lifetime.get_or_insert(management.tokens.access_token_seconds);
        Self {
            resource_server,
            signing_alg: "RS256",
            token_dialect: "access_token",
            allow_offline_access: false,
            enforce_policies: false,
            skip_consent_for_verifiable_first_party_clients: true,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewResourceServer {
    #[schemars(length(min = 1, max = LONGEST_AUDIENCE), regex(pattern = LINE))]
    identifier: String,
    /// The identifier when it is left out.
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    name: Option<String>,
    #[serde(flatten)]
    settings: Settings,
    #[serde(flatten)]
    _unbuilt: UnbuiltMembers,
}

/// What is left out stays.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ResourceServerChange {
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    name: Sent<String>,
    #[serde(flatten)]
    settings: Settings,
    #[serde(flatten)]
    _unbuilt: UnbuiltMembers,
}

/// What creation and change have in common.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Settings {
    #[schemars(length(max = MOST_SCOPES))]
    scopes: Sent<Vec<ScopeWish>>,
    /// Seconds an access token is valid.
    #[schemars(range(min = 1, max = LONGEST_TOKEN_SECONDS))]
    token_lifetime: Sent<i64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ScopeWish {
    #[schemars(length(min = 1, max = 280), regex(pattern = SCOPE))]
    value: String,
    #[schemars(length(max = 500), regex(pattern = LINE))]
    description: Option<String>,
}

/// What the contract's resource servers have and ours have not: sent to say "off" they are taken, else refused.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct UnbuiltMembers {
    #[serde(rename = "signing_alg")]
    _signing_alg: Sent<SigningAlgorithm>,
    #[serde(rename = "token_dialect")]
    _token_dialect: Sent<TokenDialect>,
    #[serde(rename = "allow_offline_access")]
    _allow_offline_access: Sent<Only<false>>,
    #[serde(rename = "enforce_policies")]
    _enforce_policies: Sent<Only<false>>,
    #[serde(rename = "skip_consent_for_verifiable_first_party_clients")]
    _skip_consent: Sent<Only<true>>,
    #[serde(rename = "signing_secret")]
    _signing_secret: Sent<Unbuilt>,
    #[serde(rename = "token_encryption")]
    _token_encryption: Sent<Unbuilt>,
    #[serde(rename = "consent_policy")]
    _consent_policy: Sent<Unbuilt>,
    #[serde(rename = "authorization_details")]
    _authorization_details: Sent<Vec<Unbuilt>>,
    #[serde(rename = "proof_of_possession")]
    _proof_of_possession: Sent<Unbuilt>,
    #[serde(rename = "subject_type_authorization")]
    _subject_type_authorization: Sent<Unbuilt>,
}

/// How access tokens tell what they allow.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline, extend("x-not-built" = true))]
enum TokenDialect {
    AccessToken,
}

#[derive(Deserialize, JsonSchema)]
struct ListParameters {
    #[serde(flatten)]
    paging: Paging,
    /// May be repeated.
    #[serde(default)]
    #[schemars(length(max = IDENTIFIERS), inner(length(min = 1, max = LONGEST_AUDIENCE), regex(pattern = LINE)))]
    identifiers: Vec<String>,
}

/// The Management API stands first.
async fn list(
    State(management): State<Arc<Management>>,
    Parameters(ListParameters { paging, identifiers }): Parameters<ListParameters>,
) -> Answer<Json<List<ResourceServerAnswer>>> {
    let wanted = paging.wanted(50)?;
    let with_system = identifiers.is_empty() || identifiers.contains(&management.audience);
    let (mut page, mut slice) = (Vec::new(), wanted.slice.clone());
    match slice.skip {
        0 if with_system => {
            page.push(Placed { position: Position::at_time(0, SYSTEM), item: system(&management) });
            slice.most -= 1;
        }
        skip => slice.skip = skip - i64::from(with_system),
    }
    let mut rows = management.tenant.read().await?;
    page.extend(rows.list_resource_servers(&identifiers, &slice).await?);
    let total = match wanted.counts() {
        true => rows.count_resource_servers(&identifiers).await? + i64::from(with_system),
        false => 0,
    };
    let page = page.into_iter().map(|row| row.map(|found| ResourceServerAnswer::of(found, &management)));
    Ok(Json(wanted.answer(page.collect(), total)))
}

async fn find(State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Json<ResourceServerAnswer>> {
    let found = match is_system(&management, &id) {
        true => Some(system(&management)),
        false => management.tenant.read().await?.find_resource_server(&id).await?,
    };
    Ok(Json(ResourceServerAnswer::of(found.ok_or_else(inexistent_resource_server)?, &management)))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(body): Body<NewResourceServer>,
) -> Answer<Created<ResourceServerAnswer>> {
    if is_system(&management, &body.identifier) {
        return Err(exists_already().into());
    }
    // It is part of the keys of permissions.
    check_bytes("identifier", &body.identifier, LONGEST_AUDIENCE)?;
    let mut new = ResourceServer {
        id: random_alphanumeric(24),
        name: body.name.unwrap_or_else(|| body.identifier.clone()),
        identifier: body.identifier,
        scopes: Vec::new(),
        token_lifetime: None,
        is_system: false,
    };
    body.settings.apply(&mut new);
    let now = Timestamp::now();
    let created = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let created = rows.create_resource_server(&new, now).await;
                created.map_err(|error| or_conflict(error, exists_already()))?;
                record(&mut rows, "Create a Resource Server", &caller, &new, now).await?;
                Answer::Ok(new)
            })
        })
        .await?;
    Ok(Created(ResourceServerAnswer::of(created, &management)))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(change): Body<ResourceServerChange>,
) -> Answer<Json<ResourceServerAnswer>> {
    check_not_system(&management, &id)?;
    let now = Timestamp::now();
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut changed = hold(&mut rows, &id).await?.ok_or_else(inexistent_resource_server)?;
                let mut gone = changed.scopes.clone();
                change.name.put(&mut changed.name);
                change.settings.apply(&mut changed);
                gone.retain(|old| changed.scopes.iter().all(|scope| scope.value != old.value));
                rows.update_resource_server(&changed, &gone).await?;
                record(&mut rows, "Update a Resource Server", &caller, &changed, now).await?;
                Answer::Ok(changed)
            })
        })
        .await?;
    Ok(Json(ResourceServerAnswer::of(changed, &management)))
}

/// 204 also when it is gone: a deletion may be asked for again.
async fn delete(caller: Caller, State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<NoContent> {
    check_not_system(&management, &id)?;
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if let Some(gone) = hold(&mut rows, &id).await? {
                    rows.delete_resource_server(&gone).await?;
                    record(&mut rows, "Delete a Resource Server", &caller, &gone, now).await?;
                }
                Answer::Ok(NoContent)
            })
        })
        .await
}

impl Settings {
    /// Of scopes with the same value the first counts.
    fn apply(self, to: &mut ResourceServer) {
        if let Sent::Yes(scopes) = self.scopes {
            let mut seen = HashSet::new();
            let scopes = scopes.into_iter().filter(|scope| seen.insert(scope.value.clone()));
            to.scopes =
                scopes.map(|ScopeWish { value, description }| ResourceServerScope { value, description }).collect();
        }
        if let Sent::Yes(seconds) = self.token_lifetime {
            to.token_lifetime = Some(seconds);
        }
    }
}

async fn hold(rows: &mut Rows<'_>, id: &str) -> Answer<Option<ResourceServer>> {
    rows.hold_resource_server(id).await?;
    Ok(rows.find_resource_server(id).await?)
}

/// The API of this server itself.
fn system(management: &Management) -> ResourceServer {
    let scopes = SCOPES.iter().map(|scope| ResourceServerScope { value: (*scope).to_owned(), description: None });
    ResourceServer {
        id: SYSTEM.to_owned(),
        identifier: management.audience.clone(),
        name: "Management API".to_owned(),
        scopes: scopes.collect(),
        token_lifetime: None,
        is_system: true,
    }
}

fn is_system(management: &Management, id: &str) -> bool {
    id == SYSTEM || id == management.audience
}

fn check_not_system(management: &Management, id: &str) -> Result<(), ApiError> {
    match is_system(management, id) {
        true => Err(ApiError::new(400, Some("operation_not_supported"), "The Management API cannot be changed.")),
        false => Ok(()),
    }
}

fn inexistent_resource_server() -> ApiError {
    ApiError::not_found(Some("inexistent_resource_server"), "The resource server does not exist")
}

fn exists_already() -> ApiError {
    let message = "A resource server with this identifier already exists.";
    ApiError::conflict(Some("resource_server_conflict"), message)
}

async fn record(
    rows: &mut Rows<'_>,
    what: &str,
    caller: &Caller,
    resource_server: &ResourceServer,
    now: Timestamp,
) -> Answer<()> {
    let event = caller.event(format!("{what}: {}", resource_server.identifier));
    Ok(rows.record_event(event, now).await?)
}
