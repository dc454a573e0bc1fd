//! A log line as JSON: what happened as members of one object, in the order of the event.

use std::fmt::{self, Debug};
use std::io;

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// `{"timestamp":...,"level":...,` the event's own members `,"target":...}`. It knows no spans, which nothing here
/// opens, and writes straight into the line: tracing-subscriber's own costs several times as much.
#[derive(Debug)]
pub(crate) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        writer.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut writer)?;
        writer.write_str("\",\"level\":\"")?;
        writer.write_str(metadata.level().as_str())?;
        writer.write_char('"')?;
        let mut members = Members { line: &mut writer, outcome: Ok(()) };
        event.record(&mut members);
        members.add("target", metadata.target());
        members.outcome?;
        writer.write_str("}\n")
    }
}

/// Adds members to a line.
struct Members<'a, 'w> {
    line: &'a mut Writer<'w>,
    outcome: fmt::Result,
}

impl Members<'_, '_> {
    fn add(&mut self, name: &str, value: impl Serialize) {
        let outcome = self.write(name, value);
        self.outcome = self.outcome.and(outcome);
    }

    fn write(&mut self, name: &str, value: impl Serialize) -> fmt::Result {
        // Names are written in the code, and need no escaping.
        self.line.write_str(",\"")?;
        self.line.write_str(name)?;
        self.line.write_str("\":")?;
        serde_json::to_writer(Utf8(self.line), &value).map_err(|_| fmt::Error)
    }
}

impl Visit for Members<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }
}

/// serde_json writes bytes, which are UTF-8 piece by piece.
struct Utf8<'a, 'w>(&'a mut Writer<'w>);

impl io::Write for Utf8<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_str(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_object_whatever_it_says() {
        let kept = Kept::default();
        let writer = kept.clone();
        let log = tracing_subscriber::fmt().event_format(Json).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(log, || {
            let error = "\"quoted\"\u{1b}[0m\r\nää";
            tracing::warn!(target: "a::room", %error, text = error, count = 7, less = -1, share = 0.25, on = true, "it's \"ill\"");
        });
        let line = String::from_utf8(kept.0.lock().expect("no panic").clone()).expect("text");
        assert_eq!(line.find('\n'), Some(line.len() - 1), "{line}");
        let mut members: Value = serde_json::from_str(&line).expect("JSON");
        let timestamp = members["timestamp"].take();
        assert!(timestamp.as_str().is_some_and(|it| it.len() == 27 && it.ends_with('Z')), "{timestamp}");
        let told = "\"quoted\"\u{1b}[0m\r\nää";
        assert_eq!(
            members,
            json!({
                "timestamp": null, "level": "WARN", "message": "it's \"ill\"", "error": told, "text": told, "count": 7,
                "less": -1, "share": 0.25, "on": true, "target": "a::room",
            })
        );
    }
}
