//! The `q` of a list: Lucene's or SCIM's syntax, read into a condition over the fields that may be searched.

use schemars::JsonSchema;
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::model::ApiError;
use crate::store::{Condition, Field, FieldKind, Operand, Test};

/// Most comparisons of one search of a list that the contract describes, and the fewest characters that may be looked for inside a text (contract §1.3).
pub(super) const MOST_TERMS: usize = 5;
const SHORTEST_PART: usize = 3;
const DEEPEST: usize = 10;

/// The syntax of a search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Syntax {
    /// `name:acme* AND NOT display_name:"Acme Corp"`
    #[default]
    Lucene,
    /// `name sw "acme" and not (display_name eq "Acme Corp")`
    Scim,
}

/// What may be searched.
pub(super) struct Searchable {
    pub(super) field: fn(&str) -> Option<Field>,
    /// The fields that a word without a field is looked for in.
    pub(super) bare: &'static [&'static str],
    pub(super) most_terms: usize,
}

/// # Errors
/// 400 `invalid_query_string` with what cannot be read or searched.
pub(super) fn parse(text: &str, syntax: Syntax, searchable: &Searchable) -> Result<Condition, ApiError> {
    let mut parser = Parser { rest: text, syntax, searchable, terms: 0, depth: 0 };
    let condition = parser.any().and_then(|condition| match parser.rest.trim_start() {
        "" => Ok(condition),
        rest => Err(format!("Expected an operator before: {}", start_of(rest))),
    });
    condition.map_err(|why| ApiError::invalid_query(format!("Query validation error: '{why}' on property q.")))
}

struct Parser<'q> {
    rest: &'q str,
    syntax: Syntax,
    searchable: &'q Searchable,
    terms: usize,
    depth: usize,
}

/// A value as it was written.
struct Written {
    text: String,
    /// In quotes, where no character means anything but itself.
    is_quoted: bool,
    starts_open: bool,
    ends_open: bool,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.keyword("OR") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.one()?];
        while self.keyword("AND") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn one(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Nested too deeply".to_owned());
        }
        let condition = if self.keyword("NOT") || (self.syntax == Syntax::Lucene && self.sign("-")) {
            Condition::Not(Box::new(self.one()?))
        } else if self.sign("(") {
            let inner = self.any()?;
            match self.sign(")") {
                true => inner,
                false => return Err("Missing )".to_owned()),
            }
        } else {
            match self.syntax {
                Syntax::Lucene => self.lucene_term()?,
                Syntax::Scim => self.scim_term()?,
            }
        };
        self.depth -= 1;
        Ok(condition)
    }

    /// `field:value`, `field:[a TO b]`, `field:>=a`, `_exists_:field` or a bare value.
    fn lucene_term(&mut self) -> Result<Condition, String> {
        let Some(name) = self.field_before_colon() else {
            if ["AND", "OR", "NOT"].iter().any(|word| self.keyword(word)) {
                return Err("Expected a value".to_owned());
            }
            let value = self.written()?;
            let fields = self.searchable.bare;
            let parts = fields.iter().map(|name| self.bare(name, &value)).collect::<Result<_, _>>()?;
            self.count()?;
            return Ok(Condition::Any(parts));
        };
        self.count()?;
        if name == "_exists_" {
            let field = self.written()?.text;
            return self.compare(&field, Test::Exists, "");
        }
        for (sign, test) in [(">=", Test::AtLeast), ("<=", Test::AtMost), (">", Test::Above), ("<", Test::Below)] {
            if self.sign(sign) {
                let value = self.written()?.text;
                return self.compare(&name, test, &value);
            }
        }
        if self.rest.starts_with(['[', '{']) {
            return self.range(&name);
        }
        let value = self.written()?;
        self.compare_written(&name, &value)
    }

    fn bare(&self, name: &str, value: &Written) -> Result<Condition, String> {
        let is_whole = !value.is_quoted && !value.starts_open && !value.ends_open;
        match value.text.chars().count() {
            0..SHORTEST_PART if is_whole => self.compare(name, Test::StartsWith, &value.text),
            _ if is_whole => self.compare(name, Test::Contains, &value.text),
            _ => self.compare_written(name, value),
        }
    }

    fn compare_written(&self, name: &str, value: &Written) -> Result<Condition, String> {
        let test = match (value.starts_open, value.ends_open) {
            _ if value.text.is_empty() && value.starts_open => Test::Exists,
            (false, false) => Test::Is,
            (false, true) => Test::StartsWith,
            (true, false) => Test::EndsWith,
            (true, true) => Test::Contains,
        };
        self.compare(name, test, &value.text)
    }

    /// `[a TO b]` with its ends, `{a TO b}` without; `*` is open.
    fn range(&mut self, name: &str) -> Result<Condition, String> {
        let end = self.rest.find([']', '}']).ok_or("Missing ]")?;
        let (open, close) = (&self.rest[..1], &self.rest[end..=end]);
        let inner = &self.rest[1..end];
        let (from, to) = inner.split_once(" TO ").ok_or("A range is written [a TO b]")?;
        let lower = if open == "[" { Test::AtLeast } else { Test::Above };
        let upper = if close == "]" { Test::AtMost } else { Test::Below };
        let ends = [(lower, from), (upper, to)].map(|(test, text)| (test, text.trim().trim_matches('"')));
        let parts =
            ends.into_iter().filter(|(_, text)| *text != "*").map(|(test, text)| self.compare(name, test, text));
        let parts = parts.collect::<Result<_, _>>()?;
        self.rest = &self.rest[end + 1..];
        Ok(Condition::All(parts))
    }

    /// `field op value`, or `field pr`.
    fn scim_term(&mut self) -> Result<Condition, String> {
        self.count()?;
        let name = self.written()?.text;
        let operator = self.written()?.text.to_lowercase();
        if operator == "pr" {
            return self.compare(&name, Test::Exists, "");
        }
        let value = self.written()?.text;
        let test = match operator.as_str() {
            "eq" => Test::Is,
            "ne" => return Ok(Condition::Not(Box::new(self.compare(&name, Test::Is, &value)?))),
            "sw" => Test::StartsWith,
            "ew" => Test::EndsWith,
            "co" => Test::Contains,
            "gt" => Test::Above,
            "ge" => Test::AtLeast,
            "lt" => Test::Below,
            "le" => Test::AtMost,
            _ => return Err(format!("Unknown operator: {}", start_of(&operator))),
        };
        self.compare(&name, test, &value)
    }

    fn count(&mut self) -> Result<(), String> {
        self.terms += 1;
        let most = self.searchable.most_terms;
        if self.terms > most { Err(format!("More than {most} filters")) } else { Ok(()) }
    }

    fn compare(&self, name: &str, test: Test, value: &str) -> Result<Condition, String> {
        let unknown = || format!("Field cannot be searched: {}", start_of(name));
        let field = (self.searchable.field)(name).ok_or_else(unknown)?;
        if matches!(test, Test::Contains | Test::EndsWith) && value.chars().count() < SHORTEST_PART {
            return Err(format!("A part of {} needs at least {SHORTEST_PART} characters", start_of(name)));
        }
        if !may_be(field.kind, test) {
            return Err(format!("Field cannot be compared like this: {}", start_of(name)));
        }
        let wrong = || format!("Wrong value for {}: {}", start_of(name), start_of(value));
        let operand = match field.kind {
            _ if test == Test::Exists => Operand::Text(String::new()),
            FieldKind::Time => Operand::Number(time(value).ok_or_else(wrong)?),
            FieldKind::Flag => Operand::Number(value.parse::<bool>().map_err(|_| wrong())?.into()),
            _ => Operand::Text(value.to_owned()),
        };
        Ok(Condition::Field { field, test, operand })
    }

    /// Takes the word when it is next and stands alone. Lucene's are upper case.
    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some((head, tail)) = rest.split_at_checked(word.len()) else { return false };
        let fits = head == word || (self.syntax == Syntax::Scim && head.eq_ignore_ascii_case(word));
        let stands_alone = tail.is_empty() || tail.starts_with([' ', '(', '\t']);
        if fits && stands_alone {
            self.rest = tail;
        }
        fits && stands_alone
    }

    fn sign(&mut self, sign: &str) -> bool {
        let tail = self.rest.trim_start().strip_prefix(sign);
        self.rest = tail.unwrap_or(self.rest);
        tail.is_some()
    }

    fn field_before_colon(&mut self) -> Option<String> {
        let rest = self.rest.trim_start();
        let (name, tail) = rest.split_once(':')?;
        let is_name = |c: char| !c.is_whitespace() && !"\"()[]{}\\*".contains(c);
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        self.rest = tail;
        Some(name.to_owned())
    }

    /// The next value, in quotes or up to white space or a parenthesis. A backslash takes the next character as it is.
    fn written(&mut self) -> Result<Written, String> {
        self.rest = self.rest.trim_start();
        let is_quoted = self.rest.starts_with('"');
        let wild = !is_quoted && self.syntax == Syntax::Lucene;
        let (mut text, mut stars, mut end) = (String::new(), Vec::new(), None);
        let mut characters = self.rest.char_indices().skip(usize::from(is_quoted));
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => text.push(characters.next().ok_or("Nothing after \\")?.1),
                '"' if is_quoted => {
                    end = Some(at + 1);
                    break;
                }
                '(' | ')' | ' ' | '\t' if !is_quoted => {
                    end = Some(at);
                    break;
                }
                '?' if wild => return Err("The wildcard ? is not supported".to_owned()),
                '*' if wild => stars.push(text.len()),
                _ => text.push(character),
            }
        }
        let end = match end {
            None if is_quoted => return Err("Missing \"".to_owned()),
            end => end.unwrap_or(self.rest.len()),
        };
        self.rest = &self.rest[end..];
        let (starts_open, ends_open) = (stars.contains(&0), !text.is_empty() && stars.contains(&text.len()));
        if stars.iter().any(|at| *at != 0 && *at != text.len()) {
            return Err("The wildcard * may stand at the start or the end".to_owned());
        }
        if text.is_empty() && !starts_open && !is_quoted {
            return Err("Expected a value".to_owned());
        }
        Ok(Written { text, is_quoted, starts_open, ends_open })
    }
}

fn may_be(kind: FieldKind, test: Test) -> bool {
    match test {
        Test::Is | Test::Exists => true,
        Test::StartsWith => matches!(kind, FieldKind::Handle | FieldKind::Text | FieldKind::Pair),
        Test::EndsWith | Test::Contains => matches!(kind, FieldKind::Handle | FieldKind::Text),
        Test::Above | Test::AtLeast | Test::Below | Test::AtMost => kind == FieldKind::Time,
    }
}

/// Unix milliseconds of a date or of a time with its zone (RFC 3339).
fn time(text: &str) -> Option<i64> {
    let date = || Date::parse(text, format_description!("[year]-[month]-[day]")).ok().map(|date| date.midnight());
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| Some(date()?.assume_utc()))?;
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

/// What somebody sent, as it is repeated to them.
fn start_of(text: &str) -> String {
    text.chars().take(50).collect()
}

#[cfg(test)]
mod tests;
