//! The caller: who presents a token to the Management API, and what it may do.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use serde_json::json;

use crate::model::ApiError;
use crate::store::Event;

/// The holder of a valid token, put into the request by the layer in `auth.rs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's `sub`: `CLIENT@clients`, or a user.
    pub subject: String,
    /// The client the token was issued to (`azp`).
    pub client_id: String,
    pub scopes: Vec<String>,
    /// Method and path below `/api/v2`, for the audit: `POST /organizations`.
    pub request: String,
}

/// The scope that only gateways hold (design §5.3): no API call and no `vestibule token` grants it.
pub const GATEWAY_SCOPE: &str = "create:logins";

/// The client of the gateway in this process.
pub const OWN_GATEWAY: &str = "vestibule-gateway";

impl Caller {
    /// Passes when the token has at least one of the scopes.
    ///
    /// # Errors
    /// 403 `insufficient_scope`, naming them (contract §1.15).
    pub fn require(&self, any_of: &[&str]) -> Result<(), ApiError> {
        match any_of.iter().any(|scope| self.may(scope)) {
            true => Ok(()),
            false => Err(ApiError::insufficient_scope(any_of)),
        }
    }

    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }

    /// The audit event of a write by this caller.
    pub fn event(&self, description: impl Into<String>) -> Event {
        let mut event = Event::by(&self.client_id, description);
        if let Some((method, path)) = self.request.split_once(' ') {
            let mut request = json!({ "method": method, "path": format!("/api/v2{path}") });
            if let Some(user_id) = self.person() {
                request["auth"] = json!({ "user": { "user_id": user_id } });
            }
            event.details = Some(json!({ "request": request }));
        }
        event
    }

    /// The user id of an administrator; of a client there is none.
    fn person(&self) -> Option<&str> {
        Some(self.subject.as_str()).filter(|subject| !subject.ends_with("@clients"))
    }

    pub fn is_gateway(&self) -> bool {
        self.may(GATEWAY_SCOPE)
    }
}

impl aide::OperationInput for Caller {}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = super::answer::Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // Closed by default: a route outside the layer has no caller.
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| ApiError::unauthorized("Missing authentication").into())
    }
}
