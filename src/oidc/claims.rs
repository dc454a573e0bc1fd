//! The claims of the tokens we issue (contract §2.4).

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::user::Profile;

/// The value of `gty` in a token that an application got with its own credentials.
pub const CLIENT_CREDENTIALS: &str = "client-credentials";

/// An ID token's claims (OIDC Core §2). Times are Unix seconds, except `updated_at`, which Auth0 writes as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    pub iss: String,
    pub sub: String,
    /// The application's client id.
    pub aud: String,
    pub iat: i64,
    pub exp: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auth_time: Option<i64>,
    /// The public handle of the session.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sid: Option<String>,
    #[serde(flatten)]
    pub profile: Profile,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub updated_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub org_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub org_name: Option<String>,
}

/// An access token's claims (RFC 9068). Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    pub iss: String,
    /// The user id, or `CLIENT_ID@clients`.
    pub sub: String,
    pub aud: Audience,
    /// The application that asked for it.
    pub azp: String,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
    /// Scopes separated by spaces.
    #[serde(default)]
    pub scope: String,
    /// [`CLIENT_CREDENTIALS`], or absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gty: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub org_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub org_name: Option<String>,
    /// Our own: names everything issued from one authorization code, so that its reuse can revoke it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gid: Option<String>,
    /// Our own, of administrators' tokens: the account as it was, so that another password ends them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acv: Option<String>,
}

impl AccessTokenClaims {
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split_ascii_whitespace()
    }

    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }
}

/// One audience or several (RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    pub fn contains(&self, audience: &str) -> bool {
        self.iter().any(|named| named == audience)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one).iter(),
            Self::Many(many) => many.iter(),
        }
        .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_that_are_not_set_are_absent() {
        let claims = AccessTokenClaims {
            iss: "https://login.example/".to_owned(),
            sub: "app@clients".to_owned(),
            aud: Audience::One("https://login.example/api/v2/".to_owned()),
            azp: "app".to_owned(),
            iat: 1,
            exp: 2,
            jti: "j".to_owned(),
            scope: "read:users create:users".to_owned(),
            gty: Some(CLIENT_CREDENTIALS.to_owned()),
            org_id: None,
            org_name: None,
            gid: None,
            acv: None,
        };
        assert!(claims.has_scope("create:users") && !claims.has_scope("create"));
        let written = serde_json::to_value(&claims).expect("serializes");
        assert!(written.get("org_id").is_none() && written.get("gid").is_none());
        assert_eq!(serde_json::from_value::<AccessTokenClaims>(written).expect("parses"), claims);
    }

    #[test]
    fn claims_of_the_wrong_type_are_refused() {
        let good = json!({"iss": "i", "sub": "s", "aud": ["a", "b"], "azp": "z", "iat": 1, "exp": 2, "jti": "j"});
        let parsed = serde_json::from_value::<AccessTokenClaims>(good.clone()).expect("good");
        assert!(parsed.aud.contains("b") && !parsed.aud.contains("c"));
        let wrong = [
            ("iss", json!(1)),
            ("sub", json!(null)),
            ("aud", json!({"a": 1})),
            ("aud", json!([1])),
            ("exp", json!("2")),
            ("exp", json!(2.5)),
            ("org_id", json!(["org"])),
        ];
        for (claim, value) in wrong {
            let mut bad = good.clone();
            bad[claim] = value.clone();
            assert!(serde_json::from_value::<AccessTokenClaims>(bad).is_err(), "{claim}: {value}");
        }
    }
}
