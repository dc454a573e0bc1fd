//! Our client at one identity provider: the authorization URL and the token request, by `openidconnect`.

use std::borrow::Cow;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreIdToken,
    CoreJweContentEncryptionAlgorithm, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenResponse,
};
use openidconnect::{
    AccessToken, AuthType, AuthUrl, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyAdditionalClaims, EndpointNotSet, EndpointSet, IssuerUrl, JsonWebKeySet, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardErrorResponse, TokenResponse,
    TokenUrl,
};
use url::Url;

use super::handshake::Handshake;
use super::jwk::Jwk;
use super::metadata::Metadata;
use super::outbound::{Outbound, OutboundError};
use super::relying_party_error::{RelyingPartyError, tidy};
use crate::model::connection::OidcOptions;

const DEFAULT_SCOPE: &str = "openid profile email";

type TokenError = RequestTokenError<OutboundError, StandardErrorResponse<CoreErrorResponseType>>;

type Inner = Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    Jwk,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    CoreTokenResponse,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// The client of one connection, for one request.
pub(super) struct UpstreamClient {
    inner: Inner,
    scopes: Vec<Scope>,
}

/// What the token endpoint gave. The access token is used for userinfo at most and then dropped.
pub(super) struct Tokens {
    pub(super) id_token: CoreIdToken,
    pub(super) access_token: AccessToken,
}

impl UpstreamClient {
    pub(super) fn new(metadata: &Metadata, options: &OidcOptions) -> Result<Self, RelyingPartyError> {
        let issuer = IssuerUrl::new(metadata.issuer.clone())
            .map_err(|_| RelyingPartyError::Misconfigured(format!("the issuer {:?} is no address", metadata.issuer)))?;
        let secret = options.client_secret.as_ref().filter(|secret| !secret.is_empty());
        // Without keys: they are remembered elsewhere, and given when an ID token is checked.
        let mut inner = Client::new(ClientId::new(options.client_id.clone()), issuer, JsonWebKeySet::default())
            .set_auth_uri(AuthUrl::from_url(metadata.authorization_endpoint.clone()))
            .set_token_uri(TokenUrl::from_url(metadata.token_endpoint.clone()))
            .set_auth_type(auth_type(metadata, options)?);
        if let Some(secret) = secret {
            inner = inner.set_client_secret(ClientSecret::new(secret.clone()));
        }
        let scope = options.scope.as_deref().filter(|scope| !scope.trim().is_empty()).unwrap_or(DEFAULT_SCOPE);
        // `openid` is always sent by the library.
        let scopes = scope.split_ascii_whitespace().filter(|scope| *scope != "openid");
        Ok(Self { inner, scopes: scopes.map(|scope| Scope::new(scope.to_owned())).collect() })
    }

    /// Where the browser goes, with PKCE S256, state and nonce always.
    pub(super) fn authorize_url<'p>(
        &self,
        handshake: &Handshake,
        parameters: impl Iterator<Item = (&'p str, &'p str)>,
    ) -> Result<Url, RelyingPartyError> {
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier(handshake));
        let (state, nonce) = (handshake.state.clone(), handshake.nonce.clone());
        let request = self
            .inner
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scopes(self.scopes.iter().cloned())
            .set_redirect_uri(Cow::Owned(redirect_url(handshake)?))
            .set_pkce_challenge(challenge);
        let request = parameters.fold(request, |request, (name, value)| request.add_extra_param(name, value));
        Ok(request.url().0)
    }

    /// Exchanges the code. Sent once: a code that may have been spent is never sent again.
    pub(super) async fn exchange(
        &self,
        outbound: &Outbound,
        handshake: &Handshake,
        code: &str,
    ) -> Result<Tokens, RelyingPartyError> {
        let request = self
            .inner
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_redirect_uri(Cow::Owned(redirect_url(handshake)?))
            .set_pkce_verifier(verifier(handshake));
        let answer = request.request_async(outbound).await.map_err(refused)?;
        let id_token = answer
            .id_token()
            .cloned()
            .ok_or_else(|| RelyingPartyError::Rejected("the token endpoint gave no ID token".to_owned()))?;
        Ok(Tokens { id_token, access_token: answer.access_token().clone() })
    }
}

/// As configured; else what the metadata allows, basic first, which is also the default without a word (OIDC Core §9).
fn auth_type(metadata: &Metadata, options: &OidcOptions) -> Result<AuthType, RelyingPartyError> {
    match options.token_endpoint_auth_method.as_deref() {
        Some("client_secret_basic") => return Ok(AuthType::BasicAuth),
        Some("client_secret_post" | "none") => return Ok(AuthType::RequestBody),
        Some(other) => {
            let text = format!("options.token_endpoint_auth_method {:?} is not supported", tidy(other));
            return Err(RelyingPartyError::Misconfigured(text));
        }
        None => {}
    }
    let supported = metadata.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
    let has = |method: &str| supported.iter().any(|supported| supported == method);
    let post_only = has("client_secret_post") && !has("client_secret_basic");
    Ok(if post_only { AuthType::RequestBody } else { AuthType::BasicAuth })
}

fn verifier(handshake: &Handshake) -> PkceCodeVerifier {
    PkceCodeVerifier::new(handshake.pkce_verifier.clone())
}

fn redirect_url(handshake: &Handshake) -> Result<RedirectUrl, RelyingPartyError> {
    RedirectUrl::new(handshake.redirect_uri.clone())
        .map_err(|_| RelyingPartyError::Misconfigured("the callback URL is no address".to_owned()))
}

fn refused(error: TokenError) -> RelyingPartyError {
    match error {
        RequestTokenError::Request(error) => error.into(),
        RequestTokenError::ServerResponse(answer) => {
            let description = answer.error_description().map(|text| tidy(text)).unwrap_or_default();
            let text = format!("the token endpoint answered {}: {description}", tidy(answer.error().as_ref()));
            match answer.error() {
                CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                    RelyingPartyError::Misconfigured(text)
                }
                _ => RelyingPartyError::Rejected(text),
            }
        }
        // The error's own text may quote the answer, and with it a token.
        RequestTokenError::Parse(_, body) if serde_json::from_slice::<serde_json::Value>(&body).is_ok() => {
            RelyingPartyError::Rejected("the token endpoint's answer, or the ID token in it, is malformed".to_owned())
        }
        RequestTokenError::Parse(..) => RelyingPartyError::Unreachable("the token endpoint gave no JSON".to_owned()),
        RequestTokenError::Other(text) => {
            RelyingPartyError::Unreachable(format!("the token endpoint: {}", tidy(&text)))
        }
    }
}
