//! One Postgres cluster for the whole test binary, one fresh database for each test.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::child::Tied;
use super::command::free_port;

/// Durability costs time and these databases are thrown away.
const SETTINGS: [&str; 6] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=400",
    "unix_socket_permissions=0777",
    "listen_addresses=127.0.0.1",
];

pub struct Postgres {
    port: u16,
    _process: Tied,
}

static CLUSTER: OnceLock<Postgres> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Postgres {
    /// Creates an empty database and returns its address, `postgres://...`.
    pub async fn database() -> String {
        // Starting takes a second or two and blocks, which other tests should not feel.
        let cluster = tokio::task::spawn_blocking(|| CLUSTER.get_or_init(Self::start)).await.unwrap();
        let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"))).await.unwrap();
        connection.close().await.unwrap();
        cluster.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Another process may take the free port before Postgres does, hence a few tries.
    fn start() -> Self {
        let programs = programs();
        (0..5).find_map(|_| Self::try_start(&programs)).expect("Postgres starts")
    }

    fn try_start(programs: &Path) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("vestibule-postgres-").tempdir().unwrap().keep();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        let data = folder.join("data").into_os_string();
        let mut initdb = words(&programs.join("initdb"), &["-U", "postgres", "-A", "trust", "-E", "UTF8"]);
        initdb.extend(["--locale=C", "--no-sync", "-D"].map(OsString::from));
        initdb.push(data.clone());
        run(Command::new(&initdb[0]).args(&initdb[1..]).current_dir(&folder).stdout(Stdio::null()));

        let port = free_port();
        let mut server = words(&programs.join("postgres"), &["-p", &port.to_string(), "-D"]);
        server.extend([data, "-k".into(), folder.clone().into()]);
        server.extend(SETTINGS.iter().flat_map(|setting| ["-c".into(), setting.into()]));
        let started = Tied::wrapped("INT", &folder.to_string_lossy(), &server, |shell| {
            shell.current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::piped());
        });
        let mut process = started.expect("sh is installed");
        process.wait_for_errors(|line| line.contains("ready to accept connections").then_some(()))?;
        Some(Self { port, _process: process })
    }
}

/// A command line that runs as the user `postgres` where this process is root, which Postgres refuses.
fn words(program: &Path, arguments: &[&str]) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    if is_root() {
        words.extend(["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"].map(OsString::from));
    }
    words.push(program.into());
    words.extend(arguments.iter().map(OsString::from));
    words
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

fn run(command: &mut Command) {
    let status = command.status();
    assert!(status.as_ref().is_ok_and(std::process::ExitStatus::success), "{command:?}: {status:?}");
}

/// The folder of the newest installed server; Debian keeps it out of the search path.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let versions = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let newest = versions.max().expect("Postgres is installed (`make deps`)");
    format!("/usr/lib/postgresql/{newest}/bin").into()
}
