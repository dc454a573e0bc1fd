//! Stand-ins for the well-known identity providers, which answer in the real services' shapes and check what they are
//! sent as those do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use url::Url;

use super::application::claims;
use super::forging::{self, Signature};
use super::hostile_provider::merged;

pub type Parameters = BTreeMap<String, String>;

/// The tenant of Microsoft's personal accounts.
pub const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
/// Acme's tenant, and somebody else's.
pub const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
pub const OTHER_TENANT: &str = "0dd1ca2a-0d7e-4f9b-8c1c-5c7a3f2b9e11";
pub const SECRET: &str = "the secret";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Google,
    Microsoft,
    Apple,
    Linkedin,
    Github,
    /// A server of somebody's own, with OAuth 2.0 only.
    Oauth2,
}

/// A running stand-in; it ends when dropped.
pub struct StandIn {
    /// Its origin, without a slash at the end.
    pub url: String,
    service: Service,
    shared: Arc<Mutex<Shared>>,
    task: AbortHandle,
}

struct Shared {
    service: Service,
    url: String,
    behaviour: Behaviour,
    seen: Seen,
    codes: BTreeMap<String, Parameters>,
}

/// What differs from the usual person; each is merged over the usual, and `null` takes a member away.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    pub claims: Value,
    pub userinfo: Value,
    /// GitHub's list of addresses, whole.
    pub emails: Option<Value>,
    pub token: Value,
    /// The public key of Apple's team.
    pub team_key: Vec<u8>,
    /// What Apple posts beside the code.
    pub user: Option<Value>,
}

#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub authorize: Parameters,
    pub token: Parameters,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Metadata,
    Authorize,
    Token,
    Keys,
    User,
    Emails,
}

impl StandIn {
    pub async fn start(service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (behaviour, seen, codes) = (Behaviour::default(), Seen::default(), BTreeMap::new());
        let shared = Arc::new(Mutex::new(Shared { service, url: url.clone(), behaviour, seen, codes }));
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async { axum::serve(listener, routes).await }).abort_handle();
        Self { url, service, shared, task }
    }

    /// The settings that lead a gateway here.
    pub fn settings(&self) -> String {
        let url = &self.url;
        match self.service {
            Service::Google => format!("providers.google.issuer = {url:?}\n"),
            Service::Microsoft => format!("providers.microsoft.url = {url:?}\n"),
            Service::Apple => format!("providers.apple.issuer = {url:?}\n"),
            Service::Linkedin => format!("providers.linkedin.issuer = \"{url}/oauth\"\n"),
            Service::Github => format!("providers.github.url = {url:?}\nproviders.github.api_url = \"{url}/api/v3\"\n"),
            Service::Oauth2 => String::new(),
        }
    }

    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.shared.lock().unwrap().behaviour);
    }

    pub fn seen(&self) -> Seen {
        self.shared.lock().unwrap().seen.clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const DISCOVERY: &str = ".well-known/openid-configuration";

impl Service {
    /// What stands at which path; Microsoft's begin with a tenant.
    fn endpoints(self) -> &'static [(&'static str, Endpoint)] {
        use Endpoint::{Authorize, Emails, Keys, Metadata, Token, User};
        match self {
            Self::Google => {
                &[(DISCOVERY, Metadata), ("o/oauth2/v2/auth", Authorize), ("token", Token), ("oauth2/v3/certs", Keys)]
            }
            Self::Microsoft => &[
                ("v2.0/.well-known/openid-configuration", Metadata),
                ("oauth2/v2.0/authorize", Authorize),
                ("oauth2/v2.0/token", Token),
                ("discovery/v2.0/keys", Keys),
            ],
            Self::Apple => {
                &[(DISCOVERY, Metadata), ("auth/authorize", Authorize), ("auth/token", Token), ("auth/keys", Keys)]
            }
            Self::Linkedin => &[
                ("oauth/.well-known/openid-configuration", Metadata),
                ("oauth/v2/authorization", Authorize),
                ("oauth/v2/accessToken", Token),
                ("oauth/openid/jwks", Keys),
                ("v2/userinfo", User),
            ],
            Self::Github => &[
                ("login/oauth/authorize", Authorize),
                ("login/oauth/access_token", Token),
                ("api/v3/user", User),
                ("api/v3/user/emails", Emails),
            ],
            Self::Oauth2 => &[("authorize", Authorize), ("token", Token), ("me", User)],
        }
    }

    fn path(self, wanted: Endpoint) -> &'static str {
        self.endpoints().iter().find(|(_, endpoint)| *endpoint == wanted).unwrap().0
    }
}

async fn answer(
    State(room): State<Arc<Mutex<Shared>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut room = room.lock().unwrap();
    let path = uri.path().trim_start_matches('/');
    let (tenant, path) = match room.service {
        Service::Microsoft => path.split_once('/').unwrap_or_default(),
        _ => ("", path),
    };
    let Some((_, endpoint)) = room.service.endpoints().iter().find(|(known, _)| *known == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let read = |bytes: &[u8]| url::form_urlencoded::parse(bytes).into_owned().collect::<Parameters>();
    let has = |name: header::HeaderName, text: &str| headers.get(name).is_some_and(|value| value == text);
    let json = |value: Value| axum::Json(value).into_response();
    match (endpoint, method) {
        (Endpoint::Metadata, Method::GET) => json(room.metadata(tenant)),
        (Endpoint::Keys, Method::GET) => json(forging::published(false)),
        (Endpoint::Authorize, Method::GET) => room.authorize(read(uri.query().unwrap_or_default().as_bytes())),
        (Endpoint::Token, Method::POST) => {
            room.token(read(&body), tenant, has(header::ACCEPT, "application/json")).into_response()
        }
        _ if !has(header::AUTHORIZATION, "Bearer opaque") => StatusCode::UNAUTHORIZED.into_response(),
        (Endpoint::User, Method::GET) => json(room.user()),
        (Endpoint::Emails, Method::GET) => json(room.emails()),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

impl Shared {
    fn issuer(&self, tenant: &str) -> String {
        let id = match tenant {
            "common" => "{tenantid}",
            "consumers" => CONSUMERS,
            _ => TENANT,
        };
        match self.service {
            Service::Microsoft => format!("{}/{id}/v2.0", self.url),
            Service::Linkedin => format!("{}/oauth", self.url),
            _ => self.url.clone(),
        }
    }

    fn metadata(&self, tenant: &str) -> Value {
        let base = match self.service {
            Service::Microsoft => format!("{}/{tenant}", self.url),
            _ => self.url.clone(),
        };
        let at = |endpoint: Endpoint| format!("{base}/{}", self.service.path(endpoint));
        let userinfo = (self.service == Service::Linkedin).then(|| at(Endpoint::User));
        let metadata = json!({
            "issuer": self.issuer(tenant), "authorization_endpoint": at(Endpoint::Authorize),
            "token_endpoint": at(Endpoint::Token), "jwks_uri": at(Endpoint::Keys),
            "response_types_supported": ["code"], "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"], "userinfo_endpoint": userinfo,
        });
        // A member without a value is left out.
        merged(metadata.clone(), &metadata)
    }

    /// Redirects back at once, or posts a form: nobody has to sign in here.
    fn authorize(&mut self, asked: Parameters) -> Response {
        let code = format!("code-{}", self.codes.len());
        let mut fields = vec![("state", asked["state"].clone()), ("code", code.clone())];
        let by_form = asked.get("response_mode").is_some_and(|mode| mode == "form_post");
        let back = asked["redirect_uri"].clone();
        self.seen.authorize = asked.clone();
        self.codes.insert(code, asked);
        if !by_form {
            return Redirect::to(Url::parse_with_params(&back, fields).unwrap().as_str()).into_response();
        }
        fields.extend(self.behaviour.user.as_ref().map(|user| ("user", user.to_string())));
        let escape = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;");
        let input = |(name, value): &(&str, String)| {
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
        };
        let inputs: String = fields.iter().map(input).collect();
        Html(format!("<form method=\"post\" action=\"{}\">{inputs}</form>", escape(&back))).into_response()
    }

    fn token(&mut self, sent: Parameters, tenant: &str, wants_json: bool) -> Response {
        self.seen.token = sent.clone();
        let refuse = |status: u16, error: &str| {
            let body = json!({ "error": error, "error_description": "refused" });
            (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
        };
        let asked = sent.get("code").and_then(|code| self.codes.get_mut(code)).map(std::mem::take);
        let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return refuse(400, "invalid_grant") };
        let secret = sent.get("client_secret").cloned().unwrap_or_default();
        let is_client = match self.service {
            Service::Apple => self.is_apples_secret(&secret, &asked),
            // LinkedIn refuses whoever sends a verifier.
            Service::Linkedin => secret == SECRET && !sent.contains_key("code_verifier"),
            _ => secret == SECRET,
        };
        if !is_client || sent.get("client_id") != asked.get("client_id") {
            return refuse(401, "invalid_client");
        }
        let challenge = sent.get("code_verifier").map(|verifier| vestibule::model::sha256(verifier));
        if asked.get("code_challenge") != challenge.as_ref() || sent["redirect_uri"] != asked["redirect_uri"] {
            return refuse(400, "invalid_grant");
        }
        if self.service == Service::Github && !wants_json {
            return "access_token=opaque&token_type=bearer".into_response();
        }
        let mut body = json!({ "access_token": "opaque", "token_type": "Bearer", "expires_in": 3599, "scope": "a,b" });
        if !matches!(self.service, Service::Github | Service::Oauth2) {
            let id_token = forging::sign(&self.claims(&asked, tenant), &Signature::Right, false);
            body["id_token"] = Value::from(id_token);
        }
        axum::Json(merged(body, &self.behaviour.token)).into_response()
    }

    /// Apple's documentation: signed with ES256 by the team's key, for this client, valid for at most six months.
    fn is_apples_secret(&self, secret: &str, asked: &Parameters) -> bool {
        let Some((message, signature)) = secret.rsplit_once('.') else { return false };
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.behaviour.team_key);
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        let claims = claims(secret);
        let until = claims["exp"].as_i64().unwrap_or_default() - now();
        key.verify(message.as_bytes(), &signature).is_ok()
            && (&claims["iss"], &claims["aud"]) == (&json!("TEAM"), &json!(self.url))
            && claims["sub"] == asked["client_id"]
            && (1..15_777_000).contains(&until)
    }

    fn claims(&self, asked: &Parameters, tenant: &str) -> Value {
        let issuer = self.issuer(tenant).replace("{tenantid}", TENANT);
        let common = json!({
            "iss": issuer, "aud": asked["client_id"], "iat": now(), "exp": now() + 3600, "nonce": asked.get("nonce"),
        });
        let hash = digest(&SHA256, b"opaque");
        let own = match self.service {
            Service::Google => json!({
                "azp": asked["client_id"], "sub": "110169484474386276334", "email": "ada@acme.example",
                "email_verified": true, "at_hash": URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]), "name": "Ada Byron",
                "picture": "https://lh3.example/a", "given_name": "Ada", "family_name": "Byron",
            }),
            Service::Microsoft => json!({
                "nbf": now(), "oid": "00000000-0000-0000-66f3-3332eca7ea81", "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSa",
                "tid": if tenant == "consumers" { CONSUMERS } else { TENANT }, "ver": "2.0", "name": "Ada Byron",
                "preferred_username": "ada@acme.example", "email": "ada@acme.example", "email_verified": true,
            }),
            Service::Apple => json!({
                "sub": "001234.a0b1c2.0123", "email": "ada@privaterelay.example", "email_verified": "true",
                "is_private_email": "true", "auth_time": now(), "nonce_supported": true,
            }),
            // No nonce.
            Service::Linkedin => merged(json!({ "nonce": null }), &self.user()),
            Service::Github | Service::Oauth2 => Value::Null,
        };
        merged(merged(common, &own), &self.behaviour.claims)
    }

    fn user(&self) -> Value {
        let usual = match self.service {
            Service::Github => json!({
                "login": "ada", "id": 583_231, "node_id": "MDQ6VXNlcjE=", "type": "User", "name": "Ada Byron",
                "avatar_url": "https://avatars.example/u/583231", "email": "shown@people.example",
            }),
            // The locale is no text.
            Service::Linkedin => json!({
                "sub": "782bbtaQ", "email": "ada@acme.example", "email_verified": true, "name": "Ada Byron",
                "given_name": "Ada", "family_name": "Byron", "locale": { "country": "US", "language": "en" },
            }),
            _ => json!({
                "id": 42, "name": "Ada Byron", "email": "ada@acme.example", "email_verified": true,
                "picture": { "large": "https://p.example/1" },
            }),
        };
        merged(usual, &self.behaviour.userinfo)
    }

    fn emails(&self) -> Value {
        let usual = json!([
            { "email": "other@people.example", "primary": false, "verified": true, "visibility": null },
            { "email": "ada@acme.example", "primary": true, "verified": true, "visibility": "private" },
        ]);
        self.behaviour.emails.clone().unwrap_or(usual)
    }
}

fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}
