//! Which organization a login is for: every usage with every behaviour, session and prompt (contract §3).

use serde_json::json;

use crate::support::application::{Application, CALLBACK};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};

const PASSWORD: &str = "correct horse battery";
const USAGES: [&str; 3] = ["deny", "allow", "require"];
const BEHAVIOURS: [&str; 3] = ["no_prompt", "pre_login_prompt", "post_login_prompt"];
const PROMPTS: [&str; 3] = ["", "none", "login"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Session {
    None,
    Member,
    NonMember,
}

/// What a person or the application gets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Error(&'static str),
    /// A code for the organization, or for none.
    Code(Option<&'static str>),
    /// The page of the organization or of the application.
    Page(&'static str),
    /// The organization's page, which says who is signed in.
    OtherAccount,
    Picker,
    Choice,
}

/// The contract's rules. A row holds for the usages, behaviours, organizations, sessions and prompts it lists (none
/// listed: for all); the first that fits is the answer.
struct Rule {
    usages: &'static [&'static str],
    behaviours: &'static [&'static str],
    named: Option<bool>,
    sessions: &'static [Session],
    prompts: &'static [&'static str],
    outcome: Outcome,
}

const ANY: Rule =
    Rule { usages: &[], behaviours: &[], named: None, sessions: &[], prompts: &[], outcome: Outcome::Picker };

fn rules() -> Vec<Rule> {
    use Outcome::{Choice, Code, Error, OtherAccount, Page, Picker};
    use Session::{Member, NonMember, None as Nobody};
    let (deny, allow, require) = (&["deny"][..], &["allow"][..], &["require"][..]);
    let (no, pre, post) = (&["no_prompt"][..], &["pre_login_prompt"][..], &["post_login_prompt"][..]);
    let named = || Rule { named: Some(true), ..ANY };
    vec![
        Rule { usages: deny, outcome: Error("invalid_request"), ..named() },
        Rule { prompts: &["login"], outcome: Page("Acme"), ..named() },
        Rule { sessions: &[Member], outcome: Code(Some("acme")), ..named() },
        Rule { prompts: &["none"], outcome: Error("login_required"), ..named() },
        Rule { sessions: &[NonMember], outcome: OtherAccount, ..named() },
        Rule { outcome: Page("Acme"), ..named() },
        // Nothing names one.
        Rule { usages: require, behaviours: no, outcome: Error("invalid_request"), ..ANY },
        Rule {
            usages: &["allow", "require"],
            behaviours: pre,
            prompts: &["none"],
            outcome: Error("interaction_required"),
            ..ANY
        },
        Rule { usages: &["allow", "require"], behaviours: pre, outcome: Picker, ..ANY },
        // From here the application's own connections count.
        Rule { prompts: &["login"], outcome: Page("Example App"), ..ANY },
        Rule { sessions: &[Nobody], prompts: &["none"], outcome: Error("login_required"), ..ANY },
        Rule { sessions: &[Nobody], outcome: Page("Example App"), ..ANY },
        Rule { usages: deny, outcome: Code(None), ..ANY },
        Rule { usages: allow, behaviours: no, outcome: Code(None), ..ANY },
        Rule { behaviours: post, usages: require, sessions: &[Member], outcome: Code(Some("acme")), ..ANY },
        Rule { behaviours: post, usages: require, outcome: Error("invalid_request"), ..ANY },
        Rule { behaviours: post, sessions: &[NonMember], outcome: Code(None), ..ANY },
        Rule { behaviours: post, prompts: &["none"], outcome: Error("interaction_required"), ..ANY },
        Rule { behaviours: post, outcome: Choice, ..ANY },
    ]
}

fn expected(usage: &str, behaviour: &str, named: bool, session: Session, prompt: &str) -> Outcome {
    let lists = |list: &[&str], value: &str| list.is_empty() || list.contains(&value);
    let fits = |rule: &Rule| {
        lists(rule.usages, usage)
            && lists(rule.behaviours, behaviour)
            && rule.named.is_none_or(|asked| asked == named)
            && (rule.sessions.is_empty() || rule.sessions.contains(&session))
            && lists(rule.prompts, prompt)
    };
    rules().into_iter().find(fits).expect("a rule for each case").outcome
}

struct House {
    gateway: Gateway,
    acme: String,
    people: String,
}

async fn house() -> House {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "management.request_burst = 1000").await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let people = admin.database("people").await;
    admin.enable(&acme, &people, false).await;
    let ann = admin.person("people", "ann@acme.example", PASSWORD).await;
    admin.add_member(&acme, &ann).await;
    admin.person("people", "ned@home.example", PASSWORD).await;
    House { gateway, acme, people }
}

impl House {
    async fn application(&self, usage: &str, behaviour: &str) -> Application {
        let settings = json!({ "organization_usage": usage, "organization_require_behavior": behaviour });
        let application = Application::register(&self.gateway, settings).await;
        let clients = json!([{ "client_id": application.client_id, "status": true }]);
        self.gateway.admin.update(&format!("/connections/{}/clients", self.people), clients).await;
        application
    }

    async fn signed_in(&self, application: &Application, email: &str) -> Visitor {
        let visitor = Visitor::new();
        let page = visitor.get(application.begin(&[]).url).await;
        let page = visitor.submit(&page, &[("username", email), ("password", PASSWORD)]).await;
        assert!(page.location().as_str().starts_with(CALLBACK), "{}", page.text());
        visitor
    }

    /// What `visitor` gets.
    async fn outcome(&self, application: &Application, visitor: &Visitor, more: &[(&str, &str)]) -> String {
        let begun = application.begin(more);
        let page = visitor.get(&begun.url).await;
        if let Some(location) = page.find_location() {
            if location.path() == "/login/choice" {
                let page = visitor.get(location).await;
                assert_eq!(page.status, 200);
                return format!("{:?}", Outcome::Choice);
            }
            if page.redirect_parameter("error").is_some() {
                return format!("Error({:?})", application.error(&begun, &page).0);
            }
            let claims = application.id_claims(&begun, &page).await;
            let organization = claims.get("org_id").map(|id| if *id == self.acme.as_str() { "acme" } else { "?" });
            return format!("Code({organization:?})");
        }
        let heading = page.text_of("h1").unwrap_or_default();
        match heading.strip_prefix("Sign in to ") {
            Some("Acme") if page.text_of("#signed-in-as").is_some() => format!("{:?}", Outcome::OtherAccount),
            Some(place) => format!("Page({place:?})"),
            None if heading == "Choose your organization" => format!("{:?}", Outcome::Picker),
            None => heading,
        }
    }
}

#[tokio::test]
async fn every_usage_and_behaviour_does_what_the_contract_says() {
    let house = house().await;
    let entry = house.application("deny", "no_prompt").await;
    let visitors = [
        (Session::None, Visitor::new()),
        (Session::Member, house.signed_in(&entry, "ann@acme.example").await),
        (Session::NonMember, house.signed_in(&entry, "ned@home.example").await),
    ];
    let mut wrong = Vec::new();
    let mut count = 0;
    for usage in USAGES {
        for behaviour in BEHAVIOURS {
            let application = house.application(usage, behaviour).await;
            for (named, (session, visitor), prompt) in cases(&visitors) {
                let mut more = vec![("prompt", prompt)];
                if named {
                    more.push(("organization", house.acme.as_str()));
                }
                let expected = format!("{:?}", expected(usage, behaviour, named, *session, prompt));
                let found = house.outcome(&application, visitor, &more).await;
                count += 1;
                if found != expected {
                    wrong.push(format!(
                        "{usage} {behaviour}, named: {named}, {session:?}, prompt={prompt}: {found}, not {expected}"
                    ));
                }
            }
        }
    }
    assert_eq!(count, 162);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

type Signed = (Session, Visitor);

fn cases(visitors: &[Signed]) -> Vec<(bool, &Signed, &'static str)> {
    let mut cases = Vec::new();
    for named in [false, true] {
        for visitor in visitors {
            cases.extend(PROMPTS.map(|prompt| (named, visitor, prompt)));
        }
    }
    cases
}

#[tokio::test]
async fn select_account_asks_whether_to_go_on_as_who_one_is() {
    let house = house().await;
    let application = house.application("require", "no_prompt").await;
    let entry = house.application("deny", "no_prompt").await;
    let visitor = house.signed_in(&entry, "ann@acme.example").await;
    let begun = application.begin(&[("organization", "acme"), ("prompt", "select_account")]);
    let page = visitor.get(&begun.url).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Choose an account"), "{}", page.text());
    assert_eq!(page.option_titles(), ["Continue as ann@acme.example", "Use another account"]);
    let other = visitor.click(&page, "Use another account").await;
    assert_eq!(other.text_of("h1").as_deref(), Some("Sign in to Acme"));
    let on = visitor.click(&page, "Continue as ann@acme.example").await;
    assert_eq!(application.id_claims(&begun, &on).await["org_id"], house.acme.as_str());
    let nobody = Visitor::new().get(&begun.url).await;
    assert_eq!(nobody.text_of("h1").as_deref(), Some("Sign in to Acme"), "nobody is signed in: nobody to choose");
}

#[tokio::test]
async fn a_page_offers_an_account_and_a_new_password_where_they_may_be_made() {
    let house = house().await;
    let admin = &house.gateway.admin;
    let application = house.application("require", "no_prompt").await;
    let open = async || Visitor::new().get(application.begin(&[("organization", "acme")]).url).await;
    let has = |page: &Page, text: &str| page.links().iter().any(|(title, _)| title == text);
    let page = open().await;
    assert!(!has(&page, "Sign up"), "nothing lets people sign up");
    let reset = page.link("Forgot your password?");
    assert_eq!(reset.path(), "/login/reset");
    assert!(reset.query_pairs().any(|pair| pair == ("connection".into(), "people".into())), "{reset}");
    let enabled = format!("/organizations/{}/enabled_connections/{}", house.acme, house.people);
    admin.update(&enabled, json!({ "assign_membership_on_login": true, "is_signup_enabled": true })).await;
    let off = json!({ "options": { "disable_self_service_change_password": true } });
    admin.update(&format!("/connections/{}", house.people), off).await;
    let page = open().await;
    let sign_up = page.link("Sign up");
    for pair in [("connection", "people"), ("screen_hint", "signup"), ("organization", "acme")] {
        assert!(sign_up.query_pairs().any(|(name, value)| (&*name, &*value) == pair), "{sign_up}");
    }
    assert!(!has(&page, "Forgot your password?"));
}

#[tokio::test]
async fn a_hint_to_sign_up_changes_nothing_where_nobody_may() {
    let house = house().await;
    let application = house.application("require", "no_prompt").await;
    let begun = application.begin(&[("organization", "acme"), ("screen_hint", "signup")]);
    let page = Visitor::new().get(&begun.url).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Acme"));
}
