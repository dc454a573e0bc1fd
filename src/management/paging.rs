//! Lists: a bare array, an envelope with totals, or a part with the cursor of the next (contract §1.14).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use crate::model::ApiError;
use crate::store::{Key, Placed, Position, Slice};

/// Offset paging beyond this many rows is refused; checkpoint paging goes on (contract §1.14).
const MOST_BY_OFFSET: i64 = 1000;

/// What the items of a list are called in an envelope.
pub(super) trait Listed: Serialize + JsonSchema {
    const KEY: &'static str;
    /// Whether the envelope with totals tells its own `length`, too (contract §1.13, users).
    const TELLS_LENGTH: bool = false;
    /// Whether the envelope tells how many there are in all; that of invitations does not (contract §1.7).
    const TELLS_TOTAL: bool = true;
}

/// `page`, `per_page` and `include_totals` of a list; flatten it into the operation's own parameters.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(super) struct Paging {
    /// Which page, from 0.
    #[schemars(range(min = 0, max = 1000))]
    page: Option<i64>,
    /// Items of a page.
    #[schemars(range(min = 1, max = 100))]
    per_page: Option<i64>,
    /// Answer an object with `start`, `limit` and `total` instead of an array.
    include_totals: Option<bool>,
}

/// The same with `from` and `take`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(super) struct CheckpointPaging {
    #[serde(flatten)]
    offset: Paging,
    /// The `next` of the part before.
    #[schemars(length(min = 1, max = 4000))]
    from: Option<String>,
    /// Items of a part; answers an object with `next`, also when `include_totals` is sent.
    #[schemars(range(min = 1, max = 100))]
    take: Option<i64>,
}

/// Which part of a list was asked for, and in which of its three forms.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    form: Form,
    limit: i64,
    pub(super) slice: Slice,
    /// Names the list's order in a cursor, so that one of another order is refused.
    order: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bare,
    Totals,
    Checkpoint,
}

impl Paging {
    /// # Errors
    /// 400 `invalid_paging` beyond the first 1000 rows.
    pub(super) fn wanted(&self, default_per_page: i64) -> Result<Wanted, ApiError> {
        let (page, limit) = (self.page.unwrap_or(0), self.per_page.unwrap_or(default_per_page));
        if (page + 1) * limit > MOST_BY_OFFSET {
            let message = format!(
                "Page number {page} with {limit} per page exceeds the allowed maximum of {MOST_BY_OFFSET} records; \
                 use checkpoint pagination."
            );
            return Err(ApiError::new(400, Some("invalid_paging"), message));
        }
        let form = if self.include_totals.unwrap_or(false) { Form::Totals } else { Form::Bare };
        Ok(Wanted { form, limit, slice: Slice { after: None, skip: page * limit, most: limit }, order: "" })
    }
}

impl CheckpointPaging {
    /// # Errors
    /// 400 `invalid_paging` beyond the first 1000 rows, 400 `invalid_query_string` for a `from` that is no cursor.
    pub(super) fn wanted(&self, default_per_page: i64) -> Result<Wanted, ApiError> {
        self.wanted_in("", default_per_page)
    }

    /// The same for a list that can have several orders; `order` names this one.
    pub(super) fn wanted_in(&self, order: &'static str, default_per_page: i64) -> Result<Wanted, ApiError> {
        if self.from.is_none() && self.take.is_none() {
            return Ok(Wanted { order, ..self.offset.wanted(default_per_page)? });
        }
        let after = self.from.as_deref().map(|from| read_cursor(from, order)).transpose()?;
        let limit = self.take.unwrap_or(50);
        // One more tells whether there is a next part.
        Ok(Wanted { form: Form::Checkpoint, limit, slice: Slice { after, skip: 0, most: limit + 1 }, order })
    }
}

impl Wanted {
    /// Whether the answer tells how many there are in all; counting is left out where it does not.
    pub(super) fn counts(&self) -> bool {
        self.form == Form::Totals
    }

    /// A list that is always in an envelope with totals.
    pub(super) fn always_counted(self) -> Self {
        Self { form: if self.form == Form::Bare { Form::Totals } else { self.form }, ..self }
    }

    /// A list that is always in the envelope of checkpoint paging.
    pub(super) fn always_checkpoint(self) -> Self {
        match self.form {
            Form::Checkpoint => self,
            _ => {
                let slice = Slice { most: self.limit + 1, ..self.slice };
                Self { form: Form::Checkpoint, slice, ..self }
            }
        }
    }

    /// The answer; `total` is read only where [`Wanted::counts`].
    pub(super) fn answer<T: Listed>(self, mut rows: Vec<Placed<T>>, total: i64) -> List<T> {
        let next = (self.form == Form::Checkpoint && rows.len() as i64 > self.limit)
            .then(|| {
                rows.truncate(self.limit as usize);
                rows.last().map(|last| write_cursor(&last.position, self.order))
            })
            .flatten();
        let items = rows.into_iter().map(|row| row.item).collect();
        match self.form {
            Form::Bare => List::Bare(items),
            Form::Totals => List::Totals { items, start: self.slice.skip, limit: self.limit, total },
            Form::Checkpoint => List::Part { items, next },
        }
    }
}

impl<T> Placed<T> {
    /// The same place with another view of the item.
    pub(super) fn map<U>(self, view: impl FnOnce(T) -> U) -> Placed<U> {
        Placed { position: self.position, item: view(self.item) }
    }
}

fn write_cursor(position: &Position, order: &str) -> String {
    let key = match &position.key {
        Key::Time(time) => json!(time),
        Key::Text(text) => json!(text),
    };
    URL_SAFE_NO_PAD.encode(json!([order, key, position.id]).to_string())
}

fn read_cursor(text: &str, order: &str) -> Result<Position, ApiError> {
    let wrong = || ApiError::invalid_query("Query validation error: 'Invalid cursor' on property from.");
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let (of, key, id): (String, Value, String) = serde_json::from_slice(&json).map_err(|_| wrong())?;
    let key = match key {
        Value::String(text) if !text.contains('\0') => Key::Text(text),
        Value::Number(number) => Key::Time(number.as_i64().ok_or_else(wrong)?),
        _ => return Err(wrong()),
    };
    if of != order || id.contains('\0') {
        return Err(wrong());
    }
    Ok(Position { key, id })
}

/// A list in one of its forms.
pub(super) enum List<T> {
    Bare(Vec<T>),
    Totals { items: Vec<T>, start: i64, limit: i64, total: i64 },
    Part { items: Vec<T>, next: Option<String> },
}

impl<T: Listed> Serialize for List<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        match self {
            Self::Bare(items) => items.serialize(serializer),
            Self::Totals { items, start, limit, total } => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry(T::KEY, items)?;
                map.serialize_entry("start", start)?;
                map.serialize_entry("limit", limit)?;
                if T::TELLS_LENGTH {
                    map.serialize_entry("length", &items.len())?;
                }
                if T::TELLS_TOTAL {
                    map.serialize_entry("total", total)?;
                }
                map.end()
            }
            Self::Part { items, next } => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry(T::KEY, items)?;
                if let Some(next) = next {
                    map.serialize_entry("next", next)?;
                }
                map.end()
            }
        }
    }
}

impl<T: Listed> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ListOf_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = json!({"type": "array", "items": generator.subschema_for::<T>()});
        let number = json!({"type": "integer", "minimum": 0});
        let totals = ["start", "limit", "total"].map(|name| (name.to_owned(), number.clone()));
        let mut counted: Map<_, _> = totals.into_iter().collect();
        counted.insert(T::KEY.to_owned(), items.clone());
        let required: &[&str] =
            if T::TELLS_TOTAL { &[T::KEY, "start", "limit", "total"] } else { &[T::KEY, "start", "limit"] };
        let part = json!({T::KEY: items, "next": {"type": "string"}});
        json_schema!({"anyOf": [
            items,
            {"type": "object", "properties": counted, "required": required},
            {"type": "object", "properties": part, "required": [T::KEY]},
        ]})
    }
}

/// Which members of the items a caller wants; flatten it into the operation's own parameters.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(super) struct Fields {
    /// Members separated by commas.
    #[schemars(length(min = 1, max = 1000), regex(pattern = "^[^,]+(,[^,]+)*$"))]
    fields: Option<String>,
    /// Whether `fields` are those to tell (the default) or those to leave out.
    include_fields: Option<bool>,
}

/// An item with the members that were asked for.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct Selected<T> {
    members: Map<String, Value>,
    #[serde(skip)]
    of: std::marker::PhantomData<fn() -> T>,
}

impl Fields {
    /// Whether the answer tells this member, `by_default` when nothing was said.
    pub(super) fn tells(&self, member: &str, by_default: bool) -> bool {
        let Some(fields) = &self.fields else { return by_default };
        fields.split(',').any(|field| field.trim() == member) == self.include_fields.unwrap_or(true)
    }

    /// Whether this member is asked for by its name: for one that costs a look-up or a scope of its own.
    pub(super) fn names(&self, member: &str) -> bool {
        self.include_fields.unwrap_or(true) && self.tells(member, false)
    }

    pub(super) fn select<T: Serialize>(&self, item: &T) -> Answer<Selected<T>> {
        let value = serde_json::to_value(item).map_err(|error| crate::error::Fault::new("writing an item", error))?;
        let Value::Object(mut members) = value else {
            return Err(crate::error::Fault::new("writing an item", "it is no object").into());
        };
        members.retain(|member, _| self.tells(member, true));
        Ok(Selected { members, of: std::marker::PhantomData })
    }

    /// The rows of a list with the members that were asked for.
    pub(super) fn select_all<T: Serialize>(&self, rows: Vec<Placed<T>>) -> Answer<Vec<Placed<Selected<T>>>> {
        let select = |row: Placed<T>| Ok(Placed { item: self.select(&row.item)?, position: row.position });
        rows.into_iter().map(select).collect()
    }
}

impl<T: Listed> Listed for Selected<T> {
    const KEY: &'static str = T::KEY;
    const TELLS_LENGTH: bool = T::TELLS_LENGTH;
    const TELLS_TOTAL: bool = T::TELLS_TOTAL;
}

impl<T: JsonSchema> JsonSchema for Selected<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Selection", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.remove("required");
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_one_of_another_order_is_refused() {
        let position = Position::at_text("acme", "org_1");
        let cursor = write_cursor(&position, "name:1");
        assert_eq!(read_cursor(&cursor, "name:1").expect("reads"), position);
        for wrong in [cursor.as_str(), "x", "", "bnVsbA"] {
            assert_eq!(read_cursor(wrong, "").expect_err("refused").status_code, 400, "{wrong}");
        }
    }
}
