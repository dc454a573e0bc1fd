//! The login options of an entrance: the organization's enabled connections, or the application's own.

use std::sync::Arc;

use super::Login;
use super::entrance::Entrance;
use super::error::LoginError;
use crate::management_client::LoginOption;
use crate::model::Connection;

/// With an organization only its own enabled set counts; without one the application's (design §5.9).
pub(super) async fn of(login: &Login, entrance: &Entrance) -> Result<Arc<Vec<LoginOption>>, LoginError> {
    Ok(match &entrance.organization {
        Some(organization) => login.client.login_options(organization).await?,
        None => login.client.application_options(&entrance.application.client_id).await?,
    })
}

/// The option of this name; a link is a wish, not a permission, so it is looked up in the enabled set only.
pub(super) fn named(options: &[LoginOption], name: &str) -> Option<Arc<Connection>> {
    let option = options.iter().find(|option| option.connection.name == name)?;
    Some(option.connection.clone())
}

/// The database connection whose passwords the page's form takes: the one asked for, or the first.
pub(super) fn database(options: &[LoginOption], asked: Option<&str>) -> Option<Arc<Connection>> {
    let mut databases = options.iter().map(|option| &option.connection).filter(|it| it.strategy.is_database());
    match asked {
        Some(name) => databases.find(|connection| connection.name == name).cloned(),
        None => databases.next().cloned(),
    }
}

/// Whether accounts of this database connection may be made here.
pub(super) fn allows_sign_up(options: &[LoginOption], connection: &Connection) -> bool {
    options.iter().any(|option| option.connection.id == connection.id && option.allows_sign_up)
}
