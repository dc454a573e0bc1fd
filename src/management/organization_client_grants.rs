//! `/organizations/{id}/client-grants`: which applications may have tokens of their own for an organization
//! (contract §1.9).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, LONGEST_CLIENT_ID, or_conflict};
use super::client_grants::{self, LONGEST_AUDIENCE};
use super::operation::{Operation, Routes};
use super::organizations::{self, unknown_organization};
use super::paging::{CheckpointPaging, List};
use super::schema::{IDENTIFIER, LINE};
use super::{Caller, Management};
use crate::model::{ApiError, ClientGrant, OrganizationUsage, Timestamp};
use crate::store::{ClientGrantFilter, Event, Rows};

/// Most grants of one organization (contract §1.17).
const GRANTS: i64 = 100;
/// Most ids that a list can be narrowed to.
const IDS: usize = 10;

pub(super) fn routes() -> Routes {
    Routes::new("organizations")
        .get(
            "/organizations/{id}/client-grants",
            list,
            Operation::new("List the client grants of an organization", &["read:organization_client_grants"]),
        )
        .post(
            "/organizations/{id}/client-grants",
            create,
            Operation::new("Let a client grant be used with an organization", &["create:organization_client_grants"])
                .refuses(&[409]),
        )
        .delete(
            "/organizations/{id}/client-grants/{grant_id}",
            delete,
            Operation::new("Take a client grant from an organization", &["delete:organization_client_grants"]),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewAssociation {
    #[schemars(length(min = 1, max = 50), regex(pattern = IDENTIFIER))]
    grant_id: String,
}

#[derive(Deserialize, JsonSchema)]
struct ListParameters {
    #[serde(flatten)]
    paging: CheckpointPaging,
    #[schemars(length(min = 1, max = LONGEST_AUDIENCE), regex(pattern = LINE))]
    audience: Option<String>,
    #[schemars(length(min = 1, max = LONGEST_CLIENT_ID), regex(pattern = LINE))]
    client_id: Option<String>,
    /// May be repeated.
    #[serde(default)]
    #[schemars(length(max = IDS), inner(length(min = 1, max = 50), regex(pattern = LINE)))]
    grant_ids: Vec<String>,
}

async fn list(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Answer<Json<List<ClientGrant>>> {
    let wanted = parameters.paging.wanted(50)?;
    let filter = ClientGrantFilter {
        ids: parameters.grant_ids,
        client_id: parameters.client_id,
        audience: parameters.audience,
        allow_any_organization: None,
    };
    let mut rows = management.tenant.read().await?;
    if !rows.is_organization(&id).await? {
        return Err(unknown_organization().into());
    }
    let page = rows.list_organization_client_grants(&id, &filter, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_organization_client_grants(&id, &filter).await? } else { 0 };
    Ok(Json(wanted.answer(page, total)))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(body): Body<NewAssociation>,
) -> Answer<Created<ClientGrant>> {
    let now = Timestamp::now();
    let grant = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                organizations::hold(&mut rows, &id).await?;
                let grant = client_grants::hold(&mut rows, &body.grant_id).await?;
                if grant.organization_usage.unwrap_or_default() == OrganizationUsage::Deny {
                    return Err(not_for_organizations().into());
                }
                let added = rows.create_organization_client_grant(&id, &grant.id, now).await;
                added.map_err(|error| or_conflict(error, added_already()))?;
                if rows.count_organization_client_grants(&id, &ClientGrantFilter::default()).await? > GRANTS {
                    return Err(too_many().into());
                }
                record(&mut rows, "Add a client grant to an Organization", &caller, &id, &grant.id, now).await?;
                Answer::Ok(grant)
            })
        })
        .await?;
    Ok(Created(grant))
}

/// 204 also when it is gone: a deletion may be asked for again.
async fn delete(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, grant_id)): Ids<(String, String)>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                if rows.delete_organization_client_grant(&id, &grant_id).await? {
                    let what = "Remove a client grant from an Organization";
                    record(&mut rows, what, &caller, &id, &grant_id, now).await?;
                }
                Answer::Ok(NoContent)
            })
        })
        .await
}

fn not_for_organizations() -> ApiError {
    ApiError::invalid_body("The organization_usage of the client grant must be allow or require.")
}

fn added_already() -> ApiError {
    let message = "The organization has this client grant already.";
    ApiError::conflict(Some("organization_client_grant_conflict"), message)
}

fn too_many() -> ApiError {
    let message = format!("An organization has at most {GRANTS} client grants.");
    ApiError::conflict(Some("organization_client_grant_limit"), message)
}

async fn record(
    rows: &mut Rows<'_>,
    what: &str,
    caller: &Caller,
    organization_id: &str,
    grant_id: &str,
    now: Timestamp,
) -> Answer<()> {
    let event = caller.event(format!("{what}: {grant_id}"));
    Ok(rows.record_event(Event { organization_id: Some(organization_id.to_owned()), ..event }, now).await?)
}
