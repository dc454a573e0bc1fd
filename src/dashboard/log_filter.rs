//! What the log is narrowed by, as it is typed and as the API is asked.

use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::confirmation::counted;
use super::error::DashboardError;
use super::event_words::TYPES;
use super::fields::Errors;
use crate::management_client::{Administration, AdministrationError, encode};
use crate::model::organization::{is_organization_id, is_organization_name};
use crate::model::user::LONGEST_USER_ID;
use crate::model::{Connection, Organization, User};
use crate::web::form::Form;

/// What stands in the address of the list besides where it goes on.
pub(super) const FIELDS: [&str; 7] = ["type", "organization", "user", "connection", "application", "since", "until"];

const MINUTE: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]T[hour]:[minute]");

/// The search that was typed, in the API's syntax, or what is wrong at its fields.
///
/// # Errors
/// When the API does not answer.
pub(super) async fn search(api: &Administration, form: &Form) -> Result<Result<String, Errors>, DashboardError> {
    let mut errors = Errors::default();
    let mut terms: Vec<String> = Vec::new();
    let found = [
        ("type", "type", kind(form.get("type"))),
        ("organization", "organization_id", organization(api, form.get("organization")).await?),
        ("user", "user_id", user(api, form.get("user")).await?),
        ("connection", "connection_id", connection(api, form.get("connection")).await?),
        ("application", "client_id", application(form.get("application"))),
    ];
    for (field, member, value) in found {
        match value {
            Ok(value) if value.is_empty() => {}
            Ok(value) => terms.push(format!("{member}:\"{}\"", escaped(&value))),
            Err(message) => errors.add(field, message),
        }
    }
    match span(form.get("since"), form.get("until")) {
        Ok(span) => terms.extend(span),
        Err((field, message)) => errors.add(field, message),
    }
    Ok(if errors.are_some() { Err(errors) } else { Ok(terms.join(" AND ")) })
}

/// What to look for, nothing where nothing was typed; or what to say at the field.
pub(super) type Found = Result<String, String>;

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

fn kind(typed: &str) -> Found {
    match typed.is_empty() || TYPES.iter().any(|(code, _)| *code == typed) {
        true => Ok(typed.to_owned()),
        false => Err("Select one of these.".to_owned()),
    }
}

/// The id of the organization of this id or name. One that was deleted is still found by its id.
pub(super) async fn organization(api: &Administration, typed: &str) -> Result<Found, DashboardError> {
    if typed.is_empty() || is_organization_id(typed) {
        return Ok(Ok(typed.to_owned()));
    }
    if !is_organization_name(typed) {
        return Ok(Err("Use the name or the id of an organization.".to_owned()));
    }
    let found: Option<Organization> = api.find(&format!("/api/v2/organizations/name/{typed}")).await?;
    Ok(found.map(|found| found.id).ok_or_else(|| "No organization has this name.".to_owned()))
}

/// The id of the user of this id or address.
async fn user(api: &Administration, typed: &str) -> Result<Found, DashboardError> {
    let is_plain = typed.len() <= LONGEST_USER_ID && !typed.contains(char::is_control);
    if is_plain && (typed.is_empty() || typed.contains('|')) {
        return Ok(Ok(typed.to_owned()));
    }
    let wrong = || Err("Use the id or the e-mail address of a user.".to_owned());
    if !is_plain || !typed.contains('@') {
        return Ok(wrong());
    }
    let found: Vec<User> = match api.get(&format!("/api/v2/users-by-email?email={}", encode(typed))).await {
        Err(AdministrationError::Refused(_)) => return Ok(wrong()),
        found => found?,
    };
    Ok(match found.as_slice() {
        [] => Err("No user has this address.".to_owned()),
        [only] => Ok(only.user_id.clone()),
        several => {
            let ids: Vec<&str> = several.iter().map(|user| user.user_id.as_str()).take(5).collect();
            let accounts = counted(several.len() as u64, "account");
            Err(format!("{accounts} have this address; use the id of one, such as {}.", ids.join(", ")))
        }
    })
}

/// The id of the connection of this id or name.
pub(super) async fn connection(api: &Administration, typed: &str) -> Result<Found, DashboardError> {
    if !is_handle(typed) {
        return Ok(Err("Use the name or the id of a connection.".to_owned()));
    }
    if typed.is_empty() || typed.starts_with("con_") {
        return Ok(Ok(typed.to_owned()));
    }
    let found: Vec<Connection> = api.get(&format!("/api/v2/connections?name={typed}")).await?;
    Ok(found.into_iter().next().map(|found| found.id).ok_or_else(|| "No connection has this name.".to_owned()))
}

fn application(typed: &str) -> Found {
    if is_handle(typed) { Ok(typed.to_owned()) } else { Err("Use the client id of an application.".to_owned()) }
}

fn is_handle(typed: &str) -> bool {
    typed.len() <= 128 && typed.chars().all(|letter| letter.is_ascii_alphanumeric() || ['-', '_'].contains(&letter))
}

/// From the first minute to the end of the last one.
fn span(since: &str, until: &str) -> Result<Option<String>, (&'static str, &'static str)> {
    const WRONG: &str = "Use a date and a time, such as 2026-01-31T08:00.";
    let since = read(since, false).ok_or(("since", WRONG))?;
    let until = read(until, true).ok_or(("until", WRONG))?;
    match (since.as_str(), until.as_str()) {
        ("", "") => Ok(None),
        (since, until) if !since.is_empty() && !until.is_empty() && since > until => {
            Err(("until", "The end is before the beginning."))
        }
        (since, until) => {
            let open = |text: &str| if text.is_empty() { "*".to_owned() } else { text.to_owned() };
            Ok(Some(format!("date:[{} TO {}]", open(since), open(until))))
        }
    }
}

/// The moment in the API's form; empty where nothing was typed.
fn read(typed: &str, is_end: bool) -> Option<String> {
    if typed.is_empty() {
        return Some(String::new());
    }
    let minute = PrimitiveDateTime::parse(typed, MINUTE).ok()?.format(MINUTE).ok()?;
    Some(format!("{minute}:{}Z", if is_end { "59.999" } else { "00.000" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reaches_to_the_end_of_what_was_typed() {
        let said = |since, until| span(since, until).expect("a span");
        assert_eq!(said("", ""), None);
        let whole = "date:[2026-01-31T08:05:00.000Z TO 2026-01-31T08:05:59.999Z]";
        assert_eq!(said("2026-01-31T08:05", "2026-01-31T08:05").as_deref(), Some(whole));
        assert_eq!(said("2026-01-31T08:05", "").as_deref(), Some("date:[2026-01-31T08:05:00.000Z TO *]"));
        for (since, until, field) in [
            ("31.1.2026", "", "since"),
            ("", "2026-02-30T08:00", "until"),
            ("2026-01-31T08:00", "2026-01-31T07:59", "until"),
        ] {
            assert_eq!(span(since, until).expect_err("wrong").0, field);
        }
    }

    #[test]
    fn no_filter_is_a_part_of_the_question() {
        assert_eq!(escaped("a\" OR type:\"s\\"), "a\\\" OR type:\\\"s\\\\");
        assert!(application("x\" OR y").is_err() && kind("s OR f").is_err());
    }
}
