//! What a request must look like, told once: the JSON Schema of its type is both what the API's description shows
//! and what the request is checked with.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use jsonschema::Validator;
use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

pub(super) use crate::model::LINE;

/// An organization's name (contract §1.2).
pub(super) const ORGANIZATION_NAME: &str = "^[a-z0-9_-]+$";
/// What an identifier in a path may hold: no control characters, and at most what Postgres can index.
pub(super) const IDENTIFIER: &str = r"^[^\u0000-\u001f\u007f-\u009f]+$";

/// Printable ASCII without spaces.
pub(super) const VISIBLE: &str = "^[!-~]+$";
/// A scope (RFC 6749 §3.3).
pub(super) const SCOPE: &str = r"^[!#-\[\]-~]+$";

/// Set to `true` in a part of a schema: what does not fit there is known to the contract and not built here.
pub(super) const NOT_BUILT: &str = "x-not-built";

/// Why a value does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// In the words of the contract (§1.15): `'Missing required property: name'`.
    pub(super) text: String,
    pub(super) is_not_built: bool,
}

/// The schema of one type of request, ready to check with.
pub(super) struct Shape {
    validator: Validator,
    schema: Value,
    /// Of a query: what kind of value each parameter has.
    kinds: HashMap<String, Kind>,
}

/// How a parameter's text becomes a value.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Boolean,
    /// May be repeated.
    Array,
}

static SHAPES: LazyLock<RwLock<HashMap<TypeId, Arc<Shape>>>> = LazyLock::new(RwLock::default);

/// The shape of a body of this type.
pub(super) fn of_body<T: JsonSchema + 'static>() -> Arc<Shape> {
    remembered::<T>(|| SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>().into())
}

/// The shape of a query of this type.
pub(super) fn of_query<T: JsonSchema + 'static>() -> Arc<Shape> {
    remembered::<T>(query_schema::<T>)
}

fn remembered<T: 'static>(schema: impl FnOnce() -> Value) -> Arc<Shape> {
    let id = TypeId::of::<T>();
    if let Some(shape) = SHAPES.read().ok().and_then(|shapes| shapes.get(&id).cloned()) {
        return shape;
    }
    let shape = Arc::new(Shape::new(schema()));
    if let Ok(mut shapes) = SHAPES.write() {
        shapes.insert(id, shape.clone());
    }
    shape
}

/// The schema of a query, whole in itself: a parameter that is left out is not `null`, and only these are known.
pub(super) fn query_schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema: Value = SchemaGenerator::new(settings).into_root_schema_for::<T>().into();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(without_null);
    }
    schema["additionalProperties"] = false.into();
    schema.as_object_mut().map(|schema| schema.remove("unevaluatedProperties"));
    schema
}

fn without_null(property: &mut Value) {
    let Some(property) = property.as_object_mut() else { return };
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            property.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(options)) = property.get_mut("enum") {
        options.retain(|option| !option.is_null());
    }
    if let Some(Value::Array(options)) = property.remove("anyOf") {
        let mut kept: Vec<Value> = options.into_iter().filter(|option| option["type"] != "null").collect();
        match (kept.len(), kept.pop()) {
            (1, Some(Value::Object(only))) => property.extend(only),
            (_, last) => drop(property.insert("anyOf".to_owned(), kept.into_iter().chain(last).collect())),
        }
    }
    property.remove("default");
}

fn kinds(schema: &Value) -> HashMap<String, Kind> {
    let Some(properties) = schema["properties"].as_object() else { return HashMap::new() };
    let kind = |property: &Value| match property["type"].as_str() {
        Some("integer" | "number") => Kind::Integer,
        Some("boolean") => Kind::Boolean,
        Some("array") => Kind::Array,
        _ => Kind::Text,
    };
    properties.iter().map(|(name, property)| (name.clone(), kind(property))).collect()
}

impl Shape {
    pub(super) fn new(schema: Value) -> Self {
        let validator = jsonschema::validator_for(&schema).expect("a schema of ours is a schema");
        Self { validator, kinds: kinds(&schema), schema }
    }

    /// # Errors
    /// The first thing that is wrong.
    pub(super) fn check(&self, value: &Value) -> Result<(), Complaint> {
        self.validator.validate(value).map_err(|error| match self.is_not_built(&error) {
            true => {
                Complaint { text: format!("{}: this value is not supported", place_within(&error)), is_not_built: true }
            }
            false => Complaint { text: explain(&error), is_not_built: false },
        })
    }

    /// Whether the part of the schema that the value does not fit says so. What is missing or of another type is
    /// always wrong.
    fn is_not_built(&self, error: &ValidationError<'_>) -> bool {
        use ValidationErrorKind::{AdditionalProperties, Constant, Enum, Not};
        if !matches!(error.kind(), AdditionalProperties { .. } | Constant { .. } | Enum { .. } | Not { .. }) {
            return false;
        }
        let path = error.evaluation_path().as_str();
        let (part, _) = path.rsplit_once('/').unwrap_or_default();
        let part = part.split('/').skip(1).try_fold(&self.schema, |part, name| match name {
            "$ref" => self.schema.pointer(part["$ref"].as_str()?.trim_start_matches('#')),
            name => part.get(name).or_else(|| part.get(name.parse::<usize>().ok()?)),
        });
        part.is_some_and(|part| part[NOT_BUILT] == true)
    }

    /// The parameters of a query as the object that [`Shape::check`] takes.
    ///
    /// # Errors
    /// When a parameter stands twice that may stand once.
    pub(super) fn read_query(&self, query: &str) -> Result<Value, Complaint> {
        let mut object = Map::new();
        for (name, text) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = match self.kinds.get(name.as_ref()) {
                Some(Kind::Integer) => text.parse::<i64>().map(Value::from).unwrap_or_else(|_| json!(text)),
                Some(Kind::Boolean) if text == "true" || text == "false" => json!(text == "true"),
                Some(Kind::Array) => {
                    let items = object.entry(name.into_owned()).or_insert_with(|| json!([]));
                    if let Some(items) = items.as_array_mut() {
                        items.push(json!(text));
                    }
                    continue;
                }
                _ => json!(text),
            };
            if object.insert(name.clone().into_owned(), value).is_some() {
                let text = format!("'Parameter given more than once: {name}'");
                return Err(Complaint { text, is_not_built: false });
            }
        }
        Ok(Value::Object(object))
    }
}

/// The complaint in the words that Auth0's API uses, with the place of what is wrong.
fn explain(error: &ValidationError<'_>) -> String {
    if let Some(cause) = cause(error) {
        return explain(cause);
    }
    let length = || error.instance().as_str().map_or(0, |text| text.chars().count());
    let items = || error.instance().as_array().map_or(0, Vec::len);
    let members = || error.instance().as_object().map_or(0, Map::len);
    let what = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            format!("Additional properties not allowed: {}", unexpected.join(","))
        }
        ValidationErrorKind::Required { property } => {
            format!("Missing required property: {}", property.as_str().unwrap_or_default())
        }
        ValidationErrorKind::Type { kind } => {
            format!("Expected type {} but found type {}", expected(kind), found(error.instance()))
        }
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => {
            format!("No enum match for: {}", short(error.instance()))
        }
        ValidationErrorKind::MinLength { limit } => {
            format!("String is too short ({} chars), minimum {limit}", length())
        }
        ValidationErrorKind::MaxLength { limit } => format!("String is too long ({} chars), maximum {limit}", length()),
        ValidationErrorKind::Pattern { pattern } => format!("String does not match pattern: {pattern}"),
        ValidationErrorKind::Minimum { limit } => format!("Value {} is less than minimum {limit}", error.instance()),
        ValidationErrorKind::Maximum { limit } => format!("Value {} is greater than maximum {limit}", error.instance()),
        ValidationErrorKind::MinItems { limit } => format!("Array is too short ({}), minimum {limit}", items()),
        ValidationErrorKind::MaxItems { limit } => format!("Array is too long ({}), maximum {limit}", items()),
        ValidationErrorKind::UniqueItems => "Array items are not unique".to_owned(),
        ValidationErrorKind::MinProperties { limit } => {
            format!("Too few properties defined ({}), minimum {limit}", members())
        }
        ValidationErrorKind::MaxProperties { limit } => {
            format!("Too many properties defined ({}), maximum {limit}", members())
        }
        _ => "Data does not match the schema".to_owned(),
    };
    let path = place(error);
    if path.is_empty() { format!("'{what}'") } else { format!("'{what}' on property {path}") }
}

/// Where the wrong value stands: `branding.colors`.
fn place(error: &ValidationError<'_>) -> String {
    error.instance_path().as_str().trim_start_matches('/').replace('/', ".")
}

/// The same with the first member that is too much.
fn place_within(error: &ValidationError<'_>) -> String {
    let unexpected = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected.first(),
        _ => None,
    };
    let place = Some(place(error)).filter(|place| !place.is_empty());
    place.into_iter().chain(unexpected.cloned()).collect::<Vec<_>>().join(".")
}

/// What is wrong inside the alternative that was meant: the one whose type fits.
fn cause<'e>(error: &'e ValidationError<'_>) -> Option<&'e ValidationError<'static>> {
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) = error.kind() else {
        if let ValidationErrorKind::PropertyNames { error } = error.kind() {
            return Some(error.as_ref());
        }
        return None;
    };
    let depth = |error: &ValidationError<'_>| error.instance_path().as_str().matches('/').count();
    let is_other_type = |inner: &ValidationError<'_>| {
        matches!(inner.kind(), ValidationErrorKind::Type { .. }) && depth(inner) <= depth(error)
    };
    let mut branches = context.iter().filter_map(|branch| branch.first());
    let meant = branches.clone().find(|inner| !is_other_type(inner));
    meant.or_else(|| branches.next())
}

fn expected(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => kinds.iter().map(|kind| kind.to_string()).collect::<Vec<_>>().join(","),
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value as it is repeated to whoever sent it.
fn short(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code)]
    struct Thing {
        #[schemars(length(min = 1, max = 5), regex(pattern = LINE))]
        name: String,
        inner: Option<Inner>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code)]
    struct Inner {
        #[schemars(range(max = 3))]
        size: i64,
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let shape = of_body::<Thing>();
        let told = |value: Value| shape.check(&value).expect_err("wrong").text;
        assert_eq!(told(json!({})), "'Missing required property: name'");
        assert_eq!(told(json!([])), "'Expected type object but found type array'");
        assert_eq!(told(json!({"name": 7})), "'Expected type string but found type integer' on property name");
        assert_eq!(told(json!({"name": "x", "more": 1})), "'Additional properties not allowed: more'");
        assert_eq!(told(json!({"name": "123456"})), "'String is too long (6 chars), maximum 5' on property name");
        assert!(told(json!({"name": "a\u{0}b"})).starts_with("'String does not match pattern"));
        assert_eq!(
            told(json!({"name": "x", "inner": {"size": 4}})),
            "'Value 4 is greater than maximum 3' on property inner.size"
        );
        assert!(shape.check(&json!({"name": "x", "inner": null})).is_ok());
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code)]
    struct Query {
        #[schemars(range(min = 1))]
        take: Option<i64>,
        include_totals: Option<bool>,
        #[serde(default)]
        strategy: Vec<String>,
    }

    #[test]
    fn a_query_is_read_by_the_kinds_of_its_parameters() {
        let shape = of_query::<Query>();
        let read = shape.read_query("take=2&include_totals=true&strategy=a&strategy=b").expect("reads");
        assert_eq!(read, json!({"take": 2, "include_totals": true, "strategy": ["a", "b"]}));
        assert!(shape.check(&read).is_ok());
        let told = |query: &str| shape.read_query(query).and_then(|read| shape.check(&read)).expect_err("wrong").text;
        assert_eq!(told("take=x"), "'Expected type integer but found type string' on property take");
        assert_eq!(told("other=1"), "'Additional properties not allowed: other'");
        assert_eq!(told("take=1&take=2"), "'Parameter given more than once: take'");
    }
}
