//! Ending a session (RP-Initiated Logout 1.0, and Auth0's `/v2/logout`): registered targets only.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Provider;
use crate::error::Fault;
use crate::management_client::{ManagementError, Unreachable};
use crate::model::Timestamp;
use crate::model::grant::Session;
use crate::oidc::claims::IdTokenClaims;
use crate::store::Kind;
use crate::web::client_address::ClientAddress;
use crate::web::cookies::Purpose;
use crate::web::message::MessagePage;
use crate::web::page::Page;
use crate::web::redirect;
use crate::web::same_origin::is_same_origin;
use crate::web::text::{Reader, Text, text_key};

/// The question before a session ends that no valid hint asked to end: a foreign page may have asked (T43).
#[derive(Template)]
#[template(path = "provider/logout.html", whitespace = "minimize")]
struct LogoutPage {
    text: Text,
    action: &'static str,
    hidden: Vec<(String, String)>,
    signed_in_as: Option<String>,
}

/// Where the person goes after signing out, and who asked.
struct LogoutRequest {
    asker: IpAddr,
    hint: Option<IdTokenClaims>,
    client_id: Option<String>,
    target: Option<String>,
    state: Option<String>,
}

enum LogoutError {
    UnregisteredTarget,
    /// A parameter came twice.
    Unreadable,
    CrossSite,
    /// The network address named too many clients that do not exist.
    TooMany {
        seconds: u64,
    },
    Unavailable(Unreachable),
    Fault(Fault),
}

impl From<crate::store::StoreError> for LogoutError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Fault(Fault::new("ending a session", error))
    }
}

/// `GET /oidc/logout`.
pub(super) async fn oidc(
    State(provider): State<Arc<Provider>>,
    reader: Reader,
    ClientAddress(asker): ClientAddress,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let request = provider.read_logout(asker, query.unwrap_or_default().as_bytes(), "post_logout_redirect_uri");
    provider.leave(&reader, &headers, request).await.unwrap_or_else(|error| error.answer(&reader))
}

/// `POST /oidc/logout`: comes without our cookies from another site, so it comes again as a GET (design §5.10).
pub(super) async fn oidc_form(State(provider): State<Arc<Provider>>, body: Bytes) -> Response {
    redirect::form_as_query("/oidc/logout", &body, provider.settings.longest_query())
}

/// `GET /v2/logout?client_id&returnTo` (contract §2.3).
pub(super) async fn v2(
    State(provider): State<Arc<Provider>>,
    reader: Reader,
    ClientAddress(asker): ClientAddress,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let request = provider.read_logout(asker, query.unwrap_or_default().as_bytes(), "returnTo");
    provider.leave(&reader, &headers, request).await.unwrap_or_else(|error| error.answer(&reader))
}

/// `POST /login/logout`: the person said yes on our own page.
pub(super) async fn confirmed(
    State(provider): State<Arc<Provider>>,
    reader: Reader,
    ClientAddress(asker): ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_same_origin(&headers, &provider.settings.server.public_url) {
        return LogoutError::CrossSite.answer(&reader);
    }
    let request = provider.read_logout(asker, &body, "post_logout_redirect_uri");
    provider.leave_as_confirmed(&reader, &headers, request).await.unwrap_or_else(|error| error.answer(&reader))
}

impl Provider {
    fn read_logout(&self, asker: IpAddr, parameters: &[u8], target_name: &str) -> Result<LogoutRequest, LogoutError> {
        let get = |name: &str| {
            let mut found =
                url::form_urlencoded::parse(parameters).filter(|(key, value)| key == name && !value.is_empty());
            let first = found.next().map(|(_, value)| value.into_owned());
            // Which of two was meant, nobody knows.
            if found.next().is_some() { Err(LogoutError::Unreadable) } else { Ok(first) }
        };
        let (hint, client_id) = (get("id_token_hint")?, get("client_id")?);
        let hint =
            hint.and_then(|token| self.keys.verifier().read_hint(&token, &self.settings.issuer(), Timestamp::now()));
        // An ID token that was given to another application proves nothing for this one (RP-Initiated Logout §2).
        let hint = hint.filter(|hint| client_id.as_ref().is_none_or(|named| *named == hint.aud));
        let client_id = hint.as_ref().map(|hint| hint.aud.clone()).or(client_id);
        Ok(LogoutRequest { asker, hint, client_id, target: get(target_name)?, state: get("state")? })
    }

    async fn leave(
        &self,
        reader: &Reader,
        headers: &HeaderMap,
        request: Result<LogoutRequest, LogoutError>,
    ) -> Result<Response, LogoutError> {
        let request = request?;
        let target = self.check_target(&request).await?;
        let Some(session) = self.session(headers).await? else {
            return self.end_session(reader, headers, target).await;
        };
        let proven = request.hint.as_ref().is_some_and(|hint| hint.sid.as_ref() == Some(&session.sid));
        if proven {
            return self.end_session(reader, headers, target).await;
        }
        let hidden =
            [("client_id", request.client_id), ("post_logout_redirect_uri", request.target), ("state", request.state)];
        let hidden = hidden.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let (text, signed_in_as) = (reader.text, Some(session.label));
        let page = LogoutPage { text, action: "/login/logout", hidden: hidden.collect(), signed_in_as };
        Ok(Page::new(page).form_targets(target.as_deref()).into_response())
    }

    async fn leave_as_confirmed(
        &self,
        reader: &Reader,
        headers: &HeaderMap,
        request: Result<LogoutRequest, LogoutError>,
    ) -> Result<Response, LogoutError> {
        let target = self.check_target(&request?).await?;
        self.end_session(reader, headers, target).await
    }

    /// The registered target with `state`; without a target the person stays on our page.
    async fn check_target(&self, request: &LogoutRequest) -> Result<Option<String>, LogoutError> {
        let Some(target) = &request.target else { return Ok(None) };
        let client_id = request.client_id.as_ref().ok_or(LogoutError::UnregisteredTarget)?;
        let application = self.client.application_for(request.asker, client_id).await.map_err(|error| match error {
            ManagementError::Unreachable(why) => LogoutError::Unavailable(why),
            ManagementError::TooManyUnknown { seconds } => LogoutError::TooMany { seconds },
            ManagementError::Refused(refusal) => LogoutError::Fault(Fault::new("finding an application", refusal)),
        })?;
        let application = application.ok_or(LogoutError::UnregisteredTarget)?;
        if !application.allowed_logout_urls.contains(target) {
            return Err(LogoutError::UnregisteredTarget);
        }
        let Some(state) = &request.state else { return Ok(Some(target.clone())) };
        let mut url = url::Url::parse(target).map_err(|_| LogoutError::UnregisteredTarget)?;
        url.query_pairs_mut().append_pair("state", state);
        Ok(Some(url.into()))
    }

    async fn session(&self, headers: &HeaderMap) -> Result<Option<Session>, LogoutError> {
        match self.cookies.read(headers, Purpose::Session) {
            Some(secret) => Ok(self.logins.find(Kind::Session, &secret, Timestamp::now()).await?),
            None => Ok(None),
        }
    }

    async fn end_session(
        &self,
        reader: &Reader,
        headers: &HeaderMap,
        target: Option<String>,
    ) -> Result<Response, LogoutError> {
        if let Some(secret) = self.cookies.read(headers, Purpose::Session) {
            if let Some(session) = self.session(headers).await? {
                // Codes that this session got and nobody has changed for tokens yet.
                self.logins.drop_owner(Kind::Code, &session.sid).await?;
            }
            self.logins.delete(Kind::Session, &secret).await?;
        }
        let mut response = match target {
            Some(target) => redirect::see_other(&target),
            None => {
                let page = MessagePage::new(reader, text_key("signed-out"));
                MessagePage { request_id: String::new(), ..page }.into_page(StatusCode::OK).into_response()
            }
        };
        response.headers_mut().append(header::SET_COOKIE, self.cookies.clear(Purpose::Session));
        Ok(response)
    }
}

impl LogoutError {
    fn answer(self, reader: &Reader) -> Response {
        let request_id = &reader.request_id;
        let (status, key) = match &self {
            Self::UnregisteredTarget => (StatusCode::BAD_REQUEST, text_key("sign-out-unregistered")),
            Self::Unreadable => (StatusCode::BAD_REQUEST, text_key("sign-out-unreadable")),
            Self::CrossSite => (StatusCode::FORBIDDEN, text_key("cross-site")),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, text_key("too-many")),
            Self::Unavailable(why) => {
                if why.is_failure() {
                    tracing::error!(%why, request_id, "the Management API does not answer");
                }
                (StatusCode::SERVICE_UNAVAILABLE, text_key("sign-out-unavailable"))
            }
            Self::Fault(fault) => {
                tracing::error!(%fault, request_id, "a sign-out failed");
                (StatusCode::INTERNAL_SERVER_ERROR, text_key("sign-out-failed"))
            }
        };
        let mut response = MessagePage::new(reader, key).into_page(status).into_response();
        let seconds = match self {
            Self::TooMany { seconds } => Some(seconds),
            Self::Unavailable(why) => Some(why.seconds()),
            _ => None,
        };
        if let Some(seconds) = seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tenant_settings::Locale;

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "\"><script>alert(1)</script>".to_owned();
        let page = LogoutPage {
            text: Text::of(Locale::En),
            action: "/login/logout",
            hidden: vec![(hostile.clone(), hostile.clone())],
            signed_in_as: Some(hostile),
        };
        assert!(!page.render().expect("draws").contains("<script"));
    }
}
