//! The gateway's own Management API token: signed here when the API is here, else fetched and kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use hyper::{Method, Request, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tower::ServiceExt;

use super::ManagementError;
use super::transport::Transport;
use super::upstream::{Asking, Call, Upstream};
use crate::error::Fault;

/// Where tokens come from.
pub enum TokenSource {
    /// The embedded API: the roof hands over the key ring's signature, with the token's lifetime.
    Own(Box<dyn Fn() -> Result<(String, Duration), Fault> + Send + Sync>),
    /// Another machine's API: client credentials (RFC 6749 §4.4).
    Credentials { client_id: String, client_secret: SecretString, audience: String },
}

/// The token, renewed a minute before its end.
pub(super) struct Token {
    source: TokenSource,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// The token, and until when it is used.
    token: Option<(Arc<str>, Instant)>,
    /// Why there was none, and since when that is known.
    failure: Option<(ManagementError, Instant)>,
}

/// A longer lifetime than anybody means is cut: a moment that far away cannot be written.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: u64,
}

impl Token {
    pub(super) fn new(source: TokenSource) -> Self {
        Self { source, held: Mutex::default() }
    }

    pub(super) async fn get(
        &self,
        transport: &Transport,
        upstream: Option<&Upstream>,
    ) -> Result<Arc<str>, ManagementError> {
        let asked_at = Instant::now();
        let mut held = self.held.lock().await;
        if let Some((token, _)) = held.token.as_ref().filter(|(_, until)| Instant::now() < *until) {
            return Ok(token.clone());
        }
        // Who waited while another failed has its answer; else a crowd would wait for each other's timeouts.
        if let Some((error, _)) = held.failure.as_ref().filter(|(_, since)| asked_at < *since) {
            return Err(error.clone());
        }
        match self.make(transport, upstream).await {
            Ok((token, lifetime)) => {
                let token: Arc<str> = token.into();
                let until = Instant::now() + lifetime.min(LONGEST).saturating_sub(Duration::from_secs(60));
                *held = Held { token: Some((token.clone(), until)), failure: None };
                Ok(token)
            }
            Err(error) => {
                // Where nothing was asked, nothing was learnt for those who wait.
                held.failure = error.left_alone().is_none().then(|| (error.clone(), Instant::now()));
                Err(error)
            }
        }
    }

    async fn make(
        &self,
        transport: &Transport,
        upstream: Option<&Upstream>,
    ) -> Result<(String, Duration), ManagementError> {
        match &self.source {
            TokenSource::Own(sign) => sign().map_err(|fault| ManagementError::unreachable(fault.to_string())),
            TokenSource::Credentials { client_id, client_secret, audience } => {
                let request = token_request(client_id, client_secret, audience)?;
                fetch(request, transport, Call::begin(upstream, Asking::Look)?).await
            }
        }
    }

    /// Forgets a token that was refused, so that the next call gets a new one.
    pub(super) async fn forget(&self, refused: &str) {
        let mut held = self.held.lock().await;
        if held.token.as_ref().is_some_and(|(token, _)| &**token == refused) {
            held.token = None;
        }
    }
}

fn token_request(
    client_id: &str,
    client_secret: &SecretString,
    audience: &str,
) -> Result<Request<Bytes>, ManagementError> {
    let body = serde_json::json!({
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret.expose_secret(),
        "audience": audience,
    });
    Request::builder()
        .method(Method::POST)
        .uri("/oauth/token")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body.to_string()))
        .map_err(|error| ManagementError::unreachable(error.to_string()))
}

/// A token says nothing of the API behind it, so it decides nothing; that there is none is a failure.
async fn fetch(
    request: Request<Bytes>,
    transport: &Transport,
    call: Call<'_>,
) -> Result<(String, Duration), ManagementError> {
    let response = match transport.clone().oneshot(request).await {
        Ok(response) => response,
        Err(error) => return Err(call.failed(format!("POST /oauth/token: {error}"))),
    };
    let status = response.status();
    let unusable = || {
        let status = status.as_u16();
        format!("the token endpoint answered {status} to the gateway's client (management.client_id)")
    };
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(call.told_to_wait(response.headers(), unusable()));
    }
    match serde_json::from_slice::<TokenAnswer>(response.body()) {
        Ok(answer) if status.is_success() => {
            call.undecided();
            Ok((answer.access_token, Duration::from_secs(answer.expires_in)))
        }
        _ => Err(call.failed(unusable())),
    }
}
