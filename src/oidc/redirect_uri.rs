//! Redirect URIs: byte for byte one of the registered ones (RFC 9700 §2.1).

use crate::model::Application;

/// Whether the redirect URI of the request is the application's own.
///
/// # Errors
/// A sentence for the page; it does not repeat the URI, which may be an attacker's text.
pub(super) fn check(requested: Option<&str>, application: &Application) -> Result<(), String> {
    let requested = requested.ok_or("parameter redirect_uri is required")?;
    if requested.contains('#') || requested.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\') {
        return Err("parameter redirect_uri is malformed".to_owned());
    }
    let native = application.app_type.as_deref() == Some("native");
    let registered = application
        .callbacks
        .iter()
        .any(|callback| callback == requested || (native && is_same_loopback(callback, requested)));
    if registered {
        Ok(())
    } else {
        Err("parameter redirect_uri is not one of this application's callback URLs".to_owned())
    }
}

/// A native application listens on whatever port it gets (RFC 8252 §7.3). Only for literal loopback addresses over
/// http; `localhost` could be someone else's name (§8.3).
fn is_same_loopback(registered: &str, requested: &str) -> bool {
    match (without_port(registered), without_port(requested)) {
        (Some(registered), Some(requested)) => registered == requested,
        _ => false,
    }
}

/// The address and what follows the port.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let host = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|host| uri.starts_with(host))?;
    let rest = &uri[host.len()..];
    let rest = match rest.strip_prefix(':') {
        Some(port) => {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            port[..digits].parse::<u16>().ok()?;
            &port[digits..]
        }
        None => rest,
    };
    // What is neither a path nor the end would make another host of it: `http://127.0.0.1.evil`, `:1@evil`.
    (rest.is_empty() || rest.starts_with('/')).then_some((host, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn application(app_type: &str, callbacks: &[&str]) -> Application {
        serde_json::from_value(json!({"client_id": "a", "name": "A", "app_type": app_type, "callbacks": callbacks}))
            .expect("an application")
    }

    #[test]
    fn only_the_registered_bytes_pass() {
        let application = application("regular_web", &["https://app.example/cb", "https://app.example/cb?x=1"]);
        assert!(check(Some("https://app.example/cb"), &application).is_ok());
        assert!(check(Some("https://app.example/cb?x=1"), &application).is_ok());
        let bypasses = [
            "https://app.example/cb/",
            "https://app.example/cb?",
            "https://app.example/cb?x=2",
            "https://app.example/cb?x=1&y=2",
            "https://app.example/cb#",
            "https://app.example/cb#x",
            "https://app.example/cb;x",
            "https://app.example/CB",
            "https://APP.example/cb",
            "HTTPS://app.example/cb",
            "http://app.example/cb",
            "https://app.example:443/cb",
            "https://app.example./cb",
            "https://app.example/./cb",
            "https://app.example/x/../cb",
            "https://app.example/%2e/cb",
            "https://app.example//cb",
            "https://app.example/c%62",
            "https://app.example/cb%00",
            "https://app.example/cb\0",
            "https://app.example/cb\t",
            "https://app.example/cb\r\nx: y",
            " https://app.example/cb",
            "https://app.example/cb ",
            "https://app.example\\@evil.example/cb",
            "https:\\\\app.example/cb",
            "https:/app.example/cb",
            "https:app.example/cb",
            "//app.example/cb",
            "/cb",
            "cb",
            "https://user@app.example/cb",
            "https://app.example@evil.example/cb",
            "https://app.example.evil.example/cb",
            "https://evil.example/https://app.example/cb",
            "https://evil.example?https://app.example/cb",
            "https://app.example%2fcb",
            "https://app。example/cb",
            "https://app.example/cb,https://evil.example",
            "javascript:alert(1)//https://app.example/cb",
            "data:text/html,x",
        ];
        for uri in bypasses {
            assert!(check(Some(uri), &application).is_err(), "{uri:?}");
        }
        assert!(check(None, &application).is_err());
    }

    #[test]
    fn a_registered_wildcard_is_only_text() {
        let application = application("regular_web", &["https://*.example/cb"]);
        assert!(check(Some("https://evil.example/cb"), &application).is_err());
    }

    #[test]
    fn a_native_application_may_use_any_loopback_port() {
        let native = application("native", &["http://127.0.0.1/cb", "http://[::1]:8000/cb", "http://localhost/cb"]);
        for uri in ["http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", "http://[::1]:51004/cb", "http://[::1]/cb"] {
            assert!(check(Some(uri), &native).is_ok(), "{uri}");
        }
        let refused = [
            "http://localhost:51004/cb",
            "http://127.0.0.2:51004/cb",
            "http://127.0.0.1:51004/other",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:1@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:1.evil.example/cb",
            "https://127.0.0.1:51004/cb",
        ];
        for uri in refused {
            assert!(check(Some(uri), &native).is_err(), "{uri}");
        }
        let web = application("regular_web", &["http://127.0.0.1/cb"]);
        assert!(check(Some("http://127.0.0.1:51004/cb"), &web).is_err());
    }
}
