//! The organization: a customer of the application, with its branding.

use std::collections::BTreeMap;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An organization (contract §1.2). Members that are not set are omitted in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Organization {
    pub id: String,
    /// The stable handle: 1 to 50 of `a-z 0-9 _ -`, unique.
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub branding: Option<Branding>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metadata: Option<BTreeMap<String, String>>,
    /// Whether its people may use only the applications that are associated with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub is_app_entitlement_active: Option<bool>,
}

/// An organization as its page shows it: little enough to be remembered by the hundred thousand, most of it in one piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownOrganization {
    pub id: CompactString,
    pub name: CompactString,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display_name: Option<CompactString>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub logo_url: Option<CompactString>,
    /// The first colour, and that of the page behind it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub colors: Option<(CompactString, Option<CompactString>)>,
    /// See [`Organization::is_app_entitlement_active`].
    #[serde(default)]
    pub is_app_entitlement_active: bool,
}

impl ShownOrganization {
    /// What a person reads: the display name, or the name.
    pub fn title(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }
}

impl Organization {
    pub fn shown(&self) -> ShownOrganization {
        let branding = self.branding.as_ref();
        let text = |text: Option<&String>| text.map(CompactString::from);
        ShownOrganization {
            id: self.id.as_str().into(),
            name: self.name.as_str().into(),
            display_name: text(self.display_name.as_ref()),
            logo_url: text(branding.and_then(|branding| branding.logo_url.as_ref())),
            colors: branding
                .and_then(|branding| branding.colors.as_ref())
                .map(|colors| (colors.primary.as_str().into(), text(colors.page_background.as_ref()))),
            is_app_entitlement_active: self.is_app_entitlement_active == Some(true),
        }
    }

    /// What a person reads: the display name, or the name.
    pub fn title(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }
}

/// How an organization's page looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Branding {
    /// An https address of a picture.
    #[schemars(length(min = 1, max = 2048), extend("format" = "uri"))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub logo_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub colors: Option<Colors>,
}

/// A colour as `#rgb` or `#rrggbb`.
pub const COLOR: &str = "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$";

/// Two colours as `#rgb` or `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Colors {
    #[schemars(regex(pattern = COLOR))]
    pub primary: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(regex(pattern = COLOR))]
    pub page_background: Option<String>,
}

/// Whether `name` is a well-formed organization name (contract §1.2).
pub fn is_organization_name(name: &str) -> bool {
    (1..=50).contains(&name.len()) && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

/// Whether `text` has the form of an organization's id: `org_` and 16 letters and digits.
pub fn is_organization_id(text: &str) -> bool {
    text.strip_prefix("org_")
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether `text` is a colour as `#rgb` or `#rrggbb`.
pub fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| matches!(hex.len(), 3 | 6) && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
