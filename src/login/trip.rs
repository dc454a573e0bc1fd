//! The trip: one journey to an identity provider and back, a row that is taken once (design §5.1).

use axum::http::header;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use url::Url;

use super::entrance::Entrance;
use super::error::LoginError;
use super::{Login, Visit, audience, options};
use crate::model::{ShownConnection, Timestamp, new_secret, random_alphanumeric, sha256};
use crate::oidc::authorization::Prompt;
use crate::oidc::relying_party::{Handshake, Wish};
use crate::store::Kind;
use crate::web::cookies::Purpose;
use crate::web::redirect;

/// What must come back unchanged; found by the hash of [`key`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trip {
    /// Makes recording the login repeatable without making it twice.
    pub(super) id: String,
    /// The authorize request; checked again on the way back.
    pub(super) query: String,
    pub(super) organization_id: Option<String>,
    pub(super) connection_id: String,
    pub(super) handshake: Handshake,
}

/// What the trip's row is found by: the `state` together with the browser's cookie. Whoever has only one of them
/// neither goes on nor ends the trip.
pub(super) fn key(state: &str, browser: &str) -> String {
    format!("{state}.{browser}")
}

/// Sends the browser to the identity provider.
pub(super) async fn begin(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    connection: &ShownConnection,
    now: Timestamp,
) -> Result<Response, LoginError> {
    login.trips.check(visit.address).map_err(|wait| LoginError::TooMany { seconds: wait.0 })?;
    // Refused before anybody signs in for nothing.
    audience::scopes(login, entrance).await?;
    let whole = options::whole(&login.deciding, entrance, &connection.id).await?;
    let (url, handshake) = login
        .relying_party
        .begin(&whole, &wish(entrance))
        .await
        .map_err(|error| LoginError::trip_failed(entrance, connection, error))?;
    let trip = Trip {
        id: random_alphanumeric(22),
        query: entrance.authorization.request().to_query(),
        organization_id: entrance.organization_id(),
        connection_id: connection.id.to_string(),
        handshake,
    };
    depart(login, visit, (Kind::Trip, &trip.handshake.state), &trip, &url, now).await
}

/// Keeps what must come back, by the `state` and this browser, and sends the browser there.
pub(super) async fn depart(
    login: &Login,
    visit: &Visit,
    (kind, state): (Kind, &str),
    kept: &impl Serialize,
    url: &Url,
    now: Timestamp,
) -> Result<Response, LoginError> {
    // One cookie binds all trips of a browser, so they do not pile up.
    let browser = login.cookies.read(&visit.headers, Purpose::Browser).unwrap_or_else(new_secret);
    let seconds = login.settings.login.trip_seconds;
    login.logins.put(kind, &key(state, &browser), &sha256(&browser), kept, now.plus_seconds(seconds)).await?;
    let mut response = redirect::found(url.as_str());
    let cookie = login.cookies.set(Purpose::Browser, &browser, Some(seconds));
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// What of the request the identity provider is told.
fn wish(entrance: &Entrance) -> Wish {
    let authorization = &entrance.authorization;
    let text = |name: &str| authorization.request().get(name).map(str::to_owned);
    // Every OpenID provider knows `login`; not every one knows `select_account`, and may refuse it.
    let asks_anew = authorization.wants(Prompt::Login) || authorization.wants(Prompt::SelectAccount);
    Wish {
        login_hint: Some(entrance.login_hint()).filter(|hint| !hint.is_empty()).map(str::to_owned),
        prompt: asks_anew.then(|| "login".to_owned()),
        max_age: authorization.max_age,
        ui_locales: text("ui_locales"),
        acr_values: text("acr_values"),
        parameters: authorization
            .request()
            .parameters()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    }
}
