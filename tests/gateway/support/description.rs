//! The API's own description (OpenAPI), held against every answer that a test gets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Value, json};

/// What `/api/v2/openapi.json` tells: the same for every server of this program.
pub struct Description {
    pub document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

static DESCRIPTION: OnceLock<Description> = OnceLock::new();

impl Description {
    /// The one that was read before, if any was.
    pub fn known() -> Option<&'static Self> {
        DESCRIPTION.get()
    }

    pub fn remember(document: Value) -> &'static Self {
        DESCRIPTION.get_or_init(|| Self { document, validators: Mutex::default() })
    }

    /// The operation that a call means, as method and path template.
    pub fn operation(&self, method: &str, path: &str) -> Option<(String, &Value)> {
        let asked: Vec<&str> = path.split('?').next().unwrap_or("").split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            parts.len() == asked.len() && parts.iter().zip(&asked).all(|(part, is)| part.starts_with('{') || part == is)
        };
        // A path of words goes before one with a placeholder in their place.
        let paths = self.document["paths"].as_object()?;
        let (template, item) = paths
            .iter()
            .filter(|(template, item)| fits(template) && item.get(method.to_lowercase()).is_some())
            .min_by_key(|(template, _)| template.matches('{').count())?;
        Some((template.clone(), &item[method.to_lowercase()]))
    }

    /// # Panics
    /// When the description does not know the status, or the body is not of the described shape.
    pub fn check(&self, method: &str, path: &str, status: u16, body: &[u8]) {
        let Some((template, operation)) = self.operation(method, path) else { return };
        let place = format!("{} {template} {status}", method.to_uppercase());
        let response = &operation["responses"][status.to_string()];
        assert!(response.is_object(), "{place}: the description does not tell this status; {path}");
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            assert!(body.is_empty(), "{place}: the description tells no body");
            return;
        }
        let value: Value = serde_json::from_slice(body).unwrap_or_else(|_| panic!("{place}: no JSON"));
        let validator = self.validator(&place, schema);
        if let Err(error) = validator.validate(&value) {
            panic!("{place}: not as described: {error} at {}\n{value:#}", error.instance_path());
        }
    }

    fn validator(&self, place: &str, schema: &Value) -> Arc<Validator> {
        if let Some(made) = self.validators.lock().unwrap().get(place) {
            return made.clone();
        }
        let mut whole = json!({ "components": self.document["components"] });
        whole["allOf"] = json!([schema]);
        let made = Arc::new(jsonschema::validator_for(&whole).expect(place));
        self.validators.lock().unwrap().insert(place.to_owned(), made.clone());
        made
    }
}
