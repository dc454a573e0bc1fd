//! Our cookies: their names, their flags, and reading them so that doubt counts as absence.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, SameSite};

use crate::config;

/// What a cookie is for; the last part of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The id of the session.
    Session,
    /// The secret that binds trips to this browser.
    Browser,
    /// The organization names used on this device.
    Recent,
    /// The id of an administrator's session in the dashboard.
    Dashboard,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Browser => "browser",
            Self::Recent => "recent",
            Self::Dashboard => "dashboard",
        }
    }
}

/// Names and flags of the cookies of this instance.
///
/// With an https `public_url` the names begin with `__Host-`, so no other host and no plain HTTP response can
/// set them (RFC 6265bis section 4.1.3.2). On plain http, which the settings allow on loopback only, browsers
/// would drop such a cookie, so prefix and `Secure` are left out.
#[derive(Debug, Clone)]
pub struct Cookies {
    prefix: String,
    secure: bool,
}

impl Cookies {
    pub fn new(settings: &config::Server) -> Self {
        let secure = settings.public_url.scheme() == "https";
        let host = if secure { "__Host-" } else { "" };
        Self { prefix: format!("{host}{}", settings.cookie_prefix), secure }
    }

    /// The cookie's full name.
    pub fn name(&self, purpose: Purpose) -> String {
        format!("{}_{}", self.prefix, purpose.name())
    }

    /// The cookie's value. Two of the same name count as none: one of them was planted, and we cannot tell which.
    pub fn read(&self, headers: &HeaderMap, purpose: Purpose) -> Option<String> {
        if !headers.contains_key(header::COOKIE) {
            return None;
        }
        let name = self.name(purpose);
        let mut values = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(Cookie::split_parse)
            .filter_map(Result::ok)
            .filter(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned());
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// A `Set-Cookie` value; without `max_age_seconds` the cookie lasts until the browser closes.
    ///
    /// Bytes that a cookie value cannot hold (RFC 6265 section 4.1.1), such as `;`, are left out.
    pub fn set(&self, purpose: Purpose, value: &str, max_age_seconds: Option<i64>) -> HeaderValue {
        let value: String =
            value.chars().filter(|letter| letter.is_ascii_graphic() && !"\",;\\".contains(*letter)).collect();
        let mut cookie = Cookie::build((self.name(purpose), value))
            .path("/")
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::Lax);
        if let Some(seconds) = max_age_seconds {
            cookie = cookie.max_age(time::Duration::seconds(seconds));
        }
        HeaderValue::try_from(cookie.to_string()).expect("name and value are printable ASCII")
    }

    /// A `Set-Cookie` value that makes the browser forget the cookie.
    pub fn clear(&self, purpose: Purpose) -> HeaderValue {
        self.set(purpose, "", Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn cookies(public_url: &str) -> Cookies {
        let text = format!("[server]\npublic_url = \"{public_url}\"");
        Cookies::new(&Config::from_text(&text, std::iter::empty()).expect("valid settings").server)
    }

    #[test]
    fn cookies_are_host_bound_over_tls_and_plain_on_loopback() {
        let tls = cookies("https://login.example.com");
        assert_eq!(
            tls.set(Purpose::Session, "abc", Some(60)),
            "__Host-vestibule_session=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
        let plain = cookies("http://localhost:8080");
        assert_eq!(plain.set(Purpose::Browser, "abc", None), "vestibule_browser=abc; HttpOnly; SameSite=Lax; Path=/");
        assert_eq!(plain.clear(Purpose::Recent), "vestibule_recent=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    }

    #[test]
    fn a_value_cannot_add_attributes() {
        let set = cookies("http://localhost:8080").set(Purpose::Recent, "a; Domain=x\r\nb,é", None);
        assert_eq!(set, "vestibule_recent=aDomain=xb; HttpOnly; SameSite=Lax; Path=/");
    }

    #[test]
    fn a_doubtful_cookie_is_absent() {
        let cookies = cookies("https://login.example.com");
        let cases: [(&[&str], Option<&str>); 8] = [
            (&[], None),
            (&["__Host-vestibule_session=abc"], Some("abc")),
            (&["a=b; __Host-vestibule_session=abc; broken; c=d"], Some("abc")),
            (&["a=b", "__Host-vestibule_session=abc"], Some("abc")),
            (&["vestibule_session=abc"], None),
            (&["__host-vestibule_session=abc"], None),
            (&["__Host-vestibule_session=abc; __Host-vestibule_session=abc"], None),
            (&["__Host-vestibule_session=abc", "__Host-vestibule_session=planted"], None),
        ];
        for (lines, expected) in cases {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, line.parse().expect("a header value"));
            }
            assert_eq!(cookies.read(&headers, Purpose::Session).as_deref(), expected, "{lines:?}");
        }
    }
}
