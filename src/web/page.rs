//! `Page`: an HTML answer with the headers that every page carries.

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::layers::DEFAULT_HEADERS;
use crate::model::ShownOrganization;

/// A rendered template, its status, and what its Content-Security-Policy must allow.
#[derive(Debug)]
pub struct Page<T> {
    template: T,
    status: StatusCode,
    form_targets: FormTargets,
    image_origins: ImageOrigins,
    /// Scripts, and what they ask, of ourselves.
    has_scripts: bool,
    /// Pages of ours in frames.
    has_frames: bool,
}

/// Where the forms of a page may lead.
#[derive(Debug, Default)]
enum FormTargets {
    /// It has none.
    #[default]
    Nowhere,
    Ourselves,
    /// Anywhere over https, and to these.
    Applications(Vec<String>),
}

/// The origins of a page's images, each once.
#[derive(Debug, Default)]
pub struct ImageOrigins(Vec<String>);

impl ImageOrigins {
    /// Of these addresses (logos, options' icons). Relative ones need nothing.
    pub fn of<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let mut origins = Self::default();
        addresses.into_iter().for_each(|address| origins.add(address));
        origins
    }

    fn add(&mut self, address: &str) {
        self.0.extend(image_origin(address).filter(|origin| !self.0.contains(origin)));
    }
}

impl<T: Template> Page<T> {
    /// A page without a form and with images of our own only, answered 200.
    pub fn new(template: T) -> Self {
        Self {
            template,
            status: StatusCode::OK,
            form_targets: FormTargets::Nowhere,
            image_origins: ImageOrigins::default(),
            has_scripts: false,
            has_frames: false,
        }
    }

    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The page has a form. Chromium checks the whole redirect chain after a form, and the application may redirect
    /// again, or be a gateway that leads to another application. So besides ourselves any https address and this
    /// machine are allowed, and the `targets` (the redirect URI), each by its origin or its scheme
    /// (`com.example.app:`) unless it is allowed already. What has neither is left out, so no text from a request adds a directive.
    pub fn form_targets<I: IntoIterator<Item: AsRef<str>>>(mut self, targets: I) -> Self {
        let sources = targets.into_iter().filter_map(|target| form_source(target.as_ref()));
        self.form_targets = FormTargets::Applications(sources.collect());
        self
    }

    /// The page has forms, which lead to pages of ours only.
    pub fn own_forms(mut self) -> Self {
        self.form_targets = FormTargets::Ourselves;
        self
    }

    /// The page has our own script, which asks ourselves.
    pub fn own_scripts(mut self) -> Self {
        self.has_scripts = true;
        self
    }

    /// The page shows others of ours in frames.
    pub fn own_frames(mut self) -> Self {
        self.has_frames = true;
        self
    }

    /// Allows the origin of an image's address.
    fn image(mut self, address: Option<&str>) -> Self {
        address.into_iter().for_each(|address| self.image_origins.add(address));
        self
    }

    /// Allows the logo of the organization whose page it is.
    pub fn logo_of(self, organization: Option<Arc<ShownOrganization>>) -> Self {
        self.image(organization.as_ref().and_then(|organization| organization.logo_url.as_deref()))
    }

    /// Allows images from these origins.
    pub fn images(mut self, origins: ImageOrigins) -> Self {
        self.image_origins.0.extend(origins.0);
        self
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HEADERS.clone();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy());
        headers
    }

    fn policy(&self) -> HeaderValue {
        /// Of a page whose form leads to https and whose images are ours, as nearly every login page is: to put it
        /// together and check it each time takes longer than all other headers.
        static USUAL: LazyLock<HeaderValue> =
            LazyLock::new(|| content_security_policy(&[], &FormTargets::Applications(Vec::new())));
        match (self.image_origins.0.as_slice(), &self.form_targets) {
            ([], FormTargets::Applications(targets)) if targets.is_empty() => USUAL.clone(),
            (images, form_targets) => {
                let policy = content_security_policy(images, form_targets);
                match (self.has_scripts, self.has_frames) {
                    (false, false) => policy,
                    (scripts, frames) => with_more(&policy, scripts, frames),
                }
            }
        }
    }
}

fn content_security_policy(images: &[String], form_targets: &FormTargets) -> HeaderValue {
    let mut policy = String::with_capacity(320);
    policy.push_str("default-src 'none'; style-src 'self'; img-src 'self' data:");
    for origin in images {
        let _ = write!(policy, " {origin}");
    }
    match form_targets {
        FormTargets::Nowhere => policy.push_str("; form-action 'none'"),
        FormTargets::Ourselves => policy.push_str("; form-action 'self'"),
        FormTargets::Applications(targets) => {
            policy.push_str("; form-action 'self' https: http://localhost:* http://127.0.0.1:*");
            for target in targets {
                let _ = write!(policy, " {target}");
            }
        }
    }
    policy.push_str("; base-uri 'none'; frame-ancestors 'none'");
    // Sources are ASCII by construction; should one ever not be, the page may do nothing at all.
    HeaderValue::try_from(policy).unwrap_or(CLOSED)
}

/// The policy with what only some pages need.
fn with_more(policy: &HeaderValue, scripts: bool, frames: bool) -> HeaderValue {
    let scripts = if scripts { "; script-src 'self'; connect-src 'self'" } else { "" };
    let frames = if frames { "; frame-src 'self'" } else { "" };
    let policy = policy.to_str().unwrap_or_default();
    HeaderValue::try_from(format!("{policy}{scripts}{frames}")).unwrap_or(CLOSED)
}

/// Lets pages of ours show this one in a frame, and no others.
pub fn let_ourselves_frame(headers: &mut HeaderMap) {
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let policy = policy.unwrap_or_default().replace("frame-ancestors 'none'", "frame-ancestors 'self'");
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy).unwrap_or(CLOSED));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
}

/// A page that may do nothing at all.
const CLOSED: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Room for a page, so that it does not grow while it is drawn.
const PAGE_BYTES: usize = 8192;

/// What every page carries, with what every answer does: to copy them costs a third of putting in each.
static HEADERS: LazyLock<HeaderMap> = LazyLock::new(|| OWN_HEADERS.into_iter().chain(DEFAULT_HEADERS).collect());

/// What is of pages only. There is no Cross-Origin-Opener-Policy on purpose: an application may open the login in a
/// popup and wait for its answer by `postMessage`; any value but `unsafe-none` on one page of that popup cuts it from
/// its opener for good. An opener of another origin can only navigate or close the page, which runs no script.
const OWN_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    // Its language is chosen by the request (`text.rs`).
    (header::VARY, HeaderValue::from_static("accept-language")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    // Passkeys stay allowed for ourselves; a login page needs nothing else of the device.
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ),
];

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let mut html = String::with_capacity(PAGE_BYTES);
        match self.template.render_into(&mut html) {
            Ok(()) => {
                let mut headers = self.headers();
                if let Some(language) = language(&html).and_then(|language| HeaderValue::from_str(language).ok()) {
                    headers.insert(header::CONTENT_LANGUAGE, language);
                }
                let mut response = Response::new(Body::from(html));
                *response.status_mut() = self.status;
                *response.headers_mut() = headers;
                response
            }
            Err(error) => {
                tracing::error!(%error, "a page could not be drawn");
                (StatusCode::INTERNAL_SERVER_ERROR, "The page could not be drawn. Please try again.").into_response()
            }
        }
    }
}

/// What a page says of itself: the `lang` it begins with (`base.html`).
fn language(html: &str) -> Option<&str> {
    let rest = html.strip_prefix("<!doctype html>\n<html lang=\"")?;
    Some(rest.split_once('"')?.0)
}

fn image_origin(address: &str) -> Option<String> {
    if let Some(origin) = plain_origin(address) {
        return Some(origin.to_owned());
    }
    Url::parse(address).ok().and_then(|url| origin_source(&url))
}

/// The origin of an address that needs no reading to see it, as nearly every logo's: https at a name in small letters.
/// A host whose last label begins with a digit may be a number that stands for an address.
fn plain_origin(address: &str) -> Option<&str> {
    let after = address.strip_prefix("https://")?;
    let host = &after[..after.find('/')?];
    let is_plain = host.split('.').all(|label| {
        label.starts_with(|first: char| first.is_ascii_lowercase())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with("xn--")
    });
    is_plain.then(|| &address[..address.len() - after.len() + host.len()])
}

/// A CSP source for the address a form may lead to: an origin, or `scheme:` for an application's own scheme.
fn form_source(target: &str) -> Option<String> {
    if target.starts_with("https://") {
        // As any is.
        return None;
    }
    let url = Url::parse(target).ok()?;
    match url.scheme() {
        "http" => origin_source(&url),
        "https" => None,
        scheme => is_application_scheme(scheme).then(|| format!("{scheme}:")),
    }
}

/// RFC 3986 §3.1. Schemes that run or hold content are no application's own.
fn is_application_scheme(scheme: &str) -> bool {
    scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        && !["javascript", "data", "blob", "filesystem", "file", "about"].contains(&scheme)
}

/// The origin of an http or https address. A host of CSP's grammar only: `url` lets `;` and `,` pass nowhere, and
/// this holds it to that. An IPv6 origin is no CSP source in browsers, so it is left out as well.
fn origin_source(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"))?;
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    plain.then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Template)]
    #[template(source = "<p>{{ text }}</p>", ext = "html")]
    struct Sample {
        text: &'static str,
    }

    const ANYWHERE: &str = "form-action 'self' https: http://localhost:* http://127.0.0.1:*";

    fn policy(page: Page<Sample>) -> String {
        let response = page.into_response();
        response.headers()["content-security-policy"].to_str().expect("text").to_owned()
    }

    fn sample() -> Page<Sample> {
        Page::new(Sample { text: "<script>" })
    }

    #[test]
    fn a_page_without_a_form_may_send_none() {
        assert_eq!(
            policy(sample()),
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; \
             frame-ancestors 'none'"
        );
    }

    #[test]
    fn a_form_may_end_at_the_redirect_uri() {
        let page = sample().form_targets(["http://app.internal:3000/callback?x=1", "com.example.app:/callback"]);
        let policy = policy(page);
        let expected = format!("{ANYWHERE} http://app.internal:3000 com.example.app:; base-uri");
        assert!(policy.contains(&expected), "{policy}");
        assert!(super::tests::policy(sample().form_targets([""; 0])).contains(&format!("{ANYWHERE}; base-uri")));
    }

    #[test]
    fn an_image_adds_only_its_origin() {
        let logo = Some("https://cdn.example.com:8443/a,b;c/logo.png?x");
        let policy = policy(sample().image(logo).image(logo).image(None).image(Some("/assets/logo.svg")));
        assert!(policy.contains("img-src 'self' data: https://cdn.example.com:8443; form-action"), "{policy}");
    }

    #[test]
    fn a_plain_origin_is_the_one_that_reading_the_address_finds() {
        let plain =
            ["https://cdn.example/logo.svg", "https://a-b.c9.example/?x", "https://localhost/", "https://x.io/a@b:c"];
        for address in plain {
            let url = Url::parse(address).expect("an address");
            assert_eq!(plain_origin(address).map(str::to_owned), origin_source(&url), "{address}");
        }
        let others = [
            "https://cdn.example",
            "https://CDN.example/",
            "https://a:b@c.example/",
            "https://cdn.example:8443/",
            "https://127.1/",
            "https://a.example.0x7f/",
            "https://xn--bcher-kva.example/",
            "https://[::1]/",
            "https://a.example\\@b.example/",
            "https://bücher.example/",
            "https:///a",
            "https://a..example/",
            "/logo",
            "https://a.example;script-src/",
        ];
        for address in others {
            assert_eq!(plain_origin(address), None, "{address}");
        }
    }

    #[test]
    fn nothing_from_a_request_adds_a_directive() {
        let hostile = [
            "x; script-src *:",
            "https://a;script-src *",
            "javascript:",
            "data:,x",
            "http:",
            "*",
            "'unsafe-inline'",
            ":",
        ];
        let policy = policy(sample().form_targets(hostile).image(Some("javascript:alert(1)")).image(Some("x y")));
        assert!(policy.contains(&format!("{ANYWHERE}; base-uri")), "{policy}");
        assert!(!policy.contains("script-src"));
    }

    #[test]
    fn every_page_carries_the_headers() {
        assert_eq!(language("<!doctype html>\n<html lang=\"ar\" dir=\"rtl\">"), Some("ar"));
        assert_eq!(language("<p>lang"), None);
        let response = sample().status(StatusCode::NOT_FOUND).into_response();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(!response.headers().contains_key("cross-origin-opener-policy"));
        for (name, value) in OWN_HEADERS {
            assert_eq!(response.headers()[&name], value);
        }
        assert_eq!(response.headers().get_all("content-type").iter().count(), 1);
    }
}
