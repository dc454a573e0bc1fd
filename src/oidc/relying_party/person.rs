//! Who came: from a verified ID token and what userinfo adds, or from the calls of those without ID tokens.

use openidconnect::AccessToken;
use openidconnect::core::CoreIdToken;
use serde::Deserialize;
use serde_json::Value;

use super::RelyingParty;
use crate::model::Timestamp;
use crate::model::connection::MappingMode;
use crate::model::discovery_domain::normal_domain;
use crate::model::email_address::domain_of_address;
use crate::model::login::Identity;
use crate::oidc::attribute_map;
use crate::oidc::github;
use crate::oidc::handshake::{Callback, Handshake};
use crate::oidc::id_token::{self, IdTokenError};
use crate::oidc::identity::{self, PersonClaims};
use crate::oidc::metadata::read_json;
use crate::oidc::presets::{Person, Place};
use crate::oidc::relying_party_error::RelyingPartyError;
use crate::oidc::token_exchange::Tokens;
use crate::oidc::told::Told;
use crate::oidc::upstream::{ANY_TENANT, Upstream, is_tenant_id};

fn rejected(text: impl Into<String>) -> RelyingPartyError {
    RelyingPartyError::Rejected(text.into())
}

/// Longest `hd`: a domain's.
const LONGEST_DOMAIN: usize = 253;

impl RelyingParty {
    pub(super) async fn person_of_id_token(
        &self,
        upstream: &Upstream,
        handshake: &Handshake,
        (callback, tokens): (&Callback, &Tokens),
        told: &mut Told,
        now: Timestamp,
    ) -> Result<Identity, RelyingPartyError> {
        let token = tokens.id_token()?;
        told.id_token(&token);
        let issuer = issuer_of(upstream, handshake, &token)?;
        let expected = id_token::Expected {
            client_id: &upstream.options.client_id,
            issuer: &issuer,
            nonce: upstream.has_nonce().then_some(handshake.nonce.as_str()),
            max_age: handshake.max_age,
            leeway_seconds: self.settings.tokens.clock_leeway_seconds,
            now,
        };
        let claims = self.verify(upstream, &token, tokens, &expected).await?;
        let (hosted_domain, tenant_id) = vouched(upstream, &issuer, &claims)?;
        let standard = identity::standard(upstream.preset, &upstream.options, &claims);
        let person = PersonClaims::read(&standard).map_err(|text| rejected(format!("ID token: {text}")))?;
        let person = self.complete(upstream, person, &claims, (tokens, told)).await?;
        let (given, family) = apples_name(upstream, callback);
        let mut identity = person.named(given, family).into_identity(&issuer);
        if upstream.preset.place == Place::Google {
            identity.email_verified &= is_of_google(identity.email.as_deref(), hosted_domain.as_deref());
        }
        Ok(Identity { hosted_domain, tenant_id, ..identity })
    }

    /// Checks the ID token, a second time with newer keys when the key was the trouble.
    async fn verify(
        &self,
        upstream: &Upstream,
        token: &CoreIdToken,
        tokens: &Tokens,
        expected: &id_token::Expected<'_>,
    ) -> Result<Value, RelyingPartyError> {
        let jwks_uri = upstream.metadata.jwks_uri.as_ref().ok_or_else(|| rejected("there are no keys"))?;
        let access_token = tokens.access_token.clone().map(AccessToken::new);
        let check = |keys| id_token::verify(token, access_token.as_ref(), keys, expected);
        let keys = self.keys.keys(&upstream.source, jwks_uri).await?;
        let outcome = match check(&keys) {
            Err(IdTokenError::Key(text)) => match self.keys.newer(&upstream.source, jwks_uri, &keys).await {
                Some(newer) => check(&newer),
                None => Err(IdTokenError::Key(text)),
            },
            outcome => outcome,
        };
        outcome.map_err(|(IdTokenError::Key(text) | IdTokenError::Claims(text))| rejected(format!("ID token: {text}")))
    }

    /// What userinfo adds (OIDC Core §5.3), and what an attribute map makes of both.
    async fn complete(
        &self,
        upstream: &Upstream,
        person: PersonClaims,
        claims: &Value,
        (tokens, told): (&Tokens, &mut Told),
    ) -> Result<PersonClaims, RelyingPartyError> {
        let refused = |text: String| rejected(format!("userinfo: {text}"));
        let (mode, map) = (upstream.mapping_mode(), upstream.options.attribute_map.as_ref());
        let asks = match (mode, map) {
            (MappingMode::BasicProfile, _) => person.email.is_none(),
            (MappingMode::UseMap, Some(map)) => attribute_map::reads_userinfo(map),
            (MappingMode::UseMap, None) => false,
            (MappingMode::BindAll, _) => true,
        };
        let userinfo = match asks && upstream.preset.person == Person::IdTokenAndUserinfo {
            true => self.userinfo(upstream, tokens, told).await?,
            false => None,
        };
        let more = userinfo
            .as_ref()
            .map(|userinfo| PersonClaims::read(&identity::standard(upstream.preset, &upstream.options, userinfo)));
        let person = match more.transpose().map_err(refused)? {
            Some(more) => person.completed_by(more).map_err(refused)?,
            None => person,
        };
        match map.filter(|_| mode == MappingMode::UseMap) {
            Some(map) => {
                let mapped = attribute_map::apply(map, claims, &userinfo.unwrap_or_default());
                person.mapped(mapped).map_err(|text| rejected(format!("the attribute map: {text}")))
            }
            None => Ok(person),
        }
    }

    async fn userinfo(
        &self,
        upstream: &Upstream,
        tokens: &Tokens,
        told: &mut Told,
    ) -> Result<Option<Value>, RelyingPartyError> {
        let (Some(endpoint), Some(token)) = (&upstream.metadata.userinfo_endpoint, &tokens.access_token) else {
            return Ok(None);
        };
        let answer = read_json(endpoint, &self.outbound.get(endpoint.as_str(), Some(token)).await?)?;
        told.answer(&answer);
        Ok(Some(answer))
    }

    /// Without an ID token the call that the access token allows says who came.
    pub(super) async fn person_of_calls(
        &self,
        upstream: &Upstream,
        handshake: &Handshake,
        tokens: &Tokens,
        told: &mut Told,
    ) -> Result<Identity, RelyingPartyError> {
        let nobody = || rejected("the answer tells nobody");
        let claims = match upstream.preset.person {
            Person::GithubApi => {
                let endpoint = upstream.metadata.userinfo_endpoint.as_ref().ok_or_else(nobody)?;
                let token = tokens.access_token.as_deref().ok_or_else(nobody)?;
                let claims = github::claims(&self.outbound, endpoint, token).await?;
                told.answer(&claims);
                claims
            }
            _ => {
                let answer = self.userinfo(upstream, tokens, told).await?.ok_or_else(nobody)?;
                let map = upstream.options.attribute_map.as_ref();
                identity::of_own_answer(map.filter(|map| map.mapping_mode == MappingMode::UseMap), &answer)
            }
        };
        let person = PersonClaims::read(&claims).map_err(|text| rejected(format!("userinfo: {text}")))?;
        Ok(person.into_identity(&handshake.issuer))
    }
}

/// The issuer that the ID token must name. Behind Microsoft's common endpoint it is the tenant's own: the token says
/// which, and holds only if that tenant's issuer is also its `iss`.
fn issuer_of(upstream: &Upstream, handshake: &Handshake, token: &CoreIdToken) -> Result<String, RelyingPartyError> {
    if !upstream.preset.is_microsoft() || !handshake.issuer.contains(ANY_TENANT) {
        return Ok(handshake.issuer.clone());
    }
    let unread = id_token::payload(token).unwrap_or_default();
    match unread["tid"].as_str().filter(|tenant| is_tenant_id(tenant)) {
        Some(tenant) => Ok(handshake.issuer.replace(ANY_TENANT, tenant)),
        None => Err(rejected("ID token: it names no tenant (tid)")),
    }
}

/// The company that vouches for the person: Google's hosted domain, Microsoft's tenant.
fn vouched(
    upstream: &Upstream,
    issuer: &str,
    claims: &Value,
) -> Result<(Option<String>, Option<String>), RelyingPartyError> {
    let text = |name: &str| claims[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    if upstream.preset.is_microsoft() {
        let tenant = text("tid").filter(|tenant| is_tenant_id(tenant) && issuer.contains(tenant.as_str()));
        return tenant.map(|tenant| (None, Some(tenant))).ok_or_else(|| rejected("ID token: tid is not its issuer's"));
    }
    if upstream.preset.place != Place::Google {
        return Ok((None, None));
    }
    let hosted = text("hd").filter(|domain| domain.len() <= LONGEST_DOMAIN && !domain.contains(char::is_control));
    // The parameter `hd` only chooses what Google offers; anybody can take it out of the address.
    let is_ours = |domain: &str| upstream.workspace_domains().any(|ours| ours.eq_ignore_ascii_case(domain));
    if upstream.preset.is_google_apps() && !hosted.as_deref().is_some_and(is_ours) {
        return Err(rejected("ID token: the account is of another domain (hd)"));
    }
    Ok((hosted, None))
}

/// Whether Google speaks for the address. A consumer account can be made for any address whose mail somebody read once,
/// and keeps `email_verified` for ever: as `me+x@acme.example`, by somebody who left Acme long ago. Google is the
/// authority only for its own mailboxes, and for a Workspace's accounts, whose `hd` is their domain.
fn is_of_google(email: Option<&str>, hosted_domain: Option<&str>) -> bool {
    let Some(domain) = email.and_then(domain_of_address) else { return false };
    let hosted = hosted_domain.and_then(normal_domain);
    ["gmail.com", "googlemail.com"].contains(&domain.as_str()) || hosted.as_ref() == Some(&domain)
}

/// The JSON that Apple posts beside the first code. The browser could have written it: a name to show, and never the
/// e-mail, which is in the ID token.
fn apples_name(upstream: &Upstream, callback: &Callback) -> (Option<String>, Option<String>) {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Name {
        first_name: Option<String>,
        last_name: Option<String>,
    }
    #[derive(Default, Deserialize)]
    struct User {
        #[serde(default)]
        name: Name,
    }
    if upstream.preset.place != Place::Apple {
        return (None, None);
    }
    let user: User = callback.user.as_deref().and_then(|user| serde_json::from_str(user).ok()).unwrap_or_default();
    (user.name.first_name, user.name.last_name)
}
