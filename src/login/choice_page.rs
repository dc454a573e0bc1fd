//! The pages on which a person chooses an organization or an account, as plain data.

use std::sync::Arc;

use askama::Template;

use crate::model::ShownOrganization;
use crate::web::page::Page;
use crate::web::text::Text;

/// Asks to prove an address: first whether a code may be sent, then for the code.
#[derive(Debug, Clone, Template)]
#[template(path = "login/prove.html", whitespace = "minimize")]
pub(super) struct ProvePage {
    pub(super) text: Text,
    pub(super) application_name: String,
    pub(super) action: String,
    pub(super) address: String,
    /// `None`: no code was sent yet.
    pub(super) challenge: Option<String>,
    pub(super) error: Option<&'static str>,
    pub(super) back_href: String,
}

impl ProvePage {
    fn title(&self) -> String {
        let title = self.text.get("prove-address");
        if self.error.is_some() { self.text.with("error-title", &[("title", title)]) } else { title.to_owned() }
    }

    pub(super) fn into_page(self, redirect_uri: &str) -> Page<Self> {
        Page::new(self).form_targets([redirect_uri])
    }
}

/// The organizations a person may go on to, with what finds one among many.
#[derive(Debug, Clone, Template)]
#[template(path = "login/choice.html", whitespace = "minimize")]
pub(super) struct ChoicePage {
    pub(super) text: Text,
    pub(super) application_name: String,
    /// Whose organizations they are.
    pub(super) person: String,
    pub(super) organizations: Vec<OrganizationChoice>,
    /// For who is signed in; others follow links.
    pub(super) form: Option<ChoiceForm>,
    pub(super) personal_href: Option<String>,
}

/// An organization to go on to: by a link, or by a button with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrganizationChoice {
    pub(super) title: String,
    pub(super) id: String,
    pub(super) href: Option<String>,
}

/// What the choice of a signed-in person needs besides the organizations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChoiceForm {
    pub(super) secret: String,
    pub(super) searches: bool,
    pub(super) searched: String,
    pub(super) previous_href: Option<String>,
    pub(super) next_href: Option<String>,
    pub(super) offers_personal: bool,
    pub(super) other_account_href: String,
}

impl ChoicePage {
    pub(super) fn new(text: Text, person: &str) -> Self {
        Self {
            text,
            application_name: String::new(),
            person: person.to_owned(),
            organizations: Vec::new(),
            form: None,
            personal_href: None,
        }
    }

    pub(super) fn into_page(self, redirect_uri: &str) -> Page<Self> {
        let has_form = self.form.is_some();
        let page = Page::new(self);
        if has_form { page.form_targets([redirect_uri]) } else { page }
    }
}

/// Asks a signed-in person whether to go on as they are (`prompt=select_account`).
#[derive(Debug, Clone, Template)]
#[template(path = "login/account.html", whitespace = "minimize")]
pub(super) struct AccountPage {
    pub(super) text: Text,
    pub(super) organization: Option<Arc<ShownOrganization>>,
    pub(super) application_name: String,
    pub(super) person: String,
    pub(super) continue_href: String,
    pub(super) other_href: String,
}

impl AccountPage {
    pub(super) fn into_page(self) -> Page<Self> {
        let organization = self.organization.clone();
        Page::new(self).logo_of(organization)
    }
}
