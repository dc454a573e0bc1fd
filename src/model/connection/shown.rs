//! What a page needs of a connection: no secret, and little enough to be remembered by the hundred thousand, most of it
//! in one piece.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{Connection, Strategy};

/// A connection as the page shows it, and what leads to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownConnection {
    pub id: CompactString,
    pub name: CompactString,
    pub strategy: Strategy,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    display_name: Option<CompactString>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub icon_url: Option<CompactString>,
    /// The e-mail domains that lead to it, each in its one form.
    #[serde(skip_serializing_if = "<[_]>::is_empty", default)]
    pub domains: Box<[String]>,
    /// See [`Connection::is_open`].
    pub is_open: bool,
    /// Whether its people may have a link sent to change their password.
    pub resets_passwords: bool,
}

impl ShownConnection {
    /// The text on the connection's button: the display name, the brand of a social strategy, or the name.
    pub fn title(&self) -> &str {
        self.display_name.as_deref().or(self.strategy.brand()).unwrap_or(&self.name)
    }
}

impl Connection {
    pub fn shown(&self) -> ShownConnection {
        let is_off = |option: &str| self.options.get(option).is_some_and(|value| *value == true);
        let icon_url = self.options.get("icon_url").and_then(|url| url.as_str());
        ShownConnection {
            id: self.id.as_str().into(),
            name: self.name.as_str().into(),
            strategy: self.strategy,
            display_name: self.display_name.as_deref().map(Into::into),
            icon_url: icon_url.map(Into::into),
            domains: self.domains().collect(),
            is_open: self.is_open(),
            resets_passwords: self.strategy.is_database() && !is_off("disable_self_service_change_password"),
        }
    }
}
