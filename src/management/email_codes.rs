//! Signing in by a code sent by e-mail (strategy `email`).

use super::logins::{Stop, not_enabled};
use super::recognize::Recognized;
use crate::model::Timestamp;
use crate::model::login::LoginRecord;
use crate::store::{OpenConnection, Rows, StoredUser};

pub(super) async fn recognize(
    _rows: &mut Rows<'_>,
    _record: &LoginRecord,
    _connection: &OpenConnection,
    _challenge: &str,
    _code: &str,
    _now: Timestamp,
) -> Result<Recognized, Stop> {
    Err(not_enabled())
}

pub(super) async fn create(
    _rows: &mut Rows<'_>,
    _record: &LoginRecord,
    _connection: &OpenConnection,
    _user_id: &str,
    _now: Timestamp,
) -> Result<StoredUser, Stop> {
    Err(not_enabled())
}
