//! The presets: one row for each strategy with an identity provider, which says what its connections need not.

use crate::model::Strategy;

/// What a strategy is, apart from the options of one connection.
#[derive(Debug)]
pub(super) struct Preset {
    strategy: Strategy,
    pub(super) place: Place,
    /// Scopes when the options name none.
    pub(super) scope: &'static str,
    /// Options that are switches, and the scope each stands for.
    pub(super) switches: &'static [(&'static str, &'static str)],
    /// Wishes of a login that it takes, and the name of the parameter.
    pub(super) takes: &'static [(&'static str, &'static str)],
    /// The `prompt` that makes it ask who is there although it knows.
    pub(super) asks_anew: &'static str,
    pub(super) authentication: Authentication,
    pub(super) binding: Binding,
    /// Whether the answer must come as a posted form.
    pub(super) form_post: bool,
    pub(super) person: Person,
    /// The claim that is the subject.
    pub(super) subject: &'static str,
    pub(super) email: EmailProof,
}

/// Where its endpoints are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The options say: an issuer, or the endpoints themselves.
    Options,
    /// `[providers]` says.
    Google,
    Microsoft,
    /// Microsoft's tenant of personal accounts.
    MicrosoftConsumers,
    Apple,
    Linkedin,
    Github,
    /// The options say, for OAuth 2.0 without an issuer.
    OwnEndpoints,
}

/// How we prove at the token endpoint who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authentication {
    /// As configured; else what the metadata allows.
    Announced,
    Post,
    /// The client secret is a JWT that we sign (Apple).
    SignedSecret,
}

/// What binds the answer to the request, besides `state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    NonceAndPkce,
    Pkce,
    /// LinkedIn's token endpoint answers `invalid_client` to a `code_verifier`, and its ID tokens have no nonce. What is
    /// left is `state` together with the browser's cookie, and the client's secret.
    StateOnly,
}

/// Who says who came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Person {
    IdToken,
    /// The ID token, and userinfo for what it leaves out.
    IdTokenAndUserinfo,
    /// GitHub's calls for the user and for the addresses.
    GithubApi,
    /// A call with the access token.
    Userinfo,
}

/// What makes an e-mail address verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EmailProof {
    /// `email_verified`, as a JSON `true`.
    Claim,
    /// The same, also as the text `"true"`: Apple documents both.
    ClaimOrText,
    /// `xms_edov`: the address's domain belongs to the tenant. Nothing else counts, for anybody with a tenant of
    /// their own writes any address into it (the nOAuth attack).
    DomainOwner,
}

const ALL_WISHES: &[(&str, &str)] = &[
    ("login_hint", "login_hint"),
    ("prompt", "prompt"),
    ("max_age", "max_age"),
    ("ui_locales", "ui_locales"),
    ("acr_values", "acr_values"),
];
const HINT_AND_PROMPT: &[(&str, &str)] = &[("login_hint", "login_hint"), ("prompt", "prompt")];
const EMAIL_AND_PROFILE: &[(&str, &str)] = &[("email", "email"), ("profile", "profile")];

const OIDC: Preset = Preset {
    strategy: Strategy::Oidc,
    place: Place::Options,
    scope: "openid profile email",
    switches: &[],
    takes: ALL_WISHES,
    // Every OpenID provider knows `login`; not every one knows `select_account`, and may refuse it.
    asks_anew: "login",
    authentication: Authentication::Announced,
    binding: Binding::NonceAndPkce,
    form_post: false,
    person: Person::IdTokenAndUserinfo,
    subject: "sub",
    email: EmailProof::Claim,
};

/// Google knows no `prompt=login`, and tells no `auth_time` that could be held against a `max_age`.
const GOOGLE: Preset = Preset {
    strategy: Strategy::GoogleOauth2,
    place: Place::Google,
    switches: EMAIL_AND_PROFILE,
    takes: HINT_AND_PROMPT,
    asks_anew: "select_account",
    authentication: Authentication::Post,
    ..OIDC
};

/// `oid` is one person in all applications of a tenant; `sub` is another one in each.
const MICROSOFT: Preset = Preset {
    strategy: Strategy::Waad,
    place: Place::Microsoft,
    takes: HINT_AND_PROMPT,
    authentication: Authentication::Post,
    person: Person::IdToken,
    subject: "oid",
    email: EmailProof::DomainOwner,
    ..OIDC
};

static PRESETS: [Preset; 10] = [
    OIDC,
    Preset { strategy: Strategy::Okta, ..OIDC },
    GOOGLE,
    Preset { strategy: Strategy::GoogleApps, ..GOOGLE },
    MICROSOFT,
    Preset { strategy: Strategy::Windowslive, place: Place::MicrosoftConsumers, ..MICROSOFT },
    Preset {
        strategy: Strategy::Apple,
        place: Place::Apple,
        scope: "name email",
        switches: &[("email", "email"), ("name", "name")],
        takes: &[],
        authentication: Authentication::SignedSecret,
        // Required as soon as the name or the e-mail is asked for.
        form_post: true,
        person: Person::IdToken,
        email: EmailProof::ClaimOrText,
        ..OIDC
    },
    Preset {
        strategy: Strategy::Linkedin,
        place: Place::Linkedin,
        switches: EMAIL_AND_PROFILE,
        takes: &[],
        authentication: Authentication::Post,
        binding: Binding::StateOnly,
        // Without a nonce the ID token says no more than userinfo, and its `locale` may be an object.
        person: Person::Userinfo,
        ..OIDC
    },
    Preset {
        strategy: Strategy::Github,
        place: Place::Github,
        scope: "read:user user:email",
        switches: &[("email", "user:email"), ("read_user", "read:user"), ("read_org", "read:org")],
        takes: &[("login_hint", "login"), ("prompt", "prompt")],
        asks_anew: "select_account",
        authentication: Authentication::Post,
        binding: Binding::Pkce,
        person: Person::GithubApi,
        subject: "id",
        ..OIDC
    },
    Preset {
        strategy: Strategy::Oauth2,
        place: Place::OwnEndpoints,
        scope: "",
        takes: &[],
        authentication: Authentication::Post,
        binding: Binding::Pkce,
        person: Person::Userinfo,
        ..OIDC
    },
];

impl Preset {
    /// The row of a strategy; databases and codes by mail have none.
    pub(super) fn find(strategy: Strategy) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.strategy == strategy)
    }

    /// Whether an ID token tells who came.
    pub(super) fn is_openid(&self) -> bool {
        matches!(self.person, Person::IdToken | Person::IdTokenAndUserinfo)
    }

    pub(super) fn is_microsoft(&self) -> bool {
        matches!(self.place, Place::Microsoft | Place::MicrosoftConsumers)
    }

    pub(super) fn is_google_apps(&self) -> bool {
        self.strategy == Strategy::GoogleApps
    }

    /// Whether `openid` is among the scopes. Apple's are `name` and `email` only.
    pub(super) fn wants_openid(&self) -> bool {
        self.scope.starts_with("openid")
    }

    pub(super) fn is_oauth2(&self) -> bool {
        self.place == Place::OwnEndpoints
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_strategy_with_an_identity_provider_has_one_row() {
        for strategy in Strategy::ALL {
            let rows = PRESETS.iter().filter(|preset| preset.strategy == strategy).count();
            let expected = usize::from(!matches!(strategy, Strategy::Auth0 | Strategy::Email));
            assert_eq!(rows, expected, "{}", strategy.as_str());
        }
    }
}
