//! The files a page is drawn with: one hashed stylesheet, an organization's colours, the icon.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::theme::{self, Color};
use crate::model::organization::is_color;
use crate::model::{ShownOrganization, sha256};

const FAVICON: &str = include_str!("../../templates/assets/favicon.svg");

/// A year, and never asked for again: the address changes with the content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The default colours, then the rules that use them.
static STYLE: LazyLock<String> = LazyLock::new(|| {
    let primary = Color::parse(theme::DEFAULT_PRIMARY).expect("the default is a colour");
    theme::stylesheet(primary, None) + &compact(include_str!("../../templates/assets/style.css"))
});

/// What the dashboard needs besides.
static DASHBOARD_STYLE: LazyLock<String> =
    LazyLock::new(|| compact(include_str!("../../templates/assets/dashboard.css")));

const DASHBOARD_SCRIPT: &str = include_str!("../../templates/assets/dashboard.js");

static DASHBOARD_SCRIPT_PATH: LazyLock<String> =
    LazyLock::new(|| format!("/assets/dashboard.{}.js", &sha256(DASHBOARD_SCRIPT)[..12]));

static DASHBOARD_STYLE_PATH: LazyLock<String> =
    LazyLock::new(|| format!("/assets/dashboard.{}.css", &sha256(&DASHBOARD_STYLE)[..12]));

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/style.{}.css", version()));

/// A stylesheet of ours without its comments and indentation: no value in it is of several lines.
fn compact(css: &str) -> String {
    let mut parts = css.split("/*");
    let first = parts.next().unwrap_or_default();
    let uncommented = parts.filter_map(|part| part.split_once("*/")).map(|(_, rest)| rest);
    let lines = [first].into_iter().chain(uncommented).flat_map(str::lines).map(str::trim);
    lines.collect::<Vec<_>>().concat()
}

/// Stands for the style in addresses: a part of its SHA-256.
fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| sha256(&STYLE)[..12].to_owned());
    &VERSION
}

/// The address of the stylesheet, for templates.
pub fn stylesheet_path() -> &'static str {
    &STYLE_PATH
}

/// The address of the dashboard's own stylesheet, for templates.
pub fn dashboard_style_path() -> &'static str {
    &DASHBOARD_STYLE_PATH
}

/// The address of the dashboard's script, for templates.
pub fn dashboard_script_path() -> &'static str {
    &DASHBOARD_SCRIPT_PATH
}

/// The address of the stylesheet with an organization's colours. One that is no colour is ignored: the page has the
/// default instead.
pub fn theme_of(organization: &ShownOrganization) -> Option<String> {
    let (primary, background) = organization.colors.as_ref()?;
    theme_path(primary, background.as_deref()).or_else(|| theme_path(primary, None))
}

/// The address of the stylesheet with these colours, or `None` if one is not `#rgb` or `#rrggbb`.
fn theme_path(primary: &str, background: Option<&str>) -> Option<String> {
    if !is_color(primary) || !background.is_none_or(is_color) {
        return None;
    }
    let mut path = String::with_capacity(80);
    path.extend(["/assets/theme.css?v=", version(), "&primary=%23", &primary[1..]]);
    if let Some(background) = background {
        path.push_str("&background=%23");
        path.push_str(&background[1..]);
    }
    Some(path)
}

/// The routes below `/assets/`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/assets/theme.css", get(theme_css))
        .route("/assets/favicon.svg", get(|| async { file("image/svg+xml", "public, max-age=86400", FAVICON) }))
        .route("/assets/{file}", get(hashed))
}

/// A stylesheet or script. During a rolling upgrade a page of another version may ask with its own hash: it
/// gets ours rather than none, but must not keep it under that address.
async fn hashed(Path(name): Path<String>) -> Response {
    const CSS: &str = "text/css; charset=utf-8";
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    let files = [
        (&STYLE_PATH, CSS, STYLE.as_str()),
        (&DASHBOARD_STYLE_PATH, CSS, DASHBOARD_STYLE.as_str()),
        (&DASHBOARD_SCRIPT_PATH, SCRIPT, DASHBOARD_SCRIPT),
    ];
    let own_name = |path: &'static str| path.trim_start_matches("/assets/");
    let asked = files.into_iter().find(|(path, ..)| without_hash(own_name(path)) == without_hash(&name));
    let Some((path, kind, content)) = asked else { return StatusCode::NOT_FOUND.into_response() };
    let cache = if own_name(path) == name { IMMUTABLE } else { "no-store" };
    file(kind, cache, content.to_owned())
}

/// What comes before and after the hash in the name of a file.
fn without_hash(name: &str) -> Option<(&str, &str)> {
    let (start, rest) = name.split_once('.')?;
    Some((start, rest.rsplit_once('.')?.1))
}

#[derive(Deserialize)]
struct ThemeQuery {
    primary: String,
    background: Option<String>,
}

/// An organization's colours: the CSP allows no inline style, so they come as a stylesheet.
async fn theme_css(query: Result<Query<ThemeQuery>, axum::extract::rejection::QueryRejection>) -> Response {
    let colors = query.ok().and_then(|Query(query)| {
        let background = match query.background {
            Some(text) => Some(Color::parse(&text)?),
            None => None,
        };
        Some((Color::parse(&query.primary)?, background))
    });
    match colors {
        Some((primary, background)) => {
            file("text/css; charset=utf-8", IMMUTABLE, theme::stylesheet(primary, background))
        }
        None => (StatusCode::BAD_REQUEST, "Colours are given as #rgb or #rrggbb.").into_response(),
    }
}

fn file(content_type: &'static str, cache: &'static str, content: impl IntoResponse) -> Response {
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, cache),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str) -> (StatusCode, String, String) {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = router::<()>().oneshot(request).await.expect("an answer");
        let cache = response.headers().get("cache-control").map(|value| value.to_str().expect("text").to_owned());
        let status = response.status();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, cache.unwrap_or_default(), String::from_utf8(body.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn the_stylesheet_is_kept_for_ever_under_its_hash_only() {
        let (status, cache, body) = get(stylesheet_path()).await;
        assert_eq!((status, cache.as_str()), (StatusCode::OK, IMMUTABLE));
        assert!(body.starts_with(":root{--brand:#2552cc"));
        let (status, cache, _) = get("/assets/style.older.css").await;
        assert_eq!((status, cache.as_str()), (StatusCode::OK, "no-store"));
        assert_eq!(get("/assets/other").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_theme_has_the_asked_colours() {
        let path = theme_path("#0af", Some("#FAFAFA")).expect("colours");
        let (status, cache, body) = get(&path).await;
        assert_eq!((status, cache.as_str()), (StatusCode::OK, IMMUTABLE));
        assert!(body.contains("--brand:#00aaff") && body.contains("--page:#fafafa"), "{body}");
    }

    #[tokio::test]
    async fn a_theme_refuses_what_is_not_a_colour() {
        let bad = ["primary=red", "primary=%23fff%7D*%7B", "", "primary=%23fff&background=x", "background=%23fff"];
        for query in bad {
            let (status, cache, body) = get(&format!("/assets/theme.css?{query}")).await;
            assert_eq!((status, cache.as_str()), (StatusCode::BAD_REQUEST, ""), "{query}");
            assert!(!body.contains('{'));
        }
        assert_eq!(theme_path("#fff\"", None), None);
        assert_eq!(theme_path("#fff", Some("url(//evil)")), None);
    }
}
