//! What the program is built from: one crypto provider, one HTTP stack.

use crate::support::repository;

#[test]
fn there_is_one_crypto_provider_and_one_http_stack() {
    let lock = std::fs::read_to_string(repository("Cargo.lock")).unwrap();
    let versions = |name: &str| lock.matches(&format!("name = \"{name}\"\n")).count();
    for absent in ["ring", "openssl-sys", "native-tls"] {
        assert_eq!(versions(absent), 0, "{absent} came in; aws-lc-rs is the one crypto provider");
    }
    for single in
        ["hyper", "h2", "http", "reqwest", "rustls", "tokio-rustls", "tower-http", "axum", "aws-lc-rs", "sqlx"]
    {
        assert_eq!(versions(single), 1, "{single} is there more than once; see cargo tree -d");
    }
}
