//! `/branding`: how pages look where no organization is known (contract §1.13).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body};
use super::check::{Sent, Unbuilt, check_web_address};
use super::operation::{Operation, Routes};
use super::{Caller, Management};
use crate::model::organization::COLOR;
use crate::model::tenant_settings::{TenantBranding, TenantColors};
use crate::model::{ApiError, Timestamp};

/// The document's name in the store.
const BRANDING: &str = "branding";

pub(super) fn routes() -> Routes {
    Routes::new("branding")
        .get("/branding", find, Operation::new("Get the tenant's branding", &["read:branding"]))
        .patch("/branding", update, Operation::new("Change the tenant's branding", &["update:branding"]))
}

/// What is left out stays; `null` clears.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct BrandingChange {
    colors: Sent<Option<ColorsChange>>,
    #[schemars(length(min = 1, max = 2048), extend("format" = "uri"))]
    logo_url: Sent<Option<String>>,
    #[schemars(length(min = 1, max = 2048), extend("format" = "uri"))]
    favicon_url: Sent<Option<String>>,
    #[serde(rename = "font")]
    _font: Sent<Unbuilt>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ColorsChange {
    #[schemars(regex(pattern = COLOR))]
    primary: Sent<Option<String>>,
    #[schemars(regex(pattern = COLOR))]
    page_background: Sent<Option<String>>,
}

async fn find(State(management): State<Arc<Management>>) -> Answer<Json<TenantBranding>> {
    Ok(Json(management.tenant.read().await?.find_settings(BRANDING).await?))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(change): Body<BrandingChange>,
) -> Answer<Json<TenantBranding>> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut branding: TenantBranding = rows.hold_settings(BRANDING).await?;
                change.apply(&mut branding);
                check(&branding)?;
                rows.save_settings(BRANDING, &branding).await?;
                rows.record_event(caller.event("Update branding settings"), now).await?;
                Answer::Ok(Json(branding))
            })
        })
        .await
}

impl BrandingChange {
    fn apply(self, branding: &mut TenantBranding) {
        self.logo_url.put(&mut branding.logo_url);
        self.favicon_url.put(&mut branding.favicon_url);
        match self.colors {
            Sent::No => {}
            Sent::Yes(None) => branding.colors = None,
            Sent::Yes(Some(change)) => {
                let mut colors = branding.colors.take().unwrap_or_default();
                change.primary.put(&mut colors.primary);
                change.page_background.put(&mut colors.page_background);
                branding.colors = Some(colors).filter(|colors| *colors != TenantColors::default());
            }
        }
    }
}

/// What the schema cannot tell.
fn check(branding: &TenantBranding) -> Result<(), ApiError> {
    for (property, address) in [("logo_url", &branding.logo_url), ("favicon_url", &branding.favicon_url)] {
        address.as_deref().map_or(Ok(()), |address| check_web_address(property, address))?;
    }
    Ok(())
}
