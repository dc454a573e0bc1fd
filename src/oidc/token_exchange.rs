//! The token request: a code for tokens (RFC 6749 §4.1.3), the same for OpenID and for plain OAuth 2.0.

use openidconnect::core::CoreIdToken;
use openidconnect::{HttpRequest, HttpResponse, http};
use serde::Deserialize;
use serde_json::Value;

use super::credential::Credential;
use super::handshake::Handshake;
use super::outbound::Outbound;
use super::relying_party_error::{RelyingPartyError, tidy};
use super::upstream::Upstream;

/// What an answer brought. The access token is used to ask who came at most, and then dropped.
#[derive(Default)]
pub(super) struct Tokens {
    /// As it came.
    pub(super) id_token: Option<Value>,
    pub(super) access_token: Option<String>,
}

impl Tokens {
    /// # Errors
    /// When there is no ID token, or one that cannot be read.
    pub(super) fn id_token(&self) -> Result<CoreIdToken, RelyingPartyError> {
        let rejected = |text: &str| RelyingPartyError::Rejected(text.to_owned());
        let token = self.id_token.clone().ok_or_else(|| rejected("the answer has no ID token"))?;
        // The error's own text may quote the token.
        serde_json::from_value(token).map_err(|_| rejected("the ID token is malformed"))
    }
}

/// Exchanges the code. Sent once: a code that may have been spent is never sent again.
pub(super) async fn exchange(
    upstream: &Upstream,
    outbound: &Outbound,
    handshake: &Handshake,
    code: &str,
    credential: Credential,
) -> Result<Tokens, RelyingPartyError> {
    let request = request(upstream, handshake, code, &credential);
    let request = request.map_err(|_| RelyingPartyError::Misconfigured("a malformed token request".to_owned()))?;
    read(&outbound.send(request).await?)
}

fn request(
    upstream: &Upstream,
    handshake: &Handshake,
    code: &str,
    credential: &Credential,
) -> Result<HttpRequest, http::Error> {
    let endpoint = upstream.metadata.token_endpoint.as_ref().map_or("", |endpoint| endpoint.as_str());
    let mut request = http::Request::post(endpoint)
        // GitHub answers a form to whoever does not ask for JSON.
        .header(http::header::ACCEPT, "application/json")
        .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code").append_pair("code", code);
    if upstream.has_pkce() {
        form.append_pair("code_verifier", &handshake.pkce_verifier);
    }
    match credential {
        Credential::Basic(header) => request = request.header(http::header::AUTHORIZATION, header),
        Credential::Form(members) => drop(form.extend_pairs(members)),
    }
    form.append_pair("redirect_uri", &handshake.redirect_uri);
    request.body(form.finish().into_bytes())
}

/// The part of an answer that counts. Its texts are never repeated: a token may be among them.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    id_token: Option<Value>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

fn read(answer: &HttpResponse) -> Result<Tokens, RelyingPartyError> {
    let rejected = |text: &str| RelyingPartyError::Rejected(text.to_owned());
    let malformed = || rejected("the token endpoint's answer is malformed");
    let Ok(json) = serde_json::from_slice::<Value>(answer.body()) else {
        return Err(RelyingPartyError::Unreachable("the token endpoint gave no JSON".to_owned()));
    };
    let read = Answer::deserialize(json).map_err(|_| malformed())?;
    // GitHub refuses with status 200.
    if let Some(error) = read.error {
        return Err(refused(&error, read.error_description.as_deref().unwrap_or_default()));
    }
    if answer.status() != 200 {
        let text = format!("the token endpoint answered with status {}", answer.status().as_u16());
        return Err(RelyingPartyError::Unreachable(text));
    }
    // Some leave the type out; there is no other one that we could use (RFC 6750).
    if read.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(rejected("the access token is of an unknown type"));
    }
    let access_token = read.access_token.filter(|token| !token.is_empty()).ok_or_else(malformed)?;
    if access_token.chars().any(|letter| !letter.is_ascii_graphic()) {
        return Err(malformed());
    }
    Ok(Tokens { id_token: read.id_token, access_token: Some(access_token) })
}

fn refused(error: &str, description: &str) -> RelyingPartyError {
    let text = format!("the token endpoint answered {}: {}", tidy(error), tidy(description));
    match error {
        // `incorrect_client_credentials` is GitHub's word.
        "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" | "redirect_uri_mismatch" => {
            RelyingPartyError::Misconfigured(text)
        }
        _ => RelyingPartyError::Rejected(text),
    }
}

#[cfg(test)]
mod tests;
