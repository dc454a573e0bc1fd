//! Requests that no handler should see: two hosts, no host, too much header; and headers that only pretend.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Version, header};

use super::server::MAX_HEADERS;

/// The longest request target in bytes. An authorize request may carry 4 KB of `state`, which percent-encoding
/// can triple. With the default `server.max_header_bytes` the whole header meets that limit first (431).
const MAX_TARGET_BYTES: usize = 16_384;

/// A request that is refused: its status and what to say.
pub(super) type Refusal = (StatusCode, &'static str);

/// Checks a request and leaves in it exactly one `Host` that can be believed to be the asked one.
///
/// Headers with `_` in their name are removed: proxies and gateways that map names to variables
/// take `X_Forwarded_For` for `X-Forwarded-For`.
pub(super) fn screen<B>(request: &mut Request<B>) -> Result<(), Refusal> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET_BYTES {
        return Err((StatusCode::URI_TOO_LONG, "The address is too long.\n"));
    }
    // hyper counts HTTP/1 headers; an HTTP/2 list is limited only by its bytes, and gets its `Host` here.
    if request.headers().len() > MAX_HEADERS + usize::from(request.version() == Version::HTTP_2) {
        return Err((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "The request has too many headers.\n"));
    }
    check_host(request).map_err(|text| (StatusCode::BAD_REQUEST, text))?;
    drop_underscores(request.headers_mut());
    Ok(())
}

/// RFC 9112 section 3.2: one `Host`, required in HTTP/1.1, the same as that of an absolute target.
fn check_host<B>(request: &mut Request<B>) -> Result<(), &'static str> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, further) = (hosts.next(), hosts.next());
    if further.is_some() {
        return Err("The request has two Host headers.\n");
    }
    let host = match host {
        Some(host) => Some(parse_authority(host.as_bytes()).ok_or("The Host header is malformed.\n")?),
        None => None,
    };
    match (request.uri().authority(), host) {
        (Some(asked), _) if asked.as_str().contains('@') => Err("The address is malformed.\n"),
        (Some(asked), Some(host)) if !asked.as_str().eq_ignore_ascii_case(host.as_str()) => {
            Err("The Host header and the address name different hosts.\n")
        }
        (_, Some(_)) => Ok(()),
        // HTTP/2 has `:authority` instead, which hyper puts into the target.
        (Some(asked), None) if request.version() == Version::HTTP_2 => {
            let host = HeaderValue::from_str(asked.as_str()).map_err(|_| "The address is malformed.\n")?;
            request.headers_mut().insert(header::HOST, host);
            Ok(())
        }
        (_, None) if request.version() == Version::HTTP_10 => Ok(()),
        (_, None) => Err("The request has no Host header.\n"),
    }
}

fn parse_authority(bytes: &[u8]) -> Option<Authority> {
    Authority::try_from(bytes).ok().filter(|host| !host.host().is_empty() && !host.as_str().contains('@'))
}

fn drop_underscores(headers: &mut HeaderMap) {
    let pretends = |name: &&HeaderName| name.as_str().as_bytes().contains(&b'_');
    let pretenders: Vec<HeaderName> = headers.keys().filter(pretends).cloned().collect();
    for name in pretenders {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(version: Version, target: &str, headers: &[(&str, &str)]) -> Request<Body> {
        let builder = Request::builder().version(version).uri(target);
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        builder.body(Body::empty()).expect("a request")
    }

    #[test]
    fn a_request_names_one_host() {
        let long = format!("/?state={}", "x".repeat(MAX_TARGET_BYTES));
        type Case<'a> = (Version, &'a str, &'a [(&'a str, &'a str)], u16);
        let cases: [Case; 14] = [
            (Version::HTTP_11, "/", &[("host", "a.example")], 200),
            (Version::HTTP_11, "/", &[("host", "[::1]:8080")], 200),
            (Version::HTTP_11, "/", &[], 400),
            (Version::HTTP_10, "/", &[], 200),
            (Version::HTTP_11, "/", &[("host", "")], 400),
            (Version::HTTP_11, "/", &[("host", "a.example"), ("host", "a.example")], 400),
            (Version::HTTP_11, "/", &[("host", "a.example:80@evil.example")], 400),
            (Version::HTTP_11, "/", &[("host", "a.example/path")], 400),
            (Version::HTTP_11, "http://A.example/", &[("host", "a.example")], 200),
            (Version::HTTP_11, "http://a.example/", &[("host", "b.example")], 400),
            (Version::HTTP_11, "http://a.example/", &[], 400),
            (Version::HTTP_2, "https://a.example/", &[], 200),
            (Version::HTTP_2, "https://a.example/", &[("host", "b.example")], 400),
            (Version::HTTP_11, &long, &[("host", "a.example")], 414),
        ];
        for (version, target, headers, expected) in cases {
            let status =
                screen(&mut request(version, target, headers)).map_or_else(|refusal| refusal.0.as_u16(), |()| 200);
            assert_eq!(status, expected, "{version:?} {headers:?}");
        }
    }

    #[test]
    fn http2_requests_get_their_host_header() {
        let mut request = request(Version::HTTP_2, "https://a.example/", &[]);
        screen(&mut request).expect("accepted");
        assert_eq!(request.headers()[header::HOST], "a.example");
    }

    #[test]
    fn headers_with_an_underscore_are_dropped() {
        let headers = [("host", "a.example"), ("x_forwarded_for", "1.1.1.1"), ("x-real", "kept")];
        let mut request = request(Version::HTTP_11, "/", &headers);
        screen(&mut request).expect("accepted");
        assert_eq!(request.headers().len(), 2);
    }
}
