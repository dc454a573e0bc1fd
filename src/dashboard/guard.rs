//! Which forms are taken: those that a page of this very session sent. What somebody typed whose session has ended is
//! kept for them until they are signed in again.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;

use super::error::DashboardError;
use super::session::Signed;
use super::sign_in::address;
use super::{Answer, Dashboard, Visit, parameter};
use crate::model::{Timestamp, new_secret, sha256};
use crate::store::{Kind, StoreError};
use crate::web::cookies::Purpose;
use crate::web::form::{self, Form, NotTaken};
use crate::web::redirect;

/// How long a draft waits for its sender.
const DRAFT_SECONDS: i64 = 1800;
/// Bytes of a draft at most; a larger form is not kept.
const LARGEST_DRAFT: usize = 16 * 1024;

/// Lets through a form of our own pages that needs no session.
pub(super) async fn of_anyone(
    State(dashboard): State<Arc<Dashboard>>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Answer {
    if request.method() != Method::POST {
        // There is nothing here for it: 405.
        return Ok(next.run(request).await);
    }
    let (request, _) = read(&dashboard, &visit, request).await?;
    Ok(next.run(request).await)
}

/// Lets through a form of a page of the session that it comes with.
pub(super) async fn of_administrators(
    State(dashboard): State<Arc<Dashboard>>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Answer {
    if request.method() != Method::POST {
        return Ok(next.run(request).await);
    }
    let (mut request, form) = read(&dashboard, &visit, request).await?;
    let now = Timestamp::now();
    let Some((secret, session)) = dashboard.find_session(&visit, now).await? else {
        return keep_draft(&dashboard, &visit, &form, now).await;
    };
    let signed = Signed::new(&dashboard, &visit, &secret, session);
    if form.get("csrf") != signed.csrf {
        return Err(DashboardError::BrokenForm);
    }
    request.extensions_mut().insert(signed);
    Ok(next.run(request).await)
}

/// The form, which handlers find in the request's extensions.
async fn read(dashboard: &Dashboard, visit: &Visit, request: Request) -> Result<(Request, Form), DashboardError> {
    let public_url = &dashboard.settings.server.public_url;
    form::check(&visit.headers, public_url, visit.address, &dashboard.forms).map_err(|why| match why {
        NotTaken::Wait(seconds) => DashboardError::Wait(seconds),
        NotTaken::CrossSite | NotTaken::NoForm => DashboardError::BrokenForm,
    })?;
    let (mut parts, body) = request.into_parts();
    // The limit of all forms is around this.
    let body = to_bytes(body, usize::MAX).await.map_err(|_| DashboardError::BrokenForm)?;
    let form = Form::parse(&body).ok_or(DashboardError::BrokenForm)?;
    parts.extensions.insert(form.clone());
    Ok((Request::from_parts(parts, axum::body::Body::empty()), form))
}

/// Keeps what was typed and has the person sign in; then the page shows it again, and nothing was done yet.
async fn keep_draft(dashboard: &Dashboard, visit: &Visit, form: &Form, now: Timestamp) -> Answer {
    let path = visit.place.split('?').next().unwrap_or_default();
    // That has no page of its own.
    let path = path.strip_suffix("/check").or(path.strip_suffix("/try")).unwrap_or(path);
    if form.bytes() > LARGEST_DRAFT || dashboard.drafts.check(visit.address).is_err() {
        return Ok(redirect::see_other(&address(path)));
    }
    let browser = dashboard.cookies.read(&visit.headers, Purpose::Browser).unwrap_or_else(new_secret);
    let secret = new_secret();
    let (key, owner) = (format!("{secret}.{browser}"), sha256(&browser));
    // One for each browser.
    dashboard.logins.drop_owner(Kind::DashboardDraft, &owner).await?;
    dashboard.logins.put(Kind::DashboardDraft, &key, &owner, form, now.plus_seconds(DRAFT_SECONDS)).await?;
    let mut response = redirect::see_other(&address(&format!("{path}?draft={secret}")));
    let cookie = dashboard.cookies.set(Purpose::Browser, &browser, Some(DRAFT_SECONDS));
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The draft that the address of a page names.
pub(super) async fn draft(dashboard: &Dashboard, visit: &Visit, now: Timestamp) -> Result<Option<Form>, StoreError> {
    let browser = dashboard.cookies.read(&visit.headers, Purpose::Browser);
    let (Some(secret), Some(browser)) = (parameter(&visit.place, "draft"), browser) else { return Ok(None) };
    dashboard.logins.find(Kind::DashboardDraft, &format!("{secret}.{browser}"), now).await
}
