//! An OpenID provider we did not write, certified, in a process of its own (npm `oidc-provider`).

use std::io::Write;
use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::child::Tied;
use super::http::{Page, Visitor};
use super::repository;

/// A running identity provider; it ends when this value is dropped.
pub struct IdentityProvider {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub issuer: String,
    control: Visitor,
    _process: Tied,
}

impl IdentityProvider {
    /// Starts one. `clients` are client metadata (`client_id`, `client_secret`, `redirect_uris`, ...),
    /// `accounts` are `{sub, login?, password?, email, ...}`; the e-mail comes by userinfo.
    pub fn start(clients: Value, accounts: Value) -> Self {
        let folder = repository("tests/identity_provider");
        let mut node = Command::new("node");
        node.arg("server.mjs").current_dir(&folder).stdout(Stdio::piped());
        let mut process = Tied::start(&mut node).expect("node is installed (`make deps`)");
        let config = json!({ "clients": clients, "accounts": accounts });
        writeln!(process.input(), "{config}").unwrap();
        let port = process.wait_for_output(|line| serde_json::from_str::<Value>(line).ok()?["port"].as_u64());
        let port = port.expect("the identity provider starts (`make deps` installs its packages)");
        Self { issuer: format!("http://127.0.0.1:{port}"), control: Visitor::new(), _process: process }
    }

    /// Registers a client, or replaces the one with this `client_id`.
    pub async fn add_client(&self, client_id: &str, client_secret: &str, redirect_uri: &str) {
        let client = json!({
            "client_id": client_id, "client_secret": client_secret, "redirect_uris": [redirect_uri],
            "post_logout_redirect_uris": [],
        });
        self.put("client", &client).await;
    }

    /// Registers a client with metadata of its own kind.
    pub async fn register(&self, client: &Value) {
        self.put("client", client).await;
    }

    /// Adds an account, or replaces the one with this `sub`: its claims change from now on.
    pub async fn set_account(&self, account: &Value) {
        self.put("account", account).await;
    }

    /// From now on tokens are signed with a new key, and only that one is published.
    pub async fn rotate_keys(&self) {
        self.ask(Method::POST, "keys/rotate").await;
    }

    /// How often a code was brought to the token endpoint.
    pub async fn token_requests(&self) -> u64 {
        self.ask(Method::GET, "token").await.json()["hits"].as_u64().unwrap()
    }

    /// Requests to the token endpoint wait from now on, until `release_tokens`.
    pub async fn hold_tokens(&self) {
        self.ask(Method::POST, "token/hold").await;
    }

    /// Returns once a request is waiting at the token endpoint.
    pub async fn token_request_waits(&self) {
        self.ask(Method::GET, "token/arrival").await;
    }

    pub async fn release_tokens(&self) {
        self.ask(Method::POST, "token/release").await;
    }

    /// Signs in as `login` after a redirect to `authorize_url` and returns where the person is sent
    /// then (the gateway's callback), without going there.
    pub async fn sign_in(&self, visitor: &Visitor, authorize_url: impl AsRef<str>, login: &str) -> Url {
        let page = self.login_page(visitor, authorize_url.as_ref()).await;
        // Someone already signed in here is sent back without a page.
        if page.find_location().is_some() {
            return page.location();
        }
        let page = visitor.submit(&page, &[("login", login)]).await;
        let page = self.stay_here(visitor, page).await;
        page.location()
    }

    /// Presses "Cancel" instead.
    pub async fn cancel(&self, visitor: &Visitor, authorize_url: impl AsRef<str>) -> Url {
        let page = self.login_page(visitor, authorize_url.as_ref()).await;
        let page = visitor.submit(&page, &[("cancel", "1")]).await;
        let page = self.stay_here(visitor, page).await;
        page.location()
    }

    /// The login page as shown to this visitor, or the redirect back.
    pub async fn login_page(&self, visitor: &Visitor, authorize_url: &str) -> Page {
        let page = visitor.get(authorize_url).await;
        self.stay_here(visitor, page).await
    }

    async fn stay_here(&self, visitor: &Visitor, mut page: Page) -> Page {
        for _ in 0..10 {
            match page.find_location() {
                Some(next) if next.as_str().starts_with(&self.issuer) => page = visitor.get(next).await,
                _ => return page,
            }
        }
        panic!("the identity provider redirects without end, at last to {}", page.location());
    }

    async fn put(&self, what: &str, body: &Value) {
        let request = self.control.request(Method::PUT, &format!("{}/__test/{what}", self.issuer)).json(body);
        let answer = self.control.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    async fn ask(&self, method: Method, what: &str) -> Page {
        let request = self.control.request(method, &format!("{}/__test/{what}", self.issuer));
        let answer = self.control.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    }
}
