//! The two pages of signing in by e-mail, as plain data.

use askama::Template;

use super::draw::organization_view;
use super::entrance::Entrance;
use crate::web::message::OrganizationView;
use crate::web::page::Page;
use crate::web::text::Text;

/// What a person signs in to.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    /// Absent for a login without an organization.
    pub(super) organization: Option<OrganizationView>,
    pub(super) application_name: String,
}

impl Heading {
    pub(super) fn of(entrance: &Entrance) -> Self {
        Self {
            organization: entrance.organization.as_deref().map(organization_view),
            application_name: entrance.application.name.clone(),
        }
    }

    fn place(&self) -> &str {
        self.organization.as_ref().map_or(&self.application_name, |organization| &organization.title)
    }

    fn title(&self, text: Text, has_error: bool) -> String {
        let title = text.with("sign-in-to", &[("place", self.place())]);
        if has_error { text.with("error-title", &[("title", &title)]) } else { title }
    }

    fn logo(&self) -> Option<String> {
        self.organization.as_ref()?.logo_url.clone()
    }
}

/// Asks for the address; the form posts `email`.
#[derive(Debug, Clone, Template)]
#[template(path = "login/email.html", whitespace = "minimize")]
pub(super) struct AddressPage {
    pub(super) text: Text,
    pub(super) heading: Heading,
    pub(super) action: String,
    /// What stands in the field: the `login_hint`, or what was entered before.
    pub(super) address: String,
    pub(super) error: Option<String>,
    pub(super) other_ways_href: String,
}

impl AddressPage {
    fn title(&self) -> String {
        self.heading.title(self.text, self.error.is_some())
    }

    /// `redirect_uri` is where the form may lead in the end.
    pub(super) fn into_page(self, redirect_uri: &str) -> Page<Self> {
        let logo = self.heading.logo();
        Page::new(self).image(logo.as_deref()).form_targets([redirect_uri])
    }
}

/// Asks for the code; one form posts `code`, the other `email` for a new one.
#[derive(Debug, Clone, Template)]
#[template(path = "login/email_code.html", whitespace = "minimize")]
pub(super) struct CodePage {
    pub(super) text: Text,
    pub(super) heading: Heading,
    pub(super) action: String,
    pub(super) again_action: String,
    pub(super) address: String,
    pub(super) error: Option<String>,
    pub(super) other_address_href: String,
}

impl CodePage {
    fn title(&self) -> String {
        self.heading.title(self.text, self.error.is_some())
    }

    /// As [`AddressPage::into_page`].
    pub(super) fn into_page(self, redirect_uri: &str) -> Page<Self> {
        let logo = self.heading.logo();
        Page::new(self).image(logo.as_deref()).form_targets([redirect_uri])
    }
}
