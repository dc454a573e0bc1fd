//! Clients we did not write, unmodified, drive the Management API over TLS: Auth0's SDKs, and schemathesis by the
//! API's own description.

use std::ffi::OsString;
use std::io::Read;
use std::process::Stdio;

use vestibule::management::SCOPES;

use crate::support::child::Tied;
use crate::support::gateway::{CERTIFICATE, Gateway, Mode};
use crate::support::repository;

/// No driver is slowed down by its number of calls, and a long parameter comes as far as the API.
const GENEROUS: &str = "management.requests_per_second = 100000\nmanagement.request_burst = 100000\n\
                        server.max_header_bytes = 262144\n";
/// One call a second after the first two.
const MEAN: &str = "management.requests_per_second = 1\nmanagement.request_burst = 2\n";

const PYTHON: &str = ".venv/bin/python";

/// Runs a driver of `tests/clients`, which finds the gateway, a client of its own and a token in the environment.
///
/// # Panics
/// With all that the driver said, when it ends with a failure.
async fn drive(gateway: &Gateway, folder: &str, command: &[&str]) {
    let (id, secret) = gateway.admin.machine(&format!("{}/", gateway.admin.api), SCOPES).await;
    let folder = repository("tests/clients").join(folder);
    let domain = gateway.origin.replace("https://", "");
    let certificate = repository(CERTIFICATE);
    // Both streams in one, as on a terminal.
    let all = ["sh", "-c", "exec \"$@\" 2>&1", "sh"].iter().chain(command).map(OsString::from).collect::<Vec<_>>();
    let mut driver = Tied::wrapped("KILL", "", &all, |shell| {
        shell
            .current_dir(folder)
            .stdout(Stdio::piped())
            .env("NO_PROXY", "localhost")
            .env("PYTHONDONTWRITEBYTECODE", "1");
        shell.envs([("DOMAIN", &domain), ("CLIENT_ID", &id), ("CLIENT_SECRET", &secret)]);
        shell.env("TOKEN", &gateway.admin.token);
        for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
            shell.env(variable, &certificate);
        }
    })
    .unwrap();
    let said = tokio::task::spawn_blocking(move || {
        let mut said = Vec::new();
        driver.output().read_to_end(&mut said).unwrap();
        (String::from_utf8_lossy(&said).into_owned(), driver.end())
    });
    let (said, status) = said.await.unwrap();
    assert!(status.success(), "{command:?} in tests/clients ended with {status} (is `make deps` done?):\n{said}");
}

async fn python_drives(mode: Mode) {
    let gateway = Gateway::start_secure(mode, GENEROUS).await;
    drive(&gateway, "python", &[PYTHON, "-m", "unittest", "discover"]).await;
}

async fn node_drives(mode: Mode) {
    let gateway = Gateway::start_secure(mode, GENEROUS).await;
    drive(&gateway, "node", &["node", "every_call.mjs"]).await;
}

async fn schemathesis_asks(examples: &str) {
    let gateway = Gateway::start_secure(Mode::SqliteEmbedded, GENEROUS).await;
    let description = format!("{}/openapi.json", gateway.admin.api);
    drive(&gateway, "python", &[".venv/bin/schemathesis", "run", &description, "--max-examples", examples]).await;
}

#[tokio::test]
async fn the_python_sdk_drives_the_whole_api_on_sqlite() {
    python_drives(Mode::SqliteEmbedded).await;
}

#[tokio::test]
async fn the_python_sdk_drives_the_whole_api_on_postgres() {
    python_drives(Mode::PostgresEmbedded).await;
}

#[tokio::test]
async fn the_node_sdk_drives_the_whole_api_on_sqlite() {
    node_drives(Mode::SqliteEmbedded).await;
}

#[tokio::test]
async fn the_node_sdk_drives_the_whole_api_on_postgres() {
    node_drives(Mode::PostgresEmbedded).await;
}

#[tokio::test]
async fn the_sdks_live_through_a_full_quota_by_their_own_retries() {
    let gateway = Gateway::start_secure(Mode::SqliteEmbedded, MEAN).await;
    drive(&gateway, "python", &[PYTHON, "-m", "unittest", "rate_limit"]).await;
    drive(&gateway, "node", &["node", "rate_limit.mjs"]).await;
}

#[tokio::test]
async fn schemathesis_finds_no_answer_that_the_description_does_not_tell() {
    schemathesis_asks("20").await;
}

#[tokio::test]
#[ignore = "takes minutes; `make test-long` runs it"]
async fn schemathesis_finds_none_with_ten_times_as_many_requests() {
    schemathesis_asks("200").await;
}
