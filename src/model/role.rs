//! Roles and the permissions they carry: what people may do, named once and given to many.

use schemars::JsonSchema;
use serde::Serialize;

/// A role (contract §1.13). Without a description it tells `null`, as the recorded API does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Role {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
}

/// A role as a member of an organization tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
