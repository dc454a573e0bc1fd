//! What the README tells a stranger to type.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::command::free_port;
use crate::support::repository;

/// What ends the server that the block leaves in the background, and makes every failing line count.
const BEFORE: &str = "set -euo pipefail; trap 'kill $!; wait' EXIT\n";

/// What the organization looks like after the block, in the block's own variables.
const AFTER: &str =
    r#"echo; curl -sS -H "Authorization: Bearer $TOKEN" "$API/organizations/$ORG/enabled_connections"; echo"#;

/// The shell block under a heading of the README.
fn block(heading: &str) -> String {
    let text = std::fs::read_to_string(repository("README.md")).unwrap();
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_first_organization_of_the_readme_gets_its_okta_connection() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let block = block("A first organization");
    assert!(block.contains("localhost:8080"), "{block}");
    let script = format!("{BEFORE}{}{AFTER}\n", block.replace("localhost:8080", &format!("localhost:{port}")));
    let programs = Path::new(env!("CARGO_BIN_EXE_vestibule")).parent().unwrap().display();
    let done = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap()))
        .env("VESTIBULE_SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("VESTIBULE_SERVER__PUBLIC_URL", format!("http://localhost:{port}"))
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    assert!(done.status.success(), "{said}\n{errors}");
    for line in ["Organization: Acme Corporation", "Okta (acme-okta, okta): enabled; drawn as a button"] {
        assert!(said.contains(line), "not said: {line}\n{said}\n{errors}");
    }
    let enabled: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let names: Vec<_> = enabled.as_array().unwrap().iter().map(|it| &it["connection"]["name"]).collect();
    assert_eq!(names, ["acme-okta"], "{enabled}");
    assert_eq!(enabled[0]["assign_membership_on_login"], true);
}
