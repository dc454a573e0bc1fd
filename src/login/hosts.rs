//! Other addresses of an organization, which all lead to the one origin (design §5.8).

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

use super::error::LoginError;
use super::{Login, Visit, organization};
use crate::model::organization::{is_organization_id, is_organization_name};
use crate::web::redirect;
use crate::web::text::text_key;

/// `GET /`: the default application's own beginning, since a login always begins at an application.
pub(super) async fn root(State(login): State<Arc<Login>>, visit: Visit) -> Response {
    begin(&login, &visit, None).await.unwrap_or_else(|error| error.answer(&login, &visit))
}

/// `GET /o/{name}`.
pub(super) async fn organization_root(
    State(login): State<Arc<Login>>,
    Path(name): Path<String>,
    visit: Visit,
) -> Response {
    let result = match checked(&name) {
        Ok(name) => begin(&login, &visit, Some(name)).await,
        Err(error) => Err(error),
    };
    result.unwrap_or_else(|error| error.answer(&login, &visit))
}

/// `GET /o/{name}/authorize`: the same as `/authorize` with `organization` added.
pub(super) async fn organization_authorize(
    State(login): State<Arc<Login>>,
    Path(name): Path<String>,
    visit: Visit,
) -> Response {
    let result = match checked(&name) {
        Ok(name) => authorize_with(&login, &visit, name).await,
        Err(error) => Err(error),
    };
    result.unwrap_or_else(|error| error.answer(&login, &visit))
}

/// `POST /o/{name}/authorize`: the same request as a GET.
pub(super) async fn organization_authorize_form(
    State(login): State<Arc<Login>>,
    Path(name): Path<String>,
    visit: Visit,
    body: Bytes,
) -> Response {
    match checked(&name) {
        Ok(name) => visit.again_as_query(&login, &format!("/o/{name}/authorize"), &body),
        Err(error) => error.answer(&login, &visit),
    }
}

/// Sends `/` and `/authorize` on an organization's host to the one origin; other paths do not exist there.
///
/// `Host` is matched against registered names only. A host that is none of them names nothing: the request is
/// answered as on the one origin, whose name every link and the issuer take from the settings.
pub(super) async fn lead(State(login): State<Arc<Login>>, request: Request, next: Next) -> Response {
    let Some(name) = organization_of(&login, request.headers(), request.uri()) else { return next.run(request).await };
    let path = request.uri().path().to_owned();
    if path == "/authorize" && request.method() == Method::POST {
        // It answers with a redirect to the same host, which comes by here again.
        return next.run(request).await;
    }
    let (mut parts, _) = request.into_parts();
    let Ok(visit) = Visit::from_request_parts(&mut parts, &()).await;
    let result = match path.as_str() {
        "/" => begin(&login, &visit, Some(&name)).await,
        "/authorize" => authorize_with(&login, &visit, &name).await,
        _ => Err(nowhere()),
    };
    result.unwrap_or_else(|error| error.answer(&login, &visit))
}

/// The organization whose host a request was sent to.
pub(super) fn organization_of(login: &Login, headers: &HeaderMap, uri: &Uri) -> Option<String> {
    if !login.has_hosts() {
        return None;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(without_port);
    let host = host.or_else(|| uri.host()).map(str::to_ascii_lowercase)?;
    login.organization_of_host(&host)
}

impl Login {
    /// Whether any host is an organization's.
    pub(super) fn has_hosts(&self) -> bool {
        self.settings.login.host_suffix.is_some() || !self.settings.login.hosts.is_empty()
    }

    /// The organization whose host this is: an exact registered one, or one label below the suffix. The public
    /// origin itself is nobody's, or it would lead to itself for ever.
    pub(super) fn organization_of_host(&self, host: &str) -> Option<String> {
        let settings = &self.settings.login;
        if self.settings.server.public_url.host_str() == Some(host) {
            return None;
        }
        if let Some(name) = settings.hosts.get(host) {
            return Some(name.clone());
        }
        let label = host.strip_suffix(settings.host_suffix.as_deref()?)?.strip_suffix('.')?;
        is_organization_name(label).then(|| label.to_owned())
    }

    /// What `organization` must say of this name: the name, or the id where names are not allowed. A name that
    /// nobody has stays as it is, and the front door refuses it.
    async fn handle_of(&self, asker: Option<IpAddr>, name: &str) -> Result<String, LoginError> {
        if self.settings.login.allow_organization_name_in_authentication_api {
            return Ok(name.to_owned());
        }
        let organization = organization::find(&self.client, asker, name).await?;
        Ok(organization.map_or_else(|| name.to_owned(), |organization| organization.id.to_string()))
    }

    /// A query with `organization` added; `asker` as at [`super::entrance::find`].
    ///
    /// # Errors
    /// A page when the query names another one.
    pub(super) async fn query_with(
        &self,
        asker: Option<IpAddr>,
        query: &str,
        name: &str,
    ) -> Result<String, LoginError> {
        let parameters = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        // An empty one counts as absent (RFC 6749 §3.1).
        let mut parameters: Vec<(String, String)> =
            parameters.filter(|(key, value)| key != "organization" || !value.is_empty()).collect();
        let mut is_named = false;
        for (_, asked) in parameters.iter().filter(|(key, _)| key == "organization") {
            if !self.is_named(asker, asked, name).await? {
                return Err(LoginError::Page {
                    status: StatusCode::BAD_REQUEST,
                    key: text_key("link-contradicts-itself"),
                });
            }
            is_named = true;
        }
        if !is_named {
            parameters.push(("organization".to_owned(), self.handle_of(asker, name).await?));
        }
        Ok(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish())
    }

    /// Whether `asked`, a name or an id, is the organization of this name.
    async fn is_named(&self, asker: Option<IpAddr>, asked: &str, name: &str) -> Result<bool, LoginError> {
        if asked == name || !is_organization_id(asked) {
            return Ok(asked == name);
        }
        let organization = organization::find(&self.client, asker, name).await?;
        Ok(organization.is_some_and(|organization| organization.id == asked))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// To the application's `initiate_login_uri` with `iss` and, when known, `organization` (OIDC Core §4).
async fn begin(login: &Login, visit: &Visit, organization: Option<&str>) -> Result<Response, LoginError> {
    let unset = || LoginError::Page { status: StatusCode::NOT_FOUND, key: text_key("begin-at-application") };
    let client_id = login.settings.login.default_client_id.as_deref().ok_or_else(unset)?;
    let application = login.client.application(client_id).await?.ok_or_else(unset)?;
    let uri = application.initiate_login_uri.as_deref().ok_or_else(unset)?;
    let uri = Url::parse(uri).map_err(|_| unset())?;
    let organization = match organization {
        Some(name) => Some(login.handle_of(Some(visit.address), name).await?),
        None => None,
    };
    Ok(redirect::found(&initiate_login(&uri, &login.settings.issuer(), organization.as_deref())))
}

/// The address where an application begins a login.
pub(super) fn initiate_login(uri: &Url, issuer: &str, organization: Option<&str>) -> String {
    let mut uri = uri.clone();
    let mut query = uri.query_pairs_mut();
    query.append_pair("iss", issuer);
    if let Some(organization) = organization {
        query.append_pair("organization", organization);
    }
    drop(query);
    uri.into()
}

/// The one origin's `/authorize` with `organization` added.
async fn authorize_with(login: &Login, visit: &Visit, name: &str) -> Result<Response, LoginError> {
    let mut url = login.settings.server.public_url.clone();
    url.set_path("/authorize");
    url.set_query(Some(&login.query_with(Some(visit.address), &visit.query, name).await?));
    Ok(redirect::found(url.as_str()))
}

fn checked(name: &str) -> Result<&str, LoginError> {
    if is_organization_name(name) { Ok(name) } else { Err(nowhere()) }
}

fn nowhere() -> LoginError {
    LoginError::Page { status: StatusCode::NOT_FOUND, key: text_key("leads-nowhere") }
}
