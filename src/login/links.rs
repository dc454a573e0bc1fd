//! The addresses on a page: the same authorize request again with one parameter more, escaped once for all of them.

use std::fmt;

use askama::filters::{Escaper, Html, HtmlSafe};

use crate::oidc::authorize_request::AuthorizeRequest;

/// An address as it stands in an attribute of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Href(String);

impl Href {
    pub(super) fn new(address: &str) -> Self {
        let mut html = String::with_capacity(address.len() + address.len() / 4);
        // Writing to a text does not fail.
        let _ = Html.write_escaped_str(&mut html, address);
        Self(html)
    }
}

impl fmt::Display for Href {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Href {}

/// The links of one request that choose a connection.
pub(super) struct ConnectionLinks(Href);

impl ConnectionLinks {
    pub(super) fn new(request: &AuthorizeRequest) -> Self {
        Self(Href::new(&format!("?{}&connection=", request.query_without(&["connection"]))))
    }

    /// The request at `path` with this connection.
    pub(super) fn to(&self, path: &str, connection: &str) -> Href {
        let (start, mut html) = (&self.0.0, String::with_capacity(path.len() + self.0.0.len() + 64));
        html.extend([path, start]);
        // What is encoded so holds nothing that HTML would have escaped.
        html.extend(url::form_urlencoded::byte_serialize(connection.as_bytes()));
        Href(html)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_the_request_with_the_connection_at_its_end() {
        for query in
            ["client_id=a&state=x%26y%20%22%3C", "connection=old&client_id=%C3%A4&ext=1&ext=2", "a=1&connection="]
        {
            let request = AuthorizeRequest::parse(query).expect("reads");
            let link = ConnectionLinks::new(&request).to("/authorize", "Acme's <new> \"one\"&");
            assert_eq!(link, Href::new(&request.with("connection", "Acme's <new> \"one\"&").url()));
        }
    }
}
