//! A step is done by its own success and by nothing else: every step, asked in every odd way, lets nobody further.

use reqwest::Method;
use serde_json::json;
use sqlx::Row;

use crate::support::application::{Application, Begun, CALLBACK};
use crate::support::gateway::{Gateway, Mode, id, text};
use crate::support::http::{Page, Visitor};

const ANN: &str = "ann@acme.example";
const PASSWORD: &str = "correct horse battery";

/// Acme signs in by codes and by passwords, and both make members of whoever comes.
struct House {
    gateway: Gateway,
    application: Application,
    acme: String,
}

async fn house() -> House {
    let settings = "login.password_failures = 100000\nlogin.mails_per_hour = 100000\n\
        login.picker_tries_per_minute = 100000\nlogin.forms_per_minute = 100000\nmanagement.unknown_names_per_minute = 100000\n\
        server.max_connections_per_address = 1000";
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, settings).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let codes = id(&admin.create("/connections", json!({ "name": "email", "strategy": "email" })).await);
    for connection in [codes, admin.database("people").await] {
        admin.enable(&acme, &connection, true).await;
    }
    admin.person("people", ANN, PASSWORD).await;
    let application = Application::register(&gateway, json!({})).await;
    House { gateway, application, acme }
}

/// How a request is odd: its headers, what its body is, what it says.
struct Odd {
    name: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// `fields` are right: sent as they should be, one of the steps would take them.
fn odd_ways(origin: &str, fields: &[(&str, &str)]) -> Vec<Odd> {
    let form = |pairs: &[(&str, &str)]| {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
    };
    let names = |value: &str| {
        fields.iter().map(|(name, _)| format!("{name}={value}")).collect::<Vec<_>>().join("&").into_bytes()
    };
    let ours = || vec![("origin", origin.to_owned()), ("sec-fetch-site", "same-origin".to_owned())];
    let of_a_form = || {
        let mut headers = ours();
        headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        headers
    };
    let with = |name: &'static str, value: &str| {
        let mut headers = of_a_form();
        headers.retain(|(known, _)| *known != name);
        headers.push((name, value.to_owned()));
        headers
    };
    let json: serde_json::Map<_, _> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let json = serde_json::to_vec(&json).unwrap();
    let twice = [fields, fields].concat();
    vec![
        Odd { name: "nothing at all", headers: Vec::new(), body: Vec::new() },
        Odd { name: "an empty form", headers: of_a_form(), body: Vec::new() },
        Odd { name: "JSON", headers: with("content-type", "application/json"), body: json.clone() },
        Odd { name: "JSON that says it is a form", headers: of_a_form(), body: json },
        Odd { name: "other fields", headers: of_a_form(), body: b"next=1&skip=true".to_vec() },
        Odd { name: "empty fields", headers: of_a_form(), body: names("") },
        Odd { name: "every field twice", headers: of_a_form(), body: form(&twice) },
        Odd { name: "NUL", headers: of_a_form(), body: names("%00") },
        Odd { name: "no text", headers: of_a_form(), body: names("%ff%fe") },
        Odd { name: "100 KB a field", headers: of_a_form(), body: names(&"a".repeat(100_000)) },
        Odd { name: "another site", headers: with("origin", "https://evil.example"), body: form(fields) },
        Odd { name: "a frame without origin", headers: with("origin", "null"), body: form(fields) },
        Odd { name: "a sibling site", headers: with("sec-fetch-site", "same-site"), body: form(fields) },
        Odd { name: "no origin", headers: with("content-type", "text/plain")[2..].to_vec(), body: form(fields) },
    ]
}

impl House {
    /// Asks for a code: the query of the page that takes it, and the code.
    async fn ask(&self, visitor: &Visitor, begun: &Begun) -> (String, String) {
        let page = visitor.get(&begun.url).await;
        let page = visitor.submit(&page, &[("email", ANN)]).await;
        let code = self.gateway.mail_to(ANN).await.code();
        (page.location().query().unwrap().to_owned(), code)
    }

    /// A link that lets Ann's password be changed: its secret.
    async fn ticket(&self) -> String {
        let ann = json!({ "user_id": self.gateway.admin.user_ids().await[0] });
        let link = text(&self.gateway.admin.create("/tickets/password-change", ann).await, "ticket");
        let link = url::Url::parse(&link).unwrap();
        link.query_pairs().find(|(name, _)| name == "ticket").unwrap().1.into_owned()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let mut database = self.gateway.database().await;
        sqlx::query(sql).fetch_one(&mut database).await.unwrap().get(0)
    }
}

/// Nobody is let in and nothing breaks.
fn check(page: &Page, what: &str) {
    assert!(page.status < 500, "{what}: {} {}", page.status, page.text());
    let cookies = page.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let mut sessions = cookies.filter_map(|cookie| cookie.split_once("_session=")).map(|(_, value)| value);
    assert!(sessions.all(|value| value.starts_with(';')), "{what}: {:?}", page.headers);
    if let Some(location) = page.find_location().filter(|location| location.as_str().starts_with(CALLBACK)) {
        assert!(location.query_pairs().all(|(name, _)| name != "code"), "{what}: {location}");
    }
}

#[tokio::test]
async fn no_odd_request_completes_a_step_of_a_login() {
    let house = house().await;
    let visitor = Visitor::new();
    let begun = house.application.begin(&[("organization", "acme"), ("connection", "email")]);
    let (query, code) = house.ask(&visitor, &begun).await;
    let ticket = house.ticket().await;
    let fields = [
        ("ticket", ticket.as_str()),
        ("email", "eve@acme.example"),
        ("code", code.as_str()),
        ("username", ANN),
        ("password", PASSWORD),
        ("organization", "acme"),
    ];
    let steps = [
        "/",
        "/authorize",
        "/login/organization",
        "/login/password",
        "/login/email",
        "/login/email/code",
        "/login/email/code/",
        "/login/identifier",
        "/login/discovery",
        "/login/choice",
        "/login/invitation",
        "/login/sign-up",
        "/login/sign-up/account",
        "/login/reset",
        "/login/reset/password",
        "/login/verify-email",
        "/login/callback/email",
        "/login/logout",
        "/oidc/logout",
        "/v2/logout",
        "/o/acme",
        "/o/acme/authorize",
        "/passwordless/start",
    ];
    let stranger = Visitor::new();
    let before = house.count("SELECT COUNT(*) FROM records").await;
    for step in steps {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] {
            // The right fields in the wrong place.
            let in_the_query = format!("{query}&code={code}&username={ANN}&password=correct+horse+battery");
            let queries =
                [&query, &in_the_query].into_iter().take(if matches!(method, "GET" | "POST") { 2 } else { 1 });
            for query in queries {
                for odd in odd_ways(&house.gateway.origin, &fields) {
                    let what = format!("{method} {step} with {}", odd.name);
                    let method = Method::from_bytes(method.as_bytes()).unwrap();
                    let mut request = stranger.request(method, &house.gateway.url(&format!("{step}?{query}")));
                    for (name, value) in odd.headers {
                        request = request.header(name, value);
                    }
                    check(&stranger.send(request.body(odd.body)).await, &what);
                }
            }
        }
    }
    // Fields that are right, sent to another step than theirs.
    for (step, fields) in [
        ("/login/email", [("code", code.as_str()), ("password", PASSWORD)]),
        ("/login/password", [("code", code.as_str()), ("email", ANN)]),
        ("/login/email/code", [("username", ANN), ("password", PASSWORD)]),
        ("/authorize", [("code", code.as_str()), ("email", ANN)]),
    ] {
        let page = visitor.post_form(house.gateway.url(&format!("{step}?{query}")), &fields).await;
        check(&page, step);
    }
    assert_eq!(house.count("SELECT COUNT(*) FROM records").await, before, "no session, no code, no trip");
    assert_eq!(house.count("SELECT COUNT(*) FROM challenges").await, 1, "no code was sent");
    assert_eq!(house.count("SELECT tries FROM challenges").await, 0, "no code was tried");
    assert_eq!(house.gateway.admin.member_ids(&house.acme).await, [""; 0]);
    assert_eq!(house.gateway.admin.user_ids().await.len(), 1);
    assert_eq!(house.count("SELECT COUNT(*) FROM tickets").await, 1, "the link was not used");
    assert_eq!(
        house
            .count(
                "SELECT COUNT(*) FROM users WHERE password_changed_at IS NOT NULL AND password_changed_at > created_at"
            )
            .await,
        0
    );
    // And the one who was asked for the code goes on as if nothing had happened.
    let page = visitor.get(house.gateway.url(&format!("/login/email/code?{query}"))).await;
    let page = visitor.submit(&page, &[("code", &code)]).await;
    house.application.code(&begun, &page);
}

#[tokio::test]
async fn a_step_out_of_turn_leads_to_the_first() {
    let house = house().await;
    let visitor = Visitor::new();
    let begun = house.application.begin(&[("organization", "acme"), ("connection", "email")]);
    let first = begun.url.replace("/authorize?", "/login/email/code?");
    for more in ["", "&email=ann%40acme.example", "&challenge=ch_0000000000000000", "&email=ann&challenge=ch_0"] {
        for page in [
            visitor.get(format!("{first}{more}")).await,
            visitor.post_form(format!("{first}{more}"), &[("code", "123456")]).await,
        ] {
            let location = page.location();
            assert_eq!((page.status, location.path()), (303, "/authorize"), "{more}: {location}");
            assert_eq!(visitor.get(location).await.forms().len(), 1);
        }
    }
    // A challenge that was made up is a code that is wrong.
    let made_up = format!("{first}&email=ann%40acme.example&challenge=ch_0000000000000000");
    let page = visitor.post_form(&made_up, &[("code", "123456")]).await;
    assert_eq!(page.status, 400);
    assert!(page.text_of("#code-error").unwrap().starts_with("This code is wrong"));
}

#[tokio::test]
async fn every_form_is_taken_from_our_own_pages_only() {
    let house = house().await;
    let visitor = Visitor::new();
    let begun = house.application.begin(&[("organization", "acme")]);
    let forms = [
        "identifier",
        "discovery",
        "choice",
        "invitation",
        "password",
        "email",
        "email/code",
        "sign-up",
        "sign-up/account",
        "reset",
        "reset/password",
        "verify-email",
    ];
    for form in forms {
        let url = begun.url.replace("/authorize?", &format!("/login/{form}?"));
        let fields = [("email", ANN), ("username", ANN), ("password", PASSWORD)];
        let forged = visitor.post_form_from("https://evil.example", "cross-site", &url, &fields).await;
        assert_eq!((forged.status, forged.find_location()), (403, None), "{form}");
        assert!(forged.text().contains("another page"), "{form}: {}", forged.text());
        for (kind, body) in [("application/json", "{}"), ("text/plain", "username=ann"), ("", "username=ann")] {
            let request = visitor.request(Method::POST, &url).header("origin", &house.gateway.origin);
            let page = visitor.send(request.header("content-type", kind).body(body)).await;
            assert_eq!((page.status, page.find_location()), (400, None), "{form} as {kind:?}");
            assert!(page.content_type().starts_with("text/html"), "{form} as {kind:?}");
        }
    }
}
