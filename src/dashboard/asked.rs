//! A list that is searched and comes in parts: what its address asks for, and where the list goes on.

use url::form_urlencoded::Serializer;

use super::session::Signed;
use crate::management_client::encode;

/// Characters that are searched for at most.
const LONGEST: usize = 200;

/// What the address of a list asks for.
pub(super) struct Asked {
    path: String,
    pub(super) q: String,
    from: Option<String>,
}

impl Asked {
    pub(super) fn of(signed: &Signed) -> Self {
        let q = searched(&signed.parameter("q").unwrap_or_default());
        Self { path: signed.path().to_owned(), q, from: signed.parameter("from") }
    }

    pub(super) fn is_first(&self) -> bool {
        self.from.is_none()
    }

    /// For the query of the API.
    pub(super) fn cursor(&self) -> String {
        self.from.iter().map(|from| format!("&from={}", encode(from))).collect()
    }

    /// Where the list begins, unless this is there, and where it goes on.
    pub(super) fn hrefs(&self, next: Option<&str>) -> (Option<String>, Option<String>) {
        (self.from.as_ref().map(|_| self.at(None)), next.map(|next| self.at(Some(next))))
    }

    fn at(&self, from: Option<&str>) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs([("q", self.q.as_str())].into_iter().filter(|(_, q)| !q.is_empty()));
        query.extend_pairs(from.map(|from| ("from", from)));
        format!("{}?{}", self.path, query.finish())
    }
}

/// What somebody typed to search for, as one line.
pub(super) fn searched(typed: &str) -> String {
    let line: String = typed.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    line.trim().to_owned()
}

/// A text as a search takes it literally, as the beginning of a value; from three letters on, also inside of one.
pub(super) fn part_of(field: &str, text: &str) -> String {
    let before = if text.chars().count() < 3 { "" } else { "*" };
    format!("{field}:{before}{}*", escaped(text))
}

/// A text that a value begins with.
pub(super) fn start_of(field: &str, text: &str) -> String {
    format!("{field}:{}*", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        if !letter.is_alphanumeric() {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_is_no_part_of_the_question() {
        assert_eq!(part_of("name", "ac"), "name:ac*");
        assert_eq!(part_of("name", "a*) OR x:"), "name:*a\\*\\)\\ OR\\ x\\:*");
        assert_eq!(start_of("name", "Ada L"), "name:Ada\\ L*");
    }
}
