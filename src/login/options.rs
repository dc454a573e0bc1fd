//! The login options of an entrance: the organization's enabled connections, or the application's own.

use std::sync::Arc;

use super::entrance::{self, Entrance};
use super::error::LoginError;
use super::{Login, Visit};
use crate::management_client::{LoginOption, ManagementClient};
use crate::model::email_address::domain_of_address;
use crate::model::{Connection, ShownConnection, Strategy};

/// With an organization only its own enabled set counts; without one the application's (design §5.9). A page may be
/// drawn from an older set; a way that was chosen is looked up in what is fresh, by `login.deciding`.
pub(super) async fn of(client: &ManagementClient, entrance: &Entrance) -> Result<Arc<[LoginOption]>, LoginError> {
    let options = match &entrance.organization {
        Some(organization) => client.login_options(organization).await?,
        None => client.application_options(&entrance.application.client_id).await?,
    };
    Ok(entrance.invitation.as_ref().map_or_else(|| options.clone(), |invited| invited.offers(&options)))
}

/// Where a form leads and through which connection, looked up in the enabled set at each step.
pub(super) async fn get(
    login: &Login,
    visit: &Visit,
    find: impl for<'o> FnOnce(&'o [LoginOption], Option<&str>) -> Option<&'o Arc<ShownConnection>>,
) -> Result<(Entrance, Arc<[LoginOption]>, Arc<ShownConnection>), LoginError> {
    let entrance = entrance::get(login, visit).await?;
    let options = of(&login.deciding, &entrance).await?;
    let connection = find(&options, entrance.authorization.connection()).cloned();
    let connection = connection.ok_or_else(|| entrance.not_enabled())?;
    Ok((entrance, options, connection))
}

/// A connection with all that it needs to be gone through. Whether it is enabled here, the caller or the source knows.
pub(super) async fn whole(
    client: &ManagementClient,
    entrance: &Entrance,
    id: &str,
) -> Result<Arc<Connection>, LoginError> {
    client.connection(id).await?.ok_or_else(|| entrance.not_enabled())
}

/// The option of this name; a link is a wish, not a permission, so it is looked up in the enabled set only.
pub(super) fn named(options: &[LoginOption], name: &str) -> Option<Arc<ShownConnection>> {
    let option = options.iter().find(|option| option.connection.name == name)?;
    Some(option.connection.clone())
}

/// The connection of this name that a login may begin with: an option, or the directory of some organization that the
/// request's own address leads to, where people choose their organization afterwards.
pub(super) async fn asked(
    login: &Login,
    entrance: &Entrance,
    options: &[LoginOption],
    name: &str,
) -> Result<Option<Arc<ShownConnection>>, LoginError> {
    match (named(options, name), domain_of_address(entrance.login_hint())) {
        (None, Some(domain)) => {
            Ok(of_any_organization(login, entrance, Some(&domain)).await?.filter(|found| found.name == name))
        }
        (found, _) => Ok(found),
    }
}

/// The enabled connection that a domain leads to.
pub(super) fn of_domain(options: &[LoginOption], domain: &str) -> Option<Arc<ShownConnection>> {
    let leads_there = |connection: &ShownConnection| connection.domains.iter().any(|its| its == domain);
    options.iter().map(|option| &option.connection).find(|connection| leads_there(connection)).cloned()
}

/// The directory of some organization that a domain leads to (contract §3, post_login_prompt).
pub(super) async fn of_any_organization(
    login: &Login,
    entrance: &Entrance,
    domain: Option<&str>,
) -> Result<Option<Arc<ShownConnection>>, LoginError> {
    if !entrance.chooses_afterwards {
        return Ok(None);
    }
    let found = login.deciding.discover(domain, &entrance.application.client_id).await?;
    let connection = match found.as_ref().and_then(|found| found.connection_id.as_deref()) {
        Some(id) => login.deciding.shown_connection(id).await?,
        None => None,
    };
    Ok(connection.filter(|connection| connection.is_open && connection.strategy.is_enterprise()))
}

/// Whether a way in is not drawn, so that only an address finds it.
pub(super) fn has_hidden(options: &[LoginOption]) -> bool {
    options.iter().any(|option| !option.visible)
}

/// The database connection whose passwords the page's form takes: the one asked for, or the first.
pub(super) fn database<'o>(options: &'o [LoginOption], asked: Option<&str>) -> Option<&'o Arc<ShownConnection>> {
    first(options, asked, |strategy| strategy.is_database())
}

/// The connection that sends codes by e-mail: the one asked for, or the first.
pub(super) fn email<'o>(options: &'o [LoginOption], asked: Option<&str>) -> Option<&'o Arc<ShownConnection>> {
    first(options, asked, |strategy| strategy == Strategy::Email)
}

fn first<'o>(
    options: &'o [LoginOption],
    asked: Option<&str>,
    is_right: impl Fn(Strategy) -> bool,
) -> Option<&'o Arc<ShownConnection>> {
    let mut found = options.iter().map(|option| &option.connection).filter(|it| is_right(it.strategy));
    match asked {
        Some(name) => found.find(|connection| connection.name == name),
        None => found.next(),
    }
}

/// Whether accounts of this database connection may be made here.
pub(super) fn allows_sign_up(options: &[LoginOption], connection: &ShownConnection) -> bool {
    options.iter().any(|option| option.connection.id == connection.id && option.allows_sign_up)
}
