//! A login from the authorize request to the tokens.

use serde_json::json;

use crate::matrix;
use crate::support::gateway::Mode;
use crate::support::http::Visitor;
use crate::support::world::World;
use vestibule::web::at_once::Asked;

matrix! {
    a_person_signs_in_through_their_organization_and_the_application_receives_its_id,
    each_organization_sees_only_its_own_options,
    what_is_answered_at_once_is_what_is_answered_after_waiting,
    a_connection_disabled_while_the_person_is_away_lets_nobody_in,
    a_connection_disabled_after_the_code_gives_no_tokens,
    a_person_who_is_no_member_is_refused_and_leaves_no_user,
    two_first_logins_at_once_make_one_user_and_one_membership,
}

async fn a_person_signs_in_through_their_organization_and_the_application_receives_its_id(mode: Mode) {
    let world = World::start(mode).await;
    let (begun, page) = world.sign_in_to_acme(&Visitor::new(), "alice").await;
    let tokens = world.application.tokens(&begun, &page).await;
    let claims = crate::support::application::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["org_id"], world.acme.as_str());
    assert_eq!(claims["org_name"], "acme");
    assert_eq!(claims["aud"], world.application.client_id.as_str());
    assert_eq!(claims["iss"], world.gateway.url("/"));
    assert_eq!(claims["sub"], "oidc|acme-sso|alice");
    assert_eq!(claims["email"], "alice@people.example");
    assert_eq!(claims["nonce"], begun.nonce.as_str());

    let request = Visitor::new();
    let request = request
        .request("GET".parse().unwrap(), &world.gateway.url("/userinfo"))
        .bearer_auth(tokens["access_token"].as_str().unwrap());
    let userinfo = Visitor::new().send(request).await;
    assert_eq!(userinfo.status, 200, "{}", userinfo.text());
    assert_eq!(userinfo.json()["sub"], "oidc|acme-sso|alice");
    assert_eq!(userinfo.json()["org_id"], world.acme.as_str());
    assert_eq!(world.gateway.admin.member_ids(&world.acme).await, ["oidc|acme-sso|alice"]);
}

async fn each_organization_sees_only_its_own_options(mode: Mode) {
    let world = World::start(mode).await;
    let visitor = Visitor::new();
    for (name, own, other) in [("acme", "Acme sso", "globex"), ("globex", "Globex sso", "acme")] {
        let page = visitor.get(world.application.begin(&[("organization", name)]).url).await;
        assert_eq!(page.option_titles(), [format!("Continue with {own}")]);
        assert!(!page.text().to_lowercase().contains(other), "{}", page.text());
        assert!(page.headers.get("set-cookie").is_none(), "the page sets no cookie");
    }
    let empty = world.gateway.admin.organization("empty").await;
    let page = visitor.get(world.application.begin(&[("organization", &empty)]).url).await;
    assert_eq!((page.status, page.option_titles().len()), (200, 0));
}

/// A GET with a body goes the long way, through every layer and the router.
async fn what_is_answered_at_once_is_what_is_answered_after_waiting(mode: Mode) {
    let world = World::start(mode).await;
    let visitor = Visitor::new();
    // Those that a gateway which remembers answers at once.
    let pages: [&[(&str, &str)]; 11] = [
        &[("organization", "acme")],
        &[("organization", "acme"), ("state", "a&b \"<ä>")],
        &[("organization", "acme"), ("ui_locales", "xx de")],
        &[("organization", "acme"), ("ext", "1"), ("state", "")],
        &[("organization", "acme"), ("prompt", "login")],
        &[("organization", "acme"), ("prompt", "select_account")],
        &[("organization", "acme"), ("max_age", "0")],
        &[("organization", "acme"), ("login_hint", "ann@acme.example")],
        &[("organization", "acme"), ("screen_hint", "signup")],
        &[("organization", "acme"), ("account", "personal")],
        &[("organization", &world.acme)],
    ];
    let others: [&[(&str, &str)]; 8] = [
        &[("organization", "acme"), ("prompt", "none")],
        &[("organization", "acme"), ("connection", "globex-sso")],
        &[("organization", "acme"), ("invitation", "none")],
        &[("organization", "nobody")],
        &[],
        &[("organization", "acme"), ("redirect_uri", "https://evil.example/")],
        &[("organization", "acme"), ("response_type", "token")],
        &[("client_id", "nobody")],
    ];
    let requests = pages.map(|more| (more, !mode.is_remote())).into_iter().chain(others.map(|more| (more, false)));
    for (more, is_at_once) in requests {
        let url = world.application.begin(more).url;
        let ask = |body: &'static str| {
            let request = visitor.request("GET".parse().unwrap(), &url).header("accept-language", "fr;q=0.8, ar;q=0.2");
            visitor.send(if body.is_empty() { request } else { request.body(body) })
        };
        let first = ask("").await;
        for (at_once, long) in [(ask("").await, ask("x").await), (first, ask("x").await)] {
            let told = |page: &crate::support::http::Page| {
                let mut headers = page.headers.clone();
                let id = headers.remove("x-request-id").unwrap();
                headers.remove("date");
                (page.status, headers, page.text().replace(id.to_str().unwrap(), "ID"))
            };
            assert_eq!(told(&at_once), told(&long), "{url}");
        }
        let uri: axum::http::Uri = url.parse().unwrap();
        let (address, headers) = (std::net::Ipv4Addr::LOCALHOST.into(), axum::http::HeaderMap::new());
        let asked = Asked { address, headers: &headers, uri: &uri, query: uri.query().unwrap() };
        assert_eq!(world.gateway.login.page_at_once(&asked).is_some(), is_at_once, "{url}");
    }
}

async fn a_connection_disabled_while_the_person_is_away_lets_nobody_in(mode: Mode) {
    let world = World::start(mode).await;
    let visitor = Visitor::new();
    let begun = world.application.begin(&[("organization", "acme"), ("connection", "acme-sso")]);
    let trip = visitor.get(&begun.url).await;
    let callback = world.provider.sign_in(&visitor, trip.location(), "alice").await;
    world.gateway.admin.disable(&world.acme, &world.acme_sso).await;
    let page = visitor.get(callback).await;
    assert_eq!(world.application.error(&begun, &page).0, "access_denied");
    assert!(world.gateway.admin.user_ids().await.is_empty());
}

async fn a_connection_disabled_after_the_code_gives_no_tokens(mode: Mode) {
    let world = World::start(mode).await;
    let (begun, page) = world.sign_in_to_acme(&Visitor::new(), "alice").await;
    let code = world.application.code(&begun, &page);
    world.gateway.admin.disable(&world.acme, &world.acme_sso).await;
    let answer = world.application.exchange(&begun, &code).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")));
}

async fn a_person_who_is_no_member_is_refused_and_leaves_no_user(mode: Mode) {
    let world = World::start(mode).await;
    let (begun, page) = world.sign_in_to_globex(&Visitor::new(), "bob").await;
    let (error, description) = world.application.error(&begun, &page);
    assert_eq!(error, "access_denied");
    let expected = format!("user oidc|globex-sso|bob is not part of the {} organization", world.globex);
    assert_eq!(description, expected);
    assert!(page.headers.get("set-cookie").is_none(), "a refused login makes no session");
    assert!(world.gateway.admin.user_ids().await.is_empty());
}

async fn two_first_logins_at_once_make_one_user_and_one_membership(mode: Mode) {
    let world = World::start(mode).await;
    let mut callbacks = Vec::new();
    for _ in 0..2 {
        let visitor = Visitor::new();
        let begun = world.application.begin(&[("organization", "acme"), ("connection", "acme-sso")]);
        let trip = visitor.get(&begun.url).await;
        let callback = world.provider.sign_in(&visitor, trip.location(), "alice").await;
        callbacks.push((visitor, begun, callback));
    }
    let arrivals = callbacks.iter().map(|(visitor, _, callback)| visitor.get(callback));
    let pages = futures_util::future::join_all(arrivals).await;
    for ((_, begun, _), page) in callbacks.iter().zip(&pages) {
        world.application.code(begun, page);
    }
    assert_eq!(world.gateway.admin.user_ids().await, ["oidc|acme-sso|alice"]);
    assert_eq!(world.gateway.admin.member_ids(&world.acme).await, ["oidc|acme-sso|alice"]);
}
