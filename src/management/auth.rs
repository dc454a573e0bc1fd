//! Who calls: every API route asks for a bearer token first (RFC 6750 §2.1).

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;

use super::answer::{Answer, Failure};
use super::caller::Caller;
use super::operation::{Need, Needs};
use super::rate_limit::{self, Limits};
use crate::config;
use crate::model::ApiError;
use crate::store::StoreError;

/// What a valid token of ours for this API says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    pub subject: String,
    pub client_id: String,
    pub scopes: Vec<String>,
    /// What can be revoked; absent when the token came by client credentials.
    pub grant_id: Option<String>,
    /// Of an administrator's token: the account that it was made for, as it was then.
    pub account_version: Option<String>,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unaccepted {
    /// No token of ours at all.
    NotOurs,
    BadSignature,
    Expired,
    /// Ours and valid, but for another API.
    OtherAudience,
}

impl Unaccepted {
    /// The contract's sentence (§1.15).
    fn message(self) -> &'static str {
        match self {
            Self::NotOurs => "Invalid token.",
            Self::BadSignature => "Invalid signature received for JSON Web Token validation.",
            Self::Expired => "Expired token received for JSON Web Token validation",
            Self::OtherAudience => "Client is not global.",
        }
    }
}

/// Checks a bearer token's signature, lifetime and audience.
pub type VerifyToken = Arc<dyn Fn(String) -> BoxFuture<'static, Result<AccessToken, Unaccepted>> + Send + Sync>;

/// Whether a grant's tokens are refused.
pub type IsRevoked = Arc<dyn Fn(String) -> BoxFuture<'static, Result<bool, StoreError>> + Send + Sync>;

/// What is left of the scopes of a person's token.
pub type ScopesLeft = Arc<dyn Fn(AccessToken) -> BoxFuture<'static, Result<Vec<String>, StoreError>> + Send + Sync>;

/// How tokens are checked: wired by `app.rs`, since signing keys and grants are login data.
#[derive(Clone)]
pub struct TokenCheck {
    pub verify: VerifyToken,
    pub is_revoked: IsRevoked,
    /// Asked at each call, since a token lasts longer than many an administrator's role.
    pub scopes_left: ScopesLeft,
    /// Under which address calls without a valid token are counted; `None` counts none.
    pub address_of: fn(&Extensions) -> Option<IpAddr>,
}

struct Guard {
    tokens: TokenCheck,
    limits: Limits,
    needs: Needs,
}

/// Puts the check of tokens, the rate limits and the check of scopes in front of the API's routes.
pub(super) fn layers(router: Router, needs: Needs, tokens: TokenCheck, settings: &config::Management) -> Router {
    let guard = Arc::new(Guard { tokens, limits: Limits::new(settings), needs });
    router.layer(from_fn_with_state(guard, admit_caller))
}

async fn admit_caller(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let caller = match authenticate(&guard.tokens, request.headers(), asked).await {
        Ok(caller) => caller,
        Err(failure) => {
            let address = (guard.tokens.address_of)(request.extensions());
            let Some(address) = address else { return failure.into_response() };
            let budget = guard.limits.check_stranger(address);
            if budget.is_spent() {
                return budget.refuse();
            }
            let mut response = failure.into_response();
            rate_limit::tell(&budget, response.headers_mut());
            return response;
        }
    };
    let need = guard.need_of(&request);
    let scopes = need.map(|need| need.any_of);
    let budget = guard.limits.check(&caller, request.uri().path(), request.method(), scopes);
    if budget.is_spent() {
        return budget.refuse();
    }
    let mut response = match need.map_or(Ok(()), |need| need.check(&caller, request.uri().query())) {
        Ok(()) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => Failure::from(refusal).into_response(),
    };
    rate_limit::tell(&budget, response.headers_mut());
    response
}

impl Guard {
    /// What the operation that is asked for needs; `None` for what no route or no method answers.
    fn need_of(&self, request: &Request) -> Option<Need> {
        let path = request.extensions().get::<MatchedPath>()?.as_str();
        let path = path.strip_prefix("/api/v2").unwrap_or(path);
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        self.needs.get(&(method.clone(), path.to_owned())).copied()
    }
}

async fn authenticate(tokens: &TokenCheck, headers: &HeaderMap, request: String) -> Answer<Caller> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = given.next() else { return Err(unauthorized("Missing authentication")) };
    // Two headers could be read differently by whoever stands in front of us.
    let text = value.to_str().ok().filter(|_| given.next().is_none());
    let (scheme, token) = text.and_then(|text| text.split_once(' ')).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unauthorized(Unaccepted::NotOurs.message()));
    }
    let mut token = (tokens.verify)(token.trim().to_owned()).await.map_err(|why| unauthorized(why.message()))?;
    if let Some(grant_id) = token.grant_id.clone() {
        // It came by a login, so it is a person's.
        let is_revoked = (tokens.is_revoked)(grant_id).await?;
        token.scopes = if is_revoked { Vec::new() } else { (tokens.scopes_left)(token.clone()).await? };
        if token.scopes.is_empty() {
            return Err(unauthorized(Unaccepted::NotOurs.message()));
        }
    }
    Ok(Caller { subject: token.subject, client_id: token.client_id, scopes: token.scopes, request })
}

fn unauthorized(message: &str) -> Failure {
    ApiError::unauthorized(message).into()
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;
    use crate::management::test_support::{body, config};

    fn router(settings: &config::Management) -> Router {
        let tokens = TokenCheck {
            verify: Arc::new(|token: String| {
                let grant_id = token.strip_prefix("grant-").map(str::to_owned);
                let scopes = if token == "gateway" { vec!["create:logins".to_owned()] } else { Vec::new() };
                let checked = match token.as_str() {
                    "foreign" => Err(Unaccepted::NotOurs),
                    "forged" => Err(Unaccepted::BadSignature),
                    "old" => Err(Unaccepted::Expired),
                    "userinfo" => Err(Unaccepted::OtherAudience),
                    _ => Ok(AccessToken {
                        subject: "a@clients".into(),
                        client_id: "a".into(),
                        scopes,
                        grant_id,
                        account_version: None,
                    }),
                };
                Box::pin(std::future::ready(checked))
            }),
            is_revoked: Arc::new(|grant| Box::pin(async move { Ok(grant == "revoked") })),
            scopes_left: Arc::new(|token| {
                Box::pin(async move { Ok(token.grant_id.into_iter().filter(|grant| grant != "demoted").collect()) })
            }),
            address_of: |_| Some(IpAddr::from([192, 0, 2, 1])),
        };
        let answer = |caller: Caller| async move { caller.client_id };
        let refuse = || async { Failure::from(ApiError::not_found(None, "no")) };
        layers(Router::new().route("/", get(answer)).route("/no", get(refuse)), Needs::new(), tokens, settings)
    }

    fn call(path: &str, authorization: Option<&str>) -> Request {
        let mut request = Request::get(path);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        request.body(axum::body::Body::empty()).expect("a request")
    }

    #[tokio::test]
    async fn a_call_without_a_valid_token_is_told_why() {
        let router = router(&config().management);
        let cases = [
            (None, "Missing authentication"),
            (Some("Basic YTpi"), "Invalid token."),
            (Some("Bearer foreign"), "Invalid token."),
            (Some("Bearer forged"), "Invalid signature received for JSON Web Token validation."),
            (Some("Bearer old"), "Expired token received for JSON Web Token validation"),
            (Some("Bearer userinfo"), "Client is not global."),
            (Some("Bearer grant-revoked"), "Invalid token."),
            (Some("Bearer grant-demoted"), "Invalid token."),
        ];
        for (authorization, message) in cases {
            let response = router.clone().oneshot(call("/", authorization)).await.expect("an answer");
            assert_eq!(response.status(), 401);
            assert_eq!(
                body(response).await,
                serde_json::json!({"statusCode": 401, "error": "Unauthorized", "message": message})
            );
        }
        let response = router.oneshot(call("/", Some("bearer grant-good"))).await.expect("an answer");
        assert_eq!(response.status(), 200);
    }

    #[tokio::test]
    async fn every_answer_tells_the_budget_and_a_spent_one_is_429() {
        let mut settings = config().management;
        (settings.request_burst, settings.requests_per_second) = (2, 1);
        let router = router(&settings);
        let ask = |path: &'static str, token: &'static str| router.clone().oneshot(call(path, Some(token)));
        let first = ask("/no", "Bearer a").await.expect("an answer");
        assert_eq!(
            (first.status().as_u16(), &first.headers()["x-ratelimit-limit"]),
            (404, &"2".parse().expect("text"))
        );
        assert_eq!(first.headers()["x-ratelimit-remaining"], "1");
        assert_eq!(ask("/", "Bearer a").await.expect("an answer").headers()["x-ratelimit-remaining"], "0");
        let spent = ask("/", "Bearer a").await.expect("an answer");
        assert_eq!(spent.status(), 429);
        assert_eq!(spent.headers()["retry-after"], "1");
        assert_eq!(spent.headers()["x-ratelimit-remaining"], "0");
        let reset: i64 = spent.headers()["x-ratelimit-reset"].to_str().expect("text").parse().expect("seconds");
        assert!((1..=3).contains(&(reset - crate::model::Timestamp::now().seconds())), "{reset}");
        assert_eq!(body(spent).await["errorCode"], "too_many_requests");
        let gateway = ask("/", "Bearer gateway").await.expect("an answer");
        assert_eq!(gateway.status(), 200, "gateways have a group of their own");
        let mut strangers = Vec::new();
        for _ in 0..3 {
            strangers.push(ask("/", "Bearer forged").await.expect("an answer").status().as_u16());
        }
        assert_eq!(strangers, [401, 401, 429]);
    }
}
