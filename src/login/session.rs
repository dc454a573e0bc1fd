//! The session: reading it, beginning it, and asking whether it may enter here (design §5.6).

use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::entrance::{self, Entrance};
use super::error::LoginError;
use super::{Login, Visit, authorize};
use crate::management_client::ManagementError;
use crate::model::grant::{Device, Session};
use crate::model::login::{Admission, Proof};
use crate::model::{ShownConnection, Timestamp, new_secret};
use crate::store::{Kind, Logins};
use crate::web::cookies::Purpose;

/// Of a browser's name for itself; the rest is not kept.
const LONGEST_AGENT: usize = 300;

/// The browser's session, unless it ended.
pub(super) async fn find(login: &Login, visit: &Visit, now: Timestamp) -> Result<Option<Session>, LoginError> {
    let Some(secret) = login.cookies.read(&visit.headers, Purpose::Session) else { return Ok(None) };
    let session: Option<Session> = Box::pin(login.logins.find(Kind::Session, &secret, now)).await?;
    Ok(session.filter(|session| session.ends_at > now))
}

/// The session let somebody in, so its idle time begins again; one that was signed out meanwhile stays so.
pub(super) async fn go_on(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    session: &Session,
    admission: &Admission,
    now: Timestamp,
) -> Result<Response, LoginError> {
    if let Some(secret) = login.cookies.read(&visit.headers, Purpose::Session) {
        login.logins.extend(Kind::Session, &secret, idle_end(login, session, now)).await?;
    }
    authorize::proceed(login, visit, entrance, session, admission, now).await
}

/// Somebody signed in and was admitted: a session begins, and what comes next carries its cookie.
pub(super) async fn enter(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    connection: &ShownConnection,
    admission: &Admission,
    now: Timestamp,
) -> Result<Response, LoginError> {
    let (session, cookie) = begin(login, visit, admission, connection, now).await?;
    let mut response = authorize::proceed(login, visit, entrance, &session, admission, now).await?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Asks the source whether this session may enter here now. A refusal is an answer; a yes may make the membership.
pub(super) async fn admit_if_allowed(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    session: &Session,
) -> Result<Option<Admission>, LoginError> {
    // Before a membership may be written.
    entrance::check_now(login, entrance).await?;
    let proof = Proof::Session { user_id: session.user_id.clone(), account_version: session.account_version.clone() };
    match login.client.record_login(&entrance.record(visit, &session.connection_id, proof)).await {
        Ok(admission) => Ok(Some(admission)),
        Err(ManagementError::Refused(_)) => Ok(None),
        Err(unreachable) => Err(unreachable.into()),
    }
}

/// A new session for an admission, always under a new id; the browser's old one ends.
async fn begin(
    login: &Login,
    visit: &Visit,
    admission: &Admission,
    connection: &ShownConnection,
    now: Timestamp,
) -> Result<(Session, HeaderValue), LoginError> {
    if let Some(old) = login.cookies.read(&visit.headers, Purpose::Session) {
        login.logins.delete(Kind::Session, &old).await?;
    }
    let user = &admission.user;
    let label = user.email.as_ref().or(user.username.as_ref()).or(user.profile.name.as_ref());
    let secret = new_secret();
    let session = Session {
        account_version: admission.account_version.clone(),
        sid: Logins::session_id(&secret),
        user_id: user.user_id.clone(),
        label: label.unwrap_or(&user.user_id).clone(),
        connection_id: connection.id.to_string(),
        connection_name: connection.name.to_string(),
        authenticated_at: now,
        ends_at: now.plus_seconds(login.settings.login.session_hours * 3600),
        device: device(visit),
    };
    let end = idle_end(login, &session, now);
    login.logins.put(Kind::Session, &secret, &session.user_id, &session, end).await?;
    let seconds = login.settings.login.session_hours * 3600;
    Ok((session, login.cookies.set(Purpose::Session, &secret, Some(seconds))))
}

fn device(visit: &Visit) -> Device {
    let agent = visit.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Device {
        initial_ip: Some(visit.address.to_string()),
        initial_user_agent: agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect()),
    }
}

/// When the session ends if it is not used again.
fn idle_end(login: &Login, session: &Session, now: Timestamp) -> Timestamp {
    now.plus_seconds(login.settings.login.session_idle_hours * 3600).min(session.ends_at)
}
