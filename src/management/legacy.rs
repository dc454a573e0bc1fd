//! The former extractors and paging, until every file of this room uses the table of operations.

use axum::body::Bytes;
use axum::extract::{FromRequest, Query, Request};
use axum::http::header;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answer::{Answer, Failure};
use super::check::not_built;
use crate::error::Context;
use crate::model::ApiError;

/// `page`, `per_page` and `include_totals` of a list call; flatten it into the call's own parameters.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Paging {
    page: Option<String>,
    per_page: Option<String>,
    include_totals: Option<String>,
    // Known to the contract, and not served yet: whoever sends them must not take a list for another one.
    take: Option<String>,
    from: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
}

/// The checked form: which rows to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub start: i64,
    pub limit: i64,
    include_totals: bool,
}

impl Paging {
    /// # Errors
    /// 400 `invalid_query_string` naming the parameter, or `invalid_paging` beyond the first 1000 rows.
    pub(super) fn window(&self, default_per_page: i64) -> Result<Window, Failure> {
        let unserved = [("take", &self.take), ("from", &self.from), ("sort", &self.sort), ("fields", &self.fields)];
        if let Some((name, _)) = unserved.iter().find(|(_, value)| value.is_some()) {
            return Err(not_built(name).into());
        }
        let page = number(self.page.as_deref(), "page", 0, 0, 1000)?;
        let limit = number(self.per_page.as_deref(), "per_page", default_per_page, 1, 100)?;
        let include_totals = match self.include_totals.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(wrong("include_totals", "boolean")),
        };
        if page * limit >= 1000 + limit {
            let message = format!(
                "Page number {page} with {limit} per page exceeds the allowed maximum of 1000 records; \
                 use checkpoint pagination."
            );
            return Err(ApiError::new(400, Some("invalid_paging"), message).into());
        }
        Ok(Window { start: page * limit, limit, include_totals })
    }
}

impl Window {
    /// The answer: the rows alone, or in the envelope when totals were asked for.
    pub(super) fn answer<T: Serialize>(self, key: &str, rows: Vec<T>, total: i64) -> Result<Value, Failure> {
        if self.include_totals {
            return self.envelope(key, rows, total);
        }
        serde_json::to_value(rows).context("writing a list").map_err(Failure::Fault)
    }

    /// The rows with `start`, `limit` and `total`.
    pub(super) fn envelope<T: Serialize>(self, key: &str, rows: Vec<T>, total: i64) -> Result<Value, Failure> {
        let mut envelope = Map::new();
        let rows = serde_json::to_value(rows).context("writing a list").map_err(Failure::Fault)?;
        envelope.insert(key.to_owned(), rows);
        envelope.insert("start".to_owned(), self.start.into());
        envelope.insert("limit".to_owned(), self.limit.into());
        envelope.insert("total".to_owned(), total.into());
        Ok(Value::Object(envelope))
    }
}

fn number(text: Option<&str>, name: &str, default: i64, least: i64, most: i64) -> Result<i64, Failure> {
    let Some(text) = text else { return Ok(default) };
    let value: i64 = text.parse().map_err(|_| wrong(name, "integer"))?;
    if !(least..=most).contains(&value) {
        let message = format!("Query validation error: '{name} must be from {least} to {most}'.");
        return Err(ApiError::invalid_query(message).into());
    }
    Ok(value)
}

fn wrong(name: &str, kind: &str) -> Failure {
    ApiError::invalid_query(format!("Query validation error: 'Expected type {kind} on property {name}'.")).into()
}

/// A JSON object, checked against its type.
pub(super) struct Body<T>(pub T);

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
pub(super) struct Items<T>(pub Vec<T>);

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
pub(super) struct Parameters<T>(pub T);

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
