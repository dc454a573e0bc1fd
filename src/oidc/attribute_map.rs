//! The attribute map: an administrator's own way from an identity provider's claims to a profile (contract §1.11).

use serde_json::{Map, Value};

use crate::model::connection::AttributeMap;

const OPENING: &str = "${context.";
const USERINFO: &str = "${context.userinfo.";

/// Whether userinfo must be asked for what the templates name.
pub(super) fn reads_userinfo(map: &AttributeMap) -> bool {
    map.userinfo_scope.is_some() || map.attributes.values().any(|template| template.contains(USERINFO))
}

/// The mapped members. A template that comes out empty gives none.
pub(super) fn apply(map: &AttributeMap, tokenset: &Value, userinfo: &Value) -> Map<String, Value> {
    let context = Context { tokenset, userinfo };
    let mapped = map.attributes.iter().filter_map(|(member, template)| {
        let value = match (member.as_str(), context.whole(template)) {
            // A claim that says so, never a text: nobody's address is verified by what an administrator writes.
            ("email_verified", whole) => Value::Bool(whole == Some(&Value::Bool(true))),
            (_, Some(value)) => Value::String(text(value)?),
            (_, None) => Value::String(context.fill(template)),
        };
        let is_empty = value.as_str().is_some_and(|text| text.trim().is_empty());
        (!is_empty).then(|| (member.clone(), value))
    });
    mapped.collect()
}

struct Context<'c> {
    tokenset: &'c Value,
    userinfo: &'c Value,
}

impl Context<'_> {
    /// The claim of a template that is one placeholder and nothing else.
    fn whole(&self, template: &str) -> Option<&Value> {
        let path = template.trim().strip_prefix(OPENING)?.strip_suffix('}')?;
        if path.contains('}') { None } else { self.find(path) }
    }

    fn fill(&self, template: &str) -> String {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once(OPENING) {
            filled += before;
            let Some((path, after)) = after.split_once('}') else { break };
            filled += &self.find(path).and_then(text).unwrap_or_default();
            rest = after;
        }
        (filled + rest).trim().to_owned()
    }

    /// A claim by its whole name, which may hold dots, or else by its path.
    fn find(&self, path: &str) -> Option<&Value> {
        let (place, name) = path.split_once('.')?;
        let claims = match place {
            "tokenset" => self.tokenset,
            "userinfo" => self.userinfo,
            _ => return None,
        };
        claims.get(name).or_else(|| name.split('.').try_fold(claims, |value, part| value.get(part)))
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mapped(attributes: Value) -> Value {
        let map = json!({"mapping_mode": "use_map", "attributes": attributes});
        let map = serde_json::from_value(map).expect("a map");
        let tokenset = json!({"given_name": "Ada", "family_name": "Byron", "upn": "ada@acme.example", "n": 7,
                              "https://acme.example/name": "Countess", "yes": true, "address": {"country": "GB"}});
        Value::Object(apply(&map, &tokenset, &json!({"picture": "https://p", "email_verified": true})))
    }

    #[test]
    fn templates_are_filled_from_the_id_token_and_userinfo() {
        let attributes = json!({
            "name": "${context.tokenset.given_name} ${context.tokenset.family_name}",
            "email": "${context.tokenset.upn}", "picture": "${context.userinfo.picture}",
            "nickname": "${context.tokenset.https://acme.example/name}", "locale": "${context.tokenset.address.country}",
            "given_name": "${context.tokenset.absent}", "family_name": "  ${context.tokenset.absent} ",
        });
        let expected = json!({"name": "Ada Byron", "email": "ada@acme.example", "picture": "https://p",
                              "nickname": "Countess", "locale": "GB"});
        assert_eq!(mapped(attributes), expected);
    }

    #[test]
    fn only_a_claim_that_is_true_verifies_an_address() {
        for (template, expected) in [
            ("${context.userinfo.email_verified}", true),
            ("${context.tokenset.yes}", true),
            ("true", false),
            ("${context.tokenset.n}", false),
            ("${context.tokenset.absent}", false),
            ("${context.tokenset.yes}${context.tokenset.absent}", false),
        ] {
            assert_eq!(mapped(json!({"email_verified": template})), json!({"email_verified": expected}), "{template}");
        }
    }

    #[test]
    fn a_broken_template_is_text() {
        assert_eq!(mapped(json!({"name": "a ${context.tokenset.n"})), json!({"name": "a a ${context.tokenset.n"}));
    }
}
