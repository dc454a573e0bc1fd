//! What `POST /logins` promises.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};

use crate::management::answer::{Answer, Failure};
use crate::management::logins::record_login_at;
use crate::management::test_support::{ORGANIZATION, call, management, management_with, router};
use crate::management::{GATEWAY_SCOPE, Management};
use crate::model::login::{Admission, LoginRecord};
use crate::model::{ApiError, Timestamp};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn by_identity(connection: &str, subject: &str) -> Value {
    let identity = json!({"issuer": "https://idp.example", "subject": subject, "email": "Ada@Acme.example",
        "email_verified": true, "name": "Ada"});
    json!({"organization_id": ORGANIZATION, "client_id": "app", "connection_id": connection,
        "client_address": "192.0.2.7", "proof": {"identity": identity}})
}

fn by_session(connection: &str, user_id: &str, account_version: &str) -> Value {
    json!({"organization_id": ORGANIZATION, "client_id": "app", "connection_id": connection,
        "proof": {"session": {"user_id": user_id, "account_version": account_version}}})
}

fn by_password(identifier: &str, password: &str, address: &str) -> Value {
    json!({"organization_id": ORGANIZATION, "client_id": "app", "connection_id": "con_db", "client_address": address,
        "proof": {"password": {"identifier": identifier, "password": password}}})
}

async fn login_at(management: &Management, record: Value, now: Timestamp) -> Answer<Admission> {
    let record: LoginRecord = serde_json::from_value(record).expect("a login record");
    record_login_at(management, record, now).await
}

async fn admitted(management: &Management, record: Value) -> Admission {
    login_at(management, record, NOW).await.expect("an admission")
}

async fn refused(management: &Management, record: Value) -> ApiError {
    refusal(login_at(management, record, NOW).await)
}

fn refusal(answer: Answer<Admission>) -> ApiError {
    match answer {
        Err(Failure::Api(error)) => error,
        other => panic!("{other:?} is no refusal"),
    }
}

async fn count(management: &Management, sql: &'static str) -> i64 {
    management.tenant.number_for_test(sql).await.expect("a number")
}

async fn run(management: &Management, sql: &'static str) {
    management.tenant.run_for_test(sql).await.expect("runs");
}

async fn with_ada(failures: i64) -> (Arc<Management>, tempfile::TempDir) {
    let (management, directory) = management_with(|config| config.login.password_failures = failures).await;
    let router = router(&management);
    let ada =
        json!({"connection": "people", "email": "ada@acme.example", "username": "ada", "password": "correct horse"});
    let (status, user) = call(&router, Method::POST, "/users", &["create:users"], ada).await;
    assert_eq!(status, 201, "{user}");
    (management, directory)
}

#[tokio::test]
async fn only_a_gateway_may_record_a_login() {
    let (management, _directory) = management().await;
    let router = router(&management);
    let record = by_identity("con_open", "1");
    let (status, error) = call(&router, Method::POST, "/logins", &["create:users"], record.clone()).await;
    assert_eq!((status, &error["errorCode"]), (403, &json!("insufficient_scope")));
    let (status, admission) = call(&router, Method::POST, "/logins", &[GATEWAY_SCOPE], record).await;
    assert_eq!(status, 200, "{admission}");
    assert_eq!(admission["user"]["user_id"], "oidc|open-idp|1");
    assert_eq!(admission["membership"], json!({"organization_id": ORGANIZATION, "created": true}));
    let mut string_flag = by_identity("con_open", "1");
    string_flag["proof"]["identity"]["email_verified"] = json!("true");
    let (status, _) = call(&router, Method::POST, "/logins", &[GATEWAY_SCOPE], string_flag).await;
    assert_eq!(status, 400, "only a JSON true is true");
}

#[tokio::test]
async fn parallel_first_logins_make_one_user_and_one_membership() {
    let (management, _directory) = management().await;
    let logins = (0..20).map(|_| admitted(&management, by_identity("con_open", "1")));
    let admissions = futures_util::future::join_all(logins).await;
    assert_eq!(count(&management, "SELECT COUNT(*) FROM users").await, 1);
    assert_eq!(count(&management, "SELECT COUNT(*) FROM members").await, 1);
    assert_eq!(count(&management, "SELECT logins_count FROM users").await, 20);
    let created = admissions.iter().filter(|admission| admission.membership.as_ref().is_some_and(|m| m.created));
    assert_eq!(created.count(), 1);
    assert_eq!(admissions[0].user.email.as_deref(), Some("ada@acme.example"));
}

#[tokio::test]
async fn whoever_is_no_member_is_refused_and_leaves_no_user() {
    let (management, _directory) = management().await;
    let error = refused(&management, by_identity("con_closed", "1")).await;
    assert!(error.has_code("not_a_member"));
    assert_eq!(error.message, format!("user okta|closed-idp|1 is not part of the {ORGANIZATION} organization"));
    assert_eq!(count(&management, "SELECT COUNT(*) FROM users").await, 0);
    assert_eq!(count(&management, "SELECT COUNT(*) FROM events WHERE type = 'f'").await, 1);
}

#[tokio::test]
async fn a_connection_that_is_not_enabled_looks_like_one_that_never_was() {
    let (management, _directory) = management().await;
    let never = refused(&management, by_identity("con_none", "1")).await;
    assert!(never.has_code("connection_not_enabled"));
    assert_eq!(refused(&management, by_identity("con_other", "1")).await, never);
    assert_eq!(refused(&management, by_identity("con_db", "1")).await, never, "a database vouches for nobody");
    admitted(&management, by_identity("con_open", "1")).await;
    run(&management, "DELETE FROM enabled_connections WHERE connection_id = 'con_open'").await;
    assert_eq!(refused(&management, by_identity("con_open", "1")).await, never);
    assert_eq!(refused(&management, by_session("con_open", "oidc|open-idp|1", "-")).await, never);
}

#[tokio::test]
async fn without_an_organization_the_applications_connections_count() {
    let (management, _directory) = management().await;
    let mut record = by_identity("con_open", "1");
    record.as_object_mut().expect("an object").remove("organization_id");
    assert!(refused(&management, record.clone()).await.has_code("connection_not_enabled"));
    run(&management, "INSERT INTO connection_clients (connection_id, client_id) VALUES ('con_open', 'app')").await;
    assert_eq!(admitted(&management, record).await.membership, None);
    assert_eq!(count(&management, "SELECT COUNT(*) FROM members").await, 0);
}

#[tokio::test]
async fn a_trip_is_recorded_once_and_answered_again() {
    let (management, _directory) = management().await;
    let mut record = by_identity("con_open", "1");
    record["trip_id"] = json!("trip");
    let first = admitted(&management, record.clone()).await;
    assert_eq!(admitted(&management, record.clone()).await, first);
    assert_eq!(count(&management, "SELECT logins_count FROM users").await, 1);
    assert_eq!(count(&management, "SELECT COUNT(*) FROM events WHERE type = 's'").await, 1);
    let mut of_another = by_identity("con_open", "2");
    of_another["trip_id"] = json!("trip");
    assert_eq!(refused(&management, of_another).await.status_code, 409);
    assert_eq!(count(&management, "SELECT COUNT(*) FROM users").await, 1);
    run(&management, "UPDATE users SET blocked = 1").await;
    assert!(refused(&management, record.clone()).await.has_code("user_blocked"));
    run(&management, "DELETE FROM users").await;
    assert!(refused(&management, record.clone()).await.has_code("unknown_user"));
    let later = NOW.plus_seconds(3601);
    assert!(login_at(&management, record, later).await.is_ok(), "the trip was forgotten");
    management.tenant.delete_expired(later.plus_seconds(3601), 0).await.expect("deletes");
    assert_eq!(count(&management, "SELECT COUNT(*) FROM admissions").await, 0);
}

#[tokio::test]
async fn a_trip_that_is_recorded_many_times_at_once_counts_once() {
    let (management, _directory) = management().await;
    let mut record = by_identity("con_open", "1");
    record["trip_id"] = json!("trip");
    let logins = (0..10).map(|_| admitted(&management, record.clone()));
    let admissions = futures_util::future::join_all(logins).await;
    assert!(admissions.iter().all(|admission| admission.membership.as_ref().is_some_and(|m| m.created)));
    assert_eq!(count(&management, "SELECT logins_count FROM users").await, 1);
}

#[tokio::test]
async fn a_session_is_refused_once_its_user_is_blocked_deleted_or_no_member() {
    let (management, _directory) = management().await;
    let version = admitted(&management, by_identity("con_open", "1")).await.account_version;
    let session = || by_session("con_open", "oidc|open-idp|1", &version);
    let admission = admitted(&management, session()).await;
    assert_eq!(admission.user.logins_count, 1, "a session is no new login");
    assert!(refused(&management, by_session("con_closed", "oidc|open-idp|1", &version)).await.has_code("unknown_user"));
    run(&management, "DELETE FROM members").await;
    assert!(admitted(&management, session()).await.membership.is_some_and(|membership| membership.created));
    run(&management, "DELETE FROM members").await;
    run(&management, "UPDATE enabled_connections SET assign_membership_on_login = 0").await;
    assert!(refused(&management, session()).await.has_code("not_a_member"));
    run(&management, "UPDATE users SET blocked = 1").await;
    assert!(refused(&management, session()).await.has_code("user_blocked"));
    run(&management, "DELETE FROM users").await;
    assert!(refused(&management, session()).await.has_code("unknown_user"));
}

#[tokio::test]
async fn a_session_ends_with_the_account_and_with_the_password_it_began_with() {
    let (management, _directory) = management().await;
    let version = admitted(&management, by_identity("con_open", "1")).await.account_version;
    let session = || by_session("con_open", "oidc|open-idp|1", &version);
    run(&management, "UPDATE users SET created_at = created_at + 1").await;
    assert!(refused(&management, session()).await.has_code("unknown_user"), "an account made anew is another one");
    run(&management, "UPDATE users SET created_at = created_at - 1").await;
    admitted(&management, session()).await;
    run(&management, "UPDATE users SET password_hash = 'another'").await;
    admitted(&management, session()).await;
    run(&management, "UPDATE users SET password_changed_at = 2").await;
    assert!(refused(&management, session()).await.has_code("unknown_user"), "another password ends sessions");
    assert_eq!(count(&management, "SELECT COUNT(*) FROM events WHERE type = 'f'").await, 0, "asking leaves no event");
}

#[tokio::test]
async fn a_subject_of_another_issuer_is_another_person() {
    let (management, _directory) = management().await;
    admitted(&management, by_identity("con_open", "1")).await;
    let mut record = by_identity("con_open", "1");
    record["proof"]["identity"]["issuer"] = json!("https://evil.example");
    assert!(refused(&management, record).await.has_code("identity_conflict"));
    run(&management, "UPDATE enabled_connections SET assign_membership_on_login = 1").await;
    let same_email = admitted(&management, by_identity("con_closed", "9")).await;
    assert_eq!(same_email.user.user_id, "okta|closed-idp|9", "one e-mail never joins two people");
}

#[tokio::test]
async fn odd_texts_are_refused_or_dropped_before_they_reach_the_database() {
    let (management, _directory) = management().await;
    let router = router(&management);
    for subject in ["", "a\0b", "a\nb", &"x".repeat(256), &"\u{e9}".repeat(128)] {
        let record = by_identity("con_open", subject);
        assert_eq!(call(&router, Method::POST, "/logins", &[GATEWAY_SCOPE], record).await.0, 400, "{subject:?}");
    }
    let mut record = by_identity("con_open", "1");
    record["proof"]["identity"]["email"] = json!("a@b@c");
    record["proof"]["identity"]["name"] = json!("A\u{0}da");
    let user = admitted(&management, record).await.user;
    assert_eq!((user.email, user.email_verified, user.profile.name), (None, false, None));
}

#[tokio::test]
async fn a_password_lets_in_by_email_or_user_name_and_one_refusal_fits_all() {
    let (management, _directory) = with_ada(100).await;
    let admission = admitted(&management, by_password(" ADA@acme.example", "correct horse", "192.0.2.1")).await;
    assert!(admission.user.user_id.starts_with("auth0|"));
    assert!(!serde_json::to_string(&admission).expect("JSON").contains("argon2"));
    admitted(&management, by_password("Ada", "correct horse", "192.0.2.1")).await;
    let wrong = refused(&management, by_password("ada", "wrong", "192.0.2.1")).await;
    assert!(wrong.has_code("wrong_credentials"));
    for (identifier, password) in [("eve", "correct horse"), ("a\0b", "x"), ("", ""), ("ada", &"x".repeat(2000))] {
        assert_eq!(refused(&management, by_password(identifier, password, "192.0.2.1")).await, wrong);
    }
    run(&management, "UPDATE users SET blocked = 1").await;
    assert_eq!(refused(&management, by_password("ada", "wrong", "192.0.2.1")).await, wrong);
    assert!(refused(&management, by_password("ada", "correct horse", "192.0.2.1")).await.has_code("user_blocked"));
    let mut federated = by_password("ada", "correct horse", "192.0.2.1");
    federated["connection_id"] = json!("con_open");
    assert!(refused(&management, federated).await.has_code("connection_not_enabled"));
}

#[tokio::test]
async fn guesses_must_wait_longer_and_longer() {
    let (management, _directory) = with_ada(2).await;
    let guess = |seconds: i64| {
        let record = by_password("ada", "wrong", &format!("198.51.100.{}", seconds % 200));
        login_at(&management, record, NOW.plus_seconds(seconds))
    };
    assert!(refusal(guess(0).await).has_code("wrong_credentials"));
    assert!(refusal(guess(1).await).has_code("wrong_credentials"));
    let waiting = refusal(guess(2).await);
    assert_eq!((waiting.status_code, waiting.retry_after), (429, Some(60)));
    assert!(waiting.has_code("too_many_attempts"));
    // The e-mail shares the account's count, and the right password waits as well: it must not stand out.
    let right = by_password("ada@acme.example", "correct horse", "203.0.113.1");
    assert!(refusal(login_at(&management, right.clone(), NOW.plus_seconds(3)).await).has_code("too_many_attempts"));
    assert!(refusal(guess(62).await).has_code("wrong_credentials"), "one attempt after the wait");
    assert_eq!(refusal(guess(63).await).retry_after, Some(120));
    // After the wait the owner is let in, and from then on others' guesses do not lock this address out.
    login_at(&management, right.clone(), NOW.plus_seconds(190)).await.expect("the owner");
    for seconds in 191..194 {
        refusal(guess(seconds).await);
    }
    assert_eq!(refusal(guess(194).await).status_code, 429);
    login_at(&management, right, NOW.plus_seconds(195)).await.expect("the owner's own address");
}

#[tokio::test]
async fn an_address_that_guesses_many_accounts_must_wait() {
    let (management, _directory) = with_ada(3).await;
    for n in 0..3 {
        let record = by_password(&format!("user{n}"), "wrong", &format!("2001:db8::{n}"));
        assert!(refused(&management, record).await.has_code("wrong_credentials"));
    }
    let same_network = refused(&management, by_password("ada", "correct horse", "2001:db8::99")).await;
    assert!(same_network.has_code("too_many_attempts"));
    admitted(&management, by_password("ada", "correct horse", "2001:db8:0:1::1")).await;
}

#[tokio::test]
async fn parallel_guesses_are_no_more_than_guesses_in_a_row() {
    let (management, _directory) = with_ada(3).await;
    let guesses = (0..20).map(|n| refused(&management, by_password("ada", "wrong", &format!("192.0.2.{n}"))));
    let errors = futures_util::future::join_all(guesses).await;
    assert_eq!(errors.iter().filter(|error| error.has_code("wrong_credentials")).count(), 3);
    assert_eq!(errors.iter().filter(|error| error.has_code("too_many_attempts")).count(), 17);
}

#[tokio::test]
async fn events_are_kept_as_many_days_as_set() {
    let (management, _directory) = management().await;
    admitted(&management, by_identity("con_open", "1")).await;
    let kept = async |days: i64, events_days: u32| {
        let now = NOW.plus_seconds(days * 24 * 3600);
        management.tenant.delete_expired(now, events_days).await.expect("deletes");
        count(&management, "SELECT COUNT(*) FROM events WHERE type = 's'").await
    };
    assert_eq!(kept(10_000, 0).await, 1, "0 keeps all");
    assert_eq!(kept(90, 90).await, 1);
    assert_eq!(kept(91, 90).await, 0);
}
