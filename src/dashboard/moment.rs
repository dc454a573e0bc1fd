//! A time as pages tell it: in UTC, for machines and for people.

use super::confirmation::counted;
use crate::model::Timestamp;

/// A time for machines and for people.
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

/// How long ago something was.
pub(super) fn ago(seconds: u64) -> String {
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} ago", counted(seconds / 60, "minute")),
        3600..86_400 => format!("{} ago", counted(seconds / 3600, "hour")),
        _ => format!("{} ago", counted(seconds / 86_400, "day")),
    }
}
