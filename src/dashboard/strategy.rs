//! What each kind of connection is called, and what its form asks for.

use crate::model::Strategy;

/// What administrators call this kind of connection.
pub(super) fn kind(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Auth0 => "Database of passwords",
        Strategy::Oidc => "OpenID Connect",
        Strategy::Okta => "Okta",
        Strategy::GoogleOauth2 => "Google",
        Strategy::GoogleApps => "Google Workspace",
        Strategy::Github => "GitHub",
        Strategy::Waad => "Microsoft Entra ID",
        Strategy::Windowslive => "Microsoft account",
        Strategy::Apple => "Apple",
        Strategy::Linkedin => "LinkedIn",
        Strategy::Oauth2 => "OAuth 2.0",
        Strategy::Email => "Code by e-mail",
    }
}

/// Who comes through it, in a sentence.
pub(super) fn about(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Auth0 => "People sign in with a password that is kept here.",
        Strategy::Email => "People type a code that is sent to their address.",
        Strategy::Oidc => "People of a company whose directory speaks OpenID Connect.",
        Strategy::Okta | Strategy::GoogleApps | Strategy::Waad => "People of a company that has its directory there.",
        Strategy::Oauth2 => "People of any OAuth 2.0 server that tells who somebody is.",
        _ => "Anyone who has an account there.",
    }
}

/// A field of the form, which is a member of `options`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) is_secret: bool,
    /// Of several lines.
    pub(super) is_long: bool,
}

const fn line(name: &'static str, label: &'static str, hint: &'static str) -> Field {
    Field { name, label, hint, is_secret: false, is_long: false }
}

const CLIENT_ID: Field = line("client_id", "Client id", "What the identity provider calls this server.");
const CLIENT_SECRET: Field =
    Field { is_secret: true, ..line("client_secret", "Client secret", "Kept sealed, and never shown again.") };

/// What the form of this kind asks for.
pub(super) fn fields(strategy: Strategy) -> &'static [Field] {
    const ISSUER: Field = line("issuer", "Issuer", "Such as https://login.acme.com; discovery finds the rest.");
    const OKTA: Field = line("domain", "Okta domain", "Such as acme.okta.com.");
    const WORKSPACE: Field = line("domain", "Domain", "The domain of the Google Workspace, such as acme.com.");
    const ENTRA: Field =
        line("tenant_domain", "Entra tenant", "The tenant's domain or id, such as acme.onmicrosoft.com.");
    const TEAM: Field = line("team_id", "Team id", "Of the Apple developer account.");
    const KEY: Field = line("kid", "Key id", "Of the key for Sign in with Apple.");
    const APPLE: Field = Field {
        is_secret: true,
        is_long: true,
        ..line("app_secret", "Private key", "The content of the .p8 file; kept sealed, and never shown again.")
    };
    const AUTHORIZATION: Field = line("authorizationURL", "Authorization URL", "Where people are sent to sign in.");
    const TOKEN: Field = line("tokenURL", "Token URL", "Where codes become tokens.");
    const USERINFO: Field = line("userinfo_endpoint", "Userinfo URL", "What tells who somebody is.");
    match strategy {
        Strategy::Auth0 | Strategy::Email => &[],
        Strategy::Oidc => &[ISSUER, CLIENT_ID, CLIENT_SECRET],
        Strategy::Okta => &[OKTA, CLIENT_ID, CLIENT_SECRET],
        Strategy::GoogleApps => &[WORKSPACE, CLIENT_ID, CLIENT_SECRET],
        Strategy::Waad => &[ENTRA, CLIENT_ID, CLIENT_SECRET],
        Strategy::Apple => &[CLIENT_ID, TEAM, KEY, APPLE],
        Strategy::Oauth2 => &[AUTHORIZATION, TOKEN, USERINFO, CLIENT_ID, CLIENT_SECRET],
        Strategy::GoogleOauth2 | Strategy::Github | Strategy::Windowslive | Strategy::Linkedin => {
            &[CLIENT_ID, CLIENT_SECRET]
        }
    }
}

/// Whether an identity provider has to know our callback URL.
pub(super) fn has_identity_provider(strategy: Strategy) -> bool {
    !fields(strategy).is_empty()
}
