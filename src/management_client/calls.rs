//! One call of the Management API: who waits for it, its token, and what its answer means for the caller.

use axum::body::Bytes;
use hyper::{Method, Request, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt;

use super::outcome::{self, Outcome};
use super::upstream::Call;
use super::{ManagementClient, ManagementError, Result};

impl ManagementClient {
    /// A GET of the one thing that `is_asked` knows; `None` to 404.
    pub(super) async fn find_one<T: DeserializeOwned>(
        &self,
        path: &str,
        is_asked: impl Fn(&T) -> bool,
    ) -> Result<Option<T>> {
        match self.call(Method::GET, path, Bytes::new(), is_asked).await {
            Ok(value) => Ok(Some(value)),
            Err(ManagementError::Refused(error)) if error.status_code == 404 => Ok(None),
            // No other refusal says anything about what was asked for.
            Err(ManagementError::Refused(error)) => {
                Err(ManagementError::unreachable(format!("GET {}: {error}", without_query(path))))
            }
            Err(unreachable) => Err(unreachable),
        }
    }

    /// A GET of whatever there is.
    pub(super) async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        self.find_one(path, |_| true).await
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let body = serde_json::to_vec(body).map_err(|error| ManagementError::unreachable(error.to_string()))?;
        self.call(Method::POST, path, Bytes::from(body), |_| true).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        is_asked: impl Fn(&T) -> bool,
    ) -> Result<T> {
        let (mut call, mut response) = self.send(&method, path, body.clone()).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            // Keys may have changed there. Nothing was done, so the call can be made again, with a new token. It is
            // a call as any other: it is not sent where the API has to be left alone meanwhile.
            call.undecided();
            (call, response) = self.send(&method, path, body).await?;
        }
        let why = |why: &str| format!("{method} {}: {why}", without_query(path));
        match outcome::read(&response, is_asked) {
            Outcome::Value(value) => {
                call.answered(response.headers());
                Ok(value)
            }
            Outcome::Refused(mut error) => {
                call.answered(response.headers());
                let wait = response.headers().get(header::RETRY_AFTER);
                error.retry_after = wait.and_then(|value| value.to_str().ok()?.parse().ok());
                Err(ManagementError::Refused(error))
            }
            Outcome::Wait => Err(call.told_to_wait(response.headers(), why("429"))),
            Outcome::Unusable(text) => Err(call.failed(why(&text))),
        }
    }

    /// Sends a call with the token; one that is not accepted is forgotten.
    async fn send(&self, method: &Method, path: &str, body: Bytes) -> Result<(Call<'_>, Response<Bytes>)> {
        let token = self.shared.token.get(&self.shared.transport, self.upstream()).await?;
        let why = |why: &dyn std::error::Error| format!("{method} {}: {why}", without_query(path));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| ManagementError::unreachable(why(&error)))?;
        let call = Call::begin(self.upstream(), self.asking)?;
        metrics::counter!("management_calls_total").increment(1);
        let response = match self.shared.transport.clone().oneshot(request).await {
            Ok(response) => response,
            Err(error) => return Err(call.failed(why(&error))),
        };
        if response.status() == StatusCode::UNAUTHORIZED {
            self.shared.token.forget(&token).await;
        }
        Ok((call, response))
    }
}

pub(super) fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}
