//! `POST /logins/challenges`: a code is sent to an address to prove it. Known and unknown addresses get the same
//! answer after the same writes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Management;
use super::answer::{Answer, Body};
use super::attempts;
use super::caller::GATEWAY_SCOPE;
use super::check::{email, wrong};
use super::letters::{About, Letter};
use super::operation::{Operation, Routes};
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
    attempts::count_mail(&management, &email, request.client_address.as_deref(), now).await?;
    let seconds = management.login.email_code_seconds;
    let challenge = StoredChallenge {
        id: new_id("ch"),
        purpose: request.purpose,
        email,
        organization_id: request.organization_id,
        client_id: request.client_id,
        connection_id: request.connection_id,
        expires_at: now.plus_seconds(seconds),
    };
    let answer = Challenge { id: challenge.id.clone(), expires_at: challenge.expires_at };
    let locale = request.locale.unwrap_or(Locale::En);
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let code = new_code();
                match letter_for(&mut rows, &challenge, &code, seconds).await? {
                    Some(about) => {
                        let is_code = matches!(about, About::Code { .. });
                        rows.create_challenge(&challenge, is_code.then_some(&code)).await?;
                        let organization = match &challenge.organization_id {
                            Some(id) => rows.find_organization(id).await?,
                            None => None,
                        };
                        let to = &challenge.email;
                        let text = Text::of(locale);
                        Letter { to, text, organization: organization.as_ref(), about }.queue(&mut rows, now).await
                    }
                    None => rows.create_challenge(&challenge, None).await,
                }
            })
        })
        .await?;
    Ok(Json(answer))
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

/// What the address is told: a code, that it has an account already, or nothing.
async fn letter_for<'c>(
    rows: &mut Rows<'_>,
    challenge: &StoredChallenge,
    code: &'c str,
    seconds: i64,
) -> Result<Option<About<'c>>, StoreError> {
    let minutes = u64::try_from(seconds / 60).unwrap_or(1).max(1);
    let code = About::Code { code, minutes };
    match challenge.purpose {
        ChallengePurpose::SignIn => {
            let Some(connection) = open_connection(rows, challenge).await? else { return Ok(None) };
            Ok((connection.summary.strategy == Strategy::Email).then_some(code))
        }
        ChallengePurpose::SignUp => {
            let Some(connection) = open_connection(rows, challenge).await? else { return Ok(None) };
            if !connection.summary.strategy.is_database() {
                return Ok(None);
            }
            match rows.find_user_by_identifier(&connection.id, &challenge.email).await? {
                Some(_) => Ok(Some(About::AccountExists)),
                None => Ok(Some(code)),
            }
        }
        ChallengePurpose::Discovery => Ok(Some(code)),
    }
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
