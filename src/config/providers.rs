//! `[providers]`: where the well-known identity providers are, for deployments that reach them elsewhere.

use serde::Deserialize;
use url::Url;

use super::ConfigError;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Providers {
    pub google: Issuer,
    pub github: Github,
    pub microsoft: Microsoft,
    pub apple: Issuer,
    pub linkedin: Issuer,
}

/// An OpenID provider that is found by its issuer. Kept as it is written: issuers are compared byte for byte.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    pub issuer: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Github {
    pub url: String,
    pub api_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Microsoft {
    pub url: String,
}

impl Providers {
    /// # Errors
    /// Names the setting that is no address.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let settings = [
            ("google.issuer", &self.google.issuer),
            ("github.url", &self.github.url),
            ("github.api_url", &self.github.api_url),
            ("microsoft.url", &self.microsoft.url),
            ("apple.issuer", &self.apple.issuer),
            ("linkedin.issuer", &self.linkedin.issuer),
        ];
        for (name, text) in settings {
            let is_address = Url::parse(text).is_ok_and(|url| {
                matches!(url.scheme(), "https" | "http") && url.query().is_none() && url.fragment().is_none()
            });
            if !is_address {
                return Err(ConfigError(format!("providers.{name} must be an address without a query, not {text:?}")));
            }
        }
        Ok(())
    }
}
