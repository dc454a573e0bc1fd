//! Roles and the permissions they carry: what people may do, named once and given to many.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A role (contract §1.13). Without a description it tells `null`, as the recorded API does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    /// Of the roles that make administrators (our extension); it is told, and cannot be given to a role.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub management_access: Option<ManagementAccess>,
}

/// What administrators may do in the Management API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ManagementAccess {
    /// Look at everything but secrets.
    Read,
    /// Change everything; secrets stay write-only.
    Full,
}

impl ManagementAccess {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Full => "full",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Read, Self::Full].into_iter().find(|access| access.as_str() == text)
    }
}

/// A role as a member of an organization tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleName {
    pub id: String,
    pub name: String,
}

/// What an API lets its callers do, under the name that its tokens carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Permission {
    pub permission_name: String,
    pub description: String,
    pub resource_server_name: String,
    pub resource_server_identifier: String,
    /// Where a user has it from; a role's permissions tell none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<PermissionSource>>,
}

/// `DIRECT`, or the role that brings the permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PermissionSource {
    pub source_id: String,
    pub source_name: String,
    pub source_type: SourceType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum SourceType {
    Direct,
    Role,
}

impl PermissionSource {
    /// Without an id, the user has the permission itself.
    pub fn of_role(id: String, name: String) -> Self {
        let source_type = if id.is_empty() { SourceType::Direct } else { SourceType::Role };
        Self { source_id: id, source_name: name, source_type }
    }
}
