//! A preview: an organization's page with branding that is not saved yet, for a frame of the dashboard.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use url::form_urlencoded::Serializer;

use super::entrance::{self, Entrance};
use super::error::LoginError;
use super::{Login, Visit, authorize};
use crate::model::application::DASHBOARD;
use crate::model::trial::Preview;
use crate::model::{Application, Timestamp, sha256};
use crate::oidc::authorization::Authorization;
use crate::store::Kind;
use crate::web::page::let_ourselves_frame;

/// `GET /login/preview/{secret}`.
pub(super) async fn page(State(login): State<Arc<Login>>, Path(secret): Path<String>, visit: Visit) -> Response {
    draw(&login, &visit, &secret).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

async fn draw(login: &Login, visit: &Visit, secret: &str) -> Result<Response, LoginError> {
    let found = login.logins.find::<Preview>(Kind::Preview, secret, Timestamp::now()).await?;
    let preview = found.ok_or(LoginError::NoSuchTrip)?;
    let (application, authorization) = request(login, &preview).await?;
    let entrance = Entrance {
        authorization,
        application,
        organization: Some(Arc::new(preview.organization.shown())),
        chooses_afterwards: false,
        invitation: None,
    };
    let mut response = authorize::show(login, &login.client, visit.text(), &entrance, None).await?;
    let_ourselves_frame(response.headers_mut());
    Ok(response)
}

/// A login as the application would begin it; where that cannot be, one to the dashboard.
async fn request(login: &Login, preview: &Preview) -> Result<(Arc<Application>, Authorization), LoginError> {
    let of = |client_id: &str, callback: &str| {
        let challenge = sha256(client_id);
        Serializer::new(String::new())
            .extend_pairs([("client_id", client_id), ("redirect_uri", callback), ("response_type", "code")])
            .extend_pairs([("scope", "openid"), ("organization", preview.organization.id.as_str())])
            .extend_pairs([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")])
            .finish()
    };
    if let Some((client_id, callback)) = &preview.application
        && let Ok(found) = entrance::check(&login.client, None, &of(client_id, callback)).await
    {
        return Ok(found);
    }
    let callback = login.settings.server.public_url.join("dashboard/callback").map(String::from).unwrap_or_default();
    entrance::check(&login.client, None, &of(DASHBOARD, &callback)).await
}
