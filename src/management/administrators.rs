//! Administrators: people whose role lets them into this API, through the dashboard. What makes somebody one may be
//! changed only by who may do everything.

use super::answer::Answer;
use super::auth::AccessToken;
use super::logins::version_of;
use super::{Caller, SCOPES};
use crate::error::Fault;
use crate::model::ApiError;
use crate::model::application::DASHBOARD;
use crate::model::role::ManagementAccess;
use crate::store::{Rows, StoreError, Tenant};

/// Scopes that no administrator has: secrets are written and never read.
const SECRETS: [&str; 2] = ["read:client_keys", "read:connections_options"];

/// The scopes of this kind of administrator.
pub(super) fn scopes_of(access: ManagementAccess) -> impl Iterator<Item = &'static str> {
    let may = move |scope: &&str| access == ManagementAccess::Full || scope.starts_with("read:");
    SCOPES.iter().copied().filter(|scope| !SECRETS.contains(scope)).filter(may)
}

/// What a user may do here now; nothing for who is no administrator, or is blocked.
pub(super) async fn scopes_now(rows: &mut Rows<'_>, user_id: &str) -> Result<Vec<String>, StoreError> {
    let found = rows.find_management_access(user_id).await?;
    Ok(found.into_iter().flat_map(scopes_of).map(str::to_owned).collect())
}

/// What is left of an administrator's token: none of it when the account was made anew or got another password since,
/// and no more than their role is worth now.
///
/// # Errors
/// When the database cannot be read.
pub async fn scopes_left(tenant: &Tenant, token: AccessToken) -> Result<Vec<String>, StoreError> {
    let mut rows = tenant.read().await?;
    let Some(stored) = rows.find_user(&token.subject).await? else { return Ok(Vec::new()) };
    if token.account_version != Some(version_of(&stored)) {
        return Ok(Vec::new());
    }
    let now = scopes_now(&mut rows, &token.subject).await?;
    Ok(token.scopes.into_iter().filter(|held| now.contains(held)).collect())
}

/// Whether somebody administers this server.
///
/// # Errors
/// When the database cannot be read.
pub async fn exist(tenant: &Tenant) -> Result<bool, Fault> {
    let find = async {
        let mut rows = tenant.read().await?;
        for role in rows.list_administrator_roles().await? {
            if role.management_access == Some(ManagementAccess::Full) && rows.count_role_users(&role.id).await? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    };
    find.await.map_err(|error: StoreError| Fault::new("looking for administrators", error))
}

/// Lets only those change an administrator who may do everything: whoever could change one's password, roles or way in
/// would be one.
///
/// # Errors
/// 403 `operation_not_supported`.
pub(super) async fn check_users(rows: &mut Rows<'_>, caller: &Caller, user_ids: &[String]) -> Answer<()> {
    for user_id in user_ids {
        if rows.is_administrator(user_id).await? {
            return require_everything(caller);
        }
    }
    Ok(())
}

/// The same for the roles that make administrators. Whether one of them does.
///
/// # Errors
/// 403 `operation_not_supported`.
pub(super) async fn check_roles(rows: &mut Rows<'_>, caller: &Caller, role_ids: &[String]) -> Answer<bool> {
    for role_id in role_ids {
        if rows.find_role(role_id).await?.is_some_and(|role| role.management_access.is_some()) {
            return require_everything(caller).map(|()| true);
        }
    }
    Ok(false)
}

/// The same for the connections by which administrators come in.
///
/// # Errors
/// 403 `operation_not_supported`.
pub(super) fn check_clients<'c>(caller: &Caller, client_ids: impl IntoIterator<Item = &'c String>) -> Answer<()> {
    match client_ids.into_iter().any(|client_id| client_id == DASHBOARD) {
        true => require_everything(caller),
        false => Ok(()),
    }
}

/// What a change of who administers must leave: somebody who may do everything and can sign in, if there is one now.
/// Made before the change and asked after it, in one transaction.
#[derive(Debug)]
pub(super) struct Left {
    must_be: bool,
}

impl Left {
    /// `concerns`: whether the change may make one administrator less; nothing is held for any other. Of two at once
    /// the second sees what the first did. To be called before users are held.
    pub(super) async fn hold(rows: &mut Rows<'_>, concerns: bool) -> Result<Self, StoreError> {
        if !concerns {
            return Ok(Self { must_be: false });
        }
        rows.hold_administrator_roles().await?;
        Ok(Self { must_be: rows.is_administered_through(DASHBOARD).await? })
    }

    /// For a change of this user.
    pub(super) async fn of_user(rows: &mut Rows<'_>, user_id: &str) -> Result<Self, StoreError> {
        let concerns = rows.is_administrator(user_id).await?;
        Self::hold(rows, concerns).await
    }

    /// For a change of a connection that these applications may use.
    pub(super) async fn of_clients<'c>(
        rows: &mut Rows<'_>,
        mut client_ids: impl Iterator<Item = &'c String>,
    ) -> Result<Self, StoreError> {
        Self::hold(rows, client_ids.any(|client_id| client_id == DASHBOARD)).await
    }

    /// # Errors
    /// 409 `last_administrator`.
    pub(super) async fn check(self, rows: &mut Rows<'_>) -> Answer<()> {
        if !self.must_be || rows.is_administered_through(DASHBOARD).await? {
            return Ok(());
        }
        let message = "Nobody would be left who may do everything here; make somebody else an administrator first.";
        Err(ApiError::conflict(Some("last_administrator"), message).into())
    }
}

fn require_everything(caller: &Caller) -> Answer<()> {
    if scopes_of(ManagementAccess::Full).all(|scope| caller.may(scope)) {
        return Ok(());
    }
    let message = "Only who may do everything may change who administers this server.";
    Err(ApiError::new(403, Some("operation_not_supported"), message).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_looks_changes_nothing_and_nobody_reads_secrets() {
        let full: Vec<_> = scopes_of(ManagementAccess::Full).collect();
        let read: Vec<_> = scopes_of(ManagementAccess::Read).collect();
        assert_eq!(full.len(), SCOPES.len() - 2);
        assert!(read.iter().all(|scope| scope.starts_with("read:") && full.contains(scope)));
        assert!(!full.contains(&"read:client_keys") && !full.contains(&"read:connections_options"));
        assert!(read.contains(&"read:organization_connections"));
    }
}
