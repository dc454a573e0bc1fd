//! Lists that are narrowed by the values of columns: only what is asked for is in the SQL, so that its index is used.

use sqlx::AssertSqlSafe;

use super::database::Statement;
use super::filters::{Operand, bind_all};
use super::slice::Slice;

/// Which rows a list holds: those that meet every condition. Columns are SQL of ours; values are bound.
#[derive(Debug, Default)]
pub(super) struct Narrowed {
    conditions: Vec<String>,
    values: Vec<Operand>,
}

impl From<String> for Operand {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Operand {
    fn from(flag: bool) -> Self {
        Self::Number(flag.into())
    }
}

impl Narrowed {
    /// By the column's value, if one is asked for.
    pub(super) fn by(mut self, column: &'static str, value: Option<impl Into<Operand>>) -> Self {
        if let Some(value) = value {
            let place = self.place(value.into());
            self.conditions.push(format!("{column} = {place}"));
        }
        self
    }

    /// By any of these values of the column, if there are some.
    pub(super) fn by_any(mut self, column: &'static str, values: &[String]) -> Self {
        if !values.is_empty() {
            let places: Vec<String> = values.iter().map(|value| self.place(value.clone().into())).collect();
            self.conditions.push(format!("{column} IN ({})", places.join(", ")));
        }
        self
    }

    /// By how the column's text is like this pattern.
    pub(super) fn like(mut self, column: &'static str, pattern: String) -> Self {
        let place = self.place(Operand::Text(pattern));
        self.conditions.push(format!("{column} LIKE {place}"));
        self
    }

    /// By how the column's text holds this one, in any case.
    pub(super) fn containing(mut self, column: &'static str, part: &str) -> Self {
        let place = self.place(Operand::Text(containing(part)));
        self.conditions.push(format!("LOWER({column}) LIKE LOWER({place}) ESCAPE '!'"));
        self
    }

    /// Every row of `select`, in any order.
    pub(super) fn all(self, select: &str) -> Statement<'static> {
        let conditions = self.conditions();
        self.bound(format!("{select}{conditions}"))
    }

    /// The rows of `select` in the order of these two columns, a time and an id, from the slice's place on.
    pub(super) fn list(mut self, select: &str, time: &str, id: &str, slice: &Slice) -> Statement<'static> {
        if slice.after.is_some() {
            let (after, last) = slice.after_time();
            let places = [self.place(Operand::Number(after)), self.place(Operand::Text(last))];
            self.conditions.push(format!("({time}, {id}) > ({})", places.join(", ")));
        }
        let conditions = self.conditions();
        let (most, skip) = (self.place(Operand::Number(slice.most)), self.place(Operand::Number(slice.skip)));
        self.bound(format!("{select}{conditions} ORDER BY {time}, {id} LIMIT {most} OFFSET {skip}"))
    }

    /// How many there are in all, as `total`.
    pub(super) fn count(self, from: &str) -> Statement<'static> {
        let conditions = self.conditions();
        self.bound(format!("SELECT COUNT(*) AS total FROM {from}{conditions}"))
    }

    fn place(&mut self, value: Operand) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn conditions(&self) -> String {
        match self.conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", self.conditions.join(" AND ")),
        }
    }

    fn bound(self, sql: String) -> Statement<'static> {
        bind_all(sqlx::query(AssertSqlSafe(sql)), self.values)
    }
}

/// What `LIKE` finds this text with, wherever it stands, where `!` escapes.
pub(super) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern + "%"
}
