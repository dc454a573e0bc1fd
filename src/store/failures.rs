//! Failed passwords, counted before they are checked so that parallel guesses cannot slip through.

use sqlx::Row;

use super::database::{Rows, StoreError};
use crate::model::Timestamp;

/// When attempts must wait.
#[derive(Debug, Clone, Copy)]
pub struct Throttle {
    /// Failures before the first wait.
    pub failures: i64,
    /// The first wait; it doubles with each further failure.
    pub wait_seconds: i64,
    /// The longest wait.
    pub longest_seconds: i64,
}

/// The longest wait between two attempts, so that whoever is attacked gets in again within the hour.
const LONGEST_WAIT_SECONDS: i64 = 3600;

/// Failures are forgotten when none came for this long.
const MEMORY_SECONDS: i64 = 3600;

impl Throttle {
    /// With the usual longest wait.
    pub fn new(failures: i64, wait_seconds: i64) -> Self {
        Self { failures, wait_seconds, longest_seconds: LONGEST_WAIT_SECONDS }
    }

    fn wait_after(self, failures: i64) -> Option<i64> {
        let beyond = failures - self.failures.max(1);
        let doublings = u32::try_from(beyond).ok()?.min(20);
        Some(self.wait_seconds.max(1).saturating_mul(1 << doublings).min(self.longest_seconds))
    }
}

impl Rows<'_> {
    /// Counts an attempt as failed until [`Rows::forgive_attempt`] or [`Rows::clear_failures`] says otherwise, and
    /// answers whether the bucket must wait from now on, should it fail.
    /// Answers the time until which the bucket must wait, if it must already; then nothing was counted.
    pub async fn count_attempt(
        &mut self,
        bucket: &str,
        throttle: Throttle,
        now: Timestamp,
    ) -> Result<Result<bool, Timestamp>, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO password_failures (bucket, failures, blocked_until, expires_at) VALUES ($1, 1, 0, $2) \
             ON CONFLICT (bucket) DO UPDATE SET expires_at = excluded.expires_at, failures = \
             CASE WHEN password_failures.expires_at <= $3 THEN 1 ELSE password_failures.failures + 1 END \
             WHERE password_failures.blocked_until <= $4 RETURNING failures",
        );
        let statement = statement.bind(bucket.to_owned()).bind(now.plus_seconds(MEMORY_SECONDS).0);
        let Some(row) = self.optional(statement.bind(now.0).bind(now.0)).await? else {
            return Ok(Err(self.blocked_until(bucket).await?));
        };
        let Some(seconds) = throttle.wait_after(row.try_get("failures")?) else { return Ok(Ok(false)) };
        let until = now.plus_seconds(seconds);
        let statement =
            sqlx::query("UPDATE password_failures SET blocked_until = $1, expires_at = $2 WHERE bucket = $3");
        let statement = statement.bind(until.0).bind(until.plus_seconds(MEMORY_SECONDS).0);
        self.execute(statement.bind(bucket.to_owned())).await?;
        Ok(Ok(true))
    }

    async fn blocked_until(&mut self, bucket: &str) -> Result<Timestamp, StoreError> {
        let statement = sqlx::query("SELECT blocked_until FROM password_failures WHERE bucket = $1");
        let row = self.optional(statement.bind(bucket.to_owned())).await?;
        row.map_or(Ok(Timestamp(0)), |row| Ok(Timestamp(row.try_get("blocked_until")?)))
    }

    /// Takes one counted attempt back, with the wait it began.
    pub async fn forgive_attempt(&mut self, bucket: &str) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE password_failures SET failures = failures - 1, blocked_until = 0 WHERE bucket = $1 AND failures > 0",
        );
        self.execute(statement.bind(bucket.to_owned())).await.map(|_| ())
    }

    pub async fn clear_failures(&mut self, bucket: &str) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM password_failures WHERE bucket = $1").bind(bucket.to_owned());
        self.execute(statement).await.map(|_| ())
    }

    /// Remembers a bucket without failures: an address that an account signed in from.
    pub async fn remember_bucket(&mut self, bucket: &str, expires_at: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO password_failures (bucket, failures, blocked_until, expires_at) VALUES ($1, 0, 0, $2) \
             ON CONFLICT (bucket) DO UPDATE SET expires_at = excluded.expires_at",
        );
        self.execute(statement.bind(bucket.to_owned()).bind(expires_at.0)).await.map(|_| ())
    }

    /// Whether the bucket is remembered.
    pub async fn knows_bucket(&mut self, bucket: &str, now: Timestamp) -> Result<bool, StoreError> {
        let statement = sqlx::query("SELECT bucket FROM password_failures WHERE bucket = $1 AND expires_at > $2");
        Ok(self.optional(statement.bind(bucket.to_owned()).bind(now.0)).await?.is_some())
    }
}
