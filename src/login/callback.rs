//! The callback: the identity provider sends the browser back, and the login is decided.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;

use super::entrance::{self, Entrance, Found};
use super::error::LoginError;
use super::trip::{self, Trip};
use super::{Login, Visit, options, posted, session, trial};
use crate::model::login::{Identity, LoginRecord, Proof};
use crate::model::{Connection, ShownConnection, Timestamp};
use crate::oidc::relying_party::{Callback, RelyingPartyError};
use crate::store::Kind;
use crate::web::cookies::Purpose;

/// `GET /login/callback/{connection}`.
pub(super) async fn get(State(login): State<Arc<Login>>, Path(connection): Path<String>, mut visit: Visit) -> Response {
    arrive(&login, &mut visit, &connection).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

/// A `form_post` answer carries no cookie of ours: it comes again as a GET, with them (design §5.10).
pub(super) async fn post(
    State(login): State<Arc<Login>>,
    Path(connection): Path<String>,
    visit: Visit,
    body: Bytes,
) -> Response {
    let connection = url::form_urlencoded::byte_serialize(connection.as_bytes()).collect::<String>();
    let path = format!("/login/callback/{connection}");
    match visit.query.is_empty() && posted::is_needed(&body) {
        true => posted::keep(&login, &visit, &path, &body).await.unwrap_or_else(|error| error.answer(&login, &visit)),
        false => visit.again_as_query(&login, &path, &body),
    }
}

async fn arrive(login: &Login, visit: &mut Visit, connection_name: &str) -> Result<Response, LoginError> {
    let now = Timestamp::now();
    let Answer { state, posted, callback } = read_query(&visit.query)?;
    let browser = login.cookies.read(&visit.headers, Purpose::Browser).ok_or(LoginError::NoSuchTrip)?;
    let callback = match posted {
        Some(secret) => posted::take(login, &secret, &state, callback, now).await?,
        None => callback,
    };
    // Taken before anything is sent to the identity provider: of two callbacks, one goes on.
    let key = trip::key(&state, &browser);
    let Some(trip) = login.logins.take::<Trip>(Kind::Trip, &key, now).await? else {
        return trial::arrive(login, visit, &key, connection_name, &callback).await;
    };
    visit.read_as(&trip.query);
    let entrance = entrance_of(login, &trip).await?;
    let connection = options::whole(&login.deciding, &entrance, &trip.connection_id).await?;
    if connection.name != connection_name {
        return Err(LoginError::NoSuchTrip);
    }
    let shown = connection.shown();
    let identity = verify(login, &connection, &trip, &callback, now)
        .await
        .map_err(|error| LoginError::trip_failed(&entrance, &shown, error))?;
    finish(login, visit, &entrance, &shown, &trip, identity, now).await
}

/// Who came back. Several slow answers of the identity provider together must leave time for a page that says so.
async fn verify(
    login: &Login,
    connection: &Connection,
    trip: &Trip,
    callback: &Callback,
    now: Timestamp,
) -> Result<Identity, RelyingPartyError> {
    let limit = Duration::from_secs(login.settings.server.body_timeout_seconds * 3 / 4);
    let finishing = login.relying_party.finish(connection, &trip.handshake, callback, now);
    let too_slow = |_| Err(RelyingPartyError::Unreachable("its answers took too long together".to_owned()));
    tokio::time::timeout(limit, finishing).await.unwrap_or_else(too_slow)
}

/// The identity is known; the source decides whether it may enter.
async fn finish(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    connection: &ShownConnection,
    trip: &Trip,
    identity: Identity,
    now: Timestamp,
) -> Result<Response, LoginError> {
    let record = LoginRecord {
        trip_id: Some(trip.id.clone()),
        ..entrance.record(visit, &connection.id, Proof::Identity(identity))
    };
    let admission = login.client.record_login(&record).await.map_err(|error| LoginError::refused(entrance, error))?;
    session::enter(login, visit, entrance, connection, &admission, now).await
}

/// The request is checked anew: the application or the organization may have changed meanwhile.
async fn entrance_of(login: &Login, trip: &Trip) -> Result<Entrance, LoginError> {
    match entrance::find(login, &login.deciding, None, &trip.query).await? {
        Found::Entrance(entrance) if entrance.organization_id() == trip.organization_id => Ok(entrance),
        _ => Err(LoginError::NoSuchTrip),
    }
}

struct Answer {
    state: String,
    /// The secret of what came beside it by a form.
    posted: Option<String>,
    callback: Callback,
}

/// The parameters of an authorization response (RFC 6749 §4.1.2, RFC 9207); a doubled one voids it. An ID token is
/// never read from here.
fn read_query(query: &str) -> Result<Answer, LoginError> {
    let (mut callback, mut state, mut posted) = (Callback::default(), None, None);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let slot = match &*name {
            "state" => &mut state,
            posted::PARAMETER => &mut posted,
            "code" => &mut callback.code,
            "iss" => &mut callback.iss,
            "error" => &mut callback.error,
            "error_description" => &mut callback.error_description,
            _ => continue,
        };
        if slot.replace(value.into_owned()).is_some() {
            return Err(LoginError::NoSuchTrip);
        }
    }
    let state = state.filter(|state| !state.is_empty()).ok_or(LoginError::NoSuchTrip)?;
    Ok(Answer { state, posted, callback })
}
