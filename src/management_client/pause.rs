//! How long an API wants to be left alone, as its answers say.

use std::time::{Duration, Instant, SystemTime};

use hyper::header::{self, HeaderMap};

const FIRST_GUESS: Duration = Duration::from_secs(1);
/// Nobody is waited for longer, whatever an answer says.
const LONGEST: Duration = Duration::from_secs(60);

/// Until when the API has asked for nothing to be sent.
#[derive(Debug, Default)]
pub(super) struct Pause {
    asked: Option<Asked>,
    refreshes_until: Option<Instant>,
}

#[derive(Debug)]
struct Asked {
    since: Instant,
    until: Instant,
    /// What is waited when the next answer does not say how long.
    next_guess: Duration,
    times: u64,
}

impl Pause {
    /// An answer said to wait, this long or for a time of our choice. A crowd's answers make one pause.
    pub(super) fn asked(&mut self, wait: Option<Duration>, now: Instant) {
        let asked = self.asked.get_or_insert(Asked { since: now, until: now, next_guess: FIRST_GUESS, times: 0 });
        asked.times += 1;
        if wait.is_none() && now < asked.until {
            return;
        }
        let until = now + wait.unwrap_or(asked.next_guess).clamp(FIRST_GUESS, LONGEST);
        if wait.is_none() {
            asked.next_guess = (asked.next_guess * 2).min(LONGEST);
        }
        asked.until = asked.until.max(until);
    }

    /// Nothing is left of the API's budget until then. Only what nobody waits for is held back: the API of another
    /// vestibule means "full again" by it, so stopping everybody would be wrong.
    pub(super) fn hold_refreshes(&mut self, wait: Duration, now: Instant) {
        self.refreshes_until = Some(now + wait.min(LONGEST));
    }

    /// A call was answered; those sent before the pause do not end it.
    pub(super) fn answered(&mut self, now: Instant) {
        self.asked.take_if(|asked| asked.until <= now);
    }

    /// The time that is left.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        remaining(self.asked.as_ref().map(|asked| asked.until), now)
    }

    /// The time that is left for what nobody waits for.
    pub(super) fn left_for_refreshes(&self, now: Instant) -> Option<Duration> {
        remaining(self.refreshes_until, now)
    }

    /// Since when it has asked for pauses, and how often, without an answer after one.
    pub(super) fn pausing(&self) -> Option<(Instant, u64)> {
        self.asked.as_ref().map(|asked| (asked.since, asked.times))
    }
}

fn remaining(until: Option<Instant>, now: Instant) -> Option<Duration> {
    until?.checked_duration_since(now).filter(|left| !left.is_zero())
}

/// `Retry-After`: seconds, or a date (RFC 9110 §10.2.3).
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default())
}

/// The time until `X-RateLimit-Reset`, in Unix seconds, when `X-RateLimit-Remaining` says that nothing is left.
pub(super) fn rate_limit_reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    if number("x-ratelimit-remaining")? > 0 {
        return None;
    }
    let reset = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(number("x-ratelimit-reset")?))?;
    reset.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().expect("a name"), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn it_lasts_as_long_as_was_said_and_a_minute_at_most() {
        let now = Instant::now();
        for (said, expected) in [(0, 1), (1, 1), (7, 7), (60, 60), (86400, 60)] {
            let mut pause = Pause::default();
            pause.asked(Some(SECOND * said), now);
            assert_eq!(pause.left(now), Some(SECOND * expected), "{said}");
            assert_eq!(pause.left(now + SECOND * expected), None, "{said}");
        }
    }

    #[test]
    fn without_a_number_it_grows_until_an_answer_comes() {
        let (mut pause, mut now) = (Pause::default(), Instant::now());
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            pause.asked(None, now);
            // The rest of a crowd hears the same.
            pause.asked(None, now + SECOND / 2);
            assert_eq!(pause.left(now), Some(SECOND * expected));
            now += SECOND * expected;
        }
        pause.answered(now);
        assert_eq!(pause.pausing(), None);
        pause.asked(None, now);
        assert_eq!(pause.left(now), Some(SECOND));
    }

    #[test]
    fn a_longer_wait_counts_and_a_late_answer_does_not() {
        let (mut pause, now) = (Pause::default(), Instant::now());
        pause.asked(Some(SECOND * 10), now);
        pause.asked(Some(SECOND * 2), now);
        pause.answered(now);
        assert_eq!((pause.left(now), pause.pausing()), (Some(SECOND * 10), Some((now, 2))));
    }

    #[test]
    fn a_spent_budget_holds_only_what_nobody_waits_for() {
        let (mut pause, now) = (Pause::default(), Instant::now());
        pause.hold_refreshes(SECOND * 300, now);
        assert_eq!((pause.left(now), pause.left_for_refreshes(now)), (None, Some(LONGEST)));
        assert_eq!(pause.left_for_refreshes(now + LONGEST), None);
    }

    #[test]
    fn headers_say_how_long_in_each_of_their_ways() {
        // 1994-11-06 08:49:37, the example of RFC 9110.
        let now = SystemTime::UNIX_EPOCH + SECOND * 784_111_777;
        let wait = |text| retry_after(&headers(&[("retry-after", text)]), now);
        assert_eq!(wait("120"), Some(SECOND * 120));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:07 GMT"), Some(SECOND * 30));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
        for text in ["", "soon", "-1", "1.5", "99999999999999999999999"] {
            assert_eq!(wait(text), None, "{text:?}");
        }
        let reset = |remaining, at| {
            rate_limit_reset(&headers(&[("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", at)]), now)
        };
        assert_eq!(reset("0", "784111782"), Some(SECOND * 5));
        for (remaining, at) in [("1", "784111782"), ("0", "784111700"), ("0", "never"), ("0", "18446744073709551615")] {
            assert_eq!(reset(remaining, at), None, "{remaining} {at}");
        }
    }
}
