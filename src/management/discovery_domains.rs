//! `/organizations/{id}/discovery-domains`: e-mail domains that lead to an organization (contract §1.8).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, Sent, or_conflict, wrong};
use super::operation::{Operation, Routes};
use super::organizations::{hold, unknown_organization};
use super::paging::{CheckpointPaging, List, Listed};
use super::{Caller, Management};
use crate::model::discovery_domain::{CheckedDomain, DomainStatus, normal_domain, verification_host};
use crate::model::{ApiError, DiscoveryDomain, Timestamp, random_alphanumeric, random_bytes};
use crate::store::{Event, Rows};

/// Domains of one organization (contract §1.17).
const MOST: i64 = 100;

/// Of what a name server says, which may be anything.
const MOST_TOLD_TEXTS: usize = 10;
const LONGEST_TOLD_TEXT: usize = 255;

pub(super) fn routes() -> Routes {
    let list_path = "/organizations/{id}/discovery-domains";
    let path = "/organizations/{id}/discovery-domains/{discovery_domain_id}";
    Routes::new("discovery domains")
        .get(list_path, list, Operation::new("List discovery domains", &["read:organization_discovery_domains"]))
        .post(
            list_path,
            create,
            Operation::new("Create a discovery domain", &["create:organization_discovery_domains"]).refuses(&[409]),
        )
        .get(
            "/organizations/{id}/discovery-domains/name/{domain}",
            find_by_name,
            Operation::new("Get a discovery domain by name", &["read:organization_discovery_domains"]),
        )
        .get(path, find, Operation::new("Get a discovery domain", &["read:organization_discovery_domains"]))
        .patch(path, update, Operation::new("Change a discovery domain", &["update:organization_discovery_domains"]))
        .delete(path, delete, Operation::new("Delete a discovery domain", &["delete:organization_discovery_domains"]))
        .post(
            "/organizations/{id}/discovery-domains/{discovery_domain_id}/verify",
            verify,
            Operation::new("Look for a discovery domain's TXT record", &["update:organization_discovery_domains"])
                .refuses(&[503]),
        )
}

impl Listed for DiscoveryDomain {
    const KEY: &'static str = "domains";
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewDiscoveryDomain {
    /// What is not ASCII is kept in its `xn--` form.
    #[schemars(length(min = 3, max = 255), extend("format" = "idn-hostname"))]
    domain: String,
    status: Option<DomainStatus>,
    use_for_organization_discovery: Option<bool>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct DiscoveryDomainChange {
    status: Sent<DomainStatus>,
    use_for_organization_discovery: Sent<bool>,
}

async fn list(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<CheckpointPaging>,
) -> Answer<Json<List<DiscoveryDomain>>> {
    let wanted = paging.wanted(50)?.always_checkpoint();
    let mut rows = management.tenant.read().await?;
    if !rows.is_organization(&id).await? {
        return Err(unknown_organization().into());
    }
    let page = rows.list_discovery_domains(&id, &wanted.slice).await?;
    Ok(Json(wanted.answer(page, 0)))
}

async fn find(
    State(management): State<Arc<Management>>,
    Ids((id, domain_id)): Ids<(String, String)>,
) -> Answer<Json<DiscoveryDomain>> {
    let mut rows = management.tenant.read().await?;
    get(&mut rows, &id, &domain_id).await.map(Json)
}

async fn find_by_name(
    State(management): State<Arc<Management>>,
    Ids((id, domain)): Ids<(String, String)>,
) -> Answer<Json<DiscoveryDomain>> {
    let mut rows = management.tenant.read().await?;
    if !rows.is_organization(&id).await? {
        return Err(unknown_organization().into());
    }
    let domain = normal_domain(&domain).ok_or_else(unknown_domain)?;
    let found = rows.find_discovery_domain_by_name(&id, &domain).await?;
    Ok(Json(found.ok_or_else(unknown_domain)?))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(body): Body<NewDiscoveryDomain>,
) -> Answer<Created<DiscoveryDomain>> {
    let now = Timestamp::now();
    let domain = normal_domain(&body.domain).ok_or_else(|| wrong("domain", "String is not a domain name"))?;
    let new = DiscoveryDomain {
        id: format!("ord_{}", random_alphanumeric(22)),
        verification_host: verification_host(&id, &domain),
        domain,
        status: body.status.unwrap_or_default(),
        use_for_organization_discovery: body.use_for_organization_discovery.unwrap_or(true),
        verification_txt: random_bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let created = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                if rows.count_discovery_domains(&id).await? >= MOST {
                    let message = format!("An organization has at most {MOST} discovery domains.");
                    return Err(ApiError::new(403, Some("too_many_entities"), message).into());
                }
                let made = rows.create_discovery_domain(&id, &new, now).await;
                made.map_err(|error| or_conflict(error, taken()))?;
                record(&mut rows, "Create a discovery domain", &caller, (&id, &new), now).await?;
                Answer::Ok(new)
            })
        })
        .await?;
    Ok(Created(created))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, domain_id)): Ids<(String, String)>,
    Body(change): Body<DiscoveryDomainChange>,
) -> Answer<Json<DiscoveryDomain>> {
    change_domain(&management, caller, (id, domain_id), "Modify a discovery domain", change).await.map(Json)
}

/// 204 also when it is gone: a deletion may be asked for again.
async fn delete(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, domain_id)): Ids<(String, String)>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let found = rows.find_discovery_domain(&id, &domain_id).await?;
                if let Some(domain) = found
                    && rows.delete_discovery_domain(&id, &domain_id).await?
                {
                    record(&mut rows, "Delete a discovery domain", &caller, (&id, &domain), now).await?;
                }
                Answer::Ok(NoContent)
            })
        })
        .await
}

/// Our own call: asks the DNS for the TXT record and answers the domain as it is then, with what was found. What is
/// verified stays so.
async fn verify(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, domain_id)): Ids<(String, String)>,
) -> Answer<Json<CheckedDomain>> {
    let domain = {
        let mut rows = management.tenant.read().await?;
        get(&mut rows, &id, &domain_id).await?
    };
    if domain.status == DomainStatus::Verified {
        return Ok(Json(CheckedDomain { domain, txt_found: None }));
    }
    let texts = management.dns.txt(&domain.verification_host).await?;
    let is_there = texts.contains(&domain.verification_txt);
    let told = |text: String| text.chars().take(LONGEST_TOLD_TEXT).collect();
    let txt_found = Some(texts.into_iter().take(MOST_TOLD_TEXTS).map(told).collect());
    if !is_there {
        return Ok(Json(CheckedDomain { domain, txt_found }));
    }
    let change = DiscoveryDomainChange { status: Sent::Yes(DomainStatus::Verified), ..Default::default() };
    let changed = change_domain(&management, caller, (id, domain_id), "Verify a discovery domain", change).await?;
    Ok(Json(CheckedDomain { domain: changed, txt_found }))
}

async fn change_domain(
    management: &Management,
    caller: Caller,
    (id, domain_id): (String, String),
    what: &'static str,
    change: DiscoveryDomainChange,
) -> Answer<DiscoveryDomain> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                let mut domain = get(&mut rows, &id, &domain_id).await?;
                change.status.put(&mut domain.status);
                change.use_for_organization_discovery.put(&mut domain.use_for_organization_discovery);
                rows.update_discovery_domain(&domain).await?;
                record(&mut rows, what, &caller, (&id, &domain), now).await?;
                Answer::Ok(domain)
            })
        })
        .await
}

async fn get(rows: &mut Rows<'_>, organization_id: &str, id: &str) -> Answer<DiscoveryDomain> {
    if !rows.is_organization(organization_id).await? {
        return Err(unknown_organization().into());
    }
    Ok(rows.find_discovery_domain(organization_id, id).await?.ok_or_else(unknown_domain)?)
}

fn unknown_domain() -> ApiError {
    ApiError::not_found(None, "No discovery domain found by that id or name")
}

fn taken() -> ApiError {
    ApiError::conflict(Some("discovery_domain_conflict"), "The organization has this discovery domain already.")
}

async fn record(
    rows: &mut Rows<'_>,
    what: &str,
    caller: &Caller,
    (organization_id, domain): (&str, &DiscoveryDomain),
    now: Timestamp,
) -> Answer<()> {
    let event = Event {
        organization_id: Some(organization_id.to_owned()),
        ..caller.event(format!("{what}: {}", domain.domain))
    };
    Ok(rows.record_event(event, now).await?)
}
