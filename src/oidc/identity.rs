//! What a connection says about a person, read from an ID token and the userinfo answer (OIDC Core §5.1).

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::login::Identity;
use crate::model::user::{LONGEST_EMAIL, LONGEST_SUBJECT, Profile};

/// The claims about the person. A claim of the wrong type is an error, except that `email_verified` then means no.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PersonClaims {
    pub(super) sub: String,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default, deserialize_with = "only_true")]
    email_verified: bool,
    #[serde(flatten)]
    profile: Profile,
}

/// Only the JSON `true` counts: `"true"`, `1` and the like are somebody's mistake, and no proof.
fn only_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(deserializer)? == Value::Bool(true))
}

impl PersonClaims {
    /// # Errors
    /// A sentence without any of the values.
    pub(super) fn read(claims: &Value) -> Result<Self, String> {
        let read = Self::deserialize(claims).map_err(|_| "a claim about the person has the wrong type".to_owned());
        read?.checked()
    }

    fn checked(mut self) -> Result<Self, String> {
        if self.sub.is_empty() || self.sub.len() > LONGEST_SUBJECT || self.sub.chars().any(char::is_control) {
            return Err("the subject is empty, too long or has control characters".to_owned());
        }
        self.email = self.email.filter(|email| !email.is_empty());
        let email = self.email.as_deref().unwrap_or_default();
        if email.len() > LONGEST_EMAIL || email.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
            return Err("the e-mail address is malformed".to_owned());
        }
        Ok(self)
    }

    /// Adds what userinfo says where the ID token said nothing. An e-mail address comes with its own `email_verified`.
    ///
    /// # Errors
    /// When userinfo speaks of someone else (OIDC Core §5.3.2).
    pub(super) fn completed_by(mut self, other: Self) -> Result<Self, String> {
        if self.sub != other.sub {
            return Err("userinfo speaks of another subject than the ID token".to_owned());
        }
        if self.email.is_none() {
            (self.email, self.email_verified) = (other.email, other.email_verified);
        }
        self.profile = self.profile.or(other.profile);
        Ok(self)
    }

    pub(super) fn into_identity(self, issuer: &str) -> Identity {
        Identity {
            issuer: issuer.to_owned(),
            subject: self.sub,
            email_verified: self.email_verified && self.email.is_some(),
            email: self.email,
            hosted_domain: None,
            tenant_id: None,
            profile: self.profile,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_json_true_verifies_an_email() {
        let cases = [
            (json!({"sub": "s", "email": "a@b", "email_verified": true}), true),
            (json!({"sub": "s", "email": "a@b", "email_verified": false}), false),
            (json!({"sub": "s", "email": "a@b", "email_verified": "true"}), false),
            (json!({"sub": "s", "email": "a@b", "email_verified": 1}), false),
            (json!({"sub": "s", "email": "a@b", "email_verified": []}), false),
            (json!({"sub": "s", "email": "a@b", "email_verified": null}), false),
            (json!({"sub": "s", "email": "a@b"}), false),
            (json!({"sub": "s", "email_verified": true}), false),
        ];
        for (claims, expected) in cases {
            let identity = PersonClaims::read(&claims).expect("reads").into_identity("https://i");
            assert_eq!(identity.email_verified, expected, "{claims}");
        }
    }

    #[test]
    fn claims_of_the_wrong_type_or_form_are_refused() {
        let bad = [
            json!({}),
            json!({"sub": null}),
            json!({"sub": 7}),
            json!({"sub": ""}),
            json!({"sub": "s".repeat(256)}),
            json!({"sub": "a\u{0}b"}),
            json!({"sub": "s", "email": ["a@b"]}),
            json!({"sub": "s", "email": "a@b\r\nBcc: c@d"}),
            json!({"sub": "s", "name": {"first": "A"}}),
            json!([]),
        ];
        for claims in bad {
            assert!(PersonClaims::read(&claims).is_err(), "{claims}");
        }
    }

    #[test]
    fn userinfo_completes_but_never_changes_the_person() {
        let read = |claims| PersonClaims::read(&claims).expect("reads");
        let token = read(json!({"sub": "s", "name": "A"}));
        let more = read(json!({"sub": "s", "name": "B", "locale": "de", "email": "a@b", "email_verified": true}));
        let identity = token.clone().completed_by(more).expect("same subject").into_identity("https://i");
        assert_eq!(identity.profile.name.as_deref(), Some("A"));
        assert_eq!(identity.profile.locale.as_deref(), Some("de"));
        assert!(identity.email_verified);
        assert!(token.completed_by(read(json!({"sub": "other", "email": "a@b"}))).is_err());
    }
}
