//! When the secret of a connection ends, as an administrator wrote it down: identity providers do not tell.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::model::{Connection, Timestamp};

/// Where it is kept, in the connection's metadata; also the name of the field.
pub(super) const KEY: &str = "client_secret_expires_on";
/// Days before the end from which on a warning is shown.
const EARLY: i64 = 30;

const DAY: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]");

/// What was written down; empty when nothing was.
pub(super) fn written(connection: &Connection) -> String {
    connection.metadata.as_ref().and_then(|metadata| metadata.get(KEY)).cloned().unwrap_or_default()
}

/// Whether the text is a day such as `2027-01-31`.
pub(super) fn is_day(text: &str) -> bool {
    Date::parse(text, DAY).is_ok()
}

/// What to say of a secret that ends soon, or has ended.
pub(super) fn warning(connection: &Connection, now: Timestamp) -> Option<String> {
    let written = written(connection);
    let day = Date::parse(&written, DAY).ok()?;
    let today = OffsetDateTime::from_unix_timestamp(now.seconds()).ok()?.date();
    match (day - today).whole_days() {
        days if days > EARLY => None,
        days if days < 0 => Some(format!("Its secret ended on {written}")),
        0 => Some("Its secret ends today".to_owned()),
        1 => Some("Its secret ends tomorrow".to_owned()),
        days => Some(format!("Its secret ends in {days} days")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_warned_of_a_month_before_it_ends() {
        // 2026-11-30.
        let now = Timestamp(1_796_000_000_000);
        let said = |day: &str| {
            let connection = json!({ "id": "con_1", "name": "acme", "strategy": "oidc", "metadata": { KEY: day } });
            warning(&serde_json::from_value(connection).expect("a connection"), now)
        };
        assert_eq!(said("2026-12-31"), None);
        assert_eq!(said("2026-12-30").as_deref(), Some("Its secret ends in 30 days"));
        assert_eq!(said("2026-12-01").as_deref(), Some("Its secret ends tomorrow"));
        assert_eq!(said("2026-11-30").as_deref(), Some("Its secret ends today"));
        assert_eq!(said("2026-11-29").as_deref(), Some("Its secret ended on 2026-11-29"));
        assert_eq!(said("soon"), None);
        assert!(is_day("2028-02-29") && !is_day("2027-02-29") && !is_day(""));
    }
}
