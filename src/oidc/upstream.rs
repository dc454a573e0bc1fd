//! The upstream: one connection's identity provider, from its preset, its options and what it says of itself.

use serde_json::{Map, Value};
use url::Url;

use super::metadata::{Discovery, Metadata, Source};
use super::presets::{Binding, Place, Preset};
use super::relying_party_error::RelyingPartyError;
use crate::config::Providers;
use crate::model::Connection;
use crate::model::connection::{Channel, MappingMode, UpstreamOptions};

/// What stands in the issuer of Microsoft's common endpoint for the tenant of whoever signs in.
pub(super) const ANY_TENANT: &str = "{tenantid}";

/// Everything a login needs to know of where it goes.
pub(super) struct Upstream {
    pub(super) preset: &'static Preset,
    pub(super) options: UpstreamOptions,
    pub(super) source: Source,
    pub(super) metadata: Metadata,
}

fn wrong(text: impl Into<String>) -> RelyingPartyError {
    RelyingPartyError::Misconfigured(text.into())
}

impl Upstream {
    pub(super) async fn find(
        connection: &Connection,
        providers: &Providers,
        discovery: &Discovery,
    ) -> Result<Self, RelyingPartyError> {
        let preset = Preset::find(connection.strategy).ok_or_else(|| wrong("it has no identity provider"))?;
        let options = connection.upstream_options().map_err(wrong)?;
        let source = source(connection, preset, &options, providers);
        let metadata = match preset.place {
            Place::Github => github(providers)?,
            Place::OwnEndpoints => own_endpoints(&options)?,
            Place::Options => configured(&source, &options, discovery).await?,
            _ => discovery.metadata(&source).await?.as_ref().clone(),
        };
        let upstream = Self { preset, options, source, metadata };
        upstream.check(providers)?;
        Ok(upstream)
    }

    /// What discovery cannot know to be missing.
    fn check(&self, providers: &Providers) -> Result<(), RelyingPartyError> {
        if !self.is_front_channel() && self.metadata.token_endpoint.is_none() {
            return Err(wrong("no token endpoint is known"));
        }
        if self.preset.is_openid() && self.metadata.jwks_uri.is_none() {
            return Err(wrong("no address of the keys is known"));
        }
        if self.preset.is_microsoft() {
            let issuer = &self.metadata.issuer;
            let tenant = tenant_of(issuer, providers).filter(|tenant| match *tenant {
                ANY_TENANT => self.options.use_common_endpoint,
                tenant => is_tenant_id(tenant),
            });
            tenant.ok_or_else(|| wrong(format!("{issuer:?} is not the issuer of the configured tenant")))?;
        }
        Ok(())
    }

    pub(super) fn is_front_channel(&self) -> bool {
        self.preset.place == Place::Options && self.options.channel == Channel::FrontChannel
    }

    /// Whether a code is bound to the request by PKCE (RFC 7636). Whoever does not know it ignores it (RFC 6749 §3.1),
    /// so only an application's owner turns it off, for a server that is wrong about that.
    pub(super) fn has_pkce(&self) -> bool {
        !self.is_front_channel()
            && self.preset.binding != Binding::StateOnly
            && !(self.preset.is_oauth2() && self.options.pkce_enabled == Some(false))
    }

    pub(super) fn has_nonce(&self) -> bool {
        self.preset.binding == Binding::NonceAndPkce
    }

    pub(super) fn answers_by_form(&self) -> bool {
        self.is_front_channel() || (self.preset.form_post && !self.scopes().is_empty())
    }

    /// The scopes, each once: those of the options or else the preset's, as the switches say.
    pub(super) fn scopes(&self) -> Vec<&str> {
        let preset = || self.preset.scope.split(' ').filter(|scope| !scope.is_empty()).collect();
        let told = self.options.scope.as_ref().map(|scopes| scopes.iter().collect::<Vec<_>>());
        let mut scopes = told.filter(|scopes| !scopes.is_empty()).unwrap_or_else(preset);
        for (switch, scope) in self.preset.switches {
            match self.options.others.get(*switch) {
                Some(Value::Bool(false)) => scopes.retain(|wanted| wanted != scope),
                Some(Value::Bool(true)) => scopes.push(scope),
                _ => {}
            }
        }
        scopes.extend(self.options.freeform_scopes.iter().map(String::as_str));
        if let Some(map) = &self.options.attribute_map {
            scopes.extend(map.userinfo_scope.iter().flat_map(|scope| scope.split_ascii_whitespace()));
        }
        if self.preset.wants_openid() {
            scopes.insert(0, "openid");
        }
        let mut once: Vec<&str> = Vec::new();
        scopes.into_iter().for_each(|scope| {
            if !once.contains(&scope) {
                once.push(scope);
            }
        });
        once
    }

    /// How claims become a profile.
    pub(super) fn mapping_mode(&self) -> MappingMode {
        self.options.attribute_map.as_ref().map(|map| map.mapping_mode).unwrap_or_default()
    }

    /// The domains of a Google Workspace: its own and its aliases.
    pub(super) fn workspace_domains(&self) -> impl Iterator<Item = &str> {
        let own = [&self.options.tenant_domain, &self.options.domain];
        own.into_iter().flatten().chain(&self.options.domain_aliases).map(String::as_str)
    }
}

/// Where the metadata is, and whose keys count.
fn source(connection: &Connection, preset: &Preset, options: &UpstreamOptions, providers: &Providers) -> Source {
    let tenant = |tenant: &str| {
        let tenant: String = url::form_urlencoded::byte_serialize(tenant.as_bytes()).collect();
        let base = providers.microsoft.url.trim_end_matches('/');
        (None, Some(format!("{base}/{tenant}/v2.0/.well-known/openid-configuration")))
    };
    let (issuer, discovery_url) = match preset.place {
        Place::Google => (Some(providers.google.issuer.clone()), None),
        Place::Apple => (Some(providers.apple.issuer.clone()), None),
        Place::Linkedin => (Some(providers.linkedin.issuer.clone()), None),
        Place::MicrosoftConsumers => tenant("consumers"),
        Place::Microsoft if options.use_common_endpoint => tenant("common"),
        Place::Microsoft => tenant(options.tenant_domain.as_ref().or(options.domain.as_ref()).map_or("", |it| it)),
        Place::Options | Place::Github | Place::OwnEndpoints => (options.issuer.clone(), options.discovery_url.clone()),
    };
    Source { connection_id: connection.id.clone(), issuer, discovery_url }
}

/// What the options say over what discovery says; with all of it said nobody is asked.
async fn configured(
    source: &Source,
    options: &UpstreamOptions,
    discovery: &Discovery,
) -> Result<Metadata, RelyingPartyError> {
    let mut told = options.oidc_metadata.clone().unwrap_or_default();
    let own = [
        ("issuer", &options.issuer),
        ("authorization_endpoint", &options.authorization_endpoint),
        ("token_endpoint", &options.token_endpoint),
        ("jwks_uri", &options.jwks_uri),
        ("userinfo_endpoint", &options.userinfo_endpoint),
    ];
    let own: Vec<_> = own.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
    let says_more = !told.is_empty() || own.iter().any(|(name, _)| *name != "issuer");
    if let (Some(issuer), Some(named)) = (&options.issuer, told.get("issuer"))
        && named != issuer
    {
        return Err(wrong("options.issuer and the issuer of options.oidc_metadata differ"));
    }
    told.extend(own.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))));
    let mut needed = vec!["issuer", "authorization_endpoint", "jwks_uri"];
    if options.channel == Channel::BackChannel {
        needed.push("token_endpoint");
    }
    if needed.iter().all(|name| told.contains_key(*name)) {
        return read(source, told);
    }
    let discovered = discovery.metadata(source).await?;
    if !says_more {
        return Ok(discovered.as_ref().clone());
    }
    // Whoever is asked is never taken for another.
    told.insert("issuer".to_owned(), Value::from(discovered.issuer.as_str()));
    let known = serde_json::to_value(discovered.as_ref()).map_err(|error| wrong(error.to_string()))?;
    let mut all = known.as_object().cloned().unwrap_or_default();
    all.extend(told);
    read(source, all)
}

fn read(source: &Source, metadata: Map<String, Value>) -> Result<Metadata, RelyingPartyError> {
    let metadata: Metadata =
        serde_json::from_value(Value::Object(metadata)).map_err(|error| wrong(format!("the endpoints: {error}")))?;
    let from = Url::parse(&metadata.issuer).map_err(|_| wrong("the issuer is no address"))?;
    source.accept(metadata, &from)
}

fn address(name: &str, text: String) -> Result<Url, RelyingPartyError> {
    Url::parse(&text).map_err(|_| wrong(format!("{name} is no address")))
}

/// GitHub has no metadata; its endpoints are documented.
fn github(providers: &Providers) -> Result<Metadata, RelyingPartyError> {
    let (url, api) = (providers.github.url.trim_end_matches('/'), providers.github.api_url.trim_end_matches('/'));
    Ok(Metadata {
        token_endpoint: Some(address("providers.github.url", format!("{url}/login/oauth/access_token"))?),
        userinfo_endpoint: Some(address("providers.github.api_url", format!("{api}/user"))?),
        ..Metadata::of(url, address("providers.github.url", format!("{url}/login/oauth/authorize"))?)
    })
}

/// The issuer of an OAuth 2.0 server's people is the address that tells who they are: with another one the same id
/// may be another person.
fn own_endpoints(options: &UpstreamOptions) -> Result<Metadata, RelyingPartyError> {
    let read = |name: &str, text: &Option<String>| address(name, text.clone().unwrap_or_default());
    let userinfo = read("options.userinfo_endpoint", &options.userinfo_endpoint)?;
    Ok(Metadata {
        token_endpoint: Some(read("options.tokenURL", &options.token_url)?),
        userinfo_endpoint: Some(userinfo.clone()),
        ..Metadata::of(userinfo.as_str(), read("options.authorizationURL", &options.authorization_url)?)
    })
}

/// The tenant that an issuer of Microsoft's names.
fn tenant_of<'i>(issuer: &'i str, providers: &Providers) -> Option<&'i str> {
    let base = providers.microsoft.url.trim_end_matches('/');
    issuer.strip_prefix(base)?.strip_prefix('/')?.strip_suffix("/v2.0")
}

/// Whether a text is the id of a tenant, a GUID.
pub(super) fn is_tenant_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests;
