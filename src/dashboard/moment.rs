//! Times as people read them.

use time::OffsetDateTime;
use time::macros::format_description;

use crate::model::Timestamp;

/// `30 November 2026, 06:14 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let form = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    moment.format(form).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_its_zone() {
        assert_eq!(moment(Timestamp(0)), "1 January 1970, 00:00 UTC");
    }
}
