//! The page of a trial: each step, what it brought, and where it ended.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use url::Url;

use crate::model::Connection;
use crate::model::login::Identity;
use crate::model::tenant_settings::Locale;
use crate::model::trial::Trial;
use crate::oidc::relying_party::Told;
use crate::web::page::Page;
use crate::web::text::Text;

/// Parameters of a request that belong to one login only.
const HIDDEN: [&str; 3] = ["state", "nonce", "code_challenge"];
/// Letters of a value that are shown.
const LONGEST: usize = 1000;

/// One step of the login.
pub(super) struct Step {
    title: &'static str,
    is_done: bool,
    sentence: String,
    rows: Vec<(String, String)>,
}

impl Step {
    pub(super) fn done(title: &'static str, sentence: impl Into<String>) -> Self {
        Self { title, is_done: true, sentence: sentence.into(), rows: Vec::new() }
    }

    pub(super) fn failed(title: &'static str, sentence: impl Into<String>) -> Self {
        Self { is_done: false, ..Self::done(title, sentence) }
    }

    /// What it brought, by name.
    pub(super) fn with<N: Into<String>>(mut self, rows: impl IntoIterator<Item = (N, String)>) -> Self {
        let shown = |value: String| value.chars().take(LONGEST).collect();
        self.rows = rows.into_iter().map(|(name, value)| (name.into(), shown(value))).collect();
        self
    }
}

#[derive(Template)]
#[template(path = "login/trial.html", whitespace = "minimize")]
pub(super) struct TrialPage {
    text: Text,
    connection: String,
    organization: Option<String>,
    steps: Vec<Step>,
    back: String,
}

impl TrialPage {
    /// It speaks English alone, as the dashboard does.
    pub(super) fn new(trial: &Trial, connection: &Connection, steps: Vec<Step>) -> Self {
        Self {
            text: Text::of(Locale::En),
            connection: connection.display_name.clone().unwrap_or_else(|| connection.name.clone()),
            organization: trial.organization.as_ref().map(|(_, title)| title.clone()),
            steps,
            back: trial.back.clone(),
        }
    }

    fn is_whole(&self) -> bool {
        self.steps.iter().all(|step| step.is_done)
    }

    pub(super) fn answer(self) -> Response {
        Page::new(self).into_response()
    }
}

/// What the address sends, with its place first.
pub(super) fn sent_rows(url: &Url) -> Vec<(String, String)> {
    let mut place = url.clone();
    place.set_query(None);
    let parameters = url.query_pairs().map(|(name, value)| {
        let is_hidden = HIDDEN.contains(&&*name);
        (name.to_string(), if is_hidden { "hidden".to_owned() } else { value.into_owned() })
    });
    [("address".to_owned(), place.to_string())].into_iter().chain(parameters).collect()
}

/// The claims of the ID token, then what userinfo added.
pub(super) fn told_rows(told: &Told) -> Vec<(String, String)> {
    let rows = |claims: &Map<String, Value>, place: &str| {
        let row = |(name, value): (&String, &Value)| (format!("{place}: {name}"), written(value));
        claims.iter().map(row).collect::<Vec<_>>()
    };
    [rows(&told.id_token, "ID token"), rows(&told.userinfo, "userinfo")].concat()
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn identity_rows(identity: &Identity) -> Vec<(String, String)> {
    let Ok(Value::Object(members)) = serde_json::to_value(identity) else { return Vec::new() };
    let (inner, plain): (Vec<_>, Vec<_>) = members.into_iter().partition(|(_, value)| value.is_object());
    let inner = inner.into_iter().filter_map(|(_, value)| value.as_object().cloned()).flatten();
    let rows = plain.into_iter().chain(inner).filter(|(_, value)| !value.is_null());
    rows.map(|(name, value)| (name, written(&value))).collect()
}
