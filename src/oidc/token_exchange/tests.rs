//! What is read of a token endpoint's answer.

use super::*;

fn outcome(status: u16, body: &str) -> Result<Tokens, RelyingPartyError> {
    let mut answer = http::Response::new(body.as_bytes().to_vec());
    *answer.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    read(&answer)
}

#[test]
fn answers_are_read_as_they_come_and_no_further() {
    let Ok(tokens) = outcome(200, r#"{"access_token":"at","token_type":"Bearer","scope":"a,b"}"#) else {
        panic!("it reads")
    };
    assert_eq!((tokens.access_token.as_deref(), tokens.id_token.is_none()), (Some("at"), true));
    assert!(outcome(200, r#"{"access_token":"at"}"#).is_ok());
    let misconfigured = [
        (401, r#"{"error":"invalid_client"}"#),
        (200, r#"{"error":"incorrect_client_credentials","error_description":"x"}"#),
        (200, r#"{"error":"redirect_uri_mismatch"}"#),
    ];
    for (status, body) in misconfigured {
        assert!(matches!(outcome(status, body), Err(RelyingPartyError::Misconfigured(_))), "{body}");
    }
    let rejected = [
        (400, r#"{"error":"invalid_grant"}"#),
        (200, r#"{"error":"bad_verification_code","access_token":"at"}"#),
        (200, r#"{"access_token":"at","token_type":"DPoP"}"#),
        (200, r#"{"access_token":""}"#),
        (200, r#"{"access_token":"a\r\nb"}"#),
        (200, r#"{"access_token":7}"#),
        (200, r#"{"access_token":"at","id_token":"hidden.hidden"}"#),
        (200, r#"{"access_token":"at","id_token":7}"#),
        (200, "{}"),
        (200, "[]"),
    ];
    for (status, body) in rejected {
        match outcome(status, body).and_then(|tokens| tokens.id_token()) {
            Err(RelyingPartyError::Rejected(text)) => assert!(!text.contains("hidden"), "{text}"),
            _ => panic!("{body}"),
        }
    }
    for (status, body) in [(200, ""), (200, "access_token=at"), (302, "{}"), (404, "{}"), (200, "<html>")] {
        assert!(matches!(outcome(status, body), Err(RelyingPartyError::Unreachable(_))), "{status} {body}");
    }
}
