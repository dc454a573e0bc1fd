//! The authorization: an authorize request that passed every check (RFC 6749 §4.1.1, OIDC Core §3.1.2.2).

use super::authorize_request::AuthorizeRequest;
use super::error::{OAuthError, code};
use super::redirect_uri;
use crate::model::Application;

/// The scopes that mean something here; others are ignored (OIDC Core §3.1.2.1).
pub const SCOPES: [&str; 3] = ["openid", "profile", "email"];

/// A checked authorize request. It exists only if the redirect URI belongs to the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The known scopes that were asked for, each once.
    pub scope: Vec<&'static str>,
    pub prompt: Vec<Prompt>,
    /// Seconds since the last proof at most.
    pub max_age: Option<i64>,
    request: AuthorizeRequest,
}

/// What the application wants shown (OIDC Core §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// Nothing: answer at once or fail.
    None,
    Login,
    SelectAccount,
    Consent,
}

/// A refusal before it is known where it goes.
type Refusal = (&'static str, String);

/// The scopes, the prompts and the greatest age that were asked for.
type Read = (Vec<&'static str>, Vec<Prompt>, Option<i64>);

fn refuse<T>(code: &'static str, description: impl Into<String>) -> Result<T, Refusal> {
    Err((code, description.into()))
}

impl Authorization {
    /// Checks a request against the application that its `client_id` names.
    ///
    /// # Errors
    /// [`OAuthError::Displayed`] while the redirect URI is not known to be the application's,
    /// [`OAuthError::Redirected`] afterwards.
    pub fn check(request: AuthorizeRequest, application: &Application) -> Result<Self, OAuthError> {
        if request.client_id()? != application.client_id {
            return Err(OAuthError::displayed(code::INVALID_REQUEST, "parameter client_id names another application"));
        }
        redirect_uri::check(request.get("redirect_uri"), application)
            .map_err(|description| OAuthError::displayed(code::INVALID_REQUEST, description))?;
        match check_trusted(&request, application) {
            Ok((scope, prompt, max_age)) => Ok(Self { scope, prompt, max_age, request }),
            Err((code, description)) => Err(redirected(&request, code, description)),
        }
    }

    pub fn wants(&self, prompt: Prompt) -> bool {
        self.prompt.contains(&prompt)
    }

    /// The whole request: what of it needs no reading, to write links with, and to pass parameters on.
    pub fn request(&self) -> &AuthorizeRequest {
        &self.request
    }

    /// The same with a choice that a person made; what was checked stays as it is.
    pub fn choosing(&self, name: &str, value: &str) -> Self {
        debug_assert!(!["client_id", "redirect_uri"].contains(&name), "these are no choice");
        Self { request: self.request.with(name, value), ..self.clone() }
    }

    /// Where the answer goes.
    pub fn redirect_uri(&self) -> &str {
        self.request.get("redirect_uri").unwrap_or_default()
    }

    /// An organization's id or name, as the application sent it.
    pub fn organization(&self) -> Option<&str> {
        self.request.get("organization")
    }

    /// A connection's name, which is a wish and no permission.
    pub fn connection(&self) -> Option<&str> {
        self.request.get("connection")
    }

    pub fn login_hint(&self) -> Option<&str> {
        self.request.get("login_hint")
    }

    /// The error, on its way to this request's redirect URI.
    pub fn refused(&self, code: &'static str, description: impl Into<String>) -> OAuthError {
        redirected(&self.request, code, description.into())
    }

    /// Where the browser takes the authorization code (RFC 6749 §4.1.2, RFC 9207).
    pub fn code_url(&self, code: &str, issuer: &str) -> String {
        super::error::response_url(self.redirect_uri(), &[("code", code)], self.request.get("state"), issuer)
    }
}

fn redirected(request: &AuthorizeRequest, code: &'static str, description: String) -> OAuthError {
    let text = |name: &str| request.get(name).map(str::to_owned);
    let redirect_uri = text("redirect_uri").unwrap_or_default();
    OAuthError::Redirected { redirect_uri, state: text("state"), code, description }
}

/// What is checked once it is known where a refusal goes.
fn check_trusted(request: &AuthorizeRequest, application: &Application) -> Result<Read, Refusal> {
    check_request_object(request)?;
    check_response(request)?;
    if !application.may_use_grant("authorization_code") {
        return refuse(code::UNAUTHORIZED_CLIENT, "the grant type authorization_code is not enabled for this client");
    }
    let (prompt, max_age) = (read_prompt(request.get("prompt"))?, read_max_age(request.get("max_age"))?);
    check_challenge(request, application)?;
    Ok((read_scope(request.get("scope")), prompt, max_age))
}

/// Requests by reference are not built, and ignoring one would ignore what it says (OIDC Core §6).
fn check_request_object(request: &AuthorizeRequest) -> Result<(), Refusal> {
    if request.get("request").is_some() {
        return refuse(code::REQUEST_NOT_SUPPORTED, "parameter request is not supported");
    }
    if request.get("request_uri").is_some() {
        return refuse(code::REQUEST_URI_NOT_SUPPORTED, "parameter request_uri is not supported");
    }
    Ok(())
}

/// Only the code flow with the response in the query (RFC 9700 §2.1.2).
fn check_response(request: &AuthorizeRequest) -> Result<(), Refusal> {
    match request.get("response_type") {
        Some("code") => {}
        Some(_) => return refuse(code::UNSUPPORTED_RESPONSE_TYPE, "only the response type code is supported"),
        None => return refuse(code::INVALID_REQUEST, "parameter response_type is required"),
    }
    match request.get("response_mode") {
        None | Some("query") => Ok(()),
        Some(_) => refuse(code::UNSUPPORTED_RESPONSE_MODE, "only the response mode query is supported"),
    }
}

fn read_scope(scope: Option<&str>) -> Vec<&'static str> {
    let is_asked = |known: &&str| scope.unwrap_or_default().split_ascii_whitespace().any(|asked| asked == *known);
    SCOPES.into_iter().filter(is_asked).collect()
}

fn read_prompt(prompt: Option<&str>) -> Result<Vec<Prompt>, Refusal> {
    let mut wanted = Vec::new();
    for word in prompt.unwrap_or_default().split_ascii_whitespace() {
        wanted.push(match word {
            "none" => Prompt::None,
            "login" => Prompt::Login,
            "select_account" => Prompt::SelectAccount,
            "consent" => Prompt::Consent,
            _ => return refuse(code::INVALID_REQUEST, "parameter prompt has an unknown value"),
        });
    }
    if wanted.contains(&Prompt::None) && wanted.len() > 1 {
        return refuse(code::INVALID_REQUEST, "parameter prompt has none together with other values");
    }
    Ok(wanted)
}

fn read_max_age(max_age: Option<&str>) -> Result<Option<i64>, Refusal> {
    let Some(text) = max_age else { return Ok(None) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(seconds) if digits => Ok(Some(seconds)),
        _ => refuse(code::INVALID_REQUEST, "parameter max_age must be a whole number of seconds, 0 or more"),
    }
}

/// PKCE (RFC 7636): S256 or nothing, and nothing only for confidential clients (RFC 9700 §2.1.1).
fn check_challenge(request: &AuthorizeRequest, application: &Application) -> Result<(), Refusal> {
    let wrong = |description: &str| refuse(code::INVALID_REQUEST, description);
    match (request.get("code_challenge"), request.get("code_challenge_method")) {
        (None, None) if application.is_public() => wrong("parameter code_challenge is required for this client"),
        (None, None) => Ok(()),
        (None, Some(_)) => wrong("parameter code_challenge_method needs code_challenge"),
        (Some(challenge), Some("S256")) if is_challenge(challenge) => Ok(()),
        (Some(_), Some("S256")) => wrong("parameter code_challenge is malformed"),
        // An absent method means `plain`, which protects nothing that a leaked request would not give away.
        (Some(_), _) => wrong("parameter code_challenge_method must be S256"),
    }
}

/// 43 to 128 unreserved characters (RFC 7636 §4.2).
fn is_challenge(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests;
