//! The first administrator: a link that the host tells once, and the account that is made with it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};
use url::Url;

use super::answer::{Answer, Body, Failure};
use super::caller::GATEWAY_SCOPE;
use super::check::{email, wrong};
use super::operation::{Operation, Routes};
use super::sign_up::{Account, Asked};
use super::tickets::{NewTicket, link, ticket_ended};
use super::user_body::new_database_user;
use super::{Management, password_changes};
use crate::error::Fault;
use crate::model::application::{DASHBOARD, TokenEndpointAuthMethod};
use crate::model::role::ManagementAccess;
use crate::model::ticket::{SetUp, TicketPurpose};
use crate::model::user::Profile;
use crate::model::{
    ApiError, Application, Connection, OrganizationUsage, Role, Strategy, Timestamp, User, new_id, random_alphanumeric,
    sha256,
};
use crate::store::{Event, Rows, StoreError, StoredUser, Tenant, TicketSettings};

/// How long a link is open.
const SECONDS: i64 = 3600;
/// The page that it is for.
const PAGE: &str = "dashboard/setup";
/// The database of those who sign in to the dashboard with a password.
const CONNECTION: &str = "administrators";

pub(super) fn routes() -> Routes {
    let operation = Operation::new("Make the first administrator", &[GATEWAY_SCOPE]).refuses(&[409, 503]);
    Routes::new("logins").post("/logins/setups", set_up, operation)
}

/// A link that makes an administrator, within an hour and once. Only the management host makes one; the log names
/// who asked.
///
/// # Errors
/// When the database cannot be written.
pub async fn make_link(tenant: &Tenant, public_url: &Url, by: &'static str) -> Result<String, Fault> {
    let now = Timestamp::now();
    let page = public_url.join(PAGE).map_err(|error| Fault::new("server.public_url", error))?;
    let settings = TicketSettings::default();
    let new = NewTicket { purpose: TicketPurpose::Setup, user_id: None, email: None, settings };
    let written = tenant.write(move |mut rows| {
        Box::pin(async move {
            let ticket = new.create(&mut rows, now, now.plus_seconds(SECONDS)).await?;
            rows.record_event(Event::by(by, "Make a setup link"), now).await?;
            Ok::<_, StoreError>(ticket)
        })
    });
    let ticket = written.await.map_err(|error| Fault::new("making a setup link", error))?;
    Ok(link(page.as_str(), &ticket))
}

/// Keeps the dashboard where the server is: its one callback follows `server.public_url`.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn follow(tenant: &Tenant, public_url: &Url) -> Result<(), Fault> {
    let wanted = application(public_url);
    let written = async {
        match tenant.read().await?.find_client(DASHBOARD).await? {
            Some(known) if known.callbacks != wanted.callbacks => {
                tenant.write(move |mut rows| Box::pin(async move { rows.update_client(&wanted).await })).await
            }
            _ => Ok(()),
        }
    };
    written.await.map_err(|error: StoreError| Fault::new("the dashboard's application", error))
}

/// Makes the dashboard's application, connection and roles where they are missing, and the account, all or nothing. The
/// ticket is used up, and with it every other.
async fn set_up(State(management): State<Arc<Management>>, Body(body): Body<SetUp>) -> Answer<Json<User>> {
    let now = Timestamp::now();
    let hash = sha256(&body.ticket);
    let open = management.tenant.read().await?.find_ticket(&hash, TicketPurpose::Setup, now).await?;
    open.ok_or_else(ticket_ended)?;
    let address = email(&body.email).ok_or_else(|| wrong("email", "String is no e-mail address"))?;
    let asked = Asked {
        email: &address,
        username: None,
        password: &body.password,
        personal: &[],
        client_address: body.client_address.as_deref(),
    };
    let password_hash = asked.check_and_hash(&management, &connection(), now).await?;
    let public_url = management.public_url.clone();
    let user = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                // In one statement, so that two at once wait for each other in one order.
                let taken = rows.take_tickets_for(TicketPurpose::Setup, now).await?;
                if !taken.contains(&hash) {
                    return Err(ticket_ended().into());
                }
                let connection_id = furnish(&mut rows, &public_url, now).await?;
                let stored = account(&mut rows, &connection_id, (address, password_hash), now).await?;
                let user_id = stored.user.user_id.clone();
                let full = role(&mut rows, ManagementAccess::Full, now).await?;
                role(&mut rows, ManagementAccess::Read, now).await?;
                rows.create_user_role(&user_id, &full, now).await?;
                let event = Event {
                    description: "Set up the dashboard".to_owned(),
                    client_id: Some(DASHBOARD.to_owned()),
                    connection_id: Some(connection_id),
                    user_id: Some(user_id),
                    kind: "ss",
                    ..Event::default()
                };
                rows.record_event(event, now).await?;
                Ok::<_, Failure>(stored.user)
            })
        })
        .await?;
    Ok(Json(user))
}

/// The dashboard's application and the connection of its administrators, whose id is answered.
async fn furnish(rows: &mut Rows<'_>, public_url: &Url, now: Timestamp) -> Answer<String> {
    if !rows.hold_client(DASHBOARD).await? {
        rows.create_client(&application(public_url), now).await?;
    }
    let id = match rows.find_connection_by_name(CONNECTION).await? {
        Some(found) if found.strategy.is_database() => found.id,
        Some(_) => {
            let message = "There is a connection called administrators that keeps no passwords; rename or delete it.";
            return Err(ApiError::conflict(Some("connection_conflict"), message).into());
        }
        None => {
            let new = connection();
            rows.create_connection(&new, now).await?;
            new.id
        }
    };
    rows.create_connection_client(&id, DASHBOARD).await?;
    Ok(id)
}

/// The account of this address, with this password. Who has the host's link needs no other proof that it is theirs; for
/// an administrator who lost the password it is the way back in.
async fn account(
    rows: &mut Rows<'_>,
    connection_id: &str,
    (address, hash): (String, String),
    now: Timestamp,
) -> Answer<StoredUser> {
    if let Some(mut stored) = rows.find_user_by_identifier(connection_id, &address).await? {
        (stored.user.blocked, stored.user.email_verified) = (false, true);
        password_changes::set(rows, &mut stored, hash, now).await?;
        rows.update_user(&stored).await?;
        return Ok(stored);
    }
    let new = Account {
        email: address,
        email_verified: true,
        username: None,
        hash,
        profile: Profile::default(),
        user_metadata: Map::new(),
    };
    let user_id = new_database_user(connection_id).user_id;
    let taken = || ApiError::conflict(Some("user_exists"), "The address has an account already.");
    Ok(new.create(rows, connection_id, &user_id, now).await?.ok_or_else(taken)?)
}

/// The id of the role that has this access.
async fn role(rows: &mut Rows<'_>, access: ManagementAccess, now: Timestamp) -> Answer<String> {
    let all = rows.list_administrator_roles().await?;
    if let Some(found) = all.into_iter().find(|role| role.management_access == Some(access)) {
        return Ok(found.id);
    }
    let (name, description) = match access {
        ManagementAccess::Full => ("Administrator", "Changes everything in the dashboard"),
        ManagementAccess::Read => ("Read-only administrator", "Looks at everything in the dashboard"),
    };
    let role = Role {
        id: new_id("rol"),
        name: free_name(rows, name).await?,
        description: Some(description.to_owned()),
        management_access: Some(access),
    };
    rows.create_role(&role, now).await?;
    Ok(role.id)
}

/// The name, or what is like it where another role has it.
async fn free_name(rows: &mut Rows<'_>, name: &str) -> Answer<String> {
    let others = [name.to_owned(), format!("{name} (dashboard)"), format!("{name} {}", random_alphanumeric(8))];
    for other in others {
        if !rows.is_role_name(&other).await? {
            return Ok(other);
        }
    }
    Err(ApiError::conflict(Some("role_conflict"), "There are roles of every name that this one could have.").into())
}

/// A public client: what protects its codes is PKCE, and that they lead to its one callback.
fn application(public_url: &Url) -> Application {
    let at = |path: &str| public_url.join(path).map(String::from).unwrap_or_default();
    Application {
        description: Some("The dashboard of this server".to_owned()),
        app_type: Some("regular_web".to_owned()),
        callbacks: vec![at("dashboard/callback")],
        allowed_logout_urls: vec![at("dashboard/signed-out")],
        grant_types: vec!["authorization_code".to_owned()],
        organization_usage: Some(OrganizationUsage::Deny),
        ..Application::new(DASHBOARD, "Dashboard", TokenEndpointAuthMethod::None)
    }
}

fn connection() -> Connection {
    Connection {
        id: new_id("con"),
        name: CONNECTION.to_owned(),
        strategy: Strategy::Auth0,
        display_name: Some("Administrators".to_owned()),
        options: Map::from_iter([("disable_signup".to_owned(), Value::Bool(true))]),
        enabled_clients: Vec::new(),
        show_as_button: false,
        is_domain_connection: false,
        realms: vec![CONNECTION.to_owned()],
        metadata: None,
    }
}
