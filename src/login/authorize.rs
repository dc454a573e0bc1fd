//! The front door, and `proceed`, which alone decides what comes next.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::Response;

use super::choice::{self, Next};
use super::draw::Form;
use super::entrance::{Entrance, Found};
use super::error::LoginError;
use super::{
    Login, Visit, audience, discovery, draw, email, entrance, identifier, invitation, options, picker, recent, session,
    sign_up, trip,
};
use crate::management_client::{LoginOption, ManagementClient};
use crate::model::grant::{AuthorizationCode, Session};
use crate::model::login::Admission;
use crate::model::{ShownConnection, Strategy, Timestamp, new_secret, random_alphanumeric};
use crate::oidc::authorization::Prompt;
use crate::oidc::error::code;
use crate::store::Kind;
use crate::web::redirect;
use crate::web::text::Text;

/// `GET /authorize` (OIDC Core §3.1.2).
pub(super) async fn get(State(login): State<Arc<Login>>, visit: Visit) -> Response {
    enter(&login, &visit).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

/// `POST /authorize`: the same request as a GET, so that no cookie need come along (design §5.10).
pub(super) async fn post(State(login): State<Arc<Login>>, visit: Visit, body: Bytes) -> Response {
    visit.again_as_query(&login, "/authorize", &body)
}

/// What a page does not need is boxed: its future is moved a few times as a whole, with room for every way it may take.
async fn enter(login: &Login, visit: &Visit) -> Result<Response, LoginError> {
    let now = Timestamp::now();
    let entrance = match entrance::find(login, &login.client, Some(visit.address), &visit.query).await? {
        Found::Entrance(entrance) => entrance,
        Found::Ask(question) => {
            return match Box::pin(discovery::by_login_hint(login, visit, &question)).await? {
                Some(url) => Ok(redirect::found(&url)),
                None => picker::ask(login, visit, &question),
            };
        }
    };
    if let Some(invited) = &entrance.invitation
        && let Some(answer) = Box::pin(invitation::greet(login, visit, &entrance, invited, now)).await?
    {
        return Ok(answer);
    }
    let mut refused = None;
    if entrance.invitation.is_none()
        && let Some(session) = session::find(login, visit, now).await?
        && may_reuse(login, &entrance, &session, now)
    {
        if entrance.authorization.wants(Prompt::SelectAccount) {
            return Ok(draw::account_page(visit, &entrance, &session));
        }
        match Box::pin(session::admit_if_allowed(login, visit, &entrance, &session)).await? {
            Some(admission) => {
                return Box::pin(session::go_on(login, visit, &entrance, &session, &admission, now)).await;
            }
            None => refused = Some(session),
        }
    }
    if entrance.authorization.wants(Prompt::None) {
        return Err(entrance.refuse(code::LOGIN_REQUIRED, "Login required"));
    }
    match entrance.authorization.connection() {
        Some(name) => Box::pin(go_through(login, visit, &entrance, name, refused.as_ref(), now)).await,
        None => show(login, &login.client, visit.text(), &entrance, refused.as_ref()).await,
    }
}

/// The page of the organization, by what `client` knows.
pub(super) async fn show(
    login: &Login,
    client: &ManagementClient,
    text: Text,
    entrance: &Entrance,
    refused: Option<&Session>,
) -> Result<Response, LoginError> {
    let options = options::of(client, entrance).await?;
    match options::database(&options, None).filter(|it| wants_sign_up(entrance, &options, it)) {
        Some(database) => sign_up::page(client, text, entrance, database).await,
        None => {
            let form = identifier::form_of(client, entrance, &options).await?;
            Ok(draw::page(login, text, entrance, &options, form, refused))
        }
    }
}

/// The request names its connection; it is looked up in what is fresh.
async fn go_through(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    name: &str,
    refused: Option<&Session>,
    now: Timestamp,
) -> Result<Response, LoginError> {
    let options = options::of(&login.deciding, entrance).await?;
    match options::asked(login, entrance, &options, name).await? {
        Some(connection) => go_to(login, visit, entrance, &options, &connection, refused, now).await,
        None => Err(entrance.not_enabled()),
    }
}

/// The connection was chosen.
async fn go_to(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    options: &[LoginOption],
    connection: &ShownConnection,
    refused: Option<&Session>,
    now: Timestamp,
) -> Result<Response, LoginError> {
    match connection.strategy {
        Strategy::Email => Ok(email::page(visit, entrance)),
        Strategy::Auth0 if wants_sign_up(entrance, options, connection) => {
            sign_up::page(&login.deciding, visit.text(), entrance, connection).await
        }
        Strategy::Auth0 => Ok(draw::page(login, visit.text(), entrance, options, Form::Password, refused)),
        _ => trip::begin(login, visit, entrance, connection, now).await,
    }
}

/// Whether the request is for a new account, and may be (contract §2.1).
fn wants_sign_up(entrance: &Entrance, options: &[LoginOption], connection: &ShownConnection) -> bool {
    entrance.authorization.request().get("screen_hint") == Some("signup")
        && options::allows_sign_up(options, connection)
}

/// Whether the request lets a session answer it without the person.
pub(super) fn may_reuse(login: &Login, entrance: &Entrance, session: &Session, now: Timestamp) -> bool {
    let authorization = &entrance.authorization;
    let asks_anew = authorization.wants(Prompt::Login);
    let too_old = authorization
        .max_age
        .is_some_and(|seconds| session.authenticated_at.plus_seconds(seconds) < now || seconds == 0);
    let other_connection = authorization.connection().is_some_and(|asked| asked != session.connection_name);
    // OIDC Core §3.1.2.1: the answer must be for the person that the application names.
    let hint = authorization.request().get("id_token_hint");
    let other_person = hint.is_some_and(|hint| login.person_of_hint(hint, now).as_ref() != Some(&session.user_id));
    !asks_anew && !too_old && !other_connection && !other_person
}

/// The person is known: what comes next is a choice of the organization, or the code. The admission of a login that
/// still chooses lets nobody in: the source is asked anew about what was chosen, also about a personal account.
pub(super) async fn proceed(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    session: &Session,
    admission: &Admission,
    now: Timestamp,
) -> Result<Response, LoginError> {
    if !entrance.chooses_afterwards {
        return give_code(login, visit, entrance, session, admission, now).await;
    }
    match choice::decide(login, visit, entrance, session, now).await? {
        Next::Enter(entrance, admission) => give_code(login, visit, &entrance, session, &admission, now).await,
        Next::Go(response) => Ok(response),
    }
}

/// The login is decided: hands the application its code.
async fn give_code(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    session: &Session,
    admission: &Admission,
    now: Timestamp,
) -> Result<Response, LoginError> {
    entrance::check_now(login, entrance).await?;
    let authorization = &entrance.authorization;
    let text = |name: &str| authorization.request().get(name).map(str::to_owned);
    let code = AuthorizationCode {
        grant_id: random_alphanumeric(22),
        client_id: entrance.application.client_id.clone(),
        redirect_uri: authorization.redirect_uri().to_owned(),
        organization_id: entrance.organization_id(),
        user_id: admission.user.user_id.clone(),
        account_version: admission.account_version.clone(),
        connection_id: session.connection_id.clone(),
        sid: session.sid.clone(),
        scope: audience::scopes(login, entrance).await?,
        audience: text("audience"),
        nonce: text("nonce"),
        code_challenge: text("code_challenge"),
        authenticated_at: session.authenticated_at,
        wants_auth_time: authorization.max_age.is_some(),
    };
    let secret = new_secret();
    let end = now.plus_seconds(login.settings.login.code_seconds);
    login.logins.put(Kind::Code, &secret, &session.sid, &code, end).await?;
    let url = authorization.code_url(&secret, &login.settings.issuer());
    let mut response = redirect::see_other(&url);
    if let Some(organization) = &entrance.organization {
        let cookie = recent::remember(login, visit, &organization.name);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_not_slowed_by_the_ways_it_does_not_take() {
        fn bytes<F>(_: impl Fn(&'static Login, &'static Visit) -> F) -> usize {
            size_of::<F>()
        }
        assert!(bytes(enter) < 4096, "{} bytes are moved with each page", bytes(enter));
    }
}
