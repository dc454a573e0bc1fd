//! A person's browser without script: its own cookies, no redirect followed unasked.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use cookie_store::{CookieStore, RawCookie};
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use super::html::{self, Form};

/// One browser. Two visitors share nothing.
pub struct Visitor {
    client: reqwest::Client,
    cookies: Mutex<CookieStore>,
}

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Page {
    /// The address that was asked.
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Default for Visitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Visitor {
    pub fn new() -> Self {
        Self::with(reqwest::Client::builder())
    }

    /// A browser that trusts the certificate of this PEM text.
    pub fn trusting(certificate: &[u8]) -> Self {
        let certificate = reqwest::Certificate::from_pem(certificate).unwrap();
        Self::with(reqwest::Client::builder().tls_certs_only([certificate]))
    }

    fn with(builder: reqwest::ClientBuilder) -> Self {
        let client = builder
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Loopback)
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        Self { client, cookies: Mutex::default() }
    }

    /// Opens an address, as if typed.
    pub async fn get(&self, url: impl AsRef<str>) -> Page {
        self.send(self.request(Method::GET, url.as_ref()).header("sec-fetch-site", "none")).await
    }

    /// Sends a form as a page of the same origin does.
    pub async fn post_form(&self, url: impl AsRef<str>, fields: &[(&str, &str)]) -> Page {
        let url = Url::parse(url.as_ref()).unwrap();
        let origin = url.origin().ascii_serialization();
        self.post_form_from(&origin, "same-origin", url, fields).await
    }

    /// Sends a form as a page of `origin` would; `site` is what a browser then says in `Sec-Fetch-Site`.
    pub async fn post_form_from(
        &self,
        origin: &str,
        site: &str,
        url: impl AsRef<str>,
        fields: &[(&str, &str)],
    ) -> Page {
        let request = self.request(Method::POST, url.as_ref());
        self.send(request.header("origin", origin).header("sec-fetch-site", site).form(fields)).await
    }

    /// Sends a form as a server does, without a browser's headers: the back channel.
    pub async fn call(&self, url: impl AsRef<str>, fields: &[(&str, &str)]) -> Page {
        self.send(self.client.post(url.as_ref()).form(fields)).await
    }

    /// Sends the form of `page` that has all of `fields`, with its hidden fields and these.
    ///
    /// # Panics
    ///
    /// If the page has no such form: then a person could not have done it either.
    pub async fn submit(&self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let form = page.forms().into_iter().find(|form| fields.iter().all(|(name, _)| form.has(name)));
        let form = form.unwrap_or_else(|| panic!("no form with {fields:?} on {}:\n{}", page.url, page.text()));
        let mut filled: Vec<(&str, &str)> = form.values.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        filled.retain(|(name, _)| fields.iter().all(|(given, _)| given != name));
        filled.extend_from_slice(fields);
        if form.post {
            self.post_form(form.action, &filled).await
        } else {
            let mut url = form.action;
            url.query_pairs_mut().clear().extend_pairs(filled);
            self.get(url).await
        }
    }

    /// Sends the form of `page` whose address ends with `end`, with its own fields.
    ///
    /// # Panics
    ///
    /// If the page has no such form.
    pub async fn press(&self, page: &Page, end: &str) -> Page {
        let form = page.forms().into_iter().find(|form| form.post && form.action.path().ends_with(end));
        let form = form.unwrap_or_else(|| panic!("no form for {end} on {}:\n{}", page.url, page.text()));
        let fields: Vec<_> = form.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post_form(&form.action, &fields).await
    }

    /// Follows the link or option of `page` that reads `text`.
    pub async fn click(&self, page: &Page, text: &str) -> Page {
        self.get(page.link(text)).await
    }

    /// Follows redirects until a page is shown, or one leaves for an address starting with `stop`.
    pub async fn follow(&self, mut page: Page, stop: &str) -> Page {
        for _ in 0..20 {
            match page.find_location() {
                Some(next) if !next.as_str().starts_with(stop) => page = self.get(next).await,
                _ => return page,
            }
        }
        panic!("more than 20 redirects, the last to {}", page.location());
    }

    /// A request to be sent with `send`, for what the other functions do not do.
    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        self.client
            .request(method, url)
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .header("accept-language", "en-US,en;q=0.9")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
    }

    pub async fn send(&self, request: RequestBuilder) -> Page {
        let mut request = request.build().unwrap();
        let url = request.url().clone();
        let cookies = self.cookie_header(&url);
        if !cookies.is_empty() && !request.headers().contains_key(COOKIE) {
            request.headers_mut().insert(COOKIE, cookies.parse().unwrap());
        }
        let response = self.client.execute(request).await.unwrap_or_else(|error| panic!("{url}: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let set = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let set = set.filter_map(|value| RawCookie::parse(value.to_owned()).ok());
        self.cookies.lock().unwrap().store_response_cookies(set, &url);
        Page { url, status, headers, body: response.bytes().await.unwrap().into() }
    }

    /// The `Cookie` header this visitor sends to `url`.
    pub fn cookie_header(&self, url: &Url) -> String {
        let cookies = self.cookies.lock().unwrap();
        cookies.get_request_values(url).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// The value of one cookie kept for `url`.
    pub fn cookie(&self, url: &Url, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        cookies.get_request_values(url).find(|(n, _)| *n == name).map(|(_, value)| value.to_owned())
    }

    /// Forges or replaces a cookie, written as in a `Set-Cookie` header.
    pub fn set_cookie(&self, url: &Url, cookie: &str) {
        self.cookies.lock().unwrap().parse(cookie, url).unwrap();
    }
}

impl Page {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// # Panics
    ///
    /// If the body is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {} is not JSON ({error}): {}", self.url, self.status, self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn content_type(&self) -> &str {
        self.header(CONTENT_TYPE.as_str()).unwrap_or_default()
    }

    /// Where a redirect leads, if this is one.
    pub fn find_location(&self) -> Option<Url> {
        let location = self.header(LOCATION.as_str())?;
        (300..400).contains(&self.status).then(|| self.url.join(location).unwrap())
    }

    /// # Panics
    ///
    /// If this is no redirect; the message shows the page instead.
    pub fn location(&self) -> Url {
        self.find_location()
            .unwrap_or_else(|| panic!("{} answered {} and no redirect:\n{}", self.url, self.status, self.text()))
    }

    /// A query parameter of the redirect's target.
    pub fn redirect_parameter(&self, name: &str) -> Option<String> {
        self.location().query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
    }

    /// The text of the first element that matches a CSS selector, as a person reads it.
    pub fn text_of(&self, selector: &str) -> Option<String> {
        self.texts_of(selector).into_iter().next()
    }

    pub fn texts_of(&self, selector: &str) -> Vec<String> {
        html::texts(&self.text(), selector)
    }

    /// The texts of the login options, in the page's order.
    pub fn option_titles(&self) -> Vec<String> {
        self.texts_of("a.option")
    }

    /// Every link: its text and its absolute address.
    pub fn links(&self) -> Vec<(String, Url)> {
        html::links(&self.text(), &self.url)
    }

    /// # Panics
    ///
    /// If no link reads `text`.
    pub fn link(&self, text: &str) -> Url {
        let found = self.links().into_iter().find(|(title, _)| title == text);
        found.unwrap_or_else(|| panic!("no link {text:?} on {}:\n{}", self.url, self.text())).1
    }

    /// What the page loads.
    pub fn assets(&self) -> Vec<Url> {
        html::assets(&self.text(), &self.url)
    }

    pub fn forms(&self) -> Vec<Form> {
        html::forms(&self.text(), &self.url)
    }
}

/// Every name under `localhost` is this machine, as in browsers (RFC 6761 section 6.3).
struct Loopback;

impl reqwest::dns::Resolve for Loopback {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let local = name.as_str() == "localhost" || name.as_str().ends_with(".localhost");
        Box::pin(async move {
            if !local {
                return Err(format!("tests reach only this machine, not {}", name.as_str()).into());
            }
            Ok(Box::new(std::iter::once(SocketAddr::from(([127, 0, 0, 1], 0)))) as reqwest::dns::Addrs)
        })
    }
}

/// Sends bytes as they are and returns all that comes back until the server closes, or 10 s pass.
pub async fn raw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    // A server may answer and close before it has read everything; that is an answer, not a failure.
    let _ = stream.write_all(bytes).await;
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    answer
}
