//! The frame of every page somebody signed in sees: where they are, who they are, what just happened.

use askama::Template;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};

use super::Answer;
use super::fields::Errors;
use super::session::Signed;
use crate::web::page::Page;

/// The parts of the dashboard, in the order of its navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Section {
    Organizations,
    Connections,
    Applications,
    Users,
}

impl Section {
    const ALL: [Self; 4] = [Self::Organizations, Self::Connections, Self::Applications, Self::Users];

    fn label(self) -> &'static str {
        match self {
            Self::Organizations => "Organizations",
            Self::Connections => "Connections",
            Self::Applications => "Applications",
            Self::Users => "Users",
        }
    }

    fn address(self) -> &'static str {
        match self {
            Self::Organizations => "/dashboard/organizations",
            Self::Connections => "/dashboard/connections",
            Self::Applications => "/dashboard/applications",
            Self::Users => "/dashboard/users",
        }
    }
}

/// What the frame shows.
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) section: Section,
    /// Label and address of what this page is a part of, the outermost first.
    pub(super) crumbs: Vec<(String, String)>,
    pub(super) person: String,
    pub(super) csrf: String,
    /// Where the page's form is sent: its own address.
    pub(super) action: String,
    /// Whether the person may change anything.
    pub(super) may_write: bool,
    pub(super) notice: Option<&'static str>,
    /// Of the page's form.
    pub(super) errors: Errors,
}

impl Frame {
    pub(super) fn new(signed: &Signed, section: Section, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            section,
            crumbs: Vec::new(),
            person: signed.session.label.clone(),
            csrf: signed.csrf.clone(),
            action: signed.path().to_owned(),
            may_write: signed.session.may_write,
            notice: Done::of(&signed.place).map(Done::sentence),
            errors: Errors::default(),
        }
    }

    /// The frame of a page below the list of its section.
    pub(super) fn within(signed: &Signed, section: Section, title: impl Into<String>) -> Self {
        Self::new(signed, section, title).below(section.label(), section.address())
    }

    pub(super) fn below(mut self, label: impl Into<String>, address: impl Into<String>) -> Self {
        self.crumbs.push((label.into(), address.into()));
        self
    }

    pub(super) fn with(mut self, errors: Errors) -> Self {
        self.errors = errors;
        self
    }

    /// The page around which it is; with errors, 400.
    #[expect(clippy::unnecessary_wraps, reason = "it ends handlers that may also fail")]
    pub(super) fn draw<T: Template>(self, page: impl FnOnce(Self) -> T) -> Answer {
        let status = self.errors.status();
        Ok(Page::new(page(self)).own_forms().status(status).into_response())
    }

    /// Label and address of each part, and whether the page is in it.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> + '_ {
        Section::ALL.into_iter().map(|section| (section.label(), section.address(), section == self.section))
    }
}

/// What a form has just done, told once on the page that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Created,
    Saved,
    Enabled,
    Removed,
    Deleted,
    Changed,
    Mailed,
    Blocked,
    Unblocked,
    Ended,
    Given,
    Taken,
}

impl Done {
    const ALL: [Self; 12] = [
        Self::Created,
        Self::Saved,
        Self::Enabled,
        Self::Removed,
        Self::Deleted,
        Self::Changed,
        Self::Mailed,
        Self::Blocked,
        Self::Unblocked,
        Self::Ended,
        Self::Given,
        Self::Taken,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Saved => "saved",
            Self::Enabled => "enabled",
            Self::Removed => "removed",
            Self::Deleted => "deleted",
            Self::Changed => "changed",
            Self::Mailed => "mailed",
            Self::Blocked => "blocked",
            Self::Unblocked => "unblocked",
            Self::Ended => "ended",
            Self::Given => "given",
            Self::Taken => "taken",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Created => "Created.",
            Self::Saved => "Saved. The login page shows it from now on.",
            Self::Enabled => "The connection is enabled. Choose how people become members, then save.",
            Self::Removed => "The connection is removed: nobody signs in through it here any more.",
            Self::Deleted => "Deleted.",
            Self::Changed => "Changed.",
            Self::Mailed => "A mail with a link to choose a password is on its way.",
            Self::Blocked => "Blocked, and signed out everywhere.",
            Self::Unblocked => "Unblocked: they may sign in again.",
            Self::Ended => "Ended. Whoever used it has to sign in again.",
            Self::Given => "Given.",
            Self::Taken => "Taken away.",
        }
    }

    /// The address of a page that tells it.
    pub(super) fn at(self, path: &str) -> String {
        format!("{path}?done={}", self.word())
    }

    fn of(place: &str) -> Option<Self> {
        let word = super::parameter(place, "done")?;
        Self::ALL.into_iter().find(|done| done.word() == word)
    }
}
