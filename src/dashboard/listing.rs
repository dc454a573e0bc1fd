//! What lists that are searched have in common: the question, and the address that asks it.

use url::form_urlencoded::Serializer;

use super::session::Signed;

/// What the list's page is asked to look for.
pub(super) fn query(signed: &Signed) -> String {
    signed.parameter("q").unwrap_or_default().trim().chars().take(100).collect()
}

/// The address of a list that is searched, from a cursor on.
pub(super) fn address(path: &str, q: &str, from: Option<&str>) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs([("q", q)].into_iter().filter(|(_, q)| !q.is_empty()));
    query.extend_pairs(from.map(|from| ("from", from)));
    format!("{path}?{}", query.finish())
}

/// Those of which one of the fields begins with the text; from three letters on, holds it.
pub(super) fn condition(q: &str, fields: &[&str]) -> String {
    let before = if q.chars().count() < 3 { "" } else { "*" };
    let terms: Vec<String> = fields.iter().map(|field| format!("{field}:{before}{}*", escaped(q))).collect();
    terms.join(" OR ")
}

/// The text in a search, where none of it means anything but itself.
pub(super) fn escaped(text: &str) -> String {
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
        let condition = |q| condition(q, &["name", "display_name"]);
        assert_eq!(condition("ac"), "name:ac* OR display_name:ac*");
        assert_eq!(condition("a*) OR x:"), "name:*a\\*\\)\\ OR\\ x\\:* OR display_name:*a\\*\\)\\ OR\\ x\\:*");
    }
}
