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
    Overview,
    Organizations,
    Connections,
    Applications,
    Users,
    Logs,
    Explain,
}

impl Section {
    const ALL: [Self; 7] = [
        Self::Overview,
        Self::Organizations,
        Self::Connections,
        Self::Applications,
        Self::Users,
        Self::Logs,
        Self::Explain,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Organizations => "Organizations",
            Self::Connections => "Connections",
            Self::Applications => "Applications",
            Self::Users => "Users",
            Self::Logs => "Logs",
            Self::Explain => "Explain",
        }
    }

    fn address(self) -> &'static str {
        match self {
            Self::Overview => "/dashboard",
            Self::Organizations => "/dashboard/organizations",
            Self::Connections => "/dashboard/connections",
            Self::Applications => "/dashboard/applications",
            Self::Users => "/dashboard/users",
            Self::Logs => "/dashboard/logs",
            Self::Explain => "/dashboard/explain",
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
    /// Whether the page shows another of ours in a frame.
    pub(super) frames_ourselves: bool,
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
            frames_ourselves: false,
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

    pub(super) fn framing_ourselves(mut self) -> Self {
        self.frames_ourselves = true;
        self
    }

    /// The page around which it is; with errors, 400.
    #[expect(clippy::unnecessary_wraps, reason = "it ends handlers that may also fail")]
    pub(super) fn draw<T: Template>(self, page: impl FnOnce(Self) -> T) -> Answer {
        let (status, frames) = (self.errors.status(), self.frames_ourselves);
        let page = Page::new(page(self)).own_forms().own_scripts().status(status);
        Ok(if frames { page.own_frames() } else { page }.into_response())
    }

    /// Label and address of each part, and whether the page is in it.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> + '_ {
        Section::ALL.into_iter().map(|section| (section.label(), section.address(), section == self.section))
    }
}

/// Each with its word in addresses and its sentence.
macro_rules! done {
    ($($name:ident $word:literal $sentence:literal)*) => {
        /// What a form has just done, told once on the page that it leads to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Done {
            $($name,)*
        }

        impl Done {
            fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => $sentence,)*
                }
            }

            fn of(place: &str) -> Option<Self> {
                match super::parameter(place, "done")?.as_str() {
                    $($word => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

done! {
    Created "created" "Created."
    Saved "saved" "Saved. The login page shows it from now on."
    Kept "kept" "Saved."
    Enabled "enabled" "The connection is enabled. Choose how people become members, then save."
    Removed "removed" "The connection is removed: nobody signs in through it here any more."
    Deleted "deleted" "Deleted."
    Purged "purged" "The cache is empty. Login pages fill it again."
    MembersAdded "members-added" "Added to the organization."
    MemberRemoved "member-removed" "Removed from the organization."
    RolesSaved "roles-saved" "The roles are saved."
    Invited "invited" "The invitation is on its way by mail."
    Revoked "revoked" "The invitation is revoked: its link does not work any more."
    OldInvitationStays "old-invitation-stays" "The new invitation is made, but the old one could not be revoked. Revoke it here."
    DomainSaved "domain-saved" "The domain is saved."
    Changed "changed" "Changed."
    Mailed "mailed" "A mail with a link to choose a password is on its way."
    Blocked "blocked" "Blocked, and signed out everywhere."
    Unblocked "unblocked" "Unblocked: they may sign in again."
    Ended "ended" "Ended. Whoever used it has to sign in again."
    Given "given" "Given."
    Taken "taken" "Taken away."
}

impl Done {
    /// The address of a page that tells it.
    pub(super) fn at(self, path: &str) -> String {
        format!("{path}?done={}", self.word())
    }
}
