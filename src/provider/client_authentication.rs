//! Who calls the token endpoint: a confidential application by its secret, a public one by its name.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Provider;
use super::token_request::{TokenRequest, invalid_request};
use crate::model::Application;
use crate::oidc::error::{TokenEndpointError, code};

/// Finds and authenticates the application (RFC 6749 §2.3).
///
/// # Errors
/// 401 `invalid_client`, the same for an unknown application and a wrong secret; 429 for an address that named too
/// many unknown ones.
pub(super) async fn authenticate(
    provider: &Provider,
    address: IpAddr,
    headers: &HeaderMap,
    request: &TokenRequest,
) -> Result<Arc<Application>, TokenEndpointError> {
    let (client_id, secret) = match basic_credentials(headers)? {
        Some(_) if request.get("client_secret").is_some() => {
            return Err(invalid_request("the client authenticated in two ways"));
        }
        Some((client_id, _)) if request.get("client_id").is_some_and(|named| named != client_id) => {
            return Err(invalid_request("the client named itself in two ways"));
        }
        Some((client_id, secret)) => (client_id, Some(secret)),
        None => (request.required("client_id")?.to_owned(), request.get("client_secret").map(str::to_owned)),
    };
    let refused = || invalid_client("Unauthorized");
    let application = provider.client.application_for(address, &client_id).await?.ok_or_else(refused)?;
    let proven = match (application.is_public(), secret) {
        // A public application has no secret to check; PKCE binds its codes.
        (true, secret) => secret.is_none(),
        (false, secret) => same_secret(application.client_secret.as_deref(), secret.as_deref()),
    };
    if proven { Ok(application) } else { Err(refused()) }
}

fn invalid_client(description: &str) -> TokenEndpointError {
    TokenEndpointError::new(code::INVALID_CLIENT, description)
}

/// Compares hashes, so that the time taken tells nothing of the secret.
fn same_secret(expected: Option<&str>, given: Option<&str>) -> bool {
    let (Some(expected), Some(given)) = (expected, given) else { return false };
    let hash = |text: &str| aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    !expected.is_empty()
        && aws_lc_rs::constant_time::verify_slices_are_equal(hash(expected).as_ref(), hash(given).as_ref()).is_ok()
}

/// `Authorization: Basic`, whose two parts are form-encoded (RFC 6749 §2.3.1).
fn basic_credentials(headers: &HeaderMap) -> Result<Option<(String, String)>, TokenEndpointError> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let broken = || invalid_client("the Authorization header is not valid Basic credentials");
    if given.next().is_some() {
        // Two could be read differently by whoever stands in front of us.
        return Err(broken());
    }
    let text = value.to_str().map_err(|_| broken())?;
    let (scheme, encoded) = text.split_once(' ').ok_or_else(broken)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(broken());
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| broken())?;
    let decoded = String::from_utf8(decoded).map_err(|_| broken())?;
    let (client_id, secret) = decoded.split_once(':').ok_or_else(broken)?;
    Ok(Some((form_decode(client_id), form_decode(secret))))
}

fn form_decode(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let mut headers = HeaderMap::new();
        let encoded = STANDARD.encode("a%3Ab:s%2Bc+d");
        headers.insert(header::AUTHORIZATION, format!("basic {encoded}").parse().expect("a header"));
        let found = basic_credentials(&headers).ok().flatten().expect("credentials");
        assert_eq!(found, ("a:b".to_owned(), "s+c d".to_owned()));
    }

    #[test]
    fn an_empty_secret_never_matches() {
        assert!(!same_secret(Some(""), Some("")));
        assert!(!same_secret(None, None));
        assert!(!same_secret(Some("a"), Some("b")));
        assert!(same_secret(Some("a"), Some("a")));
    }
}
