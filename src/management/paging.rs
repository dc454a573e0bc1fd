//! Offset paging: a bare array, or an envelope with totals (contract §1.14).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answer::Failure;
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
