//! Reading pages as a browser does, with a parser that follows the HTML standard.

use scraper::{ElementRef, Html, Selector};
use url::Url;

/// A form as it stands on the page.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: Url,
    pub post: bool,
    /// Fields sent when nothing is filled in, with their values; buttons are not among them.
    pub values: Vec<(String, String)>,
    /// Names of what is sent only if somebody presses or ticks it.
    pub buttons: Vec<String>,
}

impl Form {
    pub fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(n, _)| n == name) || self.buttons.iter().any(|n| n == name)
    }
}

pub fn texts(html: &str, selector: &str) -> Vec<String> {
    Html::parse_document(html).select(&css(selector)).map(text).collect()
}

pub fn links(html: &str, base: &Url) -> Vec<(String, Url)> {
    let document = Html::parse_document(html);
    let anchors = css("a[href]");
    document.select(&anchors).filter_map(|a| Some((text(a), base.join(a.attr("href")?).ok()?))).collect()
}

/// What the page loads: styles, icons, pictures, scripts.
pub fn assets(html: &str, base: &Url) -> Vec<Url> {
    let document = Html::parse_document(html);
    let loaded = css("link[href], img[src], script[src], iframe[src]");
    let address = |it: ElementRef<'_>| base.join(it.attr("href").or(it.attr("src"))?).ok();
    document.select(&loaded).filter_map(address).collect()
}

pub fn forms(html: &str, base: &Url) -> Vec<Form> {
    Html::parse_document(html).select(&css("form")).map(|form| read_form(form, base)).collect()
}

fn read_form(form: ElementRef<'_>, base: &Url) -> Form {
    let action = form.attr("action").filter(|action| !action.is_empty());
    let mut read = Form {
        action: action.map_or_else(|| base.clone(), |action| base.join(action).unwrap()),
        post: form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
        values: Vec::new(),
        buttons: Vec::new(),
    };
    for field in form.select(&css("input[name], button[name], select[name], textarea[name]")) {
        let name = field.attr("name").unwrap_or_default().to_owned();
        let value = match field.value().name() {
            "textarea" => field.text().collect(),
            "select" => selected(field),
            _ => field.attr("value").unwrap_or_default().to_owned(),
        };
        let kind = field.attr("type").unwrap_or_default();
        let is_unticked = matches!(kind, "checkbox" | "radio") && field.attr("checked").is_none();
        if field.value().name() == "button" || kind == "submit" || is_unticked {
            read.buttons.push(name);
        } else {
            read.values.push((name, value));
        }
    }
    read
}

/// The chosen option, else the first.
fn selected(field: ElementRef<'_>) -> String {
    let options: Vec<_> = field.select(&css("option")).collect();
    let chosen = options.iter().find(|option| option.attr("selected").is_some()).or(options.first());
    chosen.map(|option| option.attr("value").unwrap_or_default().to_owned()).unwrap_or_default()
}

/// The text that a screen reader says, with runs of white space made one space.
fn text(element: ElementRef<'_>) -> String {
    let mut said = String::new();
    say(element, &mut said);
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn say(element: ElementRef<'_>, said: &mut String) {
    for child in element.children() {
        if let Some(text) = child.value().as_text() {
            said.push_str(text);
        } else if let Some(inner) = ElementRef::wrap(child).filter(|it| it.attr("aria-hidden") != Some("true")) {
            say(inner, said);
        }
    }
}

fn css(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"))
}
