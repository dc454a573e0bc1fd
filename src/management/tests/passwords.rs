//! The same work for known and unknown accounts, and what an invitation proves.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};

use crate::management::answer::{Answer, Failure};
use crate::management::logins::record_login_at;
use crate::management::test_support::{ORGANIZATION, call, management, management_with, router};
use crate::management::{GATEWAY_SCOPE, Management};
use crate::model::login::{Admission, LoginRecord};
use crate::model::{Timestamp, sha256};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

async fn with_ada() -> (Arc<Management>, tempfile::TempDir) {
    let (management, directory) = management().await;
    create_ada(&management).await;
    (management, directory)
}

async fn create_ada(management: &Arc<Management>) {
    let ada = json!({"connection": "people", "email": "ada@acme.example", "password": "correct horse"});
    let (status, user) = call(&router(management), Method::POST, "/users", &["create:users"], ada).await;
    assert_eq!(status, 201, "{user}");
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
    assert_eq!(count("SELECT COUNT(*) FROM outbox").await, 2, "one of them for nobody");
}

#[tokio::test]
async fn asking_for_a_code_writes_the_same_whoever_asks() {
    let (management, _directory) = with_ada().await;
    let router = router(&management);
    for purpose in ["sign_in", "sign_up", "discovery"] {
        let body = json!({"purpose": purpose, "client_id": "app", "connection_id": "con_db",
            "email": "nobody@elsewhere.example"});
        let (status, answer) = call(&router, Method::POST, "/logins/challenges", &[GATEWAY_SCOPE], body).await;
        assert_eq!(status, 200, "{answer}");
    }
    let count = async |sql| management.tenant.number_for_test(sql).await.expect("a number");
    assert_eq!(count("SELECT COUNT(*) FROM challenges WHERE sealed_code IS NOT NULL").await, 3);
    assert_eq!(count("SELECT COUNT(*) FROM outbox").await, 3);
}

#[tokio::test]
async fn a_made_up_code_costs_no_hash() {
    let (management, _directory) = with_ada().await;
    let before = management.passwords.done();
    let account = json!({"email": "new@acme.example", "password": "violet kettle orbit", "challenge": "ch_made_up",
        "code": "123456"});
    let record = json!({"client_id": "app", "connection_id": "con_db", "proof": {"sign_up": account}});
    let record: LoginRecord = serde_json::from_value(record).expect("a login record");
    assert_eq!(code(record_login_at(&management, record, NOW).await), "wrong_code");
    assert_eq!(management.passwords.done(), before);
}

async fn ask_for_a_link(management: &Arc<Management>, address: &str) -> u16 {
    let body = json!({"client_id": "app", "connection_id": "con_db", "email": "ada@acme.example",
        "client_address": address, "page": "https://login.example/login/reset/password"});
    call(&router(management), Method::POST, "/logins/password-resets", &[GATEWAY_SCOPE], body).await.0
}

#[tokio::test]
async fn strangers_who_ask_for_mails_do_not_keep_the_owner_from_one() {
    let (management, _directory) = management_with(|config| config.login.mails_per_hour = 2).await;
    create_ada(&management).await;
    let proof = json!({"password": {"identifier": "ada@acme.example", "password": "correct horse"}});
    let record = json!({"client_id": "app", "connection_id": "con_db", "client_address": "192.0.2.7", "proof": proof});
    let record: LoginRecord = serde_json::from_value(record).expect("a login record");
    record_login_at(&management, record, NOW).await.expect("the owner's own network");
    assert_eq!(ask_for_a_link(&management, "198.51.100.1").await, 200);
    assert_eq!(ask_for_a_link(&management, "198.51.100.1").await, 200);
    assert_eq!(ask_for_a_link(&management, "198.51.100.1").await, 429, "one network has a wait of its own");
    for number in 2..6 {
        assert_eq!(ask_for_a_link(&management, &format!("198.51.100.{number}")).await, 200);
    }
    assert_eq!(ask_for_a_link(&management, "203.0.113.1").await, 429, "all strangers together");
    let until = "SELECT MAX(blocked_until) FROM password_failures WHERE bucket LIKE 'mails-to:%'";
    let until = management.tenant.number_for_test(until).await.expect("a number");
    assert!(until <= Timestamp::now().plus_seconds(60).0, "for a minute at most");
    assert_eq!(ask_for_a_link(&management, "192.0.2.7").await, 200, "the owner's own network does not wait");
    let open = "SELECT COUNT(*) FROM tickets WHERE user_id IS NOT NULL";
    assert_eq!(management.tenant.number_for_test(open).await.expect("a number"), 7, "nobody's request ends another's");
}

#[tokio::test]
async fn signing_up_an_address_again_and_again_is_counted_before_it_is_worked_on() {
    let (management, _directory) = management_with(|config| config.login.mails_per_hour = 2).await;
    let router = router(&management);
    let before = management.passwords.done();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let body = json!({"client_id": "app", "connection": "people", "email": "new@acme.example",
            "password": "violet kettle orbit", "client_address": "198.51.100.1",
            "page": "https://login.example/login/verify-email"});
        statuses.push(call(&router, Method::POST, "/logins/sign-ups", &[GATEWAY_SCOPE], body).await.0);
    }
    assert_eq!((statuses, management.passwords.done() - before), (vec![200, 403, 429], 2));
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
