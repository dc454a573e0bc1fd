//! What holds for the whole tenant: its name and contacts, its prompts, its branding (contract §1.13).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::organization::COLOR;

/// The settings that are kept; those of the configuration file are told beside them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TenantSettings {
    /// What a person reads where no organization is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<String>,
    /// An https address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture_url: Option<String>,
    /// Where a person who cannot sign in finds help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_url: Option<String>,
    /// Where an invitation leads whose application has no `initiate_login_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_redirection_uri: Option<String>,
    /// Name of the database connection for addresses that lead to no other connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_directory: Option<String>,
    /// Languages of the login pages; empty: every one there is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enabled_locales: Vec<Locale>,
}

/// The languages that the login pages have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    Ar,
    De,
    En,
    Es,
    Fr,
    Ja,
    Pt,
}

impl Locale {
    pub const ALL: [Self; 7] = [Self::En, Self::Ar, Self::De, Self::Es, Self::Fr, Self::Ja, Self::Pt];

    /// The language tag (RFC 5646).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ar => "ar",
            Self::De => "de",
            Self::En => "en",
            Self::Es => "es",
            Self::Fr => "fr",
            Self::Ja => "ja",
            Self::Pt => "pt",
        }
    }
}

/// How people are asked who they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PromptSettings {
    /// Whether the page asks for the address or name first, and only then for a password.
    pub identifier_first: bool,
}

/// Texts of one prompt in one language: by screen, then by the text's key.
pub type CustomText = BTreeMap<String, BTreeMap<String, String>>;

/// How pages look where no organization is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TenantBranding {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colors: Option<TenantColors>,
    /// An https address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<String>,
    /// An https address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub favicon_url: Option<String>,
}

/// Colours as `#rgb` or `#rrggbb`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TenantColors {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = COLOR))]
    pub primary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = COLOR))]
    pub page_background: Option<String>,
}
