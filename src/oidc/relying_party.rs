//! The relying party: sends people to an identity provider and finds out who came back (OIDC Core §3.1).

mod person;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::authorize_url::authorize_url;
use super::credential::Credential;
pub use super::handshake::{Callback, Handshake, Wish};
use super::keys::KeyRing;
pub use super::metadata::Asked;
use super::metadata::Discovery;
use super::outbound::Outbound;
pub use super::relying_party_error::RelyingPartyError;
use super::relying_party_error::tidy;
use super::token_exchange::{self, Tokens};
pub use super::told::Told;
use super::upstream::{ANY_TENANT, Upstream};
use super::upstream_keys::UpstreamKeys;
use crate::config::Config;
use crate::model::login::Identity;
use crate::model::{Connection, Timestamp};

/// Our role toward all identity providers; cheap to clone. It asks none of them before someone wants to sign in.
#[derive(Clone)]
pub struct RelyingParty {
    outbound: Outbound,
    discovery: Discovery,
    keys: UpstreamKeys,
    /// Our own, for identity providers that want to see a signature.
    own_keys: KeyRing,
    settings: Arc<Config>,
}

impl RelyingParty {
    pub fn new(outbound: Outbound, settings: Arc<Config>, own_keys: KeyRing) -> Self {
        let fresh = Duration::from_secs(settings.outbound.metadata_seconds);
        Self {
            discovery: Discovery::new(outbound.clone(), fresh),
            keys: UpstreamKeys::new(outbound.clone(), fresh),
            outbound,
            own_keys,
            settings,
        }
    }

    /// Where to send the browser, and what to keep until it returns.
    ///
    /// # Errors
    /// [`RelyingPartyError::Misconfigured`] or [`RelyingPartyError::Unreachable`].
    pub async fn begin(&self, connection: &Connection, wish: &Wish) -> Result<(Url, Handshake), RelyingPartyError> {
        let upstream = self.ask(connection).await?;
        let parameters = wish.upstream_parameters(upstream.preset, &upstream.options);
        let max_age = parameters.get("max_age").and_then(|seconds| seconds.parse().ok());
        let issuer = &upstream.metadata.issuer;
        let handshake = Handshake::new(issuer, self.callback_url(&connection.name).as_str(), max_age);
        let url = authorize_url(&upstream, &handshake, &parameters);
        Ok((url, handshake))
    }

    /// Who came back. Call it once per handshake: it spends the code.
    ///
    /// # Errors
    /// [`RelyingPartyError`] says whose turn it is: the administrator's, time's, the person's, or nobody's.
    pub async fn finish(
        &self,
        connection: &Connection,
        handshake: &Handshake,
        callback: &Callback,
        now: Timestamp,
    ) -> Result<Identity, RelyingPartyError> {
        self.finish_telling(connection, handshake, callback, &mut Told::default(), now).await
    }

    /// The same for who wants to know what the identity provider said on the way, also where it ends in an error.
    ///
    /// # Errors
    /// As [`RelyingParty::finish`].
    pub async fn finish_telling(
        &self,
        connection: &Connection,
        handshake: &Handshake,
        callback: &Callback,
        told: &mut Told,
        now: Timestamp,
    ) -> Result<Identity, RelyingPartyError> {
        let upstream = self.ask(connection).await?;
        check_issuer(handshake, callback, &upstream)?;
        check_error(callback)?;
        let tokens = match upstream.is_front_channel() {
            true => front_channel(callback)?,
            false => self.exchange(&upstream, handshake, callback, now).await?,
        };
        match upstream.preset.is_openid() {
            true => self.person_of_id_token(&upstream, handshake, (callback, &tokens), told, now).await,
            false => self.person_of_calls(&upstream, handshake, &tokens, told).await,
        }
    }

    /// Whether discovery answers, for diagnosis.
    ///
    /// # Errors
    /// As [`RelyingParty::begin`].
    pub async fn probe(&self, connection: &Connection) -> Result<(), RelyingPartyError> {
        self.ask(connection).await.map(drop)
    }

    /// What it says of itself: names of its metadata (OIDC Discovery §3) and their values.
    ///
    /// # Errors
    /// As [`RelyingParty::begin`].
    pub async fn published(&self, connection: &Connection) -> Result<Vec<(&'static str, String)>, RelyingPartyError> {
        let metadata = self.ask(connection).await?.metadata;
        let address = |name, url: Option<Url>| url.map(|url| (name, url.into()));
        let found = [
            Some(("issuer", metadata.issuer)),
            address("authorization_endpoint", Some(metadata.authorization_endpoint)),
            address("token_endpoint", metadata.token_endpoint),
            address("jwks_uri", metadata.jwks_uri),
            address("userinfo_endpoint", metadata.userinfo_endpoint),
        ];
        Ok(found.into_iter().flatten().collect())
    }

    /// What came of asking identity providers last, by the id of their connection: those that failed first, then those
    /// that were asked last.
    pub fn last_asked(&self, most: usize) -> Vec<(String, Asked)> {
        let asked = self.discovery.asked().map(|(connection_id, asked)| (connection_id.as_ref().clone(), asked));
        let mut asked: Vec<_> = asked.collect();
        asked.sort_by_key(|(_, asked)| (asked.answer.is_ok(), std::cmp::Reverse(asked.at)));
        asked.truncate(most);
        asked
    }

    /// The callback URL to register at the identity provider: one per connection, against mix-up (RFC 9700 §4.4).
    pub fn callback_url(&self, connection_name: &str) -> Url {
        let mut url = self.settings.server.public_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["login", "callback", connection_name]);
        }
        url
    }

    async fn ask(&self, connection: &Connection) -> Result<Upstream, RelyingPartyError> {
        Upstream::find(connection, &self.settings.providers, &self.discovery).await
    }

    async fn exchange(
        &self,
        upstream: &Upstream,
        handshake: &Handshake,
        callback: &Callback,
        now: Timestamp,
    ) -> Result<Tokens, RelyingPartyError> {
        let code = callback.code.as_deref().filter(|code| !code.is_empty());
        let code =
            code.ok_or_else(|| RelyingPartyError::Rejected("the answer has neither code nor error".to_owned()))?;
        let credential = Credential::of(upstream, &self.own_keys, &self.settings.issuer(), now)?;
        token_exchange::exchange(upstream, &self.outbound, handshake, code, credential).await
    }
}

/// The answer must come from where the person was sent, before anything is sent anywhere (RFC 9207 §2.4).
fn check_issuer(handshake: &Handshake, callback: &Callback, upstream: &Upstream) -> Result<(), RelyingPartyError> {
    let rejected = |text: &str| Err(RelyingPartyError::Rejected(text.to_owned()));
    if upstream.metadata.issuer != handshake.issuer {
        return rejected("the connection's issuer changed during the login");
    }
    // Plain OAuth 2.0 tells no issuer beforehand: there the callback URL, which is each connection's own, is the defence
    // against mix-up (RFC 9700 §4.4.2.2).
    if !upstream.preset.is_openid() {
        return Ok(());
    }
    let is_expected = |issuer: &str| match handshake.issuer.split_once(ANY_TENANT) {
        Some((start, end)) => issuer.starts_with(start) && issuer.ends_with(end),
        None => issuer == handshake.issuer,
    };
    match &callback.iss {
        Some(issuer) if !is_expected(issuer) => rejected("another issuer answered (iss)"),
        // An ID token in the answer names its issuer, signed, so that no further one is needed (RFC 9207 §2.4).
        None if upstream.is_front_channel() => Ok(()),
        None if upstream.metadata.authorization_response_iss_parameter_supported == Some(true) => {
            rejected("the answer lacks iss, which the identity provider announces to send")
        }
        _ => Ok(()),
    }
}

fn check_error(callback: &Callback) -> Result<(), RelyingPartyError> {
    let Some(error) = &callback.error else { return Ok(()) };
    let description = callback.error_description.as_deref().unwrap_or_default();
    Err(RelyingPartyError::Refused { error: tidy(error), description: tidy(description) })
}

/// The ID token that the browser brought: the signature and the nonce are all that can be relied on (OIDC Core §3.2.2.11).
fn front_channel(callback: &Callback) -> Result<Tokens, RelyingPartyError> {
    let rejected = |text: &str| RelyingPartyError::Rejected(text.to_owned());
    let token = callback.id_token.as_deref().ok_or_else(|| rejected("the answer has no posted ID token"))?;
    Ok(Tokens { id_token: Some(token.into()), access_token: None })
}

#[cfg(test)]
mod journey;
#[cfg(test)]
mod tests;
