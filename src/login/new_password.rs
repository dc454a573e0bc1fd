//! What a page says of a password that is chosen: what the connection asks for, and what one lacks.

use axum::http::StatusCode;

use super::wait;
use crate::model::login::refusal;
use crate::model::password::{Level, PasswordPolicy, Shortcoming};
use crate::model::{ApiError, Connection};
use crate::web::text::{Text, text_key};

/// What the field's hint says, in one sentence a rule.
pub(super) fn hint(text: Text, connection: &Connection) -> String {
    let policy = PasswordPolicy::of(&connection.options);
    let mut rules = vec![text.count("password-least", "least", policy.least as u64)];
    match policy.level {
        Level::Fair => rules.push(text.get("password-kinds").to_owned()),
        Level::Good | Level::Excellent => rules.push(text.get("password-advice").to_owned()),
        Level::None | Level::Low => {}
    }
    rules.join(" ")
}

/// Which page a refusal leads to, and with which words; `None` for one that the form cannot mend.
pub(super) fn complaint(text: Text, refused: &ApiError) -> Option<(StatusCode, String)> {
    let bad = |message: String| Some((StatusCode::BAD_REQUEST, message));
    match refused.error_code.as_deref()? {
        refusal::WEAK_PASSWORD => bad(weakness(text, &refused.shortcomings)),
        refusal::TOO_BUSY => Some((StatusCode::SERVICE_UNAVAILABLE, text.get("passwords-busy").to_owned())),
        refusal::TOO_MANY_ATTEMPTS => {
            Some((StatusCode::TOO_MANY_REQUESTS, wait::message(text, text_key("too-many-tries"), refused)))
        }
        _ => None,
    }
}

fn weakness(text: Text, shortcomings: &[Shortcoming]) -> String {
    let say = |shortcoming: &Shortcoming| match shortcoming {
        Shortcoming::TooShort { least } => text.count("password-too-short", "least", *least as u64),
        Shortcoming::TooLong => text.get("password-too-long").to_owned(),
        Shortcoming::TooPlain => text.get("password-kinds").to_owned(),
        Shortcoming::Guessable => text.get("password-guessable").to_owned(),
        Shortcoming::Repetitive => text.get("password-repetitive").to_owned(),
        Shortcoming::Personal => text.get("password-personal").to_owned(),
        Shortcoming::Common => text.get("password-common").to_owned(),
        Shortcoming::UsedBefore => text.get("password-used-before").to_owned(),
    };
    shortcomings.iter().map(say).collect::<Vec<_>>().join(" ")
}
