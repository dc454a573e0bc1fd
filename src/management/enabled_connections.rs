//! `/organizations/{id}/enabled_connections`: the connections switched on for one organization (contract §1.4).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body, Created, Parameters};
use super::check::{Ids, Sent, Switch, or_refused, wrong};
use super::membership_guard::{self, MOST_ALLOWED};
use super::operation::{Operation, Routes};
use super::organizations::{hold, unknown_organization};
use super::paging::{List, Listed, Paging};
use super::precondition::{IfMatch, Tagged};
use super::schema::{IDENTIFIER, LINE};
use super::{Caller, Management};
use crate::config::MembershipGuard;
use crate::model::connection::{AccessLevel, ConnectionSummary};
use crate::model::{ApiError, EnabledConnection, OrganizationConnection, Timestamp};
use crate::store::{Event, Placed, Rows};

pub(super) fn routes() -> Routes {
    let (list_path, one) =
        ("/organizations/{id}/enabled_connections", "/organizations/{id}/enabled_connections/{connection_id}");
    Routes::new("organizations")
        .get(list_path, list, Operation::new("List enabled connections", &["read:organization_connections"]))
        .post(
            list_path,
            create,
            Operation::new("Enable a connection", &["create:organization_connections"]).refuses(&[409]),
        )
        .get(one, find, Operation::new("Get an enabled connection", &["read:organization_connections"]))
        .patch(
            one,
            update,
            Operation::new("Change an enabled connection", &["update:organization_connections"]).refuses(&[412]),
        )
        .delete(one, delete, Operation::new("Disable a connection", &["delete:organization_connections"]))
}

impl Listed for EnabledConnection {
    const KEY: &'static str = "enabled_connections";
}

/// Which connection to switch on; also a member of a new organization.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnableConnection {
    #[schemars(length(min = 1, max = 50), regex(pattern = IDENTIFIER))]
    connection_id: String,
    #[serde(flatten)]
    switches: Switches,
}

/// The switches of a connection in one organization; what is left out keeps its value or takes the default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Switches {
    assign_membership_on_login: Sent<Switch>,
    show_as_button: Sent<Switch>,
    is_signup_enabled: Sent<Switch>,
    /// Whose people auto-membership is for: domains, or tenant ids of Microsoft Entra (our extension). Empty:
    /// everybody's.
    #[schemars(length(max = MOST_ALLOWED), inner(length(min = 1, max = 253), regex(pattern = LINE)))]
    allowed_domains: Sent<Vec<String>>,
}

/// Switches that are left out stay.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SwitchChange {
    #[serde(flatten)]
    switches: Switches,
}

async fn list(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(paging): Parameters<Paging>,
) -> Answer<Json<List<EnabledConnection>>> {
    let wanted = paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    rows.find_organization(&id).await?.ok_or_else(unknown_organization)?;
    let page = rows.list_organization_connections(&id, Some(true), &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_organization_connections(&id, Some(true)).await? } else { 0 };
    let view = |row: Placed<OrganizationConnection>| row.map(|connection| connection.switches);
    Ok(Json(wanted.answer(page.into_iter().map(view).collect(), total)))
}

async fn find(
    State(management): State<Arc<Management>>,
    Ids((id, connection_id)): Ids<(String, String)>,
) -> Answer<Tagged<EnabledConnection>> {
    let mut rows = management.tenant.read().await?;
    rows.find_organization(&id).await?.ok_or_else(unknown_organization)?;
    let found = find_enabled(&mut rows, &id, &connection_id).await?;
    Ok(Tagged(found.ok_or_else(not_there)?.switches))
}

async fn create(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(wish): Body<EnableConnection>,
) -> Answer<Created<EnabledConnection>> {
    let (rules, now) = (Rules::of(&management), Timestamp::now());
    let enabled = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                enable(&mut rows, &caller, &id, wish, rules, now).await
            })
        })
        .await?;
    Ok(Created(enabled))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, connection_id)): Ids<(String, String)>,
    if_match: IfMatch,
    Body(change): Body<SwitchChange>,
) -> Answer<Json<EnabledConnection>> {
    let (rules, now) = (Rules::of(&management), Timestamp::now());
    let changed = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                let found = find_enabled(&mut rows, &id, &connection_id).await?;
                let mut connection = found.ok_or_else(not_there)?;
                if_match.check(&connection.switches)?;
                let was_open = connection.switches.membership_open;
                change.switches.apply(&mut connection.switches)?;
                write(&mut rows, &caller, &id, &mut connection, (rules, was_open), now).await?;
                Answer::Ok(connection.switches)
            })
        })
        .await?;
    Ok(Json(changed))
}

/// 204 also when it was not enabled: a deletion may be asked for again.
async fn delete(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((id, connection_id)): Ids<(String, String)>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                if find_enabled(&mut rows, &id, &connection_id).await?.is_some() {
                    remove(&mut rows, &caller, &id, &connection_id, now).await?;
                }
                Answer::Ok(NoContent)
            })
        })
        .await
}

/// One that is switched off is not in this view.
async fn find_enabled(
    rows: &mut Rows<'_>,
    organization_id: &str,
    connection_id: &str,
) -> Answer<Option<OrganizationConnection>> {
    let found = rows.find_organization_connection(organization_id, connection_id).await?;
    Ok(found.filter(|connection| connection.is_enabled))
}

/// Switches a connection on for an organization that this transaction holds; also one that is there, switched off.
///
/// # Errors
/// As [`add`].
pub(super) async fn enable(
    rows: &mut Rows<'_>,
    caller: &Caller,
    organization_id: &str,
    wish: EnableConnection,
    rules: Rules,
    now: Timestamp,
) -> Answer<EnabledConnection> {
    let mut connection = described(rows, &wish.connection_id).await?;
    wish.switches.apply(&mut connection.switches)?;
    let there = rows.find_organization_connection(organization_id, &wish.connection_id).await?;
    match there.filter(|there| !there.is_enabled) {
        Some(there) => {
            connection.organization_connection_name = there.organization_connection_name;
            connection.organization_access_level = there.organization_access_level;
            check_signup(&mut connection.switches)?;
            guard(rows, caller, organization_id, &connection.switches, (rules, false), now).await?;
            rows.update_organization_connection(organization_id, &connection).await?;
            record(rows, ADDED, caller, organization_id, &wish.connection_id, now).await?;
        }
        None => add(rows, caller, organization_id, &mut connection, rules, now).await?,
    }
    Ok(connection.switches)
}

/// A connection as an organization gets it when nothing else is said.
///
/// # Errors
/// 400 when there is none.
pub(super) async fn described(rows: &mut Rows<'_>, connection_id: &str) -> Answer<OrganizationConnection> {
    let found = rows.find_connection(connection_id).await?;
    let connection = found.ok_or_else(unknown_connection)?;
    let is_for_anyone =
        connection.strategy.is_for_anyone(&connection.options) || rows.takes_sign_ups(connection_id).await?;
    Ok(OrganizationConnection {
        switches: EnabledConnection {
            connection_id: connection.id,
            assign_membership_on_login: false,
            show_as_button: true,
            is_signup_enabled: None,
            allowed_domains: Vec::new(),
            membership_open: false,
            connection: ConnectionSummary { name: connection.name, strategy: connection.strategy },
            is_for_anyone,
        },
        organization_connection_name: None,
        organization_access_level: AccessLevel::None,
        is_enabled: true,
    })
}

/// Gives an organization, which this transaction holds, a connection.
///
/// # Errors
/// 400 for switches that do not go together, 409 when it has it already, 403 when it has the most connections it
/// may have; as [`guard`].
pub(super) async fn add(
    rows: &mut Rows<'_>,
    caller: &Caller,
    organization_id: &str,
    connection: &mut OrganizationConnection,
    rules: Rules,
    now: Timestamp,
) -> Answer<()> {
    check_signup(&mut connection.switches)?;
    guard(rows, caller, organization_id, &connection.switches, (rules, false), now).await?;
    let connection_id = &connection.switches.connection_id;
    let there = rows.find_organization_connection(organization_id, connection_id).await?;
    let most = rules.most_connections;
    if there.is_none() && rows.count_organization_connections(organization_id, None).await? >= most {
        let message = format!("The organization has {most} connections, the most it may have.");
        return Err(ApiError::new(403, Some("too_many_entities"), message).into());
    }
    rows.create_organization_connection(organization_id, connection, now)
        .await
        .map_err(|error| or_refused(error, there_already(), unknown_connection()))?;
    record(rows, ADDED, caller, organization_id, connection_id, now).await
}

/// Writes what was changed.
///
/// # Errors
/// 400 for switches that do not go together; as [`guard`].
pub(super) async fn write(
    rows: &mut Rows<'_>,
    caller: &Caller,
    organization_id: &str,
    connection: &mut OrganizationConnection,
    (rules, was_open): (Rules, bool),
    now: Timestamp,
) -> Answer<()> {
    check_signup(&mut connection.switches)?;
    guard(rows, caller, organization_id, &connection.switches, (rules, was_open), now).await?;
    rows.update_organization_connection(organization_id, connection).await?;
    let what = "Modify an Organization Connection";
    record(rows, what, caller, organization_id, &connection.switches.connection_id, now).await
}

/// Takes a connection from an organization; nothing happens when it does not have it.
pub(super) async fn remove(
    rows: &mut Rows<'_>,
    caller: &Caller,
    organization_id: &str,
    connection_id: &str,
    now: Timestamp,
) -> Answer<()> {
    if rows.delete_organization_connection(organization_id, connection_id).await? {
        let what = "Delete Connections from an Organization";
        record(rows, what, caller, organization_id, connection_id, now).await?;
    }
    Ok(())
}

impl Switches {
    /// # Errors
    /// 400 for what is neither a domain nor a tenant's id.
    pub(super) fn apply(self, enabled: &mut EnabledConnection) -> Result<(), ApiError> {
        enabled.assign_membership_on_login =
            self.assign_membership_on_login.is_on_or(enabled.assign_membership_on_login);
        enabled.show_as_button = self.show_as_button.is_on_or(enabled.show_as_button);
        enabled.is_signup_enabled = Some(self.is_signup_enabled.is_on_or(enabled.is_signup_enabled.unwrap_or(false)));
        if let Sent::Yes(allowed) = self.allowed_domains {
            enabled.allowed_domains = membership_guard::normal(&allowed)?;
        }
        Ok(())
    }
}

/// What the settings say of the connections of an organization.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    most_connections: i64,
    guard: MembershipGuard,
}

impl Rules {
    pub(super) fn of(management: &Management) -> Self {
        let settings = &management.settings;
        Self { most_connections: settings.max_connections_per_organization, guard: settings.membership_guard }
    }
}

/// Auto-membership that lets anyone in is told to whoever reads the log, or refused.
///
/// # Errors
/// 400 `membership_guard`, where the setting says so.
async fn guard(
    rows: &mut Rows<'_>,
    caller: &Caller,
    organization_id: &str,
    switches: &EnabledConnection,
    (rules, was_open): (Rules, bool),
    now: Timestamp,
) -> Answer<()> {
    if !switches.membership_open || was_open {
        return Ok(());
    }
    if rules.guard == MembershipGuard::Refuse {
        return Err(ApiError::new(400, Some("membership_guard"), membership_guard::REFUSED).into());
    }
    let event = Event { kind: "w", ..caller.event(membership_guard::WARNING) };
    let (connection_id, organization_id) = (switches.connection_id.clone(), organization_id.to_owned());
    let place = Event { connection_id: Some(connection_id), organization_id: Some(organization_id), ..event };
    Ok(rows.record_event(place, now).await?)
}

/// Sign-up needs a database and auto-membership; enterprise connections leave the switch out (contract §1.4).
fn check_signup(enabled: &mut EnabledConnection) -> Result<(), ApiError> {
    let database = enabled.connection.strategy.is_database();
    let signup = enabled.is_signup_enabled.unwrap_or(false);
    if signup && !(database && enabled.assign_membership_on_login) {
        return Err(ApiError::invalid_body(
            "Only database connections with assign_membership_on_login = true support is_signup_enabled = true.",
        ));
    }
    enabled.is_signup_enabled = database.then_some(signup);
    *enabled = enabled.clone().settle();
    Ok(())
}

fn unknown_connection() -> ApiError {
    wrong("connection_id", "No connection found by that id")
}

pub(super) fn not_there() -> ApiError {
    ApiError::not_found(None, "No connection found by that id")
}

fn there_already() -> ApiError {
    let message = "The connection is already enabled for this organization.";
    ApiError::conflict(Some("organization_connection_conflict"), message)
}

const ADDED: &str = "Add Connections to an Organization";

async fn record(
    rows: &mut Rows<'_>,
    what: &str,
    caller: &Caller,
    organization_id: &str,
    connection_id: &str,
    now: Timestamp,
) -> Answer<()> {
    let event = Event {
        connection_id: Some(connection_id.to_owned()),
        organization_id: Some(organization_id.to_owned()),
        ..caller.event(what)
    };
    Ok(rows.record_event(event, now).await?)
}
