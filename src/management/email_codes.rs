//! Signing in by a code sent by e-mail (strategy `email`): whoever reads the address's mail is the user.

use serde_json::{Map, Value};

use super::Management;
use super::answer::Answer;
use super::attempts::{self, Counted};
use super::logins::{Stop, not_enabled, refused};
use super::recognize::{Prepared, Recognized};
use super::user_body::name_by_default;
use crate::model::login::{ChallengePurpose, LoginRecord, refusal};
use crate::model::{Strategy, Timestamp, random_bytes};
use crate::store::{NewUser, OpenConnection, Rows, StoredChallenge, StoredUser};

/// Who vouches for these users: the address itself is the subject, so an address has one user a connection.
pub(super) const ISSUER: &str = "email";

/// A code that was counted as a wrong one before it is looked at.
pub(super) struct CodeTry {
    /// The address it was sent to.
    pub email: Option<String>,
    pub counted: Counted,
}

/// What the options of an `email` connection mean (contract §1.11).
pub(super) struct EmailOptions<'o> {
    options: &'o Map<String, Value>,
}

impl<'o> EmailOptions<'o> {
    pub(super) fn of(options: &'o Map<String, Value>) -> Self {
        Self { options }
    }

    fn member(&self, part: &str, name: &str) -> Option<&'o Value> {
        self.options.get(part)?.get(name)
    }

    /// How long a code is valid, if the connection says so.
    pub(super) fn seconds(&self) -> Option<i64> {
        self.member("totp", "time_step")?.as_i64()
    }

    /// Whether an address without a user gets a code.
    pub(super) fn allows_sign_up(&self) -> bool {
        self.options.get("disable_signup") != Some(&Value::Bool(true))
    }

    /// The connection's own subject or sender, with the values that may stand in it.
    pub(super) fn line(&self, name: &str, values: &[(&str, &str)]) -> Option<String> {
        let text = fill(self.member("email", name)?.as_str()?, values);
        let line: String = text.chars().filter(|letter| !letter.is_control()).collect();
        Some(line.trim().to_owned()).filter(|line| !line.is_empty())
    }
}

/// Puts values where the text names them as `{{ name }}`, which is all of Liquid that is built; a name that has no
/// value leaves nothing.
fn fill(mut text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    while let Some((before, rest)) = text.split_once("{{") {
        let Some((name, after)) = rest.split_once("}}") else { break };
        filled.push_str(before);
        filled.push_str(values.iter().find(|(known, _)| *known == name.trim()).map_or("", |(_, value)| value));
        text = after;
    }
    filled + text
}

/// `email|` and 24 hexadecimal digits (contract §1.1). Random, so that an address which is given to somebody else one
/// day does not bring the old account's id along.
pub(super) fn new_user_id() -> String {
    let digits: String = random_bytes::<12>().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{ISSUER}|{digits}")
}

/// Counts the try. A challenge that was made up has a count of its own, so that it is answered after the same work.
pub(super) async fn prepare(
    management: &Management,
    record: &LoginRecord,
    challenge: &str,
    now: Timestamp,
) -> Answer<Prepared> {
    let email = management.tenant.read().await?.find_challenged_email(challenge).await?;
    let who = email.clone().unwrap_or_else(|| challenge.to_owned());
    let counted = attempts::count_code(management, record, who, now).await?;
    Ok(Prepared { code: Some(CodeTry { email, counted }), ..Prepared::default() })
}

/// The right code is used up whatever becomes of the login.
pub(super) async fn recognize(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    connection: &OpenConnection,
    prepared: &Prepared,
    (challenge, code): (&str, &str),
    now: Timestamp,
) -> Result<Recognized, Stop> {
    if connection.summary.strategy != Strategy::Email {
        return Err(not_enabled());
    }
    let proved = rows.try_challenge(challenge, code, now).await?.filter(|proved| is_for(proved, record));
    let Some(proved) = proved else { return Err(wrong_code()) };
    // Of two logins with one code the second finds nothing to delete.
    if !rows.delete_challenge(&proved.id).await? {
        return Err(wrong_code());
    }
    rows.delete_challenges_like(&proved).await?;
    if let Some(tried) = &prepared.code {
        tried.counted.settle(rows, now).await?;
    }
    match rows.find_user_by_identity(&connection.id, ISSUER, &proved.email).await? {
        Some(mut stored) => {
            (stored.user.email, stored.user.email_verified) = (Some(proved.email), true);
            Ok(Recognized::known(stored))
        }
        // The user was deleted since the code was sent.
        None if !EmailOptions::of(&connection.options).allows_sign_up() => Err(wrong_code()),
        None => Ok(Recognized { user_id: new_user_id(), user: None }),
    }
}

/// A code opens only what it was asked for.
fn is_for(proved: &StoredChallenge, record: &LoginRecord) -> bool {
    proved.purpose == ChallengePurpose::SignIn
        && proved.client_id == record.client_id
        && proved.organization_id == record.organization_id
        && proved.connection_id.as_ref() == Some(&record.connection_id)
}

fn wrong_code() -> Stop {
    refused(refusal::WRONG_CODE, "Wrong email or verification code.")
}

pub(super) async fn create(
    rows: &mut Rows<'_>,
    connection: &OpenConnection,
    user_id: &str,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<StoredUser, Stop> {
    let email = prepared.code.as_ref().and_then(|tried| tried.email.clone()).ok_or_else(wrong_code)?;
    let user = NewUser {
        user_id: user_id.to_owned(),
        connection_id: connection.id.clone(),
        issuer: ISSUER.to_owned(),
        subject: email.clone(),
    };
    // A parallel first login of the same address made the user.
    if !rows.create_user(user, now).await? {
        return Err(Stop::Overtaken);
    }
    let mut stored = rows.find_user(user_id).await?.ok_or(Stop::Overtaken)?;
    (stored.user.email, stored.user.email_verified) = (Some(email), true);
    name_by_default(&mut stored.user);
    rows.update_user(&stored).await?;
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_values() {
        let values = [("application.name", "Wiki"), ("code", "123456")];
        assert_eq!(fill("{{ application.name }}: {{code}}{{ nobody }}!", &values), "Wiki: 123456!");
        assert_eq!(fill("{{ open {{", &values), "{{ open {{");
    }
}
