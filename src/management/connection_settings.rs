//! What a request may say of a connection (contract §1.11).

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::check::{Metadata, Sent, Switch};
use super::connection_options::{add_defaults, by_strategy, check, replace};
use super::schema::LINE;
use crate::model::{ApiError, Connection, Strategy, new_id};

/// Letters and digits with single hyphens between them.
const CONNECTION_NAME: &str = "^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$";
/// Applications that one call may name.
const MOST_CLIENTS: usize = 1000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = by_strategy)]
pub(super) struct NewConnection {
    #[schemars(length(max = 128), regex(pattern = CONNECTION_NAME))]
    name: String,
    strategy: Strategy,
    #[serde(default)]
    options: Map<String, Value>,
    #[serde(flatten)]
    members: Members,
}

/// What is left out stays; `null` clears. `options` are replaced as a whole, but for secrets that are left out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionChange {
    #[serde(default)]
    options: Sent<Map<String, Value>>,
    #[serde(flatten)]
    members: Members,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Members {
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    display_name: Sent<Option<String>>,
    /// Applications that may use the connection without an organization.
    #[schemars(length(max = MOST_CLIENTS), inner(length(min = 1, max = 255), regex(pattern = LINE)))]
    enabled_clients: Sent<Vec<String>>,
    show_as_button: Sent<Switch>,
    is_domain_connection: Sent<Switch>,
    /// The name of the connection when empty.
    #[schemars(length(max = 100), inner(length(min = 1, max = 128), regex(pattern = LINE)))]
    realms: Sent<Vec<String>>,
    metadata: Sent<Option<Metadata<10>>>,
    #[serde(rename = "authentication")]
    _authentication: Sent<Authentication>,
    #[serde(rename = "connected_accounts")]
    _connected_accounts: Sent<ConnectedAccounts>,
}

/// Connections are for signing in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Authentication {
    #[serde(rename = "active")]
    #[schemars(extend("const" = true, "x-not-built" = true))]
    _active: bool,
}

/// Tokens of identity providers are not kept for applications.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct ConnectedAccounts {
    #[serde(rename = "active")]
    #[schemars(extend("const" = false, "x-not-built" = true))]
    _active: bool,
}

impl NewConnection {
    /// # Errors
    /// 400 for options that are wrong or not built.
    pub(super) fn into_connection(self) -> Result<Connection, ApiError> {
        let mut connection = Connection {
            id: new_id("con"),
            realms: Vec::new(),
            name: self.name,
            strategy: self.strategy,
            display_name: None,
            options: self.options,
            enabled_clients: Vec::new(),
            show_as_button: false,
            is_domain_connection: false,
            metadata: None,
        };
        self.members.apply(&mut connection);
        add_defaults(connection.strategy, &mut connection.options);
        check(&connection)?;
        Ok(connection)
    }
}

impl ConnectionChange {
    /// # Errors
    /// As [`NewConnection::into_connection`].
    pub(super) fn apply(self, connection: &mut Connection) -> Result<(), ApiError> {
        self.members.apply(connection);
        if let Sent::Yes(options) = self.options {
            connection.options = replace(&connection.options, options)?;
            add_defaults(connection.strategy, &mut connection.options);
            check(connection)?;
        }
        Ok(())
    }
}

impl Members {
    fn apply(self, connection: &mut Connection) {
        self.display_name.put(&mut connection.display_name);
        self.enabled_clients.put(&mut connection.enabled_clients);
        connection.enabled_clients.sort_unstable();
        connection.enabled_clients.dedup();
        connection.show_as_button = self.show_as_button.is_on_or(connection.show_as_button);
        connection.is_domain_connection = self.is_domain_connection.is_on_or(connection.is_domain_connection);
        self.realms.put(&mut connection.realms);
        if connection.realms.is_empty() {
            connection.realms.push(connection.name.clone());
        }
        if let Sent::Yes(metadata) = self.metadata {
            connection.metadata = metadata.map(Metadata::into_pairs);
        }
    }
}
