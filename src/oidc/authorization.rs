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
    pub client_id: String,
    pub redirect_uri: String,
    pub state: Option<String>,
    /// The known scopes that were asked for, each once.
    pub scope: Vec<String>,
    pub nonce: Option<String>,
    pub prompt: Vec<Prompt>,
    /// Seconds since the last proof at most.
    pub max_age: Option<i64>,
    /// The S256 challenge (RFC 7636 §4.3).
    pub code_challenge: Option<String>,
    pub audience: Option<String>,
    /// An organization's id or name, as the application sent it.
    pub organization: Option<String>,
    /// A connection's name, which is a wish and no permission.
    pub connection: Option<String>,
    pub login_hint: Option<String>,
    pub ui_locales: Option<String>,
    pub acr_values: Option<String>,
    /// The whole request, to write links with and to pass parameters on.
    pub request: AuthorizeRequest,
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
        let redirect_uri = redirect_uri::check(request.get("redirect_uri"), application)
            .map_err(|description| OAuthError::displayed(code::INVALID_REQUEST, description))?;
        let state = request.get("state").map(str::to_owned);
        Self::check_trusted(request, application, &redirect_uri).map_err(|(code, description)| OAuthError::Redirected {
            redirect_uri,
            state,
            code,
            description,
        })
    }

    fn check_trusted(
        request: AuthorizeRequest,
        application: &Application,
        redirect_uri: &str,
    ) -> Result<Self, Refusal> {
        check_request_object(&request)?;
        check_response(&request)?;
        if !application.may_use_grant("authorization_code") {
            return refuse(
                code::UNAUTHORIZED_CLIENT,
                "the grant type authorization_code is not enabled for this client",
            );
        }
        let text = |name: &str| request.get(name).map(str::to_owned);
        Ok(Self {
            client_id: application.client_id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            state: text("state"),
            scope: read_scope(request.get("scope")),
            nonce: text("nonce"),
            prompt: read_prompt(request.get("prompt"))?,
            max_age: read_max_age(request.get("max_age"))?,
            code_challenge: read_challenge(&request, application)?,
            audience: text("audience"),
            organization: text("organization"),
            connection: text("connection"),
            login_hint: text("login_hint"),
            ui_locales: text("ui_locales"),
            acr_values: text("acr_values"),
            request,
        })
    }

    pub fn wants(&self, prompt: Prompt) -> bool {
        self.prompt.contains(&prompt)
    }

    /// The error, on its way to this request's redirect URI.
    pub fn refused(&self, code: &'static str, description: impl Into<String>) -> OAuthError {
        OAuthError::Redirected {
            redirect_uri: self.redirect_uri.clone(),
            state: self.state.clone(),
            code,
            description: description.into(),
        }
    }

    /// Where the browser takes the authorization code (RFC 6749 §4.1.2, RFC 9207).
    pub fn code_url(&self, code: &str, issuer: &str) -> String {
        super::error::response_url(&self.redirect_uri, &[("code", code)], self.state.as_deref(), issuer)
    }
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

fn read_scope(scope: Option<&str>) -> Vec<String> {
    let asked: Vec<&str> = scope.unwrap_or_default().split_ascii_whitespace().collect();
    SCOPES.iter().filter(|known| asked.contains(known)).map(|&known| known.to_owned()).collect()
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
fn read_challenge(request: &AuthorizeRequest, application: &Application) -> Result<Option<String>, Refusal> {
    match (request.get("code_challenge"), request.get("code_challenge_method")) {
        (None, None) if application.is_public() => {
            refuse(code::INVALID_REQUEST, "parameter code_challenge is required for this client")
        }
        (None, None) => Ok(None),
        (None, Some(_)) => refuse(code::INVALID_REQUEST, "parameter code_challenge_method needs code_challenge"),
        (Some(challenge), Some("S256")) if is_challenge(challenge) => Ok(Some(challenge.to_owned())),
        (Some(_), Some("S256")) => refuse(code::INVALID_REQUEST, "parameter code_challenge is malformed"),
        // An absent method means `plain`, which protects nothing that a leaked request would not give away.
        (Some(_), _) => refuse(code::INVALID_REQUEST, "parameter code_challenge_method must be S256"),
    }
}

/// 43 to 128 unreserved characters (RFC 7636 §4.2).
fn is_challenge(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests;
