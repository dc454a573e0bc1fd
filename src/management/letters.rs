//! What is written to people: each letter's texts from message files, laid out by one pair of templates.

use askama::Template;

use crate::model::mail::Mail;
use crate::model::{Organization, Timestamp};
use crate::store::{Rows, StoreError};
use crate::web::text::{Html, Text, text_key};
use crate::web::theme::{ButtonColors, button_colors};

/// A letter to one address.
pub(super) struct Letter<'l> {
    pub to: &'l str,
    pub text: Text,
    /// In whose name it is written; the server's without one.
    pub organization: Option<&'l Organization>,
    pub about: About<'l>,
}

/// What a letter says.
pub(super) enum About<'l> {
    /// A code that proves the address.
    Code { code: &'l str, minutes: u64 },
    /// Somebody wanted to sign up with an address that has an account.
    AccountExists,
    /// A link that opens an invitation.
    Invitation { inviter: &'l str, application: &'l str, href: &'l str },
    /// A link that lets a new password be chosen.
    PasswordReset { href: &'l str },
    /// The password was changed.
    PasswordChanged,
    /// A link that verifies the address of a new account and lets its password be chosen.
    NewAccount { href: &'l str },
    /// A link that verifies the address.
    EmailVerification { href: &'l str },
}

/// The letter as it is laid out.
#[derive(Template)]
#[template(path = "email/letter.txt")]
struct Plain<'l> {
    title: &'l str,
    paragraphs: &'l [String],
    code: Option<&'l str>,
    link: Option<(&'l str, &'l str)>,
    footer: &'l str,
}

#[derive(Template)]
#[template(path = "email/letter.html", whitespace = "minimize")]
struct Laid<'l> {
    text: Text,
    plain: &'l Plain<'l>,
    /// The paragraph, where names in it have a direction of their own.
    lead: Option<Html<'static>>,
    /// The only thing that a mail reader fetches, if it does.
    logo_url: Option<&'l str>,
    colors: ButtonColors,
}

impl Letter<'_> {
    /// Puts the letter into the outbox: it is sent once this transaction is committed.
    pub(super) async fn queue(&self, rows: &mut Rows<'_>, now: Timestamp) -> Result<(), StoreError> {
        rows.queue_mail(&self.write(), now).await
    }

    pub(super) fn write(&self) -> Mail {
        let text = self.text;
        let place = self.organization.map(|organization| shown(organization.title())).unwrap_or_default();
        let title = |key: &'static str| match self.organization {
            Some(_) => text.with(&format!("{key}.for"), &[("place", &place)]),
            None => text.get(key).to_owned(),
        };
        let body = |key: &'static str| text.attribute(key, "text").unwrap_or_default().to_owned();
        let footer = |key| text.attribute(key, "footer").unwrap_or(text.get("mail-footer")).to_owned();
        let said = |key: &'static str| Said {
            title: title(key),
            paragraph: body(key),
            lead: None,
            code: None,
            link: None,
            footer: footer(key),
        };
        let linked = |key: &'static str, label: &'static str, href| Said { link: Some((label, href)), ..said(key) };
        let said = match self.about {
            About::Code { code, minutes } => {
                let key = text_key("mail-code");
                let paragraph = text.count(&format!("{key}.text"), "minutes", minutes);
                Said { paragraph, code: Some(code), ..said(key) }
            }
            About::AccountExists => said(text_key("mail-account-exists")),
            About::Invitation { inviter, application, href } => {
                let (inviter, application) = (shown(inviter), shown(application));
                let values = [("inviter", inviter.as_str()), ("application", &application), ("place", &place)];
                let key = text_key("mail-invitation");
                Said {
                    paragraph: text.with(&format!("{key}.text"), &values),
                    lead: Some(text.html(&format!("{key}.text"), &values).into_owned()),
                    footer: text.with(&format!("{key}.footer"), &values),
                    ..linked(key, text.get("mail-invitation.button"), href)
                }
            }
            About::PasswordReset { href } => {
                linked(text_key("mail-password-reset"), text.get("mail-password-reset.button"), href)
            }
            About::PasswordChanged => said(text_key("mail-password-changed")),
            About::NewAccount { href } => {
                linked(text_key("mail-new-account"), text.get("mail-new-account.button"), href)
            }
            About::EmailVerification { href } => {
                linked(text_key("mail-verification"), text.get("mail-verification.button"), href)
            }
        };
        self.lay_out(said, place)
    }

    fn lay_out(&self, said: Said<'_>, place: String) -> Mail {
        let branding = self.organization.and_then(|organization| organization.branding.as_ref());
        let primary = branding.and_then(|branding| branding.colors.as_ref()).map(|colors| colors.primary.as_str());
        let logo_url = branding.and_then(|branding| branding.logo_url.as_deref());
        let plain = Plain {
            title: &said.title,
            paragraphs: &[said.paragraph],
            code: said.code,
            link: said.link,
            footer: &said.footer,
        };
        let laid = Laid {
            text: self.text,
            plain: &plain,
            lead: said.lead,
            logo_url: logo_url.filter(|url| url.starts_with("https://")),
            colors: button_colors(primary),
        };
        Mail {
            from: None,
            from_name: self.organization.map(|_| place),
            to: self.to.to_owned(),
            text: plain.render().unwrap_or_default(),
            html: laid.render().unwrap_or_default(),
            subject: said.title,
        }
    }
}

/// What a letter says, in the reader's language.
struct Said<'l> {
    title: String,
    paragraph: String,
    lead: Option<Html<'static>>,
    code: Option<&'l str>,
    link: Option<(&'l str, &'l str)>,
    footer: String,
}

/// Letters of a name that a mail shows at most.
const LONGEST_NAME: usize = 100;

/// A name as a mail may show it: on one line, without marks that turn the text around it, and without an address that
/// mail readers would make a link of. Whoever can write a name could else write the mail.
fn shown(name: &str) -> String {
    let turns =
        |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let line: String = name
        .replace("://", " ")
        .chars()
        .filter(|letter| !turns(*letter))
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::tenant_settings::Locale;

    const LINK: &str = "https://shop.example/login?invitation=T&organization=org_1";

    fn organization(display_name: &str) -> Organization {
        let branding = json!({ "logo_url": "https://logos.example/a.png", "colors": { "primary": "#ffee00", "page_background": "#ffffff" } });
        let organization = json!({ "id": "org_1", "name": "acme", "display_name": display_name, "branding": branding });
        serde_json::from_value(organization).expect("an organization")
    }

    fn invitation(inviter: &str, display_name: &str, locale: Locale) -> Mail {
        let organization = organization(display_name);
        let about = About::Invitation { inviter, application: "Shop", href: LINK };
        Letter { to: "bob@acme.example", text: Text::of(locale), organization: Some(&organization), about }.write()
    }

    #[test]
    fn an_invitation_says_the_same_in_text_and_in_html() {
        let mail = invitation("Ann", "Acme", Locale::En);
        assert_eq!((mail.subject.as_str(), mail.from_name.as_deref()), ("You are invited to Acme", Some("Acme")));
        assert!(
            mail.text.contains("Ann invites you to join Acme in Shop.") && mail.text.contains(LINK),
            "{}",
            mail.text
        );
        let html = &mail.html;
        assert!(html.contains("<bdi>Ann</bdi> invites you to join <bdi>Acme</bdi>"), "{html}");
        assert!(html.contains("href=\"https://shop.example/login?invitation=T&#38;organization=org_1\""), "{html}");
        assert!(html.contains("background:#ffee00;color:#000000"), "a readable label: {html}");
        assert_eq!(html.matches("src=").count(), 1, "nothing is fetched but the logo: {html}");
        assert!(!html.contains("url(") && !html.contains("<script") && !html.contains("<link"), "{html}");
    }

    #[test]
    fn a_name_writes_nothing_into_a_mail_but_a_name() {
        let hostile =
            "</title><script>alert(1)</script>\"'&\r\n\r\nBcc: eve@evil.example\u{202e}https://evil.example\u{0}";
        let mail = invitation(hostile, hostile, Locale::En);
        assert!(!mail.subject.contains(['\r', '\n', '\0', '\u{202e}']), "{:?}", mail.subject);
        assert!(!mail.html.contains("<script") && !mail.html.contains("\"'&"), "{}", mail.html);
        assert_eq!(mail.html.matches("</title>").count(), 1);
        for text in [&mail.text, &mail.html] {
            assert!(!text.contains("https://evil.example") && !text.contains('\u{202e}'), "{text}");
        }
        assert!(!mail.text.contains("\nBcc"), "{}", mail.text);
        let long = invitation(&"x".repeat(300), "Acme", Locale::En);
        assert!(long.text.contains(&format!("{}… invites", "x".repeat(LONGEST_NAME))), "{}", long.text);
    }

    #[test]
    fn a_mail_reads_from_right_to_left_where_its_language_does() {
        assert!(invitation("Ann", "Acme", Locale::Ar).html.contains("<html lang=\"ar\" dir=\"rtl\">"));
        assert!(invitation("آن", "Acme", Locale::En).html.contains("<bdi>آن</bdi>"));
    }

    #[test]
    fn nobody_is_told_to_ignore_that_a_password_was_changed() {
        for locale in Locale::ALL {
            let text = Text::of(locale);
            let mail = Letter { to: "a@b.example", text, organization: None, about: About::PasswordChanged }.write();
            assert!(!mail.text.contains(text.get("mail-footer")), "{}", mail.text);
        }
    }

    #[test]
    fn a_code_stands_alone_where_it_can_be_copied() {
        let about = About::Code { code: "123456", minutes: 10 };
        let mail = Letter { to: "a@b.example", text: Text::of(Locale::En), organization: None, about }.write();
        assert!(mail.text.lines().any(|line| line == "123456"), "{}", mail.text);
        assert!(mail.html.contains("<strong>123456</strong>") && mail.from_name.is_none());
    }
}
