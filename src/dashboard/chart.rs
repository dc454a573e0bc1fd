//! Pictures of numbers, drawn in the page itself: days as columns, and a ranking as bars.

use crate::model::login_stats::DayOfLogins;

use super::confirmation::{counted, quoted};

/// Letters of a label that fit beside a number on a phone.
const LONGEST_LABEL: usize = 34;
/// Pixels of one bar with its label.
const BAR: usize = 42;

/// Logins and refusals of days that follow one another. Places and sizes are per cent, so that it is as wide as its page.
pub(super) struct Days {
    /// What the picture shows, in a sentence.
    pub(super) description: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Day>,
    /// What the highest column stands for.
    pub(super) most: u64,
}

/// A column: refusals stand upon logins.
pub(super) struct Column {
    pub(super) x: String,
    pub(super) width: String,
    pub(super) logins: Part,
    pub(super) refusals: Part,
    pub(super) says: String,
}

pub(super) struct Part {
    pub(super) y: String,
    pub(super) height: String,
}

/// A row of the table behind the picture.
pub(super) struct Day {
    pub(super) date: String,
    pub(super) logins: u64,
    pub(super) signups: u64,
    pub(super) refusals: u64,
}

fn per_cent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

impl Days {
    pub(super) fn of(days: &[DayOfLogins]) -> Self {
        let most = days.iter().map(|day| day.logins + day.refusals).max().unwrap_or_default();
        let width = 1.0 / days.len().max(1) as f64;
        let row = |day: &DayOfLogins| Day {
            date: day.date.to_string().chars().take(10).collect(),
            logins: day.logins,
            signups: day.signups,
            refusals: day.refusals,
        };
        let column = |(index, day): (usize, &DayOfLogins)| {
            let (logins, refusals) = (share(day.logins, most), share(day.refusals, most));
            Column {
                x: per_cent((index as f64 + 0.1) * width),
                width: per_cent(0.8 * width),
                logins: Part { y: per_cent(1.0 - logins), height: per_cent(logins) },
                refusals: Part { y: per_cent(1.0 - logins - refusals), height: per_cent(refusals) },
                says: format!("{}: {}, {} refused", row(day).date, counted(day.logins, "login"), day.refusals),
            }
        };
        let (logins, refusals) = days.iter().fold((0, 0), |sum, day| (sum.0 + day.logins, sum.1 + day.refusals));
        Self {
            description: format!("{} and {} refused in {} days.", counted(logins, "login"), refusals, days.len()),
            columns: days.iter().enumerate().map(column).collect(),
            rows: days.iter().map(row).collect(),
            most,
        }
    }
}

/// What there was most of.
pub(super) struct Ranking {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What is ranked, and what is counted.
    pub(super) heads: (&'static str, &'static str),
    pub(super) bars: Vec<Bar>,
}

pub(super) struct Bar {
    /// Of which the picture shows the beginning.
    pub(super) label: String,
    pub(super) short: String,
    /// A page that tells more.
    pub(super) href: Option<String>,
    pub(super) number: u64,
    pub(super) width: String,
    /// Of the label and of the bar, in pixels from the top.
    pub(super) label_y: usize,
    pub(super) bar_y: usize,
}

impl Ranking {
    /// Of labels with their pages and numbers, the largest first.
    pub(super) fn of(
        id: &'static str,
        title: &'static str,
        heads: (&'static str, &'static str),
        numbers: impl IntoIterator<Item = (String, Option<String>, u64)>,
    ) -> Self {
        let numbers: Vec<_> = numbers.into_iter().collect();
        let most = numbers.first().map_or(0, |(_, _, number)| *number);
        let bar = |(index, (label, href, number)): (usize, (String, Option<String>, u64))| Bar {
            short: short(&label),
            width: per_cent(share(number, most)),
            label_y: index * BAR + 15,
            bar_y: index * BAR + 22,
            label,
            href,
            number,
        };
        Self { id, title, heads, bars: numbers.into_iter().enumerate().map(bar).collect() }
    }

    pub(super) fn height(&self) -> usize {
        self.bars.len() * BAR
    }

    /// What the picture shows, in a sentence.
    pub(super) fn description(&self) -> String {
        let said: Vec<String> = self.bars.iter().map(|bar| format!("{} {}", bar.short, bar.number)).collect();
        said.join(", ")
    }
}

fn short(label: &str) -> String {
    match label.chars().count() > LONGEST_LABEL {
        true => quoted(&label.chars().take(LONGEST_LABEL - 1).chain(['…']).collect::<String>()),
        false => quoted(label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn the_busiest_day_is_as_high_as_the_picture() {
        let day = |day, logins, refusals| DayOfLogins { date: Timestamp::of_day(day), logins, signups: 0, refusals };
        let days = Days::of(&[day(0, 0, 0), day(1, 6, 2), day(2, 2, 0)]);
        let heights: Vec<_> =
            days.columns.iter().map(|it| (it.logins.height.as_str(), it.refusals.y.as_str())).collect();
        assert_eq!(heights, [("0.00%", "100.00%"), ("75.00%", "0.00%"), ("25.00%", "75.00%")]);
        assert_eq!(days.description, "8 logins and 2 refused in 3 days.");
        assert_eq!(Days::of(&[day(0, 0, 0)]).columns[0].logins.height, "0.00%");
    }
}
