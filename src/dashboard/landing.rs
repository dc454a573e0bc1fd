//! Where an invitation may lead: the applications that people may begin to sign in at, and what the others lack.

use std::collections::HashSet;

use serde::Deserialize;

use super::organization::path;
use super::session::Signed;
use crate::management_client::{AdministrationError, encode};
use crate::model::application::{Application, DASHBOARD, OrganizationUsage};
use crate::model::{Organization, OrganizationClient};

/// Applications that are offered at once.
const OFFERED: usize = 100;
/// What is asked of each.
const FIELDS: &str = "fields=client_id,name,grant_types,organization_usage,initiate_login_uri";

/// An application as an invitation sees it.
pub(super) struct Landing {
    pub(super) client_id: String,
    pub(super) name: String,
    /// Why no invitation can lead there, and what to set.
    pub(super) problem: Option<&'static str>,
}

/// What decides besides the application's own settings.
struct Surroundings {
    /// Where people begin whose application says nothing.
    has_default: bool,
    /// The applications that the organization may use, where it may not use all.
    allowed: Option<HashSet<String>>,
}

#[derive(Deserialize)]
struct DefaultRoute {
    #[serde(default)]
    default_redirection_uri: Option<String>,
}

/// The applications that people sign in to, part by part, with the cursor of the next.
pub(super) async fn list(
    signed: &Signed,
    organization: &Organization,
) -> Result<(Vec<Landing>, Option<String>), AdministrationError> {
    let surroundings = Surroundings::find(signed, organization).await?;
    let from = signed.parameter("from").map(|from| format!("&from={}", encode(&from))).unwrap_or_default();
    let path = format!("/api/v2/clients?take={OFFERED}&{FIELDS}{from}");
    let part = signed.api.part::<Application>(&path, "clients").await?;
    let for_people = part.items.into_iter().filter(|it| it.client_id != DASHBOARD);
    let for_people = for_people.filter(|it| it.may_use_grant("authorization_code"));
    Ok((for_people.map(|application| surroundings.landing(application)).collect(), part.next))
}

/// One application; `None` when there is none by that id.
pub(super) async fn find(
    signed: &Signed,
    organization: &Organization,
    client_id: &str,
) -> Result<Option<Landing>, AdministrationError> {
    let path = format!("/api/v2/clients/{}?{FIELDS}", encode(client_id));
    let Some(application) = signed.api.find::<Application>(&path).await? else { return Ok(None) };
    Ok(Some(Surroundings::find(signed, organization).await?.landing(application)))
}

impl Surroundings {
    async fn find(signed: &Signed, organization: &Organization) -> Result<Self, AdministrationError> {
        let route: DefaultRoute = signed.api.get("/api/v2/tenants/settings?fields=default_redirection_uri").await?;
        let allowed = match organization.is_app_entitlement_active {
            Some(true) => Some(associated(signed, &organization.id).await?),
            _ => None,
        };
        Ok(Self { has_default: route.default_redirection_uri.is_some_and(|uri| !uri.is_empty()), allowed })
    }

    fn landing(&self, application: Application) -> Landing {
        let is_allowed = self.allowed.as_ref().is_none_or(|allowed| allowed.contains(&application.client_id));
        let problem = if application.usage() == OrganizationUsage::Deny {
            Some("It is not used with organizations: its organization_usage must be allow or require.")
        } else if application.initiate_login_uri.is_none() && !self.has_default {
            Some("It has no address at which people begin to sign in: its initiate_login_uri is missing.")
        } else if !is_allowed {
            Some("This organization's people may not use it: it must be associated with the organization.")
        } else {
            None
        };
        Landing { client_id: application.client_id, name: application.name, problem }
    }
}

async fn associated(signed: &Signed, organization_id: &str) -> Result<HashSet<String>, AdministrationError> {
    let list = format!("{}/clients?take=100", path(organization_id));
    let (mut ids, mut from) = (HashSet::new(), String::new());
    loop {
        let part = signed.api.part::<OrganizationClient>(&format!("{list}{from}"), "clients").await?;
        ids.extend(part.items.into_iter().filter(|it| it.use_for_member_access).map(|it| it.client_id));
        let Some(next) = part.next else { return Ok(ids) };
        from = format!("&from={}", encode(&next));
    }
}
