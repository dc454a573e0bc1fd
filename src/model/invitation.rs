//! The invitation: a person asked into an organization by e-mail.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Timestamp;

/// An invitation (contract §1.7). Its ticket is told once, when it is made, and kept as a hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Invitation {
    pub id: String,
    pub organization_id: String,
    pub inviter: Inviter,
    pub invitee: Invitee,
    /// The application that the invitation leads to.
    pub client_id: String,
    /// The only connection it may be accepted through.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connection_id: Option<String>,
    /// Roles that the member is given, by id.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub app_metadata: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_metadata: Option<Map<String, Value>>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Who invites, as the mail names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inviter {
    #[schemars(length(min = 1, max = 300), regex(pattern = super::LINE))]
    pub name: String,
}

/// Who is invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitee {
    #[schemars(length(max = super::user::LONGEST_EMAIL), regex(pattern = super::user::EMAIL))]
    pub email: String,
}

/// The body of `POST /api/v2/logins/invitations`: the secret of a link that somebody opened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationLink {
    #[schemars(length(min = 1, max = 128), regex(pattern = super::LINE))]
    pub ticket: String,
}

/// Without the ticket.
impl std::fmt::Debug for InvitationLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvitationLink").finish_non_exhaustive()
    }
}

/// What a link opens; told to gateways only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenedInvitation {
    pub organization_id: String,
    pub client_id: String,
    /// The only connection it may be accepted through.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connection_id: Option<String>,
    pub inviter: Inviter,
    pub invitee: Invitee,
    pub state: InvitationState,
}

/// Whether an invitation can still be accepted, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    Open,
    Expired,
    Accepted,
    Withdrawn,
}
