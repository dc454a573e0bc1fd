//! Signing up: an account of a database connection, made by the login that first uses it.

use super::Management;
use super::answer::Answer;
use super::logins::{Stop, refused};
use super::recognize::{Prepared, Recognized};
use crate::model::Timestamp;
use crate::model::login::{LoginRecord, NewAccount, refusal};
use crate::store::{OpenConnection, Rows, StoredUser};

fn not_allowed() -> Stop {
    refused(refusal::SIGN_UP_NOT_ALLOWED, "Sign-up is not allowed here.")
}

pub(super) async fn prepare(
    _management: &Management,
    _record: &LoginRecord,
    _account: &NewAccount,
    _now: Timestamp,
) -> Answer<Prepared> {
    Ok(Prepared::default())
}

pub(super) async fn recognize(
    _rows: &mut Rows<'_>,
    _record: &LoginRecord,
    _connection: &OpenConnection,
    _account: &NewAccount,
    _now: Timestamp,
) -> Result<Recognized, Stop> {
    Err(not_allowed())
}

pub(super) async fn create(
    _rows: &mut Rows<'_>,
    _connection: &OpenConnection,
    _account: &NewAccount,
    _user_id: &str,
    _prepared: &Prepared,
    _now: Timestamp,
) -> Result<StoredUser, Stop> {
    Err(not_allowed())
}
