//! `OAuthError`: what an application is told, or the person when the application cannot be trusted yet.

use serde::Serialize;

/// Error codes of the authorization endpoint (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6) and the token endpoint.
pub mod code {
    pub const ACCESS_DENIED: &str = "access_denied";
    pub const INTERACTION_REQUIRED: &str = "interaction_required";
    pub const INVALID_CLIENT: &str = "invalid_client";
    pub const INVALID_GRANT: &str = "invalid_grant";
    pub const INVALID_REQUEST: &str = "invalid_request";
    pub const LOGIN_REQUIRED: &str = "login_required";
    pub const REQUEST_NOT_SUPPORTED: &str = "request_not_supported";
    pub const REQUEST_URI_NOT_SUPPORTED: &str = "request_uri_not_supported";
    pub const SERVER_ERROR: &str = "server_error";
    pub const TEMPORARILY_UNAVAILABLE: &str = "temporarily_unavailable";
    pub const TOO_MANY_REQUESTS: &str = "too_many_requests";
    pub const UNAUTHORIZED_CLIENT: &str = "unauthorized_client";
    pub const UNSUPPORTED_GRANT_TYPE: &str = "unsupported_grant_type";
    pub const UNSUPPORTED_RESPONSE_MODE: &str = "unsupported_response_mode";
    pub const UNSUPPORTED_RESPONSE_TYPE: &str = "unsupported_response_type";
}

/// An error of the front channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// Shown to the person: the redirect URI is not known to belong to the application.
    #[error("{code}: {description}")]
    Displayed { code: &'static str, description: String },
    /// Sent to the application at its own, checked redirect URI.
    #[error("{code}: {description}")]
    Redirected { redirect_uri: String, state: Option<String>, code: &'static str, description: String },
}

impl OAuthError {
    pub fn displayed(code: &'static str, description: impl Into<String>) -> Self {
        Self::Displayed { code, description: description.into() }
    }

    pub fn description(&self) -> &str {
        match self {
            Self::Displayed { description, .. } | Self::Redirected { description, .. } => description,
        }
    }

    /// Where the browser is sent with the error, `iss` included (RFC 9207); `None` for an error that is displayed.
    pub fn redirect_url(&self, issuer: &str) -> Option<String> {
        match self {
            Self::Displayed { .. } => None,
            Self::Redirected { redirect_uri, state, code, description } => {
                let error = [("error", *code), ("error_description", description)];
                Some(response_url(redirect_uri, &error, state.as_deref(), issuer))
            }
        }
    }
}

/// The redirect URI with the response, `state` and `iss` added to its query (RFC 6749 §4.1.2). The registered text
/// stays as it is, its own query included.
pub fn response_url(redirect_uri: &str, response: &[(&str, &str)], state: Option<&str>, issuer: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(response);
    query.extend_pairs(state.map(|state| ("state", state)));
    query.append_pair("iss", issuer);
    let separator = match redirect_uri.split_once('?') {
        None => "?",
        Some((_, own)) if own.is_empty() || own.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{redirect_uri}{separator}{}", query.finish())
}

/// The JSON error of the back channel (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{error}: {error_description}")]
pub struct TokenEndpointError {
    /// The HTTP status; no part of the body.
    #[serde(skip)]
    pub status: u16,
    /// Seconds to wait, sent as the `Retry-After` header; no part of the body.
    #[serde(skip)]
    pub retry_after: Option<u64>,
    pub error: &'static str,
    pub error_description: String,
}

impl TokenEndpointError {
    /// With the status that belongs to the code.
    pub fn new(error: &'static str, description: impl Into<String>) -> Self {
        let status = match error {
            code::INVALID_CLIENT => 401,
            code::ACCESS_DENIED => 403,
            code::SERVER_ERROR => 500,
            code::TEMPORARILY_UNAVAILABLE => 503,
            code::TOO_MANY_REQUESTS => 429,
            _ => 400,
        };
        Self { status, retry_after: None, error, error_description: description.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_keeps_the_registered_query() {
        let url = |redirect_uri| response_url(redirect_uri, &[("code", "c&d")], Some("a b"), "https://i/");
        assert_eq!(url("https://app/cb"), "https://app/cb?code=c%26d&state=a+b&iss=https%3A%2F%2Fi%2F");
        assert_eq!(url("https://app/cb?x=1"), "https://app/cb?x=1&code=c%26d&state=a+b&iss=https%3A%2F%2Fi%2F");
        assert_eq!(url("https://app/cb?"), "https://app/cb?code=c%26d&state=a+b&iss=https%3A%2F%2Fi%2F");
        assert_eq!(url("com.app:/cb"), "com.app:/cb?code=c%26d&state=a+b&iss=https%3A%2F%2Fi%2F");
    }

    #[test]
    fn only_a_redirected_error_has_a_place_to_go() {
        let shown = OAuthError::displayed(code::INVALID_REQUEST, "no");
        assert_eq!(shown.redirect_url("https://i/"), None);
        let sent = OAuthError::Redirected {
            redirect_uri: "https://app/cb".to_owned(),
            state: None,
            code: code::LOGIN_REQUIRED,
            description: "sign in".to_owned(),
        };
        let url = sent.redirect_url("https://i/").expect("a place");
        assert_eq!(url, "https://app/cb?error=login_required&error_description=sign+in&iss=https%3A%2F%2Fi%2F");
    }
}
