//! What a search says, and what it may not say.

use super::*;
use crate::store::organization_field;

const ORGANIZATIONS: Searchable =
    Searchable { field: organization_field, bare: &["name", "display_name"], most_terms: MOST_TERMS };

/// The condition in a short form.
fn shown(condition: &Condition) -> String {
    let join = |parts: &[Condition], sign: &str| parts.iter().map(shown).collect::<Vec<_>>().join(sign);
    match condition {
        Condition::All(parts) => format!("({})", join(parts, " & ")),
        Condition::Any(parts) => format!("({})", join(parts, " | ")),
        Condition::Not(part) => format!("!{}", shown(part)),
        Condition::Field { test, operand: Operand::Text(text), .. } => format!("{test:?} {text}"),
        Condition::Field { test, operand: Operand::Number(number), .. } => format!("{test:?} {number}"),
    }
}

fn read(text: &str, syntax: Syntax) -> String {
    match parse(text, syntax, &ORGANIZATIONS) {
        Ok(condition) => shown(&condition),
        Err(error) => error.message,
    }
}

#[test]
fn lucenes_syntax_is_read() {
    let cases = [
        ("name:acme", "Is acme"),
        ("name:acme*", "StartsWith acme"),
        ("display_name:*auth*", "Contains auth"),
        ("display_name:*rp AND metadata.plan:gold", "too short"),
        ("name:a* OR display_name:\"Acme Corp\" AND metadata.plan:gold", "(StartsWith a | (Is Acme Corp & Is gold))"),
        ("NOT name:a\\*", "!Is a*"),
        ("(name:a* OR -name:b) AND _exists_:metadata.plan", "((StartsWith a | !Is b) & Exists )"),
        ("created_at:[2024-01-01 TO *]", "(AtLeast 1704067200000)"),
        ("created_at:>2024-01-01", "Above 1704067200000"),
        ("acme", "(Contains acme | Contains acme)"),
    ];
    for (text, expected) in cases {
        let expected = match expected {
            "too short" => {
                "Query validation error: 'A part of display_name needs at least 3 characters' on property q."
            }
            read => read,
        };
        assert_eq!(read(text, Syntax::Lucene), expected, "{text}");
    }
}

#[test]
fn scims_syntax_is_read() {
    let cases = [
        ("name eq \"acme\"", "Is acme"),
        ("display_name sw \"auth\" and created_at gt \"2024-01-01\"", "(StartsWith auth & Above 1704067200000)"),
        ("not (name co \"acme\") or metadata.plan pr", "(!Contains acme | Exists )"),
        ("name ne \"*\"", "!Is *"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text, Syntax::Scim), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let lucene = [
        "",
        " ",
        "*a",
        "secret:x",
        "name:",
        "name:\"a",
        "name:a b",
        "(name:a",
        "name:a)",
        "name:a*b",
        "name:a?",
        "name:>a",
        "id:org*",
        "created_at:yesterday",
        "created_at:[a",
        "name:a AND",
        "OR",
        "metadata.:x",
        "name:a\\",
        "id:1 OR id:2 OR id:3 OR id:4 OR id:5 OR id:6",
    ];
    let deep = "(".repeat(2000) + "name:a";
    for text in lucene.into_iter().chain([deep.as_str()]) {
        assert!(read(text, Syntax::Lucene).starts_with("Query validation error: "), "{text}");
    }
    for text in ["name", "name eq", "name is \"a\"", "name eq \"a\" \"b\"", "name co \"ab\""] {
        assert!(read(text, Syntax::Scim).starts_with("Query validation error: "), "{text}");
    }
}
