//! What is left to do before somebody can sign in: shown until it is done.

use serde_json::Value;

use super::error::DashboardError;
use crate::management_client::Administration;
use crate::model::application::DASHBOARD;
use crate::model::{Application, Organization};

/// Organizations and applications that are looked at; who has more has begun long ago.
const LOOKED_AT: u64 = 10;

pub(super) struct Step {
    pub(super) label: &'static str,
    pub(super) href: &'static str,
    pub(super) is_done: bool,
}

/// Every step, or none of them once all are done.
pub(super) async fn first_steps(api: &Administration, organizations: u64) -> Result<Vec<Step>, DashboardError> {
    let step = |label, href, is_done| Step { label, href, is_done };
    let steps = vec![
        step("Make an organization", "/dashboard/organizations/new", organizations > 0),
        step("Enable a connection for it", "/dashboard/organizations", has_a_way_in(api, organizations).await?),
        step("Register an application", "/dashboard/applications", has_an_application(api).await?),
    ];
    Ok(if steps.iter().all(|step| step.is_done) { Vec::new() } else { steps })
}

async fn has_a_way_in(api: &Administration, organizations: u64) -> Result<bool, DashboardError> {
    if organizations > LOOKED_AT {
        return Ok(true);
    }
    let all: Vec<Organization> = api.get(&format!("/api/v2/organizations?per_page={LOOKED_AT}")).await?;
    for organization in all {
        let enabled = format!("/api/v2/organizations/{}/enabled_connections?per_page=1", organization.id);
        if !api.get::<Vec<Value>>(&enabled).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One that people come from; the dashboard is none.
async fn has_an_application(api: &Administration) -> Result<bool, DashboardError> {
    let all: Vec<Application> = api.get(&format!("/api/v2/clients?per_page={LOOKED_AT}")).await?;
    Ok(all.len() as u64 == LOOKED_AT || all.iter().any(|it| it.client_id != DASHBOARD && !it.callbacks.is_empty()))
}
