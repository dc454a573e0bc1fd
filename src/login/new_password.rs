//! What a page says of a password that is chosen: what the connection asks for, and what one lacks.

use axum::http::StatusCode;

use super::wait;
use crate::model::login::refusal;
use crate::model::password::PasswordPolicy;
use crate::model::{ApiError, Connection};
use crate::web::new_password;
use crate::web::text::{Text, text_key};

/// What the field's hint says.
pub(super) fn hint(text: Text, connection: &Connection) -> String {
    new_password::hint(text, &PasswordPolicy::of(&connection.options))
}

/// Which page a refusal leads to, and with which words; `None` for one that the form cannot mend.
pub(super) fn complaint(text: Text, refused: &ApiError) -> Option<(StatusCode, String)> {
    let bad = |message: String| Some((StatusCode::BAD_REQUEST, message));
    match refused.error_code.as_deref()? {
        refusal::WEAK_PASSWORD => bad(new_password::weakness(text, &refused.shortcomings)),
        refusal::TOO_BUSY => Some((StatusCode::SERVICE_UNAVAILABLE, text.get("passwords-busy").to_owned())),
        refusal::TOO_MANY_ATTEMPTS => {
            Some((StatusCode::TOO_MANY_REQUESTS, wait::message(text, text_key("too-many-tries"), refused)))
        }
        _ => None,
    }
}
