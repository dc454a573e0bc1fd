//! Sign-up and password reset as applications with a form of their own call them (`/dbconnections/...`).
//!
//! No client secret is asked for, as at Auth0: single-page applications call these. What they may do is what anybody
//! may do on our own pages, within the same budgets.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::Provider;
use crate::management_client::ManagementError;
use crate::model::login::refusal;
use crate::model::password::{PasswordPolicy, Shortcoming};
use crate::model::ticket::{OpenSignUp, PasswordReset};
use crate::model::user::Profile;
use crate::model::{ApiError, Application, User};
use crate::web::client_address::ClientAddress;
use crate::web::text::Reader;

/// Said whatever becomes of it.
const RESET_SENT: &str = "We've just sent you an email to reset your password.";

/// Why a call was refused, in Auth0's words.
struct Refused {
    status: StatusCode,
    retry_after: Option<u64>,
    body: Value,
}

impl Refused {
    fn new(status: StatusCode, body: Value) -> Self {
        Self { status, retry_after: None, body }
    }

    fn bad(code: &str, description: impl Into<String>) -> Self {
        let (name, description) = ("BadRequestError", description.into());
        let body = json!({"name": name, "code": code, "description": description, "statusCode": 400});
        Self::new(StatusCode::BAD_REQUEST, body)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The members of a call: a JSON object, or a form.
struct Call(Map<String, Value>);

impl Call {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refused> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let members = match kind.split(';').next().unwrap_or("").trim() {
            "application/x-www-form-urlencoded" => {
                let pairs = url::form_urlencoded::parse(body).into_owned();
                Some(pairs.map(|(name, value)| (name, Value::String(value))).collect())
            }
            "application/json" => serde_json::from_slice(body).ok(),
            _ => None,
        };
        members.map(Self).ok_or_else(|| Refused::bad("invalid_request", "send a JSON object or a form"))
    }

    /// A text, unless it is absent or empty.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn required(&self, name: &str) -> Result<&str, Refused> {
        self.get(name).ok_or_else(|| Refused::bad("invalid_request", format!("{name} is required")))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
}

/// `POST /dbconnections/signup`.
pub(super) async fn sign_up(
    State(provider): State<Arc<Provider>>,
    ClientAddress(address): ClientAddress,
    reader: Reader,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = async {
        let call = Call::read(&headers, &body)?;
        let application = application(&provider, address, &call).await?;
        let account = account(&provider, (address, &reader), &application, &call)?;
        match provider.client.sign_up(&account).await {
            Ok(user) => Ok(Json(told(&user)).into_response()),
            Err(error) => Err(sign_up_refused(&provider, &application, &account.connection, error).await),
        }
    };
    answer.await.unwrap_or_else(Refused::into_response)
}

fn account(
    provider: &Provider,
    (address, reader): (IpAddr, &Reader),
    application: &Application,
    call: &Call,
) -> Result<OpenSignUp, Refused> {
    Ok(OpenSignUp {
        client_id: application.client_id.clone(),
        connection: call.required("connection")?.to_owned(),
        email: call.required("email")?.to_owned(),
        password: call.required("password")?.to_owned(),
        username: call.text("username"),
        profile: Profile {
            name: call.text("name"),
            nickname: call.text("nickname"),
            given_name: call.text("given_name"),
            family_name: call.text("family_name"),
            picture: call.text("picture"),
            locale: None,
        },
        user_metadata: call.0.get("user_metadata").and_then(Value::as_object).cloned().unwrap_or_default(),
        client_address: Some(address.to_string()),
        locale: Some(reader.text.locale()),
        page: format!("{}login/reset/password", provider.settings.issuer()),
    })
}

/// The new account as Auth0 tells it: `_id` is the part of the user id after `auth0|`.
fn told(user: &User) -> Value {
    let id = user.user_id.split_once('|').map_or(user.user_id.as_str(), |(_, id)| id);
    let mut told = json!({"_id": id, "email": user.email, "email_verified": user.email_verified});
    let profile = &user.profile;
    let texts = [
        ("username", &user.username),
        ("name", &profile.name),
        ("nickname", &profile.nickname),
        ("given_name", &profile.given_name),
        ("family_name", &profile.family_name),
        ("picture", &profile.picture),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            told[name] = json!(text);
        }
    }
    if !user.user_metadata.is_empty() {
        told["user_metadata"] = json!(user.user_metadata);
    }
    told
}

async fn sign_up_refused(
    provider: &Provider,
    application: &Application,
    connection: &str,
    error: ManagementError,
) -> Refused {
    let ManagementError::Refused(refused) = error else { return unavailable(error) };
    match refused.error_code.as_deref() {
        Some(refusal::WEAK_PASSWORD) => {
            let options = provider.client.application_options(&application.client_id).await.unwrap_or_default();
            let found = options.iter().find(|option| option.connection.name == connection);
            let whole = match found {
                Some(option) => provider.client.connection(&option.connection.id).await.unwrap_or_default(),
                None => None,
            };
            weak(whole.map(|connection| PasswordPolicy::of(&connection.options)), &refused)
        }
        Some(refusal::SIGN_UP_NOT_ALLOWED) => Refused::bad("public_signup_disabled", "Public signup is disabled"),
        // An address with an account and a user name that is taken look like any other mistake.
        Some(refusal::ACCOUNT_EXISTS) => Refused::bad("invalid_signup", "Invalid sign up"),
        _ if refused.status_code == 400 => Refused::bad("invalid_signup", "Invalid sign up"),
        _ => waits(&refused),
    }
}

fn weak(policy: Option<PasswordPolicy>, refused: &ApiError) -> Refused {
    let only = |it: Shortcoming| refused.shortcomings == [it];
    let name = match () {
        () if only(Shortcoming::Personal) => "PasswordNoUserInfoError",
        () if only(Shortcoming::Common) => "PasswordDictionaryError",
        () => "PasswordStrengthError",
    };
    let rules: Vec<Value> = refused
        .shortcomings
        .iter()
        .map(|shortcoming| json!({"message": shortcoming.to_string(), "code": shortcoming, "verified": false}))
        .collect();
    let body = json!({
        "name": name,
        "code": "invalid_password",
        "message": "Password is too weak",
        "description": {"rules": rules, "verified": false},
        "policy": policy.map(|policy| format!("* At least {} characters in length", policy.least)),
        "statusCode": 400,
    });
    Refused::new(StatusCode::BAD_REQUEST, body)
}

/// `POST /dbconnections/change_password`: has a link sent.
pub(super) async fn change_password(
    State(provider): State<Arc<Provider>>,
    ClientAddress(address): ClientAddress,
    reader: Reader,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = async {
        let call = Call::read(&headers, &body)?;
        let application = application(&provider, address, &call).await?;
        let request = reset(&provider, (address, &reader), &application, &call).await?;
        let asked = match request {
            Some(request) => provider.client.ask_password_reset(&request).await.map(|_| ()),
            None => Ok(()),
        };
        match asked {
            Ok(()) => Ok(RESET_SENT.into_response()),
            Err(ManagementError::Refused(refused)) if refused.status_code == 429 => Err(waits(&refused)),
            Err(ManagementError::Refused(_)) => Err(Refused::bad("invalid_request", "email is not an address")),
            Err(error) => Err(unavailable(error)),
        }
    };
    answer.await.unwrap_or_else(Refused::into_response)
}

/// `None` where the connection is not open: who asks is not told.
async fn reset(
    provider: &Provider,
    (address, reader): (IpAddr, &Reader),
    application: &Application,
    call: &Call,
) -> Result<Option<PasswordReset>, Refused> {
    let (email, connection) = (call.required("email")?, call.required("connection")?);
    let organization = match call.get("organization") {
        Some(id) => match provider.client.organization_for(address, id).await.map_err(unavailable)? {
            Some(organization) => Some(organization),
            None => return Ok(None),
        },
        None => None,
    };
    let options = match &organization {
        Some(organization) => provider.client.login_options(organization).await,
        None => provider.client.application_options(&application.client_id).await,
    };
    let options = options.map_err(unavailable)?;
    let found = options.iter().find(|option| option.connection.name == connection);
    Ok(found.map(|option| PasswordReset {
        email: email.to_owned(),
        organization_id: organization.as_ref().map(|organization| organization.id.to_string()),
        client_id: application.client_id.clone(),
        connection_id: option.connection.id.to_string(),
        client_address: Some(address.to_string()),
        locale: Some(reader.text.locale()),
        page: format!("{}login/reset/password", provider.settings.issuer()),
        return_to: None,
    }))
}

async fn application(provider: &Provider, address: IpAddr, call: &Call) -> Result<Arc<Application>, Refused> {
    let client_id = call.required("client_id")?;
    let found = provider.client.application_for(address, client_id).await.map_err(unavailable)?;
    found.ok_or_else(|| Refused::bad("invalid_request", "client_id names no application"))
}

fn waits(refused: &ApiError) -> Refused {
    let status = StatusCode::from_u16(refused.status_code).unwrap_or(StatusCode::FORBIDDEN);
    let body = json!({"code": refused.error_code, "description": refused.message, "statusCode": refused.status_code});
    Refused { retry_after: refused.retry_after, ..Refused::new(status, body) }
}

fn unavailable(error: ManagementError) -> Refused {
    if let ManagementError::TooManyUnknown { seconds } = error {
        let body = json!({"code": "too_many_requests", "description": "Too many unknown names", "statusCode": 429});
        return Refused { retry_after: Some(seconds), ..Refused::new(StatusCode::TOO_MANY_REQUESTS, body) };
    }
    let wait = error.left_alone();
    if wait.is_none() {
        tracing::warn!(%error, "a call to /dbconnections needs the Management API");
    }
    let body = json!({"code": "temporarily_unavailable", "description": "Try again soon", "statusCode": 503});
    Refused { retry_after: Some(wait.unwrap_or(10)), ..Refused::new(StatusCode::SERVICE_UNAVAILABLE, body) }
}
