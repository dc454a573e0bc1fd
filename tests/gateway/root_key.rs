//! The root key and its rotation.

use vestibule::app::App;
use vestibule::config::Config;
use vestibule::management;

use crate::support::postgres::Postgres;

/// 32 bytes of 1, 2 and 3 in base64.
const FIRST: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const SECOND: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
const THIRD: &str = "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";

fn sqlite(folder: &std::path::Path) -> String {
    format!("sqlite:{}", folder.join("vestibule.db").display())
}

fn settings(storage: &str, key: &str, previous: &str) -> Config {
    let text = format!(
        "storage.url = {storage:?}\nstorage.root_key = {key:?}\nstorage.previous_root_key = {previous:?}\n\
         storage.max_connections = 2"
    );
    Config::from_text(&text, std::iter::empty()).unwrap()
}

async fn start(storage: &str, key: &str, previous: &str) -> Result<App, String> {
    App::build(settings(storage, key, previous)).await.map_err(|fault| fault.to_string())
}

#[tokio::test]
async fn the_root_key_can_be_rotated_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    for storage in [sqlite(folder.path()), Postgres::database().await] {
        let app = start(&storage, FIRST, "").await.unwrap();
        let (client_id, secret) = management::gateways::add(&app.tenant, "a gateway", "audience", &[]).await.unwrap();
        for (key, previous) in [(SECOND, FIRST), (SECOND, ""), (THIRD, SECOND), (THIRD, "")] {
            let app = start(&storage, key, previous).await.unwrap();
            let client = app.client.application(&client_id).await.unwrap().unwrap();
            assert_eq!(client.client_secret.as_deref(), Some(secret.as_str()));
        }
        let error = start(&storage, FIRST, "").await.err().expect("the first key is forgotten");
        assert!(error.contains("root key"), "{error}");
    }
}

#[tokio::test]
async fn a_lost_root_key_is_said_and_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    start(&sqlite(folder.path()), "", "").await.unwrap();
    let key = folder.path().join("vestibule.db.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let error = start(&sqlite(folder.path()), "", "").await.err().expect("nothing opens without it");
    assert!(error.contains("vestibule.db.key"), "{error}");
    assert!(!key.exists());
    std::fs::write(&key, kept).unwrap();
    start(&sqlite(folder.path()), "", "").await.expect("with the key all is well again");
}

#[tokio::test]
async fn a_root_key_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = start(&sqlite(folder.path()), "c2hvcnQ=", "").await.err().expect("too short");
    assert!(error.contains("storage.root_key"), "{error}");
}

#[tokio::test]
async fn a_command_beside_a_server_changes_no_database_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let error = App::beside_a_server(settings(&sqlite(folder.path()), FIRST, "")).await.err().expect("there is none");
    assert!(error.to_string().contains("vestibule serve makes it"), "{error}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);

    start(&sqlite(folder.path()), FIRST, "").await.unwrap();
    App::beside_a_server(settings(&sqlite(folder.path()), SECOND, FIRST)).await.unwrap();
    start(&sqlite(folder.path()), FIRST, "").await.expect("a command sealed nothing anew");
}
