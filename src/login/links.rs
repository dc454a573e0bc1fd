//! The addresses on a page: the same authorize request again with one parameter more, escaped once for all of them.

use std::fmt;

use askama::filters::{Escaper, Html, HtmlSafe};

use super::organization::ACCOUNT;
use crate::oidc::authorize_request::AuthorizeRequest;

/// An address as it stands in an attribute of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Href<'p> {
    Escaped(String),
    /// A link of [`Links`], put together where it is written.
    Request {
        path: &'static str,
        /// The request's escaped query from its `?` on, up to the connection's name where there is one.
        query: &'p str,
        connection: Option<&'p str>,
        /// What follows, escaped.
        more: &'static str,
    },
}

impl Href<'_> {
    pub(super) fn new(address: &str) -> Self {
        let mut html = String::with_capacity(address.len() + address.len() / 4);
        // Writing to a text does not fail.
        let _ = Html.write_escaped_str(&mut html, address);
        Self::Escaped(html)
    }
}

impl fmt::Display for Href<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Escaped(html) => f.write_str(html),
            Self::Request { path, query, connection, more } => {
                f.write_str(path)?;
                f.write_str(query)?;
                if let Some(connection) = connection {
                    url::form_urlencoded::byte_serialize(connection.as_bytes())
                        .try_for_each(|part| f.write_str(part))?;
                }
                f.write_str(more)
            }
        }
    }
}

impl HtmlSafe for Href<'_> {}

/// The links of a page, which all repeat the request that it answers.
pub(super) struct Links<'r> {
    request: &'r AuthorizeRequest,
    /// Its escaped query without the connection, which each option adds as its own; then `CONNECTION`.
    query: String,
}

const CONNECTION: &str = "&#38;connection=";

impl<'r> Links<'r> {
    pub(super) fn new(request: &'r AuthorizeRequest) -> Self {
        // What is encoded so holds nothing else that HTML would have escaped.
        let query = request.query_joined(&["connection"], "&#38;");
        Self { request, query: ["?", &query, CONNECTION].concat() }
    }

    /// The request at `path` with this connection; with none, as it was asked without one.
    pub(super) fn to<'p>(&'p self, path: &'static str, connection: Option<&'p str>) -> Href<'p> {
        let end = if connection.is_some() { self.query.len() } else { self.query.len() - CONNECTION.len() };
        Href::Request { path, query: &self.query[..end], connection, more: "" }
    }

    /// Where an account of this connection is made.
    pub(super) fn sign_up<'p>(&'p self, connection: &'p str) -> Href<'p> {
        match self.request.get("screen_hint") {
            Some(_) => {
                let request = self.request.with("connection", connection).with("screen_hint", "signup");
                Href::new(&request.url())
            }
            None => Href::Request {
                path: "/authorize",
                query: &self.query,
                connection: Some(connection),
                more: "&#38;screen_hint=signup",
            },
        }
    }

    /// Where another organization is chosen. The address does not come along: it may be what led here.
    pub(super) fn elsewhere(&self) -> Href<'static> {
        let names = ["organization", "invitation", ACCOUNT, "connection", "login_hint"];
        Href::new(&format!("/authorize?{}", self.request.query_without(&names)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "Acme's <new> \"one\"&";

    #[test]
    fn a_link_is_the_request_with_the_connection_at_its_end() {
        for query in
            ["client_id=a&state=x%26y%20%22%3C", "connection=old&client_id=%C3%A4&ext=1&ext=2", "a=1&connection="]
        {
            let request = AuthorizeRequest::parse(query).expect("reads");
            let links = Links::new(&request);
            let expected = |request: AuthorizeRequest| Href::new(&request.url()).to_string();
            assert_eq!(links.to("/authorize", Some(NAME)).to_string(), expected(request.with("connection", NAME)));
            assert_eq!(links.to("/authorize", None).to_string(), expected(request.without("connection")));
        }
    }

    #[test]
    fn a_request_for_a_new_account_says_so_once() {
        for query in ["client_id=a", "client_id=a&screen_hint=login-id&state=b", "client_id=a&screen_hint="] {
            let request = AuthorizeRequest::parse(query).expect("reads");
            let expected = request.with("connection", NAME).with("screen_hint", "signup");
            let link = Links::new(&request).sign_up(NAME).to_string();
            assert_eq!(link, Href::new(&expected.url()).to_string(), "{query}");
        }
    }
}
