//! What an application keeps with an organization: up to 25 texts, each under its key.

use std::collections::BTreeMap;

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::{Value, json};

use super::Answer;
use super::editing::{Edit, Labels};
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::organization::{Head, Tab, address, path};
use super::session::Signed;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// Entries an organization may have (contract §1.2).
const MOST: usize = 25;
/// Empty lines below those that are filled.
const EMPTY: usize = 3;

const FIELDS: Labels = &[("key", "Keys"), ("value", "Values")];

#[derive(Template)]
#[template(path = "dashboard/metadata.html", whitespace = "minimize")]
struct MetadataPage {
    text: Text,
    frame: Frame,
    head: Head,
    form: Edit,
    lines: Vec<(String, String)>,
}

/// `GET /dashboard/organizations/{id}/metadata`.
pub(super) async fn page(signed: Signed, Path(id): Path<String>) -> Answer {
    draw(&signed, &id, signed.draft.clone(), Errors::default()).await
}

async fn draw(signed: &Signed, id: &str, typed: Option<Form>, errors: Errors) -> Answer {
    let (head, version) = Head::find_versioned(&signed.api, id, Tab::Metadata).await?;
    let there = as_form(head.organization.metadata.clone().unwrap_or_default());
    let form = Edit::of((there, version), typed, &errors, FIELDS);
    let mut lines = lines(form.form());
    lines.resize((lines.len() + EMPTY).min(MOST).max(lines.len()), (String::new(), String::new()));
    head.frame(signed).with(errors).draw(|frame| MetadataPage { text: signed.reader.text, frame, head, form, lines })
}

fn as_form(metadata: BTreeMap<String, String>) -> Form {
    let entry = |(key, value)| [("key".to_owned(), key), ("value".to_owned(), value)];
    metadata.into_iter().flat_map(entry).collect()
}

/// Key and value of each line that is not empty.
fn lines(form: &Form) -> Vec<(String, String)> {
    let pairs = form.all("key").zip(form.all("value"));
    let filled = pairs.filter(|(key, value)| !key.is_empty() || !value.is_empty());
    filled.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// What to say of the lines themselves.
fn complaint(lines: &[(String, String)], metadata: &BTreeMap<&str, &str>) -> Option<&'static str> {
    if lines.iter().any(|(key, _)| key.is_empty()) {
        return Some("Every value needs a key.");
    }
    (metadata.len() < lines.len()).then_some("Two lines have the same key.")
}

/// `POST /dashboard/organizations/{id}/metadata`.
pub(super) async fn update(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let lines = lines(&form);
    let metadata: BTreeMap<_, _> = lines.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    if let Some(complaint) = complaint(&lines, &metadata) {
        return draw(&signed, &id, Some(form), Errors::at_field("metadata", complaint)).await;
    }
    let body = json!({ "metadata": metadata });
    match signed.api.patch_version::<Value>(&path(&id), form.get("version"), &body).await {
        Ok(_) => Ok(redirect::see_other(&Done::Kept.at(&format!("{}/metadata", address(&id))))),
        Err(error) => draw(&signed, &id, Some(form), Errors::of(error, &["metadata"])?).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_keys_with_their_values() {
        let form: Form =
            [("key", "plan"), ("value", "gold"), ("key", ""), ("value", ""), ("key", "note"), ("value", "")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into_iter()
                .collect();
        let found = lines(&form);
        assert_eq!(found, [("plan", "gold"), ("note", "")].map(|(key, value)| (key.to_owned(), value.to_owned())));
        let metadata = BTreeMap::from([("plan", "gold"), ("note", "")]);
        assert_eq!(complaint(&found, &metadata), None);
        let twice = [("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())];
        assert!(complaint(&twice, &BTreeMap::from([("a", "2")])).is_some());
        assert!(complaint(&[(String::new(), "x".to_owned())], &BTreeMap::from([("", "x")])).is_some());
    }
}
