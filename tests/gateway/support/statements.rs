//! The SQL that the servers of this process run, as their own log tells it.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

static STATEMENTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static WATCH: Once = Once::new();

/// From now on every statement is noted.
pub fn watch() {
    WATCH.call_once(|| {
        let notes = Notes.with_filter(Targets::new().with_target("sqlx::query", tracing::Level::DEBUG));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(notes)).unwrap();
    });
}

/// The distinct statements noted so far that read a part of a list.
pub fn lists() -> Vec<String> {
    let statements = STATEMENTS.lock().unwrap();
    statements.iter().filter(|sql| sql.starts_with("SELECT") && sql.contains("OFFSET")).cloned().collect()
}

struct Notes;

impl<S: Subscriber> Layer<S> for Notes {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Self);
    }
}

impl Visit for Notes {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "db.statement" {
            STATEMENTS.lock().unwrap().insert(value.trim().to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
