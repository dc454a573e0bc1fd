//! The e-mail address as it leads somewhere: read once, in one form.

use super::discovery_domain::normal_domain;
use super::user::LONGEST_EMAIL;

/// The domain of an address, in the form that domains are compared in; `None` for what is no plain address.
///
/// What another reader could take for another domain leads nowhere: a second `@`, quotes, comments, control characters,
/// a dot at the end, and letters that IDNA replaces by ASCII ones.
pub fn domain_of_address(address: &str) -> Option<String> {
    let (local, typed) = address.split_once('@')?;
    let is_plain = !local.is_empty()
        && address.chars().count() <= LONGEST_EMAIL
        && !address.chars().any(|letter| letter.is_control() || letter.is_whitespace())
        && !local.contains(['"', '\\', '(', ')', ',', ':', ';', '<', '>', '[', ']']);
    let domain = normal_domain(typed).filter(|_| is_plain)?;
    let mut labels = typed.split('.').zip(domain.split('.'));
    let is_itself = |(typed, label): (&str, &str)| match typed.is_ascii() {
        true => typed.eq_ignore_ascii_case(label),
        false => label.starts_with("xn--") && typed.chars().all(char::is_alphanumeric),
    };
    (typed.split('.').count() == domain.split('.').count() && labels.all(is_itself)).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_domain() {
        for (address, domain) in [
            ("ada@corp.com", "corp.com"),
            ("Ada.Lovelace+x@CORP.com", "corp.com"),
            ("ada@eu.corp.com", "eu.corp.com"),
            ("ada@münchen.example", "xn--mnchen-3ya.example"),
            ("ada@MÜNCHEN.example", "xn--mnchen-3ya.example"),
            ("ada@xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
            ("o'hara@corp.com", "corp.com"),
        ] {
            assert_eq!(domain_of_address(address).as_deref(), Some(domain), "{address}");
        }
    }

    /// Every way to write `corp.com` that is not `corp.com`, in every place of an address.
    #[test]
    fn what_only_looks_like_a_domain_leads_nowhere_or_elsewhere() {
        let disguises = [
            "evil.com@corp.com",
            "corp.com@evil.com",
            "corp.com.",
            ".corp.com",
            "corp..com",
            "corp.com\0",
            "corp.com\r\n",
            "corp.com ",
            " corp.com",
            "corp%2ecom",
            "corp.com/",
            "corp.com:25",
            "corp.com#x",
            "corp.com?x",
            "[corp.com]",
            "corp。com",
            "corp．com",
            "ｃｏｒｐ.com",
            "co\u{ad}rp.com",
            "co\u{200b}rp.com",
            "corp.com\u{202e}",
            "ⓒorp.com",
            "corp",
            "",
            "corp.com.evil.com",
            "xcorp.com",
            "cоrp.com",
            "corp.com\\",
            "corp.com>",
            "corp.com,evil.com",
        ];
        for disguise in disguises {
            for address in
                [format!("ada@{disguise}"), format!("\"ada@evil.com\"@{disguise}"), format!("<ada@{disguise}>")]
            {
                assert_ne!(domain_of_address(&address).as_deref(), Some("corp.com"), "{address:?}");
            }
        }
        for local in ["", "\"ada\"", "ada(x)", "<ada", "ada,bob", "ada bob", "ada\n", "ada;", "ada:", "a\\da", "x@y"] {
            assert_eq!(domain_of_address(&format!("{local}@corp.com")), None, "{local:?}");
        }
        assert_eq!(domain_of_address(&format!("{}@corp.com", "a".repeat(400))), None);
        assert_eq!(domain_of_address("ada"), None);
    }
}
