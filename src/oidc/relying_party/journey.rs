//! One whole journey against a small identity provider on loopback.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::oidc::keys::{ID_TOKEN, KeyRing};

/// Answers by path, and keeps what it was asked.
#[derive(Default)]
struct Pages {
    answers: Mutex<HashMap<String, Value>>,
    requests: Mutex<Vec<String>>,
}

impl Pages {
    fn set(&self, path: &str, answer: Value) {
        self.answers.lock().expect("not poisoned").insert(path.to_owned(), answer);
    }

    fn asked(&self, path: &str) -> Vec<String> {
        let requests = self.requests.lock().expect("not poisoned");
        requests.iter().filter(|request| request.contains(&format!(" {path} "))).cloned().collect()
    }

    fn answer(&self, request: &str) -> String {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let answer = self.answers.lock().expect("not poisoned").get(path).cloned();
        self.requests.lock().expect("not poisoned").push(request.to_owned());
        let (status, body) = answer.map_or(("404 Not Found", String::new()), |answer| ("200 OK", answer.to_string()));
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    }
}

async fn identity_provider() -> (String, Arc<Pages>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let issuer = format!("http://{}", listener.local_addr().expect("bound"));
    let pages = Arc::new(Pages::default());
    let served = pages.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = String::new();
            let mut chunk = [0; 8192];
            // A form has come whole when its last parameter is there.
            while let Ok(length @ 1..) = stream.read(&mut chunk).await {
                request += &String::from_utf8_lossy(&chunk[..length]);
                let form = request.starts_with("POST") && !request.contains("redirect_uri=");
                if request.contains("\r\n\r\n") && !form {
                    break;
                }
            }
            let _ = stream.write_all(served.answer(&request).as_bytes()).await;
        }
    });
    (issuer, pages)
}

struct Scene {
    relying_party: RelyingParty,
    connection: Connection,
    issuer: String,
    pages: Arc<Pages>,
    ring: KeyRing,
}

impl Scene {
    async fn new() -> Self {
        let (issuer, pages) = identity_provider().await;
        let ring = KeyRing::for_test();
        let metadata = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
            "userinfo_endpoint": format!("{issuer}/me"), "authorization_response_iss_parameter_supported": true,
        });
        pages.set("/.well-known/openid-configuration", metadata);
        pages.set("/jwks", ring.jwks());
        let options = json!({"client_id": "us", "client_secret": "s&t", "issuer": issuer});
        let connection = json!({"id": "con_1", "name": "c", "strategy": "oidc", "options": options});
        Self {
            relying_party: super::tests::relying_party_with("outbound.allow = [\"127.0.0.0/8\"]"),
            connection: serde_json::from_value(connection).expect("a connection"),
            issuer,
            pages,
            ring,
        }
    }

    async fn begin(&self) -> Handshake {
        self.relying_party.begin(&self.connection, &Wish::default()).await.expect("begins").1
    }

    fn prepare_tokens(&self, handshake: &Handshake, ring: &KeyRing) {
        let now = Timestamp::now().seconds();
        let claims = json!({"iss": self.issuer, "sub": "s", "aud": "us", "iat": now, "exp": now + 60,
                            "nonce": handshake.nonce});
        let id_token = ring.sign(ID_TOKEN, &claims).expect("signs");
        self.pages.set("/token", json!({"access_token": "at", "token_type": "Bearer", "id_token": id_token}));
    }

    async fn finish(&self, handshake: Handshake, iss: Option<&str>) -> Result<Identity, RelyingPartyError> {
        let (relying_party, connection) = (self.relying_party.clone(), self.connection.clone());
        let callback =
            Callback { code: Some("the code".to_owned()), iss: iss.map(str::to_owned), ..Callback::default() };
        // Spawned, because a server's handlers must be able to move between threads.
        let finished = async move { relying_party.finish(&connection, &handshake, &callback, Timestamp::now()).await };
        tokio::spawn(finished).await.expect("does not panic")
    }
}

#[tokio::test]
async fn a_person_comes_back_as_an_identity() {
    let scene = Scene::new().await;
    let handshake = scene.begin().await;
    scene.prepare_tokens(&handshake, &scene.ring);
    scene.pages.set("/me", json!({"sub": "s", "email": "a@b", "email_verified": true, "name": "A"}));
    let identity = scene.finish(handshake.clone(), Some(&scene.issuer)).await.expect("holds");
    assert_eq!((identity.issuer.as_str(), identity.subject.as_str()), (scene.issuer.as_str(), "s"));
    assert_eq!((identity.email.as_deref(), identity.email_verified), (Some("a@b"), true));
    assert_eq!(identity.profile.name.as_deref(), Some("A"));
    let token_request = &scene.pages.asked("/token")[0];
    assert!(token_request.contains(&format!("code_verifier={}", handshake.pkce_verifier)), "PKCE");
    assert!(token_request.to_ascii_lowercase().contains("authorization: basic dxm6cyuynnq="), "{token_request}");
    assert!(scene.pages.asked("/me")[0].contains("Bearer at"));
}

#[tokio::test]
async fn another_issuers_answer_never_reaches_the_token_endpoint() {
    let scene = Scene::new().await;
    let slash = format!("{}/", scene.issuer);
    for iss in [None, Some("https://evil.example"), Some(slash.as_str())] {
        let handshake = scene.begin().await;
        let error = scene.finish(handshake, iss).await.expect_err("mix-up");
        assert!(matches!(error, RelyingPartyError::Rejected(_)), "{error}");
    }
    assert!(scene.pages.asked("/token").is_empty());
    assert_eq!(scene.pages.asked("/.well-known/openid-configuration").len(), 1, "metadata is remembered");
}

#[tokio::test]
async fn a_new_key_is_found_without_losing_the_login() {
    let scene = Scene::new().await;
    scene.pages.set("/me", json!({"sub": "s"}));
    let first = scene.begin().await;
    scene.prepare_tokens(&first, &scene.ring);
    scene.finish(first, Some(&scene.issuer)).await.expect("the first key");
    let rotated = KeyRing::for_test();
    scene.pages.set("/jwks", rotated.jwks());
    let second = scene.begin().await;
    scene.prepare_tokens(&second, &rotated);
    scene.finish(second, Some(&scene.issuer)).await.expect("the second key");
    assert_eq!(scene.pages.asked("/jwks").len(), 2);
}

#[tokio::test]
async fn an_answer_that_does_not_hold_says_nothing_secret() {
    let scene = Scene::new().await;
    let handshake = scene.begin().await;
    scene.prepare_tokens(&handshake, &scene.ring);
    scene.pages.set("/me", json!({"sub": "someone else", "email": "a@b"}));
    let error = scene.finish(handshake, Some(&scene.issuer)).await.expect_err("another subject");
    assert!(error.to_string().contains("another subject"), "{error}");
    scene
        .pages
        .set("/token", json!({"access_token": "at", "token_type": "Bearer", "id_token": "hidden.hidden.hidden"}));
    let handshake = scene.begin().await;
    let error = scene.finish(handshake, Some(&scene.issuer)).await.expect_err("no token").to_string();
    assert!(error.contains("malformed") && !error.contains("hidden"), "{error}");
}
