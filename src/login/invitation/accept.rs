//! The button of somebody who is signed in already: accepting as they are.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::login::entrance::{self, Entrance, Found};
use crate::login::error::LoginError;
use crate::login::{Login, Visit, audience, authorize, session};
use crate::model::Timestamp;
use crate::model::login::Proof;
use crate::web::redirect;

/// `POST /login/invitation?(the authorize request)`.
pub(in crate::login) async fn post(State(login): State<Arc<Login>>, visit: Visit) -> Response {
    accept(&login, &visit).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn accept(login: &Login, visit: &Visit) -> Result<Response, LoginError> {
    let now = Timestamp::now();
    let entrance = match entrance::find(login, &login.deciding, Some(visit.address), &visit.query).await? {
        Found::Entrance(entrance) if entrance.invitation.is_some() => entrance,
        _ => return Err(LoginError::BrokenForm),
    };
    let session = session::find(login, visit, now).await?;
    let Some(session) = session.filter(|session| authorize::may_reuse(login, &entrance, session, now)) else {
        return Ok(sign_in_again(&entrance));
    };
    // Refused before the invitation is used up for nothing.
    audience::scopes(login, &entrance).await?;
    let proof = Proof::Session { user_id: session.user_id.clone(), account_version: session.account_version.clone() };
    let record = entrance.record(visit, &session.connection_id, proof);
    let admission = login.client.record_login(&record).await.map_err(|error| LoginError::refused(&entrance, error))?;
    session::go_on(login, visit, &entrance, &session, &admission, now).await
}

/// The session ended since the page was drawn.
fn sign_in_again(entrance: &Entrance) -> Response {
    redirect::see_other(&entrance.authorization.request().url())
}
