//! All connections: the list, and a new one by a form for its kind.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::asked::Asked;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use super::strategy::{self, Field, has_identity_provider, kind};
use super::{Answer, Dashboard, connection, expiry};
use crate::model::{Connection, Strategy, Timestamp};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Connections of one page of the list.
const TAKEN: usize = 50;

#[derive(Template)]
#[template(path = "dashboard/connections.html", whitespace = "minimize")]
struct ConnectionsPage {
    text: Text,
    frame: Frame,
    rows: Vec<Row>,
    first_href: Option<String>,
    next_href: Option<String>,
}

struct Row {
    title: String,
    name: String,
    kind: &'static str,
    is_open: bool,
    warning: Option<String>,
    href: String,
}

#[derive(Template)]
#[template(path = "dashboard/connection_kinds.html", whitespace = "minimize")]
struct KindsPage {
    text: Text,
    frame: Frame,
    /// Address, kind, and who comes through it.
    kinds: Vec<(String, &'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "dashboard/connection_new.html", whitespace = "minimize")]
struct NewConnectionPage {
    text: Text,
    frame: Frame,
    strategy: &'static str,
    about: &'static str,
    fields: &'static [Field],
    /// What the callback URL begins with, where an identity provider has to know it.
    callback: Option<String>,
    form: Form,
}

/// `GET /dashboard/connections?from=`.
pub(super) async fn list(signed: Signed) -> Answer {
    let asked = Asked::of(&signed);
    let path = format!("/api/v2/connections?take={TAKEN}{}", asked.cursor());
    let part = signed.api.part::<Connection>(&path, "connections").await?;
    let now = Timestamp::now();
    let row = |it: Connection| Row {
        title: connection::title(&it),
        kind: kind(it.strategy),
        // Secrets are not told, so only what else is missing is seen.
        is_open: it.strategy.is_open(&it.options),
        warning: expiry::warning(&it, now),
        href: connection::address(&it.id),
        name: it.name,
    };
    let (first_href, next_href) = asked.hrefs(part.next.as_deref());
    Frame::new(&signed, Section::Connections, "Connections").draw(|frame| ConnectionsPage {
        text: signed.reader.text,
        frame,
        rows: part.items.into_iter().map(row).collect(),
        first_href,
        next_href,
    })
}

/// `GET /dashboard/connections/new?strategy=`.
pub(super) async fn new(State(dashboard): State<Arc<Dashboard>>, signed: Signed) -> Answer {
    match asked_strategy(&signed) {
        Some(strategy) => {
            draw_new(&dashboard, &signed, strategy, signed.draft.clone().unwrap_or_default(), Errors::default())
        }
        None => draw_kinds(&signed),
    }
}

fn asked_strategy(signed: &Signed) -> Option<Strategy> {
    let typed = signed.draft.as_ref().map(|draft| draft.get("strategy").to_owned());
    Strategy::parse(&typed.or(signed.parameter("strategy"))?)
}

fn draw_kinds(signed: &Signed) -> Answer {
    let choice =
        |it: Strategy| (format!("/dashboard/connections/new?strategy={}", it.as_str()), kind(it), strategy::about(it));
    let kinds = Strategy::ALL.into_iter().map(choice).collect();
    let frame = Frame::within(signed, Section::Connections, "New connection");
    frame.draw(|frame| KindsPage { text: signed.reader.text, frame, kinds })
}

fn draw_new(dashboard: &Dashboard, signed: &Signed, strategy: Strategy, form: Form, errors: Errors) -> Answer {
    let callback = dashboard.relying_party.callback_url("").to_string();
    let frame = Frame::within(signed, Section::Connections, format!("New connection: {}", kind(strategy))).with(errors);
    frame.draw(|frame| NewConnectionPage {
        text: signed.reader.text,
        frame,
        strategy: strategy.as_str(),
        about: strategy::about(strategy),
        fields: strategy::fields(strategy),
        callback: has_identity_provider(strategy).then_some(callback),
        form,
    })
}

/// `POST /dashboard/connections/new`.
pub(super) async fn create(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Extension(form): Extension<Form>,
) -> Answer {
    let Some(strategy) = Strategy::parse(form.get("strategy")) else { return draw_kinds(&signed) };
    let mut options = Map::new();
    if strategy == Strategy::Oidc {
        // What every OpenID provider can do.
        options.insert("type".to_owned(), "back_channel".into());
        options.insert("scope".to_owned(), "openid profile email".into());
    }
    put_typed(&mut options, strategy, &form);
    let mut body = json!({ "name": form.get("name"), "strategy": strategy.as_str(), "options": options });
    if !form.get("display_name").is_empty() {
        body["display_name"] = form.get("display_name").into();
    }
    match signed.api.post::<Connection>("/api/v2/connections", &body).await {
        Ok(made) => Ok(redirect::see_other(&Done::Created.at(&connection::address(&made.id)))),
        Err(error) => {
            let errors = Errors::of(error, &known_fields(strategy))?;
            draw_new(&dashboard, &signed, strategy, form, errors)
        }
    }
}

/// Puts what was typed into the options; what is empty is taken out, but a secret stays as it is.
pub(super) fn put_typed(options: &mut Map<String, Value>, strategy: Strategy, form: &Form) {
    for field in strategy::fields(strategy) {
        match form.get(field.name) {
            "" => drop(options.remove(field.name)),
            typed => drop(options.insert(field.name.to_owned(), typed.into())),
        }
    }
}

/// Those that an error can be about.
pub(super) fn known_fields(strategy: Strategy) -> Vec<&'static str> {
    ["name", "display_name", expiry::KEY]
        .into_iter()
        .chain(strategy::fields(strategy).iter().map(|field| field.name))
        .collect()
}

/// Name and label of those that are shown.
pub(super) fn labels(strategy: Strategy) -> Vec<(&'static str, &'static str)> {
    let options = strategy::fields(strategy).iter().filter(|field| !field.is_secret);
    let options = options.map(|field| (field.name, field.label));
    let own = [("display_name", "Display name"), (expiry::KEY, "Day on which the secret ends")];
    own.into_iter().chain(options).collect()
}
