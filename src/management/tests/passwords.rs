//! The same work for known and unknown accounts, and what an invitation proves.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};

use crate::management::answer::{Answer, Failure};
use crate::management::logins::record_login_at;
use crate::management::test_support::{ORGANIZATION, call, management, router};
use crate::management::{GATEWAY_SCOPE, Management};
use crate::model::login::{Admission, LoginRecord};
use crate::model::{Timestamp, sha256};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

async fn with_ada() -> (Arc<Management>, tempfile::TempDir) {
    let (management, directory) = management().await;
    let ada = json!({"connection": "people", "email": "ada@acme.example", "password": "correct horse"});
    let (status, user) = call(&router(&management), Method::POST, "/users", &["create:users"], ada).await;
    assert_eq!(status, 201, "{user}");
    (management, directory)
}

async fn login(management: &Management, proof: Value) -> Answer<Admission> {
    let record = json!({"organization_id": ORGANIZATION, "client_id": "app", "connection_id": "con_db",
        "client_address": "192.0.2.7", "invitation": "the-ticket", "proof": proof});
    let record: LoginRecord = serde_json::from_value(record).expect("a login record");
    record_login_at(management, record, NOW).await
}

fn code(answer: Answer<Admission>) -> String {
    match answer {
        Err(Failure::Api(error)) => error.error_code.unwrap_or_default(),
        other => panic!("{other:?} is no refusal"),
    }
}

#[tokio::test]
async fn an_unknown_user_costs_as_much_as_a_wrong_password() {
    let (management, _directory) = with_ada().await;
    let mut costs = Vec::new();
    for identifier in ["ada@acme.example", "nobody@acme.example", "", "a@b@c"] {
        let before = management.passwords.done();
        let proof = json!({"password": {"identifier": identifier, "password": "wrong"}});
        assert_eq!(code(login(&management, proof).await), "wrong_credentials");
        costs.push(management.passwords.done() - before);
    }
    assert_eq!(costs, [1, 1, 1, 1]);
}

#[tokio::test]
async fn signing_up_with_a_known_address_costs_as_much_as_with_an_unknown_one() {
    let (management, _directory) = with_ada().await;
    let router = router(&management);
    let mut costs = Vec::new();
    for email in ["ada@acme.example", "new@acme.example"] {
        let before = management.passwords.done();
        let body = json!({"client_id": "app", "connection": "people", "email": email, "password": "violet kettle orbit",
            "page": "https://login.example/login/verify-email"});
        let (status, _) = call(&router, Method::POST, "/logins/sign-ups", &[GATEWAY_SCOPE], body).await;
        costs.push((status, management.passwords.done() - before));
    }
    assert_eq!(costs, [(403, 1), (200, 1)]);
}

#[tokio::test]
async fn asking_for_a_link_writes_the_same_whoever_asks() {
    let (management, _directory) = with_ada().await;
    let router = router(&management);
    for email in ["ada@acme.example", "nobody@acme.example"] {
        let body = json!({"client_id": "app", "connection_id": "con_db", "email": email,
            "page": "https://login.example/login/reset/password"});
        let (status, answer) = call(&router, Method::POST, "/logins/password-resets", &[GATEWAY_SCOPE], body).await;
        assert_eq!(status, 200, "{answer}");
    }
    let count = async |sql| management.tenant.number_for_test(sql).await.expect("a number");
    assert_eq!(count("SELECT COUNT(*) FROM tickets").await, 2);
    assert_eq!(count("SELECT COUNT(*) FROM outbox").await, 1);
}

#[tokio::test]
async fn an_invitations_ticket_proves_its_own_address() {
    let (management, _directory) = management().await;
    let run = async |sql: &'static str| management.tenant.run_for_test(sql).await.expect("runs");
    run("INSERT INTO invitations (id, organization_id, client_id, inviter_name, invitee_email, roles, ticket_hash, \
         sends_email, created_at, expires_at) VALUES ('uinv_1', 'org_0000000000000001', 'app', 'Bo', \
         'new@acme.example', '[]', 'e254nt9qUwRVBT9i7SPaRwR_LH1y9gNOXf3qOcwu9wU', 0, 1, 1900000000000)")
    .await;
    assert_eq!(sha256("the-ticket"), "e254nt9qUwRVBT9i7SPaRwR_LH1y9gNOXf3qOcwu9wU");
    let proof = |email: &str| json!({"sign_up": {"email": email, "password": "violet kettle orbit"}});
    assert_eq!(code(login(&management, proof("eve@acme.example")).await), "invitation_ended");
    let admission = login(&management, proof("New@acme.example")).await.expect("an admission");
    assert_eq!((admission.user.email.as_deref(), admission.user.email_verified), (Some("new@acme.example"), true));
    assert_eq!(code(login(&management, proof("new@acme.example")).await), "invitation_ended", "it was used");
}
