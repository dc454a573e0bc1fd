//! `/clients`: the applications (contract §1.12).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Created, Parameters};
use super::check::Ids;
use super::client_settings::{ClientChange, NewClient, new_client_secret};
use super::operation::{Operation, Routes};
use super::organizations::unknown_organization;
use super::paging::{CheckpointPaging, Fields, List, Listed, Selected};
use super::precondition::{IfMatch, Tagged};
use super::schema::LINE;
use super::{Caller, GATEWAY_SCOPE, Management};
use crate::model::application::DASHBOARD;
use crate::model::{ApiError, Application, Timestamp};
use crate::store::{ClientFilter, ClientGrantFilter, Rows, Slice};

pub(super) fn routes() -> Routes {
    let readers = &["read:clients", "read:client_keys"];
    Routes::new("clients")
        .get("/clients", list, Operation::new("List clients", readers))
        .post("/clients", create, Operation::new("Create a client", &["create:clients"]).refuses(&[404]))
        .get("/clients/{client_id}", find, Operation::new("Get a client", readers))
        .patch("/clients/{client_id}", update, Operation::new("Change a client", &["update:clients"]).refuses(&[412]))
        .delete("/clients/{client_id}", delete, Operation::new("Delete a client", &["delete:clients"]))
        .post(
            "/clients/{client_id}/rotate-secret",
            rotate_secret,
            Operation::new("Give a client a new secret", &["update:client_keys"]),
        )
}

/// A client with what the contract tells of it and what is the same for all of ours.
#[derive(Serialize, JsonSchema)]
pub(super) struct Client {
    #[serde(flatten)]
    application: Application,
    global: bool,
    cross_origin_authentication: bool,
    custom_login_page_on: bool,
    is_token_endpoint_ip_header_trusted: bool,
    sso_disabled: bool,
}

impl Listed for Client {
    const KEY: &'static str = "clients";
}

impl Client {
    /// The lifetime of its ID tokens is told also where the application leaves it to the settings.
    fn of(mut application: Application, management: &Management) -> Self {
        if let Some(jwt) = &mut application.jwt_configuration {
            jwt.lifetime_in_seconds.get_or_insert(management.tokens.id_token_seconds);
        }
        Self {
            application,
            global: false,
            cross_origin_authentication: false,
            custom_login_page_on: true,
            is_token_endpoint_ip_header_trusted: false,
            sso_disabled: false,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct ListParameters {
    #[serde(flatten)]
    paging: CheckpointPaging,
    #[serde(flatten)]
    fields: Fields,
    /// Types separated by commas.
    #[schemars(length(min = 1, max = 300), regex(pattern = "^[a-z0-9_]+(,[a-z0-9_]+)*$"))]
    app_type: Option<String>,
    is_first_party: Option<bool>,
    is_global: Option<bool>,
    /// Only those whose name holds this text, in any case (our extension, as roles have it).
    #[schemars(length(max = 255), regex(pattern = LINE))]
    name_filter: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct FindParameters {
    #[serde(flatten)]
    fields: Fields,
}

async fn list(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Answer<Json<List<Selected<Client>>>> {
    let wanted = parameters.paging.wanted(50)?;
    // Every client is first-party, and none stands for the whole tenant.
    if parameters.is_first_party == Some(false) || parameters.is_global == Some(true) {
        return Ok(Json(wanted.answer(Vec::new(), 0)));
    }
    let filter = ClientFilter {
        app_types: parameters.app_type.iter().flat_map(|types| types.split(',')).map(Into::into).collect(),
        part_of_name: parameters.name_filter,
    };
    let mut rows = management.tenant.read().await?;
    let mut page = rows.list_clients(&filter, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_clients(&filter).await? } else { 0 };
    let ids: Vec<String> = page.iter().map(|row| row.item.client_id.clone()).collect();
    let gateways = rows.list_clients_with_scope(&ids, GATEWAY_SCOPE).await?;
    for row in &mut page {
        withhold(&caller, gateways.contains(&row.item.client_id), &mut row.item);
    }
    let page = page.into_iter().map(|row| row.map(|application| Client::of(application, &management))).collect();
    Ok(Json(wanted.answer(parameters.fields.select_all(page)?, total)))
}

async fn find(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(client_id): Ids<String>,
    Parameters(FindParameters { fields }): Parameters<FindParameters>,
) -> Answer<Tagged<Selected<Client>>> {
    let mut rows = management.tenant.read().await?;
    let application = rows.find_client(&client_id).await?.ok_or_else(inexistent_client)?;
    Ok(Tagged(fields.select(&read_by(&caller, &management, &mut rows, application).await?)?))
}

/// The application as this caller reads it.
async fn read_by(
    caller: &Caller,
    management: &Management,
    rows: &mut Rows<'_>,
    mut application: Application,
) -> Answer<Client> {
    let is_gateways = rows.client_holds_scope(&application.client_id, GATEWAY_SCOPE).await?;
    withhold(caller, is_gateways, &mut application);
    Ok(Client::of(application, management))
}

/// The answer tells the secret: its one moment for a caller without `read:client_keys`.
async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(body): Body<NewClient>,
) -> Answer<Created<Client>> {
    let application = body.create()?;
    let now = Timestamp::now();
    let created = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                check_default_organization(&mut rows, &application).await?;
                rows.create_client(&application, now).await?;
                record(&mut rows, "Create a Client", &caller, &application.client_id, now).await?;
                Answer::Ok(application)
            })
        })
        .await?;
    Ok(Created(Client::of(created, &management)))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(client_id): Ids<String>,
    if_match: IfMatch,
    Body(change): Body<ClientChange>,
) -> Answer<Json<Client>> {
    let now = Timestamp::now();
    let (by, reading) = (caller.clone(), management.clone());
    let mut changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut application = hold(&mut rows, &client_id).await?;
                let seen = read_by(&by, &reading, &mut rows, application.clone()).await?;
                if_match.check(&Fields::default().select(&seen)?)?;
                let was = application.default_organization.clone();
                change.apply(&mut application)?;
                if application.default_organization != was {
                    check_default_organization(&mut rows, &application).await?;
                }
                rows.update_client(&application).await?;
                record(&mut rows, "Update a Client", &by, &client_id, now).await?;
                Answer::Ok(application)
            })
        })
        .await?;
    withhold(&caller, false, &mut changed);
    Ok(Json(Client::of(changed, &management)))
}

/// 204 also when it is gone: a deletion may be asked for again.
async fn delete(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(client_id): Ids<String>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                refuse_dashboard(&client_id)?;
                if rows.delete_client(&client_id).await? {
                    record(&mut rows, "Delete a Client", &caller, &client_id, now).await?;
                }
                Answer::Ok(NoContent)
            })
        })
        .await
}

async fn rotate_secret(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(client_id): Ids<String>,
) -> Answer<Json<Client>> {
    let (shared, now) = (management.clone(), Timestamp::now());
    let rotated = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut application = hold(&mut rows, &client_id).await?;
                check_held(&shared, &mut rows, &caller, &client_id).await?;
                if application.is_public() {
                    let message = "The client has no secret: its token_endpoint_auth_method is none.";
                    return Err(ApiError::new(400, Some("operation_not_supported"), message).into());
                }
                application.client_secret = Some(new_client_secret());
                rows.update_client(&application).await?;
                record(&mut rows, "Rotate a Client Secret", &caller, &client_id, now).await?;
                Answer::Ok(application)
            })
        })
        .await?;
    Ok(Json(Client::of(rotated, &management)))
}

/// The client, kept to this transaction, unless it is a gateway's: what makes it a gateway is given on the
/// management host, so nothing here may hand its credentials to someone else (design §5.3).
///
/// # Errors
/// 404 when there is none, 403 when it is a gateway's or the dashboard.
async fn hold(rows: &mut Rows<'_>, client_id: &str) -> Answer<Application> {
    refuse_dashboard(client_id)?;
    rows.hold_client(client_id).await?;
    let application = rows.find_client(client_id).await?.ok_or_else(inexistent_client)?;
    if rows.client_holds_scope(client_id, GATEWAY_SCOPE).await? {
        let message = "This client is a gateway's: it is changed on the management host only.";
        return Err(ApiError::new(403, Some("operation_not_supported"), message).into());
    }
    Ok(application)
}

/// A new secret is told, so it is given only to who may do all that the client may do here.
async fn check_held(management: &Management, rows: &mut Rows<'_>, caller: &Caller, client_id: &str) -> Answer<()> {
    let (client_id, audience) = (Some(client_id.to_owned()), Some(management.audience.clone()));
    let filter = ClientGrantFilter { client_id, audience, ..ClientGrantFilter::default() };
    let held = rows.list_client_grants(&filter, &Slice { after: None, skip: 0, most: 1 }).await?;
    match held.iter().flat_map(|grant| &grant.item.scope).all(|scope| caller.may(scope)) {
        true => Ok(()),
        false => {
            let message = "This client may do more in this API than you may; its secret is not yours to have.";
            Err(ApiError::new(403, Some("operation_not_supported"), message).into())
        }
    }
}

/// The dashboard is what the server made it: whoever could change where its codes go would be an administrator.
fn refuse_dashboard(client_id: &str) -> Answer<()> {
    if client_id != DASHBOARD {
        return Ok(());
    }
    let message = "This client is the dashboard: the server itself sees to it.";
    Err(ApiError::new(403, Some("operation_not_supported"), message).into())
}

/// # Errors
/// 404 when the application's default organization does not exist.
async fn check_default_organization(rows: &mut Rows<'_>, application: &Application) -> Answer<()> {
    match &application.default_organization {
        Some(default) if !rows.is_organization(&default.organization_id).await? => Err(unknown_organization().into()),
        _ => Ok(()),
    }
}

/// Takes the secret out, unless the caller may see it; a gateway's is told to gateways only.
fn withhold(caller: &Caller, is_gateways: bool, application: &mut Application) {
    if !caller.may("read:client_keys") || (is_gateways && !caller.is_gateway()) {
        application.client_secret = None;
    }
}

pub(super) fn inexistent_client() -> ApiError {
    ApiError::not_found(Some("inexistent_client"), "The client does not exist")
}

/// The event's client is the one who asks; the description names the one it was done to.
pub(super) async fn record(
    rows: &mut Rows<'_>,
    what: &str,
    caller: &Caller,
    client_id: &str,
    now: Timestamp,
) -> Answer<()> {
    let event = caller.event(format!("{what}: {client_id}"));
    Ok(rows.record_event(event, now).await?)
}
