//! Organizations by what is theirs: a connection that is enabled, a discovery domain (our extensions).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::answer::{Answer, Parameters};
use super::check::{Ids, wrong_path};
use super::connections::unknown_connection;
use super::operation::{Operation, Routes};
use super::organizations::shown;
use super::paging::{CheckpointPaging, List};
use super::{Caller, Management};
use crate::model::Organization;
use crate::model::discovery_domain::normal_domain;

pub(super) fn routes() -> Routes {
    Routes::new("organizations")
        .get(
            "/connections/{id}/organizations",
            list_of_connection,
            Operation::new("List the organizations of a connection", &["read:organization_connections"]),
        )
        .get(
            "/organizations/domain/{domain}",
            list_of_domain,
            Operation::new("List the organizations of a domain", &["read:organization_discovery_domains"]),
        )
}

async fn list_of_connection(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<Organization>>> {
    let wanted = paging.wanted_in("id", 50)?.always_checkpoint();
    let mut rows = management.tenant.read().await?;
    rows.find_connection(&id).await?.ok_or_else(unknown_connection)?;
    let page = rows.list_organizations_of_connection(&id, &wanted.slice).await?;
    Ok(Json(wanted.answer(shown(&caller, page), 0)))
}

/// Also of a domain that is not verified.
async fn list_of_domain(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(domain): Ids<String>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<Organization>>> {
    let wanted = paging.wanted_in("id", 50)?.always_checkpoint();
    let domain = normal_domain(&domain).ok_or_else(|| wrong_path("String is no domain"))?;
    let page = management.tenant.read().await?.list_organizations_with_domain(&domain, &wanted.slice).await?;
    Ok(Json(wanted.answer(shown(&caller, page), 0)))
}
