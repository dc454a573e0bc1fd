//! What every page must be, however wide the window is and whichever colours the person prefers.

use serde_json::json;

use super::browser::Browser;

/// Takes pictures of the page that is open, as `target/screenshots/NAME-WIDTH-SCHEME.png`, and checks it.
///
/// # Panics
/// With what is wrong: accessibility, sideways scrolling, a title other than `title`, more than one heading.
pub async fn check_page(browser: &Browser, name: &str, title: &str) {
    check_page_in(browser, name, title, "en").await;
}

/// The same for a page in another language.
///
/// # Panics
/// As [`check_page`].
pub async fn check_page_in(browser: &Browser, name: &str, title: &str, language: &str) {
    assert_eq!(browser.title().await, title, "{name}");
    // Accessibility is checked narrow and light, wide and dark: the schemes share every rule but the colours.
    for (scheme, dark, widths) in [("light", false, [1280, 768, 360]), ("dark", true, [360, 768, 1280])] {
        browser.dark(dark).await;
        for width in widths {
            browser.resize(width, 800).await;
            browser.screenshot(&format!("{name}-{width}-{scheme}")).await;
        }
        browser.check_accessibility().await;
    }
    browser.dark(false).await;
    check_narrow(browser, name).await;
    browser.resize(1280, 800).await;
    check_frame(browser, name, language).await;
}

/// 320 px is also what a window of 640 px has left at 200 % zoom (WCAG 2.2, 1.4.4 and 1.4.10).
async fn check_narrow(browser: &Browser, name: &str) {
    browser.resize(320, 640).await;
    let (content, page) = browser.content_and_page_width().await;
    assert!(content <= page, "{name} scrolls sideways: {content} of {page} px");
}

async fn check_frame(browser: &Browser, name: &str, language: &str) {
    // A person's page has no script; an administrator's has the dashboard's own and works without it.
    let script = "const count = selector => document.querySelectorAll(selector).length;
        const foreign = count('.bar') ? 'script:not([src^=\"/assets/dashboard.\"])' : 'script';
        return [document.documentElement.lang, count('h1'), count('main'), count(foreign),
            [...document.images].every(image => image.complete && image.naturalWidth > 0)];";
    let frame = browser.client().execute(script, Vec::new()).await.unwrap();
    assert_eq!(frame, json!([language, 1, 1, 0, true]), "{name}: language, headings, mains, scripts, images shown");
}
