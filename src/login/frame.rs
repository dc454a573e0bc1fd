//! The head of a page beside the login page: whose it is, and what it leads to.

use std::sync::Arc;

use super::entrance::Entrance;
use crate::model::ShownOrganization;
use crate::web::text::Text;

#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) text: Text,
    /// Absent for a login without an organization.
    pub(super) organization: Option<Arc<ShownOrganization>>,
    pub(super) application_name: String,
}

impl Frame {
    pub(super) fn new(text: Text, entrance: &Entrance) -> Self {
        let organization = entrance.organization.clone();
        Self { text, organization, application_name: entrance.application.name.clone() }
    }

    pub(super) fn place(&self) -> &str {
        self.organization.as_ref().map_or(self.application_name.as_str(), |organization| organization.title())
    }

    /// The title of a page, by the key of a message that may tell the `place`.
    pub(super) fn title(&self, key: &'static str, has_error: bool) -> String {
        let title = self.text.with(key, &[("place", self.place())]);
        if has_error { self.text.with("error-title", &[("title", &title)]) } else { title }
    }
}
