//! Whether a password fits its connection's policy (contract §1.11).
//!
//! The levels are Auth0's, but for one thing: where Auth0's `good` and `excellent` ask for three of four kinds of
//! characters, these ask for zxcvbn's score 3 and 4, since such rules make passwords that are written down and no
//! harder to guess (NIST SP 800-63B-4 §3.1.1.2).

use zxcvbn::{Score, zxcvbn};

use crate::model::login::refusal;
use crate::model::password::{LONGEST_PASSWORD_BYTES, Level, PasswordPolicy, Shortcoming};
use crate::model::{ApiError, User};

/// Shorter parts of names are in many good passwords.
const SHORTEST_PERSONAL: usize = 3;

/// What the history holds is asked elsewhere: that needs the hashes.
pub(super) fn check(policy: &PasswordPolicy, password: &str, personal: &[&str]) -> Result<(), Vec<Shortcoming>> {
    if password.len() > LONGEST_PASSWORD_BYTES {
        return Err(vec![Shortcoming::TooLong]);
    }
    let lower = password.to_lowercase();
    let mut found = Vec::new();
    if password.chars().count() < policy.least {
        found.push(Shortcoming::TooShort { least: policy.least });
    }
    if policy.level == Level::Fair && !has_three_kinds(password) {
        found.push(Shortcoming::TooPlain);
    }
    if policy.level == Level::Excellent && is_repetitive(password) {
        found.push(Shortcoming::Repetitive);
    }
    if policy.no_personal_info && personal_parts(personal).any(|part| lower.contains(&part)) {
        found.push(Shortcoming::Personal);
    }
    if policy.dictionary.as_ref().is_some_and(|words| words.contains(&lower)) {
        found.push(Shortcoming::Common);
    }
    // Whoever hears of something plainer need not hear of this.
    if found.is_empty() && is_guessable(policy.level, password, personal) {
        found.push(Shortcoming::Guessable);
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// What of a person a password may not hold.
pub(super) fn personal(user: &User) -> Vec<&str> {
    let profile = &user.profile;
    [&user.email, &user.username, &profile.name, &profile.nickname, &profile.given_name, &profile.family_name]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect()
}

/// The refusal that tells them.
pub(super) fn weak(shortcomings: Vec<Shortcoming>) -> ApiError {
    let words: Vec<String> = shortcomings.iter().map(ToString::to_string).collect();
    let message = format!("PasswordStrengthError: Password is too weak: {}.", words.join("; "));
    ApiError { shortcomings, ..ApiError::new(400, Some(refusal::WEAK_PASSWORD), message) }
}

fn has_three_kinds(password: &str) -> bool {
    let has = |kind: fn(&char) -> bool| password.chars().any(|character| kind(&character));
    has(|it| it.is_lowercase()) && has(|it| it.is_uppercase()) && has(|it| it.is_numeric())
}

fn is_repetitive(password: &str) -> bool {
    let characters: Vec<char> = password.chars().collect();
    characters.windows(3).any(|three| three[0] == three[1] && three[1] == three[2])
}

fn personal_parts<'p>(personal: &'p [&str]) -> impl Iterator<Item = String> + 'p {
    let parts = personal.iter().flat_map(|text| {
        let local = text.split('@').next().unwrap_or(text);
        [*text, local].into_iter().chain(text.split(|it: char| !it.is_alphanumeric()))
    });
    parts.filter(|part| part.chars().count() >= SHORTEST_PERSONAL).map(str::to_lowercase)
}

fn is_guessable(level: Level, password: &str, personal: &[&str]) -> bool {
    let least = match level {
        Level::Good => Score::Three,
        Level::Excellent => Score::Four,
        Level::None | Level::Low | Level::Fair => return false,
    };
    zxcvbn(password, personal).score() < least
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shortcomings(options: Value, password: &str) -> Vec<Shortcoming> {
        let policy = PasswordPolicy::of(options.as_object().expect("an object"));
        check(&policy, password, &["ada@acme.example", "Ada Lovelace"]).err().unwrap_or_default()
    }

    #[test]
    fn each_level_asks_for_more() {
        let level = |name: &str, password: &str| shortcomings(json!({ "passwordPolicy": name }), password);
        let short = |least| vec![Shortcoming::TooShort { least }];
        assert_eq!((level("none", ""), level("none", "x")), (short(1), vec![]));
        assert_eq!((level("low", "12345"), level("low", "123456")), (short(6), vec![]));
        assert_eq!(level("fair", "password1"), [Shortcoming::TooPlain]);
        assert_eq!(level("fair", "Password1"), []);
        assert_eq!(level("good", "Tr0ub4"), short(8));
        assert_eq!(level("good", "Password1!"), [Shortcoming::Guessable]);
        assert_eq!(level("good", "correct horse"), []);
        assert_eq!(level("excellent", "aaavery odd kettle"), [Shortcoming::Repetitive]);
        assert_eq!(level("excellent", "very odd kettles sing"), []);
        // Characters count, not bytes; nothing is cut off.
        assert_eq!(level("low", "пароль"), []);
        assert_eq!(level("none", &"x".repeat(1025)), [Shortcoming::TooLong]);
    }

    #[test]
    fn what_is_not_said_is_good() {
        assert_eq!(shortcomings(json!({}), "Password1!"), [Shortcoming::Guessable]);
    }

    #[test]
    fn further_options_count_on_their_own() {
        let on = json!({"passwordPolicy": "none", "password_complexity_options": {"min_length": 5},
            "password_no_personal_info": {"enable": true},
            "password_dictionary": {"enable": true, "dictionary": ["Swordfish"]}});
        assert_eq!(shortcomings(on.clone(), "four"), [Shortcoming::TooShort { least: 5 }]);
        assert_eq!(shortcomings(on.clone(), "xLOVELACEx"), [Shortcoming::Personal]);
        assert_eq!(shortcomings(on.clone(), "swordFISH"), [Shortcoming::Common]);
        assert_eq!(shortcomings(on, "harmless"), []);
    }
}
