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

/// Parameters that have a meaning here and so must come at most once (RFC 6749 §3.1); those of nearly every request
/// come first, since they are looked for in this order.
const KNOWN: [&str; 25] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "organization",
    "code_challenge",
    "code_challenge_method",
    "connection",
    "login_hint",
    "prompt",
    "audience",
    "response_mode",
    "screen_hint",
    "ui_locales",
    "acr_values",
    "display",
    "id_token_hint",
    "invitation",
    "max_age",
    "organization_name",
    "registration",
    "request",
    "request_uri",
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
    /// Whether the value is written back as it is.
    is_plain: bool,
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
        for (count, (name, value)) in Pairs(query).enumerate() {
            if count == MAX_PARAMETERS {
                return wrong(format!("more than {MAX_PARAMETERS} parameters"));
            }
            let (is_plain, name, value) = (value.is_plain(), name.decoded(), value.decoded());
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
            request.push(&name, known, &value, is_plain);
        }
        Ok(request)
    }

    /// An empty parameter counts as absent (RFC 6749 §3.1), also where the request is written back.
    fn push(&mut self, name: &str, known: Option<usize>, value: &str, is_plain: bool) {
        if value.is_empty() {
            return;
        }
        let mut keep = |text: &str| {
            self.texts.push_str(text);
            self.texts.len() - text.len()..self.texts.len()
        };
        let name = known.map_or_else(|| Name::Other(keep(name)), |place| Name::Known(KNOWN[place]));
        let value = keep(value);
        self.parameters.push(Parameter { name, value, is_plain });
    }

    #[inline]
    fn name<'r>(&'r self, parameter: &'r Parameter) -> &'r str {
        match &parameter.name {
            Name::Known(name) => name,
            Name::Other(place) => &self.texts[place.clone()],
        }
    }

    /// A parameter's value. (Inlined, as a name that is known where it is compared takes a third of the time, and a page
    /// asks for twenty.)
    #[inline]
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
        request.push(name, known(name), value, Encoded::of(value).is_plain());
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
                Name::Other(place) => query.extend(byte_serialize(self.texts[place.clone()].as_bytes())),
            }
            query.push('=');
            let value = &self.texts[parameter.value.clone()];
            match parameter.is_plain {
                true => query.push_str(value),
                false => query.extend(byte_serialize(value.as_bytes())),
            }
        }
        query
    }
}

/// The pairs of a query, as `url::form_urlencoded` reads them. Each byte is looked at once: most names and values stand
/// there as they are, and going through its decoder and encoder all the same took a sixth of a page.
struct Pairs<'q>(&'q str);

impl<'q> Iterator for Pairs<'q> {
    type Item = (Encoded<'q>, Encoded<'q>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0 = self.0.trim_start_matches('&');
        if self.0.is_empty() {
            return None;
        }
        let name = self.take(AND | EQUALS);
        let value = if self.0.starts_with('=') { self.skip_and_take(AND) } else { Encoded::of("") };
        Some((name, value))
    }
}

impl<'q> Pairs<'q> {
    /// What stands before one of these bytes, or before the end.
    fn take(&mut self, ends: u8) -> Encoded<'q> {
        let (bytes, mut kinds, mut length) = (self.0.as_bytes(), 0, 0);
        while let Some(byte) = bytes.get(length) {
            let kind = KINDS[usize::from(*byte)];
            if kind & ends != 0 {
                break;
            }
            kinds |= kind;
            length += 1;
        }
        // All ends are ASCII, so this is a boundary.
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        Encoded { text, kinds }
    }

    /// The same after the byte that ended the last one.
    fn skip_and_take(&mut self, ends: u8) -> Encoded<'q> {
        self.0 = &self.0[1..];
        self.take(ends)
    }
}

/// A part of a query as it was sent, and the [`KINDS`] of its bytes.
struct Encoded<'q> {
    text: &'q str,
    kinds: u8,
}

impl<'q> Encoded<'q> {
    fn of(text: &'q str) -> Self {
        Self { text, kinds: text.bytes().fold(0, |kinds, byte| kinds | KINDS[usize::from(byte)]) }
    }

    /// Whether it is its own decoded and encoded form.
    fn is_plain(&self) -> bool {
        self.kinds == 0
    }

    fn decoded(self) -> Cow<'q, str> {
        match (self.kinds & PERCENT != 0, self.kinds & PLUS != 0) {
            (false, false) => Cow::Borrowed(self.text),
            (false, true) => Cow::Owned(self.text.replace('+', " ")),
            (true, false) => percent_decode_str(self.text).decode_utf8_lossy(),
            (true, true) => {
                Cow::Owned(percent_decode_str(&self.text.replace('+', " ")).decode_utf8_lossy().into_owned())
            }
        }
    }
}

/// What a byte is in a query: nothing for one that stands for itself.
const KINDS: [u8; 256] = {
    let mut kinds = [ENCODED; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => 0,
            b'&' => AND,
            b'=' => EQUALS,
            b'%' => PERCENT,
            b'+' => PLUS,
            _ => ENCODED,
        };
        byte += 1;
    }
    kinds
};
const AND: u8 = 1;
const EQUALS: u8 = 2;
const PERCENT: u8 = 4;
const PLUS: u8 = 8;
/// Written as another.
const ENCODED: u8 = 16;

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
        fn a_query_is_read_as_forms_are(query in "([a-c+%=&é/*~._ -]|%[0-9a-fA-F]{2}|%C3%A9){0,40}") {
            let expected: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
            let read: Vec<_> = Pairs(&query).map(|(name, value)| (name.decoded(), value.decoded())).collect();
            prop_assert_eq!(&read, &expected);
            let request = AuthorizeRequest::parse(&query).expect("none comes twice");
            let kept = expected.iter().filter(|(_, value)| !value.is_empty());
            let written = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
            prop_assert_eq!(request.to_query(), written);
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
