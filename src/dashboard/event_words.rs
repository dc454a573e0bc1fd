//! What an audit event says in a person's words.

use std::collections::HashMap;

use super::confirmation::quoted;
use super::error::DashboardError;
use crate::management_client::{Administration, encode};
use crate::model::login::refusal;
use crate::model::login_stats::OTHER_REFUSAL;
use crate::model::{LogEvent, User};

/// The contract's type codes with the words it has for them (§1.13).
pub(super) const TYPES: [(&str, &str); 15] = [
    ("s", "Success Login"),
    ("f", "Failed Login"),
    ("fp", "Failed Login (Incorrect Password)"),
    ("fu", "Failed Login (Invalid Email/Username)"),
    ("ss", "Success Signup"),
    ("si", "Success Invitation Accept"),
    ("fi", "Failed Invitation Accept"),
    ("scp", "Success Change Password"),
    ("sv", "Success Verification Email"),
    ("organization_member_added", "Organization Member Added"),
    ("organization_member_removed", "Organization Member Removed"),
    ("limit_wc", "Blocked Account"),
    ("limit_mu", "Blocked IP Address"),
    ("sapi", "Success API Operation"),
    ("w", "Warning"),
];

/// The longest that a part of a sentence may be; the event's own page has all of it.
const LONGEST_PART: usize = 120;

/// The words for a type code; of one that is not known, itself.
pub(super) fn kind(code: &str) -> &str {
    TYPES.iter().find(|(its, _)| *its == code).map_or(code, |(_, words)| words)
}

/// Why a login was refused, by the API's code for it; of one that is not known, itself.
pub(super) fn why_refused(reason: &str) -> &str {
    match reason {
        refusal::CONNECTION_NOT_ENABLED => "The connection is not enabled there",
        refusal::APPLICATION_NOT_ALLOWED => "The organization does not let the application be used",
        refusal::NOT_A_MEMBER => "Not a member",
        refusal::WRONG_CREDENTIALS => "Wrong password, or no such account",
        refusal::USER_BLOCKED => "Blocked",
        refusal::IDENTITY_CONFLICT => "The user id belongs to somebody else",
        refusal::UNKNOWN_USER => "The account was deleted",
        refusal::WRONG_CODE => "Wrong or old code",
        refusal::ACCOUNT_EXISTS | refusal::USERNAME_TAKEN => "The account exists already",
        refusal::WEAK_PASSWORD => "The new password is too weak",
        refusal::SIGN_UP_NOT_ALLOWED => "Nobody may make an account there",
        refusal::INVITATION_ENDED => "The invitation has ended",
        refusal::INVITATION_FOR_ANOTHER => "The invitation is for somebody else",
        OTHER_REFUSAL => "Another reason",
        other => other,
    }
}

/// Administrators by their user id, who are called by their addresses.
pub(super) type Names = HashMap<String, String>;

/// What the administrators who acted in these events are called now.
pub(super) async fn names_of_actors(api: &Administration, events: &[LogEvent]) -> Result<Names, DashboardError> {
    let mut names = Names::new();
    for id in events.iter().filter_map(actor) {
        if names.contains_key(id) {
            continue;
        }
        let user = api.find::<User>(&format!("/api/v2/users/{}", encode(id))).await?;
        let name = user.and_then(|user| user.email).unwrap_or_else(|| id.to_owned());
        names.insert(id.to_owned(), name);
    }
    Ok(names)
}

/// The administrator who made the call of the API that an event tells.
fn actor(event: &LogEvent) -> Option<&str> {
    event.details.as_ref()?.pointer("/request/auth/user/user_id")?.as_str()
}

/// Who did what, and where.
pub(super) fn sentence(event: &LogEvent, names: &Names) -> String {
    let person = event.user_name.as_ref().or(event.user_id.as_ref()).map(|name| part(name));
    let somebody = || person.clone().unwrap_or_else(|| "Somebody".to_owned());
    let place = place(event);
    let organization = organization(event).unwrap_or_else(|| "an organization".to_owned());
    match event.kind.as_str() {
        "s" => format!("{} signed in{place}.", somebody()),
        "f" | "fp" | "fu" | "fi" => format!("{} was refused{place}: {}", somebody(), part(&event.description)),
        "ss" => format!("{} made an account{place}.", somebody()),
        "si" => format!("{} accepted an invitation{place}.", somebody()),
        "scp" => format!("{} changed their password.", somebody()),
        "sv" => format!("{} proved that their e-mail address is theirs.", somebody()),
        "organization_member_added" => format!("{} became a member of {organization}.", somebody()),
        "organization_member_removed" => format!("{} is no longer a member of {organization}.", somebody()),
        "limit_wc" => format!("The account of {} must wait after too many failures{place}.", somebody()),
        "limit_mu" => {
            let address = event.ip.as_deref().map_or_else(|| "somebody".to_owned(), part);
            format!("The network address of {address} must wait after too many failures{place}.")
        }
        "sapi" => format!("{}: {}{}.", caller(event, names), part(&event.description), objects(event, person)),
        _ => format!("{}: {}{place}", kind(&event.kind), part(&event.description)),
    }
}

/// Whoever called the API.
fn caller(event: &LogEvent, names: &Names) -> String {
    let client = || event.client_name.as_deref().or(event.client_id.as_deref()).unwrap_or("Somebody");
    part(actor(event).map_or_else(client, |id| names.get(id).map_or(id, String::as_str)))
}

fn organization(event: &LogEvent) -> Option<String> {
    event.organization_name.as_ref().or(event.organization_id.as_ref()).map(|name| part(name))
}

fn connection(event: &LogEvent) -> Option<String> {
    event.connection.as_ref().or(event.connection_id.as_ref()).map(|name| part(name))
}

/// Where a person came in.
fn place(event: &LogEvent) -> String {
    let application = event.client_name.as_ref().or(event.client_id.as_ref()).map(|name| part(name));
    let parts = [(" at ", organization(event)), (" through ", connection(event)), (" for ", application)];
    parts.into_iter().filter_map(|(word, name)| Some(format!("{word}{}", name?))).collect()
}

/// What a call of the API was about.
fn objects(event: &LogEvent, person: Option<String>) -> String {
    let named = [("organization ", organization(event)), ("connection ", connection(event)), ("user ", person)];
    let named: Vec<String> = named.into_iter().filter_map(|(word, name)| Some(format!("{word}{}", name?))).collect();
    if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) }
}

/// Somebody else's words in a sentence of ours: on one line, and not all of many.
fn part(text: &str) -> String {
    let line = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
    let mut letters = text.chars().map(line);
    let mut short: String = letters.by_ref().take(LONGEST_PART).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    quoted(&short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn event(kind: &str, description: &str) -> LogEvent {
        let json = serde_json::json!({
            "log_id": "1", "_id": "1", "date": Timestamp(0), "type": kind, "description": description,
            "organization_name": "acme", "user_name": "ann@acme.example", "client_name": "Shop",
        });
        serde_json::from_value(json).expect("an event")
    }

    fn plain(event: &LogEvent, names: &Names) -> String {
        sentence(event, names).replace(['\u{2068}', '\u{2069}'], "")
    }

    #[test]
    fn a_sentence_says_who_did_what_and_where() {
        let none = Names::new();
        assert_eq!(plain(&event("s", ""), &none), "ann@acme.example signed in at acme for Shop.");
        let refused = event("f", "user is blocked");
        assert_eq!(plain(&refused, &none), "ann@acme.example was refused at acme for Shop: user is blocked");
        let mut written = event("sapi", "Change a user");
        assert_eq!(plain(&written, &none), "Shop: Change a user (organization acme, user ann@acme.example).");
        written.details = Some(serde_json::json!({ "request": { "auth": { "user": { "user_id": "auth0|1" } } } }));
        let names = Names::from([("auth0|1".to_owned(), "ada@company.example".to_owned())]);
        assert!(plain(&written, &names).starts_with("ada@company.example: "), "{}", plain(&written, &names));
    }

    #[test]
    fn others_words_stay_on_their_line_and_short() {
        let long = event("new_kind", &format!("a\nb{}", "x".repeat(1000)));
        let said = sentence(&long, &Names::new());
        assert!(said.contains("a\u{fffd}b") && said.chars().count() < 250, "{said}");
    }
}
