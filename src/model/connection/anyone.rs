//! Whether a connection is one that anybody may have an account at.

use serde_json::{Map, Value};
use url::Url;

use super::Strategy;

/// Where identity providers of everybody are, however they are set up.
const PUBLIC_HOSTS: [&str; 4] = ["accounts.google.com", "appleid.apple.com", "www.linkedin.com", "github.com"];
const MICROSOFT: &str = "login.microsoftonline.com";

impl Strategy {
    /// Whether anybody at all may have an account at a connection with these options, or gets one by asking: then what
    /// its accounts may do must not be given to whoever comes. Who runs an OAuth 2.0 server is not known, so anybody
    /// may be there, too.
    pub fn is_for_anyone(self, options: &Map<String, Value>) -> bool {
        let is = |name: &str| options.get(name) == Some(&Value::Bool(true));
        let text = |name: &str| options.get(name).and_then(Value::as_str);
        match self {
            Self::GoogleOauth2 | Self::Github | Self::Windowslive | Self::Apple | Self::Linkedin | Self::Oauth2 => true,
            Self::Waad => {
                let tenant = text("tenant_domain").or(text("domain"));
                is("useCommonEndpoint") || tenant.is_some_and(is_tenant_of_anyone)
            }
            // A database is one for all who use it: who made an account where no organization decides it, or at another
            // one, has it here as well.
            Self::Auth0 | Self::Email => !is("disable_signup"),
            Self::Oidc | Self::Okta => {
                let announced = options.get("oidc_metadata").and_then(|told| told.get("issuer")?.as_str());
                let issuers = [text("issuer"), text("discovery_url"), announced];
                issuers.into_iter().flatten().any(is_issuer_of_anyone)
            }
            Self::GoogleApps => false,
        }
    }
}

/// Whether an issuer, or the address of its metadata, is of an identity provider where anybody may have an account.
pub fn is_issuer_of_anyone(address: &str) -> bool {
    let Ok(url) = Url::parse(address.trim()) else { return false };
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let tenant = url.path_segments().and_then(|mut segments| segments.find(|segment| !segment.is_empty()));
    PUBLIC_HOSTS.contains(&host) || (host == MICROSOFT && tenant.is_some_and(is_tenant_of_anyone))
}

/// Microsoft's tenants of everybody; the last has personal accounts.
fn is_tenant_of_anyone(tenant: &str) -> bool {
    let all = ["common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"];
    all.iter().any(|one| tenant.trim().eq_ignore_ascii_case(one))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_place_of_an_issuer_counts() {
        let google = "https://accounts.google.com";
        let open = [
            (Strategy::Oidc, json!({ "issuer": google })),
            (Strategy::Oidc, json!({ "discovery_url": format!("{google}/.well-known/openid-configuration") })),
            (Strategy::Oidc, json!({ "oidc_metadata": { "issuer": google } })),
            (Strategy::Oidc, json!({ "issuer": "https://login.microsoftonline.com/Common/v2.0" })),
            (Strategy::Okta, json!({ "domain": "acme.okta.com", "issuer": "https://ACCOUNTS.google.com/" })),
            (Strategy::Waad, json!({ "tenant_domain": "Consumers" })),
            (Strategy::Waad, json!({ "domain": "9188040d-6c67-4c5b-b112-36a304b66dad" })),
            (Strategy::Waad, json!({ "useCommonEndpoint": true, "domain": "acme.example" })),
            (Strategy::Auth0, json!({})),
        ];
        for (strategy, options) in open {
            assert!(strategy.is_for_anyone(options.as_object().expect("an object")), "{options}");
        }
        let tenant = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0";
        let closed = [
            (Strategy::Oidc, json!({ "issuer": "https://sso.acme.example/accounts.google.com" })),
            (Strategy::Oidc, json!({ "issuer": tenant })),
            (Strategy::Okta, json!({ "domain": "acme.okta.com" })),
            (Strategy::Waad, json!({ "tenant_domain": "acme.example" })),
            (Strategy::Auth0, json!({ "disable_signup": true })),
        ];
        for (strategy, options) in closed {
            assert!(!strategy.is_for_anyone(options.as_object().expect("an object")), "{options}");
        }
    }
}
