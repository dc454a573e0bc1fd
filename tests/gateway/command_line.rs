//! The command line, as an operator uses it.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::support::application::{Application, CALLBACK};
use crate::support::command::{Running, Said, free_port, run, run_with, settings};
use crate::support::gateway::Administrator;
use crate::support::http::Visitor;
use crate::support::identity_provider::IdentityProvider;

const PASSWORD: &str = "canary-password-of-ann";

/// A gateway in a process of its own.
struct House {
    folder: TempDir,
    config: String,
    origin: String,
    running: Running,
}

fn house(more: &str) -> House {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let config = settings(folder.path(), "main", port, more);
    let running = Running::serve(&config);
    let config = config.to_str().unwrap().to_owned();
    House { folder, config, origin: format!("http://localhost:{port}"), running }
}

impl House {
    fn token(&self, scopes: &[&str]) -> Said {
        let mut arguments = vec!["token", "--config", &self.config];
        scopes.iter().for_each(|scope| arguments.extend(["--scope", scope]));
        run(&arguments)
    }

    fn admin(&self) -> Administrator {
        let said = self.token(&[]);
        assert!(said.status.success(), "{}", said.errors);
        Administrator::at(&self.origin, said.output.trim(), Visitor::new())
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A command that must fail with exit code 1, and its sentence.
fn sentence(said: &Said) -> &str {
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    said.errors.lines().find(|line| line.starts_with("vestibule: ")).unwrap_or_else(|| panic!("{said:?}"))
}

#[tokio::test]
async fn a_first_start_makes_what_is_needed_and_a_second_keeps_it() {
    let house = house("");
    house.running.errors.wait_for("vestibule token --scope");
    let keys = format!("{}/.well-known/jwks.json", house.origin);
    let first = Visitor::new().get(&keys).await.json();
    let keys_of = |folder: &Path| {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.to_string_lossy().contains("key")).collect::<Vec<_>>()
    };
    let root_keys = keys_of(house.folder.path());
    assert_eq!(root_keys.len(), 1, "{root_keys:?}");
    assert_eq!(mode(&root_keys[0]), 0o600);
    assert_eq!(mode(&house.folder.path().join("main.db")) & 0o007, 0, "the database is nobody else's");
    let stopped = house.running.stop();
    assert_eq!(stopped.status.code(), Some(0), "{}", stopped.errors);

    let second = Running::serve(Path::new(&house.config));
    assert_eq!(Visitor::new().get(&keys).await.json(), first, "{keys}");
    let said = second.stop();
    assert!(!said.errors.contains("vestibule token"), "{}", said.errors);
}

#[tokio::test]
async fn a_token_of_the_command_line_opens_what_its_scope_says() {
    let house = house("");
    let said = house.token(&["read:organizations"]);
    let admin = Administrator::at(&house.origin, said.output.trim(), Visitor::new());
    assert_eq!(admin.call("GET", "/organizations", None).await.status, 200);
    assert_eq!(admin.call("POST", "/organizations", Some(json!({ "name": "acme" }))).await.status, 403);
    assert!(sentence(&house.token(&["create:logins"])).contains("create:logins"));
    assert!(sentence(&house.token(&["read:organization"])).contains("read:organization"), "a misspelt scope is named");
    assert_eq!(house.token(&["create:logins"]).output, "");
}

#[tokio::test]
async fn check_says_of_each_upstream_whether_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let config = settings(folder.path(), "main", free_port(), "");
    let said = run(&["check", "--config", config.to_str().unwrap()]);
    assert!(said.status.success() && said.output.contains("not there yet"), "{said:?}");
    assert!(!folder.path().join("main.db").exists(), "a check makes nothing");

    let house = house("outbound.allow = [\"127.0.0.0/8\"]\noutbound.timeout_seconds = 2");
    let provider = IdentityProvider::start(json!([]), json!([]));
    let admin = house.admin();
    admin.federated("acme-sso", &provider.issuer, json!({})).await;
    let said = run(&["check", "--config", &house.config]);
    assert!(said.status.success(), "{said:?}");
    for line in ["database           ok", "management api     ok", "acme-sso           ok"] {
        assert!(said.output.contains(line), "{}", said.output);
    }
    admin.federated("globex-sso", &format!("http://127.0.0.1:{}", free_port()), json!({})).await;
    let said = run(&["check", "--config", &house.config]);
    assert!(sentence(&said).contains("1 upstream"), "{said:?}");
    let line = said.output.lines().find(|line| line.starts_with("globex-sso")).unwrap();
    assert!(!line.ends_with("ok"), "{line}");
}

#[tokio::test]
async fn the_printed_settings_of_a_gateway_let_it_run_on_another_host() {
    let house = house("");
    let said = run(&["gateway", "add", "--config", &house.config, "front"]);
    assert!(said.status.success(), "{said:?}");
    let admin = house.admin();
    let acme = admin.organization("acme").await;
    let people = admin.database("people").await;
    admin.enable(&acme, &people, true).await;
    admin.person("people", "ann@acme.example", PASSWORD).await;

    let port = free_port();
    let config = settings(house.folder.path(), "front", port, &said.output);
    let front = Running::serve(&config);
    let origin = format!("http://localhost:{port}");
    let application = Application::register_at(&admin, &origin, json!({})).await;
    let visitor = Visitor::new();
    let begun = application.begin(&[("organization", "acme")]);
    let page = visitor.get(&begun.url).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Acme"));
    let page = visitor.submit(&page, &[("username", "ann@acme.example"), ("password", PASSWORD)]).await;
    assert_eq!(application.id_claims(&begun, &page).await["org_id"], acme.as_str());
    let config_path = config.to_str().unwrap();
    let elsewhere = run(&["token", "--scope", "read:organizations", "--config", config_path]);
    assert!(sentence(&elsewhere).contains("on another host"));
    let own = run(&["token", "--config", config_path]).output;
    let own = Administrator::at(&origin, own.trim(), Visitor::new());
    assert_eq!(own.call("GET", "/stats/cache", None).await.status, 200, "what it remembers itself");
    let list = visitor.request(Method::GET, &format!("{origin}/api/v2/organizations")).bearer_auth(&own.token);
    assert_eq!(visitor.send(list).await.status, 404, "the API is elsewhere");
    assert!(run(&["check", "--config", config.to_str().unwrap()]).status.success());
    drop(front);
}

#[test]
fn a_wrong_setting_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    for (more, named) in [
        ("server.litsen = \"x\"", "server.litsen"),
        ("server.max_connections = \"many\"", "server.max_connections"),
        ("outbound.allow = [\"everywhere\"]", "outbound.allow"),
        ("log.filter = \"[\"", "log.filter"),
        ("log.format = \"xml\"", "log.format"),
        ("server.tls_certificate = \"/nowhere.pem\"", "server.tls_key"),
        ("storage.root_key = \"short\"", "storage.root_key"),
        ("server.metrics_listen = \"nowhere\"", "server.metrics_listen"),
        ("management.url = \"not an address\"", "management.url"),
    ] {
        let config = settings(folder.path(), "wrong", free_port(), more);
        for command in ["serve", "check"] {
            let said = run(&[command, "--config", config.to_str().unwrap()]);
            assert!(sentence(&said).contains(named), "{command} {more}: {}", said.errors);
            assert!(!said.errors.contains("panicked"), "{}", said.errors);
        }
    }
    let said = run_with(&["check"], &[("VESTIBULE_SERVER__LITSEN", "x")]);
    assert!(sentence(&said).contains("VESTIBULE_SERVER__LITSEN"));
    let said = run(&["serve", "--config", "/nowhere/at-all.toml"]);
    assert!(sentence(&said).contains("/nowhere/at-all.toml"));
    let tls = "server.tls_certificate = \"/nowhere.pem\"\nserver.tls_key = \"/nowhere.pem\"";
    let config = settings(folder.path(), "tls", free_port(), tls);
    for command in ["serve", "check"] {
        assert!(sentence(&run(&[command, "--config", config.to_str().unwrap()])).contains("server.tls_"), "{command}");
    }
}

#[test]
fn a_taken_port_is_a_sentence_that_names_it_and_the_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let config = settings(folder.path(), "main", port, "");
    let said = run(&["serve", "--config", config.to_str().unwrap()]);
    assert!(sentence(&said).contains(&format!("127.0.0.1:{port}")) && sentence(&said).contains("server.listen"));
    let more = format!("server.metrics_listen = \"127.0.0.1:{port}\"");
    let config = settings(folder.path(), "metrics", free_port(), &more);
    let said = run(&["serve", "--config", config.to_str().unwrap()]);
    assert!(sentence(&said).contains(&format!("127.0.0.1:{port}")), "{}", sentence(&said));
    assert!(sentence(&said).contains("server.metrics_listen"));
}

#[tokio::test]
async fn a_stop_lets_requests_under_way_finish() {
    let house = house("");
    let address = house.origin.replace("http://localhost", "127.0.0.1");
    let body = "grant_type=client_credentials&client_id=nobody&client_secret=x";
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body, so the request is under way.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100"), "{:?}", String::from_utf8_lossy(&interim));
    house.running.signal("TERM");
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(house.running.end().status.code(), Some(0));
}

#[tokio::test]
async fn the_log_is_json_and_holds_no_secret_even_when_it_tells_everything() {
    let house = house("log.filter = \"trace\"\noutbound.allow = [\"127.0.0.0/8\"]");
    let admin = house.admin();
    let client = json!({ "client_id": "gateway", "client_secret": "canary-upstream-secret",
        "redirect_uris": [format!("{}/login/callback/acme-sso", house.origin)] });
    let alice = json!({ "sub": "alice", "email": "alice@acme.example", "email_verified": true });
    let provider = IdentityProvider::start(json!([client]), json!([alice]));
    let acme = admin.organization("acme").await;
    let sso = admin.federated("acme-sso", &provider.issuer, json!({ "client_secret": "canary-upstream-secret" })).await;
    let people = admin.database("people").await;
    admin.enable(&acme, &sso, true).await;
    admin.enable(&acme, &people, true).await;
    admin.person("people", "ann@acme.example", PASSWORD).await;
    let application = Application::register_at(&admin, &house.origin, json!({})).await;
    let mut canaries = vec![
        PASSWORD.to_owned(),
        "canary-wrong-password".to_owned(),
        "canary-upstream-secret".to_owned(),
        admin.token.clone(),
        application.client_secret.clone(),
        "canary-query".to_owned(),
    ];
    let origin = Url::parse(&house.origin).unwrap();
    let mut keep = |value: Option<String>| canaries.push(value.filter(|value| value.len() > 10).unwrap());
    for name in ["password", "federated"] {
        let visitor = Visitor::new();
        let begun = application.begin(&[("organization", "acme"), ("ext-canary", "canary-query")]);
        let page = visitor.get(&begun.url).await;
        let page = if name == "password" {
            let page = visitor.submit(&page, &[("username", "ann"), ("password", "canary-wrong-password")]).await;
            visitor.submit(&page, &[("username", "ann@acme.example"), ("password", PASSWORD)]).await
        } else {
            let trip = visitor.click(&page, "Continue with Acme sso").await;
            keep(trip.redirect_parameter("state"));
            keep(visitor.cookie(&origin, "vestibule-main_browser"));
            let callback = provider.sign_in(&visitor, trip.location(), "alice").await;
            keep(callback.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned()));
            visitor.get(callback).await
        };
        keep(visitor.cookie(&origin, "vestibule-main_session"));
        keep(Some(application.code(&begun, &page)));
        let tokens = application.tokens(&begun, &page).await;
        let text = |name: &str| tokens[name].as_str().map(str::to_owned);
        keep(text("id_token"));
        keep(text("access_token"));
        let request = visitor.request("GET".parse().unwrap(), &format!("{}/userinfo", house.origin));
        assert_eq!(visitor.send(request.bearer_auth(text("access_token").unwrap())).await.status, 200);
        keep(Some(begun.state));
        keep(Some(begun.nonce));
        keep(Some(begun.verifier));
        assert_eq!(visitor.get(format!("{}/no/such/page?canary-query", house.origin)).await.status, 404);
    }
    let said = house.running.stop();
    assert!(said.errors.lines().count() > 20, "it tells everything");
    for line in said.errors.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "no JSON: {line}");
        for canary in &canaries {
            assert!(!line.contains(canary.as_str()), "{canary} is in the log: {line}");
        }
        assert!(!line.contains(CALLBACK), "a redirect's address is in the log: {line}");
    }
}
