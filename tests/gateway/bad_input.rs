//! Bad requests to every operation that the API's description tells: refused in the contract's shape, with nothing
//! written, and never answered with another object.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use vestibule::management::GATEWAY_SCOPE;

use crate::support::description::Description;
use crate::support::gateway::{Administrator, Gateway, Mode, text};
use crate::support::http::{Page, Visitor};
use crate::support::sample::Schemas;

const SETTINGS: &str = "management.request_burst = 100000\nmanagement.requests_per_second = 100000\n\
                        server.max_api_bytes = 65536";

/// One operation of the description.
struct Operation<'d> {
    method: Method,
    path: &'d str,
    told: &'d Value,
}

fn operations(description: &Description) -> Vec<Operation<'_>> {
    let paths = description.document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, told)| Operation {
            method: method.to_uppercase().parse().unwrap(),
            path: path.as_str(),
            told,
        })
    });
    all.collect()
}

impl<'d> Operation<'d> {
    /// The path with identifiers in place of the placeholders.
    fn filled(&self, mut identifier: impl FnMut(usize, &str) -> String) -> String {
        let mut filled = String::new();
        for (index, part) in self.path.split(['{', '}']).enumerate() {
            filled += &if index % 2 == 0 { part.to_owned() } else { identifier(index / 2, part) };
        }
        filled
    }

    /// Well-formed identifiers of things that do not exist.
    fn of_nothing(&self) -> String {
        self.filled(|_, name| nothing(self.path, name))
    }

    fn body(&self) -> Option<&'d Value> {
        Some(&self.told["requestBody"]["content"]["application/json"]["schema"]).filter(|schema| !schema.is_null())
    }

    fn scopes(&self) -> Vec<&'d str> {
        let alternatives = self.told["security"].as_array().unwrap();
        alternatives.iter().map(|alternative| alternative["token"][0].as_str().unwrap()).collect()
    }
}

fn nothing(path: &str, name: &str) -> String {
    match name {
        "id" if path.starts_with("/organizations/") => "org_0000000000000000".to_owned(),
        "connection_id" => "con_0000000000000000".to_owned(),
        _ => "nothing00here0000".to_owned(),
    }
}

/// Sends bad requests and knows what was in the database before.
struct Intruder<'g> {
    api: &'g str,
    visitor: Visitor,
    database: SqliteConnection,
}

impl<'g> Intruder<'g> {
    async fn at(gateway: &'g Gateway) -> Self {
        Self { api: &gateway.admin.api, visitor: Visitor::new(), database: gateway.database().await }
    }

    async fn send(&self, method: &Method, path: &str, token: Option<&str>, body: Option<(&str, String)>) -> Page {
        let mut request = self.visitor.request(method.clone(), &format!("{}{path}", self.api));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        self.visitor.send(request).await
    }

    /// Everything that the database holds.
    async fn contents(&mut self) -> Vec<String> {
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let mut contents = Vec::new();
        for table in sqlx::query(tables).fetch_all(&mut self.database).await.unwrap() {
            let table: String = table.get(0);
            let columns =
                format!("SELECT group_concat('quote(\"' || name || '\")', '||') FROM pragma_table_info('{table}')");
            let columns: String =
                sqlx::query(AssertSqlSafe(columns)).fetch_one(&mut self.database).await.unwrap().get(0);
            let rows = format!("SELECT {columns} FROM \"{table}\" ORDER BY 1");
            for row in sqlx::query(AssertSqlSafe(rows)).fetch_all(&mut self.database).await.unwrap() {
                contents.push(format!("{table}: {}", row.get::<String, _>(0)));
            }
        }
        contents
    }
}

/// In the contract's shape (§1.15), with one of these statuses.
fn assert_refused(page: &Page, statuses: &[u16], what: &str) {
    assert!(statuses.contains(&page.status), "{what}: {} {}", page.status, page.text());
    let error = page.json();
    assert_eq!(error["statusCode"], page.status, "{what}");
    assert!(error["error"].is_string() && error["message"].is_string(), "{what}: {error}");
    assert!(error.as_object().unwrap().len() <= 4, "{what}: {error}");
}

/// An organization and a few things, so that a write that should not happen would show.
async fn furnish(admin: &Administrator) -> String {
    let organization = admin.organization("acme").await;
    let connection = admin.database("people").await;
    admin.enable(&organization, &connection, true).await;
    let ada = admin.person("people", "ada@acme.example", "correct horse").await;
    admin.add_member(&organization, &ada).await;
    organization
}

#[tokio::test]
async fn no_operation_answers_a_caller_without_its_own_token() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, SETTINGS).await;
    let elsewhere = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    furnish(admin).await;
    let description = admin.description().await;
    let operations = operations(description);
    assert!(operations.len() >= 100, "{}", operations.len());
    let other_audience = admin.client_token("https://things.example/", vestibule::management::SCOPES).await;
    let mut lacking = BTreeMap::new();
    for operation in &operations {
        let scopes = operation.scopes();
        if let Entry::Vacant(place) = lacking.entry(scopes.clone()) {
            let all = vestibule::management::SCOPES.iter().copied();
            let others: Vec<&str> = all.filter(|scope| !scopes.contains(scope)).collect();
            place.insert(admin.client_token(&format!("{}/", admin.api), &others).await);
        }
    }
    let mut intruder = Intruder::at(&gateway).await;
    let before = intruder.contents().await;
    for operation in &operations {
        let (path, method) = (operation.of_nothing(), &operation.method);
        let body = operation.body().map(|schema| Schemas::of(&description.document).sample(schema).to_string());
        let scopes = operation.scopes();
        let tokens = [
            (None, 401),
            (Some("garbage"), 401),
            (Some(other_audience.as_str()), 401),
            (Some(&admin.expired_token), 401),
            (Some(&elsewhere.admin.token), 401),
            (Some(&lacking[&scopes]), 403),
        ];
        for (token, status) in tokens {
            let body = body.clone().map(|body| ("application/json", body));
            let page = intruder.send(method, &path, token, body).await;
            assert_refused(&page, &[status], &format!("{method} {path} with {token:?}"));
            description.check(method.as_str(), &path, page.status, &page.body);
            if status == 403 {
                let expected = format!("Insufficient scope; expected any of: {}.", scopes.join(","));
                assert_eq!(
                    (&page.json()["message"], &page.json()["errorCode"]),
                    (&json!(expected), &json!("insufficient_scope"))
                );
            }
        }
    }
    assert_eq!(intruder.contents().await, before, "nothing was written");
}

#[tokio::test]
async fn no_operation_takes_a_body_that_is_not_as_described() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, SETTINGS).await;
    let organization = furnish(&gateway.admin).await;
    let description = gateway.admin.description().await;
    let schemas = Schemas::of(&description.document);
    let mut intruder = Intruder::at(&gateway).await;
    let before = intruder.contents().await;
    for operation in operations(description) {
        let Some(schema) = operation.body() else { continue };
        // No administrator may record a login.
        if operation.scopes() == [GATEWAY_SCOPE] {
            continue;
        }
        // With an organization that exists, so that nothing else is wrong.
        let path = operation.filled(|index, name| match index {
            0 if operation.path.starts_with("/organizations/") => organization.clone(),
            _ => nothing(operation.path, name),
        });
        let good = schemas.sample(schema);
        let mut bad = vec![
            (415, "text/plain", good.to_string()),
            (400, "application/json", "{\"name\": ".to_owned()),
            (400, "application/json", "7".to_owned()),
            (400, "application/json", "null".to_owned()),
            (413, "application/json", format!("{{\"name\": \"{}\"}}", "x".repeat(70_000))),
        ];
        bad.push((400, "application/json", schemas.of_wrong_type(schema).unwrap().to_string()));
        let told = schemas.resolve(schema);
        for (name, property) in told["properties"].as_object().into_iter().flatten() {
            let wrong = [schemas.of_wrong_type(property), schemas.over_limit(property)];
            for value in wrong.into_iter().flatten() {
                let mut body = good.clone();
                body[name] = value;
                bad.push((400, "application/json", body.to_string()));
            }
        }
        if told["additionalProperties"] == false || told["unevaluatedProperties"] == false {
            let mut body = good.clone();
            body["not_a_member"] = 1.into();
            bad.push((400, "application/json", body.to_string()));
        }
        for (status, kind, body) in bad {
            let shown: String = body.chars().take(200).collect();
            let what = format!("{} {path} {kind} {shown}", operation.method);
            let page = intruder.send(&operation.method, &path, Some(&gateway.admin.token), Some((kind, body))).await;
            assert_refused(&page, &[status], &what);
            description.check(operation.method.as_str(), &path, page.status, &page.body);
        }
    }
    assert_eq!(intruder.contents().await, before, "nothing was written");
}

#[tokio::test]
async fn no_list_takes_a_query_that_is_not_as_described() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, SETTINGS).await;
    let organization = furnish(&gateway.admin).await;
    let description = gateway.admin.description().await;
    let schemas = Schemas::of(&description.document);
    let intruder = Intruder::at(&gateway).await;
    for operation in operations(description) {
        let parameters = operation.told["parameters"].as_array().cloned().unwrap_or_default();
        let queries: Vec<&Value> = parameters.iter().filter(|parameter| parameter["in"] == "query").collect();
        let path = operation.filled(|_, name| match name {
            "id" if operation.path.starts_with("/organizations/") => organization.clone(),
            _ => nothing(operation.path, name),
        });
        if operation.scopes() == ["create:logins"] {
            // Nobody but a gateway comes so far.
            continue;
        }
        let mut bad = vec!["not_a_parameter=1".to_owned(), "page=%00".to_owned()];
        for parameter in queries {
            let (name, schema) = (text(parameter, "name"), &parameter["schema"]);
            let kind = schemas.resolve(schema)["type"].clone();
            if kind != "string" && kind != "array" {
                bad.push(format!("{name}=zebra"));
            }
            if let Some(value) = schemas.over_limit(schema).filter(|_| kind != "array") {
                bad.push(format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            }
            if kind != "array" {
                bad.push(format!("{name}=1&{name}=1"));
            }
        }
        for query in bad {
            let path = format!("{path}?{query}");
            let page = intruder.send(&operation.method, &path, Some(&gateway.admin.token), None).await;
            assert_refused(&page, &[400], &format!("{} {path}", operation.method));
            description.check(operation.method.as_str(), &path, page.status, &page.body);
        }
    }
}

#[tokio::test]
async fn an_identifier_means_its_own_object_or_none() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, SETTINGS).await;
    let organization = furnish(&gateway.admin).await;
    let description = gateway.admin.description().await;
    let schemas = Schemas::of(&description.document);
    let mut intruder = Intruder::at(&gateway).await;
    let before = intruder.contents().await;
    let odd = [
        "a:b",
        "%61cme",
        "acm%D0%B5",
        "..%2F",
        "%2e%2e%2facme",
        "%00",
        "acme%00",
        "acme%0a",
        "acme%20",
        "%25",
        "%",
        "*",
        "'",
        "%ff",
        "ACME",
        "acme;x",
        "acme%2Fx",
        "%E2%80%AEacme",
    ];
    for operation in operations(description) {
        if !operation.path.contains('{') {
            continue;
        }
        let token = Some(gateway.admin.token.as_str());
        let body = || operation.body().map(|schema| ("application/json", schemas.sample(schema).to_string()));
        let mut paths = vec![operation.of_nothing()];
        paths.extend(odd.iter().map(|odd| operation.filled(|_, _| (*odd).to_owned())));
        // The organization is right, what is below it is not.
        paths.extend(
            odd.iter().chain(&["nothing00here0000"]).map(|odd| {
                operation.filled(|index, _| if index == 0 { organization.clone() } else { (*odd).to_owned() })
            }),
        );
        for path in paths {
            // `acme` by another spelling is `acme`; a list below the real organization is right as well.
            let names_acme = path.contains("/organizations/name/%61cme");
            let is_real = path.contains(&organization) && operation.path.matches('{').count() == 1;
            if names_acme || is_real {
                continue;
            }
            let page = intruder.send(&operation.method, &path, token, body()).await;
            let what = format!("{} {path}", operation.method);
            match (&operation.method, page.status) {
                // A deletion may be asked for again, and removes nothing.
                (&Method::DELETE, 202 | 204) => assert!(page.body.is_empty(), "{what}"),
                _ => assert_refused(&page, &[400, 404], &what),
            }
        }
    }
    assert_eq!(intruder.contents().await, before, "nothing was written");
}
