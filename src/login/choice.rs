//! The choice of an organization after signing in: by who belongs to it, asked at the source at every step.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::choice_page::{ChoiceForm, ChoicePage, OrganizationChoice};
use super::entrance::{self, Entrance, Found};
use super::error::LoginError;
use super::{Login, Visit, form, session};
use crate::management_client::{Memberships, MembershipsAsked};
use crate::model::grant::Session;
use crate::model::login::Admission;
use crate::model::{Organization, OrganizationUsage, ShownOrganization, Timestamp, new_secret};
use crate::oidc::authorization::Prompt;
use crate::oidc::error::code;
use crate::store::Kind;
use crate::web::redirect;

/// Organizations on one page.
const PER_PAGE: u64 = 20;

/// The API answers no more of a list by number; who has more searches.
const LAST_PAGE: u64 = 1000 / PER_PAGE - 1;

const CHOICE_SECONDS: i64 = 600;

/// What waits for the choice: the authorize request, so that `prompt=login` or `max_age=0` does not begin it anew
/// (design §5.2).
#[derive(Serialize, Deserialize)]
struct Choice {
    /// The session that chooses.
    sid: String,
    query: String,
}

/// What comes after signing in.
pub(super) enum Next {
    Enter(Box<Entrance>, Box<Admission>),
    /// To the choice, or to the page of the only organization.
    Go(Response),
}

/// Straight in where there is nothing to choose, else the choice (contract §3, post_login_prompt).
pub(super) async fn decide(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    session: &Session,
    now: Timestamp,
) -> Result<Next, LoginError> {
    join(login, visit, entrance, session).await?;
    let Memberships { organizations, total } = find(login, entrance, session, "", 0).await?;
    let may_be_personal = entrance.application.usage() == OrganizationUsage::Allow;
    match (total, organizations.into_iter().next()) {
        (0, _) | (_, None) if !may_be_personal => {
            let description = "client requires organization membership, but user does not belong to any organization";
            Err(entrance.refuse(code::INVALID_REQUEST, description))
        }
        (0, _) | (_, None) => enter(login, visit, entrance, session, None).await,
        (1, Some(only)) if !may_be_personal => {
            enter(login, visit, entrance, session, Some(Arc::new(only.shown()))).await
        }
        _ if entrance.authorization.wants(Prompt::None) => {
            Err(entrance.refuse(code::INTERACTION_REQUIRED, "the organization must be chosen"))
        }
        _ => {
            let secret = new_secret();
            let query = entrance.authorization.request().to_query();
            let choice = Choice { sid: session.sid.clone(), query };
            let end = now.plus_seconds(CHOICE_SECONDS);
            login.logins.put(Kind::Choice, &secret, &session.sid, &choice, end).await?;
            Ok(Next::Go(redirect::see_other(&address(&secret, "", 0))))
        }
    }
}

/// Where exactly one organization makes a member of whoever comes through the session's connection, the person is one
/// (contract §3). The source decides; its no is no error here.
async fn join(login: &Login, visit: &Visit, entrance: &Entrance, session: &Session) -> Result<(), LoginError> {
    let found = login.deciding.joined_by(&session.connection_id, &entrance.application.client_id).await?;
    if let Some([one]) = found.as_ref().map(|found| found.organizations.as_slice()) {
        let there = entrance.chosen(login, Some(Arc::new(one.shown())));
        session::admit_if_allowed(login, visit, &there, session).await?;
    }
    Ok(())
}

/// Enters what was chosen, or leads to its page when the session may not: another way of signing in may.
async fn enter(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    session: &Session,
    organization: Option<Arc<ShownOrganization>>,
) -> Result<Next, LoginError> {
    let there = entrance.chosen(login, organization);
    match session::admit_if_allowed(login, visit, &there, session).await? {
        Some(admission) => Ok(Next::Enter(Box::new(there), Box::new(admission))),
        None if there.authorization.wants(Prompt::None) => Err(there.refuse(code::LOGIN_REQUIRED, "Login required")),
        None => {
            let request = there.authorization.request().without("connection");
            Ok(Next::Go(redirect::see_other(&request.url())))
        }
    }
}

async fn find(
    login: &Login,
    entrance: &Entrance,
    session: &Session,
    text: &str,
    page: u64,
) -> Result<Memberships, LoginError> {
    let asked = MembershipsAsked {
        user_id: &session.user_id,
        client_id: &entrance.application.client_id,
        text,
        page,
        per_page: PER_PAGE,
    };
    Ok(login.client.memberships(asked).await?)
}

/// A choice that this browser may make.
struct Open {
    secret: String,
    entrance: Entrance,
    session: Session,
}

/// One that is over, or that another person began, looks like none.
async fn open(login: &Login, visit: &mut Visit, secret: String, now: Timestamp) -> Result<Open, LoginError> {
    let session = session::find(login, visit, now).await?.ok_or(LoginError::NoSuchTrip)?;
    let choice: Option<Choice> = login.logins.find(Kind::Choice, &secret, now).await?;
    let choice = choice.filter(|choice| choice.sid == session.sid).ok_or(LoginError::NoSuchTrip)?;
    visit.read_as(&choice.query);
    match entrance::find(login, &login.deciding, None, &choice.query).await? {
        Found::Entrance(entrance) if entrance.chooses_afterwards => {
            // Somebody who was blocked, or whose password was changed, is told no organizations any more.
            let admission = session::admit_if_allowed(login, visit, &entrance, &session).await?;
            admission.map(|_| Open { secret, entrance, session }).ok_or(LoginError::NoSuchTrip)
        }
        _ => Err(LoginError::NoSuchTrip),
    }
}

/// `GET /login/choice?choice=SECRET&q=TEXT&page=NUMBER`.
pub(super) async fn get(State(login): State<Arc<Login>>, mut visit: Visit) -> Response {
    show(&login, &mut visit).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn show(login: &Login, visit: &mut Visit) -> Result<Response, LoginError> {
    let [secret, text, page] = form::read(visit.query.as_bytes(), ["choice", "q", "page"])?;
    // As long as the API takes it, and without what nobody's name has.
    let is_odd = |letter: char| letter.is_control() || letter == form::NO_TEXT;
    let text: String = text.trim().chars().filter(|letter| !is_odd(*letter)).take(100).collect();
    let page = page.parse().unwrap_or(0).min(LAST_PAGE);
    let open = open(login, visit, secret, Timestamp::now()).await?;
    let found = find(login, &open.entrance, &open.session, &text, page).await?;
    Ok(draw(visit, &open, &found, &text, page))
}

fn draw(visit: &Visit, open: &Open, found: &Memberships, text: &str, page: u64) -> Response {
    let Open { secret, entrance, session } = open;
    let choice = |organization: &Organization| OrganizationChoice {
        title: organization.title().to_owned(),
        id: organization.id.clone(),
        href: None,
    };
    let last = found.total.saturating_sub(1) / PER_PAGE;
    let other = entrance.authorization.request().with("prompt", "login");
    let page = ChoicePage {
        application_name: entrance.application.name.clone(),
        organizations: found.organizations.iter().map(choice).collect(),
        form: Some(ChoiceForm {
            secret: secret.clone(),
            searches: found.total > PER_PAGE || !text.is_empty(),
            searched: text.to_owned(),
            previous_href: (page > 0).then(|| address(secret, text, page - 1)),
            next_href: (page < last.min(LAST_PAGE)).then(|| address(secret, text, page + 1)),
            offers_personal: entrance.application.usage() == OrganizationUsage::Allow,
            other_account_href: other.url(),
        }),
        ..ChoicePage::new(visit.text(), &session.label)
    };
    page.into_page(entrance.authorization.redirect_uri()).into_response()
}

fn address(secret: &str, text: &str, page: u64) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("choice", secret);
    if !text.is_empty() {
        query.append_pair("q", text);
    }
    if page > 0 {
        query.append_pair("page", &page.to_string());
    }
    format!("/login/choice?{}", query.finish())
}

/// `POST /login/choice`: `organization=ID`, or `account=personal`.
pub(super) async fn post(State(login): State<Arc<Login>>, mut visit: Visit, body: Bytes) -> Response {
    choose(&login, &mut visit, &body).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn choose(login: &Login, visit: &mut Visit, body: &[u8]) -> Result<Response, LoginError> {
    let now = Timestamp::now();
    let [secret, id] = form::read(body, ["choice", "organization"])?;
    let open = open(login, visit, secret, now).await?;
    let Open { secret, entrance, session } = &open;
    let organization = match id.is_empty() {
        true if entrance.application.usage() == OrganizationUsage::Allow => None,
        true => return Err(LoginError::BrokenForm),
        false => Some(login.deciding.organization_for(visit.address, &id).await?.ok_or(LoginError::BrokenForm)?),
    };
    match enter(login, visit, entrance, session, organization).await? {
        Next::Enter(entrance, admission) => {
            // Of two that choose at once, one goes on.
            let taken: Option<Choice> = login.logins.take(Kind::Choice, secret, now).await?;
            taken.ok_or(LoginError::NoSuchTrip)?;
            session::go_on(login, visit, &entrance, session, &admission, now).await
        }
        Next::Go(response) => Ok(response),
    }
}
