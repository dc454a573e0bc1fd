//! What an identity provider posts and no address may carry: kept for a moment, until the browser comes again with
//! its cookies (design §5.10).

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::error::LoginError;
use super::{Login, Visit};
use crate::model::{Timestamp, new_secret};
use crate::oidc::relying_party::Callback;
use crate::store::Kind;
use crate::web::{body, redirect};

/// The parameter that names what was posted.
pub(super) const PARAMETER: &str = "posted";

/// The browser comes again at once.
const SECONDS: i64 = 60;

/// Bytes of a form that is kept: several of the longest ID tokens.
const MAX_BYTES: usize = 32 * 1024;

/// The parts of a posted answer that stay out of logs and histories.
#[derive(Serialize, Deserialize)]
struct Posted {
    /// Whose answer it is: it completes no other one.
    state: String,
    id_token: Option<String>,
    user: Option<String>,
}

/// Whether a form has parts to be kept.
pub(super) fn is_needed(form: &[u8]) -> bool {
    url::form_urlencoded::parse(form).any(|(name, _)| is_kept(&name))
}

fn is_kept(name: &str) -> bool {
    matches!(name, "id_token" | "user")
}

/// Keeps the secret parts of a form, and sends the browser on to `path` with the rest as query.
pub(super) async fn keep(login: &Login, visit: &Visit, path: &str, form: &[u8]) -> Result<Response, LoginError> {
    if form.len() > MAX_BYTES {
        return Ok(body::too_large());
    }
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(form).into_owned().collect();
    let once = |name: &str| {
        let mut values = fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone());
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(LoginError::NoSuchTrip),
        }
    };
    let state = once("state")?.ok_or(LoginError::NoSuchTrip)?;
    let posted = Posted { state, id_token: once("id_token")?, user: once("user")? };
    login.posts.check(visit.address).map_err(|wait| LoginError::TooMany { seconds: wait.0 })?;
    let (secret, end) = (new_secret(), Timestamp::now().plus_seconds(SECONDS));
    login.logins.put(Kind::Posted, &secret, "", &posted, end).await?;
    let rest = fields.iter().filter(|(name, _)| !is_kept(name) && name != PARAMETER);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(rest).append_pair(PARAMETER, &secret).finish();
    Ok(redirect::form_as_query(path, query.as_bytes(), login.settings.longest_query()))
}

/// Adds to an answer what was posted with it, once.
pub(super) async fn take(
    login: &Login,
    secret: &str,
    state: &str,
    callback: Callback,
    now: Timestamp,
) -> Result<Callback, LoginError> {
    let posted: Option<Posted> = login.logins.take(Kind::Posted, secret, now).await?;
    let posted = posted.filter(|posted| posted.state == state).ok_or(LoginError::NoSuchTrip)?;
    Ok(Callback { id_token: posted.id_token, user: posted.user, ..callback })
}
