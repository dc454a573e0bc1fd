//! The texts of the pages in every language: message files in Project Fluent's syntax, compiled in.

use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::OnceLock;

use askama::filters::{Escaper, Html as HtmlEscaper, HtmlSafe};
use axum::extract::FromRequestParts;
use axum::http::header::{self, HeaderMap};
use axum::http::request::Parts;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use unic_langid::LanguageIdentifier;

use super::layers::RequestId;
use crate::model::tenant_settings::Locale;

/// The same files as in English.
macro_rules! translated {
    ($language:literal) => {
        translated!(
            $language, "choice", "common", "email", "errors", "invitation", "login", "mail", "passwords", "picker",
            "sign_up"
        )
    };
    ($language:literal, $($file:literal),+) => {
        &[$(include_str!(concat!("../../templates/texts/", $language, "/", $file, ".ftl"))),+]
    };
}

/// The message files of a language; a message that one lacks is read in English.
fn files(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => &[
            include_str!("../../templates/texts/en/choice.ftl"),
            include_str!("../../templates/texts/en/common.ftl"),
            include_str!("../../templates/texts/en/email.ftl"),
            include_str!("../../templates/texts/en/errors.ftl"),
            include_str!("../../templates/texts/en/invitation.ftl"),
            include_str!("../../templates/texts/en/login.ftl"),
            include_str!("../../templates/texts/en/mail.ftl"),
            include_str!("../../templates/texts/en/passwords.ftl"),
            include_str!("../../templates/texts/en/picker.ftl"),
            include_str!("../../templates/texts/en/sign_up.ftl"),
        ],
        Locale::Ar => translated!("ar"),
        Locale::De => translated!("de"),
        Locale::Es => translated!("es"),
        Locale::Fr => translated!("fr"),
        Locale::Ja => translated!("ja"),
        Locale::Pt => translated!("pt"),
    }
}

/// The texts in one language. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Text(&'static Language);

struct Language {
    locale: Locale,
    /// The messages without variables, formatted once.
    fixed: Messages<String>,
    /// Those that are only words and variables, as nearly all others are: a page has ten of them, and Fluent's own way
    /// through its resolver costs several times as much.
    simple: Messages<Vec<Piece>>,
    bundle: FluentBundle<FluentResource>,
}

type Messages<T> = HashMap<String, T, foldhash::fast::RandomState>;

enum Piece {
    Words(String),
    /// The name of a variable.
    Value(String),
}

/// Each is read when somebody first reads it.
static LANGUAGES: [OnceLock<Language>; Locale::ALL.len()] = [const { OnceLock::new() }; Locale::ALL.len()];

impl Language {
    fn read(locale: Locale) -> Self {
        let language: LanguageIdentifier = locale.as_str().parse().expect("a language tag");
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Values stand in `<bdi>` where a page can tell their direction, and alone in titles.
        bundle.set_use_isolating(false);
        let mut keys = Vec::new();
        let english = files(Locale::En).iter().filter(|_| locale != Locale::En);
        for file in english.chain(files(locale)) {
            let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(resource, _)| resource);
            keys.extend(resource.entries().flat_map(names));
            bundle.add_resource_overriding(resource);
        }
        let (mut fixed, mut simple) = (Messages::default(), Messages::default());
        for key in keys {
            match format(&bundle, &key, None) {
                Some((text, true)) => drop(fixed.insert(key, text)),
                _ => simple.extend(pattern(&bundle, &key).and_then(pieces).map(|pieces| (key, pieces))),
            }
        }
        Self { locale, fixed, simple, bundle }
    }
}

/// What an entry is found by: a message's name, and `name.attribute` for each of its attributes.
fn names(entry: &Entry<&str>) -> Vec<String> {
    let Entry::Message(message) = entry else { return Vec::new() };
    let name = message.id.name;
    let attributes = message.attributes.iter().map(|attribute| format!("{name}.{}", attribute.id.name));
    message.value.iter().map(|_| name.to_owned()).chain(attributes).collect()
}

fn pattern<'b>(bundle: &'b FluentBundle<FluentResource>, key: &str) -> Option<&'b Pattern<&'b str>> {
    match key.split_once('.') {
        Some((name, attribute)) => Some(bundle.get_message(name)?.get_attribute(attribute)?.value()),
        None => bundle.get_message(key)?.value(),
    }
}

/// The message, and whether nothing was missing in it.
fn format(bundle: &FluentBundle<FluentResource>, key: &str, values: Option<&FluentArgs<'_>>) -> Option<(String, bool)> {
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern(bundle, key)?, values, &mut errors).into_owned();
    Some((text, errors.is_empty()))
}

/// Of a pattern that has only words and variables.
fn pieces(pattern: &Pattern<&str>) -> Option<Vec<Piece>> {
    let piece = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => Some(Piece::Words((*value).to_owned())),
        PatternElement::Placeable { expression: Expression::Inline(InlineExpression::VariableReference { id }) } => {
            Some(Piece::Value(id.name.to_owned()))
        }
        PatternElement::Placeable { .. } => None,
    };
    pattern.elements.iter().map(piece).collect()
}

/// `None` when a value is missing.
fn fill(pieces: &[Piece], values: &[(&'static str, &str)], write: fn(&mut String, &str)) -> Option<String> {
    let mut text = String::with_capacity(128);
    for piece in pieces {
        match piece {
            Piece::Words(words) => text.push_str(words),
            Piece::Value(named) => write(&mut text, value_of(values, named)?),
        }
    }
    Some(text)
}

fn value_of<'v>(values: &[(&'static str, &'v str)], named: &str) -> Option<&'v str> {
    Some(values.iter().find(|(name, _)| *name == named)?.1)
}

/// A text that is HTML already: our own words as they are written, and values escaped inside `<bdi>`.
pub struct Html<'v>(Written<'v>);

enum Written<'v> {
    Whole(String),
    /// Put together where it is written; no value is missing.
    Pieces(&'static [Piece], &'v [(&'static str, &'v str)]),
}

impl fmt::Display for Html<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Written::Whole(ref html) => f.write_str(html),
            Written::Pieces(pieces, values) => pieces.iter().try_for_each(|piece| match piece {
                Piece::Words(words) => f.write_str(words),
                Piece::Value(named) => write_isolated(f, value_of(values, named).unwrap_or_default()),
            }),
        }
    }
}

impl HtmlSafe for Html<'_> {}

impl Html<'_> {
    /// The same, put together.
    pub fn into_owned(self) -> Html<'static> {
        Html(Written::Whole(self.to_string()))
    }
}

impl Text {
    pub fn of(locale: Locale) -> Self {
        let place = Locale::ALL.iter().position(|other| *other == locale).unwrap_or_default();
        Self(LANGUAGES[place].get_or_init(|| Language::read(locale)))
    }

    pub fn locale(self) -> Locale {
        self.0.locale
    }

    /// The `lang` of the page.
    pub fn lang(self) -> &'static str {
        self.0.locale.as_str()
    }

    /// The `dir` of the page.
    pub fn dir(self) -> &'static str {
        match self.0.locale {
            Locale::Ar => "rtl",
            _ => "ltr",
        }
    }

    /// A message without variables; `name.attribute` is a part of one. A key that no file has is its own text, and a test finds it.
    pub fn get(self, key: &'static str) -> &'static str {
        self.0.fixed.get(key).map_or(key, String::as_str)
    }

    /// The message `key.attribute`, if there is one.
    pub fn attribute(self, key: &str, attribute: &str) -> Option<&'static str> {
        self.0.fixed.get(&format!("{key}.{attribute}")).map(String::as_str)
    }

    /// A message with values, as plain text: for titles, attributes and mails.
    pub fn with(self, key: &str, values: &[(&'static str, &str)]) -> String {
        self.filled(key, values, String::push_str)
    }

    /// A message with a number, in the language's plural form.
    pub fn count(self, key: &str, name: &'static str, number: u64) -> String {
        self.format(key, [(name, FluentValue::from(number))])
    }

    /// A message with values, as HTML: each value is escaped and keeps its own direction.
    pub fn html<'v>(self, key: &str, values: &'v [(&'static str, &'v str)]) -> Html<'v> {
        let has = |piece: &Piece| match piece {
            Piece::Words(_) => true,
            Piece::Value(named) => value_of(values, named).is_some(),
        };
        match self.0.simple.get(key).filter(|pieces| pieces.iter().all(has)) {
            Some(pieces) => Html(Written::Pieces(pieces, values)),
            None => Html(Written::Whole(self.filled(key, values, push_isolated))),
        }
    }

    fn filled(self, key: &str, values: &[(&'static str, &str)], write: fn(&mut String, &str)) -> String {
        let simple = || self.0.simple.get(key).and_then(|pieces| fill(pieces, values, write));
        simple().or_else(|| self.0.fixed.get(key).cloned()).unwrap_or_else(|| {
            let written = values.iter().map(|(name, value)| {
                let mut text = String::new();
                write(&mut text, value);
                (*name, FluentValue::from(text))
            });
            self.format(key, written)
        })
    }

    fn format<'v>(self, key: &str, values: impl IntoIterator<Item = (&'static str, FluentValue<'v>)>) -> String {
        let mut arguments = FluentArgs::new();
        values.into_iter().for_each(|(name, value)| arguments.set(name, value));
        format(&self.0.bundle, key, Some(&arguments)).map_or_else(|| key.to_owned(), |(text, _)| text)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Text").field(&self.lang()).finish()
    }
}

/// Marks a key that is looked up elsewhere, for the test that finds missing ones.
pub const fn text_key(key: &'static str) -> &'static str {
    key
}

fn push_isolated(html: &mut String, value: &str) {
    // Writing to a text does not fail.
    let _ = write_isolated(html, value);
}

fn write_isolated(html: &mut impl fmt::Write, value: &str) -> fmt::Result {
    html.write_str("<bdi>")?;
    HtmlEscaper.write_escaped_str(&mut *html, value)?;
    html.write_str("</bdi>")
}

/// The language of a page: the first of `ui_locales` (OIDC Core §3.1.2.1) that there is, else the best of
/// `Accept-Language` (RFC 9110 §12.5.4), else English. `enabled` narrows the choice; empty means every language.
pub fn choose(ui_locales: Option<&str>, accept_language: Option<&str>, enabled: &[Locale]) -> Text {
    let may = |locale: &Locale| enabled.is_empty() || enabled.contains(locale);
    let asked = ui_locales.unwrap_or_default().split_ascii_whitespace().filter_map(read_tag).find(may);
    let accepted = || accept_language.and_then(|header| best_accepted(header, may));
    let fallback = enabled.first().copied().filter(|_| !may(&Locale::En)).unwrap_or(Locale::En);
    Text::of(asked.or_else(accepted).unwrap_or(fallback))
}

/// The language of who sent these header lines, in which `ui_locales` comes first.
pub fn of_reader(ui_locales: Option<&str>, headers: &HeaderMap) -> Text {
    choose(ui_locales, headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()), &[])
}

/// The languages that a query asks for.
pub fn ui_locales(query: &str) -> Option<Cow<'_, str>> {
    const NAME: &str = "ui_locales";
    // Nearly none does, and to decode all of it takes a while. A name that is encoded has its `_` or a letter as `%XX`.
    let may_ask = query.contains(NAME) || query.contains("%5F") || query.contains("%5f");
    let mut pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|_| may_ask);
    pairs.find(|(name, _)| name == NAME).map(|(_, value)| value)
}

/// `pt-BR`, `PT_br` and `pt` are all Portuguese.
fn read_tag(tag: &str) -> Option<Locale> {
    let language = tag.trim().split(['-', '_']).next()?;
    Locale::ALL.into_iter().find(|locale| locale.as_str().eq_ignore_ascii_case(language))
}

fn best_accepted(header: &str, may: impl Fn(&Locale) -> bool) -> Option<Locale> {
    // No browser sends more than a few; a longer header is somebody's game.
    let ranges = header.split(',').take(20).filter_map(|range| {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight: f32 = weight.trim().strip_prefix(['q', 'Q'])?.strip_prefix('=')?.parse().ok()?;
        Some((read_tag(tag)?, weight))
    });
    let mut best: Option<(Locale, f32)> = None;
    for (locale, weight) in ranges.filter(|(locale, weight)| *weight > 0.0 && may(locale)) {
        if best.is_none_or(|(_, before)| weight > before) {
            best = Some((locale, weight));
        }
    }
    best.map(|(locale, _)| locale)
}

/// Who reads a page: in which language, and the id they may quote. As an extractor it never fails.
#[derive(Debug, Clone)]
pub struct Reader {
    pub request_id: String,
    pub text: Text,
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let RequestId(request_id) = RequestId::from_request_parts(parts, state).await?;
        let asked = ui_locales(parts.uri.query().unwrap_or_default());
        let text = of_reader(asked.as_deref(), &parts.headers);
        Ok(Self { request_id, text })
    }
}

#[cfg(test)]
mod tests;
