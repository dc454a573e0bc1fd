//! `/client-grants`: what applications may ask of an API with their own credentials (contract §1.9).

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, LONGEST_CLIENT_ID, Only, Sent, or_refused};
use super::clients::{inexistent_client, record};
use super::operation::{Operation, Routes};
use super::organizations::shown;
use super::paging::{CheckpointPaging, List, Listed};
use super::schema::{LINE, SCOPE, VISIBLE};
use super::{Caller, GATEWAY_SCOPE, Management, is_scope};
use crate::model::{ApiError, ClientGrant, Organization, OrganizationUsage, Timestamp, new_id};
use crate::store::{ClientGrantFilter, Rows};

/// Most scopes of one grant.
const SCOPES: usize = 1000;
/// With a client id of 255 bytes this is what Postgres can still index.
pub(super) const LONGEST_AUDIENCE: usize = 600;

pub(super) fn routes() -> Routes {
    Routes::new("client-grants")
        .get("/client-grants", list, Operation::new("List client grants", &["read:client_grants"]))
        .post(
            "/client-grants",
            create,
            Operation::new("Create a client grant", &["create:client_grants"]).refuses(&[404, 409]),
        )
        .get("/client-grants/{id}", find, Operation::new("Get a client grant", &["read:client_grants"]))
        .patch("/client-grants/{id}", update, Operation::new("Change a client grant", &["update:client_grants"]))
        .delete("/client-grants/{id}", delete, Operation::new("Delete a client grant", &["delete:client_grants"]))
        .get(
            "/client-grants/{id}/organizations",
            list_organizations,
            Operation::new("List the organizations of a client grant", &["read:organization_client_grants"]),
        )
}

impl Listed for ClientGrant {
    const KEY: &'static str = "client_grants";
}

/// On whose behalf an API is asked.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SubjectType {
    Client,
    User,
}

/// A person's consent is not kept as a grant here.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, extend("x-not-built" = true))]
enum BuiltSubjectType {
    Client,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewGrant {
    #[schemars(length(min = 1, max = LONGEST_CLIENT_ID), regex(pattern = VISIBLE))]
    client_id: String,
    #[schemars(length(min = 1, max = LONGEST_AUDIENCE), regex(pattern = LINE))]
    audience: String,
    #[serde(default)]
    #[schemars(length(max = SCOPES), inner(length(min = 1, max = 280), regex(pattern = SCOPE)))]
    scope: Vec<String>,
    organization_usage: Option<OrganizationUsage>,
    allow_any_organization: Option<bool>,
    #[serde(rename = "subject_type")]
    _subject_type: Option<BuiltSubjectType>,
    #[serde(rename = "allow_all_scopes")]
    _allow_all_scopes: Option<Only<false>>,
}

/// What is left out stays; `null` clears.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct GrantChange {
    #[schemars(length(max = SCOPES), inner(length(min = 1, max = 280), regex(pattern = SCOPE)))]
    scope: Sent<Vec<String>>,
    organization_usage: Sent<Option<OrganizationUsage>>,
    allow_any_organization: Sent<Option<bool>>,
    #[serde(rename = "allow_all_scopes")]
    _allow_all_scopes: Sent<Option<Only<false>>>,
}

#[derive(Deserialize, JsonSchema)]
struct ListParameters {
    #[serde(flatten)]
    paging: CheckpointPaging,
    #[schemars(length(min = 1, max = LONGEST_CLIENT_ID), regex(pattern = LINE))]
    client_id: Option<String>,
    #[schemars(length(min = 1, max = LONGEST_AUDIENCE), regex(pattern = LINE))]
    audience: Option<String>,
    allow_any_organization: Option<bool>,
    subject_type: Option<SubjectType>,
}

async fn list(
    State(management): State<Arc<Management>>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Answer<Json<List<ClientGrant>>> {
    let wanted = parameters.paging.wanted(50)?;
    if parameters.subject_type == Some(SubjectType::User) {
        return Ok(Json(wanted.answer(Vec::new(), 0)));
    }
    let filter = ClientGrantFilter {
        ids: Vec::new(),
        client_id: parameters.client_id,
        audience: parameters.audience,
        allow_any_organization: parameters.allow_any_organization,
    };
    let mut rows = management.tenant.read().await?;
    let page = rows.list_client_grants(&filter, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_client_grants(&filter).await? } else { 0 };
    Ok(Json(wanted.answer(page, total)))
}

async fn find(State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Json<ClientGrant>> {
    let found = management.tenant.read().await?.find_client_grant_by_id(&id).await?;
    Ok(Json(found.ok_or_else(unknown_grant)?))
}

async fn list_organizations(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<Organization>>> {
    let wanted = paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    rows.find_client_grant_by_id(&id).await?.ok_or_else(unknown_grant)?;
    let page = rows.list_client_grant_organizations(&id, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_client_grant_organizations(&id).await? } else { 0 };
    Ok(Json(wanted.answer(shown(&caller, page), total)))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(body): Body<NewGrant>,
) -> Answer<Created<ClientGrant>> {
    let grant = ClientGrant {
        id: new_id("cgr"),
        client_id: body.client_id,
        audience: body.audience,
        scope: checked_scopes(body.scope)?,
        organization_usage: body.organization_usage,
        allow_any_organization: body.allow_any_organization,
    };
    check_own(&management, &caller, &grant.audience, &grant.scope)?;
    let now = Timestamp::now();
    let created = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                rows.create_client_grant(&grant, now)
                    .await
                    .map_err(|error| or_refused(error, granted_already(), inexistent_client()))?;
                record(&mut rows, "Create client grant", &caller, &grant.client_id, now).await?;
                Answer::Ok(grant)
            })
        })
        .await?;
    Ok(Created(created))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(change): Body<GrantChange>,
) -> Answer<Json<ClientGrant>> {
    let scope = change.scope.into_option().map(checked_scopes).transpose()?;
    let now = Timestamp::now();
    let shared = management.clone();
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut grant = hold(&mut rows, &id).await?;
                check_gateways(&grant.scope)?;
                if let Some(scope) = scope {
                    let added: Vec<_> = scope.iter().filter(|scope| !grant.scope.contains(scope)).cloned().collect();
                    check_own(&shared, &caller, &grant.audience, &added)?;
                    grant.scope = scope;
                }
                change.organization_usage.put(&mut grant.organization_usage);
                change.allow_any_organization.put(&mut grant.allow_any_organization);
                rows.update_client_grant(&grant).await?;
                record(&mut rows, "Update client grant", &caller, &grant.client_id, now).await?;
                Answer::Ok(grant)
            })
        })
        .await?;
    Ok(Json(changed))
}

/// 204 also when it is gone: a deletion may be asked for again.
async fn delete(caller: Caller, State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if let Some(grant) = rows.find_client_grant_by_id(&id).await?
                    && rows.delete_client_grant(&id).await?
                {
                    record(&mut rows, "Delete client grant", &caller, &grant.client_id, now).await?;
                }
                Answer::Ok(NoContent)
            })
        })
        .await
}

/// The grant, kept to this transaction.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn hold(rows: &mut Rows<'_>, id: &str) -> Answer<ClientGrant> {
    rows.hold_client_grant(id).await?;
    Ok(rows.find_client_grant_by_id(id).await?.ok_or_else(unknown_grant)?)
}

/// The scopes, each once.
///
/// # Errors
/// 403 for the gateway's, which no API call grants (design §5.3).
fn checked_scopes(mut scopes: Vec<String>) -> Result<Vec<String>, ApiError> {
    check_gateways(&scopes)?;
    let mut seen = HashSet::new();
    scopes.retain(|scope| seen.insert(scope.clone()));
    Ok(scopes)
}

/// Of this API nobody grants more than they have: whoever could would have everything.
///
/// # Errors
/// 403 that names what the caller lacks.
fn check_own(management: &Management, caller: &Caller, audience: &str, scopes: &[String]) -> Result<(), ApiError> {
    let lacking = scopes.iter().find(|scope| audience == management.audience && !caller.may(scope));
    match lacking.filter(|scope| is_scope(scope)) {
        Some(scope) => {
            let message = format!("The scope {scope} of this API is granted only by who has it.");
            Err(ApiError::new(403, Some("operation_not_supported"), message))
        }
        None => Ok(()),
    }
}

/// # Errors
/// 403 when the gateway's scope is among them, in whatever case: SQLite finds it in either.
fn check_gateways(scopes: &[String]) -> Result<(), ApiError> {
    if !scopes.iter().any(|scope| scope.eq_ignore_ascii_case(GATEWAY_SCOPE)) {
        return Ok(());
    }
    let message = format!("The scope {GATEWAY_SCOPE} belongs to gateways and is granted on the management host only.");
    Err(ApiError::new(403, Some("operation_not_supported"), message))
}

fn unknown_grant() -> ApiError {
    ApiError::not_found(Some("inexistent_client_grant"), "The client grant does not exist")
}

fn granted_already() -> ApiError {
    ApiError::conflict(Some("client_grant_conflict"), "The client has a grant for this audience already.")
}
