//! Whether a login may succeed: who comes, through what, and as whose member. Reads only.

use super::administrators;
use super::answered_trips::find_answered;
use super::attempts::find_open_connection;
use super::logins::{Stop, not_enabled, refused, version_of};
use super::membership::{self, Wish};
use super::membership_guard;
use super::recognize::{Prepared, Recognized, recognize};
use crate::config::MembershipGuard;
use crate::model::Timestamp;
use crate::model::application::DASHBOARD;
use crate::model::login::{Admission, LoginRecord, Membership, refusal};
use crate::model::trial::TriedLogin;
use crate::store::{AnsweredTrip, OpenConnection, Rows, StoredUser};

/// A login that may succeed: who it is and what is still to be written.
pub(super) struct Decision {
    pub(super) connection: OpenConnection,
    pub(super) user_id: String,
    /// `None`: the person comes for the first time.
    pub(super) user: Option<StoredUser>,
    pub(super) wish: Wish,
    pub(super) answered: Option<AnsweredTrip>,
    pub(super) management_scopes: Vec<String>,
}

impl Decision {
    /// The admission of a session whose user is let in as things are.
    pub(super) fn without_writing(self, record: &LoginRecord) -> Option<Admission> {
        let stored = self.user.filter(|_| self.wish == Wish::Nothing)?;
        let (account_version, user) = (version_of(&stored), stored.user);
        let membership =
            record.organization_id.clone().map(|organization_id| Membership { organization_id, created: false });
        let (connection, management_scopes) = (self.connection.summary, self.management_scopes);
        Some(Admission { user, account_version, connection, membership, management_scopes })
    }
}

/// What the same login would come to, whatever application it is for.
///
/// # Errors
/// As a login would be refused.
pub(super) async fn would_come_to(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    guard: MembershipGuard,
    now: Timestamp,
) -> Result<TriedLogin, Stop> {
    let decision = decide_person(rows, record, &Prepared::default(), guard, now).await?;
    let (is_new, would_join) = (decision.user.is_none(), decision.wish == Wish::Join);
    Ok(TriedLogin { user_id: decision.user_id, is_new, would_join })
}

/// Reads and decides; writes nothing but the settled count of a right password.
pub(super) async fn decide(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    prepared: &Prepared,
    guard: MembershipGuard,
    now: Timestamp,
) -> Result<Decision, Stop> {
    if let Some(organization_id) = &record.organization_id
        && rows.is_closed_to_client(organization_id, &record.client_id).await?
    {
        return Err(refused(
            refusal::APPLICATION_NOT_ALLOWED,
            "The organization does not let the application be used.",
        ));
    }
    decide_person(rows, record, prepared, guard, now).await
}

/// The same about the person alone.
async fn decide_person(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    prepared: &Prepared,
    guard: MembershipGuard,
    now: Timestamp,
) -> Result<Decision, Stop> {
    let Some(mut connection) = find_open_connection(rows, record).await? else { return Err(not_enabled()) };
    let Recognized { user_id, user } = recognize(rows, record, &connection, prepared, now).await?;
    if user.as_ref().is_some_and(|stored| stored.user.blocked) {
        return Err(refused(refusal::USER_BLOCKED, "user is blocked").of_user(&user_id));
    }
    let answered = find_answered(rows, record, &user_id, now).await?;
    if answered.is_some() && user.is_none() {
        return Err(refused(refusal::UNKNOWN_USER, "the user was deleted").of_user(&user_id));
    }
    if connection.assign_membership_on_login {
        let person = (prepared, user.as_ref());
        connection.assign_membership_on_login =
            membership_guard::lets_join(rows, record, &connection, person, guard).await?;
    }
    let wish = membership::decide(rows, record, &connection, prepared, (&user_id, user.as_ref()), now).await?;
    // Only this application's tokens are for administering, and nobody administers as somebody's member.
    let management_scopes = match record.client_id == DASHBOARD && record.organization_id.is_none() {
        true => administrators::scopes_now(rows, &user_id).await?,
        false => Vec::new(),
    };
    Ok(Decision { connection, user_id, user, wish, answered, management_scopes })
}
