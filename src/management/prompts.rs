//! `/prompts`: how people are asked who they are, and the texts of the pages (contract §1.13).

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body};
use super::check::{Ids, Only, Sent};
use super::operation::{Operation, Routes};
use super::schema::LINE;
use super::{Caller, Management};
use crate::model::tenant_settings::{CustomText, PromptSettings};
use crate::model::{ApiError, Timestamp};

/// The document's name in the store.
const PROMPTS: &str = "prompts";

/// The prompts whose texts may be one's own, and the languages.
const TEXTS: [&str; 13] = [
    "common",
    "email-otp-challenge",
    "email-verification",
    "invitation",
    "login",
    "login-id",
    "login-password",
    "logout",
    "organizations",
    "reset-password",
    "signup",
    "signup-id",
    "signup-password",
];
const LANGUAGES: [&str; 7] = ["ar", "de", "en", "es", "fr", "ja", "pt"];

pub(super) fn routes() -> Routes {
    let text = "/prompts/{prompt}/custom-text/{language}";
    Routes::new("prompts")
        .get("/prompts", find, Operation::new("Get the settings of the prompts", &["read:prompts"]))
        .patch("/prompts", update, Operation::new("Change the settings of the prompts", &["update:prompts"]))
        .get(text, find_text, Operation::new("Get a prompt's own texts", &["read:prompts"]))
        .put(text, replace_text, Operation::new("Replace a prompt's own texts", &["update:prompts"]))
}

#[derive(Serialize, JsonSchema)]
struct Told {
    #[serde(flatten)]
    kept: PromptSettings,
    universal_login_experience: Experience,
    webauthn_platform_first_factor: Only<false>,
}

/// There is one experience.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, extend("x-not-built" = true))]
enum Experience {
    #[default]
    New,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Change {
    identifier_first: Sent<bool>,
    #[serde(rename = "universal_login_experience")]
    _universal_login_experience: Experience,
    #[serde(rename = "webauthn_platform_first_factor")]
    _webauthn_platform_first_factor: Only<false>,
}

/// Texts by screen and key.
#[derive(Deserialize)]
#[serde(transparent)]
struct Texts(CustomText);

impl JsonSchema for Texts {
    fn schema_name() -> Cow<'static, str> {
        "CustomText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let name = serde_json::json!({"minLength": 1, "maxLength": 100, "pattern": LINE});
        json_schema!({
            "type": "object",
            "maxProperties": 20,
            "propertyNames": name,
            "additionalProperties": {
                "type": "object",
                "maxProperties": 200,
                "propertyNames": name,
                "additionalProperties": {"type": "string", "maxLength": 1000, "pattern": LINE},
            },
        })
    }
}

async fn find(State(management): State<Arc<Management>>) -> Answer<Json<Told>> {
    let kept = management.tenant.read().await?.find_settings(PROMPTS).await?;
    Ok(Json(told(kept)))
}

async fn update(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Body(change): Body<Change>,
) -> Answer<Json<Told>> {
    let now = Timestamp::now();
    let kept = management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let mut kept: PromptSettings = rows.hold_settings(PROMPTS).await?;
                change.identifier_first.put(&mut kept.identifier_first);
                rows.save_settings(PROMPTS, &kept).await?;
                rows.record_event(caller.event("Update prompts settings"), now).await?;
                Answer::Ok(kept)
            })
        })
        .await?;
    Ok(Json(told(kept)))
}

async fn find_text(
    State(management): State<Arc<Management>>,
    Ids((prompt, language)): Ids<(String, String)>,
) -> Answer<Json<CustomText>> {
    let name = text_name(&prompt, &language)?;
    Ok(Json(management.tenant.read().await?.find_settings(&name).await?))
}

async fn replace_text(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids((prompt, language)): Ids<(String, String)>,
    Body(Texts(texts)): Body<Texts>,
) -> Answer<Json<CustomText>> {
    let now = Timestamp::now();
    let name = text_name(&prompt, &language)?;
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                rows.save_settings(&name, &texts).await?;
                let what = format!("Set custom text for {prompt} in {language}");
                rows.record_event(caller.event(what), now).await?;
                Answer::Ok(Json(texts))
            })
        })
        .await
}

fn told(kept: PromptSettings) -> Told {
    Told { kept, universal_login_experience: Experience::New, webauthn_platform_first_factor: Only }
}

/// The document's name in the store.
fn text_name(prompt: &str, language: &str) -> Result<String, ApiError> {
    match TEXTS.contains(&prompt) && LANGUAGES.contains(&language) {
        true => Ok(format!("custom-text/{prompt}/{language}")),
        false => Err(ApiError::not_found(None, "There is no such prompt or language.")),
    }
}
