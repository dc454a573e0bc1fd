//! What only gateways ask: to record a login, and what people do on the way to one. Nothing of it is remembered.

use std::net::IpAddr;

use super::strangers::Name;
use super::{ManagementClient, ManagementError, Result};
use crate::model::invitation::{InvitationLink, OpenedInvitation};
use crate::model::login::{Admission, Challenge, ChallengeRequest, LoginRecord, refusal};
use crate::model::ticket::{
    EmailVerification, OpenSignUp, PasswordChange, PasswordReset, PasswordResetAsked, SetUp, TicketQuestion,
    TicketSubject, TicketUsed,
};
use crate::model::trial::TriedLogin;
use crate::model::{ApiError, User, sha256};

impl ManagementClient {
    /// Records a login: the source of truth decides whether the person may enter (design §5.3).
    ///
    /// # Errors
    /// `Refused` with one of [`crate::model::login::refusal`]'s codes.
    pub async fn record_login(&self, record: &LoginRecord) -> Result<Admission> {
        match self.post("/api/v2/logins", record).await {
            Err(ManagementError::Refused(error)) if !is_about_the_login(&error) => {
                Err(ManagementError::unreachable(error.to_string()))
            }
            outcome => outcome,
        }
    }

    /// What the same login would come to.
    ///
    /// # Errors
    /// As [`ManagementClient::record_login`].
    pub async fn try_login(&self, record: &LoginRecord) -> Result<TriedLogin> {
        self.post("/api/v2/logins/trials", record).await
    }

    /// Has a code sent to an address, should it be one that gets any: nobody else can tell.
    ///
    /// # Errors
    /// `Refused` with 400 for an address that is none, with 429 for too many mails.
    pub async fn begin_challenge(&self, request: &ChallengeRequest) -> Result<Challenge> {
        self.post("/api/v2/logins/challenges", request).await
    }

    /// Has a link sent that lets a password be chosen, should the address have one here: nobody else can tell.
    ///
    /// # Errors
    /// As [`ManagementClient::begin_challenge`].
    pub async fn ask_password_reset(&self, request: &PasswordReset) -> Result<PasswordResetAsked> {
        self.post("/api/v2/logins/password-resets", request).await
    }

    /// What an open ticket is for.
    ///
    /// # Errors
    /// `Refused` with `ticket_ended`.
    pub async fn ticket(&self, question: &TicketQuestion) -> Result<TicketSubject> {
        self.post("/api/v2/logins/tickets", question).await
    }

    /// As [`ManagementClient::ticket`], asked for by a stranger; `None` for one that opens nothing.
    ///
    /// # Errors
    /// `TooManyUnknown` when the address asked in vain too often and this one is not known to exist.
    pub async fn ticket_for(&self, address: IpAddr, question: &TicketQuestion) -> Result<Option<TicketSubject>> {
        let hash = sha256(&question.ticket);
        let name = Name::Ticket(&hash);
        let client = self.about(name);
        let ask = async {
            match client.ticket(question).await {
                Ok(subject) => Ok(Some(subject)),
                Err(ManagementError::Refused(error)) if error.error_code.as_deref() == Some(refusal::TICKET_ENDED) => {
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        };
        self.shared.strangers.ask(address, name, false, ask).await
    }

    /// Changes a password by a ticket.
    ///
    /// # Errors
    /// `Refused` with `ticket_ended`, `weak_password`, `too_busy` or `too_many_attempts`.
    pub async fn change_password(&self, change: &PasswordChange) -> Result<TicketUsed> {
        self.post("/api/v2/logins/password-changes", change).await
    }

    /// Verifies an address by a ticket.
    ///
    /// # Errors
    /// `Refused` with `ticket_ended`.
    pub async fn verify_email(&self, verification: &EmailVerification) -> Result<TicketUsed> {
        self.post("/api/v2/logins/email-verifications", verification).await
    }

    /// Makes an account without a login.
    ///
    /// # Errors
    /// `Refused` with `sign_up_not_allowed`, `account_exists`, `weak_password`, `too_busy` or `too_many_attempts`.
    pub async fn sign_up(&self, account: &OpenSignUp) -> Result<User> {
        self.post("/api/v2/logins/sign-ups", account).await
    }

    /// Makes the first administrator of this server.
    ///
    /// # Errors
    /// `Refused` with `ticket_ended`, `weak_password`, `too_busy` or `too_many_attempts`, and with 400 for an address
    /// that is none.
    pub async fn set_up(&self, account: &SetUp) -> Result<User> {
        self.post("/api/v2/logins/setups", account).await
    }

    /// What the link of an invitation opens; asked at the source each time.
    pub async fn open_invitation(&self, ticket: &str) -> Result<Option<OpenedInvitation>> {
        // The API would refuse a text that can be no ticket.
        if !(1..=128).contains(&ticket.len()) || !ticket.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        match self.post("/api/v2/logins/invitations", &InvitationLink { ticket: ticket.to_owned() }).await {
            Ok(opened) => Ok(Some(opened)),
            Err(ManagementError::Refused(error)) if error.status_code == 404 => Ok(None),
            Err(ManagementError::Refused(error)) => Err(ManagementError::unreachable(error.to_string())),
            Err(unreachable) => Err(unreachable),
        }
    }

    /// As [`ManagementClient::open_invitation`], asked for by a stranger.
    ///
    /// # Errors
    /// `TooManyUnknown` when the address asked in vain too often and this one is not known to exist.
    pub async fn open_invitation_for(&self, address: IpAddr, ticket: &str) -> Result<Option<OpenedInvitation>> {
        let hash = sha256(ticket);
        let name = Name::Ticket(&hash);
        self.shared.strangers.ask(address, name, false, self.about(name).open_invitation(ticket)).await
    }
}

/// Whether a refusal of `POST /api/v2/logins` speaks of the person's login, not of our own rights and rate.
fn is_about_the_login(error: &ApiError) -> bool {
    error.status_code == 400 || error.error_code.as_deref().is_some_and(|code| refusal::ALL.contains(&code))
}
