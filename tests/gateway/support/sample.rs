//! Values that fit a JSON Schema, and values that just do not.

use serde_json::{Map, Value, json};

/// Texts of every form that the API asks for; the first that fits is taken.
const TEXTS: [&str; 13] = [
    "acme",
    "org_0000000000000000",
    "con_0000000000000000",
    "https://app.example/callback",
    "someone@acme.example",
    "acme.example",
    "#0059d6",
    "2027-01-01T00:00:00.000Z",
    "name:1",
    "created_at:1",
    "read:things",
    "en",
    "auth0",
];

/// Schemas of one document, whose references lead into its components.
pub struct Schemas<'d> {
    document: &'d Value,
}

impl<'d> Schemas<'d> {
    pub fn of(document: &'d Value) -> Self {
        Self { document }
    }

    /// The schema itself, where this one only names it.
    pub fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str() {
            Some(reference) => self.resolve(self.document.pointer(reference.trim_start_matches('#')).unwrap()),
            None => schema,
        }
    }

    pub fn fits(&self, schema: &Value, value: &Value) -> bool {
        let whole = json!({ "components": self.document["components"], "allOf": [schema] });
        jsonschema::validator_for(&whole).unwrap().is_valid(value)
    }

    /// A small value that fits: only required members, the shortest lists.
    pub fn sample(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        if let Some(options) = schema["enum"].as_array() {
            return options[0].clone();
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        for alternatives in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema[alternatives].get(0) {
                return self.sample(first);
            }
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("string");
        match kind {
            "object" => {
                let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let members = required.map(|name| (name.to_owned(), self.sample(&schema["properties"][name])));
                Value::Object(members.collect::<Map<_, _>>())
            }
            "array" => {
                let items = schema["minItems"].as_u64().unwrap_or(0);
                (0..items).map(|_| self.sample(&schema["items"])).collect()
            }
            "integer" | "number" => schema["minimum"].as_i64().unwrap_or(1).into(),
            "boolean" => true.into(),
            "null" => Value::Null,
            _ => {
                let longest = "x".repeat(schema["minLength"].as_u64().unwrap_or(1) as usize);
                let texts = TEXTS.iter().copied().chain([longest.as_str()]);
                let found = texts.map(Value::from).find(|text| self.fits(schema, text));
                found.unwrap_or_else(|| panic!("no text fits {schema}"))
            }
        }
    }

    /// A value of another type than the schema takes, if there is one.
    pub fn of_wrong_type(&self, schema: &Value) -> Option<Value> {
        let values = [json!({ "odd": [] }), json!([{ "odd": 1 }]), json!(7.5), json!("\u{1}"), Value::Null];
        values.into_iter().find(|value| !self.fits(schema, value))
    }

    /// A value one beyond what the schema allows, if it has a limit.
    pub fn over_limit(&self, schema: &Value) -> Option<Value> {
        let schema = self.resolve(schema);
        if let Some(longest) = schema["maxLength"].as_u64() {
            return Some("x".repeat(longest as usize + 1).into());
        }
        if let Some(most) = schema["maxItems"].as_u64() {
            let item = self.sample(&schema["items"]);
            return Some((0..=most).map(|_| item.clone()).collect());
        }
        if let Some(most) = schema["maxProperties"].as_u64() {
            return Some((0..=most).map(|number| (format!("k{number}"), json!("v"))).collect::<Map<_, _>>().into());
        }
        if let Some(most) = schema["maximum"].as_i64() {
            return Some((most + 1).into());
        }
        let alternatives = schema["anyOf"].as_array()?;
        alternatives.iter().find_map(|schema| self.over_limit(schema)).filter(|value| !self.fits(schema, value))
    }
}
