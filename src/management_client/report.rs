//! What is remembered, as administrators and operators see it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::changes::Change;
use super::memory::{Entry, Memory};
use super::question::{Answer, Question};
use super::remembered::Remembered;
use crate::model::cache_report::{AnswerSource, CacheReport, LastError, RememberedOrganization};
use crate::model::{ShownOrganization, Timestamp};

impl Remembered {
    /// What is remembered, with `limit` organizations from the `start`th on, by name. It looks through everything.
    pub fn report(&self, start: u64, limit: u64) -> CacheReport {
        let now = Instant::now();
        let memory = self.memory();
        let mut organizations = organizations(memory);
        let total = organizations.len() as u64;
        organizations.sort_unstable_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        let part = organizations.iter().skip(usize::try_from(start).unwrap_or(usize::MAX));
        let part = part.take(usize::try_from(limit).unwrap_or(usize::MAX));
        let totals = memory.totals();
        let counts = memory.counts();
        CacheReport {
            upstream: self.upstream().map(|upstream| upstream.report(now)),
            entries: totals.entries,
            weight_bytes: totals.weight_bytes,
            most_bytes: self.most_bytes(),
            oldest_seconds: totals.oldest.map(|age| age.as_secs()),
            hits: counts.hits(),
            stale_hits: counts.stale_hits(),
            loads: counts.loads(),
            load_errors: counts.load_errors(),
            organizations: part.map(|(organization, entry)| told(memory, organization, entry, now)).collect(),
            start,
            limit,
            total,
        }
    }

    /// Forgets what is remembered of one organization, or everything.
    pub fn purge(&self, organization_id: Option<&str>) {
        let change = organization_id.map_or(Change::Everything, |id| Change::Organization(id.into()));
        self.memory().forget(&[change]);
    }

    /// Brings the metrics up to date that are not counted as things happen. It looks through everything.
    pub fn observe(&self) {
        let memory = self.memory();
        let totals = memory.totals();
        metrics::counter!("management_cache_hits_total").absolute(memory.counts().hits());
        metrics::counter!("management_cache_stale_hits_total").absolute(memory.counts().stale_hits());
        metrics::gauge!("management_cache_entries").set(totals.entries as f64);
        metrics::gauge!("management_cache_weight_bytes").set(totals.weight_bytes as f64);
        let oldest = totals.oldest.unwrap_or_default();
        metrics::gauge!("management_cache_oldest_seconds").set(oldest.as_secs_f64());
    }
}

/// Each organization once, though it may be remembered by its id and by its name: as it came last.
fn organizations(memory: &Memory) -> Vec<(Arc<ShownOrganization>, Entry)> {
    let mut found: Vec<(Arc<ShownOrganization>, Entry)> = memory
        .entries()
        .filter_map(|(_, entry)| match &entry.answer {
            Answer::Organization(Some(organization)) => Some((organization.clone(), entry)),
            _ => None,
        })
        .collect();
    let now = Instant::now();
    found.sort_unstable_by(|(one, its), (other, others)| {
        one.id.cmp(&other.id).then(its.fetched.age(now).cmp(&others.fetched.age(now)))
    });
    found.dedup_by(|(later, _), (first, _)| later.id == first.id);
    found
}

fn told(memory: &Memory, organization: &ShownOrganization, entry: &Entry, now: Instant) -> RememberedOrganization {
    let ShownOrganization { id, name, display_name, .. } = organization;
    let options = memory.options(id);
    let asked = [Question::LoginOptions(id.as_str()), Question::Organization(id), Question::Organization(name)];
    let failures = asked.iter().filter_map(|asked| memory.failure(asked));
    let last_error = failures.max_by_key(|failure| failure.at).map(|failure| LastError {
        message: failure.error.to_string(),
        at: ago(now.saturating_duration_since(failure.at)),
    });
    RememberedOrganization {
        id: id.to_string(),
        name: name.to_string(),
        display_name: display_name.as_ref().map(ToString::to_string),
        age_seconds: entry.fetched.age(now).as_secs(),
        source: if entry.fetched.is_from_file { AnswerSource::File } else { AnswerSource::Api },
        login_options: options.as_ref().map(|(options, _)| options.len() as u64),
        login_options_age_seconds: options.map(|(_, fetched)| fetched.age(now).as_secs()),
        last_error,
    }
}

fn ago(age: Duration) -> Timestamp {
    let Timestamp(now) = Timestamp::now();
    Timestamp(now - i64::try_from(age.as_millis()).unwrap_or_default())
}
