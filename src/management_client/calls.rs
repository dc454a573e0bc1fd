//! One call of the Management API: its token, its refusals, and what is no usable answer.

use axum::body::Bytes;
use hyper::{Method, Request, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt;

use super::{ManagementClient, ManagementError, Result};
use crate::model::ApiError;
use crate::model::login::refusal;

impl ManagementClient {
    /// A GET of the one thing that `is_asked` knows.
    pub(super) async fn find_one<T: DeserializeOwned>(
        &self,
        path: &str,
        is_asked: impl Fn(&T) -> bool,
    ) -> Result<Option<T>> {
        match self.find::<T>(path).await? {
            Some(other) if !is_asked(&other) => {
                Err(ManagementError::Unreachable(format!("{path}: the answer is about something else")))
            }
            found => Ok(found),
        }
    }

    /// A GET that answers `None` to 404.
    pub(super) async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        match self.call(Method::GET, path, Bytes::new()).await {
            Ok(value) => Ok(Some(value)),
            Err(ManagementError::Refused(error)) if error.status_code == 404 => Ok(None),
            // No other refusal says anything about what was asked for.
            Err(ManagementError::Refused(error)) => {
                Err(ManagementError::Unreachable(format!("GET {}: {error}", without_query(path))))
            }
            Err(unreachable) => Err(unreachable),
        }
    }

    pub(super) async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Bytes) -> Result<T> {
        let mut response = self.send(&method, path, body.clone()).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            // Keys may have changed there. Nothing was done, so the call can be made again, with a new token.
            response = self.send(&method, path, body).await?;
        }
        let unusable = |why: &str| ManagementError::Unreachable(format!("{method} {}: {why}", without_query(path)));
        if response.status().is_success() {
            return serde_json::from_slice(response.body()).map_err(|error| unusable(&error.to_string()));
        }
        let error: Option<ApiError> = serde_json::from_slice(response.body()).ok();
        match (response.status(), error) {
            (StatusCode::UNAUTHORIZED, error) => {
                Err(unusable(&error.map_or("401".to_owned(), |error| error.to_string())))
            }
            (status, Some(mut error)) if is_refusal(status, &error) => {
                let wait = response.headers().get(header::RETRY_AFTER);
                error.retry_after = wait.and_then(|value| value.to_str().ok()?.parse().ok());
                Err(ManagementError::Refused(error))
            }
            (status, _) => Err(unusable(status.as_str())),
        }
    }

    /// Sends a call with the token; one that is not accepted is forgotten.
    pub(super) async fn send(&self, method: &Method, path: &str, body: Bytes) -> Result<Response<Bytes>> {
        let token = self.shared.token.get(&self.shared.transport).await?;
        metrics::counter!("management_calls_total").increment(1);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| ManagementError::Unreachable(format!("{method} {}: {error}", without_query(path))))?;
        let response = self.shared.transport.clone().oneshot(request).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            self.shared.token.forget(&token).await;
        }
        Ok(response)
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let body = serde_json::to_vec(body).map_err(|error| ManagementError::Unreachable(error.to_string()))?;
        self.call(Method::POST, path, Bytes::from(body)).await
    }
}

/// Whether the API understood and said no. That passwords wait to be checked is an answer too: the API is well.
fn is_refusal(status: StatusCode, error: &ApiError) -> bool {
    let is_busy = error.error_code.as_deref() == Some(refusal::TOO_BUSY);
    error.status_code == status.as_u16() && (status.is_client_error() || is_busy)
}

pub(super) fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}
