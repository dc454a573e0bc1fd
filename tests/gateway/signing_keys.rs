//! Signing keys: they are rotated without a failed call, on one node and on several, and a revoked one is refused.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::decode_header;
use serde_json::{Value, json};
use sqlx::Row;

use crate::matrix;
use crate::support::application::Application;
use crate::support::command::{Running, free_port, run, settings};
use crate::support::gateway::{Administrator, Gateway, Mode, text};
use crate::support::http::Visitor;
use crate::support::postgres::Postgres;

matrix! {
    keys_are_rotated_without_a_failed_call_and_a_revoked_one_is_refused,
}

/// A new key signs as soon as the next reading of the keys has found it.
const SOON: &str = "tokens.jwks_seconds = 0\ntokens.keys_fresh_seconds = 1\nmanagement.request_burst = 1000";

/// The published keys, by id.
async fn published(admin: &Administrator) -> BTreeSet<String> {
    let url = admin.api.replace("/api/v2", "/.well-known/jwks.json");
    let keys = Visitor::new().get(url).await.json();
    keys["keys"].as_array().unwrap().iter().map(|key| text(key, "kid")).collect()
}

/// The one key in this state.
async fn key(admin: &Administrator, state: &str) -> String {
    let keys = admin.get("/keys/signing").await;
    let mut found = keys.as_array().unwrap().iter().filter(|key| key[state] == true);
    let kid = text(found.next().unwrap_or_else(|| panic!("no {state} key: {keys}")), "kid");
    assert!(found.next().is_none(), "one {state} key: {keys}");
    kid
}

fn signer(token: &str) -> String {
    decode_header(token).unwrap().kid.unwrap()
}

/// Whoever holds these scopes by a token that this key signed.
async fn signed_by(admin: &Administrator, kid: &str, audience: &str, scopes: &[&str]) -> Administrator {
    let origin = admin.api.replace("/api/v2", "");
    let application = Application::register_at(admin, &origin, json!({})).await;
    let grant = json!({ "client_id": application.client_id, "audience": audience, "scope": scopes });
    admin.create("/client-grants", grant).await;
    let started = Instant::now();
    loop {
        let own = [("grant_type", "client_credentials"), ("audience", audience)];
        let token = text(&application.token(&own).await.json(), "access_token");
        if signer(&token) == kid {
            return admin.with_token(&token);
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{kid} does not begin to sign");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn rotate(admin: &Administrator) -> String {
    let rotated = admin.call("POST", "/keys/signing/rotate", None).await;
    assert_eq!(rotated.status, 201, "{}", rotated.text());
    text(&rotated.json(), "kid")
}

async fn keys_are_rotated_without_a_failed_call_and_a_revoked_one_is_refused(mode: Mode) {
    let gateway = Gateway::start_with(mode, SOON).await;
    let admin = &gateway.admin;
    let audience = format!("{}/", admin.api);
    let application = Application::register(&gateway, json!({})).await;
    // The gateway asks the Management API, with a token of its own, for the grant that is not there.
    let asks = async || {
        let own = [("grant_type", "client_credentials"), ("audience", "https://api.example/")];
        application.token(&own).await.status
    };
    assert_eq!(asks().await, 403);
    let (first, second) = (key(admin, "current").await, key(admin, "next").await);
    assert_eq!(published(admin).await, BTreeSet::from([first.clone(), second.clone()]), "published before it signs");
    assert_eq!(signer(&admin.token), first);

    let third = rotate(admin).await;
    assert_eq!((key(admin, "current").await, key(admin, "next").await), (second.clone(), third.clone()));
    assert_eq!(published(admin).await, BTreeSet::from([first.clone(), second.clone(), third.clone()]));
    let scopes = ["read:signing_keys", "update:signing_keys", "create:clients", "create:client_grants"];
    let successor = signed_by(admin, &second, &audience, &scopes).await;
    assert_eq!(key(admin, "previous").await, first, "and the old token still holds");
    assert_eq!(key(&successor, "current").await, second);
    assert_eq!(asks().await, 403);

    let revoke = async |kid: &str| successor.call("PUT", &format!("/keys/signing/{kid}/revoke"), None).await;
    for in_use in [&second, &third] {
        let refused = revoke(in_use).await;
        assert_eq!((refused.status, &refused.json()["errorCode"]), (400, &json!("operation_not_supported")));
    }
    for unknown in ["unknown", "a:b", "%2e%2e", "é"] {
        assert_eq!(revoke(unknown).await.status, 404, "{unknown}");
    }
    for _ in 0..2 {
        let revoked = revoke(&first).await;
        assert_eq!((revoked.status, text(&revoked.json(), "kid")), (201, first.clone()));
    }
    assert_eq!(published(admin).await, BTreeSet::from([second, third]));
    let told = successor.get(&format!("/keys/signing/{first}")).await;
    assert_eq!((&told["revoked"], told.get("previous"), told.get("current")), (&json!(true), None, None));
    assert!(told["revoked_at"].is_string() && told["current_since"].is_string() && told["current_until"].is_string());
    assert_eq!(admin.call("GET", "/keys/signing", None).await.status, 401);
    assert_eq!(asks().await, 403, "the gateway has got itself a new token");
}

#[tokio::test]
async fn a_key_signs_only_when_every_application_can_know_it() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let kept = published(admin).await;
    // Twice in a row: what is current now was in no key set that an application may have kept.
    rotate(admin).await;
    rotate(admin).await;
    let current = key(admin, "current").await;
    assert!(!kept.contains(&current));
    let token = admin.client_token("https://api.example/", &["read:orders"]).await;
    assert!(kept.contains(&signer(&token)));
}

#[tokio::test]
async fn rotation_and_revocation_are_told_with_who_did_them() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let first = key(admin, "current").await;
    rotate(admin).await;
    assert_eq!(admin.call("PUT", "/keys/signing/unknown/revoke", None).await.status, 404);
    assert_eq!(admin.call("PUT", &format!("/keys/signing/{first}/revoke"), None).await.status, 201);
    let mut database = gateway.database().await;
    let told = sqlx::query("SELECT type, client_id, description FROM events ORDER BY date, id");
    let told = told.fetch_all(&mut database).await.unwrap();
    let told: Vec<String> = told
        .iter()
        .map(|row| format!("{} {} {}", row.get::<String, _>(0), row.get::<String, _>(1), row.get::<String, _>(2)))
        .collect();
    assert_eq!(
        told,
        [
            "sapi vestibule-cli Rotate the signing keys".to_owned(),
            format!("sapi vestibule-cli Revoke a signing key: {first}"),
        ]
    );
}

#[tokio::test]
async fn a_certificate_is_told_with_each_key() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let keys = Visitor::new().get(gateway.url("/.well-known/jwks.json")).await.json();
    for jwk in keys["keys"].as_array().unwrap() {
        let told: Value = admin.get(&format!("/keys/signing/{}", text(jwk, "kid"))).await;
        let der = STANDARD.decode(jwk["x5c"][0].as_str().unwrap()).unwrap();
        let lines: Vec<String> = text(&told, "cert").lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "-----BEGIN CERTIFICATE-----");
        assert_eq!(STANDARD.decode(lines[1..lines.len() - 1].concat()).unwrap(), der);
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &der);
        assert_eq!(URL_SAFE_NO_PAD.encode(hash), text(jwk, "x5t"));
        let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!((text(&told, "thumbprint"), text(&told, "fingerprint").replace(':', "")), (hex.clone(), hex));
        let modulus = URL_SAFE_NO_PAD.decode(text(jwk, "n")).unwrap();
        assert!(der.windows(modulus.len()).any(|part| part == modulus), "the certificate is of this key");
    }
}

/// One node rotates; another, which has not looked since, takes its tokens at once.
async fn nodes_follow_each_other(storage: &str) {
    let settings = |seconds: u32| {
        format!("storage.url = {storage:?}\ntokens.jwks_seconds = 0\ntokens.keys_fresh_seconds = {seconds}")
    };
    let here = Gateway::start_with(Mode::SqliteEmbedded, &settings(3600)).await;
    let same_origin = format!("{}\nserver.public_url = {:?}", settings(1), here.origin);
    let there = Gateway::start_with(Mode::SqliteEmbedded, &same_origin).await;
    assert_eq!(published(&here.admin).await, published(&there.admin).await, "started with the same keys");
    let audience = format!("{}/", here.admin.api);
    let third = rotate(&there.admin).await;
    rotate(&there.admin).await;
    assert!(!published(&here.admin).await.contains(&third));
    let scopes = ["read:signing_keys", "create:clients", "create:client_grants"];
    let caller = signed_by(&there.admin, &third, &audience, &scopes).await;
    let caller_here = here.admin.with_token(&caller.token);
    assert_eq!(key(&caller_here, "current").await, third);
    let from_here = here.admin.client_token(&audience, &scopes).await;
    assert_eq!(key(&there.admin.with_token(&from_here), "current").await, third);
    assert_eq!(published(&here.admin).await, published(&there.admin).await);
}

#[tokio::test]
async fn nodes_on_sqlite_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    nodes_follow_each_other(&format!("sqlite:{}", folder.path().join("shared.db").display())).await;
}

#[tokio::test]
async fn nodes_on_postgres_follow_each_other() {
    nodes_follow_each_other(&Postgres::database().await).await;
}

#[tokio::test]
async fn rotations_at_once_leave_one_current_and_one_next_key() {
    for storage in [None, Some(Postgres::database().await)] {
        let settings = storage.map(|url| format!("storage.url = {url:?}")).unwrap_or_default();
        let gateway = Gateway::start_with(Mode::SqliteEmbedded, &settings).await;
        let rotations = futures_util::future::join_all((0..5).map(|_| rotate(&gateway.admin))).await;
        assert_eq!(rotations.iter().collect::<BTreeSet<_>>().len(), 5);
        assert!(rotations.contains(&key(&gateway.admin, "next").await));
        key(&gateway.admin, "current").await;
        let keys = gateway.admin.get("/keys/signing").await;
        assert_eq!(keys.as_array().unwrap().iter().filter(|key| key["previous"] == true).count(), 5);
    }
}

#[tokio::test]
async fn a_host_rotates_its_keys_from_the_command_line_and_the_running_server_follows() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let config = settings(folder.path(), "main", port, SOON);
    let _running = Running::serve(&config);
    let said = |words: &[&str]| {
        let said = run(&[words, &["--config", config.to_str().unwrap()]].concat());
        (said.status.success(), format!("{}{}", said.output, said.errors))
    };
    let token = |words: &[&str]| said(words).1.trim().to_owned();
    let admin = Administrator::at(&format!("http://localhost:{port}"), &token(&["token"]), Visitor::new());
    let (first, second) = (key(&admin, "current").await, key(&admin, "next").await);
    let (done, rotated) = said(&["keys", "rotate"]);
    assert!(done && rotated.trim().ends_with("  next"), "{rotated}");
    let (_, list) = said(&["keys", "list"]);
    let states: Vec<_> = list
        .lines()
        .map(|line| line.split([' ', ',']).filter(|word| !word.is_empty()).take(2).collect::<Vec<_>>())
        .collect();
    let third = rotated.split(' ').next().unwrap();
    assert_eq!(states, [[third, "next"], [&second, "current"], [&first, "previous"]]);
    for refused in [third, &second, "unknown"] {
        assert!(!said(&["keys", "revoke", refused]).0, "{refused}");
    }
    assert_eq!(admin.call("GET", "/keys/signing", None).await.status, 200);
    assert_eq!(token(&["keys", "revoke", &first]), format!("{first}  revoked"));
    let started = Instant::now();
    while admin.call("GET", "/keys/signing", None).await.status != 401 {
        assert!(started.elapsed() < Duration::from_secs(30), "the server does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let fresh = admin.with_token(&token(&["token"]));
    assert_eq!(key(&fresh, "current").await, second);
}
