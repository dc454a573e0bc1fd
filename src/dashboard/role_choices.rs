//! Roles to tick: those that somebody has, then the others that may be given.

use std::collections::HashMap;

use serde::Deserialize;

use super::asked::searched;
use super::session::Signed;
use crate::management_client::{Administration, AdministrationError, encode};
use crate::model::Role;

/// Roles that are offered at once, beside those that somebody has.
const OFFERED: usize = 50;
/// Roles that are known by their names in a list.
const NAMED: usize = 100;

/// A box to tick.
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) is_ticked: bool,
}

/// What a form offers.
pub(super) struct RoleChoices {
    pub(super) choices: Vec<Choice>,
    /// What the names of further roles hold.
    pub(super) query: String,
    /// Whether there are more than are shown.
    pub(super) are_more: bool,
}

/// A role as a member has it; what it is for may be empty.
#[derive(Deserialize)]
pub(super) struct HeldRole {
    pub(super) id: String,
    name: String,
    #[serde(default)]
    description: Option<String>,
}

impl RoleChoices {
    /// Those that are `held` first. Which of them all are ticked, the ids say.
    pub(super) async fn find(
        signed: &Signed,
        held: Vec<HeldRole>,
        ticked: &[String],
    ) -> Result<Self, AdministrationError> {
        let query = searched(&signed.parameter("roles_named").unwrap_or_default());
        // One more than are shown tells that there are more.
        let path = format!("/api/v2/roles?per_page={}&name_filter={}", OFFERED + 1, encode(&query));
        let mut found: Vec<Role> = signed.api.get(&path).await?;
        let are_more = found.len() > OFFERED;
        found.truncate(OFFERED);
        // Roles that make administrators hold for the whole server, and are given to users.
        let others = found.into_iter().filter(|role| role.management_access.is_none());
        let others = others.map(|Role { id, name, description, .. }| HeldRole { id, name, description });
        let others: Vec<HeldRole> = others.filter(|role| held.iter().all(|held| held.id != role.id)).collect();
        let choice = |HeldRole { id, name, description }| Choice {
            is_ticked: ticked.contains(&id),
            description: description.unwrap_or_default(),
            id,
            name,
        };
        Ok(Self { choices: held.into_iter().chain(others).map(choice).collect(), query, are_more })
    }
}

/// The names of roles by their ids, of the first hundred; a list calls the others by their ids.
pub(super) async fn names(api: &Administration) -> Result<HashMap<String, String>, AdministrationError> {
    let roles: Vec<Role> = api.get(&format!("/api/v2/roles?per_page={NAMED}")).await?;
    Ok(roles.into_iter().map(|role| (role.id, role.name)).collect())
}
