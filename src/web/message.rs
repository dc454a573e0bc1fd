//! The message page: what happened and what to do next; every face that meets a person speaks so.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::page::Page;
use super::text::{Reader, Text, text_key};
use crate::model::ShownOrganization;

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
    /// Whose page it is.
    pub organization: Option<Arc<ShownOrganization>>,
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
        let organization = self.organization.clone();
        Page::new(self).status(status).logo_of(organization)
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
