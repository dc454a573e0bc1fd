//! The Management API with an administrator's own token: nothing is remembered, and a refusal is theirs to hear.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Bytes;
use hyper::{Method, Request, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tower::ServiceExt;

use super::ManagementClient;
use super::transport::Transport;
use crate::model::ApiError;
use crate::web::client_address::ClientAddress;

/// The API as one administrator may use it. Cheap to clone.
#[derive(Clone)]
pub struct Administration {
    transport: Transport,
    token: Arc<str>,
    address: IpAddr,
}

/// Why a call brought nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AdministrationError {
    /// The token ended, or its holder is no administrator any more.
    #[error("the administrator's token is not accepted")]
    SignedOut,
    /// This administrator may not do it.
    #[error("{0}")]
    Forbidden(ApiError),
    /// Too many calls; seconds to wait.
    #[error("too many calls; wait {0} s")]
    Wait(u64),
    /// Somebody else changed it since it was read.
    #[error("it was changed meanwhile")]
    Changed,
    /// What was sent is wrong, or does not fit what is there.
    #[error("{0}")]
    Refused(ApiError),
    #[error("no answer that can be used: {0}")]
    Unreachable(String),
}

type Result<T> = std::result::Result<T, AdministrationError>;

/// A part of a list, and the cursor of the next (contract §1.14).
pub struct Part<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl ManagementClient {
    /// The same API for an administrator with this token, who is at this address.
    pub fn on_behalf_of(&self, token: &str, address: IpAddr) -> Administration {
        Administration { transport: self.shared.transport.clone(), token: token.into(), address }
    }
}

impl Administration {
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        Ok(self.get_versioned(path).await?.0)
    }

    /// The same with its version, which [`Administration::patch_version`] takes; empty where there is none.
    pub async fn get_versioned<T: DeserializeOwned>(&self, path: &str) -> Result<(T, String)> {
        let answer = self.send(Method::GET, path, "", None).await?;
        let version = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        Ok((read(answer.body())?, version.to_owned()))
    }

    /// `None` to 404.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        match self.get(path).await {
            Err(AdministrationError::Refused(error)) if error.status_code == 404 => Ok(None),
            found => found.map(Some),
        }
    }

    /// The part of a list that stands under `key` in the answer.
    pub async fn part<T: DeserializeOwned>(&self, path: &str, key: &str) -> Result<Part<T>> {
        let mut answer: Map<String, Value> = self.get(path).await?;
        let next = answer.remove("next").and_then(|next| next.as_str().map(str::to_owned));
        let items = answer.remove(key).unwrap_or_default();
        let items = serde_json::from_value(items).map_err(|error| unusable(&error))?;
        Ok(Part { items, next })
    }

    /// The number of entries of a list that comes in pages; `path` ends with `?` or `&`.
    pub async fn total(&self, path: &str) -> Result<u64> {
        let answer: Map<String, Value> = self.get(&format!("{path}per_page=1&include_totals=true")).await?;
        Ok(answer.get("total").and_then(Value::as_u64).unwrap_or_default())
    }

    /// `()` stands for an answer without a body, here and below.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        read(self.send(Method::POST, path, "", Some(json(body)?)).await?.body())
    }

    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.patch_version(path, "", body).await
    }

    /// Changes what still has this version; with an empty one, whatever is there.
    pub async fn patch_version<T: DeserializeOwned>(
        &self,
        path: &str,
        version: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        read(self.send(Method::PATCH, path, version, Some(json(body)?)).await?.body())
    }

    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        read(self.send(Method::PUT, path, "", Some(json(body)?)).await?.body())
    }

    pub async fn delete(&self, path: &str) -> Result<()> {
        self.send(Method::DELETE, path, "", None).await.map(|_| ())
    }

    /// Deletes those of a list that the body names.
    pub async fn delete_some(&self, path: &str, body: &impl Serialize) -> Result<()> {
        self.send(Method::DELETE, path, "", Some(json(body)?)).await.map(|_| ())
    }

    async fn send(&self, method: Method, path: &str, version: &str, body: Option<Vec<u8>>) -> Result<Response<Bytes>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .extension(ClientAddress(self.address));
        if !version.is_empty() {
            request = request.header(header::IF_MATCH, version);
        }
        let request = request.body(body.map_or_else(Bytes::new, Bytes::from)).map_err(|error| unusable(&error))?;
        let response = self.transport.clone().oneshot(request).await.map_err(|error| unusable(&error))?;
        let (status, body) = (response.status(), response.body());
        if status.is_success() {
            return Ok(response);
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
            let wait = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            return Err(AdministrationError::Wait(wait.unwrap_or(1)));
        }
        match (status, serde_json::from_slice::<ApiError>(body)) {
            (StatusCode::UNAUTHORIZED, _) => Err(AdministrationError::SignedOut),
            (StatusCode::PRECONDITION_FAILED, _) => Err(AdministrationError::Changed),
            (StatusCode::FORBIDDEN, Ok(error)) => Err(AdministrationError::Forbidden(error)),
            (_, Ok(error)) if status.is_client_error() => Err(AdministrationError::Refused(error)),
            _ => Err(AdministrationError::Unreachable(status.to_string())),
        }
    }
}

fn json(body: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(body).map_err(|error| unusable(&error))
}

/// An answer without a body is `null`, which `()` is read from.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(if body.is_empty() { b"null" } else { body }).map_err(|error| unusable(&error))
}

fn unusable(error: &dyn std::error::Error) -> AdministrationError {
    AdministrationError::Unreachable(error.to_string())
}
