//! One database of either kind: readers, and writers that commit in groups on SQLite.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;
use sqlx::any::{AnyArguments, AnyPoolOptions, AnyRow};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, Row, SqlSafeStr};
use tokio::sync::{mpsc, oneshot};

use super::seal::{Seal, create_private, read_or_create_root_key};
use crate::config;
use crate::error::{Context, Fault};

/// Every schema change there ever was, oldest first.
const MIGRATIONS: [(i64, &str, &str); 8] = [
    (1, "first", include_str!("migrations/0001_first.sql")),
    (2, "management", include_str!("migrations/0002_management.sql")),
    (3, "every_way_in", include_str!("migrations/0003_every_way_in.sql")),
    (4, "cached_get", include_str!("migrations/0004_cached_get.sql")),
    (5, "dashboard", include_str!("migrations/0005_dashboard.sql")),
    (6, "counts", include_str!("migrations/0006_counts.sql")),
    (7, "enabled_connections", include_str!("migrations/0007_enabled_connections.sql")),
    (8, "member_search", include_str!("migrations/0008_member_search.sql")),
];

/// FULL, so that a committed code or session survives a power cut; group commit makes it cheap. Each connection keeps
/// four megabytes of pages: the upper ones of every index of a million rows; the kernel keeps them all.
const SQLITE_PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                              PRAGMA busy_timeout = 5000; PRAGMA cache_size = -4096";

/// Writes that one SQLite commit carries at most.
const GROUP: usize = 64;

/// What the store answers when it cannot do a thing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row with the same unique value exists.
    #[error("a row with the same unique value exists")]
    Duplicate,
    /// A row that this one names does not exist.
    #[error("a row that this one refers to does not exist")]
    MissingReference,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().map(|error| error.kind()) {
            Some(sqlx::error::ErrorKind::UniqueViolation) => Self::Duplicate,
            Some(sqlx::error::ErrorKind::ForeignKeyViolation) => Self::MissingReference,
            _ => Self::Fault(Fault::new("the database", error)),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Fault(Fault::new("a stored document", error))
    }
}

/// A connection to the rows: a reader's own, or the one a write runs on.
pub struct Rows<'c> {
    connection: Held<'c>,
    pub(super) seal: Arc<Seal>,
}

enum Held<'c> {
    Own(PoolConnection<Any>),
    Lent(&'c mut AnyConnection),
}

pub(super) type Statement<'q> = Query<'q, Any, AnyArguments>;

impl Rows<'_> {
    fn connection(&mut self) -> &mut AnyConnection {
        metrics::counter!("store_statements_total").increment(1);
        match &mut self.connection {
            Held::Own(connection) => connection,
            Held::Lent(connection) => connection,
        }
    }

    pub(super) async fn all(&mut self, statement: Statement<'_>) -> Result<Vec<AnyRow>, StoreError> {
        Ok(statement.fetch_all(self.connection()).await?)
    }

    pub(super) async fn optional(&mut self, statement: Statement<'_>) -> Result<Option<AnyRow>, StoreError> {
        Ok(statement.fetch_optional(self.connection()).await?)
    }

    /// The `total` of a `SELECT COUNT(*) AS total`.
    pub(super) async fn count(&mut self, statement: Statement<'_>) -> Result<i64, StoreError> {
        Ok(statement.fetch_one(self.connection()).await?.try_get("total")?)
    }

    /// How many rows the statement touched.
    pub(super) async fn execute(&mut self, statement: Statement<'_>) -> Result<u64, StoreError> {
        Ok(statement.execute(self.connection()).await?.rows_affected())
    }
}

pub(super) struct Database {
    readers: AnyPool,
    writer: Writer,
    pub(super) seal: Arc<Seal>,
}

enum Writer {
    /// SQLite has one writer; whatever waits is committed together.
    Group(mpsc::Sender<Job>),
    /// Postgres writes on any connection of the pool.
    Pool,
}

/// A write with its answer's channel inside: runs, then is told whether the commit held.
type Job = Box<dyn for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Done> + Send>;

struct Done {
    keep: bool,
    answer: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

impl Database {
    pub(super) async fn open(settings: &config::Storage, may_migrate: bool) -> Result<Self, Fault> {
        sqlx::any::install_default_drivers();
        let url = settings.url.expose_secret().to_owned();
        let sqlite = url.starts_with("sqlite:");
        if !sqlite && !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            return Err(Fault::new("storage.url", "must start with sqlite: or postgres://"));
        }
        let path = sqlite.then(|| sqlite_path(&url));
        let seal = open_seal(settings, path.as_deref())?;
        if let Some(path) = path {
            // SQLite gives the files beside it the rights of this one. What is wrong with it, opening tells.
            let _ = create_private(&path);
        }
        let url = if sqlite && !url.contains('?') { format!("{url}?mode=rwc") } else { url };
        let readers = AnyPoolOptions::new()
            .max_connections(if sqlite { readers_of_file(settings.max_connections) } else { settings.max_connections })
            // A file does not hang up; asking whether it did takes as long as many a query.
            .test_before_acquire(!sqlite)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if sqlite {
                        connection.execute(SQLITE_PRAGMAS).await?;
                    }
                    Ok(())
                })
            })
            .connect(&url)
            .await
            .context("opening the database (storage.url)")?;
        let mut connection = readers.acquire().await.context("opening the database (storage.url)")?;
        if may_migrate {
            migrate(&mut connection).await?;
        }
        let writer = if sqlite {
            let mut connection = AnyConnection::connect(&url).await.context("opening the database for writing")?;
            connection.execute(SQLITE_PRAGMAS).await.context("opening the database for writing")?;
            let (sender, jobs) = mpsc::channel(1024);
            tokio::spawn(write_in_groups(connection, jobs));
            Writer::Group(sender)
        } else {
            Writer::Pool
        };
        Ok(Self { readers, writer, seal: Arc::new(seal) })
    }

    pub(super) async fn read(&self) -> Result<Rows<'static>, StoreError> {
        let connection = Held::Own(self.readers.acquire().await?);
        Ok(Rows { connection, seal: self.seal.clone() })
    }

    /// One transaction; see [`super::Tenant::write`]. Goes on to its end even if the caller goes away.
    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(Rows<'c>) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let seal = self.seal.clone();
        let job: Job = Box::new(move |connection| {
            let rows = Rows { connection: Held::Lent(connection), seal };
            let working = work(rows);
            Box::pin(async move {
                let result = working.await;
                let keep = result.is_ok();
                let answer = move |commit: Result<(), StoreError>| {
                    // The caller may be gone; what was committed stays.
                    let _ = sender.send(commit.map_err(E::from).and(result));
                };
                Done { keep, answer: Box::new(answer) }
            })
        });
        match &self.writer {
            Writer::Group(jobs) => {
                let _ = jobs.send(job).await;
            }
            Writer::Pool => {
                tokio::spawn(write_alone(self.readers.clone(), job));
            }
        }
        let lost = || StoreError::Fault(Fault::new("writing to the database", "the write was lost"));
        receiver.await.unwrap_or_else(|_| Err(E::from(lost())))
    }
}

/// Reading a file is work for a core, so more readers would not read more, and each keeps pages of its own. Four, so
/// that a long search holds nobody up where there is one core.
fn readers_of_file(most: u32) -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    most.min(u32::try_from(2 * cores).unwrap_or(u32::MAX).max(4))
}

async fn write_alone(pool: AnyPool, job: Job) {
    // Without a transaction the job is dropped unrun, and its caller told that the write was lost.
    let mut transaction = match pool.begin().await {
        Ok(transaction) => transaction,
        Err(error) => {
            tracing::error!(%error, "the database gives no transaction");
            return;
        }
    };
    let done = job(&mut transaction).await;
    let end = if done.keep { transaction.commit().await } else { transaction.rollback().await };
    (done.answer)(end.map_err(StoreError::from));
}

async fn write_in_groups(mut connection: AnyConnection, mut jobs: mpsc::Receiver<Job>) {
    let mut group = Vec::with_capacity(GROUP);
    while jobs.recv_many(&mut group, GROUP).await > 0 {
        if let Err(error) = connection.execute("BEGIN IMMEDIATE").await {
            tracing::error!(%error, "the database gives no transaction");
            group.clear();
            continue;
        }
        let mut done = Vec::with_capacity(group.len());
        for job in group.drain(..) {
            done.extend(run_in_savepoint(&mut connection, job).await);
        }
        let commit = connection.execute("COMMIT").await;
        if commit.is_err() {
            let _ = connection.execute("ROLLBACK").await;
        }
        for done in done {
            let fault = || StoreError::Fault(Fault::new("committing", "the database refused the commit"));
            (done.answer)(if commit.is_ok() || !done.keep { Ok(()) } else { Err(fault()) });
        }
        if let Err(error) = commit {
            tracing::error!(%error, "a commit failed");
        }
    }
}

/// Runs one write so that it can be undone without the others; `None` when it panicked.
async fn run_in_savepoint(connection: &mut AnyConnection, job: Job) -> Option<Done> {
    if connection.execute("SAVEPOINT job").await.is_err() {
        return None;
    }
    let done = std::panic::AssertUnwindSafe(job(connection)).catch_unwind().await.ok();
    let end = if done.as_ref().is_some_and(|done| done.keep) { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
    match connection.execute(end).await {
        Ok(_) => done,
        Err(error) => {
            tracing::error!(%error, "a write could not be ended");
            None
        }
    }
}

/// SQLite has no lock for a whole migration: of two nodes that start at once one fails and, looking again, finds
/// it done. Any other failure repeats itself.
async fn migrate(connection: &mut AnyConnection) -> Result<(), Fault> {
    let mut migrated = migrations().run(&mut *connection).await;
    for _ in MIGRATIONS {
        if migrated.is_err() {
            migrated = migrations().run(&mut *connection).await;
        }
    }
    migrated.context("bringing the database up to date")
}

fn migrations() -> Migrator {
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator { migrations: migrations.to_vec().into(), ..Migrator::DEFAULT }
}

fn open_seal(settings: &config::Storage, sqlite_path: Option<&Path>) -> Result<Seal, Fault> {
    let key = match sqlite_path {
        _ if !settings.root_key.expose_secret().is_empty() => settings.root_key.clone(),
        // Beside a database that is there, a key made anew would open nothing: a lost one must be said.
        Some(path) => read_or_create_root_key(&path.with_added_extension("key"), !path.exists())?,
        None => return Err(Fault::new("storage.root_key", "is required with Postgres")),
    };
    Seal::new(&key, &settings.previous_root_key)
}

pub(super) fn is_new(settings: &config::Storage) -> bool {
    let url = settings.url.expose_secret();
    url.starts_with("sqlite:") && !sqlite_path(url).exists()
}

pub(super) fn beside(settings: &config::Storage, extension: &str) -> Option<PathBuf> {
    let url = settings.url.expose_secret();
    url.starts_with("sqlite:").then(|| sqlite_path(url).with_added_extension(extension))
}

fn sqlite_path(url: &str) -> PathBuf {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    PathBuf::from(path.split('?').next().unwrap_or(path))
}
