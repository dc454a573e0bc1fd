//! The discovery domain: an e-mail domain that leads to an organization.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Host;

/// A discovery domain (contract §1.8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiscoveryDomain {
    pub id: String,
    /// In the form that names are compared in: lower case, `xn--` for what is not ASCII.
    pub domain: String,
    pub status: DomainStatus,
    pub use_for_organization_discovery: bool,
    /// What the TXT record at `verification_host` must say.
    pub verification_txt: String,
    pub verification_host: String,
}

/// A discovery domain after the DNS was asked for its record (our extension).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedDomain {
    #[serde(flatten)]
    pub domain: DiscoveryDomain,
    /// What the TXT records at `verification_host` say; absent where nobody asked, since it was verified before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub txt_found: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DomainStatus {
    #[default]
    Pending,
    Verified,
}

impl DomainStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
        }
    }
}

/// Where an organization proves a domain (contract §1.8).
pub fn verification_host(organization_id: &str, domain: &str) -> String {
    format!("_ss-verification.{organization_id}.{domain}")
}

/// The one form of a domain name (IDNA once), whose labels are compared exactly; `None` when it is none: an
/// address, a single label, an escape, or longer than a name may be (RFC 1035 §2.3.4).
pub fn normal_domain(text: &str) -> Option<String> {
    // The parser of URLs would decode an escape first, and what looks like one name would be another.
    let Ok(Host::Domain(name)) = Host::parse(text) else { return None };
    let is_right = !text.contains('%') && name.len() <= 253 && name.contains('.') && name.split('.').all(is_label);
    is_right.then_some(name)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_form() {
        for (given, expected) in [
            ("Acme.Example", "acme.example"),
            ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
            ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
            ("a.b.acme.co.uk", "a.b.acme.co.uk"),
        ] {
            assert_eq!(normal_domain(given).as_deref(), Some(expected), "{given}");
        }
        let long = format!("{}.example", "a".repeat(64));
        for wrong in [
            "",
            "acme",
            ".",
            "acme.",
            ".acme.example",
            "acme..example",
            "192.0.2.1",
            "[::1]",
            "acme%2eexample",
            "a b.example",
            "acme.example/",
            "-a.example",
            "a_b.example",
            "ada@acme.example",
            "*.acme.example",
            &long,
        ] {
            assert_eq!(normal_domain(wrong), None, "{wrong}");
        }
    }
}
