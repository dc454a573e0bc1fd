use std::collections::BTreeSet;
use std::path::Path;

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
    assert_eq!(choose(Some("fr"), Some("fr"), &[Locale::De, Locale::Ja]).lang(), "de");
    assert_eq!(choose(Some("fr ja"), None, &[Locale::De, Locale::Ja]).lang(), "ja");
    assert_eq!(choose(Some("ar"), None, &[]).dir(), "rtl");
}
