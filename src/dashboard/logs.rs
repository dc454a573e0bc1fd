//! The log: audit events, the newest first, narrowed by what is typed; and one event with all it tells.

use askama::Template;
use axum::extract::Path;
use url::form_urlencoded::Serializer;

use super::Answer;
use super::error::DashboardError;
use super::event_words::{self, TYPES, names_of_actors, sentence};
use super::fields::Errors;
use super::frame::{Frame, Section};
use super::log_filter::{FIELDS, search};
use super::moment::Moment;
use super::session::Signed;
use crate::management_client::encode;
use crate::model::LogEvent;
use crate::web::form::Form;
use crate::web::text::Text;

/// Events of one page of the list.
const TAKEN: usize = 50;

#[derive(Template)]
#[template(path = "dashboard/logs.html", whitespace = "minimize")]
struct LogsPage {
    text: Text,
    frame: Frame,
    form: Form,
    types: &'static [(&'static str, &'static str)],
    rows: Vec<Row>,
    first_href: Option<String>,
    next_href: Option<String>,
}

struct Row {
    href: String,
    sentence: String,
    kind: String,
    at: Moment,
}

impl LogsPage {
    fn is_chosen(&self, code: &str) -> bool {
        self.form.get("type") == code
    }

    fn is_narrowed(&self) -> bool {
        FIELDS.iter().any(|field| !self.form.get(field).is_empty())
    }
}

/// The list narrowed by one field.
fn narrowed(field: &str, value: &str) -> String {
    format!("/dashboard/logs?{field}={}", encode(value))
}

/// `GET /dashboard/logs?type=&organization=&user=&connection=&application=&since=&until=&from=`.
pub(super) async fn list(signed: Signed) -> Answer {
    let query = signed.place.split_once('?').map_or("", |(_, query)| query);
    let form = Form::parse(query.as_bytes()).unwrap_or_default();
    let from = Some(form.get("from").to_owned()).filter(|from| !from.is_empty());
    let (events, errors) = match search(&signed.api, &form).await? {
        Ok(q) => (find(&signed, &q, from.as_deref()).await?, Errors::default()),
        Err(errors) => (Vec::new(), errors),
    };
    let names = names_of_actors(&signed.api, &events).await?;
    let row = |event: &LogEvent| Row {
        href: format!("/dashboard/logs/{}", encode(&event.log_id)),
        sentence: sentence(event, &names),
        kind: event_words::kind(&event.kind).to_owned(),
        at: Moment::of(event.date),
    };
    let at = |from: Option<&str>| {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(FIELDS.iter().map(|field| (*field, form.get(field))).filter(|(_, value)| !value.is_empty()));
        query.extend_pairs(from.map(|from| ("from", from)));
        format!("/dashboard/logs?{}", query.finish())
    };
    let next_href = events.get(TAKEN - 1).filter(|_| events.len() > TAKEN).map(|last| at(Some(&last.log_id)));
    let (first_href, rows) = (from.map(|_| at(None)), events.iter().take(TAKEN).map(row).collect());
    Frame::new(&signed, Section::Logs, "Logs").with(errors).draw(|frame| LogsPage {
        text: signed.reader.text,
        frame,
        types: &TYPES,
        rows,
        first_href,
        next_href,
        form,
    })
}

/// One more than a page holds tells whether there is a next one.
async fn find(signed: &Signed, q: &str, before: Option<&str>) -> Result<Vec<LogEvent>, DashboardError> {
    let before = before.map(|before| format!("&before={}", encode(before))).unwrap_or_default();
    let path = format!("/api/v2/logs?per_page={}&q={}{before}", TAKEN + 1, encode(q));
    Ok(signed.api.get(&path).await?)
}

#[derive(Template)]
#[template(path = "dashboard/log_event.html", whitespace = "minimize")]
struct EventPage {
    text: Text,
    frame: Frame,
    sentence: String,
    at: Moment,
    kind: String,
    event: LogEvent,
    /// Those that the event is about.
    about: Vec<About>,
    /// What has no member of its own, as JSON.
    details: Option<String>,
}

/// Something that an event names.
struct About {
    label: &'static str,
    id: String,
    name: Option<String>,
    /// Its page here; what was deleted has none.
    href: Option<String>,
    events_href: String,
}

/// `GET /dashboard/logs/{id}`.
pub(super) async fn event(signed: Signed, Path(id): Path<String>) -> Answer {
    let event: LogEvent = signed.api.get(&format!("/api/v2/logs/{}", encode(&id))).await?;
    let names = names_of_actors(&signed.api, std::slice::from_ref(&event)).await?;
    let at = Moment::of(event.date);
    let kind = event_words::kind(&event.kind).to_owned();
    let details = event.details.as_ref().map(|details| serde_json::to_string_pretty(details).unwrap_or_default());
    let frame = Frame::within(&signed, Section::Logs, kind.as_str());
    frame.draw(|frame| EventPage {
        text: signed.reader.text,
        frame,
        sentence: sentence(&event, &names),
        at,
        kind,
        about: about(&event),
        details,
        event,
    })
}

fn about(event: &LogEvent) -> Vec<About> {
    let of = |label, field, place: &str, id: &Option<String>, name: &Option<String>, is_there: bool| {
        let (id, name) = (id.clone()?, name.clone());
        let href = is_there.then(|| format!("/dashboard/{place}/{}", encode(&id)));
        Some(About { label, href, events_href: narrowed(field, &id), name, id })
    };
    let LogEvent { organization_id, organization_name, user_id, user_name, .. } = event;
    let LogEvent { connection_id, connection, client_id, client_name, .. } = event;
    let found = [
        of(
            "Organization",
            "organization",
            "organizations",
            organization_id,
            organization_name,
            organization_name.is_some(),
        ),
        // Not every user has a name.
        of("User", "user", "users", user_id, user_name, true),
        of("Connection", "connection", "connections", connection_id, connection, connection.is_some()),
        of("Application", "application", "applications", client_id, client_name, client_name.is_some()),
    ];
    found.into_iter().flatten().collect()
}
