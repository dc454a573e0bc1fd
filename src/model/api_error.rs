//! The Management API's error body, shared by the room that writes it and the client that reads it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::password::Shortcoming;

/// `{statusCode, error, message, errorCode?}` (contract §1.15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{status_code} {message}")]
pub struct ApiError {
    #[serde(rename = "statusCode")]
    pub status_code: u16,
    /// The reason phrase of the status.
    pub error: String,
    pub message: String,
    #[serde(rename = "errorCode", skip_serializing_if = "Option::is_none", default)]
    pub error_code: Option<String>,
    /// What a refused password lacks (our extension).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub shortcomings: Vec<Shortcoming>,
    /// Seconds to wait, sent as the `Retry-After` header; no part of the body.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

impl ApiError {
    pub fn new(status_code: u16, error_code: Option<&str>, message: impl Into<String>) -> Self {
        let error = match status_code {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            409 => "Conflict",
            412 => "Precondition Failed",
            413 => "Payload Too Large",
            415 => "Unsupported Media Type",
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        };
        Self {
            status_code,
            error: error.to_owned(),
            message: message.into(),
            error_code: error_code.map(str::to_owned),
            shortcomings: Vec::new(),
            retry_after: None,
        }
    }

    pub fn invalid_body(message: impl Into<String>) -> Self {
        Self::new(400, Some("invalid_body"), message)
    }

    pub fn invalid_query(message: impl Into<String>) -> Self {
        Self::new(400, Some("invalid_query_string"), message)
    }

    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, None, message)
    }

    pub fn insufficient_scope(expected: &[&str]) -> Self {
        let message = format!("Insufficient scope; expected any of: {}.", expected.join(","));
        Self::new(403, Some("insufficient_scope"), message)
    }

    pub fn not_found(error_code: Option<&str>, message: impl Into<String>) -> Self {
        Self::new(404, error_code, message)
    }

    pub fn conflict(error_code: Option<&str>, message: impl Into<String>) -> Self {
        Self::new(409, error_code, message)
    }

    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Whether the error carries this machine-readable code.
    #[cfg(test)]
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.error_code.as_deref() == Some(code)
    }
}
