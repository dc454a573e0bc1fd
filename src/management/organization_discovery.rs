//! `/logins/discoveries`: where an e-mail domain or a connection leads. A gateway is told one organization or that
//! there are several; which, only with a code that was sent to an address of the domain.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Management;
use super::answer::{Answer, Body, Failure, Parameters};
use super::caller::GATEWAY_SCOPE;
use super::operation::{Operation, Routes};
use crate::model::discovery_domain::normal_domain;
use crate::model::email_address::domain_of_address;
use crate::model::login::{ChallengePurpose, Discovery, DiscoveryProof, refusal};
use crate::model::{ApiError, LINE, Timestamp};
use crate::store::{Rows, StoreError, StoredChallenge};

/// Enough to tell one from several.
const SEVERAL: i64 = 2;

/// Organizations of one domain that its people are told.
const MOST: i64 = 100;

pub(super) fn routes() -> Routes {
    let path = "/logins/discoveries";
    Routes::new("logins")
        .get(path, find, Operation::new("Find where a domain or a connection leads", &[GATEWAY_SCOPE]))
        .post(path, prove, Operation::new("List the organizations of a proved address", &[GATEWAY_SCOPE]))
}

#[derive(Deserialize, JsonSchema)]
struct Asked {
    /// An e-mail domain.
    #[schemars(length(max = 255), regex(pattern = LINE))]
    domain: Option<String>,
    /// A connection, for the organizations that whoever comes through it becomes a member of.
    #[schemars(length(max = 50), regex(pattern = LINE))]
    connection_id: Option<String>,
    /// The client that the organizations must let be used.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    client_id: String,
}

async fn find(
    State(management): State<Arc<Management>>,
    Parameters(asked): Parameters<Asked>,
) -> Answer<Json<Discovery>> {
    let mut rows = management.tenant.read().await?;
    let mut found = Discovery::default();
    if let Some(connection_id) = &asked.connection_id {
        found.organizations = rows.list_organizations_joined_by(connection_id, &asked.client_id, SEVERAL).await?;
    }
    if let Some(domain) = asked.domain.as_deref().and_then(normal_domain) {
        found.organizations = rows.list_organizations_of_domain(&domain, &asked.client_id, SEVERAL).await?;
        let client = rows.find_client(&asked.client_id).await?;
        if client.is_some_and(|client| client.chooses_after_sign_in()) {
            found.connection_id = connection_of(&mut rows, &domain).await?;
        }
    }
    Ok(Json(found))
}

/// The oldest open connection of any organization that the domain leads to.
async fn connection_of(rows: &mut Rows<'_>, domain: &str) -> Result<Option<String>, StoreError> {
    for id in rows.list_enabled_connections_of_domain(domain).await? {
        if rows.find_connection(&id).await?.is_some_and(|connection| connection.is_open()) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

async fn prove(
    State(management): State<Arc<Management>>,
    Body(proof): Body<DiscoveryProof>,
) -> Answer<Json<Discovery>> {
    let now = Timestamp::now();
    let found = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                // What is answered here is no error: a try counts also when it is wrong.
                let tried = rows.try_challenge(&proof.challenge, &proof.code, now).await?;
                let is_right = |challenge: &StoredChallenge| {
                    challenge.purpose == ChallengePurpose::Discovery && challenge.client_id == proof.client_id
                };
                let Some(challenge) = tried.filter(is_right) else { return Ok(None) };
                if !rows.delete_challenge(&challenge.id).await? {
                    return Ok(None);
                }
                let organizations = match domain_of_address(&challenge.email) {
                    Some(domain) => rows.list_organizations_of_domain(&domain, &proof.client_id, MOST).await?,
                    None => Vec::new(),
                };
                Ok::<_, Failure>(Some(Discovery { organizations, connection_id: None }))
            })
        })
        .await?;
    let wrong = || ApiError::new(403, Some(refusal::WRONG_CODE), "The code is wrong, used up or too old.");
    Ok(Json(found.ok_or_else(wrong)?))
}
