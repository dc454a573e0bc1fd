//! The mail: written where something happened, sent later.

use serde::{Deserialize, Serialize};

/// A mail to one person, ready to send.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Absent: the setting `mail.from`.
    #[serde(default)]
    pub from: Option<String>,
    /// In whose name it comes, beside the address of the setting `mail.from`; absent: that setting's own.
    #[serde(default)]
    pub from_name: Option<String>,
    /// Empty: for nobody; it waits like any other and is deleted unsent.
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mail {
    /// Whether nobody is to get it.
    pub fn is_for_nobody(&self) -> bool {
        self.to.is_empty()
    }
}

/// Without the text, which may hold a ticket or a code.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("subject", &self.subject).finish_non_exhaustive()
    }
}
