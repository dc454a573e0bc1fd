//! What a login says when it cannot go on: to the person a page, to the application a redirect.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::draw::organization_view;
use super::entrance::Entrance;
use super::organization::not_for_application;
use super::{Login, Visit};
use crate::error::Fault;
use crate::management_client::ManagementError;
use crate::model::login::refusal;
use crate::model::{ApiError, Connection};
use crate::oidc::error::{OAuthError, code};
use crate::oidc::relying_party::RelyingPartyError;
use crate::store::StoreError;
use crate::web::message::MessagePage;
use crate::web::redirect;

/// Why a login stops.
pub(crate) enum LoginError {
    /// The application hears of it, or a page where its redirect URI is not trusted yet.
    OAuth(OAuthError),
    /// The callback names no trip of this browser: used, too old, another browser's, or made up.
    NoSuchTrip,
    /// The identity provider did not do its part.
    TripFailed(Box<TripFailure>),
    /// The source said no, and it is the person who must hear it.
    Refused(ApiError),
    CrossSite,
    BrokenForm,
    /// The network address used up its budget.
    TooMany {
        seconds: u64,
    },
    /// The Management API does not answer.
    Unavailable(String),
    /// A page about an address, such as an organization's without an application.
    Page {
        status: StatusCode,
        title: &'static str,
        message: &'static str,
        /// For the administrator.
        detail: Option<&'static str>,
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
    pub(super) fn trip_failed(entrance: &Entrance, connection: &Connection, error: RelyingPartyError) -> Self {
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
            Some(refusal::USER_BLOCKED) => "user is blocked".to_owned(),
            _ => return Self::Refused(refusal),
        };
        entrance.refuse(code::ACCESS_DENIED, description)
    }

    /// The answer; what is unexpected is logged here, once.
    pub(super) fn answer(self, login: &Login, visit: &Visit) -> Response {
        let notice = match self {
            Self::OAuth(error) => match error.redirect_url(&login.settings.issuer()) {
                Some(url) => return redirect::see_other(&url),
                None => Notice {
                    detail: Some(error.description().to_owned()),
                    ..Notice::new(StatusCode::BAD_REQUEST, "This sign-in link does not work", DISPLAYED)
                },
            },
            Self::NoSuchTrip => Notice::new(StatusCode::BAD_REQUEST, "This sign-in has ended", NO_SUCH_TRIP),
            Self::TripFailed(failure) => trip_notice(*failure),
            Self::Refused(refusal) => {
                tracing::warn!(%refusal, request_id = visit.request_id, "a login was refused");
                Notice::new(StatusCode::FORBIDDEN, "You cannot sign in with this account", REFUSED)
            }
            Self::CrossSite => Notice::new(StatusCode::FORBIDDEN, "The form came from another page", CROSS_SITE),
            Self::BrokenForm => Notice::new(StatusCode::BAD_REQUEST, "The form could not be read", BROKEN_FORM),
            Self::TooMany { seconds } => {
                let notice = Notice::new(StatusCode::TOO_MANY_REQUESTS, "Please wait a moment", TOO_MANY);
                Notice { retry_after: Some(seconds), ..notice }
            }
            Self::Unavailable(why) => {
                tracing::error!(why, request_id = visit.request_id, "the Management API does not answer");
                let notice = Notice::new(StatusCode::SERVICE_UNAVAILABLE, "Sign-in is unavailable", UNAVAILABLE);
                Notice { retry_after: Some(10), ..notice }
            }
            Self::Page { status, title, message, detail } => {
                Notice { detail: detail.map(str::to_owned), ..Notice::new(status, title, message) }
            }
            Self::Fault(fault) => {
                tracing::error!(%fault, request_id = visit.request_id, "a login failed");
                Notice::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side", FAULT)
            }
        };
        notice.into_response(visit)
    }
}

const DISPLAYED: &str = "Go back to the application that sent you here and try again. If that does not help, tell the \
                         people who run it what is written below.";
const NO_SUCH_TRIP: &str = "It took too long, was already used, or began in another browser. Go back to the \
                            application and sign in again.";
const REFUSED: &str = "Go back to the application and choose another way to sign in, or ask your administrator.";
const CROSS_SITE: &str = "For your safety a password is only accepted from our own page. Go back, reload the page \
                          and try again.";
const BROKEN_FORM: &str = "Go back, reload the page and try again.";
const TOO_MANY: &str = "There were many tries from your network. Wait a minute, then try again.";
const UNAVAILABLE: &str = "We cannot look up your organization right now. Nothing is wrong with your account: please \
                           try again in a moment.";
const FAULT: &str = "Please try again. If it happens again, tell your administrator the number below.";

/// A message to the person.
struct Notice {
    status: StatusCode,
    title: &'static str,
    message: String,
    detail: Option<String>,
    actions: Vec<(String, String)>,
    entrance: Option<Entrance>,
    retry_after: Option<u64>,
}

impl Notice {
    fn new(status: StatusCode, title: &'static str, message: &str) -> Self {
        let message = message.to_owned();
        Self { status, title, message, detail: None, actions: Vec::new(), entrance: None, retry_after: None }
    }

    fn into_response(self, visit: &Visit) -> Response {
        let organization = self.entrance.as_ref().and_then(|entrance| entrance.organization.as_deref());
        let page = MessagePage {
            title: self.title.to_owned(),
            message: self.message,
            detail: self.detail,
            actions: self.actions,
            request_id: visit.request_id.clone(),
            organization: organization.map(organization_view),
        };
        let mut response = page.into_page(self.status).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Says what happened at the identity provider, and offers the organization's options again.
fn trip_notice(failure: TripFailure) -> Notice {
    let TripFailure { entrance, connection, error } = failure;
    tracing::warn!(connection, %error, "a trip to an identity provider failed");
    let (status, title, message) = match error {
        RelyingPartyError::Misconfigured(_) => (
            StatusCode::BAD_GATEWAY,
            "This way to sign in is not set up correctly",
            format!("{connection} is not set up correctly. Use another way to sign in, or tell your administrator."),
        ),
        RelyingPartyError::Unreachable(_) => (
            StatusCode::BAD_GATEWAY,
            "This way to sign in does not answer",
            format!("{connection} does not answer right now. Try again, or use another way to sign in."),
        ),
        RelyingPartyError::Refused { .. } => (
            StatusCode::FORBIDDEN,
            "The sign-in was not completed",
            format!("{connection} did not complete the sign-in. Try again, or use another way to sign in."),
        ),
        RelyingPartyError::Rejected(_) => (
            StatusCode::BAD_GATEWAY,
            "The sign-in could not be verified",
            format!(
                "What {connection} answered could not be verified, so nobody was signed in. Try again, or tell \
                     your administrator."
            ),
        ),
    };
    let others = format!("/authorize?{}", entrance.authorization.request.without("connection").to_query());
    let actions = vec![("See the ways to sign in".to_owned(), others)];
    Notice { actions, entrance: Some(entrance), message, ..Notice::new(status, title, "") }
}
