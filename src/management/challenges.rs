//! `POST /logins/challenges`: a code is sent to an address to prove it. Known and unknown addresses get the same
//! answer after the same writes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Management;
use super::answer::{Answer, Body};
use super::attempts::{self, MailAsked};
use super::caller::GATEWAY_SCOPE;
use super::check::{email, wrong};
use super::email_codes::{self, EmailOptions};
use super::letters::{About, Letter};
use super::operation::{Operation, Routes};
use crate::model::email_address::domain_of_address;
use crate::model::login::{Challenge, ChallengePurpose, ChallengeRequest};
use crate::model::tenant_settings::Locale;
use crate::model::{Strategy, Timestamp, new_id, random_bytes};
use crate::store::{OpenConnection, Rows, StoreError, StoredChallenge};
use crate::web::text::Text;

pub(super) fn routes() -> Routes {
    let operation = Operation::new("Send a code to an address", &[GATEWAY_SCOPE]);
    Routes::new("logins").post("/logins/challenges", create, operation)
}

async fn create(
    State(management): State<Arc<Management>>,
    Body(request): Body<ChallengeRequest>,
) -> Answer<Json<Challenge>> {
    let now = Timestamp::now();
    let email = email(&request.email).ok_or_else(|| wrong("email", "String is no e-mail address"))?;
    count(&management, &request, &email, now).await?;
    let usual_seconds = management.login.email_code_seconds;
    let answer = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let locale = request.locale.unwrap_or(Locale::En);
                let mut challenge = StoredChallenge {
                    id: new_id("ch"),
                    purpose: request.purpose,
                    email,
                    organization_id: request.organization_id,
                    client_id: request.client_id,
                    connection_id: request.connection_id,
                    expires_at: now,
                };
                let connection = open_connection(&mut rows, &challenge).await?;
                let seconds = connection.as_ref().and_then(own_seconds).unwrap_or(usual_seconds);
                challenge.expires_at = now.plus_seconds(seconds);
                send(&mut rows, &challenge, connection.as_ref(), seconds, locale, now).await?;
                Answer::Ok(Challenge { id: challenge.id, expires_at: challenge.expires_at })
            })
        })
        .await?;
    Ok(Json(answer))
}

/// Counts the mail under its purpose. Codes to sign in are counted for the address itself when they are tried.
async fn count(management: &Management, request: &ChallengeRequest, email: &str, now: Timestamp) -> Answer<()> {
    let purpose = match request.purpose {
        ChallengePurpose::SignIn => "sign-in",
        ChallengePurpose::SignUp => "sign-up",
        ChallengePurpose::Discovery => "discovery",
    };
    let account = request.connection_id.as_deref().map(|connection_id| (connection_id, email));
    let client_address = request.client_address.as_deref();
    attempts::count_mail(management, MailAsked { purpose, email, client_address, account }, now).await
}

fn own_seconds(connection: &OpenConnection) -> Option<i64> {
    EmailOptions::of(&connection.options).seconds().filter(|_| connection.summary.strategy == Strategy::Email)
}

/// Keeps the challenge and writes what the address is told. A letter that nobody is to get is written and queued all the
/// same, so that the answer takes as long.
async fn send(
    rows: &mut Rows<'_>,
    challenge: &StoredChallenge,
    connection: Option<&OpenConnection>,
    seconds: i64,
    locale: Locale,
    now: Timestamp,
) -> Result<(), StoreError> {
    let code = new_code();
    let minutes = u64::try_from(seconds / 60).unwrap_or(1).max(1);
    let told = told(rows, challenge, connection).await?;
    // What was sent before stays open: a stranger's request must not end the code that the owner is about to type.
    rows.create_challenge(challenge, &code, told == Told::Code).await?;
    let organization = match &challenge.organization_id {
        Some(id) => rows.find_organization(id).await?,
        None => None,
    };
    let about = match told {
        Told::Code | Told::Nothing => About::Code { code: &code, minutes },
        Told::AccountExists => About::AccountExists,
    };
    let letter = Letter { to: &challenge.email, text: Text::of(locale), organization: organization.as_ref(), about };
    let mut mail = letter.write();
    if let Some(connection) = connection.filter(|it| it.summary.strategy == Strategy::Email) {
        let application = rows.find_client(&challenge.client_id).await?;
        let application = application.map(|application| application.name).unwrap_or_default();
        let values = [("application.name", application.as_str()), ("code", &code), ("email", &challenge.email)];
        let options = EmailOptions::of(&connection.options);
        mail.from = options.line("from", &values);
        mail.subject = options.line("subject", &values).unwrap_or(mail.subject);
    }
    if told == Told::Nothing {
        mail.to.clear();
    }
    rows.queue_mail(&mail, now).await
}

/// Six digits, each equally likely.
fn new_code() -> String {
    loop {
        // 4,294,000,000 is the last multiple of a million that fits: above it some codes would be likelier.
        let number = u32::from_be_bytes(random_bytes::<4>());
        if number < 4_294_000_000 {
            return format!("{:06}", number % 1_000_000);
        }
    }
}

/// What the address is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Code,
    AccountExists,
    Nothing,
}

async fn told(
    rows: &mut Rows<'_>,
    challenge: &StoredChallenge,
    connection: Option<&OpenConnection>,
) -> Result<Told, StoreError> {
    let strategy = connection.map(|connection| connection.summary.strategy);
    Ok(match (challenge.purpose, connection) {
        (ChallengePurpose::SignIn, Some(connection)) if strategy == Some(Strategy::Email) => {
            let user = rows.find_user_by_identity(&connection.id, email_codes::ISSUER, &challenge.email).await?;
            let may_enter = user.is_some() || EmailOptions::of(&connection.options).allows_sign_up();
            if may_enter { Told::Code } else { Told::Nothing }
        }
        (ChallengePurpose::SignUp, Some(connection)) if connection.summary.strategy.is_database() => {
            match rows.find_user_by_identifier(&connection.id, &challenge.email).await? {
                Some(_) => Told::AccountExists,
                None => Told::Code,
            }
        }
        (ChallengePurpose::Discovery, _) => match domain_of_address(&challenge.email) {
            // Nobody else has an answer to wait for.
            Some(domain) if !rows.list_organizations_of_domain(&domain, &challenge.client_id, 1).await?.is_empty() => {
                Told::Code
            }
            _ => Told::Nothing,
        },
        _ => Told::Nothing,
    })
}

async fn open_connection(
    rows: &mut Rows<'_>,
    challenge: &StoredChallenge,
) -> Result<Option<OpenConnection>, StoreError> {
    let Some(connection_id) = &challenge.connection_id else { return Ok(None) };
    match &challenge.organization_id {
        Some(organization_id) => rows.find_connection_open_to_organization(organization_id, connection_id).await,
        None => rows.find_connection_open_to_client(&challenge.client_id, connection_id).await,
    }
}
