//! One database and everything that uses it at once: parallel logins, a second gateway, a command beside the server.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vestibule::app::App;
use vestibule::config::Config;
use vestibule::management::gateways;
use vestibule::management_client::GATEWAY_SCOPES;

use crate::support::application::Application;
use crate::support::command::Home;
use crate::support::gateway::{Administrator, text};
use crate::support::http::{Page, Visitor};
use crate::support::identity_provider::IdentityProvider;
use crate::support::postgres::Postgres;

const ISSUER: &str = "https://idp.example";
const MANY: usize = 200;

/// A server in this process on a database that others may use, too.
struct Node {
    /// Where this node listens; `public_url` may be another.
    address: String,
    admin: Administrator,
    gateway: Administrator,
}

impl Node {
    async fn start(listener: TcpListener, public_url: &str, storage: &str) -> Self {
        // 32 bytes of 7.
        let root_key = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
        let text = format!(
            "server.public_url = {public_url:?}\nstorage.url = {storage:?}\nstorage.root_key = {root_key:?}\n\
             storage.max_connections = 8\noutbound.allow = [\"127.0.0.0/8\"]"
        );
        let app = App::build(Config::from_text(&text, std::iter::empty()).unwrap()).await.unwrap();
        let address = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let admin = Administrator::at(&address, &app.management_token(&all_scopes(), 3600).unwrap(), Visitor::new());
        let audience = format!("{public_url}/api/v2/");
        let (id, secret) = gateways::add(&app.tenant, "a gateway", &audience, &GATEWAY_SCOPES).await.unwrap();
        tokio::spawn(async move { app.serve(listener, std::future::pending()).await.unwrap() });
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", &id),
            ("client_secret", &secret),
            ("audience", &audience),
        ];
        let answer = Visitor::new().call(format!("{address}/oauth/token"), &fields).await.json();
        let gateway = Administrator::at(&address, answer["access_token"].as_str().unwrap(), Visitor::new());
        Self { address, admin, gateway }
    }

    async fn alone(storage: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public_url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        Self::start(listener, &public_url, storage).await
    }

    /// Two gateways behind one address, started at the same moment on an empty database.
    async fn pair(storage: &str) -> (Self, Self, String) {
        let (one, other) =
            (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let public_url = format!("http://localhost:{}", one.local_addr().unwrap().port());
        let (one, other) =
            tokio::join!(Self::start(one, &public_url, storage), Self::start(other, &public_url, storage));
        (one, other, public_url)
    }
}

fn all_scopes() -> Vec<String> {
    vestibule::management::every_scope()
}

fn login(organization: &str, connection: &str, subject: &str) -> Value {
    json!({
        "organization_id": organization, "client_id": "any", "connection_id": connection,
        "proof": { "identity": { "issuer": ISSUER, "subject": subject } },
    })
}

#[tokio::test]
async fn two_hundred_logins_at_once_lose_none_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    logins_at_once_lose_none(&format!("sqlite:{}", folder.path().join("test.db").display())).await;
}

#[tokio::test]
async fn two_hundred_logins_at_once_lose_none_on_postgres() {
    logins_at_once_lose_none(&Postgres::database().await).await;
}

async fn logins_at_once_lose_none(storage: &str) {
    let node = Node::alone(storage).await;
    let acme = node.admin.organization("acme").await;
    let sso = node.admin.federated("sso", ISSUER, json!({})).await;
    node.admin.enable(&acme, &sso, true).await;
    let record = async |subject: String| {
        let page = node.gateway.call("POST", "/logins", Some(login(&acme, &sso, &subject))).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page.json()
    };
    join_all((0..MANY).map(|number| record(format!("person-{number}")))).await;
    let people = node.admin.get("/users?include_totals=true&per_page=1").await;
    let members = node.admin.get(&format!("/organizations/{acme}/members?include_totals=true&per_page=1")).await;
    assert_eq!((&people["total"], &members["total"]), (&json!(MANY), &json!(MANY)));

    let same = join_all((0..50).map(|_| record("person-0".to_owned()))).await;
    let counts = same.iter().map(|admission| admission["user"]["logins_count"].as_i64().unwrap());
    let mut counts: Vec<i64> = counts.collect();
    counts.sort_unstable();
    assert_eq!(counts.last(), Some(&51), "{counts:?}");
    let user = node.admin.get("/users/oidc%7Csso%7Cperson-0").await;
    assert_eq!(user["logins_count"], 51);
}

#[tokio::test]
async fn writes_that_fail_take_no_other_write_of_their_group_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::alone(&format!("sqlite:{}", folder.path().join("test.db").display())).await;
    // Each name is asked for twice at once: one is made, the other refused.
    let create = async |number: usize| {
        let body = json!({ "name": format!("organization-{}", number / 2) });
        node.admin.call("POST", "/organizations", Some(body)).await.status
    };
    let mut statuses = join_all((0..80).map(create)).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201; 40], vec![409; 40]].concat());
    assert_eq!(node.admin.get("/organizations?include_totals=true").await["total"], 40);
}

#[tokio::test]
async fn two_gateways_on_one_postgres_are_one_to_the_person() {
    let storage = Postgres::database().await;
    let (one, other, public_url) = Node::pair(&storage).await;
    let keys = async |node: &Node| Visitor::new().get(format!("{}/.well-known/jwks.json", node.address)).await.json();
    assert_eq!(keys(&one).await, keys(&other).await, "the same signing keys");
    assert_eq!(keys(&one).await["keys"].as_array().unwrap().len(), 2, "the current and the next");

    let client = json!({
        "client_id": "gateway", "client_secret": "secret", "redirect_uris": [format!("{public_url}/login/callback/sso")],
    });
    let provider = IdentityProvider::start(json!([client]), json!([{ "sub": "alice", "email": "alice@acme.example" }]));
    let acme = one.admin.organization("acme").await;
    let sso = one.admin.federated("sso", &provider.issuer, json!({})).await;
    one.admin.enable(&acme, &sso, true).await;
    let application = Application::register_at(&one.admin, &public_url, json!({})).await;

    let visitor = Visitor::new();
    let host = public_url.trim_start_matches("http://");
    let at = async |node: &Node, url: &str| -> Page {
        let url = url.replace(&public_url, &node.address);
        visitor.send(visitor.request(Method::GET, &url).header("host", host)).await
    };
    let begun = application.begin(&[("organization", "acme"), ("connection", "sso")]);
    let trip = at(&one, &begun.url).await;
    let callback = provider.sign_in(&visitor, trip.location(), "alice").await;
    let arrived = at(&other, callback.as_str()).await;
    let tokens = application.tokens(&begun, &arrived).await;
    assert!(tokens["id_token"].is_string());
    let again = application.begin(&[("organization", "acme"), ("prompt", "none")]);
    application.code(&again, &at(&one, &again.url).await);
    assert_eq!(other.admin.member_ids(&acme).await, ["oidc|sso|alice"]);
}

#[tokio::test]
async fn two_gateways_may_start_at_once_on_a_new_file() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let storage = format!("sqlite:{}", folder.path().join("test.db").display());
        let (one, other, _) = Node::pair(&storage).await;
        one.admin.organization("acme").await;
        assert_eq!(other.admin.get("/organizations/name/acme").await["name"], "acme");
    }
}

#[tokio::test]
async fn a_command_writes_to_the_file_of_a_server_that_is_writing() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::new(folder.path(), "gateway", "");
    let _serving = home.serve().await;
    let admin = home.administrator();
    let busy = async {
        for number in 0..40 {
            admin.create("/organizations", json!({ "name": format!("organization-{number}") })).await;
        }
    };
    let commands = tokio::task::spawn_blocking(move || {
        for name in ["one", "two", "three"] {
            let printed = home.run(&["gateway", "add", name]);
            assert!(printed.contains("client_secret"), "{printed}");
        }
    });
    let ((), done) = tokio::join!(busy, commands);
    done.unwrap();
    let clients = admin.get("/clients").await;
    let names: Vec<String> = clients.as_array().unwrap().iter().map(|client| text(client, "name")).collect();
    assert_eq!(names, ["one", "two", "three"]);
    assert_eq!(admin.get("/organizations?include_totals=true").await["total"], 40);
}
