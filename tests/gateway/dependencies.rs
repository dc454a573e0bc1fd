//! What the program is built from: one crypto provider, one HTTP stack.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::repository;

/// `name version` of everything that is built into the program on this machine.
fn built_in() -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "--offline", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let output = command.current_dir(repository("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn there_is_one_crypto_provider_and_one_http_stack() {
    let packages = built_in();
    let versions = |name: &str| packages.iter().filter(|package| package.split(' ').next() == Some(name)).count();
    for absent in ["ring", "openssl-sys", "native-tls"] {
        assert_eq!(versions(absent), 0, "{absent} came in; aws-lc-rs is the one crypto provider");
    }
    for single in
        ["hyper", "h2", "http", "reqwest", "rustls", "tokio-rustls", "tower-http", "axum", "aws-lc-rs", "sqlx"]
    {
        assert_eq!(versions(single), 1, "{single} is there more than once, or not at all; see cargo tree -d");
    }
}
