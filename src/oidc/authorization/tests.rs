//! The matrix of `/authorize`: what passes, what is shown, what goes back to the application.

use serde_json::json;

use super::*;

const GOOD: &str = "client_id=app&redirect_uri=https://app.example/cb&response_type=code&state=s1";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn application(public: bool) -> Application {
    let method = if public { "none" } else { "client_secret_post" };
    serde_json::from_value(json!({
        "client_id": "app", "name": "App", "callbacks": ["https://app.example/cb"],
        "grant_types": ["authorization_code"], "token_endpoint_auth_method": method,
    }))
    .expect("an application")
}

fn check(query: &str, application: &Application) -> Result<Authorization, OAuthError> {
    Authorization::check(AuthorizeRequest::parse(query)?, application)
}

/// The code of an error that must go back to the application with its state.
fn redirected(query: &str, application: &Application) -> &'static str {
    match check(query, application) {
        Err(OAuthError::Redirected { redirect_uri, state, code, .. }) => {
            assert_eq!((redirect_uri.as_str(), state.as_deref()), ("https://app.example/cb", Some("s1")), "{query}");
            code
        }
        other => panic!("{query}: {other:?}"),
    }
}

#[test]
fn a_good_request_becomes_an_authorization() {
    let more = "scope=openid%20email%20read:users%20openid&nonce=n&max_age=0&prompt=login%20consent&organization=acme\
                &connection=c&login_hint=a@b&ext-x=1&audience=api";
    let authorization = check(&format!("{GOOD}&{more}"), &application(false)).expect("good");
    assert_eq!(authorization.scope, ["openid", "email"]);
    assert_eq!(authorization.max_age, Some(0));
    assert!(authorization.wants(Prompt::Login) && authorization.wants(Prompt::Consent));
    assert_eq!(authorization.organization(), Some("acme"));
    assert_eq!(authorization.request().get("ext-x"), Some("1"));
    assert_eq!(
        authorization.code_url("c", "https://i/"),
        "https://app.example/cb?code=c&state=s1&iss=https%3A%2F%2Fi%2F"
    );
}

#[test]
fn a_plain_oauth_request_needs_neither_openid_nor_state() {
    let query = "client_id=app&redirect_uri=https://app.example/cb&response_type=code";
    let authorization = check(query, &application(false)).expect("good");
    assert!(authorization.scope.is_empty() && authorization.request().get("state").is_none());
}

#[test]
fn until_the_redirect_uri_is_trusted_errors_are_shown() {
    let shown = [
        "client_id=app&response_type=code",
        "client_id=app&redirect_uri=&response_type=code",
        "client_id=app&redirect_uri=https://evil.example/&response_type=code",
        "client_id=app&redirect_uri=https://evil.example/&response_type=token&request=x",
        "client_id=other&redirect_uri=https://app.example/cb&response_type=code",
        "redirect_uri=https://app.example/cb&response_type=code",
    ];
    for query in shown {
        assert!(matches!(check(query, &application(false)), Err(OAuthError::Displayed { .. })), "{query}");
    }
}

#[test]
fn what_is_not_supported_goes_back_to_the_application() {
    let application = application(false);
    let base = "client_id=app&redirect_uri=https://app.example/cb&state=s1";
    let response = |more: &str| redirected(&format!("{base}{more}"), &application);
    assert_eq!(response(""), code::INVALID_REQUEST);
    for kind in ["token", "id_token", "code+id_token", "none", "Code", "code+code"] {
        assert_eq!(response(&format!("&response_type={kind}")), code::UNSUPPORTED_RESPONSE_TYPE, "{kind}");
    }
    for mode in ["fragment", "form_post", "web_message", "jwt"] {
        assert_eq!(response(&format!("&response_type=code&response_mode={mode}")), code::UNSUPPORTED_RESPONSE_MODE);
    }
    assert_eq!(response("&response_type=code&request=e30"), code::REQUEST_NOT_SUPPORTED);
    assert_eq!(response("&response_type=code&request_uri=https://x"), code::REQUEST_URI_NOT_SUPPORTED);
    assert!(check(&format!("{GOOD}&response_mode=query"), &application).is_ok());
}

#[test]
fn prompt_and_max_age_must_make_sense() {
    let application = application(false);
    for more in ["prompt=none+login", "prompt=none+none", "prompt=create", "prompt=LOGIN"] {
        assert_eq!(redirected(&format!("{GOOD}&{more}"), &application), code::INVALID_REQUEST, "{more}");
    }
    for more in ["max_age=-1", "max_age=%2B1", "max_age=1.5", "max_age=x", "max_age=99999999999999999999"] {
        assert_eq!(redirected(&format!("{GOOD}&{more}"), &application), code::INVALID_REQUEST, "{more}");
    }
    assert!(check(&format!("{GOOD}&prompt=none"), &application).expect("good").wants(Prompt::None));
}

#[test]
fn pkce_is_s256_and_required_for_public_clients() {
    let (public, confidential) = (application(true), application(false));
    let good = format!("{GOOD}&code_challenge={CHALLENGE}&code_challenge_method=S256");
    for application in [&public, &confidential] {
        let authorization = check(&good, application).expect("good");
        assert_eq!(authorization.request().get("code_challenge"), Some(CHALLENGE));
        let bad = [
            format!("&code_challenge={CHALLENGE}"),
            format!("&code_challenge={CHALLENGE}&code_challenge_method=plain"),
            format!("&code_challenge={CHALLENGE}&code_challenge_method=s256"),
            "&code_challenge_method=S256".to_owned(),
            format!("&code_challenge={}&code_challenge_method=S256", &CHALLENGE[1..]),
            format!("&code_challenge={}&code_challenge_method=S256", "a".repeat(129)),
            format!("&code_challenge={}!&code_challenge_method=S256", CHALLENGE),
        ];
        for more in bad {
            assert_eq!(redirected(&format!("{GOOD}{more}"), application), code::INVALID_REQUEST, "{more}");
        }
    }
    assert_eq!(redirected(GOOD, &public), code::INVALID_REQUEST);
    assert!(check(GOOD, &confidential).is_ok());
}

#[test]
fn an_application_without_the_grant_type_may_not_start() {
    let mut application = application(false);
    application.grant_types = vec!["client_credentials".to_owned()];
    assert_eq!(redirected(GOOD, &application), code::UNAUTHORIZED_CLIENT);
}
