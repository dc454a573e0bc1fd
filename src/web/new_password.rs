//! What is said of a password that is chosen: what is asked for, and what one lacks.

use super::text::Text;
use crate::model::password::{Level, PasswordPolicy, Shortcoming};

/// What the policy asks for, in one sentence a rule.
pub fn hint(text: Text, policy: &PasswordPolicy) -> String {
    let mut rules = vec![text.count("password-least", "least", policy.least as u64)];
    match policy.level {
        Level::Fair => rules.push(text.get("password-kinds").to_owned()),
        Level::Good | Level::Excellent => rules.push(text.get("password-advice").to_owned()),
        Level::None | Level::Low => {}
    }
    rules.join(" ")
}

/// What a refused password lacks.
pub fn weakness(text: Text, shortcomings: &[Shortcoming]) -> String {
    let say = |shortcoming: &Shortcoming| match shortcoming {
        Shortcoming::TooShort { least } => text.count("password-too-short", "least", *least as u64),
        Shortcoming::TooLong => text.get("password-too-long").to_owned(),
        Shortcoming::TooPlain => text.get("password-kinds").to_owned(),
        Shortcoming::Guessable => text.get("password-guessable").to_owned(),
        Shortcoming::Repetitive => text.get("password-repetitive").to_owned(),
        Shortcoming::Personal => text.get("password-personal").to_owned(),
        Shortcoming::Common => text.get("password-common").to_owned(),
        Shortcoming::UsedBefore => text.get("password-used-before").to_owned(),
    };
    shortcomings.iter().map(say).collect::<Vec<_>>().join(" ")
}
