//! A person at a real browser: Debian's Chromium, driven through chromedriver.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::child::Tied;
use super::devtools::Devtools;
use super::repository;

/// Chromium is heavy; more at a time only make each other slow.
static SEATS: Semaphore = Semaphore::const_new(2);

/// How long a person waits for something to appear.
const PATIENCE: Duration = Duration::from_secs(20);

const FLAGS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-default-apps",
    "--no-default-browser-check",
    "--lang=en-US",
];

/// How a browser is set up.
#[derive(Debug, Clone)]
pub struct Options {
    pub scripts: bool,
    pub dark: bool,
    /// In CSS pixels.
    pub width: u32,
    pub height: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { scripts: true, dark: false, width: 1280, height: 800 }
    }
}

/// One browser with a profile of its own, closed when dropped.
pub struct Browser {
    client: Client,
    session: String,
    _seat: SemaphorePermit<'static>,
}

impl Browser {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn without_scripts() -> Self {
        Self::with(Options { scripts: false, ..Options::default() }).await
    }

    pub async fn with(options: Options) -> Self {
        let seat = SEATS.acquire().await.unwrap();
        let driver = tokio::task::spawn_blocking(Driver::get).await.unwrap();
        let mut preferences = json!({ "credentials_enable_service": false, "profile.password_manager_enabled": false });
        if !options.scripts {
            preferences["profile.managed_default_content_settings.javascript"] = json!(2);
        }
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": FLAGS, "prefs": preferences, "binary": "/usr/bin/chromium" },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().cloned().unwrap())
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .expect("Chromium starts");
        let session = client.session_id().await.unwrap().unwrap();
        // Dropping this value ends the session; the client must not try the same after its runtime is gone.
        client.persist().await.unwrap();
        let browser = Self { client, session, _seat: seat };
        browser.resize(options.width, options.height).await;
        browser.dark(options.dark).await;
        browser
    }

    /// Makes the page area exactly this large, in CSS pixels; windows cannot be as narrow as a phone.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    pub async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// Lets every frame have the scheme that its page gives it.
    pub async fn no_scheme(&self) {
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [] })).await;
    }

    /// What a screen reader meets, in its order: role and name of each element that has one.
    pub async fn read_aloud(&self) -> Vec<String> {
        let tree = self.devtools("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().unwrap();
        let mut said = Vec::new();
        let mut next = vec![&nodes[0]["nodeId"]];
        while let Some(id) = next.pop() {
            let Some(node) = nodes.iter().find(|node| node["nodeId"] == *id) else { continue };
            let text = |member: &str| node[member]["value"].as_str().unwrap_or_default();
            let is_heard = ["heading", "link", "list", "textbox", "button", "alert", "image"].contains(&text("role"));
            if node["ignored"] == json!(false) && is_heard {
                said.push([text("role"), text("name"), text("description")].join(" ").trim().to_owned());
            }
            next.extend(node["childIds"].as_array().into_iter().flatten().rev());
        }
        said
    }

    async fn devtools(&self, command: &'static str, parameters: Value) -> Value {
        self.client.issue_cmd(Devtools { command, parameters }).await.unwrap()
    }

    /// Types an address and waits for the page.
    pub async fn open(&self, url: impl AsRef<str>) {
        self.client.goto(url.as_ref()).await.unwrap_or_else(|error| panic!("{}: {error}", url.as_ref()));
    }

    pub async fn back(&self) {
        self.client.back().await.unwrap();
    }

    pub async fn forward(&self) {
        self.client.forward().await.unwrap();
    }

    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    pub async fn url(&self) -> Url {
        self.client.current_url().await.unwrap()
    }

    pub async fn title(&self) -> String {
        self.client.title().await.unwrap()
    }

    /// What the page says, as far as it is visible.
    pub async fn text(&self) -> String {
        self.find("body").await.text().await.unwrap()
    }

    /// Waits for an element that matches a CSS selector.
    pub async fn find(&self, selector: &str) -> Element {
        self.wait_for_element(Locator::Css(selector)).await
    }

    /// The visible texts of all elements that match a CSS selector.
    pub async fn texts_of(&self, selector: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(selector)).await.unwrap() {
            texts.push(element.text().await.unwrap());
        }
        texts
    }

    /// Clicks the link or button that reads `text`, once there is one.
    pub async fn click_text(&self, text: &str) {
        let text = quoted(text);
        let path = format!(
            "//a[normalize-space()={text}] | //button[normalize-space()={text}] | //summary[normalize-space()={text}] \
             | //input[@type='submit'][@value={text}] | //label[normalize-space()={text}]"
        );
        self.click_element(Locator::XPath(&path)).await;
    }

    /// Clicks the first element that matches a CSS selector, once there is one.
    pub async fn click(&self, selector: &str) {
        self.click_element(Locator::Css(selector)).await;
    }

    /// A script may replace what was found before it is clicked; then it is looked for again.
    async fn click_element(&self, locator: Locator<'_>) {
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = self.wait_for_element(locator).await.click().await {
            let is_stale = format!("{error:?}").contains("StaleElementReference");
            assert!(is_stale && Instant::now() < deadline, "{locator:?}: {error}");
        }
    }

    /// Fills the field with this name or label.
    pub async fn fill(&self, field: &str, value: &str) {
        let field = quoted(field);
        let path = format!(
            "//input[not(@type='hidden')][@name={field}] | //textarea[@name={field}] \
             | //*[@id=//label[normalize-space()={field}]/@for]"
        );
        let element = self.wait_for_element(Locator::XPath(&path)).await;
        element.clear().await.unwrap();
        element.send_keys(value).await.unwrap();
    }

    /// Presses the button of the form that was filled last, or of the first one.
    pub async fn submit(&self) {
        let buttons = ".//button[not(@type) or @type='submit'] | .//input[@type='submit']";
        let active = self.client.active_element().await.unwrap();
        let form = match active.find(Locator::XPath("./ancestor-or-self::form")).await {
            Ok(form) => form,
            Err(_) => self.find("form").await,
        };
        form.find(Locator::XPath(buttons)).await.unwrap().click().await.unwrap();
    }

    pub async fn press_tab(&self) {
        self.press(Key::Tab).await;
    }

    pub async fn press_enter(&self) {
        self.press(Key::Enter).await;
    }

    async fn press(&self, key: Key) {
        self.type_text(&String::from(char::from(key))).await;
    }

    /// Types into what has the keyboard's focus.
    pub async fn type_text(&self, text: &str) {
        self.client.active_element().await.unwrap().send_keys(text).await.unwrap();
    }

    /// The visible text of what has the keyboard's focus, or its name where it has no text.
    pub async fn focused(&self) -> String {
        let element = self.client.active_element().await.unwrap();
        match element.text().await.unwrap() {
            text if text.is_empty() => element.attr("name").await.unwrap().unwrap_or_default(),
            text => text,
        }
    }

    /// The element that has the keyboard's focus; `BODY` when none has.
    pub async fn focused_tag(&self) -> String {
        let tag = self.client.execute("return document.activeElement.tagName", Vec::new()).await.unwrap();
        tag.as_str().unwrap().to_owned()
    }

    /// Waits until the address starts with `prefix` and returns it.
    pub async fn wait_for_url(&self, prefix: &str) -> Url {
        self.wait_for_url_where(prefix, |url| url.as_str().starts_with(prefix)).await
    }

    /// Waits until the address is as wanted; `wanted` says it in words for the failure.
    pub async fn wait_for_url_where(&self, wanted: &str, accept: impl Fn(&Url) -> bool) -> Url {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let url = self.url().await;
            if accept(&url) {
                return url;
            }
            assert!(Instant::now() < deadline, "waited for {wanted}, but at {url}:\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Waits until the page says `text` somewhere.
    pub async fn wait_for_text(&self, text: &str) {
        let path = format!("//body[contains(normalize-space(), {})]", quoted(text));
        self.wait_for_element(Locator::XPath(&path)).await;
    }

    async fn wait_for_element(&self, locator: Locator<'_>) -> Element {
        match self.client.wait().at_most(PATIENCE).every(Duration::from_millis(25)).for_element(locator).await {
            Ok(element) => element,
            Err(error) => {
                let page = self.client.source().await.unwrap_or_default();
                panic!("{locator:?} at {}: {error}\n{page}", self.url().await)
            }
        }
    }

    /// Width the page's content needs and width it has, in CSS pixels: wider means sideways scrolling.
    pub async fn content_and_page_width(&self) -> (u64, u64) {
        let script = "const e = document.documentElement; return [e.scrollWidth, e.clientWidth];";
        let widths = self.client.execute(script, Vec::new()).await.unwrap();
        (widths[0].as_u64().unwrap(), widths[1].as_u64().unwrap())
    }

    /// Saves what is seen as `target/screenshots/NAME.png`.
    pub async fn screenshot(&self, name: &str) {
        let folder = repository("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await.unwrap()).unwrap();
    }

    /// Checks the page against axe-core's accessibility rules.
    ///
    /// # Panics
    ///
    /// With every violation: rule, help and the element.
    pub async fn check_accessibility(&self) {
        let source = repository("tests/identity_provider/node_modules/axe-core/axe.min.js");
        let source = std::fs::read_to_string(source).expect("axe-core is installed (`make deps`)");
        self.client.execute(&source, Vec::new()).await.unwrap();
        let run = "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] }).then(
            r => done(r.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${v.help}: ${n.html}`))), e => done(String(e)));";
        let violations = self.client.execute_async(run, Vec::new()).await.unwrap();
        assert_eq!(violations, json!([]), "accessibility of {}", self.url().await);
    }

    /// For what these words do not say.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Browser {
    /// Ends the session, and Chromium with it. Plain blocking I/O, since the test's runtime may be gone.
    fn drop(&mut self) {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", Driver::get().port)) else { return };
        let request =
            format!("DELETE /session/{} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", self.session);
        let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.read(&mut [0; 512]);
    }
}

/// chromedriver, one for the whole test binary.
struct Driver {
    port: u16,
    _process: Tied,
}

impl Driver {
    fn get() -> &'static Self {
        static DRIVER: OnceLock<Driver> = OnceLock::new();
        DRIVER.get_or_init(|| {
            let command = ["chromedriver".into(), "--port=0".into()];
            // Profiles go here, and with it.
            let folder = tempfile::Builder::new().prefix("vestibule-chromium-").tempdir().unwrap().keep();
            let started = Tied::wrapped("TERM", &folder.to_string_lossy(), &command, |shell| {
                shell.env("TMPDIR", &folder).stdout(Stdio::piped()).stderr(Stdio::null());
            });
            let mut process = started.expect("sh is installed");
            let port = process.wait_for_output(|line| {
                line.strip_prefix("ChromeDriver was started successfully on port ")?.trim_end_matches('.').parse().ok()
            });
            Driver { port: port.expect("chromedriver is installed (`make deps`)"), _process: process }
        })
    }
}

/// A string literal in XPath 1.0, which has no escapes.
fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}
