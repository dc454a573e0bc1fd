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
    pub domains: Box<[CompactString]>,
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

    /// About how many bytes of memory it takes; texts that fit into it count twice.
    pub fn bytes(&self) -> usize {
        let texts = [Some(&self.id), Some(&self.name), self.display_name.as_ref(), self.icon_url.as_ref()];
        let domains = self.domains.iter().map(|domain| size_of_val(domain) + domain.len());
        size_of::<Self>() + texts.into_iter().flatten().map(|text| text.len()).sum::<usize>() + domains.sum::<usize>()
    }
}

impl Connection {
    pub fn shown(&self) -> ShownConnection {
        let closes_reset = self.options.get("disable_self_service_change_password").is_some_and(|value| *value == true);
        let icon_url = self.options.get("icon_url").and_then(|url| url.as_str());
        ShownConnection {
            id: self.id.as_str().into(),
            name: self.name.as_str().into(),
            strategy: self.strategy,
            display_name: self.display_name.as_deref().map(Into::into),
            icon_url: icon_url.map(Into::into),
            domains: self.domains().map(Into::into).collect(),
            is_open: self.is_open(),
            resets_passwords: self.strategy.is_database() && !closes_reset,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown(strategy: &str, options: Value) -> ShownConnection {
        let connection = json!({ "id": "con_a", "name": "acme-sso", "strategy": strategy, "options": options });
        serde_json::from_value::<Connection>(connection).expect("a connection").shown()
    }

    #[test]
    fn a_page_gets_what_it_needs_and_nothing_secret() {
        let options = json!({
            "client_id": "gateway", "client_secret": "known to nobody", "icon_url": "https://acme.example/icon.svg",
            "domain_aliases": ["ACME.example"], "tenant_domain": "sso.acme.example",
        });
        let it = shown("oidc", options);
        assert_eq!((it.title(), it.icon_url.as_deref()), ("acme-sso", Some("https://acme.example/icon.svg")));
        assert_eq!(*it.domains, ["acme.example", "sso.acme.example"]);
        assert!(it.is_open && !it.resets_passwords);
        assert!(!serde_json::to_string(&it).expect("JSON").contains("known to nobody"));
    }

    #[test]
    fn what_is_open_and_what_resets_passwords_is_the_connections_own() {
        assert!(!shown("google-oauth2", json!({ "client_id": "a" })).is_open, "it lacks its secret");
        assert!(shown("auth0", json!({})).resets_passwords);
        assert!(!shown("auth0", json!({ "disable_self_service_change_password": true })).resets_passwords);
    }
}
