//! The two pages of signing in by e-mail, as plain data.

use askama::Template;

use super::frame::Frame;
use crate::web::page::Page;
use crate::web::text::{Text, text_key};

/// Asks for the address; the form posts `email`.
#[derive(Debug, Clone, Template)]
#[template(path = "login/email.html", whitespace = "minimize")]
pub(super) struct AddressPage {
    pub(super) text: Text,
    pub(super) frame: Frame,
    pub(super) action: String,
    /// What stands in the field: the `login_hint`, or what was entered before.
    pub(super) address: String,
    pub(super) error: Option<String>,
    pub(super) other_ways_href: String,
}

impl AddressPage {
    fn title(&self) -> String {
        self.frame.title(text_key("sign-in-to"), self.error.is_some())
    }

    /// `redirect_uri` is where the form may lead in the end.
    pub(super) fn into_page(self, redirect_uri: &str) -> Page<Self> {
        let organization = self.frame.organization.clone();
        Page::new(self).logo_of(organization).form_targets([redirect_uri])
    }
}

/// Asks for the code; one form posts `code`, the other `email` for a new one.
#[derive(Debug, Clone, Template)]
#[template(path = "login/email_code.html", whitespace = "minimize")]
pub(super) struct CodePage {
    pub(super) text: Text,
    pub(super) frame: Frame,
    pub(super) action: String,
    pub(super) again_action: String,
    pub(super) address: String,
    pub(super) error: Option<String>,
    pub(super) other_address_href: String,
}

impl CodePage {
    fn title(&self) -> String {
        self.frame.title(text_key("sign-in-to"), self.error.is_some())
    }

    /// As [`AddressPage::into_page`].
    pub(super) fn into_page(self, redirect_uri: &str) -> Page<Self> {
        let organization = self.frame.organization.clone();
        Page::new(self).logo_of(organization).form_targets([redirect_uri])
    }
}
