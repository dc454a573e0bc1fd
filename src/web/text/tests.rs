use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_syntax::ast::{Expression, PatternElement, VariantKey};

use super::*;

/// Every file of a folder with this extension, as text.
fn texts(folder: &Path, extension: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        match entry.is_dir() {
            true => texts(&entry, extension, found),
            false if entry.extension().is_some_and(|it| it == extension) => {
                found.push(std::fs::read_to_string(&entry).expect("a text"));
            }
            false => {}
        }
    }
}

/// The keys that pages and code name: the first literal inside `.get(`, `.with(`, `.count(`, `.html(` of a text, and
/// every `text_key!("...")`.
fn used() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    texts(&root.join("templates"), "html", &mut sources);
    texts(&root.join("templates"), "txt", &mut sources);
    texts(&root.join("src"), "rs", &mut sources);
    let calls = ["text.get(\"", "text.with(\"", "text.count(\"", "text.html(\"", "text_key(\""];
    let mut keys = BTreeSet::new();
    for source in &sources {
        for call in calls {
            keys.extend(source.split(call).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
    keys
}

fn keys(locale: Locale) -> BTreeSet<String> {
    let resources = files(locale).iter().map(|file| FluentResource::try_new((*file).to_owned()).expect("no mistake"));
    let mut keys = BTreeSet::new();
    for resource in resources {
        for entry in resource.entries() {
            for name in names(entry) {
                assert!(keys.insert(name.clone()), "{name} stands twice in {locale:?}");
            }
        }
    }
    keys
}

#[test]
fn every_text_that_a_page_names_is_there_and_none_is_left_over() {
    let (mut used, there) = (used(), keys(Locale::En));
    // Whoever names a message names its parts.
    used.extend(
        there
            .iter()
            .filter(|key| key.split_once('.').is_some_and(|(name, _)| used.contains(name)))
            .cloned()
            .collect::<Vec<_>>(),
    );
    assert!(used.len() > 20, "{used:?}");
    let missing: Vec<_> = used.difference(&there).collect();
    assert!(missing.is_empty(), "no message file has {missing:?}");
    let unused: Vec<_> = there.difference(&used).collect();
    assert!(unused.is_empty(), "no page names {unused:?}");
}

#[test]
fn our_own_words_hold_nothing_that_html_escapes() {
    for locale in Locale::ALL {
        for (key, text) in &Text::of(locale).0.fixed {
            assert!(
                !text.contains(['<', '>', '&', '"', '\'']),
                "{key} in {locale:?}, which a page writes as it is: {text}"
            );
        }
    }
}

#[test]
fn values_stay_text_and_keep_their_direction() {
    let html = Text::of(Locale::En).html("sign-in-to", &[("place", "<b>A&B</b>")]).to_string();
    assert!(html.contains("<bdi>&#60;b&#62;A&#38;B&#60;/b&#62;</bdi>"), "{html}");
}

#[test]
fn the_language_is_the_first_asked_for_that_there_is() {
    let chosen = |ui: Option<&str>, accept: Option<&str>| choose(ui, accept, &[]).lang();
    assert_eq!(chosen(None, None), "en");
    assert_eq!(chosen(Some("xx fr-CA de"), Some("ja")), "fr");
    assert_eq!(chosen(Some("xx"), Some("xx, de;q=0.5, pt-BR;q=0.9, ar;q=0")), "pt");
    assert_eq!(chosen(Some("../../etc"), Some(";q=, ,,*")), "en");
    assert_eq!(chosen(None, Some("en-US; q=0.1, de;q=0.9")), "de");
    assert_eq!(chosen(None, Some("fr-FR; q=0, de ; Q=0.9")), "de");
    assert_eq!(choose(Some("fr"), Some("fr"), &[Locale::De, Locale::Ja]).lang(), "de");
    assert_eq!(choose(Some("fr ja"), None, &[Locale::De, Locale::Ja]).lang(), "ja");
    assert_eq!(choose(Some("ar"), None, &[]).dir(), "rtl");
}

/// The variables that each message of a language names; a number may be written out in some of its forms.
fn variables(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for file in files(locale) {
        let resource = FluentResource::try_new((*file).to_owned()).expect("no mistake");
        for entry in resource.entries() {
            let Entry::Message(message) = entry else { continue };
            let attributes =
                message.attributes.iter().map(|it| (format!("{}.{}", message.id.name, it.id.name), &it.value));
            let value = message.value.iter().map(|value| (message.id.name.to_owned(), value));
            for (key, pattern) in value.chain(attributes) {
                let mut names = BTreeSet::new();
                // Written back, a pattern names each of its variables after a dollar sign.
                let written = format!("{pattern:?}");
                let references = written.split("VariableReference { id: Identifier { name: \"").skip(1);
                names.extend(references.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
                found.insert(key, names);
            }
        }
    }
    found
}

#[test]
fn every_language_says_everything_with_the_same_values() {
    let english = variables(Locale::En);
    assert!(english.values().filter(|names| !names.is_empty()).count() > 20, "{english:?}");
    for locale in Locale::ALL {
        assert_eq!(keys(locale), keys(Locale::En), "{locale:?}");
        assert_eq!(variables(locale), english, "{locale:?}");
    }
}

#[test]
fn every_plural_form_of_a_language_is_written() {
    for locale in Locale::ALL {
        let text = Text::of(locale);
        for number in [0, 1, 2, 3, 11, 100] {
            let span = text.count("wait-minutes", "minutes", number);
            let said = text.count("mail-code.text", "minutes", number);
            assert!(!span.contains('{') && !said.contains('{') && span.len() > 3, "{locale:?} {span} {said}");
        }
    }
    assert_eq!(Text::of(Locale::Ar).count("wait-minutes", "minutes", 2), "دقيقتين");
    assert_eq!(Text::of(Locale::Ar).count("wait-minutes", "minutes", 5), "5 دقائق");
}

/// The forms of a number that each message with one has.
fn forms(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for file in files(locale) {
        let resource = FluentResource::try_new((*file).to_owned()).expect("no mistake");
        for entry in resource.entries() {
            let Entry::Message(message) = entry else { continue };
            let parts = message.value.iter().chain(message.attributes.iter().map(|it| &it.value));
            for element in parts.flat_map(|pattern| &pattern.elements) {
                let PatternElement::Placeable { expression: Expression::Select { variants, .. } } = element else {
                    continue;
                };
                let names = variants.iter().map(|variant| match &variant.key {
                    VariantKey::Identifier { name } => (*name).to_owned(),
                    VariantKey::NumberLiteral { value } => (*value).to_owned(),
                });
                found.insert(message.id.name.to_owned(), names.collect());
            }
        }
    }
    found
}

#[test]
fn a_number_has_every_form_of_its_language() {
    for locale in Locale::ALL {
        let needed: &[&str] = match locale {
            Locale::Ar => &["few", "many", "one", "other", "two", "zero"],
            Locale::Ja => &["other"],
            // Spanish, French and Portuguese have a form for millions, which nobody waits or types.
            _ => &["one", "other"],
        };
        let found = forms(locale);
        assert!(found.len() > 4, "{locale:?} {found:?}");
        for (key, names) in found {
            assert!(names.iter().eq(needed), "{locale:?} {key} {names:?}");
        }
    }
}
