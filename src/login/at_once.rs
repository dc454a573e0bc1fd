//! The page at once: what is drawn from fresh answers alone waits for nothing, so it needs neither router nor task.

use axum::response::Response;
use futures_util::FutureExt;

use super::entrance::{self, Found};
use super::{Login, authorize, hosts};
use crate::oidc::authorization::Prompt;
use crate::oidc::authorize_request::AuthorizeRequest;
use crate::web::at_once::Asked;
use crate::web::cookies::Purpose;
use crate::web::text;

impl Login {
    /// The answer of `GET /authorize` to somebody without a session, by the steps of every such request (`authorize`),
    /// each taken without waiting. `None`: something is to be asked, decided or refused, and nothing was done yet but to
    /// count what was found.
    pub fn page_at_once(&self, asked: &Asked<'_>) -> Option<Response> {
        if self.cookies.read(asked.headers, Purpose::Session).is_some()
            || hosts::organization_of(self, asked.headers, asked.uri).is_some()
        {
            return None;
        }
        let request = AuthorizeRequest::parse(asked.query).ok()?;
        // What these lead to begins calls and trips, which nobody may leave after the first step.
        if ["connection", "invitation"].iter().any(|name| request.get(name).is_some()) {
            return None;
        }
        let (client, address) = (&self.at_once, Some(asked.address));
        let (application, authorization) = entrance::check_request(client, address, request).now_or_never()?.ok()?;
        if authorization.wants(Prompt::None) {
            return None;
        }
        let text = text::of_reader(authorization.request().get("ui_locales"), asked.headers);
        let found = entrance::lead(self, client, address, application, authorization).now_or_never()?.ok()?;
        let Found::Entrance(entrance) = found else { return None };
        authorize::show(self, client, text, &entrance, None).now_or_never()?.ok()
    }
}
