//! Trips that were answered already: a lost reply may be asked for again, and nothing is written twice.

use super::logins::Stop;
use crate::model::login::{LoginRecord, Proof};
use crate::model::{ApiError, Timestamp, sha256};
use crate::store::{AnsweredTrip, Rows};

/// How long a lost reply may be asked for again.
pub(super) const TRIP_SECONDS: i64 = 3600;

/// What the trip of this login was answered, if it was.
///
/// # Errors
/// 409 `trip_conflict` when the trip belongs to another login.
pub(super) async fn find_answered(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    user_id: &str,
    now: Timestamp,
) -> Result<Option<AnsweredTrip>, Stop> {
    let Some(trip) = trip(record) else { return Ok(None) };
    let answered = rows.find_answered_trip(&trip, now).await?;
    if answered.as_ref().is_some_and(|answered| answered.fingerprint != fingerprint(record, user_id)) {
        let error = ApiError::conflict(Some("trip_conflict"), "This trip_id belongs to another login.");
        return Err(Stop::Refused { error, kind: "f", user_id: Some(user_id.to_owned()) });
    }
    Ok(answered)
}

/// Under which key the trip's answer is kept. A session's proof has no trip: it writes nothing twice.
pub(super) fn trip(record: &LoginRecord) -> Option<String> {
    record.trip_id.as_deref().filter(|_| !matches!(record.proof, Proof::Session { .. })).map(sha256)
}

/// Tells one login from another that names the same trip.
pub(super) fn fingerprint(record: &LoginRecord, user_id: &str) -> String {
    let organization_id = record.organization_id.as_deref().unwrap_or_default();
    sha256(&[organization_id, &record.client_id, &record.connection_id, user_id].join("\n"))
}
