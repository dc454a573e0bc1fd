//! What a connection says about a person, read from an ID token and the userinfo answer (OIDC Core §5.1).

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::attribute_map;
use super::presets::{EmailProof, Preset};
use crate::model::connection::{AttributeMap, UpstreamOptions};
use crate::model::login::Identity;
use crate::model::user::{LONGEST_EMAIL, LONGEST_SUBJECT, Profile};

/// Letters of one part of a name.
const MAX_NAME: usize = 100;

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

/// The claims as the standard writes them, where a preset's identity provider has its own ways.
pub(super) fn standard(preset: &Preset, options: &UpstreamOptions, claims: &Value) -> Value {
    let mut standard = claims.clone();
    let Some(members) = standard.as_object_mut() else { return standard };
    if preset.subject != "sub" {
        members.remove("sub");
        members.extend(claims.get(preset.subject).map(|subject| ("sub".to_owned(), subject.clone())));
    }
    match preset.email {
        EmailProof::Claim => {}
        EmailProof::ClaimOrText if claims["email_verified"] == "true" => {
            members.insert("email_verified".to_owned(), Value::Bool(true));
        }
        EmailProof::ClaimOrText => {}
        EmailProof::DomainOwner => {
            let never = options.should_trust_email_verified_connection.as_deref();
            let proved = claims["xms_edov"] == true && never != Some("never_set_emails_as_verified");
            members.insert("email_verified".to_owned(), Value::Bool(proved));
        }
    }
    standard
}

/// Where an OAuth 2.0 server keeps a person's id, unless the attribute map says so.
const ID_MEMBERS: [&str; 3] = ["id", "user_id", "sub"];

/// The claims of an OAuth 2.0 server's own answer, by the map when one is in force. What is of another type than ours is
/// left out: there is no standard to hold it to, but for the id.
pub(super) fn of_own_answer(map: Option<&AttributeMap>, answer: &Value) -> Value {
    let mut members = match map {
        Some(map) => attribute_map::apply(map, &Value::Null, answer),
        None => {
            let texts = ["name", "nickname", "given_name", "family_name", "picture", "locale", "email"];
            let texts = texts.iter().filter_map(|name| Some(((*name).to_owned(), answer.get(*name)?.clone())));
            let verified = answer.get("email_verified").map(|value| ("email_verified".to_owned(), value.clone()));
            texts.filter(|(_, value)| value.is_string()).chain(verified).collect()
        }
    };
    // A map that names the id and finds none leaves nobody: another member may be another person's.
    let id = match map.and_then(|map| ID_MEMBERS.iter().find(|name| map.attributes.contains_key(**name))) {
        Some(name) => members.remove(*name),
        None => ID_MEMBERS.iter().find_map(|name| answer.get(*name)).cloned(),
    };
    ID_MEMBERS.iter().for_each(|name| drop(members.remove(*name)));
    let id = match id {
        Some(Value::Number(id)) if id.is_u64() => Some(Value::String(id.to_string())),
        id => id,
    };
    members.extend(id.map(|id| ("sub".to_owned(), id)));
    Value::Object(members)
}

impl PersonClaims {
    /// The subject stays the ID token's: it never comes from a map.
    ///
    /// # Errors
    /// As [`PersonClaims::read`].
    pub(super) fn mapped(self, mut members: Map<String, Value>) -> Result<Self, String> {
        members.insert("sub".to_owned(), Value::String(self.sub));
        Self::read(&Value::Object(members))
    }

    /// A name that came beside the ID token: it may be shown, and decides nothing.
    pub(super) fn named(mut self, given: Option<String>, family: Option<String>) -> Self {
        let shown = |name: Option<String>| {
            let name: String = name?.chars().filter(|letter| !letter.is_control()).take(MAX_NAME).collect();
            Some(name.trim().to_owned()).filter(|name| !name.is_empty())
        };
        let (given_name, family_name) = (shown(given), shown(family));
        let both: Vec<&str> = [&given_name, &family_name].into_iter().flatten().map(String::as_str).collect();
        let name = Some(both.join(" ")).filter(|name| !name.is_empty());
        self.profile = self.profile.or(Profile { name, given_name, family_name, ..Profile::default() });
        self
    }

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
