//! The dashboard's list of organizations: what a page of it takes with ten of them and with 100,000.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Instant;

use reqwest::header::{LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, Response};
use scraper::{Html, Selector};
use url::Url;

use crate::process::{Home, Process};
use crate::report::Row;
use crate::rounds::Rounds;
use crate::{Bench, Outcome, seed};

/// The first is what the other is compared with.
const SIZES: [u32; 2] = [10, 100_000];
/// Pages of each kind in a round, of which the 95th of a hundred counts.
const PAGES: usize = 100;
const EMAIL: &str = "ada@company.example";
const PASSWORD: &str = "Correct Horse 7";

const FIRST: &str = "/dashboard/organizations";
/// What is searched for, and the address of its page. A search reads every name that there is.
const SEARCHES: [(&str, &str); 3] = [
    ("by a name", "/dashboard/organizations?q=org-0000007"),
    ("by a part of a name", "/dashboard/organizations?q=0000007"),
    ("in vain", "/dashboard/organizations?q=nobody+at+all"),
];

pub(crate) async fn take(bench: &Bench) -> Outcome<Vec<Row>> {
    let mut places = Vec::new();
    for size in SIZES {
        places.push(Place::new(bench, size).await?);
    }
    let [few, many] = places.as_slice() else { return Err("two sizes".into()) };
    let note = format!("the reference is the same list of {}", few.size);
    let mut rows = Vec::new();
    for (name, path) in [("first page", FIRST), ("a further page", many.further.as_str())] {
        let rounds = compared(bench, (few, FIRST), (many, path)).await?;
        rows.push(Row::ratio(&named(name), "ms", &rounds).at_most(1.5, None).note(note.as_str()));
    }
    for (name, path) in SEARCHES {
        let rounds = compared(bench, (few, path), (many, path)).await?;
        let row = Row::difference(&named(&format!("searched {name}")), "ms", &rounds.ours, &rounds);
        rows.push(row.at_most(100.0, None).note(note.as_str()));
    }
    Ok(rows)
}

fn named(what: &str) -> String {
    format!("dashboard: list of {} organizations, {what}, p95", SIZES[1])
}

async fn compared(bench: &Bench, few: (&Place, &str), many: (&Place, &str)) -> Outcome<Rounds> {
    let mut rounds = Rounds::default();
    for _ in 0..bench.rounds {
        let reference = few.0.slowest_but_five(few.1).await?;
        rounds.add(many.0.slowest_but_five(many.1).await?, reference);
    }
    Ok(rounds)
}

/// A server over a database of one size, with an administrator signed in.
struct Place {
    size: u32,
    visitor: Visitor,
    /// The address of the last of five pages of the list, if there are as many.
    further: String,
    _server: Process,
}

impl Place {
    async fn new(bench: &Bench, size: u32) -> Outcome<Self> {
        let seeded = seed::organizations(bench, size).await?;
        let settings = format!("{}log.filter = \"warn\"\n", seed::UNLIMITED);
        let home = Home::new(bench, &format!("dashboard-{size}"), &seeded.file, &settings)?;
        let server = home.serve().await?;
        let visitor = Visitor::new(&home)?;
        visitor.sign_in(&home).await?;
        let mut further = FIRST.to_owned();
        for _ in 1..5 {
            let url = visitor.origin.join(&further)?;
            let page = visitor.follow(visitor.send(Method::GET, &url, None).await?).await?;
            further = page.next()?.unwrap_or(further);
        }
        Ok(Self { size, visitor, further, _server: server })
    }

    /// Milliseconds.
    async fn slowest_but_five(&self, path: &str) -> Outcome<f64> {
        let mut took = Vec::with_capacity(PAGES);
        for _ in 0..PAGES {
            let started = Instant::now();
            let page = self.visitor.send(Method::GET, &self.visitor.origin.join(path)?, None).await?;
            if page.status() != 200 {
                return Err(format!("{path}: {}", page.status()).into());
            }
            page.bytes().await?;
            took.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        took.sort_by(f64::total_cmp);
        Ok(took[PAGES * 95 / 100 - 1])
    }
}

/// A browser without scripts.
struct Visitor {
    origin: Url,
    http: Client,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl Visitor {
    fn new(home: &Home) -> Outcome<Self> {
        let http = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { origin: Url::parse(&format!("http://{}", home.host()))?, http, cookies: RefCell::default() })
    }

    async fn sign_in(&self, home: &Home) -> Outcome<()> {
        let link = Url::parse(&home.run(&["setup"])?)?;
        let page = self.follow(self.send(Method::GET, &link, None).await?).await?;
        let made = self.fill(&page, "#setup-form", &[("email", EMAIL), ("password", PASSWORD)]).await?;
        let page = self.follow(made).await?;
        let entered = self.fill(&page, "#password-form", &[("username", EMAIL), ("password", PASSWORD)]).await?;
        let page = self.follow(entered).await?;
        match page.html.contains("Sign out") {
            true => Ok(()),
            false => Err(format!("nobody is signed in at {}", page.url).into()),
        }
    }

    async fn send(&self, method: Method, url: &Url, form: Option<&[(String, String)]>) -> Outcome<Response> {
        let cookies = self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let mut request = self.http.request(method, url.clone()).header("cookie", cookies.join("; "));
        if let Some(form) = form {
            request = request.header(ORIGIN, self.origin.origin().ascii_serialization()).form(form);
        }
        let response = request.send().await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default().split_once('=');
            let (name, value) = pair.ok_or("a cookie without a value")?;
            self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
        Ok(response)
    }

    /// The page to which redirects lead.
    async fn follow(&self, mut response: Response) -> Outcome<Page> {
        while let Some(location) = response.headers().get(LOCATION) {
            let next = response.url().join(location.to_str()?)?;
            response = self.send(Method::GET, &next, None).await?;
        }
        Ok(Page { url: response.url().clone(), html: response.text().await? })
    }

    async fn fill(&self, page: &Page, form: &str, typed: &[(&str, &str)]) -> Outcome<Response> {
        let (action, mut fields) = page.form(form)?;
        fields.retain(|(name, _)| typed.iter().all(|(its, _)| its != name));
        fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.send(Method::POST, &action, Some(&fields)).await
    }
}

struct Page {
    url: Url,
    html: String,
}

impl Page {
    /// Where the list goes on.
    fn next(&self) -> Outcome<Option<String>> {
        let link = Selector::parse("a[rel=next]").map_err(|error| error.to_string())?;
        let html = Html::parse_document(&self.html);
        Ok(html.select(&link).next().and_then(|link| link.attr("href")).map(str::to_owned))
    }

    /// Where the form goes, and what it holds.
    fn form(&self, selector: &str) -> Outcome<(Url, Vec<(String, String)>)> {
        let html = Html::parse_document(&self.html);
        let wanted = |selector: &str| Selector::parse(selector).map_err(|error| error.to_string());
        let form = html.select(&wanted(selector)?).next().ok_or_else(|| format!("no {selector} at {}", self.url))?;
        let attribute = |it: scraper::ElementRef<'_>, name: &str| it.attr(name).unwrap_or_default().to_owned();
        let inputs = wanted("input[name]")?;
        let fields = form.select(&inputs).map(|it| (attribute(it, "name"), attribute(it, "value")));
        Ok((self.url.join(&attribute(form, "action"))?, fields.collect()))
    }
}
