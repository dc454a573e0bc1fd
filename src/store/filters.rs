//! What a search asks of the rows of a list, as a condition of SQL with its values.

use super::database::Statement;

use super::slice::{Key, Position, Slice};

/// A field that may be searched, and how its rows hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub kind: FieldKind,
    /// Of a [`FieldKind::Pair`]: the key.
    key: String,
    column: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Found as a whole, letter by letter.
    Id,
    /// Kept in lower case.
    Handle,
    Text,
    /// Unix milliseconds.
    Time,
    /// 0 or 1.
    Flag,
    /// A text under its key in a JSON object of texts.
    Pair,
    /// One of the values of a subquery.
    Among,
}

/// How a field is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    Is,
    StartsWith,
    EndsWith,
    Contains,
    Exists,
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    Text(String),
    /// A time in Unix milliseconds, or a flag as 0 or 1.
    Number(i64),
}

/// What the rows of a list must be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Field { field: Field, test: Test, operand: Operand },
}

impl Field {
    /// `column` is SQL for the value; it is never what somebody sent.
    pub(super) fn new(kind: FieldKind, column: &'static str) -> Self {
        Self { kind, key: String::new(), column }
    }

    pub(super) fn pair(column: &'static str, key: &str) -> Self {
        Self { kind: FieldKind::Pair, key: key.to_owned(), column }
    }
}

impl Condition {
    /// The condition as SQL; its values are added to `values` in the order of their placeholders, of which
    /// `values.len() + before + 1` is the first.
    pub(super) fn sql(&self, before: usize, values: &mut Vec<Operand>) -> String {
        let joined = |parts: &[Condition], word: &str, empty: &str, values: &mut Vec<Operand>| match parts {
            [] => empty.to_owned(),
            parts => parts.iter().map(|part| part.sql(before, values)).collect::<Vec<_>>().join(word),
        };
        match self {
            Self::All(parts) => format!("({})", joined(parts, " AND ", "1 = 1", values)),
            Self::Any(parts) => format!("({})", joined(parts, " OR ", "1 = 0", values)),
            // What is not there is not like anything.
            Self::Not(part) => format!("(CASE WHEN {} THEN 0 ELSE 1 END = 1)", part.sql(before, values)),
            Self::Field { field, test, operand } => field.sql(*test, operand, |value| {
                values.push(value);
                format!("${}", before + values.len())
            }),
        }
    }
}

impl Field {
    fn sql(&self, test: Test, operand: &Operand, mut place: impl FnMut(Operand) -> String) -> String {
        let column = self.column;
        let text = match operand {
            Operand::Text(text) => text.as_str(),
            Operand::Number(_) => "",
        };
        let pattern = match test {
            Test::StartsWith => Some(format!("{}%", escaped(text))),
            Test::EndsWith => Some(format!("%{}", escaped(text))),
            Test::Contains => Some(format!("%{}%", escaped(text))),
            _ => None,
        };
        match (self.kind, pattern) {
            (FieldKind::Pair, _) => self.pair_sql(test, text, place),
            (FieldKind::Among, _) if test == Test::Exists => format!("EXISTS ({column})"),
            (FieldKind::Among, _) => format!("{} IN ({column})", place(operand.clone())),
            (_, Some(pattern)) => {
                let place = place(Operand::Text(pattern.to_lowercase()));
                format!("LOWER({column}) LIKE LOWER({place}) ESCAPE '!'")
            }
            _ if test == Test::Exists => format!("{column} IS NOT NULL"),
            (FieldKind::Text, None) => format!("LOWER({column}) = LOWER({})", place(Operand::Text(text.to_owned()))),
            (FieldKind::Handle, None) => format!("{column} = {}", place(Operand::Text(text.to_lowercase()))),
            (_, None) => format!("{column} {} {}", operator(test), place(operand.clone())),
        }
    }

    /// The JSON text holds `{"KEY":"VALUE"` or `,"KEY":"VALUE"`; a quote inside a key or value has a backslash before
    /// it. `REPLACE` minds the case of letters on both databases, which `LIKE` does not.
    fn pair_sql(&self, test: Test, value: &str, mut place: impl FnMut(Operand) -> String) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let value = match test {
            Test::Is => quoted(value),
            Test::StartsWith => quoted(value).trim_end_matches('"').to_owned(),
            _ => "\"".to_owned(),
        };
        let column = self.column;
        let parts = ["{", ","].map(|before| {
            let needle = format!("{before}{}:{value}", quoted(&self.key));
            format!("REPLACE({column}, {}, '') <> {column}", place(Operand::Text(needle)))
        });
        format!("({})", parts.join(" OR "))
    }
}

fn operator(test: Test) -> &'static str {
    match test {
        Test::Above => ">",
        Test::AtLeast => ">=",
        Test::Below => "<",
        Test::AtMost => "<=",
        _ => "=",
    }
}

/// The text as `LIKE` takes it literally, with `!` as the escape.
pub(super) fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// What a list is ordered by, in SQL that is never what somebody sent; its rows are told apart by their ids.
pub(super) struct Listing {
    pub(super) key: &'static str,
    /// Whether the key is a time and not a text.
    pub(super) is_time: bool,
    pub(super) id: &'static str,
    pub(super) is_descending: bool,
}

impl Listing {
    /// The end of a statement that reads a slice of those that are like `condition`, with what is bound to it: `$1`
    /// and `$2` are the slice's own.
    pub(super) fn clauses(&self, condition: Option<&Condition>, slice: &Slice) -> (String, Vec<Operand>) {
        let Self { key, id, .. } = self;
        let (sign, direction) = if self.is_descending { ("<", "DESC") } else { (">", "ASC") };
        let mut values = vec![Operand::Number(slice.most), Operand::Number(slice.skip)];
        let mut wanted = condition.map_or("1 = 1".to_owned(), |condition| condition.sql(0, &mut values));
        // A cursor may be made up: its key may be of another kind.
        let after = slice.after.as_ref().filter(|after| matches!(after.key, Key::Time(_)) == self.is_time);
        if let Some(Position { key: after, id: after_id }) = after {
            let place = values.len() + 1;
            // The first comparison bounds the walk through the index, the second tells rows of the same key apart.
            wanted += &format!(" AND {key} {sign}= ${place} AND ({key} {sign} ${place} OR {id} {sign} ${})", place + 1);
            values.extend([operand(after), Operand::Text(after_id.clone())]);
        }
        let clauses = format!("WHERE {wanted} ORDER BY {key} {direction}, {id} {direction} LIMIT $1 OFFSET $2");
        (clauses, values)
    }
}

fn operand(key: &Key) -> Operand {
    match key {
        Key::Time(time) => Operand::Number(*time),
        Key::Text(text) => Operand::Text(text.clone()),
    }
}

/// Binds the values of a condition in their order.
pub(super) fn bind_all<'q>(statement: Statement<'q>, values: Vec<Operand>) -> Statement<'q> {
    values.into_iter().fold(statement, |statement, value| match value {
        Operand::Text(text) => statement.bind(text),
        Operand::Number(number) => statement.bind(number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(field: Field, test: Test, text: &str) -> Condition {
        Condition::Field { field, test, operand: Operand::Text(text.to_owned()) }
    }

    #[test]
    fn a_condition_is_sql_whose_values_are_bound() {
        let name = is(Field::new(FieldKind::Handle, "o.name"), Test::Is, "Acme");
        let title = is(Field::new(FieldKind::Text, "o.display_name"), Test::Contains, "50%_");
        let condition = Condition::Any(vec![name, Condition::Not(Box::new(title))]);
        let mut values = Vec::new();
        assert_eq!(
            condition.sql(2, &mut values),
            "(o.name = $3 OR (CASE WHEN LOWER(o.display_name) LIKE LOWER($4) ESCAPE '!' THEN 0 ELSE 1 END = 1))"
        );
        assert_eq!(values, [Operand::Text("acme".into()), Operand::Text("%50!%!_%".into())]);
    }

    #[test]
    fn a_pair_is_looked_for_as_json_writes_it() {
        let mut values = Vec::new();
        is(Field::pair("o.metadata", "plan"), Test::StartsWith, "a\"b").sql(0, &mut values);
        assert_eq!(values[0], Operand::Text(r#"{"plan":"a\"b"#.into()));
        assert_eq!(values[1], Operand::Text(r#","plan":"a\"b"#.into()));
    }
}
