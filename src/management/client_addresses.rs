//! Where an application sends a browser: what a schema cannot tell of its addresses.

use url::Url;

use super::check::{check_web_address, not_built, wrong};
use crate::model::{ApiError, Application};

/// # Errors
/// 400 `invalid_body` naming the member, 400 `operation_not_supported` for wildcards.
pub(super) fn check_addresses(application: &Application) -> Result<(), ApiError> {
    for (property, address) in
        [("logo_uri", &application.logo_uri), ("initiate_login_uri", &application.initiate_login_uri)]
    {
        if let Some(address) = address {
            check_web_address(property, address)?;
        }
    }
    let lists = [
        ("callbacks", &application.callbacks),
        ("allowed_logout_urls", &application.allowed_logout_urls),
        ("web_origins", &application.web_origins),
    ];
    for (property, addresses) in lists {
        addresses.iter().try_for_each(|address| check_redirect_target(property, address))?;
    }
    let is_origin = |text: &String| Url::parse(text).is_ok_and(|url| url.path() == "/" && url.query().is_none());
    match application.web_origins.iter().all(is_origin) {
        true => Ok(()),
        false => Err(wrong("web_origins", "String is not an origin such as https://app.example.com")),
    }
}

/// An address that a browser is sent to, compared byte by byte later: absolute, without a fragment
/// (RFC 6749 §3.1.2), of a scheme that runs nothing here, and without wildcards, which are not built.
fn check_redirect_target(property: &str, text: &str) -> Result<(), ApiError> {
    let url = Url::parse(text).map_err(|_| wrong(property, "String is not an absolute URL"))?;
    if text.contains(['#', '\\']) || text.chars().any(char::is_whitespace) {
        return Err(wrong(property, "URL has a fragment, a backslash or a space"));
    }
    if matches!(url.scheme(), "javascript" | "data" | "vbscript" | "blob" | "file" | "about" | "view-source") {
        return Err(wrong(property, "URL has a scheme that is not allowed"));
    }
    let authority = text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or(""));
    if authority.contains(['*', '{', '}']) {
        return Err(not_built(property));
    }
    match authority.contains('@') {
        true => Err(wrong(property, "URL has a user or a password")),
        false => Ok(()),
    }
}
