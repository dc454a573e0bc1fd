//! The page at once: what is drawn from fresh answers alone waits for nothing, so it needs neither router nor task.

use axum::response::Response;
use futures_util::FutureExt;

use super::entrance::{self, Found};
use super::{Login, authorize, hosts};
use crate::oidc::authorization::Prompt;
use crate::web::at_once::Asked;
use crate::web::cookies::Purpose;
use crate::web::text;

impl Login {
    /// The answer of `GET /authorize` to somebody without a session, by the steps of every such request (`authorize`),
    /// each taken without waiting. `None`: something is to be asked, decided or refused, and nothing was done yet.
    pub fn page_at_once(&self, asked: &Asked<'_>) -> Option<Response> {
        if self.cookies.read(asked.headers, Purpose::Session).is_some()
            || hosts::organization_of(self, asked.headers, asked.uri).is_some()
        {
            return None;
        }
        let (client, address) = (&self.at_once, Some(asked.address));
        let (application, authorization) = entrance::check(client, address, asked.query).now_or_never()?.ok()?;
        let leads_on = authorization.connection.is_some() || authorization.request.get("invitation").is_some();
        if leads_on || authorization.wants(Prompt::None) {
            return None;
        }
        let text = text::choose(authorization.ui_locales.as_deref(), asked.accept_language(), &[]);
        let found = entrance::lead(self, client, address, application, authorization).now_or_never()?.ok()?;
        let Found::Entrance(entrance) = found else { return None };
        authorize::show(self, client, text, &entrance, None).now_or_never()?.ok()
    }
}
