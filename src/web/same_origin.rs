//! Whether a form came from one of our own pages: the defence of forms that carry credentials.

use axum::http::{HeaderMap, header};
use url::Url;

/// Whether the browser says that a page of `public_url`'s origin sent this form.
///
/// `Sec-Fetch-Site`, where sent, must be `same-origin`. `Origin`, which browsers add to every form POST, must be
/// ours; only next to `Sec-Fetch-Site: same-origin` may it be absent. `Origin: null` is refused, so a page
/// with such a form must not be sent with `Referrer-Policy: no-referrer`, under which browsers
/// send `null` even to the page's own origin (Fetch, "append a request `Origin` header").
pub fn is_same_origin(headers: &HeaderMap, public_url: &Url) -> bool {
    // A doubled header is nobody's browser.
    let single = |name| {
        let mut values = headers.get_all(name).iter();
        let first = values.next();
        if values.next().is_some() { Err(()) } else { Ok(first) }
    };
    let (Ok(site), Ok(origin)) = (single(header::HeaderName::from_static("sec-fetch-site")), single(header::ORIGIN))
    else {
        return false;
    };
    let ours = public_url.origin().ascii_serialization();
    match (site.map(|site| site == "same-origin"), origin.map(|origin| *origin == *ours)) {
        (Some(true), None | Some(true)) | (None, Some(true)) => true,
        (Some(false), _) | (_, Some(false)) | (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_send_credentials() {
        let public_url = Url::parse("https://login.example.com").expect("a URL");
        let cases: [(&[(&str, &str)], bool); 14] = [
            (&[], false),
            (&[("origin", "https://login.example.com")], true),
            (&[("origin", "https://login.example.com"), ("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "https://login.example.com"), ("sec-fetch-site", "cross-site")], false),
            (&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], false),
            (&[("origin", "null"), ("sec-fetch-site", "same-origin")], false),
            (&[("origin", "null")], false),
            (&[("origin", "http://login.example.com")], false),
            (&[("origin", "https://login.example.com:8443")], false),
            (&[("origin", "https://login.example.com.evil.example")], false),
            (&[("origin", "https://login.example.com"), ("origin", "https://login.example.com")], false),
        ];
        for (pairs, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, value.parse().expect("a header value"));
            }
            assert_eq!(is_same_origin(&headers, &public_url), expected, "{pairs:?}");
        }
    }

    #[test]
    fn the_port_is_part_of_the_origin() {
        let public_url = Url::parse("http://localhost:8080").expect("a URL");
        let headers = HeaderMap::from_iter([(header::ORIGIN, "http://localhost:8080".parse().expect("a value"))]);
        assert!(is_same_origin(&headers, &public_url));
        let headers = HeaderMap::from_iter([(header::ORIGIN, "http://localhost:8081".parse().expect("a value"))]);
        assert!(!is_same_origin(&headers, &public_url));
    }
}
