//! The forms of our own pages: which are taken, and what was typed into one.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use super::error::LoginError;
use super::{Login, Visit};
use crate::web::form::{self, NotTaken};

/// What stands for bytes that are no text, and for a NUL.
pub(super) const NO_TEXT: char = '\u{fffd}';

/// Lets through what one of our own pages sent. A form of another site would sign the person in as somebody else,
/// choose or join for them, or send mails to others.
pub(super) async fn guard(State(login): State<Arc<Login>>, visit: Visit, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        // There is nothing here for it: 405.
        return next.run(request).await;
    }
    let public_url = &login.settings.server.public_url;
    match form::check(&visit.headers, public_url, visit.address, &login.forms) {
        Ok(()) => next.run(request).await,
        Err(NotTaken::CrossSite) => LoginError::CrossSite.answer(&login, &visit),
        Err(NotTaken::NoForm) => LoginError::BrokenForm.answer(&login, &visit),
        Err(NotTaken::Wait(seconds)) => LoginError::TooMany { seconds }.answer(&login, &visit),
    }
}

/// The fields of these names, of a form or a query; one that was not sent is empty. The Management API takes no NUL,
/// and nobody's address, name or password has one: it is replaced, so that such a try is a wrong one.
///
/// # Errors
/// When one comes twice: a form that can be read in two ways is nobody's.
pub(super) fn read<const N: usize>(form: &[u8], names: [&str; N]) -> Result<[String; N], LoginError> {
    let mut fields = [const { String::new() }; N];
    let mut seen = [false; N];
    for (name, value) in url::form_urlencoded::parse(form) {
        let Some(index) = names.iter().position(|known| *known == name) else { continue };
        if std::mem::replace(&mut seen[index], true) {
            return Err(LoginError::BrokenForm);
        }
        fields[index] = value.replace('\0', "\u{fffd}");
    }
    Ok(fields)
}
