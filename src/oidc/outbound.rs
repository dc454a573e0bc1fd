//! The guarded HTTP client: every call to an identity provider goes through it (design §5.16).

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use ipnet::IpNet;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address;
use crate::config;
use crate::error::{Context, Fault};

/// A connection must stand after this long, within the timeout of the whole call.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// An HTTP client that calls public https addresses, and what `outbound.allow` adds; cheap to clone.
///
/// It follows no redirect, uses no proxy, resolves a name once per connection and connects to exactly the addresses
/// it has checked, and reads no more than `outbound.max_body_bytes`.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// For https: public addresses and allowed ones.
    secure: reqwest::Client,
    /// For plain http: allowed addresses only.
    plain: reqwest::Client,
    allow: Arc<[IpNet]>,
    max_body_bytes: usize,
}

/// Why a call brought no answer. The texts carry no path, query, header or body.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OutboundError {
    #[error("{0} is not an address this gateway may call (outbound.allow)")]
    Refused(String),
    #[error("{0} did not answer in time")]
    TimedOut(String),
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, String),
    #[error("{0} answered with status {1}")]
    Failing(String, u16),
    #[error("{0} answered with more than {1} bytes")]
    TooLarge(String, usize),
}

impl Outbound {
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(settings: &config::Outbound) -> Result<Self, Fault> {
        let allow: Arc<[IpNet]> = settings.allow.clone().into();
        let client = |secure: bool| {
            let guard = Guard { allow: allow.clone(), only_allowed: !secure };
            reqwest::Client::builder()
                .https_only(secure)
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .no_proxy()
                .referer(false)
                .dns_resolver(guard)
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(Duration::from_secs(settings.timeout_seconds))
                .user_agent(concat!("vestibule/", env!("CARGO_PKG_VERSION")))
                .build()
                .context("preparing the outbound HTTP client")
        };
        Ok(Self {
            secure: client(true)?,
            plain: client(false)?,
            allow: allow.clone(),
            max_body_bytes: settings.max_body_bytes,
        })
    }

    /// Sends one request and reads the whole answer. Statuses 429 and 5xx are errors, others are answers.
    ///
    /// # Errors
    /// [`OutboundError`] tells a refused address from a slow, broken or talkative server.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let text = request.uri().to_string();
        let url = Url::parse(&text).map_err(|_| OutboundError::Refused("a malformed address".to_owned()))?;
        let origin = url.origin().ascii_serialization();
        let client = self.client_for(&url)?;
        let (parts, body) = request.into_parts();
        let sent = client.request(parts.method, url).headers(parts.headers).body(body).send().await;
        let response = sent.map_err(|error| classify(&origin, error))?;
        let status = response.status();
        if status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS {
            return Err(OutboundError::Failing(origin, status.as_u16()));
        }
        let headers = response.headers().clone();
        let mut answer = http::Response::new(self.read(&origin, response).await?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// A GET that asks for JSON, with a bearer token when given.
    ///
    /// # Errors
    /// As [`Outbound::send`].
    pub async fn get(&self, url: &str, bearer: Option<&str>) -> Result<HttpResponse, OutboundError> {
        let mut request = http::Request::get(url).header(http::header::ACCEPT, "application/json");
        if let Some(token) = bearer {
            request = request.header(http::header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Vec::new());
        self.send(request.map_err(|_| OutboundError::Refused("a malformed address".to_owned()))?).await
    }

    /// The client for the scheme, once the host passed. Names are checked by the resolver when they are connected to;
    /// literal addresses never reach it, and `url` has already turned `2130706433` and `0x7f.1` into them.
    fn client_for(&self, url: &Url) -> Result<&reqwest::Client, OutboundError> {
        let refused = || OutboundError::Refused(url.origin().ascii_serialization());
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(OutboundError::Refused(format!("scheme {}", url.scheme()))),
        };
        let literal = match url.host().ok_or_else(refused)? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        let may_call = literal.is_none_or(|address| may_connect(address, &self.allow, !secure));
        if !may_call || !url.username().is_empty() || url.password().is_some() {
            return Err(refused());
        }
        Ok(if secure { &self.secure } else { &self.plain })
    }

    async fn read(&self, origin: &str, response: reqwest::Response) -> Result<Vec<u8>, OutboundError> {
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| classify(origin, error))?;
            if body.len() + chunk.len() > self.max_body_bytes {
                return Err(OutboundError::TooLarge(origin.to_owned(), self.max_body_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// Resolves names and drops every address that must not be called.
struct Guard {
    allow: Arc<[IpNet]>,
    only_allowed: bool,
}

/// Every address of a name was refused.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address that may be called")]
struct NoPermittedAddress;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow, only_allowed) = (self.allow.clone(), self.only_allowed);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted: Vec<SocketAddr> =
                found.filter(|address| may_connect(address.ip(), &allow, only_allowed)).collect();
            if permitted.is_empty() {
                return Err(NoPermittedAddress.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

fn may_connect(address: IpAddr, allow: &[IpNet], only_allowed: bool) -> bool {
    address::is_allowed(address, allow) || (!only_allowed && address::is_public(address))
}

fn classify(origin: &str, error: reqwest::Error) -> OutboundError {
    let origin = origin.to_owned();
    if error.is_timeout() {
        return OutboundError::TimedOut(origin);
    }
    let error = error.without_url();
    let mut cause: &(dyn std::error::Error + 'static) = &error;
    loop {
        if cause.is::<NoPermittedAddress>() {
            return OutboundError::Refused(origin);
        }
        match cause.source() {
            Some(deeper) => cause = deeper,
            // The innermost cause is the one that helps: "Connection refused", "invalid peer certificate: ...".
            None => return OutboundError::Unreachable(origin, cause.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbound(allow: &[&str]) -> Outbound {
        let allow = allow.iter().map(|network| network.parse().expect("a network")).collect();
        let settings = config::Outbound { allow, timeout_seconds: 2, max_body_bytes: 100, metadata_seconds: 60 };
        Outbound::new(&settings).expect("TLS is available")
    }

    fn may_send(outbound: &Outbound, url: &str) -> bool {
        outbound.client_for(&Url::parse(url).expect(url)).is_ok()
    }

    #[test]
    fn hidden_forms_of_private_addresses_are_refused() {
        let closed = outbound(&[]);
        let refused = [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://127.0.0.1./",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[64:ff9b::127.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://①②⑦.0.0.1/",
            "http://8.8.8.8/",
            "ftp://8.8.8.8/",
            "file:///etc/passwd",
            "https://user@8.8.8.8/",
        ];
        for url in refused {
            assert!(!may_send(&closed, url), "{url}");
        }
        assert!(may_send(&closed, "https://8.8.8.8/"));
        assert!(may_send(&closed, "https://idp.example/"));
    }

    #[test]
    fn an_allowed_network_may_be_called_also_over_plain_http() {
        let open = outbound(&["127.0.0.0/8"]);
        assert!(may_send(&open, "http://127.0.0.1:8082/"));
        assert!(may_send(&open, "http://2130706433/"));
        assert!(!may_send(&open, "http://[::ffff:127.0.0.1]/"));
        assert!(!may_send(&open, "http://10.0.0.1/"));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_it_is_resolved() {
        for url in ["https://localhost/", "http://localhost/"] {
            let error = outbound(&[]).get(url, None).await.expect_err("refused");
            assert!(matches!(error, OutboundError::Refused(_)), "{url}: {error:?}");
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_cut_off() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
                let _ = stream.write_all(&[b'x'; 100_000]).await;
            }
        });
        let error = outbound(&["127.0.0.0/8"]).get(&format!("http://{address}/"), None).await.expect_err("too large");
        assert!(matches!(error, OutboundError::TooLarge(_, 100)), "{error:?}");
    }
}
