//! How the Management API speaks: JSON in, JSON out, and errors in the contract's shape (§1.15).

use aide::generate::GenContext;
use aide::openapi::{self, Operation, ReferenceOr, RequestBody};
use aide::operation::{OperationInput, OperationOutput, ParamLocation, parameters_from_schema};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::operation::json_response;
use super::schema::{self, Complaint};
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

/// 201 with what was created.
pub struct Created<T>(pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

impl<T: JsonSchema> OperationOutput for Created<T> {
    type Inner = T;

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, openapi::Response)> {
        vec![(Some(201), json_response(ctx.schema.subschema_for::<T>()))]
    }
}

/// 202 without a body.
pub struct Accepted;

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

impl OperationOutput for Accepted {
    type Inner = ();

    fn inferred_responses(_: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, openapi::Response)> {
        vec![(Some(202), openapi::Response { description: "Accepted".to_owned(), ..openapi::Response::default() })]
    }
}

impl OperationOutput for Failure {
    /// The operation's table entry tells which refusals there are.
    type Inner = ApiError;
}

/// JSON, checked against the schema of its type.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + JsonSchema + 'static> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let value = json(request, state).await?;
        schema::of_body::<T>().check(&value).map_err(wrong_body)?;
        let typed = serde_json::from_value(value);
        Ok(Self(typed.map_err(|error| ApiError::invalid_body(format!("Payload validation error: '{error}'.")))?))
    }
}

/// 400 for a body, or a part of one, that does not fit its schema.
pub(super) fn wrong_body(complaint: Complaint) -> ApiError {
    match complaint {
        Complaint { text, is_not_built: true } => {
            ApiError::new(400, Some("operation_not_supported"), format!("{text} by this server."))
        }
        Complaint { text, .. } => ApiError::invalid_body(format!("Payload validation error: {text}.")),
    }
}

impl<T: JsonSchema> OperationInput for Body<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let json_schema = ctx.schema.subschema_for::<T>();
        let content = json_response(json_schema).content;
        let body = RequestBody { content, required: true, ..RequestBody::default() };
        operation.request_body = Some(ReferenceOr::Item(body));
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

/// Postgres takes no NUL in a text.
fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(has_nul),
        serde_json::Value::Object(members) => members.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// The query, checked against the schema of its type.
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + JsonSchema + 'static> FromRequestParts<S> for Parameters<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = parts.uri.query().unwrap_or("");
        let wrong = |why: String| ApiError::invalid_query(format!("Query validation error: {why}."));
        if query.contains("%00") {
            return Err(wrong("'String has a NUL character'".to_owned()).into());
        }
        let shape = schema::of_query::<T>();
        let value = shape.read_query(query).map_err(|complaint| wrong(complaint.text))?;
        shape.check(&value).map_err(|complaint| wrong(complaint.text))?;
        let typed = serde_json::from_value(value).map_err(|error| wrong(format!("'{error}'")))?;
        Ok(Self(typed))
    }
}

impl<T: JsonSchema> OperationInput for Parameters<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let schema = schemars::Schema::try_from(schema::query_schema::<T>()).expect("an object is a schema");
        let parameters = parameters_from_schema(ctx, schema, ParamLocation::Query);
        operation.parameters.extend(parameters.into_iter().map(ReferenceOr::Item));
    }
}
