//! Which part of a list to read: from a place on, so that a long list costs no more than a short one.

/// Where a row stands in its list: the value the list is ordered by, then the id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub key: Key,
    pub id: String,
}

/// What a list is ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A time in Unix milliseconds.
    Time(i64),
    Text(String),
}

/// A part of a list. Offset paging skips rows (the API allows 1000 at most); checkpoint paging starts after one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    pub after: Option<Position>,
    pub skip: i64,
    pub most: i64,
}

/// An item with its position, from which the list may be read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    pub position: Position,
    pub item: T,
}

impl Position {
    pub fn at_time(time: i64, id: impl Into<String>) -> Self {
        Self { key: Key::Time(time), id: id.into() }
    }

    pub fn at_text(text: impl Into<String>, id: impl Into<String>) -> Self {
        Self { key: Key::Text(text.into()), id: id.into() }
    }
}

impl Slice {
    /// The whole of a list that is known to be short.
    pub fn first(most: i64) -> Self {
        Self { most, ..Self::default() }
    }

    /// What `(time, id) > ($n, $m)` compares with; without a place, everything is after it.
    pub fn after_time(&self) -> (i64, String) {
        match &self.after {
            Some(Position { key: Key::Time(time), id }) => (*time, id.clone()),
            _ => (i64::MIN, String::new()),
        }
    }

    /// The same for lists in the order of a text.
    pub fn after_text(&self) -> (String, String) {
        match &self.after {
            Some(Position { key: Key::Text(text), id }) => (text.clone(), id.clone()),
            _ => (String::new(), String::new()),
        }
    }
}
