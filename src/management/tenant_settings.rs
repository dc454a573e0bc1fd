//! `/tenants/settings`: what holds for the whole tenant (contract §1.13).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Parameters};
use super::check::{Only, Sent, Unbuilt, check_web_address, email, wrong};
use super::operation::{Operation, Routes};
use super::paging::{Fields, Selected};
use super::{Caller, Management};
use crate::config;
use crate::model::tenant_settings::{Locale, TenantSettings};
use crate::model::user::{EMAIL, LONGEST_EMAIL};
use crate::model::{ApiError, LINE, Timestamp};
use crate::store::Rows;

/// The document's name in the store.
pub(super) const TENANT: &str = "tenant";

pub(super) fn routes() -> Routes {
    let path = "/tenants/settings";
    Routes::new("tenants")
        .get(path, find, Operation::new("Get the tenant's settings", &["read:tenant_settings"]))
        .patch(path, update, Operation::new("Change the tenant's settings", &["update:tenant_settings"]))
}

/// What is kept, beside what the configuration file and the program itself settle.
#[derive(Serialize, JsonSchema)]
struct Told {
    #[serde(flatten)]
    kept: TenantSettings,
    #[serde(flatten)]
    settled: Settled,
}

#[derive(Serialize, JsonSchema)]
struct Settled {
    /// Hours.
    session_lifetime: i64,
    /// Hours.
    idle_session_lifetime: i64,
    allow_organization_name_in_authentication_api: bool,
    flags: Flags,
}

/// Each says how this server is; another value is not built.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
struct Flags {
    enable_client_connections: Only<false>,
    enable_dynamic_client_registration: Only<false>,
    enable_public_signup_user_exists_error: Only<false>,
    enable_legacy_profile: Only<false>,
    enable_idtoken_api2: Only<false>,
    allow_legacy_delegation_grant_types: Only<false>,
    allow_legacy_ro_grant_types: Only<false>,
    allow_legacy_tokeninfo_endpoint: Only<false>,
    disable_clickjack_protection_headers: Only<false>,
    change_pwd_flow_v1: Only<false>,
    remove_alg_from_jwks: Only<false>,
}

/// What is left out stays; `null` clears.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Change {
    #[schemars(length(max = 255), regex(pattern = LINE))]
    friendly_name: Sent<Option<String>>,
    picture_url: Sent<Option<String>>,
    #[schemars(length(max = LONGEST_EMAIL), regex(pattern = EMAIL))]
    support_email: Sent<Option<String>>,
    support_url: Sent<Option<String>>,
    /// The empty text clears, too.
    default_redirection_uri: Sent<Option<String>>,
    #[schemars(length(max = 128), regex(pattern = LINE))]
    default_directory: Sent<Option<String>>,
    enabled_locales: Sent<Vec<Locale>>,
    #[schemars(range(min = 0))]
    session_lifetime: Sent<i64>,
    #[schemars(range(min = 0))]
    idle_session_lifetime: Sent<i64>,
    allow_organization_name_in_authentication_api: Sent<bool>,
    flags: Sent<Flags>,
    #[serde(flatten)]
    _unbuilt: UnbuiltMembers,
}

/// These are refused, not ignored.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct UnbuiltMembers {
    #[serde(rename = "allowed_logout_urls")]
    _allowed_logout_urls: Sent<Unbuilt>,
    #[serde(rename = "change_password")]
    _change_password: Sent<Unbuilt>,
    #[serde(rename = "default_audience")]
    _default_audience: Sent<Unbuilt>,
    #[serde(rename = "default_token_quota")]
    _default_token_quota: Sent<Unbuilt>,
    #[serde(rename = "error_page")]
    _error_page: Sent<Unbuilt>,
    #[serde(rename = "session_cookie")]
    _session_cookie: Sent<Unbuilt>,
}

async fn find(
    State(management): State<Arc<Management>>,
    Parameters(fields): Parameters<Fields>,
) -> Answer<Json<Selected<Told>>> {
    let kept = management.tenant.read().await?.find_settings(TENANT).await?;
    Ok(Json(fields.select(&Told { kept, settled: settled(&management.login) })?))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(change): Body<Change>,
) -> Answer<Json<Told>> {
    let now = Timestamp::now();
    let settled = settled(&management.login);
    change.check_settled(&settled)?;
    let kept = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut kept: TenantSettings = rows.hold_settings(TENANT).await?;
                change.apply(&mut kept);
                check(&mut rows, &kept).await?;
                rows.save_settings(TENANT, &kept).await?;
                rows.record_event(caller.event("Update tenant settings"), now).await?;
                Answer::Ok(kept)
            })
        })
        .await?;
    Ok(Json(Told { kept, settled }))
}

fn settled(login: &config::Login) -> Settled {
    Settled {
        session_lifetime: login.session_hours,
        idle_session_lifetime: login.session_idle_hours,
        allow_organization_name_in_authentication_api: login.allow_organization_name_in_authentication_api,
        flags: Flags::default(),
    }
}

impl Change {
    /// The configuration file's settings may be sent as they are.
    fn check_settled(&self, settled: &Settled) -> Result<(), ApiError> {
        let differs = |sent: Sent<i64>, is: i64| matches!(sent, Sent::Yes(value) if value != is);
        let name = self.allow_organization_name_in_authentication_api;
        let is_name_allowed = settled.allow_organization_name_in_authentication_api;
        let (property, setting) = if differs(self.session_lifetime, settled.session_lifetime) {
            ("session_lifetime", "login.session_hours")
        } else if differs(self.idle_session_lifetime, settled.idle_session_lifetime) {
            ("idle_session_lifetime", "login.session_idle_hours")
        } else if matches!(name, Sent::Yes(value) if value != is_name_allowed) {
            let setting = "login.allow_organization_name_in_authentication_api";
            ("allow_organization_name_in_authentication_api", setting)
        } else {
            return Ok(());
        };
        let message = format!("{property} is set by {setting} in the server's configuration.");
        Err(ApiError::new(403, Some("operation_not_supported"), message))
    }

    fn apply(self, kept: &mut TenantSettings) {
        let put = |sent: Sent<Option<String>>, place: &mut Option<String>| {
            sent.put(place);
            place.take_if(|text| text.is_empty());
        };
        put(self.friendly_name, &mut kept.friendly_name);
        put(self.picture_url, &mut kept.picture_url);
        put(self.support_email, &mut kept.support_email);
        put(self.support_url, &mut kept.support_url);
        put(self.default_redirection_uri, &mut kept.default_redirection_uri);
        put(self.default_directory, &mut kept.default_directory);
        self.enabled_locales.put(&mut kept.enabled_locales);
        kept.enabled_locales.sort_unstable();
        kept.enabled_locales.dedup();
    }
}

/// What the schema cannot tell.
async fn check(rows: &mut Rows<'_>, kept: &TenantSettings) -> Answer<()> {
    let addresses = [
        ("picture_url", &kept.picture_url),
        ("support_url", &kept.support_url),
        ("default_redirection_uri", &kept.default_redirection_uri),
    ];
    for (property, address) in addresses {
        address.as_deref().map_or(Ok(()), |address| check_web_address(property, address))?;
    }
    if kept.support_email.as_deref().is_some_and(|text| email(text).is_none()) {
        return Err(wrong("support_email", "String is not an e-mail address").into());
    }
    if let Some(name) = &kept.default_directory {
        let found = rows.find_connection_by_name(name).await?;
        if !found.is_some_and(|connection| connection.strategy.is_database()) {
            return Err(wrong("default_directory", "No database connection has this name").into());
        }
    }
    Ok(())
}
