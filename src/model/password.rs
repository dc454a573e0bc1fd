//! What a database connection asks of its passwords, and what one lacks: shared by who decides and who tells.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longer passwords are refused unhashed (T55).
pub const LONGEST_PASSWORD_BYTES: usize = 1024;

/// The contract's `passwordPolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    None,
    /// 6 characters.
    Low,
    /// 8 characters, among them a small letter, a capital and a digit.
    Fair,
    /// 8 characters and zxcvbn's score 3: safely unguessable.
    Good,
    /// 10 characters, zxcvbn's score 4: very unguessable; no character three times in a row.
    Excellent,
}

/// The options of a connection that are about its passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPolicy {
    pub level: Level,
    /// In characters.
    pub least: usize,
    /// How many earlier passwords may not come again.
    pub history: usize,
    pub no_personal_info: bool,
    /// Lower-cased words that no password may be; `None` when no dictionary is used.
    pub dictionary: Option<Vec<String>>,
}

/// What a password lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shortcoming {
    TooShort {
        least: usize,
    },
    TooLong,
    /// It needs a small letter, a capital and a digit.
    TooPlain,
    Guessable,
    Repetitive,
    /// It holds the person's name or address.
    Personal,
    /// It is a word of the connection's dictionary.
    Common,
    UsedBefore,
}

impl PasswordPolicy {
    /// What is not said is as at a new connection.
    pub fn of(options: &Map<String, Value>) -> Self {
        let part = |name: &str| options.get(name).and_then(Value::as_object);
        let is_on = |name: &str| part(name).is_some_and(|part| part.get("enable") == Some(&Value::Bool(true)));
        let number = |name: &str, member: &str| {
            let found = part(name).and_then(|part| part.get(member)?.as_u64());
            found.and_then(|number| usize::try_from(number).ok())
        };
        let level = match options.get("passwordPolicy").and_then(Value::as_str) {
            Some("none") => Level::None,
            Some("low") => Level::Low,
            Some("fair") => Level::Fair,
            Some("excellent") => Level::Excellent,
            _ => Level::Good,
        };
        let words = part("password_dictionary").and_then(|part| part.get("dictionary")?.as_array());
        let words = words.into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase);
        Self {
            level,
            least: number("password_complexity_options", "min_length").unwrap_or(level.least()),
            // Auth0 keeps five where nothing is said.
            history: if is_on("password_history") { number("password_history", "size").unwrap_or(5) } else { 0 },
            no_personal_info: is_on("password_no_personal_info"),
            dictionary: is_on("password_dictionary").then(|| words.collect()),
        }
    }
}

impl Level {
    fn least(self) -> usize {
        match self {
            Self::None => 1,
            Self::Low => 6,
            Self::Fair | Self::Good => 8,
            Self::Excellent => 10,
        }
    }
}

/// In a few words, for administrators.
impl fmt::Display for Shortcoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { least } => write!(f, "it needs at least {least} characters"),
            Self::TooLong => write!(f, "it has more than {LONGEST_PASSWORD_BYTES} bytes"),
            Self::TooPlain => f.write_str("it needs a small letter, a capital and a digit"),
            Self::Guessable => f.write_str("it is easy to guess"),
            Self::Repetitive => f.write_str("a character comes three times in a row"),
            Self::Personal => f.write_str("it holds the person's name or address"),
            Self::Common => f.write_str("it is in the dictionary of forbidden passwords"),
            Self::UsedBefore => f.write_str("it was used before"),
        }
    }
}
