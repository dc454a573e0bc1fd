//! The relying party: sends people to an identity provider and finds out who came back (OIDC Core §3.1).

use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub use super::handshake::{Callback, Handshake, Wish};
use super::id_token::{self, IdTokenError};
use super::identity::PersonClaims;
use super::metadata::{Discovery, Metadata, Source, read_json};
use super::outbound::Outbound;
pub use super::relying_party_error::RelyingPartyError;
use super::relying_party_error::tidy;
use super::upstream_client::{Tokens, UpstreamClient};
use super::upstream_keys::UpstreamKeys;
use crate::config;
use crate::model::connection::OidcOptions;
use crate::model::login::Identity;
use crate::model::{Connection, Timestamp};

/// Our role toward all identity providers; cheap to clone. It asks none of them before someone wants to sign in.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    outbound: Outbound,
    discovery: Discovery,
    keys: UpstreamKeys,
    leeway_seconds: i64,
    public_url: Url,
}

impl RelyingParty {
    pub fn new(outbound: Outbound, settings: &config::Outbound, leeway_seconds: i64, public_url: &Url) -> Self {
        let fresh = Duration::from_secs(settings.metadata_seconds);
        Self {
            discovery: Discovery::new(outbound.clone(), fresh),
            keys: UpstreamKeys::new(outbound.clone(), fresh),
            outbound,
            leeway_seconds,
            public_url: public_url.clone(),
        }
    }

    /// Where to send the browser, and what to keep until it returns.
    ///
    /// # Errors
    /// [`RelyingPartyError::Misconfigured`] or [`RelyingPartyError::Unreachable`].
    pub async fn begin(&self, connection: &Connection, wish: &Wish) -> Result<(Url, Handshake), RelyingPartyError> {
        let (options, _, metadata) = self.ask(connection).await?;
        let parameters = wish.upstream_parameters(&options);
        let max_age = parameters.get("max_age").and_then(|seconds| seconds.parse().ok());
        let handshake = Handshake::new(&metadata.issuer, self.callback_url(&connection.name).as_str(), max_age);
        let parameters = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let url = UpstreamClient::new(&metadata, &options)?.authorize_url(&handshake, parameters)?;
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
        let (options, source, metadata) = self.ask(connection).await?;
        check_issuer(handshake, callback, &metadata)?;
        let code = read_code(callback)?;
        let client = UpstreamClient::new(&metadata, &options)?;
        let tokens = client.exchange(&self.outbound, handshake, code).await?;
        let expected = id_token::Expected {
            client_id: &options.client_id,
            issuer: &handshake.issuer,
            nonce: &handshake.nonce,
            max_age: handshake.max_age,
            leeway_seconds: self.leeway_seconds,
            now,
        };
        let person = self.verify(&source, &metadata, &tokens, &expected).await?;
        let person = match &metadata.userinfo_endpoint {
            Some(endpoint) if person.email.is_none() => self.complete(person, endpoint, &tokens).await?,
            _ => person,
        };
        Ok(person.into_identity(&handshake.issuer))
    }

    /// Whether discovery answers, for diagnosis.
    ///
    /// # Errors
    /// As [`RelyingParty::begin`].
    pub async fn probe(&self, connection: &Connection) -> Result<(), RelyingPartyError> {
        self.ask(connection).await.map(drop)
    }

    /// The callback URL to register at the identity provider: one per connection, against mix-up (RFC 9700 §4.4).
    pub fn callback_url(&self, connection_name: &str) -> Url {
        let mut url = self.public_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["login", "callback", connection_name]);
        }
        url
    }

    async fn ask(&self, connection: &Connection) -> Result<(OidcOptions, Source, Arc<Metadata>), RelyingPartyError> {
        let options = connection.oidc_options().map_err(RelyingPartyError::Misconfigured)?;
        let source = Source::new(connection, &options);
        let metadata = self.discovery.metadata(&source).await?;
        Ok((options, source, metadata))
    }

    /// Checks the ID token, a second time with newer keys when the key was the trouble.
    async fn verify(
        &self,
        source: &Source,
        metadata: &Metadata,
        tokens: &Tokens,
        expected: &id_token::Expected<'_>,
    ) -> Result<PersonClaims, RelyingPartyError> {
        let check = |keys| id_token::verify(&tokens.id_token, &tokens.access_token, keys, expected);
        let keys = self.keys.keys(source, &metadata.jwks_uri).await?;
        let outcome = match check(&keys) {
            Err(IdTokenError::Key(text)) => match self.keys.newer(source, &metadata.jwks_uri, &keys).await {
                Some(newer) => check(&newer),
                None => Err(IdTokenError::Key(text)),
            },
            outcome => outcome,
        };
        outcome.map_err(|(IdTokenError::Key(text) | IdTokenError::Claims(text))| {
            RelyingPartyError::Rejected(format!("ID token: {text}"))
        })
    }

    /// Asks userinfo for what the ID token left out (OIDC Core §5.3).
    async fn complete(
        &self,
        person: PersonClaims,
        endpoint: &Url,
        tokens: &Tokens,
    ) -> Result<PersonClaims, RelyingPartyError> {
        let answer = self.outbound.get(endpoint.as_str(), Some(tokens.access_token.secret())).await?;
        let claims = read_json(endpoint, &answer)?;
        PersonClaims::read(&claims)
            .and_then(|more| person.completed_by(more))
            .map_err(|text| RelyingPartyError::Rejected(format!("userinfo: {text}")))
    }
}

/// The answer must come from where the person was sent, before anything is sent anywhere (RFC 9207 §2.4).
fn check_issuer(handshake: &Handshake, callback: &Callback, metadata: &Metadata) -> Result<(), RelyingPartyError> {
    let rejected = |text: &str| Err(RelyingPartyError::Rejected(text.to_owned()));
    if metadata.issuer != handshake.issuer {
        return rejected("the connection's issuer changed during the login");
    }
    match &callback.iss {
        Some(issuer) if *issuer != handshake.issuer => rejected("another issuer answered (iss)"),
        None if metadata.authorization_response_iss_parameter_supported == Some(true) => {
            rejected("the answer lacks iss, which the identity provider announces to send")
        }
        _ => Ok(()),
    }
}

fn read_code(callback: &Callback) -> Result<&str, RelyingPartyError> {
    if let Some(error) = &callback.error {
        let description = callback.error_description.as_deref().unwrap_or_default();
        return Err(RelyingPartyError::Refused { error: tidy(error), description: tidy(description) });
    }
    let code = callback.code.as_deref().filter(|code| !code.is_empty());
    code.ok_or_else(|| RelyingPartyError::Rejected("the answer has neither code nor error".to_owned()))
}

#[cfg(test)]
mod journey;
#[cfg(test)]
mod tests;
