//! Two who change one thing: an entity tag with what is read, and a change that is refused when it is another by then
//! (RFC 9110 §8.8.3, §13.1.1).

use aide::generate::GenContext;
use aide::openapi::{self, Operation};
use aide::operation::{OperationInput, OperationOutput};
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Failure};
use super::operation::json_response;
use crate::error::{Context, Fault};
use crate::model::{ApiError, sha256};

/// What was read, with its entity tag.
pub(super) struct Tagged<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let tag = tag_of(&self.0).ok().and_then(|tag| HeaderValue::try_from(tag).ok());
        let mut response = Json(self.0).into_response();
        if let Some(tag) = tag {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

impl<T: JsonSchema> OperationOutput for Tagged<T> {
    type Inner = T;

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, openapi::Response)> {
        vec![(Some(200), json_response(ctx.schema.subschema_for::<T>()))]
    }
}

fn tag_of(item: &impl Serialize) -> Result<String, Fault> {
    let text = serde_json::to_string(item).context("writing an item")?;
    Ok(format!("\"{}\"", sha256(&text)))
}

/// The tags of which what is there has to have one; without any, it may be anything.
#[derive(Debug, Default)]
pub(super) struct IfMatch(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let tags =
            parts.headers.get(header::IF_MATCH).map(|tags| String::from_utf8_lossy(tags.as_bytes()).into_owned());
        Ok(Self(tags))
    }
}

impl OperationInput for IfMatch {}

impl IfMatch {
    /// Compares with what is there, as its reader sees it. To be called where nobody else can change it any more.
    ///
    /// # Errors
    /// 412 `precondition_failed`.
    pub(super) fn check(&self, there: &impl Serialize) -> Answer<()> {
        let Some(tags) = self.0.as_deref().map(str::trim).filter(|tags| *tags != "*") else { return Ok(()) };
        let tag = tag_of(there)?;
        match tags.split(',').any(|its| its.trim() == tag) {
            true => Ok(()),
            false => Err(Failure::Api(ApiError::new(
                412,
                Some("precondition_failed"),
                "It was changed since it was read with this entity tag.",
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_what_was_read_is_taken_and_of_something_else_refused() {
        let tag = tag_of(&"a").expect("a tag");
        let taken = |tags: &str| IfMatch(Some(tags.to_owned())).check(&"a").is_ok();
        assert!(taken(&tag) && taken("*") && taken(&format!("\"x\" , {tag}")));
        assert!(IfMatch::default().check(&"a").is_ok());
        assert!(!taken("") && !taken(&format!("W/{tag}")) && !taken(tag.trim_matches('"')));
        assert!(IfMatch(Some(tag)).check(&"b").is_err());
    }
}
