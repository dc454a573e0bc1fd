//! Everything that knows SQL: one database, seen as tenant data and as login data.
//!
//! [`Tenant`] (organizations, connections, clients, users ...) is given only to the Management API;
//! [`Logins`] (trips, sessions, codes, signing keys) only to the faces. One SQL text serves SQLite and
//! Postgres: columns are `TEXT` and `BIGINT`, placeholders `$1` (design §5.13).

pub mod seal;

mod admissions;
mod applications;
mod challenges;
mod client_grants;
mod connection_domains;
mod connections;
mod database;
mod discovery_domains;
mod enabled_connections;
mod event_counts;
mod events;
mod failures;
mod filters;
mod invitations;
mod keys;
mod logins;
mod member_roles;
mod members;
mod narrowed;
mod organization_client_grants;
mod organization_clients;
mod organization_discovery;
mod organizations;
mod outbox;
mod password_history;
mod permissions;
mod reseal;
mod resource_servers;
mod roles;
mod sessions;
mod slice;
mod tenant_settings;
mod tickets;
mod user_list;
mod user_roles;
mod users;

use std::sync::Arc;

use secrecy::ExposeSecret;

use crate::config;
use crate::error::{Context, Fault};

pub use admissions::{AnsweredTrip, OpenConnection};
pub use applications::ClientFilter;
pub use challenges::StoredChallenge;
pub use client_grants::ClientGrantFilter;
pub use connections::ConnectionFilter;
pub use database::{Rows, StoreError};
pub use event_counts::{Counted, CountedOf, DAYS_KEPT, Days, Place};
pub use events::{Event, event_field, event_position, events_of_user};
pub use failures::Throttle;
pub use filters::{Condition, Field, FieldKind, Operand, Test};
pub use invitations::InvitationTicket;
pub use keys::{NewKey, Revocation, StoredKey};
pub use logins::{Kind, Logins, TakenCode};
pub use organizations::{MembershipFilter, OrganizationKey, OrganizationOrder, organization_field};
pub use outbox::ClaimedMail;
pub use permissions::{Api, HeldPermission, Holder};
pub use sessions::StoredSession;
pub use slice::{Key, Placed, Position, Slice};
pub use tickets::{StoredTicket, TicketSettings};
pub use user_list::{UserKey, UserOrder, user_field};
pub use users::{NewUser, StoredUser, federated_user_id};

use database::Database;

/// Tenant data: what the Management API keeps.
#[derive(Clone)]
pub struct Tenant {
    database: Arc<Database>,
}

/// Opens the database, brings its tables up to date and reads (or, with SQLite, makes) the root key.
///
/// # Errors
/// When the database cannot be reached, is newer than this program, or the root key is missing or wrong.
pub async fn open(settings: &config::Storage) -> Result<(Tenant, Logins), Fault> {
    let database = Arc::new(Database::open(settings, true).await?);
    database.reseal().await.context("sealing anew with storage.root_key")?;
    database.fill_connection_domains().await.context("writing the domains of connections")?;
    Ok((Tenant { database: database.clone() }, Logins::new(database)))
}

/// Opens the database as it is, for a command beside a server that may be running: no table is changed and nothing
/// is sealed anew.
///
/// # Errors
/// When the database cannot be reached or the root key is missing or wrong.
pub async fn open_as_it_is(settings: &config::Storage) -> Result<(Tenant, Logins), Fault> {
    let database = Arc::new(Database::open(settings, false).await?);
    Ok((Tenant { database: database.clone() }, Logins::new(database)))
}

/// Whether the first start is still to come. A Postgres database is taken as it is.
pub fn is_new(settings: &config::Storage) -> bool {
    database::is_new(settings)
}

/// The path beside the SQLite database with this extension added to its name; `None` with Postgres.
pub fn beside(settings: &config::Storage, extension: &str) -> Option<std::path::PathBuf> {
    database::beside(settings, extension)
}

/// Makes a file that only its owner can read, in the place of any that is there.
///
/// # Errors
/// When the old one cannot be removed or the new one cannot be made.
pub fn create_private(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => seal::create_private(path),
    }
}

/// Whether the root key, when the settings hold one, can be used.
///
/// # Errors
/// Names the setting.
pub fn check_root_key(settings: &config::Storage) -> Result<(), Fault> {
    match settings.root_key.expose_secret().is_empty() {
        true => Ok(()),
        false => seal::Seal::new(&settings.root_key, &settings.previous_root_key).map(drop),
    }
}

impl Tenant {
    /// A reader: each statement sees what is committed.
    pub async fn read(&self) -> Result<Rows<'static>, StoreError> {
        self.database.read().await
    }

    /// Runs `work` in one transaction: all of it is kept when it answers `Ok`, nothing when it answers `Err`.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(Rows<'c>) -> futures_util::future::BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        self.database.write(work).await
    }
}

#[cfg(test)]
impl Tenant {
    /// Runs one statement as it stands.
    pub(crate) async fn run_for_test(&self, sql: &'static str) -> Result<u64, StoreError> {
        self.write(move |mut rows| Box::pin(async move { rows.execute(sqlx::query(sql)).await })).await
    }

    /// The first column of the first row, which is a text.
    pub(crate) async fn text_for_test(&self, sql: &'static str) -> Result<String, StoreError> {
        let row = self.read().await?.optional(sqlx::query(sql)).await?;
        row.map_or(Ok(String::new()), |row| Ok(sqlx::Row::try_get(&row, 0)?))
    }

    /// The first column of the first row, which is a number.
    pub(crate) async fn number_for_test(&self, sql: &'static str) -> Result<i64, StoreError> {
        let row = self.read().await?.optional(sqlx::query(sql)).await?;
        row.map_or(Ok(0), |row| Ok(sqlx::Row::try_get(&row, 0)?))
    }
}
