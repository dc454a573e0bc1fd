//! The message page: what happened and what to do next; every face that meets a person speaks so.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::assets::theme_path;
use super::page::Page;
use super::text::{Reader, Text, text_key};

/// A notice or an error: what happened, what to do next, and the request id to quote.
#[derive(Debug, Clone, Template)]
#[template(path = "message.html", whitespace = "minimize")]
pub struct MessagePage {
    pub text: Text,
    pub title: String,
    pub message: String,
    pub detail: Option<String>,
    /// Label and address; the first is drawn as the main one.
    pub actions: Vec<(String, String)>,
    /// Empty where nothing went wrong.
    pub request_id: String,
    pub organization: Option<OrganizationView>,
}

impl MessagePage {
    /// The message `key` with its parts `.text` and `.detail`.
    pub fn new(reader: &Reader, key: &'static str) -> Self {
        let text = reader.text;
        Self {
            text,
            title: text.get(key).to_owned(),
            message: text.attribute(key, "text").unwrap_or_default().to_owned(),
            detail: text.attribute(key, "detail").map(str::to_owned),
            actions: Vec::new(),
            request_id: reader.request_id.clone(),
            organization: None,
        }
    }

    pub fn into_page(self, status: StatusCode) -> Page<Self> {
        let logo = self.organization.as_ref().and_then(|organization| organization.logo_url.clone());
        Page::new(self).status(status).image(logo.as_deref())
    }
}

/// An organization as its pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationView {
    /// What a person reads: the display name, or the name.
    pub title: String,
    /// The stable handle.
    pub name: String,
    /// An https address, or one of our own; without it the first letter of the title is drawn.
    pub logo_url: Option<String>,
    pub theme: Option<ThemeColors>,
}

/// Branding colours as `#rgb` or `#rrggbb`. Others are ignored: the page then has the default colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeColors {
    pub primary: String,
    pub background: Option<String>,
}

impl OrganizationView {
    pub(crate) fn theme_path(&self) -> Option<String> {
        let theme = self.theme.as_ref()?;
        theme_path(&theme.primary, theme.background.as_deref()).or_else(|| theme_path(&theme.primary, None))
    }
}

/// The first letter or digit of a title as a capital, for a tile that stands in for a picture.
pub fn initial(title: &str) -> String {
    let first = title.chars().find(|character| character.is_alphanumeric());
    first.map_or_else(|| "•".to_owned(), |character| character.to_uppercase().collect())
}

/// The page of an address where nothing is.
pub async fn nothing_here(reader: Reader) -> Response {
    MessagePage::new(&reader, text_key("nothing-here")).into_page(StatusCode::NOT_FOUND).into_response()
}
