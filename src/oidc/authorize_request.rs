//! The authorize request as it came: strings that can be read, varied and written back (design §4).

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::percent_decode_str;
use url::form_urlencoded::byte_serialize;

use super::error::{OAuthError, code};

/// Bytes of one parameter at most; `state` belongs to the application and may be longer.
const MAX_PARAMETER_BYTES: usize = 2048;
const MAX_STATE_BYTES: usize = 4096;
const MAX_PARAMETERS: usize = 64;

/// Parameters that have a meaning here and so must come at most once (RFC 6749 §3.1).
const KNOWN: [&str; 25] = [
    "acr_values",
    "audience",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "connection",
    "display",
    "id_token_hint",
    "invitation",
    "login_hint",
    "max_age",
    "nonce",
    "organization",
    "organization_name",
    "prompt",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "screen_hint",
    "state",
    "ui_locales",
];

/// What an application asked for at `/authorize`, unchecked.
#[derive(Debug, Clone)]
pub struct AuthorizeRequest {
    /// All values, and the names that are not known, one after the other.
    texts: String,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone)]
struct Parameter {
    name: Name,
    value: Range<usize>,
}

#[derive(Debug, Clone)]
enum Name {
    /// One of [`KNOWN`].
    Known(&'static str),
    Other(Range<usize>),
}

impl AuthorizeRequest {
    /// Reads a query string, with or without percent-encoding.
    ///
    /// # Errors
    /// [`OAuthError::Displayed`] for a known parameter that comes twice, or one that is too long: a request that
    /// can be read in two ways is not answered anywhere but to the person.
    pub fn parse(query: &str) -> Result<Self, OAuthError> {
        let mut request = Self { texts: String::with_capacity(query.len()), parameters: Vec::with_capacity(16) };
        // A parameter that comes twice is refused also where one of the two is empty.
        let mut seen = [false; KNOWN.len()];
        let wrong = |description: String| Err(OAuthError::displayed(code::INVALID_REQUEST, description));
        for (count, (name, value)) in pairs(query).enumerate() {
            if count == MAX_PARAMETERS {
                return wrong(format!("more than {MAX_PARAMETERS} parameters"));
            }
            let known = known(&name);
            let limit = if name == "state" { MAX_STATE_BYTES } else { MAX_PARAMETER_BYTES };
            if name.len() > MAX_PARAMETER_BYTES {
                return wrong("a parameter's name is too long".to_owned());
            }
            // A name the gateway does not know may be anything, so it is not repeated to anyone.
            let named = known.map_or("a parameter", |place| KNOWN[place]);
            if value.len() > limit {
                return wrong(format!("{named} is longer than {limit} bytes"));
            }
            if known.is_some_and(|place| std::mem::replace(&mut seen[place], true)) {
                return wrong(format!("{named} is given twice"));
            }
            request.push(&name, known, &value);
        }
        Ok(request)
    }

    /// An empty parameter counts as absent (RFC 6749 §3.1), also where the request is written back.
    fn push(&mut self, name: &str, known: Option<usize>, value: &str) {
        if value.is_empty() {
            return;
        }
        let mut keep = |text: &str| {
            self.texts.push_str(text);
            self.texts.len() - text.len()..self.texts.len()
        };
        let name = known.map_or_else(|| Name::Other(keep(name)), |place| Name::Known(KNOWN[place]));
        let value = keep(value);
        self.parameters.push(Parameter { name, value });
    }

    fn name<'r>(&'r self, parameter: &'r Parameter) -> &'r str {
        match &parameter.name {
            Name::Known(name) => name,
            Name::Other(place) => &self.texts[place.clone()],
        }
    }

    /// A parameter's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|parameter| self.name(parameter) == name)?;
        Some(&self.texts[found.value.clone()])
    }

    /// The parameter that finds the application.
    ///
    /// # Errors
    /// [`OAuthError::Displayed`] when it is absent.
    pub fn client_id(&self) -> Result<&str, OAuthError> {
        self.get("client_id")
            .ok_or_else(|| OAuthError::displayed(code::INVALID_REQUEST, "parameter client_id is required"))
    }

    /// All parameters that came with a value.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|parameter| (self.name(parameter), &self.texts[parameter.value.clone()]))
    }

    /// The same request with one parameter added or replaced: a choice a person made.
    pub fn with(&self, name: &str, value: &str) -> Self {
        debug_assert!(!value.is_empty(), "an empty parameter is none");
        let mut request = self.without(name);
        request.push(name, known(name), value);
        request
    }

    /// The same request without a parameter: a choice a person took back.
    pub fn without(&self, name: &str) -> Self {
        let mut request = self.clone();
        request.parameters.retain(|parameter| self.name(parameter) != name);
        request
    }

    /// The address of the front door with this request: the form of every choice on a page.
    pub fn url(&self) -> String {
        format!("/authorize?{}", self.to_query())
    }

    /// The request as a query string, percent-encoded.
    pub fn to_query(&self) -> String {
        self.query_without(&[])
    }

    /// The query of the request without these parameters: each choice on a page adds its own to the same one.
    pub fn query_without(&self, names: &[&str]) -> String {
        self.query_joined(names, "&")
    }

    /// The same with what stands for `&` where it is written.
    pub fn query_joined(&self, without: &[&str], separator: &str) -> String {
        let mut query = String::with_capacity(512);
        for parameter in self.parameters.iter().filter(|parameter| !without.contains(&self.name(parameter))) {
            if !query.is_empty() {
                query.push_str(separator);
            }
            match &parameter.name {
                // Letters and `_` only.
                Name::Known(known) => query.push_str(known),
                Name::Other(place) => push_encoded(&mut query, &self.texts[place.clone()]),
            }
            query.push('=');
            push_encoded(&mut query, &self.texts[parameter.value.clone()]);
        }
        query
    }
}

/// The pairs of a query, as `url::form_urlencoded` reads them. Most names and values stand there as they are, and
/// going through its decoder all the same took a tenth of a page.
fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> Cow<'_, str> {
    // Without an early end the compiler looks at many bytes at once; so in `push_encoded`.
    let is_plain = text.bytes().fold(true, |plain, byte| plain & (byte != b'%') & (byte != b'+'));
    if is_plain {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

fn push_encoded(query: &mut String, text: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_') | (byte == b'.');
    match text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        true => query.push_str(text),
        false => query.extend(byte_serialize(text.as_bytes())),
    }
}

/// Its place in [`KNOWN`].
fn known(name: &str) -> Option<usize> {
    KNOWN.iter().position(|known| *known == name)
}

/// By what was asked, in its order.
impl PartialEq for AuthorizeRequest {
    fn eq(&self, other: &Self) -> bool {
        self.parameters().eq(other.parameters())
    }
}

impl Eq for AuthorizeRequest {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_request_is_varied_and_written_back() {
        let request =
            AuthorizeRequest::parse("client_id=a&state=x%26y%20z&ext-a=1&ext-a=2&connection=old").expect("reads");
        assert_eq!(request.get("state"), Some("x&y z"));
        assert_eq!(request.get("organization"), None);
        let chosen = request.with("connection", "new one");
        assert_eq!(chosen.to_query(), "client_id=a&state=x%26y+z&ext-a=1&ext-a=2&connection=new+one");
        assert_eq!(AuthorizeRequest::parse(&chosen.to_query()), Ok(chosen.clone()));
    }

    proptest! {
        #[test]
        fn a_query_is_read_as_forms_are(query in "([a-c+%=&é/]|%[0-9a-fA-F]{2}|%C3%A9){0,40}") {
            let expected: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
            prop_assert_eq!(pairs(&query).collect::<Vec<_>>(), expected);
            let mut encoded = String::new();
            push_encoded(&mut encoded, &query);
            prop_assert_eq!(encoded, byte_serialize(query.as_bytes()).collect::<String>());
        }
    }

    #[test]
    fn an_empty_parameter_counts_as_absent() {
        let request = AuthorizeRequest::parse("client_id=&state").expect("reads");
        assert_eq!(request.get("state"), None);
        assert!(request.client_id().is_err());
    }

    #[test]
    fn doubled_and_long_parameters_are_refused() {
        for name in KNOWN {
            for query in
                [format!("{name}=a&x=1&{name}=a"), format!("{name}=a&{name}="), format!("{name}={}", "a".repeat(5000))]
            {
                let error = AuthorizeRequest::parse(&query).expect_err(&query);
                assert!(matches!(error, OAuthError::Displayed { code: code::INVALID_REQUEST, .. }));
                assert!(error.description().starts_with(name), "{error}");
            }
        }
        assert!(AuthorizeRequest::parse(&format!("state={}", "s".repeat(4096))).is_ok());
        assert!(AuthorizeRequest::parse(&format!("nonce={}", "s".repeat(2049))).is_err());
        assert!(AuthorizeRequest::parse(&"a=1&".repeat(100)).is_err());
        assert!(AuthorizeRequest::parse("client%5Fid=a&client_id=b").is_err());
    }
}
