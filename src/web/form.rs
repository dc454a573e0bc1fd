//! A posted form: what says it is one, and its fields.

use std::net::IpAddr;

use axum::http::header::{self, HeaderMap};
use serde::{Deserialize, Serialize};
use url::Url;

use super::budget::{Budget, RetryAfter};
use super::same_origin::is_same_origin;

/// Fields of one form at most; a longer one is nobody's.
const MOST_FIELDS: usize = 200;

/// The fields of a form in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body. The Management API takes no NUL, and nobody's entry has one: it is replaced, so that such a try is
    /// a wrong one. `None` for too many fields.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let fields = url::form_urlencoded::parse(body).take(MOST_FIELDS + 1);
        let fields: Vec<_> = fields.map(|(name, value)| (name.into_owned(), value.replace('\0', "\u{fffd}"))).collect();
        (fields.len() <= MOST_FIELDS).then_some(Self(fields))
    }

    /// The field without the spaces around it; one that was not sent is empty, and of one that came twice the first
    /// counts.
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The same as it was typed: a password may begin with a space.
    pub fn get_as_it_is(&self, name: &str) -> &str {
        self.0.iter().find(|(its, _)| its == name).map_or("", |(_, value)| value)
    }

    /// Every field of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(its, _)| its == name).map(|(_, value)| value.trim())
    }

    /// Of all names and values.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// Whether a box was ticked, or a field said `on`.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name) == "on"
    }
}

impl FromIterator<(String, String)> for Form {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// Why a form is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// A page of another site sent it.
    CrossSite,
    NoForm,
    /// Seconds until the network address may send another.
    Wait(u64),
}

/// Lets only forms pass that pages below `public_url` sent, as many as `forms` allows one address.
///
/// # Errors
/// What is wrong, the first of all.
pub fn check(headers: &HeaderMap, public_url: &Url, address: IpAddr, forms: &Budget) -> Result<(), NotTaken> {
    if !is_same_origin(headers, public_url) {
        return Err(NotTaken::CrossSite);
    }
    if !is_form(headers) {
        return Err(NotTaken::NoForm);
    }
    // Nearly each of them costs calls of the Management API, which others wait for as well.
    forms.check(address).map_err(|RetryAfter(seconds)| NotTaken::Wait(seconds))
}

/// Whether the body says it is a form, and is not only something that can be read as one.
fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_by_its_names() {
        let form = Form::parse(b"name=+Acme%20Inc+&on=on&list=a&list=b&nul=a%00b&secret=+x").expect("a form");
        assert_eq!((form.get("name"), form.get("none"), form.get("nul")), ("Acme Inc", "", "a\u{fffd}b"));
        assert_eq!(form.get_as_it_is("secret"), " x");
        assert!(form.is_on("on") && !form.is_on("name"));
        assert_eq!(form.all("list").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(Form::parse("a=1&".repeat(MOST_FIELDS + 1).as_bytes()), None);
    }
}
