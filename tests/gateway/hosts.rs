//! An organization's own addresses, and hosts that only pretend to be one.

use reqwest::Method;
use serde_json::json;
use url::Url;
use vestibule::app::App;
use vestibule::config::Config;

use crate::support::application::{Application, CALLBACK};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor, raw};

const HOSTS: &str = "login.host_suffix = \"localhost\"\nlogin.hosts.\"login.acme.test\" = \"acme\"";
const INITIATE: &str = "https://app.example/login?from=vestibule";

/// Two organizations with hosts, and an application that is the default one.
struct House {
    gateway: Gateway,
    application: Application,
    acme: String,
    globex: String,
}

async fn house(settings: &str) -> House {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let application = Application::register(&gateway, json!({ "initiate_login_uri": INITIATE })).await;
    let (acme, globex) = (gateway.admin.organization("acme").await, gateway.admin.organization("globex").await);
    let client = &application.client_id;
    let gateway = gateway.restart_with(&format!("{HOSTS}\nlogin.default_client_id = {client:?}\n{settings}")).await;
    let application = application.at(&gateway);
    House { gateway, application, acme, globex }
}

impl House {
    /// The path and query of a login's address.
    fn authorize(&self, more: &[(&str, &str)]) -> String {
        self.application.begin(more).url.strip_prefix(&self.gateway.origin).unwrap().to_owned()
    }

    /// Asks the gateway under another name.
    async fn at(&self, host: &str, path: &str) -> Page {
        let visitor = Visitor::new();
        visitor.send(visitor.request(Method::GET, &self.gateway.url(path)).header("host", host)).await
    }

    async fn answer(&self, bytes: &str) -> String {
        String::from_utf8_lossy(&raw(self.gateway.address, bytes.as_bytes()).await).into_owned()
    }
}

#[tokio::test]
async fn an_organizations_host_leads_to_the_one_origin_with_its_name_added() {
    let house = house("").await;
    let path = house.authorize(&[("ext-a", "1"), ("ext-a", "2")]);
    for host in ["acme.localhost", "login.acme.test", "ACME.LocalHost", "login.acme.test:8443"] {
        let page = house.at(host, &path).await;
        assert_eq!(page.status, 302, "{host}: {}", page.text());
        assert_eq!(page.location().as_str(), format!("{}{path}&organization=acme", house.gateway.origin), "{host}");
        let page = Visitor::new().get(page.location()).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Acme"), "{host}");
    }
    let page = Visitor::new().get(house.gateway.url_at("globex.localhost", &path)).await;
    assert_eq!(page.redirect_parameter("organization").as_deref(), Some("globex"));
}

#[tokio::test]
async fn a_form_sent_to_an_organizations_address_keeps_its_parameters() {
    let house = house("").await;
    let visitor = Visitor::new();
    let url = Url::parse(&house.application.begin(&[]).url).unwrap();
    let fields: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for address in [house.gateway.url_at("acme.localhost", "/authorize"), house.gateway.url("/o/acme/authorize")] {
        let page = visitor.post_form_from("https://app.example", "cross-site", &address, &fields).await;
        assert_eq!(page.status, 303, "{address}");
        let page = visitor.follow(page, CALLBACK).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Acme"), "{address}");
    }
}

#[tokio::test]
async fn an_address_and_a_parameter_that_disagree_are_an_error_page_and_no_redirect() {
    let house = house("").await;
    for contradiction in ["globex", &house.globex, "nobody", "ACME"] {
        let path = house.authorize(&[("organization", contradiction)]);
        for page in [house.at("acme.localhost", &path).await, house.at("localhost", &format!("/o/acme{path}")).await] {
            assert_eq!(page.status, 400, "{contradiction}: {:?}", page.find_location());
            assert_eq!(page.text_of("h1").as_deref(), Some("This sign-in link contradicts itself"));
        }
    }
    for agreement in ["acme", &house.acme] {
        let path = house.authorize(&[("organization", agreement)]);
        for page in [house.at("acme.localhost", &path).await, house.at("localhost", &format!("/o/acme{path}")).await] {
            assert_eq!(page.redirect_parameter("organization").as_deref(), Some(agreement));
            assert_eq!(Visitor::new().get(page.location()).await.status, 200);
        }
    }
    let path = house.authorize(&[]) + "&organization=";
    let page = house.at("acme.localhost", &path).await;
    assert_eq!(Visitor::new().get(page.location()).await.status, 200, "an empty parameter counts as absent");
}

#[tokio::test]
async fn an_error_page_on_an_organizations_host_has_its_style() {
    let house = house("").await;
    let page = house.at("acme.localhost", &house.authorize(&[("organization", "globex")])).await;
    let (_, after) =
        page.text().split_once("<link rel=\"stylesheet\" href=\"").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let style = after.split('"').next().unwrap();
    assert_eq!(house.at("acme.localhost", style).await.status, 200, "{style}");
}

#[tokio::test]
async fn an_organizations_address_leads_to_where_the_applications_login_begins() {
    let house = house("").await;
    let expected = |more: &str| {
        let issuer: String = url::form_urlencoded::byte_serialize(house.gateway.url("/").as_bytes()).collect();
        format!("{INITIATE}&iss={issuer}{more}")
    };
    for page in [
        house.at("acme.localhost", "/").await,
        house.at("login.acme.test", "/").await,
        house.at("localhost", "/o/acme").await,
    ] {
        assert_eq!(page.location().as_str(), expected("&organization=acme"));
    }
    assert_eq!(house.at("localhost", "/").await.location().as_str(), expected(""));
    // Nobody learns here whether an organization exists.
    assert_eq!(house.at("nobody.localhost", "/").await.location().as_str(), expected("&organization=nobody"));
    assert_eq!(house.at("localhost", "/o/nobody").await.location().as_str(), expected("&organization=nobody"));
}

#[tokio::test]
async fn without_a_default_application_a_page_says_what_to_set() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, HOSTS).await;
    for url in [gateway.url("/"), gateway.url("/o/acme"), gateway.url_at("acme.localhost", "/")] {
        let page = Visitor::new().get(&url).await;
        assert_eq!(page.status, 404, "{url}");
        assert!(page.text().contains("login.default_client_id"), "{}", page.text());
    }
}

#[tokio::test]
async fn where_applications_must_send_ids_an_organizations_address_adds_the_id() {
    let house = house("login.allow_organization_name_in_authentication_api = false").await;
    let path = house.authorize(&[]);
    for page in [
        house.at("acme.localhost", &path).await,
        house.at("localhost", &format!("/o/acme{path}")).await,
        house.at("acme.localhost", "/").await,
    ] {
        assert_eq!(page.redirect_parameter("organization").as_deref(), Some(house.acme.as_str()));
    }
    let page = Visitor::new().get(house.at("acme.localhost", &path).await.location()).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Acme"));
}

#[tokio::test]
async fn a_path_that_is_no_name_leads_nowhere() {
    let house = house("").await;
    for name in ["ACME", "a%20b", "a%00", "%3Cscript%3E", &"a".repeat(51)] {
        for path in [format!("/o/{name}"), format!("/o/{name}/authorize?client_id=x")] {
            let page = house.at("localhost", &path).await;
            assert_eq!(page.status, 404, "{path}");
            assert!(!page.text().contains("<script"), "{}", page.text());
        }
    }
}

#[tokio::test]
async fn nothing_else_is_served_on_an_organizations_host() {
    let house = house("").await;
    for path in ["/login/organization", "/login/password", "/o/globex", "/oauth/token", "/userinfo", "/api/v2/clients"]
    {
        assert_eq!(house.at("acme.localhost", path).await.status, 404, "{path}");
    }
    for path in ["/.well-known/openid-configuration", "/.well-known/jwks.json"] {
        assert_eq!(house.at("acme.localhost", path).await.status, 404, "{path}");
        assert_eq!(house.at("localhost", path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_forged_host_names_no_organization_and_changes_no_link() {
    let house = house("").await;
    let path = house.authorize(&[]);
    // A request that names nobody is an error that goes to the application.
    let nobody = |answer: &str| {
        let location = format!("location: {CALLBACK}?");
        answer.starts_with("HTTP/1.1 30") && answer.to_lowercase().contains(&location)
    };
    for host in [
        "acme.localhost.evil.test",
        "acme.localhost.",
        "xacme.localhost.test",
        "a.acme.localhost",
        "[::1]:80",
        "acme_.evil.test",
        ".localhost",
        "login.acme.test.evil",
    ] {
        let answer = house.answer(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
        assert!(nobody(&answer) && !answer.contains("organization=acme"), "{host}: {answer}");
    }
    for (name, value) in [
        ("X-Forwarded-Host", "acme.localhost"),
        ("Forwarded", "host=acme.localhost"),
        ("X_Forwarded_Host", "acme.localhost"),
        ("X-Original-Host", "acme.localhost"),
        ("X-Host", "acme.localhost"),
    ] {
        let answer = house
            .answer(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{name}: {value}\r\nConnection: close\r\n\r\n"))
            .await;
        assert!(nobody(&answer), "{name}: {answer}");
        let answer = house
            .answer(&format!(
                "GET {path} HTTP/1.1\r\nHost: acme.localhost\r\n{name}: globex.localhost\r\nConnection: close\r\n\r\n"
            ))
            .await;
        assert!(answer.contains("organization=acme"), "{name}: {answer}");
    }
    let refused = [
        "GET / HTTP/1.1\r\nHost: acme.localhost\r\nHost: globex.localhost\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: acme.localhost:80@evil.test\r\nConnection: close\r\n\r\n",
        "GET http://globex.localhost/ HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n",
        "GET http://x@acme.localhost/ HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: acme.localhost/..\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    ];
    for request in refused {
        let answer = house.answer(request).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{request}: {answer}");
        assert!(!answer.to_lowercase().contains("location:"), "{answer}");
    }
}

#[tokio::test]
async fn the_issuer_and_every_link_come_from_the_settings() {
    let house = house("").await;
    let discovery = house.at("evil.test", "/.well-known/openid-configuration").await.json();
    let text = discovery.to_string();
    assert_eq!(discovery["issuer"], house.gateway.url("/"));
    assert!(!text.contains("evil.test"), "{text}");
    let page = house.at("evil.test", &house.authorize(&[("organization", "acme")])).await;
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("evil.test"), "{}", page.text());
}

#[tokio::test]
async fn the_public_origin_is_no_organization_even_below_the_suffix() {
    let folder = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = format!(
        "server.public_url = \"http://login.localhost:{port}\"\nlogin.host_suffix = \"localhost\"\n\
         storage.url = \"sqlite:{}\"",
        folder.path().join("gateway.db").display()
    );
    let app = App::build(Config::from_text(&settings, std::iter::empty()).unwrap()).await.unwrap();
    let server = tokio::spawn(app.serve(listener, std::future::pending()));
    let page = Visitor::new().get(format!("http://login.localhost:{port}/authorize")).await;
    assert_eq!(page.status, 400, "{:?}", page.find_location());
    server.abort();
}

#[test]
fn a_host_that_could_never_match_is_an_error_that_names_it() {
    for (settings, named) in [
        ("login.hosts.\"Login.Acme.test\" = \"acme\"", "login.hosts.\"Login.Acme.test\""),
        ("login.hosts.\"login.acme.test:80\" = \"acme\"", "login.hosts.\"login.acme.test:80\""),
        ("login.hosts.\"login.acme.test\" = \"Acme Inc\"", "login.hosts.\"login.acme.test\""),
        ("login.hosts.\"localhost\" = \"acme\"", "login.hosts.\"localhost\""),
        ("login.host_suffix = \".example.com\"", "login.host_suffix"),
        ("login.host_suffix = \"Example.com\"", "login.host_suffix"),
    ] {
        let error = Config::from_text(settings, std::iter::empty()).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(named), "{settings}: {error}");
    }
}

#[tokio::test]
async fn made_up_organizations_addresses_spend_the_budget_of_made_up_names() {
    let settings =
        "login.allow_organization_name_in_authentication_api = false\nmanagement.unknown_names_per_minute = 2";
    let house = house(settings).await;
    let path = house.authorize(&[]);
    // Known from now on.
    assert_eq!(house.at("acme.localhost", &path).await.status, 302);
    assert_eq!(house.at("made-up-1.localhost", &path).await.status, 302);
    assert_eq!(house.at("localhost", "/o/made-up-2").await.status, 302);
    for (host, path) in [("made-up-3.localhost", "/"), ("made-up-4.localhost", &path), ("localhost", "/o/made-up-5")] {
        let page = house.at(host, path).await;
        assert_eq!(page.status, 429, "{host}{path}: {:?}", page.find_location());
        assert!(page.header("retry-after").is_some());
    }
    for (host, path) in [("acme.localhost", "/"), ("localhost", "/o/acme")] {
        assert_eq!(house.at(host, path).await.status, 302, "{host}{path}");
    }
}
