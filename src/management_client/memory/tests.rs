//! What is remembered is right under every interleaving.

use std::sync::atomic::AtomicUsize;

use tokio::sync::Semaphore;

use super::*;
use crate::config::Config;
use crate::management_client::question::KnownConnection;
use crate::model::Connection;

const REMOTE: &str = "management.url = \"https://api.example\"\nmanagement.client_id = \"gateway\"\n\
                      management.client_secret = \"secret\"\nstorage.root_key = \"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\"\n";

pub(super) fn memory(settings: &str) -> Arc<Memory> {
    let settings = Config::from_text(settings, std::iter::empty()).expect("settings").management;
    Arc::new(Memory::new(Windows::new(&settings), 8 << 20))
}

pub(super) fn named(name: &str, display_name: u64) -> Option<Arc<ShownOrganization>> {
    let organization =
        serde_json::json!({ "id": format!("org_{name}"), "name": name, "display_name": display_name.to_string() });
    Some(Arc::new(serde_json::from_value(organization).expect("an organization")))
}

pub(super) fn version(organization: &Option<Arc<ShownOrganization>>) -> u64 {
    organization.as_ref().and_then(|it| it.display_name.as_ref()?.parse().ok()).expect("a version")
}

const ACME: Asked<'static> = Question::Organization("acme");

fn acme_changed() -> [Change; 1] {
    [Change::Organization("org_acme".into())]
}

#[tokio::test]
async fn ten_thousand_who_ask_at_once_cause_one_load() {
    let (memory, loads, gate) = (memory(""), Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let ask = || {
        let (memory, loads, gate) = (memory.clone(), loads.clone(), gate.clone());
        async move {
            let load = |_| async move {
                loads.fetch_add(1, Ordering::SeqCst);
                drop(gate.acquire().await);
                Ok(named("acme", 1))
            };
            memory.get(ACME, Purpose::Drawing, load).await.map(|found| version(&found))
        }
    };
    let waiting: Vec<_> = (0..10_000).map(|_| tokio::spawn(ask())).collect();
    while loads.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(1);
    for one in waiting {
        assert_eq!(one.await.expect("no panic").expect("an answer"), 1);
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn who_began_a_load_may_leave() {
    let (memory, gate) = (memory(""), Arc::new(Semaphore::new(0)));
    let load = {
        let gate = gate.clone();
        |_| async move {
            drop(gate.acquire().await);
            Ok(named("acme", 1))
        }
    };
    let first = memory.get(ACME, Purpose::Drawing, load);
    let first = tokio::time::timeout(Duration::ZERO, first).await;
    assert!(first.is_err(), "it waits");
    let second = memory.get(ACME, Purpose::Drawing, |_| async { panic!("a second load") });
    gate.add_permits(1);
    let second: Option<Arc<ShownOrganization>> = second.await.expect("the first one's answer");
    assert_eq!(version(&second), 1);
}

#[tokio::test]
async fn a_load_that_panics_is_an_error_and_the_next_one_loads_anew() {
    let memory = memory("");
    let broken =
        memory.get::<Option<Arc<ShownOrganization>>, _>(ACME, Purpose::Deciding, |_| async { panic!("a bug") });
    assert!(matches!(broken.await, Err(ManagementError::Unreachable(_))));
    let found = memory.get(ACME, Purpose::Deciding, |_| async { Ok(named("acme", 1)) }).await;
    assert_eq!(version(&found.expect("an answer")), 1);
}

#[tokio::test]
async fn an_answer_that_was_overtaken_by_a_change_is_not_remembered() {
    let (memory, gate) = (memory(""), Arc::new(Semaphore::new(0)));
    let old = {
        let (memory, gate) = (memory.clone(), gate.clone());
        tokio::spawn(async move {
            let load = |_| async move {
                drop(gate.acquire().await);
                Ok(named("acme", 1))
            };
            memory.get(ACME, Purpose::Drawing, load).await
        })
    };
    while memory.flights().under_way.is_empty() {
        tokio::task::yield_now().await;
    }
    memory.forget(&acme_changed());
    let new = memory.get(ACME, Purpose::Drawing, |_| async { Ok(named("acme", 2)) }).await;
    assert_eq!(version(&new.expect("an answer")), 2, "it does not wait for the old one");
    gate.add_permits(1);
    old.await.expect("no panic").expect("who asked before the change gets what was then");
    let found = memory.get(ACME, Purpose::Drawing, |_| async { panic!("remembered") }).await;
    assert_eq!(version(&found.expect("an answer")), 2);
}

#[tokio::test]
async fn a_stale_page_is_drawn_at_once_with_one_load_behind_it() {
    let memory = memory(&format!("{REMOTE}management.fresh_seconds = 0\n"));
    let load = |number| move |_| async move { Ok(named("acme", number)) };
    let first = memory.get(ACME, Purpose::Drawing, load(1)).await;
    assert_eq!(version(&first.expect("loaded")), 1);
    let again = memory.get(ACME, Purpose::Drawing, load(2)).await;
    assert_eq!(version(&again.expect("remembered")), 1, "drawn from what is known");
    while !memory.flights().under_way.is_empty() {
        tokio::task::yield_now().await;
    }
    let then = memory.get(ACME, Purpose::Drawing, load(3)).await;
    assert_eq!(version(&then.expect("remembered")), 2, "the load behind it");
    let decided = memory.get(ACME, Purpose::Deciding, load(4)).await;
    assert!(version(&decided.expect("loaded")) >= 3, "what decides is never stale");
}

#[tokio::test]
async fn a_page_is_drawn_while_the_api_fails_and_nothing_is_decided() {
    let memory = memory("management.fresh_seconds = 0");
    let fails = |_| async { Err::<Option<Arc<ShownOrganization>>, _>(ManagementError::unreachable("down")) };
    memory.get(ACME, Purpose::Drawing, |_| async { Ok(named("acme", 1)) }).await.expect("loaded");
    let drawn = memory.get(ACME, Purpose::Drawing, fails).await;
    assert_eq!(version(&drawn.expect("remembered")), 1);
    assert!(memory.get(ACME, Purpose::Deciding, fails).await.is_err());
    let nothing = Question::Organization("globex");
    assert!(memory.get(nothing, Purpose::Drawing, fails).await.is_err(), "nothing is known of it");
    let loads = |_| async { Ok(named("globex", 1)) };
    assert!(memory.get(nothing, Purpose::Drawing, loads).await.is_err(), "the failure is believed a while");
    assert!(memory.get(nothing, Purpose::Deciding, loads).await.is_ok());
}

/// Anything else that is too old to decide may still be drawn from.
#[test]
fn a_whole_connection_that_is_not_fresh_is_forgotten() {
    let memory = memory("management.fresh_seconds = 0");
    let connection = serde_json::json!({ "id": "con_a", "name": "a", "strategy": "auth0" });
    let connection = serde_json::from_value::<Connection>(connection).expect("a connection");
    let asked = Question::Connection("con_a");
    for (asked, answer) in
        [(ACME, Answer::Organization(named("acme", 1))), (asked, Answer::Connection(Some(connection.into())))]
    {
        let fetched = Fetched { at: Instant::now(), seconds_then: 0, is_from_file: false };
        memory.keep(asked.to_key(), answer, fetched, 0);
    }
    assert!(memory.knows(&ACME));
    assert!(!memory.knows(&asked));
}

#[tokio::test]
async fn a_change_forgets_what_it_concerns_and_nothing_else() {
    let memory = memory("");
    let fill = async |asked: Asked<'_>, answer: Answer| {
        let fetched = Fetched { at: Instant::now(), seconds_then: 0, is_from_file: false };
        memory.keep(asked.to_key(), answer, fetched, memory.changes.load(Ordering::Acquire));
    };
    let connection = |id: &str| {
        let json = serde_json::json!({ "id": id, "name": id, "strategy": "auth0" });
        KnownConnection::from(serde_json::from_value::<Connection>(json).expect("a connection"))
    };
    let options = |ids: &[&str]| {
        let option = |id: &&str| crate::management_client::LoginOption {
            connection: connection(id).shown,
            visible: true,
            allows_sign_up: false,
        };
        Answer::Options(Some(ids.iter().map(option).collect()))
    };
    let everything = [
        Question::Organization("acme"),
        Question::Organization("org_acme"),
        Question::Organization("globex"),
        Question::Organization("nobody"),
        Question::LoginOptions("org_acme"),
        Question::LoginOptions("org_globex"),
        Question::Connection("con_a"),
        Question::Connection("con_b"),
        Question::Application("shop"),
        Question::ApplicationOptions("shop"),
        Question::OrganizationClient { organization_id: "org_acme", client_id: "shop" },
        Question::OrganizationClient { organization_id: "org_globex", client_id: "shop" },
        Question::ResourceServer("https://api.example"),
        Question::Prompts,
    ];
    let refill = async || {
        for asked in everything {
            let answer = match asked {
                Question::Organization("nobody") => Answer::Organization(None),
                Question::Organization(name) => Answer::Organization(named(name.trim_start_matches("org_"), 1)),
                Question::LoginOptions("org_acme") => options(&["con_a", "con_b"]),
                Question::LoginOptions(_) => options(&["con_b"]),
                Question::ApplicationOptions(_) => options(&["con_a"]),
                Question::Connection(id) => Answer::Connection(Some(connection(id))),
                Question::Prompts => Answer::Prompts(Some(Arc::default())),
                // What they say does not matter here: nothing but a change that names them may forget them.
                _ => Answer::Options(Some(std::iter::empty().collect())),
            };
            fill(asked, answer).await;
        }
    };
    let (org, con) = ("/api/v2/organizations", "/api/v2/connections");
    let cases: [(&str, String, &[usize]); 14] = [
        ("PATCH", format!("{org}/org_acme"), &[0, 1, 3, 4, 10]),
        ("DELETE", format!("{org}/org_globex"), &[2, 3, 5, 11]),
        ("POST", org.to_owned(), &[3]),
        ("POST", format!("{org}/org_acme/enabled_connections"), &[4]),
        ("DELETE", format!("{org}/org_globex/connections/con_b"), &[5]),
        ("POST", format!("{org}/org_acme/members"), &[]),
        ("PUT", format!("{org}/org_acme/clients/shop"), &[10]),
        ("PATCH", format!("{con}/con_a"), &[4, 6, 9]),
        ("DELETE", format!("{con}/con_b"), &[4, 5, 7, 9]),
        ("PATCH", "/clients/shop".to_owned(), &[8, 9, 10, 11]),
        ("POST", "/resource-servers".to_owned(), &[12]),
        ("PATCH", "/prompts".to_owned(), &[13]),
        ("POST", "/logins".to_owned(), &[]),
        ("POST", "/something-new".to_owned(), &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
    ];
    for (method, path, expected) in cases {
        refill().await;
        assert!(everything.iter().all(|asked| memory.knows(asked)));
        memory.forget(&Change::of(&method.parse().expect("a method"), &path));
        let forgotten: Vec<usize> = (0..everything.len()).filter(|at| !memory.knows(&everything[*at])).collect();
        assert_eq!(forgotten, expected, "{method} {path}");
    }
}
