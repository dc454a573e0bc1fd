//! The settings files that are shipped, and the command line.

use vestibule::config::Config;

use crate::support::repository;

#[test]
fn the_shipped_settings_files_are_valid_once_their_blanks_are_filled() {
    let remote = std::fs::read_to_string(repository("config/remote.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a secret\n").unwrap();
    let filled = remote
        .replace("client_id = \"\"", "client_id = \"the-gateway\"")
        .replace("/run/secrets/vestibule-gateway", secret.to_str().unwrap());
    let config = Config::from_text(&filled, std::iter::empty()).unwrap();
    assert_eq!(config.management_audience(), "http://localhost:8080/api/v2/");
}

#[test]
fn every_setting_has_a_sentence() {
    let mut undocumented = Vec::new();
    for line in vestibule::config::DEFAULTS.lines() {
        let is_setting = line.split_once(" = ").is_some_and(|(name, _)| !name.starts_with(['#', '"']));
        if is_setting && !line.contains(" # ") {
            undocumented.push(line);
        }
    }
    assert!(undocumented.is_empty(), "{undocumented:#?}");
}
