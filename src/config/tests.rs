//! The settings: defaults, overrides, and errors that name what is wrong.

use super::*;

fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let environment = environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    Config::from_text(text, environment).map_err(|error| error.to_string())
}

#[test]
fn the_documented_file_is_the_default() {
    let config = load("", &[]).expect("the defaults are valid");
    assert_eq!(config.issuer(), "http://localhost:8080/");
    assert_eq!(config.management_audience(), "http://localhost:8080/api/v2/");
    assert!(config.management.url.is_none());
}

#[test]
fn a_file_and_then_the_environment_override() {
    let config = load(
        "[server]\nlisten = \"127.0.0.1:9000\"\n[login.hosts]\n\"login.acme.com\" = \"acme\"",
        &[("VESTIBULE_SERVER__LISTEN", "127.0.0.1:9001"), ("VESTIBULE_OUTBOUND__ALLOW", "10.0.0.0/8, 127.0.0.1/32")],
    )
    .expect("valid");
    assert_eq!(config.server.listen.port(), 9001);
    assert_eq!(config.outbound.allow.len(), 2);
    assert_eq!(config.login.hosts["login.acme.com"], "acme");
}

#[test]
fn an_unknown_or_wrong_setting_is_named() {
    let cases = [
        ("[server]\nlitsen = \"x\"", "unknown setting server.litsen"),
        ("[serve]\nlisten = \"x\"", "unknown setting serve"),
        ("[server]\nmax_connections = \"many\"", "server.max_connections must be of type integer, not string"),
        ("[server]\npublic_url = \"http://login.example.com\"", "server.public_url must be https"),
        ("[management]\nurl = \"https://a.example\"", "management.client_id is required"),
        ("[storage]\nroot_key_file = \"/nowhere/key\"", "storage.root_key_file: cannot read /nowhere/key"),
        ("[login]\ntrips_per_minute = 0", "login.trips_per_minute must be at least 1"),
    ];
    for (text, expected) in cases {
        let error = load(text, &[]).expect_err(text);
        assert!(error.contains(expected), "{error:?} does not contain {expected:?}");
    }
    let error = load("", &[("VESTIBULE_SERVER__LITSEN", "x")]).expect_err("unknown");
    assert!(error.contains("VESTIBULE_SERVER__LITSEN"), "{error}");
}
