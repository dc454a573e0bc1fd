//! Signing in by a code sent by e-mail (strategy `email`).

use axum::response::Response;

use super::entrance::Entrance;
use super::error::LoginError;
use super::{Login, Visit};
use crate::model::Connection;

/// The first page: it asks for the address.
pub(super) fn page(
    _login: &Login,
    _visit: &Visit,
    entrance: &Entrance,
    _connection: &Connection,
) -> Result<Response, LoginError> {
    Err(entrance.not_enabled())
}
