//! How the Management API speaks: JSON in, JSON out, and errors in the contract's shape (§1.15).

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Query, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use crate::error::Fault;
use crate::model::ApiError;
use crate::store::StoreError;

/// Why a call was not done: something to tell the caller, or a fault of ours.
#[derive(Debug)]
pub enum Failure {
    Api(ApiError),
    Fault(Fault),
}

pub type Answer<T> = Result<T, Failure>;

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for Failure {
    /// A conflict that the caller should hear of is matched where the row is written; here it is a fault.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Fault(fault) => Self::Fault(fault),
            conflict => Self::Fault(Fault::new("an unexpected conflict", conflict)),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Api(error) => error,
            Self::Fault(fault) => {
                tracing::error!(%fault, "the Management API failed");
                ApiError::new(500, None, "An internal error occurred; the log tells more.")
            }
        };
        let status = StatusCode::from_u16(error.status_code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&error)).into_response();
        if let Some(seconds) = error.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// 413 in the contract's shape.
pub fn too_large() -> Response {
    Failure::Api(ApiError::new(413, None, "Payload content length greater than maximum allowed")).into_response()
}

/// A JSON object, checked against its type.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let value = json(request, state).await?;
        // Serde would also fill a struct from an array, in the order of its members.
        match value.is_object() {
            true => typed(value).map(Self),
            false => Err(ApiError::invalid_body("Payload validation error: 'Expected type object'.").into()),
        }
    }
}

/// A JSON array, each item checked against its type.
pub struct Items<T>(pub Vec<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Items<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let value = json(request, state).await?;
        match value.as_array().is_some_and(|items| items.iter().all(serde_json::Value::is_object)) {
            true => typed(value).map(Self),
            false => Err(ApiError::invalid_body("Payload validation error: 'Expected an array of objects'.").into()),
        }
    }
}

async fn json<S: Send + Sync>(request: Request, state: &S) -> Answer<serde_json::Value> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !kind.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("application/json") {
        return Err(ApiError::new(415, None, "Unsupported Media Type: send application/json").into());
    }
    let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
        let status = rejection.status().as_u16();
        Failure::Api(ApiError::new(status, None, rejection.body_text()))
    })?;
    let value =
        serde_json::from_slice(&bytes).map_err(|_| ApiError::invalid_body("Invalid request payload JSON format"))?;
    if has_nul(&value) {
        return Err(ApiError::invalid_body("Payload validation error: 'String has a NUL character'.").into());
    }
    Ok(value)
}

fn typed<T: DeserializeOwned>(value: serde_json::Value) -> Answer<T> {
    serde_json::from_value(value)
        .map_err(|error| ApiError::invalid_body(format!("Payload validation error: '{error}'.")).into())
}

/// Postgres takes no NUL in a text.
fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(has_nul),
        serde_json::Value::Object(members) => members.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// The query, checked against its type.
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> axum::extract::FromRequestParts<S> for Parameters<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Failure> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(ApiError::invalid_query("Query validation error: 'String has a NUL character'.").into());
        }
        Query::try_from_uri(&parts.uri).map(|Query(value)| Self(value)).map_err(|error| {
            ApiError::invalid_query(format!("Query validation error: '{}'.", error.body_text())).into()
        })
    }
}
