//! A time as pages tell it: in UTC, for machines and for people.

use time::OffsetDateTime;
use time::macros::format_description;

use super::confirmation::counted;
use crate::model::Timestamp;

/// A time for machines and, to the second, for people.
pub(super) struct Moment {
    pub(super) iso: String,
    pub(super) words: String,
}

impl Moment {
    pub(super) fn of(date: Timestamp) -> Self {
        let iso = date.to_string();
        let words =
            format!("{} UTC", iso.trim_end_matches('Z').replace('T', " ").split('.').next().unwrap_or_default());
        Self { iso, words }
    }
}

/// `30 November 2026, 06:14 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let form = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    moment.format(form).unwrap_or_default()
}

/// How long ago something was.
pub(super) fn ago(seconds: u64) -> String {
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} ago", counted(seconds / 60, "minute")),
        3600..86_400 => format!("{} ago", counted(seconds / 3600, "hour")),
        _ => format!("{} ago", counted(seconds / 86_400, "day")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_its_zone() {
        assert_eq!(moment(Timestamp(0)), "1 January 1970, 00:00 UTC");
        assert_eq!(Moment::of(Timestamp(0)).words, "1970-01-01 00:00:00 UTC");
        assert_eq!((ago(59), ago(7200)), ("just now".to_owned(), "2 hours ago".to_owned()));
    }
}
