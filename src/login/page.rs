//! The pages a person meets, as plain data: what is drawn, and nothing of how it was decided.

use std::sync::Arc;

use askama::Template;

use super::invitation::Invited;
use super::links::Href;
use super::mark::Mark;
use crate::model::ShownOrganization;
use crate::web::page::{ImageOrigins, Page};
use crate::web::text::{Text, text_key};

/// The page that offers an organization's ways to sign in. Without options and without a password form it says that
/// nothing is enabled and whom to ask.
#[derive(Debug, Clone, Template)]
#[template(path = "login/login.html", whitespace = "minimize")]
pub(super) struct LoginPage<'p> {
    pub(super) text: Text,
    /// Absent for a login without an organization.
    pub(super) organization: Option<Arc<ShownOrganization>>,
    pub(super) application_name: &'p str,
    pub(super) options: Vec<LoginOption<'p>>,
    pub(super) password: Option<PasswordForm<'p>>,
    /// Instead of the password form: what asks for the address only.
    pub(super) identifier: Option<IdentifierForm<'p>>,
    /// Where an account is made.
    pub(super) sign_up_href: Option<Href<'p>>,
    /// The account of a session that cannot be used here.
    pub(super) signed_in_as: Option<String>,
    /// The invitation that signing in accepts; only its address may do so.
    pub(super) invitation: Option<Arc<Invited>>,
    pub(super) other_organization_href: Option<Href<'p>>,
}

/// A connection as the page offers it, drawn as "Continue with {title}".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoginOption<'p> {
    pub(super) title: &'p str,
    pub(super) href: Href<'p>,
    pub(super) mark: Mark<'p>,
}

/// The form of a database connection; it posts `username` and `password`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PasswordForm<'p> {
    pub(super) action: Href<'p>,
    /// What stands in the first field: the `login_hint`, or what was entered before.
    pub(super) identifier: String,
    /// The neutral sentence after a failed try.
    pub(super) error: Option<String>,
    /// Whether the error is about what was entered, and not that it cannot be checked now.
    pub(super) is_invalid: bool,
    /// Whether the request asked for this form, so that nothing above it is to be read first.
    pub(super) is_chosen: bool,
    /// Where a forgotten password is changed.
    pub(super) reset_href: Option<Href<'p>>,
}

/// The form that asks for an address, or for an address or user name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IdentifierForm<'p> {
    pub(super) action: Href<'p>,
    /// `username`, or `email` for a code.
    pub(super) field: &'static str,
    /// Whether user names lead somewhere as well.
    pub(super) takes_names: bool,
    pub(super) entered: String,
    pub(super) error: Option<String>,
}

impl LoginPage<'_> {
    /// `redirect_uri` is where the password form may lead in the end.
    pub(super) fn into_page(self, redirect_uri: &str) -> Page<Self> {
        let logo = self.organization.as_ref().and_then(|view| view.logo_url.as_deref());
        let icons = self.options.iter().filter_map(|option| match option.mark {
            Mark::Image(url) => Some(url),
            _ => None,
        });
        let images = ImageOrigins::of(logo.into_iter().chain(icons));
        let has_form = self.password.is_some() || self.identifier.is_some();
        let page = Page::new(self).images(images);
        if has_form { page.form_targets([redirect_uri]) } else { page }
    }

    /// What the person signs in to.
    fn place(&self) -> &str {
        self.organization.as_ref().map_or(self.application_name, |organization| organization.title())
    }

    fn title(&self) -> String {
        let title = self.text.with("sign-in-to", &[("place", self.place())]);
        let is_wrong = |error: Option<&Option<String>>| error.is_some_and(Option::is_some);
        let password = self.password.as_ref().map(|form| &form.error);
        if is_wrong(password) || is_wrong(self.identifier.as_ref().map(|form| &form.error)) {
            self.text.with("error-title", &[("title", &title)])
        } else {
            title
        }
    }

    /// The form takes the focus only when nothing above it wants to be read first.
    fn focuses_identifier(&self) -> bool {
        self.password.as_ref().is_some_and(|form| form.identifier.is_empty() && self.form_comes_first(form))
    }

    fn focuses_password(&self) -> bool {
        self.password.as_ref().is_some_and(|form| !form.identifier.is_empty() && self.form_comes_first(form))
    }

    fn focuses_address(&self) -> bool {
        let nothing_else = self.options.is_empty() && self.signed_in_as.is_none();
        self.identifier.as_ref().is_some_and(|form| form.error.is_some() || nothing_else)
    }

    fn form_comes_first(&self, form: &PasswordForm<'_>) -> bool {
        form.error.is_some()
            || (form.is_chosen && self.signed_in_as.is_none())
            || (self.options.is_empty() && self.signed_in_as.is_none())
    }
}

/// The pre-login picker: it takes an organization's name and lists none but those used on this device.
#[derive(Debug, Clone, Template)]
#[template(path = "login/picker.html", whitespace = "minimize")]
pub(super) struct PickerPage {
    pub(super) text: Text,
    pub(super) application_name: String,
    pub(super) asks_for: AsksFor,
    /// Where the form leads, by GET; `organization` is added to `hidden`.
    pub(super) action: String,
    pub(super) hidden: Vec<(String, String)>,
    pub(super) entered: String,
    pub(super) error: Option<String>,
    pub(super) recent: Vec<RecentOrganization>,
    pub(super) personal_href: Option<String>,
}

/// What the picker's field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsksFor {
    Name,
    Email,
    Both,
}

impl AsksFor {
    fn label(self) -> &'static str {
        match self {
            Self::Name => text_key("organization-name"),
            Self::Email => text_key("work-email"),
            Self::Both => text_key("organization-name-or-email"),
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Name => text_key("organization-name-hint"),
            Self::Email => text_key("work-email-hint"),
            Self::Both => text_key("organization-name-or-email-hint"),
        }
    }

    /// What a browser may fill in.
    fn autocomplete(self) -> &'static str {
        match self {
            Self::Name => "organization",
            Self::Email | Self::Both => "email",
        }
    }

    /// What is said when nothing was entered.
    pub(super) fn missing(self) -> &'static str {
        match self {
            Self::Name => text_key("enter-organization-name"),
            Self::Email => text_key("enter-work-email"),
            Self::Both => text_key("enter-organization-name-or-email"),
        }
    }
}

/// An organization that was used on this device before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecentOrganization {
    pub(super) title: String,
    pub(super) href: String,
}

impl PickerPage {
    fn title(&self) -> String {
        let title = self.text.with("choose-your-organization-for", &[("application", &self.application_name)]);
        if self.error.is_some() { self.text.with("error-title", &[("title", &title)]) } else { title }
    }

    /// `redirect_uri` is where the form may lead in the end, through an existing session.
    pub(super) fn into_page(self, redirect_uri: &str) -> Page<Self> {
        Page::new(self).form_targets([redirect_uri])
    }
}

#[cfg(test)]
mod tests;
