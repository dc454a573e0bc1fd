//! The token endpoint and userinfo: what a code, or an application's own credentials, are worth.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::{Application, Begun, CALLBACK, claims};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

matrix! {
    of_a_hundred_exchanges_of_one_code_one_succeeds_and_its_token_is_then_refused,
    an_application_gets_a_token_of_its_own_with_the_scopes_it_was_granted,
}

/// A code by a session that exists.
async fn code(world: &World, visitor: &Visitor, more: &[(&str, &str)]) -> (Begun, String) {
    let more = [&[("organization", "acme")], more].concat();
    let begun = world.application.begin(&more);
    let page = visitor.get(&begun.url).await;
    let code = world.application.code(&begun, &page);
    (begun, code)
}

fn error(page: &Page) -> (u16, String) {
    (page.status, page.json()["error"].as_str().unwrap_or_else(|| panic!("{}", page.text())).to_owned())
}

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

async fn userinfo(gateway: &Gateway, method: &str, authorization: Option<&str>) -> Page {
    let visitor = Visitor::new();
    let mut request = visitor.request(method.parse().unwrap(), &gateway.url("/userinfo"));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    visitor.send(request).await
}

async fn of_a_hundred_exchanges_of_one_code_one_succeeds_and_its_token_is_then_refused(mode: Mode) {
    let world = World::start(mode).await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    let (begun, code) = code(&world, &visitor, &[]).await;
    let exchanges = (0..100).map(|_| world.application.exchange(&begun, &code));
    let answers = futures_util::future::join_all(exchanges).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|answer| error(answer) == invalid_grant()));
    let token = won[0].json()["access_token"].as_str().unwrap().to_owned();
    let refused = userinfo(&world.gateway, "GET", Some(&format!("Bearer {token}"))).await;
    assert_eq!(refused.status, 401);

    // Another code of the same session is another grant.
    let (begun, code) = self::code(&world, &visitor, &[]).await;
    let token = world.application.exchange(&begun, &code).await.json()["access_token"].clone();
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    assert_eq!(userinfo(&world.gateway, "GET", Some(&bearer)).await.status, 200);
    // A use long after is a use too.
    assert_eq!(error(&world.application.exchange(&begun, &code).await), invalid_grant());
    assert_eq!(userinfo(&world.gateway, "GET", Some(&bearer)).await.status, 401);
}

async fn an_application_gets_a_token_of_its_own_with_the_scopes_it_was_granted(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let application = Application::register(&gateway, json!({})).await;
    // In a remote setup tokens for the Management API come from where it is served.
    let host = gateway.admin.api.strip_suffix("/api/v2").unwrap().to_owned();
    let audience = format!("{}/", gateway.admin.api);
    let ask = async |more: &[(&str, &str)]| {
        let (id, secret) = (application.client_id.as_str(), application.client_secret.as_str());
        let usual = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        Visitor::new().call(format!("{host}/oauth/token"), &[&usual, more].concat()).await
    };
    let audience = ("audience", audience.as_str());
    assert_eq!(error(&ask(&[audience]).await), (403, "access_denied".to_owned()), "nothing was granted");
    assert_eq!(error(&ask(&[]).await), (400, "invalid_request".to_owned()));
    let grant = |scope: Value| json!({ "client_id": application.client_id, "audience": audience.1, "scope": scope });
    let refused = gateway.admin.call("POST", "/client-grants", Some(grant(json!(["create:logins"])))).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    gateway.admin.create("/client-grants", grant(json!(["read:users", "read:organizations"]))).await;
    for refused in ["create:logins", "read:clients", "read:users create:logins"] {
        assert_eq!(error(&ask(&[audience, ("scope", refused)]).await), (403, "access_denied".to_owned()));
    }
    for audience in ["https://other.example/", "x\0", &"a".repeat(3000)] {
        assert_eq!(error(&ask(&[("audience", audience)]).await), (403, "access_denied".to_owned()));
    }

    let answer = ask(&[audience]).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens = answer.json();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(86400)));
    assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none());
    let token = tokens["access_token"].as_str().unwrap();
    let said = claims(token);
    assert_eq!(said["sub"], format!("{}@clients", application.client_id));
    assert_eq!((&said["gty"], &said["scope"]), (&json!("client-credentials"), &json!("read:users read:organizations")));
    let call = async |token: &str, path: &str| {
        let visitor = Visitor::new();
        let url = format!("{}{path}", gateway.admin.api);
        visitor.send(visitor.request("GET".parse().unwrap(), &url).bearer_auth(token)).await.status
    };
    assert_eq!((call(token, "/users").await, call(token, "/clients").await), (200, 403));
    let fewer = ask(&[audience, ("scope", "read:organizations")]).await.json();
    let token = fewer["access_token"].as_str().unwrap();
    assert_eq!((call(token, "/users").await, call(token, "/organizations").await), (403, 200));
}

#[tokio::test]
async fn a_code_is_worth_nothing_without_all_that_belongs_to_it() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    let other = Application::register(&world.gateway, json!({})).await;
    let no_pkce = [("code_challenge", ""), ("code_challenge_method", "")];
    let long = "a".repeat(43);
    type Fields<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Fields, Fields, &str); 8] = [
        (&[], &[("code_verifier", &long)], "wrong verifier"),
        (&[], &[("code_verifier", "")], "no verifier"),
        (&no_pkce, &[], "verifier without challenge"),
        (&[], &[("redirect_uri", "https://app.example/other")], "another redirect URI"),
        (&[], &[("redirect_uri", "")], "no redirect URI"),
        (&[], &[("code", "unknown")], "unknown code"),
        (&[], &[("code", "x\0")], "no code at all"),
        (&[], &[("client_id", &other.client_id), ("client_secret", &other.client_secret)], "another application"),
    ];
    for (asked, sent, what) in cases {
        let (begun, code) = code(&world, &visitor, asked).await;
        let usual = [
            ("grant_type", "authorization_code"),
            ("client_id", &world.application.client_id),
            ("client_secret", &world.application.client_secret),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &begun.verifier),
        ];
        let kept = usual.into_iter().filter(|(name, _)| sent.iter().all(|(other, _)| other != name));
        let fields: Vec<_> = kept.chain(sent.iter().copied()).collect();
        let answer = Visitor::new().call(world.gateway.url("/oauth/token"), &fields).await;
        assert_eq!(error(&answer), invalid_grant(), "{what}");
        if !what.contains("code at all") && what != "unknown code" {
            // A code that met a wrong hand is spent.
            assert_eq!(error(&world.application.exchange(&begun, &code).await), invalid_grant(), "{what}");
        }
    }
    // Without PKCE a confidential application's secret is enough.
    let (_, code) = code(&world, &visitor, &no_pkce).await;
    let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
    assert_eq!(world.application.token(&fields).await.status, 200);
}

#[tokio::test]
async fn an_expired_code_is_refused() {
    let world = World::start_with(Mode::SqliteEmbedded, "login.code_seconds = 0").await;
    let (begun, page) = world.sign_in_to_acme(&Visitor::new(), "alice").await;
    let code = world.application.code(&begun, &page);
    assert_eq!(error(&world.application.exchange(&begun, &code).await), invalid_grant());
}

#[tokio::test]
async fn a_code_of_a_person_blocked_or_removed_since_is_refused() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let (visitor, admin) = (Visitor::new(), &world.gateway.admin);
    world.sign_in_to_acme(&visitor, "alice").await;
    let (begun, blocked) = code(&world, &visitor, &[]).await;
    admin.update("/users/oidc%7Cacme-sso%7Calice", json!({ "blocked": true })).await;
    assert_eq!(error(&world.application.exchange(&begun, &blocked).await), invalid_grant());
    admin.update("/users/oidc%7Cacme-sso%7Calice", json!({ "blocked": false })).await;
    // The session ended with the block.
    world.sign_in_to_acme(&visitor, "alice").await;
    let (begun, deleted) = code(&world, &visitor, &[]).await;
    admin.delete("/users/oidc%7Cacme-sso%7Calice").await;
    assert_eq!(error(&world.application.exchange(&begun, &deleted).await), invalid_grant());
}

#[tokio::test]
async fn a_public_application_proves_its_codes_by_pkce_alone() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let settings = json!({ "app_type": "spa", "grant_types": ["authorization_code"] });
    let spa = Application::register(&world.gateway, settings).await;
    assert_eq!(spa.client_secret, "");
    let visitor = Visitor::new();
    let begun = spa.begin(&[("organization", "acme")]);
    let page = world.sign_in(&visitor, &begun, "Continue with Acme sso", "alice").await;
    let code = spa.code(&begun, &page);
    let with_secret = [("grant_type", "authorization_code"), ("client_secret", "guessed"), ("code", &code)];
    assert_eq!(error(&spa.token(&with_secret).await), (401, "invalid_client".to_owned()));
    let own = [("grant_type", "client_credentials"), ("audience", "https://api.example/")];
    assert_eq!(error(&spa.token(&own).await), (400, "unauthorized_client".to_owned()));
    let answer = spa.exchange(&begun, &code).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(claims(answer.json()["id_token"].as_str().unwrap())["aud"], spa.client_id.as_str());
}

#[tokio::test]
async fn an_application_authenticates_in_one_way_and_a_stranger_learns_nothing() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    let (id, secret) = (world.application.client_id.as_str(), world.application.client_secret.as_str());
    let url = world.gateway.url("/oauth/token");
    let basic = |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let send = async |authorization: Option<String>, fields: &[(&str, &str)]| {
        let mut request = visitor.request("POST".parse().unwrap(), &url).form(fields);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        Visitor::new().send(request).await
    };
    let (begun, code) = code(&world, &visitor, &[]).await;
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", &begun.verifier),
    ];
    let post = |id, secret| [&exchange[..], &[("client_id", id), ("client_secret", secret)]].concat();
    let unauthorized = send(None, &post(id, "wrong")).await;
    assert_eq!(error(&unauthorized), (401, "invalid_client".to_owned()));
    assert!(unauthorized.header("www-authenticate").unwrap().starts_with("Basic"));
    let longer = format!("{secret} ");
    let same = [
        send(None, &post("nobody", "wrong")).await,
        send(None, &post("x\0", "wrong")).await,
        send(None, &post("../clients", "wrong")).await,
        send(None, &post(id, "")).await,
        send(None, &post(id, &longer)).await,
        send(Some(basic(id, "wrong")), &exchange).await,
        send(Some(basic("nobody", secret)), &exchange).await,
        send(Some(basic(id, "")), &exchange).await,
    ];
    for page in same {
        assert_eq!((page.status, &page.body), (401, &unauthorized.body), "{}", page.text());
    }
    for broken in ["Bearer x", "Basic", "Basic !", "Basic eA=="] {
        assert_eq!(error(&send(Some(broken.to_owned()), &exchange).await), (401, "invalid_client".to_owned()));
    }
    // Both at once, or two names, even when all of it is right (RFC 6749 §2.3).
    assert_eq!(error(&send(Some(basic(id, secret)), &post(id, secret)).await), (400, "invalid_request".to_owned()));
    let other_name = [&exchange[..], &[("client_id", "another")]].concat();
    assert_eq!(error(&send(Some(basic(id, secret)), &other_name).await), (400, "invalid_request".to_owned()));
    // None of it spent the code; Basic's two halves are form-encoded.
    let encoded: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    assert_eq!(send(Some(basic(id, &encoded)), &exchange).await.status, 200);
}

#[tokio::test]
async fn a_token_request_is_a_form_or_json_with_each_parameter_once() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    let url = world.gateway.url("/oauth/token");
    let send = async |content_type: &str, body: String| {
        let request = visitor.request("POST".parse().unwrap(), &url).header("content-type", content_type).body(body);
        Visitor::new().send(request).await
    };
    let (id, secret) = (&world.application.client_id, &world.application.client_secret);
    let client = format!("client_id={id}&client_secret={secret}&audience=x");
    let form = "application/x-www-form-urlencoded";
    let wrong = [
        ("text/plain", format!("grant_type=client_credentials&{client}")),
        ("", format!("grant_type=client_credentials&{client}")),
        ("multipart/form-data; boundary=x", "--x--".to_owned()),
        (form, format!("grant_type=client_credentials&grant_type=client_credentials&{client}")),
        (form, format!("grant_type=client_credentials&{client}&client_id={id}")),
        (form, client.clone()),
        (form, String::new()),
        ("application/json", "{".to_owned()),
        ("application/json", "[]".to_owned()),
        ("application/json", "null".to_owned()),
        ("application/json", r#"{"grant_type": 1}"#.to_owned()),
        ("application/json", r#"{"grant_type": {"a": "b"}}"#.to_owned()),
        (
            "application/json",
            format!(
                r#"{{"grant_type":"client_credentials","client_id":"{id}","client_secret":"{secret}",
                    "audience":"x","audience":"y"}}"#
            ),
        ),
    ];
    for (content_type, body) in wrong {
        let page = send(content_type, body.clone()).await;
        assert_eq!(error(&page), (400, "invalid_request".to_owned()), "{content_type} {body}");
    }
    for grant_type in ["password", "implicit", "refresh_token", "Authorization_Code"] {
        let page = send(form, format!("grant_type={grant_type}&{client}")).await;
        assert_eq!(error(&page), (400, "unsupported_grant_type".to_owned()));
    }
    assert_eq!(send(form, format!("x={}", "a".repeat(100_000))).await.status, 413);
    // Parameters in the address are not looked at: addresses are logged.
    let in_address = format!("{url}?grant_type=client_credentials&{client}");
    let page = Visitor::new().call(in_address, &[]).await;
    assert_eq!(error(&page), (400, "invalid_request".to_owned()));

    let (begun, code) = code(&world, &visitor, &[]).await;
    let body = json!({
        "grant_type": "authorization_code", "client_id": id, "client_secret": secret, "code": code,
        "redirect_uri": CALLBACK, "code_verifier": begun.verifier, "audience": null,
    });
    let answer = send("application/json; charset=utf-8", body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.json()["id_token"].is_string());
}

#[tokio::test]
async fn userinfo_tells_the_holder_of_an_access_token_what_its_scopes_allow() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    let (begun, page) = world.sign_in_to_acme(&visitor, "alice").await;
    let tokens = world.application.tokens(&begun, &page).await;
    let token = tokens["access_token"].as_str().unwrap();
    for (method, scheme) in [("GET", "Bearer"), ("POST", "Bearer"), ("GET", "bearer")] {
        let answer = userinfo(&world.gateway, method, Some(&format!("{scheme} {token}"))).await;
        assert_eq!(answer.status, 200, "{method} {scheme}");
        let said = answer.json();
        assert_eq!((&said["sub"], &said["name"]), (&json!("oidc|acme-sso|alice"), &json!("alice")));
        assert_eq!((&said["email"], &said["email_verified"]), (&json!("alice@people.example"), &json!(true)));
        assert_eq!((&said["org_id"], &said["org_name"]), (&json!(world.acme), &json!("acme")));
    }
    let (begun, code) = code(&world, &visitor, &[("scope", "openid")]).await;
    let fewer = world.application.exchange(&begun, &code).await.json();
    let bearer = format!("Bearer {}", fewer["access_token"].as_str().unwrap());
    let said = userinfo(&world.gateway, "GET", Some(&bearer)).await.json();
    assert!(said.get("email").is_none() && said.get("name").is_none(), "{said}");
    assert!(claims(fewer["id_token"].as_str().unwrap()).get("email").is_none());

    // No authentication, no reason (RFC 6750 §3.1).
    let answer = userinfo(&world.gateway, "GET", None).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")));
    let id_token = tokens["id_token"].as_str().unwrap();
    let mut forged = token.to_owned();
    forged.replace_range(token.len() - 5.., "AAAAA");
    for bad in ["", "x", "x.y.z", id_token, &forged, &world.gateway.admin.token, &"a".repeat(8000)] {
        let answer = userinfo(&world.gateway, "GET", Some(&format!("Bearer {bad}"))).await;
        assert_eq!(answer.status, 401, "{bad}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{bad}");
    }
    // A person's token is none for the Management API.
    let request = visitor.request("GET".parse().unwrap(), &format!("{}/users", world.gateway.admin.api));
    let answer = Visitor::new().send(request.bearer_auth(token)).await;
    assert_eq!((answer.status, &answer.json()["message"]), (401, &json!("Client is not global.")));
    world.gateway.admin.update("/users/oidc%7Cacme-sso%7Calice", json!({ "blocked": true })).await;
    assert_eq!(userinfo(&world.gateway, "GET", Some(&format!("Bearer {token}"))).await.status, 401);
}

#[tokio::test]
async fn who_names_too_many_made_up_clients_waits_but_a_real_one_is_served() {
    let settings = "management.unknown_names_per_minute = 2\nserver.trusted_proxies = [\"127.0.0.0/8\"]";
    let world = World::start_with(Mode::SqliteEmbedded, settings).await;
    let url = world.gateway.url("/oauth/token");
    let ask = async |network: &str, client_id: &str| {
        let fields = [("grant_type", "authorization_code"), ("client_id", client_id), ("client_secret", "x")];
        let visitor = Visitor::new();
        let request = visitor.request("POST".parse().unwrap(), &url).header("x-forwarded-for", network);
        visitor.send(request.form(&fields)).await
    };
    let (here, there, real) = ("203.0.113.1", "203.0.113.2", world.application.client_id.as_str());
    let invalid_client = (401, "invalid_client".to_owned());
    assert_eq!(error(&ask(here, real).await), invalid_client);
    for name in ["made-up-1", "made-up-2"] {
        assert_eq!(error(&ask(here, name).await), invalid_client);
    }
    let refused = ask(here, "made-up-3").await;
    assert_eq!(error(&refused), (429, "too_many_requests".to_owned()));
    assert!((1..=30).contains(&refused.header("retry-after").unwrap().parse::<u32>().unwrap()));
    assert_eq!(refused.header("cache-control"), Some("no-store"));
    assert_eq!(error(&ask(here, real).await), invalid_client);
    assert_eq!(error(&ask(there, "made-up-3").await), invalid_client);
}

#[tokio::test]
async fn a_spent_code_in_another_applications_hands_revokes_nothing() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    let (begun, code) = code(&world, &visitor, &[]).await;
    let tokens = world.application.exchange(&begun, &code).await.json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let other = Application::register(&world.gateway, json!({})).await;
    assert_eq!(error(&other.exchange(&begun, &code).await), invalid_grant());
    assert_eq!(userinfo(&world.gateway, "GET", Some(&bearer)).await.status, 200);
    assert_eq!(error(&world.application.exchange(&begun, &code).await), invalid_grant());
    assert_eq!(userinfo(&world.gateway, "GET", Some(&bearer)).await.status, 401, "its own second try does");
}
