//! What identity providers say about themselves: discovery, asked when first needed and remembered (OIDC Discovery §4).

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use openidconnect::HttpResponse;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use super::outbound::Outbound;
use super::relying_party_error::RelyingPartyError;
use crate::model::Timestamp;

/// A failure is remembered this long, so that a dead identity provider is not asked by everyone who tries it.
const FAILURE_REMEMBERED: Duration = Duration::from_secs(2);
/// Metadata that cannot be renewed is still used this long.
const STALE_AFTER_FAILURE: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_REMEMBERED: u64 = 10_000;

/// Whose metadata and keys: a connection and where it looks. One connection's never serve another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Source {
    pub(super) connection_id: String,
    pub(super) issuer: Option<String>,
    pub(super) discovery_url: Option<String>,
}

/// The part of the metadata that a login needs. The rest is not read, so that it cannot stop a login.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Metadata {
    /// Kept as it is written: issuers are compared byte for byte.
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Url,
    /// A front channel needs none.
    #[serde(default)]
    pub(super) token_endpoint: Option<Url>,
    /// Without ID tokens there is none.
    #[serde(default)]
    pub(super) jwks_uri: Option<Url>,
    #[serde(default)]
    pub(super) userinfo_endpoint: Option<Url>,
    #[serde(default)]
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// RFC 9207 §3.
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: Option<bool>,
}

impl Metadata {
    /// Of a server that has no more than this.
    pub(super) fn of(issuer: &str, authorization_endpoint: Url) -> Self {
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint,
            token_endpoint: None,
            jwks_uri: None,
            userinfo_endpoint: None,
            token_endpoint_auth_methods_supported: None,
            authorization_response_iss_parameter_supported: None,
        }
    }
}

impl Source {
    /// Where the metadata is: as configured, or below the issuer.
    fn url(&self) -> Result<Url, RelyingPartyError> {
        let wrong = |text: String| RelyingPartyError::Misconfigured(text);
        let text = match (&self.discovery_url, &self.issuer) {
            (Some(url), _) => url.clone(),
            (None, Some(issuer)) if issuer.contains(['?', '#']) => {
                return Err(wrong("the issuer must have no query and no fragment".to_owned()));
            }
            (None, Some(issuer)) => format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')),
            (None, None) => return Err(wrong("neither issuer nor discovery_url is set".to_owned())),
        };
        Url::parse(&text).map_err(|error| wrong(format!("{text:?} is no address: {error}")))
    }

    /// The rules of OIDC Discovery §4.3: the issuer is exactly the configured one, the endpoints are https, or http
    /// where the metadata itself came from an allowed http address.
    pub(super) fn accept(&self, metadata: Metadata, from: &Url) -> Result<Metadata, RelyingPartyError> {
        if let Some(expected) = self.issuer.as_ref().filter(|issuer| **issuer != metadata.issuer) {
            let text = format!("the metadata names the issuer {:?}, expected exactly {expected:?}", metadata.issuer);
            return Err(RelyingPartyError::Misconfigured(text));
        }
        let others = [&metadata.token_endpoint, &metadata.jwks_uri, &metadata.userinfo_endpoint];
        for endpoint in others.into_iter().flatten().chain([&metadata.authorization_endpoint]) {
            let scheme = endpoint.scheme();
            if scheme != "https" && !(scheme == "http" && from.scheme() == "http") {
                let text = format!("the metadata names an endpoint that is not https: {endpoint}");
                return Err(RelyingPartyError::Misconfigured(text));
            }
        }
        Ok(metadata)
    }
}

type Answer = Result<Arc<Metadata>, RelyingPartyError>;

/// The metadata of all connections; one request per source at a time.
#[derive(Debug, Clone)]
pub(super) struct Discovery {
    outbound: Outbound,
    answers: Cache<Source, Remembered>,
    /// The last good answers, for when an identity provider is down.
    last_good: Cache<Source, Arc<Metadata>>,
    /// What came of asking last, by connection.
    asked: Cache<String, Asked>,
    fresh: Duration,
}

/// What came of asking an identity provider for what it says about itself.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: Timestamp,
    pub answer: Result<(), RelyingPartyError>,
}

#[derive(Debug, Clone)]
struct Remembered {
    answer: Answer,
    keep: Duration,
}

/// Keeps each answer as long as it says.
struct AsLongAsItSays;

impl Expiry<Source, Remembered> for AsLongAsItSays {
    fn expire_after_create(&self, _: &Source, value: &Remembered, _: Instant) -> Option<Duration> {
        Some(value.keep)
    }
}

impl Discovery {
    pub(super) fn new(outbound: Outbound, fresh: Duration) -> Self {
        let answers = Cache::builder().max_capacity(MAX_REMEMBERED).expire_after(AsLongAsItSays).build();
        let last_good = Cache::builder().max_capacity(MAX_REMEMBERED).time_to_live(STALE_AFTER_FAILURE).build();
        let asked = Cache::builder().max_capacity(MAX_REMEMBERED).build();
        Self { outbound, answers, last_good, asked, fresh }
    }

    pub(super) async fn metadata(&self, source: &Source) -> Answer {
        self.answers.get_with_by_ref(source, self.load(source)).await.answer
    }

    /// Those that were asked in the time of this process, by connection.
    pub(super) fn asked(&self) -> impl Iterator<Item = (Arc<String>, Asked)> + '_ {
        self.asked.iter()
    }

    async fn load(&self, source: &Source) -> Remembered {
        let answer = self.ask(source).await;
        let asked = Asked { at: Timestamp::now(), answer: answer.as_ref().map(drop).map_err(Clone::clone) };
        self.asked.insert(source.connection_id.clone(), asked).await;
        match answer {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                self.last_good.insert(source.clone(), metadata.clone()).await;
                Remembered { answer: Ok(metadata), keep: self.fresh }
            }
            Err(RelyingPartyError::Unreachable(text)) => {
                let stale = self.last_good.get(source).await;
                Remembered { answer: stale.ok_or(RelyingPartyError::Unreachable(text)), keep: FAILURE_REMEMBERED }
            }
            Err(error) => Remembered { answer: Err(error), keep: FAILURE_REMEMBERED },
        }
    }

    async fn ask(&self, source: &Source) -> Result<Metadata, RelyingPartyError> {
        let url = source.url()?;
        let answer = self.outbound.get(url.as_str(), None).await?;
        source.accept(read_json(&url, &answer)?, &url)
    }
}

/// The JSON of an answer, whatever its content type says. The error names the place and the position, never a value.
pub(super) fn read_json<T: DeserializeOwned>(url: &Url, answer: &HttpResponse) -> Result<T, RelyingPartyError> {
    let unusable = |what: String| {
        RelyingPartyError::Unreachable(format!("{} answered {what}", url.origin().ascii_serialization()))
    };
    if answer.status() != 200 {
        return Err(unusable(format!("with status {}", answer.status().as_u16())));
    }
    serde_json::from_slice(answer.body()).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            unusable(format!("with JSON of another shape (line {}, column {})", error.line(), error.column()))
        }
        _ => unusable("without JSON".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(issuer: Option<&str>, discovery_url: Option<&str>) -> Source {
        Source {
            connection_id: "con_1".to_owned(),
            issuer: issuer.map(str::to_owned),
            discovery_url: discovery_url.map(str::to_owned),
        }
    }

    fn metadata(issuer: &str, token_endpoint: &str) -> Metadata {
        serde_json::from_value(serde_json::json!({
            "issuer": issuer, "authorization_endpoint": "https://a.example/auth", "token_endpoint": token_endpoint,
            "jwks_uri": "https://a.example/jwks", "op_policy_uri": "", "scopes_supported": 7,
        }))
        .expect("metadata")
    }

    #[test]
    fn metadata_is_looked_for_below_the_issuer() {
        let url = |source: Source| source.url().map(String::from);
        let expected = "https://a.example/t/.well-known/openid-configuration";
        assert_eq!(url(source(Some("https://a.example/t"), None)).expect("an address"), expected);
        assert_eq!(url(source(Some("https://a.example/t/"), None)).expect("an address"), expected);
        assert_eq!(url(source(Some("https://i"), Some("https://d/x"))).expect("an address"), "https://d/x");
        for bad in [source(None, None), source(Some("nowhere"), None), source(Some("https://a?x"), None)] {
            assert!(matches!(url(bad), Err(RelyingPartyError::Misconfigured(_))));
        }
    }

    #[test]
    fn an_issuer_is_compared_byte_for_byte() {
        let from = Url::parse("https://a.example/").expect("an address");
        let accept =
            |configured, named| source(configured, None).accept(metadata(named, "https://a.example/token"), &from);
        assert!(accept(Some("https://a.example/"), "https://a.example/").is_ok());
        assert!(accept(None, "https://a.example").is_ok());
        for named in ["https://a.example", "https://A.example/", "https://a.example:443/", "https://b.example/"] {
            let error = accept(Some("https://a.example/"), named).expect_err(named).to_string();
            assert!(error.contains("expected exactly \"https://a.example/\""), "{error}");
        }
    }

    #[test]
    fn endpoints_are_https_unless_the_metadata_itself_came_over_allowed_http() {
        let (secure, plain) =
            (Url::parse("https://a").expect("an address"), Url::parse("http://a").expect("an address"));
        let accept = |endpoint, from| source(None, None).accept(metadata("https://a", endpoint), from);
        assert!(accept("http://a.example/token", &secure).is_err());
        assert!(accept("http://a.example/token", &plain).is_ok());
        assert!(accept("ftp://a.example/token", &plain).is_err());
    }
}
