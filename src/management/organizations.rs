//! `/organizations`: the customers of the application (contract §1.3).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, Metadata, Sent, Unbuilt, check_web_address, or_conflict};
use super::enabled_connections::{EnableConnection, Rules, enable};
use super::operation::{Operation, Routes};
use super::paging::{CheckpointPaging, List, Listed};
use super::precondition::{IfMatch, Tagged};
use super::schema::{LINE, ORGANIZATION_NAME};
use super::search::{self, Searchable, Syntax};
use super::{Caller, Management};
use crate::model::organization::Branding;
use crate::model::{ApiError, EnabledConnection, Organization, Timestamp, new_id};
use crate::store::{Event, OrganizationKey, OrganizationOrder, Placed, Rows, organization_field};

/// Most connections that a new organization is given at once (contract §1.3).
const CONNECTIONS_AT_ONCE: usize = 10;

pub(super) fn routes() -> Routes {
    Routes::new("organizations")
        .get(
            "/organizations",
            list,
            Operation::new("List organizations", &["read:organizations", "read:organizations_summary"]),
        )
        .post(
            "/organizations",
            create,
            Operation::new("Create an organization", &["create:organizations"]).refuses(&[409]),
        )
        .get(
            "/organizations/search",
            search,
            Operation::new("Search organizations", &["read:organizations", "read:organizations_summary"]),
        )
        .get(
            "/organizations/name/{name}",
            find_by_name,
            Operation::new("Get an organization by name", &["read:organizations"]),
        )
        .get("/organizations/{id}", find, Operation::new("Get an organization", &["read:organizations"]))
        .patch(
            "/organizations/{id}",
            update,
            Operation::new("Change an organization", &["update:organizations"]).refuses(&[409, 412]),
        )
        .delete("/organizations/{id}", delete, Operation::new("Delete an organization", &["delete:organizations"]))
}

impl Listed for Organization {
    const KEY: &'static str = "organizations";
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewOrganization {
    #[schemars(length(min = 1, max = 50), regex(pattern = ORGANIZATION_NAME))]
    name: String,
    #[schemars(length(min = 1, max = 255), regex(pattern = LINE))]
    display_name: Option<String>,
    branding: Option<Branding>,
    metadata: Option<Metadata<25>>,
    #[serde(default)]
    #[schemars(length(max = CONNECTIONS_AT_ONCE))]
    enabled_connections: Vec<EnableConnection>,
    #[serde(default)]
    is_app_entitlement_active: Sent<bool>,
    #[serde(flatten)]
    _unbuilt: UnbuiltMembers,
}

/// Quotas of tokens and the access of third parties are refused, not ignored.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct UnbuiltMembers {
    #[serde(rename = "token_quota")]
    _token_quota: Sent<Unbuilt>,
    #[serde(rename = "third_party_client_access")]
    _third_party_client_access: Sent<Unbuilt>,
}

/// What is left out stays; `null` clears.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct OrganizationChange {
    #[schemars(length(min = 1, max = 50), regex(pattern = ORGANIZATION_NAME))]
    name: Sent<String>,
    #[schemars(length(min = 1, max = 255), regex(pattern = LINE))]
    display_name: Sent<Option<String>>,
    branding: Sent<Option<Branding>>,
    metadata: Sent<Option<Metadata<25>>>,
    is_app_entitlement_active: Sent<bool>,
    #[serde(flatten)]
    _unbuilt: UnbuiltMembers,
}

#[derive(Deserialize, JsonSchema)]
struct ListParameters {
    #[serde(flatten)]
    paging: CheckpointPaging,
    /// The oldest first when nothing is said.
    #[serde(default)]
    sort: Sort,
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
    #[serde(rename = "name:1")]
    Name,
    #[serde(rename = "name:-1")]
    NameDown,
    #[serde(rename = "display_name:1")]
    DisplayName,
    #[serde(rename = "display_name:-1")]
    DisplayNameDown,
}

#[derive(Deserialize, JsonSchema)]
struct SearchParameters {
    /// A filter over id, name, display_name, created_at and metadata.KEY; all organizations without it.
    #[schemars(length(max = 1000))]
    q: Option<String>,
    #[serde(default)]
    parser: Syntax,
    #[serde(flatten)]
    paging: CheckpointPaging,
    #[serde(default)]
    sort: SearchSort,
}

/// What found organizations are ordered by, always upwards.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum SearchSort {
    Name,
    DisplayName,
    #[default]
    CreatedAt,
}

/// A word without a field is looked for in the names.
const SEARCHABLE: Searchable =
    Searchable { field: organization_field, bare: &["name", "display_name"], most_terms: search::MOST_TERMS };
/// The same for who may read summaries only.
const SEARCHABLE_IN_SUMMARY: Searchable = Searchable {
    field: |name| organization_field(name).filter(|_| ["id", "name", "display_name"].contains(&name)),
    ..SEARCHABLE
};

async fn list(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Answer<Json<List<Organization>>> {
    let (name, order) = parameters.sort.order();
    let wanted = parameters.paging.wanted_in(name, 50)?;
    let mut rows = management.tenant.read().await?;
    let page = rows.list_organizations(order, None, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_organizations().await? } else { 0 };
    Ok(Json(wanted.answer(shown(&caller, page), total)))
}

async fn search(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Parameters(parameters): Parameters<SearchParameters>,
) -> Answer<Json<List<Organization>>> {
    let q = parameters.q.as_deref().filter(|q| !q.is_empty());
    // Who may not read a member may not search by it either: the answers would spell it letter by letter.
    let searchable = if caller.may("read:organizations") { &SEARCHABLE } else { &SEARCHABLE_IN_SUMMARY };
    let condition = q.map(|q| search::parse(q, parameters.parser, searchable)).transpose()?;
    let (name, order) = parameters.sort.as_sort().order();
    let wanted = parameters.paging.wanted_in(name, 50)?.always_checkpoint();
    let mut rows = management.tenant.read().await?;
    let page = rows.list_organizations(order, condition.as_ref(), &wanted.slice).await?;
    Ok(Json(wanted.answer(shown(&caller, page), 0)))
}

impl Sort {
    /// The order, with its name for cursors.
    fn order(self) -> (&'static str, OrganizationOrder) {
        use OrganizationKey::{CreatedAt, DisplayName, Name};
        let (name, by, is_descending) = match self {
            Self::CreatedAt => ("created_at:1", CreatedAt, false),
            Self::CreatedAtDown => ("created_at:-1", CreatedAt, true),
            Self::Name => ("name:1", Name, false),
            Self::NameDown => ("name:-1", Name, true),
            Self::DisplayName => ("display_name:1", DisplayName, false),
            Self::DisplayNameDown => ("display_name:-1", DisplayName, true),
        };
        (name, OrganizationOrder { by, is_descending })
    }
}

impl SearchSort {
    fn as_sort(self) -> Sort {
        match self {
            Self::CreatedAt => Sort::CreatedAt,
            Self::Name => Sort::Name,
            Self::DisplayName => Sort::DisplayName,
        }
    }
}

/// With `read:organizations_summary` alone: id, name and display name.
pub(super) fn shown(caller: &Caller, rows: Vec<Placed<Organization>>) -> Vec<Placed<Organization>> {
    if caller.may("read:organizations") {
        return rows;
    }
    let summary =
        |it: Organization| Organization { branding: None, metadata: None, is_app_entitlement_active: None, ..it };
    rows.into_iter().map(|row| row.map(summary)).collect()
}

async fn find(State(management): State<Arc<Management>>, Ids(id): Ids<String>) -> Answer<Tagged<Organization>> {
    let found = management.tenant.read().await?.find_organization(&id).await?;
    Ok(Tagged(found.ok_or_else(unknown_organization)?))
}

async fn find_by_name(State(management): State<Arc<Management>>, Ids(name): Ids<String>) -> Answer<Json<Organization>> {
    let found = management.tenant.read().await?.find_organization_by_name(&name).await?;
    Ok(Json(found.ok_or_else(unknown_organization)?))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(body): Body<NewOrganization>,
) -> Answer<Created<CreatedOrganization>> {
    if !body.enabled_connections.is_empty() {
        caller.require(&["create:organization_connections"])?;
    }
    let rules = Rules::of(&management);
    let organization = Organization {
        id: new_id("org"),
        name: body.name,
        display_name: body.display_name,
        branding: body.branding,
        metadata: body.metadata.map(Metadata::into_pairs),
        is_app_entitlement_active: body.is_app_entitlement_active.into_option(),
    };
    check(&organization)?;
    let now = Timestamp::now();
    let answer = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                rows.create_organization(&organization, now).await.map_err(|error| or_conflict(error, name_taken()))?;
                record(&mut rows, "Create an Organization", &caller, &organization.id, now).await?;
                let mut enabled = Vec::with_capacity(body.enabled_connections.len());
                for wish in body.enabled_connections {
                    enabled.push(enable(&mut rows, &caller, &organization.id, wish, rules, now).await?);
                }
                Answer::Ok(CreatedOrganization { organization, enabled_connections: enabled })
            })
        })
        .await?;
    Ok(Created(answer))
}

/// Only the answer to a creation tells the enabled connections, and only when there are some (contract §1.2).
#[derive(Serialize, JsonSchema)]
struct CreatedOrganization {
    #[serde(flatten)]
    organization: Organization,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    enabled_connections: Vec<EnabledConnection>,
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    if_match: IfMatch,
    Body(change): Body<OrganizationChange>,
) -> Answer<Json<Organization>> {
    let now = Timestamp::now();
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut organization = hold(&mut rows, &id).await?;
                if_match.check(&organization)?;
                change.apply(&mut organization);
                check(&organization)?;
                rows.update_organization(&organization).await.map_err(|error| or_conflict(error, name_taken()))?;
                record(&mut rows, "Modify an Organization", &caller, &id, now).await?;
                Answer::Ok(organization)
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
                if rows.delete_organization(&id).await? {
                    record(&mut rows, "Delete an Organization", &caller, &id, now).await?;
                }
                Answer::Ok(NoContent)
            })
        })
        .await
}

impl OrganizationChange {
    fn apply(self, organization: &mut Organization) {
        self.name.put(&mut organization.name);
        self.display_name.put(&mut organization.display_name);
        self.branding.put(&mut organization.branding);
        if let Sent::Yes(metadata) = self.metadata {
            organization.metadata = metadata.map(Metadata::into_pairs);
        }
        if let Sent::Yes(is_active) = self.is_app_entitlement_active {
            organization.is_app_entitlement_active = Some(is_active);
        }
    }
}

/// What the schema cannot tell.
fn check(organization: &Organization) -> Result<(), ApiError> {
    let logo_url = organization.branding.as_ref().and_then(|branding| branding.logo_url.as_ref());
    logo_url.map_or(Ok(()), |logo_url| check_web_address("branding.logo_url", logo_url))
}

/// The organization, kept to this transaction.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn hold(rows: &mut Rows<'_>, id: &str) -> Answer<Organization> {
    rows.hold_organization(id).await?;
    Ok(rows.find_organization(id).await?.ok_or_else(unknown_organization)?)
}

pub(super) fn unknown_organization() -> ApiError {
    ApiError::not_found(None, "No organization found by that id or name")
}

fn name_taken() -> ApiError {
    ApiError::conflict(Some("organization_conflict"), "An organization with this name already exists.")
}

async fn record(rows: &mut Rows<'_>, what: &str, caller: &Caller, id: &str, now: Timestamp) -> Answer<()> {
    let event = Event { organization_id: Some(id.to_owned()), ..caller.event(what) };
    Ok(rows.record_event(event, now).await?)
}
