//! Long lists: the hundred-thousandth row costs what the first does.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

use crate::support::gateway::{Administrator, Gateway, Mode, id, text};
use crate::support::statements;

const MANY: i64 = 100_000;

/// One of everything that lists hang on, by the first word of their path and by the name of what is below.
async fn furnish(admin: &Administrator) -> impl Fn(&str) -> String + use<> {
    // Two of most, so that there is a next part.
    admin.organization("globex").await;
    let organization = admin.organization("acme").await;
    let (connection, second) = (admin.database("people").await, admin.database("staff").await);
    admin.enable(&organization, &connection, true).await;
    admin.enable(&organization, &second, true).await;
    let user = admin.person("people", "ada@acme.example", "correct horse").await;
    let other = admin.person("people", "eve@acme.example", "correct horse").await;
    admin.add_member(&organization, &user).await;
    admin.add_member(&organization, &other).await;
    admin.create("/clients", json!({ "name": "Shop" })).await;
    admin.create("/roles", json!({ "name": "Writer" })).await;
    let client =
        text(&admin.create("/clients", json!({ "name": "Script", "app_type": "non_interactive" })).await, "client_id");
    let grant = json!({ "client_id": client, "audience": "https://things.example/", "scope": [] });
    let grant = id(&admin.create("/client-grants", grant).await);
    let role = id(&admin.create("/roles", json!({ "name": "Reader" })).await);
    move |what| {
        let found = match what {
            "organizations" => &organization,
            "connections" => &connection,
            "users" | "user_id" => &user,
            "clients" => &client,
            "client-grants" => &grant,
            "roles" | "role_id" => &role,
            other => panic!("the path of a list names {other}, which this test does not make"),
        };
        found.clone()
    }
}

/// The paths of all lists that can be read part by part.
fn lists(description: &Value, made: impl Fn(&str) -> String) -> Vec<String> {
    let paths = description["paths"].as_object().unwrap();
    let has_take = |item: &Value| {
        item["get"]["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == "take"))
    };
    let fill = |path: &String| {
        let first = path.split('/').nth(1).unwrap_or_default();
        let parts = path.split(['{', '}']).enumerate().map(|(index, part)| match index {
            _ if part == "domain" && index % 2 == 1 => "acme.example".to_owned(),
            1 => made(first),
            _ if index % 2 == 1 => made(part),
            _ => part.to_owned(),
        });
        parts.collect::<String>()
    };
    paths.iter().filter(|(_, item)| has_take(item)).map(|(path, _)| fill(path)).collect()
}

#[tokio::test]
async fn every_part_of_a_list_is_read_by_an_index_on_both_databases() {
    statements::watch();
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let made = furnish(admin).await;
    let paths = lists(&admin.description().await.document, made);
    assert!(paths.len() >= 12, "{paths:?}");
    for path in &paths {
        let first = admin.get(&format!("{path}?take=1")).await;
        // The log answers an array.
        assert!(first.is_object() || path.ends_with("/logs"), "{path}: {first}");
        if let Some(next) = first["next"].as_str() {
            admin.get(&format!("{path}?take=1&from={next}")).await;
        }
    }
    let members = paths.iter().find(|path| path.ends_with("/members")).unwrap();
    admin.get(&format!("{members}?take=1&q=ada")).await;
    for order in ["name:1", "name:-1", "display_name:1", "display_name:-1", "created_at:-1"] {
        let first = admin.get(&format!("/organizations?take=1&sort={order}")).await;
        let next = first["next"].as_str().unwrap();
        admin.get(&format!("/organizations?take=1&sort={order}&from={next}")).await;
    }
    let statements = statements::lists();
    assert!(statements.len() >= paths.len() / 2, "{statements:#?}");
    let other = Gateway::start(Mode::PostgresEmbedded).await;
    let mut postgres = PgConnection::connect(&other.storage).await.unwrap();
    // What an index can answer is answered by it, however few rows there are.
    for setting in ["enable_seqscan = off", "enable_sort = off", "plan_cache_mode = force_generic_plan"] {
        postgres.execute(AssertSqlSafe(format!("SET {setting}"))).await.unwrap();
    }
    let mut sqlite = gateway.database().await;
    for sql in statements {
        let plan =
            sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&mut sqlite).await.unwrap();
        for step in plan.iter().map(|row| row.get::<String, _>("detail")) {
            let by_index = !step.starts_with("SCAN") || step.contains("USING");
            assert!(by_index && !step.contains("TEMP B-TREE"), "SQLite reads {sql}\nby {step}");
        }
        let plan = postgres_plan(&mut postgres, &sql).await;
        // Rows of one name that an index brings side by side may be put in order; a whole list may not.
        let sorts = plan.lines().any(|line| line.trim_start_matches([' ', '-', '>']).starts_with("Sort  ("));
        assert!(!plan.contains("Seq Scan") && !sorts, "Postgres reads {sql}\nby {plan}");
    }
}

async fn postgres_plan(postgres: &mut PgConnection, sql: &str) -> String {
    let parameters = (1..20).take_while(|number| sql.contains(&format!("${number}"))).count();
    let nulls = vec!["NULL"; parameters].join(", ");
    let statements =
        [format!("PREPARE list AS {sql}"), format!("EXPLAIN EXECUTE list({nulls})"), "DEALLOCATE list".to_owned()];
    let mut plan = String::new();
    for statement in statements {
        for row in (&mut *postgres).fetch_all(AssertSqlSafe(statement)).await.unwrap() {
            plan += &format!("{}\n", row.get::<String, _>(0));
        }
    }
    plan
}

/// A hundred thousand organizations, and as many members of the first.
async fn fill(gateway: &Gateway, organization: &str, connection: &str) {
    let numbers = match gateway.storage.starts_with("postgres") {
        true => format!("SELECT i FROM generate_series(1, {MANY}) AS n (i)"),
        false => {
            format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) SELECT i FROM n")
        }
    };
    let digits = "substr('0000000000000000' || i, -16)";
    let digits = if gateway.storage.starts_with("postgres") { "lpad(i::text, 16, '0')" } else { digits };
    let statements = [
        format!(
            "INSERT INTO organizations (id, name, created_at) SELECT 'org_' || {digits}, 'org-' || i, 1000 + i / 7 \
             FROM ({numbers}) AS numbers"
        ),
        format!(
            "INSERT INTO users (user_id, connection_id, issuer, subject, email_verified, profile, user_metadata, \
             app_metadata, blocked, created_at, updated_at, logins_count) SELECT 'auth0|' || {digits}, '{connection}', \
             '', {digits}, 0, '{{}}', '{{}}', '{{}}', 0, 1000 + i / 7, 1000, 0 FROM ({numbers}) AS numbers"
        ),
        format!(
            "INSERT INTO members (organization_id, user_id, created_at) SELECT '{organization}', 'auth0|' || {digits}, \
             1000 + i / 7 FROM ({numbers}) AS numbers"
        ),
    ];
    sqlx::any::install_default_drivers();
    let mut database = sqlx::AnyConnection::connect(&gateway.storage).await.unwrap();
    for statement in statements {
        database.execute(AssertSqlSafe(statement)).await.unwrap();
    }
}

/// Every identifier of a list, read part by part.
async fn read_through(admin: &Administrator, path: &str, key: &str, member: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut from = String::new();
    loop {
        let part = admin.get(&format!("{path}?take=100{from}")).await;
        ids.extend(part[key].as_array().unwrap().iter().map(|item| text(item, member)));
        let Some(next) = part["next"].as_str() else { return ids };
        from = format!("&from={next}");
    }
}

async fn a_hundred_thousand_are_read_whole(mode: Mode) {
    let limits = "management.request_burst = 100000\nmanagement.requests_per_second = 100000";
    let gateway = Gateway::start_with(mode, limits).await;
    let admin = &gateway.admin;
    let (organization, connection) = (admin.organization("acme").await, admin.database("people").await);
    fill(&gateway, &organization, &connection).await;
    let lists = [
        ("/organizations".to_owned(), "organizations", "id", MANY + 1),
        (format!("/organizations/{organization}/members"), "members", "user_id", MANY),
        ("/users".to_owned(), "users", "user_id", MANY),
    ];
    for (path, key, member, expected) in lists {
        let mut ids = read_through(admin, &path, key, member).await;
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len() as i64, expected, "{path}: each once");
        let counted = admin.get(&format!("{path}?include_totals=true&per_page=1")).await;
        assert_eq!(counted["total"], expected);
        let beyond = admin.call("GET", &format!("{path}?page=10&per_page=100"), None).await;
        assert_eq!((beyond.status, &beyond.json()["errorCode"]), (400, &json!("invalid_paging")));
    }
    let begun = std::time::Instant::now();
    for _ in 0..10 {
        let found = admin.get(&format!("/organizations/{organization}/members?take=25&q=nobody")).await;
        assert_eq!(found, json!({ "members": [] }));
    }
    assert!(begun.elapsed().as_millis() < 3000, "a search takes {} ms", begun.elapsed().as_millis() / 10);
}

#[tokio::test]
#[ignore = "long: reads 300,000 rows"]
async fn a_hundred_thousand_organizations_and_members_are_read_whole_from_sqlite() {
    a_hundred_thousand_are_read_whole(Mode::SqliteEmbedded).await;
}

#[tokio::test]
#[ignore = "long: reads 300,000 rows"]
async fn a_hundred_thousand_organizations_and_members_are_read_whole_from_postgres() {
    a_hundred_thousand_are_read_whole(Mode::PostgresEmbedded).await;
}
