//! What a login says when it cannot go on: to the person a page, to the application a redirect.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::entrance::Entrance;
use super::invitation::Trouble;
use super::organization::not_for_application;
use super::{Login, Visit};
use crate::error::Fault;
use crate::management_client::{ManagementError, Unreachable};
use crate::model::login::refusal;
use crate::model::{ApiError, ShownConnection};
use crate::oidc::error::{OAuthError, code};
use crate::oidc::relying_party::RelyingPartyError;
use crate::store::StoreError;
use crate::web::message::MessagePage;
use crate::web::redirect;
use crate::web::text::text_key;

/// Why a login stops.
pub(crate) enum LoginError {
    /// The application hears of it, or a page where its redirect URI is not trusted yet.
    OAuth(OAuthError),
    /// The callback names no trip of this browser: used, too old, another browser's, or made up.
    NoSuchTrip,
    /// The identity provider did not do its part.
    TripFailed(Box<TripFailure>),
    /// The invitation cannot be accepted, or not so.
    Invitation(Box<Trouble>),
    /// The source said no, and it is the person who must hear it.
    Refused(ApiError),
    CrossSite,
    BrokenForm,
    /// The network address used up its budget.
    TooMany {
        seconds: u64,
    },
    /// The Management API does not answer.
    Unavailable(Unreachable),
    /// A page about an address, such as an organization's without an application.
    Page {
        status: StatusCode,
        /// The message with its parts (`web/text.rs`).
        key: &'static str,
    },
    Fault(Fault),
}

/// An identity provider that failed, and the way to the other options.
pub(crate) struct TripFailure {
    entrance: Entrance,
    connection: String,
    error: RelyingPartyError,
}

impl From<OAuthError> for LoginError {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        Self::Fault(Fault::new("keeping a login", error))
    }
}

impl From<ManagementError> for LoginError {
    fn from(error: ManagementError) -> Self {
        match error {
            ManagementError::Unreachable(why) => Self::Unavailable(why),
            ManagementError::TooManyUnknown { seconds } => Self::TooMany { seconds },
            ManagementError::Refused(refusal) => Self::Fault(Fault::new("asking the Management API", refusal)),
        }
    }
}

impl LoginError {
    pub(super) fn trip_failed(entrance: &Entrance, connection: &ShownConnection, error: RelyingPartyError) -> Self {
        let connection = connection.title().to_owned();
        Self::TripFailed(Box::new(TripFailure { entrance: entrance.clone(), connection, error }))
    }

    /// A refused login: the application hears of what concerns it (contract §2.6), the person of the rest.
    pub(super) fn refused(entrance: &Entrance, error: ManagementError) -> Self {
        let ManagementError::Refused(refusal) = error else { return error.into() };
        let description = match refusal.error_code.as_deref() {
            Some(refusal::NOT_A_MEMBER) => refusal.message.clone(),
            Some(refusal::CONNECTION_NOT_ENABLED) => return entrance.not_enabled(),
            Some(refusal::APPLICATION_NOT_ALLOWED) => return not_for_application(&entrance.authorization),
            Some(refusal::INVITATION_ENDED) => return Trouble::ended(entrance),
            Some(refusal::INVITATION_FOR_ANOTHER) => return Trouble::for_another(entrance),
            Some(refusal::USER_BLOCKED) => "user is blocked".to_owned(),
            _ => return Self::Refused(refusal),
        };
        entrance.refuse(code::ACCESS_DENIED, description)
    }

    /// The answer; what is unexpected is logged here, once.
    pub(super) fn answer(self, login: &Login, visit: &Visit) -> Response {
        let request_id = &visit.reader.request_id;
        let notice = |status, key| Notice::new(visit, status, key);
        let notice = match self {
            Self::OAuth(error) => match error.redirect_url(&login.settings.issuer()) {
                Some(url) => return redirect::see_other(&url),
                None => {
                    let detail = Some(error.description().to_owned());
                    notice(StatusCode::BAD_REQUEST, text_key("link-broken")).with_detail(detail)
                }
            },
            Self::NoSuchTrip => notice(StatusCode::BAD_REQUEST, text_key("sign-in-ended")),
            Self::TripFailed(failure) => trip_notice(visit, *failure),
            Self::Invitation(trouble) => return trouble.answer(visit),
            Self::Refused(refusal) => {
                tracing::warn!(%refusal, request_id, "a login was refused");
                notice(StatusCode::FORBIDDEN, text_key("account-refused"))
            }
            Self::CrossSite => notice(StatusCode::FORBIDDEN, text_key("cross-site")),
            Self::BrokenForm => notice(StatusCode::BAD_REQUEST, text_key("broken-form")),
            Self::TooMany { seconds } => {
                notice(StatusCode::TOO_MANY_REQUESTS, text_key("too-many")).retry_after(seconds)
            }
            Self::Unavailable(why) => {
                if why.is_failure() {
                    tracing::error!(%why, request_id, "the Management API does not answer");
                }
                notice(StatusCode::SERVICE_UNAVAILABLE, text_key("unavailable")).retry_after(why.seconds())
            }
            Self::Page { status, key } => notice(status, key),
            Self::Fault(fault) => {
                tracing::error!(%fault, request_id, "a login failed");
                notice(StatusCode::INTERNAL_SERVER_ERROR, text_key("our-fault"))
            }
        };
        notice.into_response()
    }
}

/// A message to the person.
struct Notice {
    status: StatusCode,
    page: MessagePage,
    retry_after: Option<u64>,
}

impl Notice {
    fn new(visit: &Visit, status: StatusCode, key: &'static str) -> Self {
        Self { status, page: MessagePage::new(&visit.reader, key), retry_after: None }
    }

    fn with_detail(mut self, detail: Option<String>) -> Self {
        self.page.detail = detail;
        self
    }

    fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    fn into_response(self) -> Response {
        let mut response = self.page.into_page(self.status).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Says what happened at the identity provider, and offers the organization's options again.
fn trip_notice(visit: &Visit, failure: TripFailure) -> Notice {
    let TripFailure { entrance, connection, error } = failure;
    tracing::warn!(connection, %error, "a trip to an identity provider failed");
    let (status, key) = match error {
        RelyingPartyError::Misconfigured(_) => (StatusCode::BAD_GATEWAY, text_key("connection-misconfigured")),
        RelyingPartyError::Unreachable(_) => (StatusCode::BAD_GATEWAY, text_key("connection-unreachable")),
        RelyingPartyError::Refused { .. } => (StatusCode::FORBIDDEN, text_key("connection-refused")),
        RelyingPartyError::Rejected(_) => (StatusCode::BAD_GATEWAY, text_key("connection-rejected")),
    };
    let text = visit.text();
    let others = entrance.authorization.request().without("connection").url();
    let mut notice = Notice::new(visit, status, key);
    notice.page.message = text.with(&format!("{key}.text"), &[("connection", &connection)]);
    notice.page.actions = vec![(text.get("see-options").to_owned(), others)];
    notice.page.organization = entrance.organization.clone();
    notice
}
