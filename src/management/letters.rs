//! What is written to people: each letter's texts from message files, laid out by one pair of templates.

use askama::Template;

use crate::model::mail::Mail;
use crate::model::{Organization, Timestamp};
use crate::store::{Rows, StoreError};
use crate::web::text::{Text, text_key};

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
}

impl Letter<'_> {
    /// Puts the letter into the outbox: it is sent once this transaction is committed.
    pub(super) async fn queue(&self, rows: &mut Rows<'_>, now: Timestamp) -> Result<(), StoreError> {
        rows.queue_mail(&self.write(), now).await
    }

    pub(super) fn write(&self) -> Mail {
        let text = self.text;
        let place = self.organization.map_or("", |organization| organization.title());
        let title = |key: &'static str| match self.organization {
            Some(_) => text.with(&format!("{key}.for"), &[("place", place)]),
            None => text.get(key).to_owned(),
        };
        let body = |key: &'static str| text.attribute(key, "text").unwrap_or_default().to_owned();
        let (subject, paragraph, code, link) = match self.about {
            About::Code { code, minutes } => {
                let key = text_key("mail-code");
                (title(key), text.count(&format!("{key}.text"), "minutes", minutes), Some(code), None)
            }
            About::AccountExists => (title(text_key("mail-account-exists")), body("mail-account-exists"), None, None),
            About::Invitation { inviter, application, href } => {
                let values = [("inviter", inviter), ("application", application), ("place", place)];
                let key = text_key("mail-invitation");
                let paragraph = text.with(&format!("{key}.text"), &values);
                (title(key), paragraph, None, Some((text.get("mail-invitation.button"), href)))
            }
            About::PasswordReset { href } => {
                let key = text_key("mail-password-reset");
                (title(key), body(key), None, Some((text.get("mail-password-reset.button"), href)))
            }
            About::PasswordChanged => {
                (title(text_key("mail-password-changed")), body("mail-password-changed"), None, None)
            }
            About::EmailVerification { href } => {
                let key = text_key("mail-verification");
                (title(key), body(key), None, Some((text.get("mail-verification.button"), href)))
            }
        };
        let paragraphs = [paragraph];
        let footer = text.get("mail-footer");
        let plain = Plain { title: &subject, paragraphs: &paragraphs, code, link, footer };
        let html = Laid { text, plain: &plain }.render().unwrap_or_default();
        Mail { from: None, to: self.to.to_owned(), text: plain.render().unwrap_or_default(), html, subject }
    }
}
