//! How long an answer is used, and for what (design §6).

use std::time::Duration;

use crate::config;
use crate::model::random_bytes;

/// How long answers are used, by their age.
#[derive(Debug, Clone, Copy)]
pub(in crate::management_client) struct Windows {
    /// Without asking again.
    pub(super) fresh: Duration,
    /// For a page, while one refresh runs behind it.
    pub(super) while_revalidating: Duration,
    /// For a page, while the API fails.
    pub(super) if_error: Duration,
    /// "There is none": it may be made at any moment.
    pub(super) absent: Duration,
    /// How long a failure is believed at first, and at most.
    pub(super) failure: (Duration, Duration),
}

/// What an answer is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Fresh,
    /// To draw a page at once, with a refresh behind it.
    Stale,
    /// To draw a page when the API does not answer.
    Fallback,
}

impl Windows {
    /// Of an API in this process, or of another machine's: asking the former is cheap, so what is no longer fresh is
    /// read again before the page is drawn, since another node may have written.
    pub(in crate::management_client) fn new(settings: &config::Management) -> Self {
        let revalidates = settings.url.is_some();
        let seconds = Duration::from_secs;
        Self {
            fresh: seconds(settings.fresh_seconds),
            while_revalidating: seconds(settings.stale_while_revalidate_seconds * u64::from(revalidates)),
            if_error: seconds(settings.stale_if_error_seconds),
            absent: seconds(settings.absent_seconds),
            failure: (seconds(settings.failure_seconds), seconds(settings.longest_failure_seconds)),
        }
    }

    /// `None`: for nothing.
    pub(super) fn standing(&self, age: Duration, is_absent: bool) -> Option<Standing> {
        match age {
            age if is_absent && age >= self.absence() => None,
            age if age < self.fresh => Some(Standing::Fresh),
            age if age < self.while_revalidating => Some(Standing::Stale),
            age if age < self.if_error => Some(Standing::Fallback),
            _ => None,
        }
    }

    /// How long "there is none" is believed.
    pub(super) fn absence(&self) -> Duration {
        self.absent.min(self.fresh)
    }

    /// How long the `count`th failure in a row is believed: twice as long each time, within the limits, and by chance
    /// up to a quarter more, so that not everything that failed at once is asked again at once.
    pub(super) fn pause(&self, count: u32) -> Duration {
        let (first, longest) = self.failure;
        let whole = first.saturating_mul(1 << (count.clamp(1, 20) - 1)).min(longest);
        let [chance] = random_bytes::<1>();
        whole.mul_f64(1.0 + f64::from(chance) / 1024.0).min(longest.max(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(more: &str) -> Windows {
        let settings = crate::config::Config::from_text(more, std::iter::empty()).expect("settings");
        Windows::new(&settings.management)
    }

    const REMOTE: &str = "management.url = \"https://api.example\"\nmanagement.client_id = \"gateway\"\n\
                          management.client_secret = \"secret\"\nstorage.root_key = \"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\"";

    #[test]
    fn an_answer_grows_old_step_by_step() {
        let (remote, embedded) = (windows(REMOTE), windows(""));
        for (seconds, of_remote, of_embedded) in [
            (29, Some(Standing::Fresh), Some(Standing::Fresh)),
            (30, Some(Standing::Stale), Some(Standing::Fallback)),
            (599, Some(Standing::Stale), Some(Standing::Fallback)),
            (600, Some(Standing::Fallback), Some(Standing::Fallback)),
            (86_399, Some(Standing::Fallback), Some(Standing::Fallback)),
            (86_400, None, None),
        ] {
            let age = Duration::from_secs(seconds);
            assert_eq!(remote.standing(age, false), of_remote, "{seconds}");
            assert_eq!(embedded.standing(age, false), of_embedded, "{seconds}");
        }
        assert_eq!(remote.standing(Duration::from_millis(4999), true), Some(Standing::Fresh));
        assert_eq!(remote.standing(Duration::from_secs(5), true), None, "nothing is drawn from an absence");
    }

    #[test]
    fn a_failure_is_believed_longer_each_time() {
        let windows = windows("");
        for (count, least, most) in [(1, 1000, 1250), (2, 2000, 2500), (5, 16_000, 20_000), (9, 30_000, 30_000)] {
            let pause = windows.pause(count).as_millis();
            assert!((least..=most).contains(&pause), "{count}: {pause}");
        }
    }
}
