//! What an administrator is told when there is no page: what happened, and what to do.

use std::sync::Arc;

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Visit;
use crate::error::Fault;
use crate::management_client::{AdministrationError, ManagementError};
use crate::model::ApiError;
use crate::store::StoreError;
use crate::web::page::Page;
use crate::web::redirect;
use crate::web::text::{Reader, Text};

/// Why a request of the dashboard got no page of its own.
#[derive(Debug)]
pub(super) enum DashboardError {
    /// Nobody is signed in, or not any more; afterwards the browser comes back here, or to the page it asked for.
    SignedOut {
        place: Option<&'static str>,
    },
    /// What the page is for needs somebody who signed in lately.
    SignInAnew {
        path: String,
    },
    /// The person is no administrator, or not one for this.
    Forbidden(String),
    NotFound,
    /// A form of another site, or none of ours.
    BrokenForm,
    /// Seconds.
    Wait(u64),
    /// What was refused and no field can say.
    Refused(ApiError),
    Unavailable(String),
    Fault(Fault),
}

impl From<AdministrationError> for DashboardError {
    fn from(error: AdministrationError) -> Self {
        match error {
            AdministrationError::SignedOut => Self::SignedOut { place: None },
            AdministrationError::Forbidden(error) => Self::Forbidden(match error.error_code.as_deref() {
                Some("insufficient_scope") => "Your role lets you look, and change nothing.".to_owned(),
                _ => error.message,
            }),
            AdministrationError::Changed => {
                let message = "Somebody else changed it meanwhile. Nothing was changed by you; look at it again.";
                Self::Refused(ApiError::new(409, None, message))
            }
            AdministrationError::Wait(seconds) => Self::Wait(seconds),
            AdministrationError::Refused(error) if error.status_code == 404 => Self::NotFound,
            AdministrationError::Refused(error) => Self::Refused(error),
            AdministrationError::Unreachable(why) => Self::Unavailable(why),
        }
    }
}

impl From<ManagementError> for DashboardError {
    fn from(error: ManagementError) -> Self {
        match error {
            ManagementError::TooManyUnknown { seconds } => Self::Wait(seconds),
            ManagementError::Refused(error) => Self::Refused(error),
            ManagementError::Unreachable(why) => Self::Unavailable(why.to_string()),
        }
    }
}

impl From<StoreError> for DashboardError {
    fn from(error: StoreError) -> Self {
        Self::Fault(Fault::new("keeping a session of the dashboard", error))
    }
}

#[derive(Template)]
#[template(path = "dashboard/message.html", whitespace = "minimize")]
pub(super) struct MessagePage {
    pub(super) text: Text,
    pub(super) title: &'static str,
    pub(super) message: String,
    /// Label and address.
    pub(super) action: (&'static str, String),
    /// Empty where nothing went wrong.
    pub(super) request_id: String,
}

/// Drawn by [`speak`], which knows who asks.
impl IntoResponse for DashboardError {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The layer around all pages that says what is wrong.
pub(super) async fn speak(visit: Visit, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Arc<DashboardError>>() {
        Some(error) => error.answer(&visit),
        None => response,
    }
}

impl DashboardError {
    fn answer(&self, visit: &Visit) -> Response {
        let home = || ("Back to the dashboard", "/dashboard".to_owned());
        let (status, title, message, action) = match self {
            Self::SignedOut { place } => {
                return redirect::see_other(&super::sign_in::address(place.unwrap_or(&visit.place)));
            }
            Self::SignInAnew { path } => return redirect::see_other(&super::sign_in::address_anew(path)),
            Self::Forbidden(message) => (StatusCode::FORBIDDEN, "You may not do this", message.clone(), home()),
            Self::NotFound => {
                let message = "It was deleted, or never was. Nothing was changed.".to_owned();
                (StatusCode::NOT_FOUND, "There is no such thing", message, home())
            }
            Self::BrokenForm => {
                let message = "The form did not come from this dashboard as it was sent to you. Nothing was changed; \
                               open the page again and repeat it."
                    .to_owned();
                (StatusCode::FORBIDDEN, "This form cannot be taken", message, home())
            }
            Self::Wait(seconds) => {
                let message = format!("Too much was asked for at once. Please try again in {seconds} s.");
                let mut page = page(&visit.reader, "Please wait", message, home(), StatusCode::TOO_MANY_REQUESTS);
                page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
                return page;
            }
            Self::Refused(error) => {
                let status = StatusCode::from_u16(error.status_code).unwrap_or(StatusCode::BAD_REQUEST);
                (status, "This was refused", error.message.clone(), home())
            }
            Self::Unavailable(why) => {
                tracing::warn!(why, "the dashboard got no answer of the Management API");
                let message = "The Management API does not answer. Please try again soon.".to_owned();
                (StatusCode::SERVICE_UNAVAILABLE, "Not available just now", message, home())
            }
            Self::Fault(fault) => {
                tracing::error!(%fault, request_id = visit.reader.request_id, "the dashboard failed");
                let message = "Something went wrong on our side. The log says more under the id below.".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", message, home())
            }
        };
        page(&visit.reader, title, message, action, status)
    }
}

pub(super) fn page(
    reader: &Reader,
    title: &'static str,
    message: String,
    action: (&'static str, String),
    status: StatusCode,
) -> Response {
    let request_id = if status.is_success() { String::new() } else { reader.request_id.clone() };
    Page::new(MessagePage { text: reader.text, title, message, action, request_id }).status(status).into_response()
}
