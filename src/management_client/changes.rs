//! What a write to the Management API makes wrong of what is remembered, read off its method and path.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::Response;
use compact_str::CompactString;
use futures_util::FutureExt;

use super::memory::Memory;
use super::question::{Answer, Asked, KINDS, Key, Question};

/// What has changed. Each forgets what it names and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// One organization: under its id and its name, with its options and the applications it lets be used.
    Organization(CompactString),
    /// The enabled connections of one organization.
    LoginOptions(CompactString),
    /// The applications that one organization lets be used.
    OrganizationClients(CompactString),
    /// One connection, and the options of every organization and application that have it.
    Connection(CompactString),
    /// One application, with its own options and what organizations say of it.
    Application(CompactString),
    /// Every answer of one kind of question, given by an example.
    Every(Asked<'static>),
    /// Every "there is none" of one kind of question.
    Absent(Asked<'static>),
    Everything,
}

const DISCOVERIES: Change =
    Change::Every(Question::Discovery { by: super::question::DiscoveredBy::Domain, value: "", client_id: "" });
const APPLICATION_OPTIONS: Change = Change::Every(Question::ApplicationOptions(""));
const RESOURCE_SERVERS: Change = Change::Every(Question::ResourceServer(""));
const PROMPTS: Change = Change::Every(Question::Prompts);
const NO_ORGANIZATION: Change = Change::Absent(Question::Organization(""));
const NO_CONNECTION: Change = Change::Absent(Question::Connection(""));
const NO_APPLICATION: Change = Change::Absent(Question::Application(""));

impl Change {
    /// What a successful write changes. A path that is not known here changes everything: closed by default.
    pub(super) fn of(method: &Method, path: &str) -> Vec<Self> {
        let path = path.strip_prefix("/api/v2").unwrap_or(path);
        let parts: Vec<String> = path.trim_matches('/').split('/').map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let made = *method == Method::POST;
        match parts.as_slice() {
            ["organizations"] => vec![NO_ORGANIZATION, DISCOVERIES],
            // Its new name may be one that nobody had.
            ["organizations", id] => vec![Self::Organization((*id).into()), NO_ORGANIZATION, DISCOVERIES],
            ["organizations", id, "enabled_connections" | "connections", ..] => {
                vec![Self::LoginOptions((*id).into()), DISCOVERIES]
            }
            ["organizations", id, "clients", ..] => vec![Self::OrganizationClients((*id).into()), DISCOVERIES],
            ["organizations", _, "discovery-domains", ..] => vec![DISCOVERIES],
            // It may make the dashboard's application and connection.
            ["logins", "setups"] => vec![NO_APPLICATION, APPLICATION_OPTIONS, NO_CONNECTION],
            // What these say is never remembered.
            ["organizations", _, "members" | "invitations" | "client-grants", ..] => vec![],
            [
                "users" | "sessions" | "logins" | "roles" | "jobs" | "tickets" | "keys" | "client-grants" | "branding"
                | "stats",
                ..,
            ] => vec![],
            ["tenants", "settings"] | ["prompts", _, ..] => vec![],
            ["connections"] => vec![NO_CONNECTION, APPLICATION_OPTIONS, DISCOVERIES],
            ["connections", id, ..] => vec![Self::Connection((*id).into()), APPLICATION_OPTIONS, DISCOVERIES],
            ["clients"] if made => vec![NO_APPLICATION, APPLICATION_OPTIONS, DISCOVERIES],
            ["clients", id, ..] => vec![Self::Application((*id).into()), DISCOVERIES],
            ["resource-servers", ..] => vec![RESOURCE_SERVERS],
            ["prompts"] => vec![PROMPTS],
            _ => vec![Self::Everything],
        }
    }

    /// Whether a load of this question that is under way may bring what is wrong now.
    pub(super) fn may_concern(&self, key: &Key) -> bool {
        match (self, key) {
            (Self::Everything, _) => true,
            (Self::Every(kind) | Self::Absent(kind), key) => kind.kind() == key.kind(),
            // A load by name does not know yet whose it is, nor one of options which connections they are.
            (Self::Organization(_), Question::Organization(_)) => true,
            (Self::Connection(_), Question::LoginOptions(_) | Question::ApplicationOptions(_)) => true,
            (Self::Organization(id) | Self::LoginOptions(id), Question::LoginOptions(its)) => id == its,
            (
                Self::Organization(id) | Self::OrganizationClients(id),
                Question::OrganizationClient { organization_id, .. },
            ) => id == organization_id,
            (Self::Connection(id), Question::Connection(its)) => id == its,
            (
                Self::Application(id),
                Question::Application(its)
                | Question::ApplicationOptions(its)
                | Question::OrganizationClient { client_id: its, .. },
            ) => id == its,
            _ => false,
        }
    }

    /// Whether this remembered answer is wrong now.
    pub(super) fn concerns(&self, key: &Key, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Organization(id), Answer::Organization(Some(organization))) => *id == organization.id,
            (Self::Organization(_), Answer::Organization(None)) => false,
            (Self::Connection(id), Answer::Options(found)) => found.as_ref().is_some_and(|set| set.has(id)),
            (Self::Absent(_), answer) => answer.is_absent() && self.may_concern(key),
            _ => self.may_concern(key),
        }
    }

    /// The answers that are found by their question.
    pub(super) fn keys(&self) -> impl Iterator<Item = Asked<'_>> {
        let keys = match self {
            Self::Organization(id) => {
                [Some(Question::Organization(id.as_str())), Some(Question::LoginOptions(id.as_str()))]
            }
            Self::LoginOptions(id) => [Some(Question::LoginOptions(id.as_str())), None],
            Self::Connection(id) => [Some(Question::Connection(id.as_str())), None],
            Self::Application(id) => {
                [Some(Question::Application(id.as_str())), Some(Question::ApplicationOptions(id.as_str()))]
            }
            Self::OrganizationClients(_) | Self::Every(_) | Self::Absent(_) | Self::Everything => [None, None],
        };
        keys.into_iter().flatten()
    }

    /// The kinds of which every answer is wrong.
    pub(super) fn wholesale(&self) -> impl Iterator<Item = usize> {
        let kinds = match self {
            Self::Every(kind) => kind.kind()..kind.kind() + 1,
            Self::Everything => 0..KINDS,
            _ => 0..0,
        };
        kinds.into_iter()
    }

    /// The kinds of which every "there is none" is wrong.
    pub(super) fn absences(&self) -> impl Iterator<Item = usize> {
        match self {
            Self::Absent(kind) => Some(kind.kind()).into_iter(),
            _ => None.into_iter(),
        }
    }

    /// Whether some of what is wrong is found only by looking through everything.
    pub(super) fn must_be_searched(&self) -> bool {
        matches!(
            self,
            Self::Organization(_) | Self::OrganizationClients(_) | Self::Connection(_) | Self::Application(_)
        )
    }
}

/// An id as it is kept; the path may have it percent-encoded.
fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// Around the Management API of this process: forgets what each successful write changes, before it is answered.
pub(super) fn noticing(api: Router, memory: Arc<Memory>) -> Router {
    api.layer(middleware::from_fn(move |request, next| notice(memory.clone(), request, next)))
}

async fn notice(memory: Arc<Memory>, request: Request, next: Next) -> Response {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        return next.run(request).await;
    }
    let changes = Change::of(request.method(), request.uri().path());
    if changes.is_empty() {
        return next.run(request).await;
    }
    // A task of its own: a write goes on when the caller hangs up, and so must what it changes here.
    let written = tokio::spawn(async move {
        let outcome = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        // What failed on the way may have been written.
        if outcome.as_ref().map_or(true, |response| !response.status().is_client_error()) {
            let forgotten = tokio::task::spawn_blocking(move || memory.forget(&changes)).await;
            forgotten.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        }
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    match written.await {
        Ok(response) => response,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
