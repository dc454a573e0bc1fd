//! Which texts the API takes: no control characters, bounded lengths, plain forms of e-mail and user name.

use crate::model::ApiError;
use crate::model::user::Profile;

/// The longest e-mail address (RFC 5321 §4.5.3.1: 64 + 1 + 255).
const LONGEST_EMAIL: usize = 320;

/// OIDC Core §2: a subject has at most 255 characters.
pub(super) const LONGEST_SUBJECT: usize = 255;

/// Whether the text has 1 to `longest` bytes and no control character.
pub(super) fn is_plain(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The address as it is stored and found again: trimmed and lower-cased. `None` when it is none: exactly one
/// `@` with something on both sides, no white space, no control characters.
pub(super) fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.split_once('@')?;
    let is_right = is_plain(&text, LONGEST_EMAIL)
        && !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !text.contains(char::is_whitespace);
    is_right.then_some(text)
}

/// The user name as it is stored and found again. It holds no `@`: it could be taken for another's e-mail.
pub(super) fn username(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    (is_plain(&text, 128) && !text.contains(|c: char| c == '@' || c.is_whitespace())).then_some(text)
}

/// The profile without the members that could not be stored or shown as they are. An odd claim of an identity
/// provider is no reason to turn a person away.
pub(super) fn usable_profile(profile: &Profile) -> Profile {
    let keep = |text: &Option<String>, longest| text.clone().filter(|text| is_plain(text, longest));
    Profile {
        name: keep(&profile.name, 300),
        nickname: keep(&profile.nickname, 300),
        given_name: keep(&profile.given_name, 150),
        family_name: keep(&profile.family_name, 150),
        picture: keep(&profile.picture, 2048).filter(|text| text.starts_with("https://")),
        locale: keep(&profile.locale, 50),
    }
}

/// Takes over what is told; what is not told stays.
pub(super) fn overwrite(kept: &mut Profile, told: Profile) {
    let members = [
        (&mut kept.name, told.name),
        (&mut kept.nickname, told.nickname),
        (&mut kept.given_name, told.given_name),
        (&mut kept.family_name, told.family_name),
        (&mut kept.picture, told.picture),
        (&mut kept.locale, told.locale),
    ];
    for (kept, told) in members {
        if told.is_some() {
            *kept = told;
        }
    }
}

/// # Errors
/// 400 `invalid_body` naming the member that [`usable_profile`] would drop.
pub(super) fn check_profile(profile: &Profile) -> Result<(), ApiError> {
    if usable_profile(profile) == *profile {
        return Ok(());
    }
    let message = "Payload validation error: 'name, nickname, given_name, family_name and locale are texts of bounded \
                   length without control characters; picture is an https address'.";
    Err(ApiError::invalid_body(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_has_one_at_and_no_white_space() {
        assert_eq!(email(" Ada@Acme.Example ").as_deref(), Some("ada@acme.example"));
        let long = format!("{}@a", "x".repeat(320));
        for wrong in ["", "ada", "@acme", "ada@", "a@b@c", "a b@c", "a\0@c", "a@c\r\nBcc: x", long.as_str()] {
            assert_eq!(email(wrong), None, "{wrong:?}");
        }
        assert_eq!(username("Ada").as_deref(), Some("ada"));
        assert_eq!(username("ada@acme.example"), None);
    }
}
