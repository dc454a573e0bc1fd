//! The gateway's own Management API token: signed here when the API is here, else fetched and kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use hyper::{Method, Request, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tower::ServiceExt;

use super::ManagementError;
use super::transport::Transport;
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

    pub(super) async fn get(&self, transport: &Transport) -> Result<Arc<str>, ManagementError> {
        let asked_at = Instant::now();
        let mut held = self.held.lock().await;
        if let Some((token, _)) = held.token.as_ref().filter(|(_, until)| Instant::now() < *until) {
            return Ok(token.clone());
        }
        // Who waited while another failed has its answer; else a crowd would wait for each other's timeouts.
        if let Some((error, _)) = held.failure.as_ref().filter(|(_, since)| asked_at < *since) {
            return Err(error.clone());
        }
        match self.make(transport).await {
            Ok((token, lifetime)) => {
                let token: Arc<str> = token.into();
                let until = Instant::now() + lifetime.min(LONGEST).saturating_sub(Duration::from_secs(60));
                *held = Held { token: Some((token.clone(), until)), failure: None };
                Ok(token)
            }
            Err(error) => {
                held.failure = Some((error.clone(), Instant::now()));
                Err(error)
            }
        }
    }

    async fn make(&self, transport: &Transport) -> Result<(String, Duration), ManagementError> {
        match &self.source {
            TokenSource::Own(sign) => sign().map_err(|fault| ManagementError::Unreachable(fault.to_string())),
            TokenSource::Credentials { client_id, client_secret, audience } => {
                fetch(transport, client_id, client_secret, audience).await
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

async fn fetch(
    transport: &Transport,
    client_id: &str,
    client_secret: &SecretString,
    audience: &str,
) -> Result<(String, Duration), ManagementError> {
    let body = serde_json::json!({
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret.expose_secret(),
        "audience": audience,
    });
    let request = Request::builder()
        .method(Method::POST)
        .uri("/oauth/token")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body.to_string()))
        .map_err(|error| ManagementError::Unreachable(error.to_string()))?;
    let response = transport.clone().oneshot(request).await?;
    let unusable = || {
        ManagementError::Unreachable(format!(
            "the token endpoint answered {} to the gateway's client (management.client_id)",
            response.status().as_u16()
        ))
    };
    if !response.status().is_success() {
        return Err(unusable());
    }
    let answer: TokenAnswer = serde_json::from_slice(response.body()).map_err(|_| unusable())?;
    Ok((answer.access_token, Duration::from_secs(answer.expires_in)))
}
