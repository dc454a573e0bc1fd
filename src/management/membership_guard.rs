//! The guard of auto-membership: whom a connection may make a member, where its organization says whose people.

use super::Caller;
use super::answer::Answer;
use super::check::wrong;
use super::recognize::{Prepared, proved_address};
use crate::config::MembershipGuard;
use crate::model::connection::is_issuer_of_anyone;
use crate::model::discovery_domain::normal_domain;
use crate::model::email_address::domain_of_address;
use crate::model::login::{Identity, LoginRecord, Proof};
use crate::model::{ApiError, Connection, Timestamp};
use crate::store::{Event, OpenConnection, Rows, StoreError, StoredUser};

/// Entries of one list.
pub(super) const MOST_ALLOWED: usize = 100;

pub(super) const WARNING: &str = "Anyone can become a member: assign_membership_on_login is on for a connection anyone can join, without \
     allowed_domains";

pub(super) const REFUSED: &str = "Anyone could become a member: this connection needs allowed_domains for \
     assign_membership_on_login = true.";

/// The list in the form it is compared in, each entry once.
///
/// # Errors
/// 400 for what is neither a domain nor a tenant's id.
pub(super) fn normal(allowed: &[String]) -> Result<Vec<String>, ApiError> {
    let neither = || wrong("allowed_domains", "String is neither a domain nor the id of a tenant");
    let mut normal = Vec::with_capacity(allowed.len());
    for entry in allowed {
        let entry = normal_tenant(entry).or_else(|| normal_domain(entry)).ok_or_else(neither)?;
        if !normal.contains(&entry) {
            normal.push(entry);
        }
    }
    Ok(normal)
}

/// A UUID in lower case.
fn normal_tenant(text: &str) -> Option<String> {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let is_right = groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    is_right.then(|| text.to_lowercase())
}

/// A changed connection may have become one that anyone can join: that is told for each organization whose
/// auto-membership has no list, or refused.
///
/// # Errors
/// 400 `membership_guard`, where the setting says so.
pub(super) async fn check_opened(
    rows: &mut Rows<'_>,
    caller: &Caller,
    (before, after): (&Connection, &Connection),
    guard: MembershipGuard,
    now: Timestamp,
) -> Answer<()> {
    let is_for_anyone = |connection: &Connection| connection.strategy.is_for_anyone(&connection.options);
    if is_for_anyone(before) || !is_for_anyone(after) {
        return Ok(());
    }
    for organization_id in rows.list_organizations_joined_without_list(&after.id).await? {
        if guard == MembershipGuard::Refuse {
            return Err(ApiError::new(400, Some("membership_guard"), REFUSED).into());
        }
        let (connection_id, organization_id) = (Some(after.id.clone()), Some(organization_id));
        let event = Event { kind: "w", connection_id, organization_id, ..caller.event(WARNING) };
        rows.record_event(event, now).await?;
    }
    Ok(())
}

/// Whether anyone can come through the connection as this login does. Metadata that is discovered may name an issuer
/// that no option does, so what vouched for the person counts as well.
async fn is_for_anyone(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    connection: &OpenConnection,
    user: Option<&StoredUser>,
) -> Result<bool, StoreError> {
    let issuer = match &record.proof {
        Proof::Identity(identity) => Some(identity.issuer.as_str()),
        _ => user.map(|stored| stored.issuer.as_str()),
    };
    Ok(issuer.is_some_and(is_issuer_of_anyone)
        || connection.summary.strategy.is_for_anyone(&connection.options)
        || rows.takes_sign_ups(&connection.id).await?)
}

/// Whether the person is one of those whom auto-membership is for. Where the guard refuses, a connection that became
/// one for anyone after the organization switched it on makes nobody a member any more. Only what this login proves counts, or what the
/// account proved before it: never an address that nobody verified.
pub(super) async fn lets_join(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    connection: &OpenConnection,
    (prepared, user): (&Prepared, Option<&StoredUser>),
    guard: MembershipGuard,
) -> Result<bool, StoreError> {
    let allowed = &connection.allowed_domains;
    if allowed.is_empty() {
        return Ok(guard != MembershipGuard::Refuse || !is_for_anyone(rows, record, connection, user).await?);
    }
    let by_address = proved_address(record, prepared, user).is_some_and(|email| is_address_among(allowed, email));
    Ok(by_address || matches!(&record.proof, Proof::Identity(identity) if is_vouched_for(allowed, identity)))
}

/// By the company that runs the account.
fn is_vouched_for(allowed: &[String], identity: &Identity) -> bool {
    let domain = identity.hosted_domain.as_deref().and_then(normal_domain);
    let tenant = identity.tenant_id.as_deref().and_then(normal_tenant);
    domain.is_some_and(|domain| allowed.contains(&domain)) || tenant.is_some_and(|tenant| allowed.contains(&tenant))
}

/// The whole domain counts: `acme.example` is neither `sub.acme.example` nor `acme.example.evil.example`.
fn is_address_among(allowed: &[String], email: &str) -> bool {
    domain_of_address(email).is_some_and(|domain| allowed.contains(&domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> Vec<String> {
        normal(&entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>()).expect("a list")
    }

    fn identity() -> Identity {
        Identity {
            issuer: "https://i".to_owned(),
            subject: "s".to_owned(),
            email: Some("ann@gmail.example".to_owned()),
            email_verified: true,
            hosted_domain: None,
            tenant_id: None,
            profile: Default::default(),
        }
    }

    #[test]
    fn a_list_is_kept_in_one_form() {
        let tenant = "72F988BF-86F1-41AF-91AB-2D7CD011DB47";
        let kept = list(&["ACME.example", "acme.example", "münchen.example", tenant]);
        assert_eq!(kept, ["acme.example", "xn--mnchen-3ya.example", &tenant.to_lowercase()]);
        for wrong in ["", "acme", "*.acme.example", "@acme.example", "72f988bf-86f1-41af-91ab", "10.0.0.1"] {
            assert!(normal(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_what_is_verified_and_whole_counts() {
        let allowed = list(&["acme.example", "xn--mnchen-3ya.example", "72f988bf-86f1-41af-91ab-2d7cd011db47"]);
        assert!(is_address_among(&allowed, "ann@Acme.Example"));
        assert!(is_address_among(&allowed, "ann@MÜNCHEN.example"));
        for email in [
            "ann@sub.acme.example",
            "ann@acme.example.evil.example",
            "ann@notacme.example",
            "ann@acme.example@evil.example",
            "ann@evil.example@acme.example",
            "ann@\u{ff41}cme.example",
            "acme.example",
            "ann@72f988bf-86f1-41af-91ab-2d7cd011db47",
        ] {
            assert!(!is_address_among(&allowed, email), "{email}");
        }
        let at = |hosted: &str, tenant: &str| Identity {
            hosted_domain: Some(hosted.to_owned()),
            tenant_id: Some(tenant.to_owned()),
            ..identity()
        };
        assert!(is_vouched_for(&allowed, &at("acme.example", "")));
        assert!(is_vouched_for(&allowed, &at("", "72F988BF-86F1-41AF-91AB-2D7CD011DB47")));
        assert!(!is_vouched_for(&allowed, &at("evil.example", "00000000-86f1-41af-91ab-2d7cd011db47")));
    }
}
