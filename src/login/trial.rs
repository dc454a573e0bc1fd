//! A trial: an administrator goes through a connection as a person would and sees every step. Nobody becomes anything.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::error::LoginError;
use super::trial_page::{Step, TrialPage, identity_rows, sent_rows, told_rows};
use super::{Login, Visit, trip};
use crate::management_client::ManagementError;
use crate::model::application::DASHBOARD;
use crate::model::login::{Identity, LoginRecord, Proof};
use crate::model::trial::{Trial, TriedLogin};
use crate::model::{Connection, Timestamp};
use crate::oidc::relying_party::{Callback, Handshake, Told, Wish};
use crate::store::Kind;

/// A trial on its way, which a callback takes as it takes a trip.
#[derive(Serialize, Deserialize)]
struct TrialTrip {
    trial: Trial,
    handshake: Handshake,
    /// What was sent, without what must stay secret.
    sent: Vec<(String, String)>,
}

/// `GET /login/try/{secret}`.
pub(super) async fn begin(State(login): State<Arc<Login>>, Path(secret): Path<String>, visit: Visit) -> Response {
    start(&login, &visit, &secret).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn start(login: &Login, visit: &Visit, secret: &str) -> Result<Response, LoginError> {
    login.trips.check(visit.address).map_err(|wait| LoginError::TooMany { seconds: wait.0 })?;
    let now = Timestamp::now();
    let trial: Trial = login.logins.take(Kind::Trial, secret, now).await?.ok_or(LoginError::NoSuchTrip)?;
    let connection = find_connection(login, &trial).await?;
    let (url, handshake) = match login.relying_party.begin(&connection, &Wish::default()).await {
        Ok(begun) => begun,
        Err(error) => {
            let failed = Step::failed("Discovery", error.to_string());
            return Ok(TrialPage::new(&trial, &connection, vec![failed]).answer());
        }
    };
    let begun = TrialTrip { trial, handshake, sent: sent_rows(&url) };
    trip::depart(login, visit, (Kind::TrialTrip, &begun.handshake.state), &begun, &url, now).await
}

async fn find_connection(login: &Login, trial: &Trial) -> Result<Arc<Connection>, LoginError> {
    login.deciding.connection(&trial.connection_id).await?.ok_or(LoginError::NoSuchTrip)
}

/// The callback of a trial that has this key.
///
/// # Errors
/// [`LoginError::NoSuchTrip`] when it is none of a trial either.
pub(super) async fn arrive(
    login: &Login,
    visit: &Visit,
    key: &str,
    connection_name: &str,
    callback: &Callback,
) -> Result<Response, LoginError> {
    let now = Timestamp::now();
    let begun: TrialTrip = login.logins.take(Kind::TrialTrip, key, now).await?.ok_or(LoginError::NoSuchTrip)?;
    let connection = find_connection(login, &begun.trial).await?;
    if connection.name != connection_name {
        return Err(LoginError::NoSuchTrip);
    }
    let mut steps = Vec::new();
    match login.relying_party.published(&connection).await {
        Ok(published) => steps.push(Step::done("Discovery", "The identity provider says where to go.").with(published)),
        Err(error) => steps.push(Step::failed("Discovery", error.to_string())),
    }
    steps.push(Step::done("Request", "The browser was sent there with these parameters.").with(begun.sent));
    let mut told = Told::wanted();
    let finished = login.relying_party.finish_telling(&connection, &begun.handshake, callback, &mut told, now).await;
    let answer = told_rows(&told);
    match finished {
        Err(error) => steps.push(Step::failed("Answer", error.to_string()).with(answer)),
        Ok(identity) => {
            steps.push(Step::done("Answer", "The identity provider answered, and the answer holds.").with(answer));
            let said = "This is what a login would know of the person.";
            steps.push(Step::done("Person", said).with(identity_rows(&identity)));
            steps.extend(decision(login, visit, &begun.trial, identity).await);
        }
    }
    Ok(TrialPage::new(&begun.trial, &connection, steps).answer())
}

/// What the source would decide about the membership.
async fn decision(login: &Login, visit: &Visit, trial: &Trial, identity: Identity) -> Option<Step> {
    let (id, title) = trial.organization.as_ref()?;
    let record = LoginRecord {
        organization_id: Some(id.clone()),
        client_id: DASHBOARD.to_owned(),
        connection_id: trial.connection_id.clone(),
        client_address: Some(visit.address.to_string()),
        trip_id: None,
        invitation: None,
        chooses: false,
        proof: Proof::Identity(identity),
    };
    Some(match login.client.try_login(&record).await {
        Ok(TriedLogin { user_id, is_new, would_join }) => {
            let sentence = match would_join {
                true => format!("The person would become a member of {title}, and get in."),
                false => format!("The person is a member of {title}, and would get in."),
            };
            let first = if is_new { "would be made now" } else { "is there" };
            Step::done("Membership", sentence).with([("user_id", user_id), ("account", first.to_owned())])
        }
        Err(ManagementError::Refused(error)) => {
            let code = error.error_code.clone().unwrap_or_default();
            let sentence = format!("The person would not get in to {title}: {}.", error.message.trim_end_matches('.'));
            Step::failed("Membership", sentence).with([("errorCode", code)])
        }
        Err(error) => Step::failed("Membership", format!("Nobody could be asked: {error}.")),
    })
}
