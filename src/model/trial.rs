//! What the dashboard leaves for the login: a connection to be tried, a page to be shown before it is saved.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Organization;

/// What an administrator wants to try; the login takes it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    pub connection_id: String,
    /// Id and title of the organization whose membership is asked about.
    pub organization: Option<(String, String)>,
    /// The page of the dashboard to go back to.
    pub back: String,
}

/// The answer of `POST /api/v2/logins/trials`: what the same login would come to now. Nothing is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TriedLogin {
    pub user_id: String,
    /// Whether the person would come for the first time.
    pub is_new: bool,
    /// Whether this login would make the membership; otherwise the person is a member already.
    pub would_join: bool,
}

/// A page that an administrator wants to see before its branding is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// With the branding that is not saved.
    pub organization: Organization,
    /// Client id and callback URL of an application whose people come to the page.
    pub application: Option<(String, String)>,
}
