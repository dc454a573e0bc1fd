//! The two ways to the Management API: a router in this process, or another machine over HTTP.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{Method, Request, Response};
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};
use url::Url;

use crate::error::{Context, Fault};

/// Takes a request for `/api/v2/...` and answers it whole.
pub type Transport = BoxCloneSyncService<Request<Bytes>, Response<Bytes>, TransportError>;

/// Why there is no answer; never about what an answer says.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(String);

/// A longer answer is refused: a page of 100 of anything fits.
const MAX_ANSWER_BYTES: usize = 8 << 20;
/// A machine that is there takes a connection sooner.
const LONGEST_CONNECT: Duration = Duration::from_secs(1);

/// The Management API of this process.
pub fn embedded(router: Router) -> Transport {
    BoxCloneSyncService::new(service_fn(move |request: Request<Bytes>| {
        let router = router.clone();
        async move {
            let response = router.oneshot(request.map(Body::from)).await.unwrap_or_else(|never| match never {});
            whole(response).await
        }
    }))
}

/// How many times longer the steps of a login may take: passwords are hashed there, one after another.
const LOGIN_PATIENCE: u32 = 5;

/// The Management API below `origin`; a call is answered within `timeout` or not at all, a step of a login within
/// five times that.
///
/// # Errors
/// When the machine has no usable certificate store.
pub fn remote(origin: Url, timeout: Duration) -> Result<Transport, Fault> {
    // The address is the operator's configuration, so it is not guarded as identity providers' are.
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        // A small answer could unpack to a huge one.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .connect_timeout(timeout.min(LONGEST_CONNECT))
        .timeout(timeout)
        .build()
        .context("the client of the Management API")?;
    Ok(BoxCloneSyncService::new(service_fn(move |request: Request<Bytes>| {
        let (client, origin) = (client.clone(), origin.clone());
        async move {
            let (parts, body) = request.into_parts();
            let is_of_a_login = parts.method == Method::POST && parts.uri.path().starts_with("/api/v2/logins");
            let patience = if is_of_a_login { timeout * LOGIN_PATIENCE } else { timeout };
            let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
            let url = origin.join(target).map_err(|error| TransportError(error.to_string()))?;
            let request = client.request(parts.method, url).headers(parts.headers).body(body).timeout(patience);
            // `without_url`: addresses may hold personal data, and errors are logged.
            let failed = |error: reqwest::Error| TransportError(describe(&error.without_url()));
            whole(Response::<reqwest::Body>::from(request.send().await.map_err(failed)?)).await
        }
    })))
}

async fn whole<B>(response: Response<B>) -> Result<Response<Bytes>, TransportError>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (parts, body) = response.into_parts();
    match Limited::new(body, MAX_ANSWER_BYTES).collect().await {
        Ok(body) => Ok(Response::from_parts(parts, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(TransportError(format!("the answer is longer than {MAX_ANSWER_BYTES} bytes")))
        }
        Err(error) => Err(TransportError(describe(&*error))),
    }
}

/// The error with its causes; reqwest's own text stops before them.
fn describe(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
