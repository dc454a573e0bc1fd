//! Databases with many organizations: one is made through the Management API, the others are copies of its rows.
//!
//! Each organization has five connections: an OpenID connection of its own with a sealed secret, and Google, GitHub,
//! Microsoft and a database of passwords that all share. The databases stay in `target/bench` for the next run.

use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, Row, SqliteConnection};

use crate::admin::Administrator;
use crate::process::{Home, ROOT_KEY};
use crate::{Bench, Outcome, report};

/// The name of the application that all logins are for.
pub(crate) const APPLICATION: &str = "Benchmark";

/// Changed with what is seeded, so that old databases are not used.
const VERSION: u32 = 1;
/// Rows that one statement writes.
const CHUNK: u32 = 10_000;
/// An organization's connections that are its own, in the organizations called `one`, `ten` and `hundred`.
const OWN: [(&str, u32); 3] = [("one", 1), ("ten", 10), ("hundred", 100)];

/// No limit is in the way.
pub(crate) const UNLIMITED: &str = "management.requests_per_second = 1000000\nmanagement.request_burst = 1000000\n\
    management.gateway_requests_per_second = 1000000\nmanagement.gateway_request_burst = 1000000\n\
    mail.outbox_milliseconds = 3600000\n";
/// What is remembered stays so for the day.
pub(crate) const WARM: &str = "management.fresh_seconds = 86400\n";

/// A database to serve.
pub(crate) struct Seeded {
    pub(crate) file: PathBuf,
    pub(crate) client_id: String,
}

/// Where databases, settings and logs are kept between runs.
pub(crate) fn folder() -> PathBuf {
    report::root().join("target/bench")
}

/// A database with so many organizations called `org-0000001` and so on, beside the one they are copies of.
pub(crate) async fn organizations(bench: &Bench, count: u32) -> Outcome<Seeded> {
    let file = folder().join(format!("organizations-{count}-v{VERSION}.db"));
    if !file.exists() {
        eprintln!("   making {count} organizations, once");
        let unfinished = file.with_extension("part");
        fill(&base(bench).await?, &unfinished, count).await?;
        fs::rename(&unfinished, &file)?;
    }
    // The kernel keeps it from now on: a million organizations may have left its cache since they were made.
    std::io::copy(&mut fs::File::open(&file)?, &mut std::io::sink())?;
    let mut rows = open(&file).await?;
    let row = rows.fetch_one(sqlx::query("SELECT client_id FROM clients WHERE name = $1").bind(APPLICATION)).await?;
    let client_id = row.try_get("client_id")?;
    rows.close().await?;
    Ok(Seeded { file, client_id })
}

/// The database that all are copies of: migrated by the server, its rows written by the Management API.
async fn base(bench: &Bench) -> Outcome<PathBuf> {
    let file = folder().join(format!("base-v{VERSION}.db"));
    if file.exists() {
        return Ok(file);
    }
    let unfinished = folder().join("base.part");
    for leftover in ["base.part", "base.part-wal", "base.part-shm"] {
        let _ = fs::remove_file(folder().join(leftover));
    }
    let home = Home::new(bench, "base", &unfinished, UNLIMITED)?;
    let server = home.serve().await?;
    furnish(&Administrator::of(&home)?).await?;
    server.stop()?;
    let mut rows = open(&unfinished).await?;
    rows.execute(AssertSqlSafe(format!("VACUUM INTO '{}'", file.display()))).await?;
    rows.close().await?;
    Ok(file)
}

async fn furnish(admin: &Administrator) -> Outcome<()> {
    admin.application().await?;
    let sample = admin.organization("sample").await?;
    let own = admin.openid("sample-own").await?;
    admin.enable(&sample, &own).await?;
    let social = json!({ "client_id": "gateway", "client_secret": "a secret" });
    for (name, strategy, options) in [
        ("google", "google-oauth2", &social),
        ("github", "github", &social),
        ("microsoft", "windowslive", &social),
        ("passwords", "auth0", &json!({})),
    ] {
        let shared = admin.connection(name, strategy, options.clone()).await?;
        admin.enable(&sample, &shared).await?;
    }
    for (name, count) in OWN {
        let organization = admin.organization(name).await?;
        for number in 1..=count {
            let own = admin.openid(&format!("{name}-{number}")).await?;
            admin.enable(&organization, &own).await?;
        }
    }
    Ok(())
}

pub(crate) async fn open(file: &Path) -> Outcome<SqliteConnection> {
    Ok(SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", file.display())).await?)
}

async fn fill(base: &Path, file: &Path, count: u32) -> Outcome<()> {
    fs::copy(base, file)?;
    let mut rows = open(file).await?;
    // A file that was not finished is made anew.
    rows.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; BEGIN").await?;
    let tables = [
        ("organizations", "name = 'sample'"),
        ("connections", "name = 'sample-own'"),
        ("enabled_connections", "organization_id = (SELECT id FROM organizations WHERE name = 'sample')"),
    ];
    for (table, which) in tables {
        let sample = format!("CREATE TEMP TABLE sample_{table} AS SELECT * FROM main.{table} WHERE {which}");
        rows.execute(AssertSqlSafe(sample)).await?;
    }
    let seal = Resealer::of(&mut rows).await?;
    for first in (1..=count).step_by(CHUNK as usize) {
        let last = count.min(first + CHUNK - 1);
        copy_chunk(&mut rows, &seal, first, last).await?;
    }
    rows.execute("COMMIT").await?;
    rows.close().await?;
    Ok(())
}

async fn copy_chunk(rows: &mut SqliteConnection, seal: &Resealer, first: u32, last: u32) -> Outcome<()> {
    const ID: &str = "printf('org_%016d', number)";
    const CONNECTION: &str = "printf('con_%016d', number)";
    let sealed = (first..=last).map(|number| seal.seal(&format!("con_{number:016}"))).collect::<Outcome<Vec<_>>>()?;
    let numbers = serde_json::to_string(&sealed)?;
    let name = "printf('org-%07d', number)";
    let created_at = ("created_at", "sample.created_at + number");
    let own = "sample.connection_id = (SELECT id FROM sample_connections)";
    let copies: [(&str, &[(&str, &str)]); 3] = [
        (
            "organizations",
            &[("id", ID), ("name", name), ("display_name", "printf('Company %07d', number)"), created_at],
        ),
        (
            "connections",
            &[("id", CONNECTION), ("name", "printf('own-%07d', number)"), ("sealed_options", "sealed"), created_at],
        ),
        (
            "enabled_connections",
            &[
                ("organization_id", ID),
                ("connection_id", &format!("CASE WHEN {own} THEN {CONNECTION} ELSE sample.connection_id END")),
            ],
        ),
    ];
    for (table, changes) in copies {
        let statement = copy_statement(rows, table, changes).await?;
        rows.execute(sqlx::query(AssertSqlSafe(statement)).bind(&numbers).bind(first)).await?;
    }
    Ok(())
}

/// Copies the sample's rows of a table once for each number; columns that are not named here stay as the server
/// wrote them.
async fn copy_statement(rows: &mut SqliteConnection, table: &str, changes: &[(&str, &str)]) -> Outcome<String> {
    let columns = rows.fetch_all(sqlx::query("SELECT name FROM pragma_table_info($1)").bind(table)).await?;
    let columns: Vec<String> = columns.iter().map(|row| row.try_get("name")).collect::<Result<_, _>>()?;
    let values = columns.iter().map(|column| {
        let change = changes.iter().find(|(changed, _)| changed == column);
        change.map_or_else(|| format!("sample.{column}"), |(_, value)| (*value).to_owned())
    });
    Ok(format!(
        "INSERT INTO main.{table} ({}) SELECT {} FROM (SELECT $2 + key AS number, value AS sealed FROM json_each($1)) \
         CROSS JOIN sample_{table} AS sample ORDER BY number, sample.rowid",
        columns.join(", "),
        values.collect::<Vec<_>>().join(", "),
    ))
}

/// Seals the sample connection's secrets for other connections: what is sealed opens in its own place only.
struct Resealer {
    key_id: String,
    key: RandomizedNonceKey,
    plain: Vec<u8>,
}

impl Resealer {
    async fn of(rows: &mut SqliteConnection) -> Outcome<Self> {
        let row = rows.fetch_one("SELECT id, sealed_options FROM sample_connections").await?;
        let (id, sealed): (String, String) = (row.try_get("id")?, row.try_get("sealed_options")?);
        let (key_id, text) = sealed.split_once('.').ok_or("the sample is not sealed")?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &STANDARD.decode(ROOT_KEY)?)?;
        let mut bytes = URL_SAFE_NO_PAD.decode(text)?;
        let nonce = Nonce::try_assume_unique_for_key(bytes.get(..12).ok_or("no nonce")?)?;
        let plain = key.open_in_place(nonce, Aad::from(place(&id)), &mut bytes[12..])?.to_vec();
        Ok(Self { key_id: key_id.to_owned(), key, plain })
    }

    fn seal(&self, id: &str) -> Outcome<String> {
        let mut buffer = self.plain.clone();
        let nonce = self.key.seal_in_place_append_tag(Aad::from(place(id)), &mut buffer)?;
        let bytes = [nonce.as_ref().as_slice(), &buffer].concat();
        Ok(format!("{}.{}", self.key_id, URL_SAFE_NO_PAD.encode(bytes)))
    }
}

fn place(connection_id: &str) -> String {
    format!("connections.options:{connection_id}")
}
