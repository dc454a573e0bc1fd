//! The real server on a free port, with its administrator: every way it can be run.

use std::net::SocketAddr;
use std::sync::Arc;

use secrecy::ExposeSecret;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use vestibule::app::App;
use vestibule::config::Config;
use vestibule::login::Login;
use vestibule::management;
use vestibule::management_client::GATEWAY_SCOPES;

pub use super::administrator::{Administrator, id, text};
use super::http::Visitor;
use super::ill_management::IllManagement;
use super::postgres::Postgres;
use super::repository;

/// What a gateway over TLS shows. It signed itself, so whoever trusts it needs no other certificate.
pub const CERTIFICATE: &str = "tests/fixtures/localhost.crt.pem";

/// How the product is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    SqliteEmbedded,
    PostgresEmbedded,
    SqliteRemote,
    PostgresRemote,
}

impl Mode {
    pub fn is_remote(self) -> bool {
        matches!(self, Self::SqliteRemote | Self::PostgresRemote)
    }

    fn is_postgres(self) -> bool {
        matches!(self, Self::PostgresEmbedded | Self::PostgresRemote)
    }
}

/// Writes each test once and runs it in every [`Mode`]: `matrix! { a_promise, ... }` for `async fn a_promise(mode)`.
#[macro_export]
macro_rules! matrix {
    ($($name:ident),+ $(,)?) => {
        $crate::matrix!(@mode sqlite_embedded SqliteEmbedded $($name)+);
        $crate::matrix!(@mode postgres_embedded PostgresEmbedded $($name)+);
        $crate::matrix!(@mode sqlite_remote SqliteRemote $($name)+);
        $crate::matrix!(@mode postgres_remote PostgresRemote $($name)+);
    };
    (@mode $module:ident $mode:ident $($name:ident)+) => {
        mod $module {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::support::gateway::Mode::$mode).await;
            })+
        }
    };
}

/// A running gateway and, in the remote modes, the other vestibule whose Management API it uses.
pub struct Gateway {
    /// `http://localhost:PORT`
    pub origin: String,
    pub address: SocketAddr,
    pub admin: Administrator,
    /// Of the gateway itself, for what it tells of itself where another machine serves the API.
    pub own_admin: Administrator,
    /// For what the command line asks without a request.
    pub login: Arc<Login>,
    /// The database of the Management API.
    pub storage: String,
    servers: Vec<AbortHandle>,
    folder: TempDir,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.servers.iter().for_each(AbortHandle::abort);
    }
}

impl Gateway {
    pub async fn start(mode: Mode) -> Self {
        Self::start_with(mode, "").await
    }

    /// With further settings, in the syntax of the settings file; they go to the gateway and to the API's host.
    pub async fn start_with(mode: Mode, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if !mode.is_remote() {
            return Self::embedded(mode, folder, settings).await;
        }
        Self::start_remote(mode, settings, folder, None).await
    }

    /// A remote gateway that reaches the Management API through `front`.
    pub async fn start_behind(front: &IllManagement, settings: &str) -> Self {
        Self::start_remote(Mode::SqliteRemote, settings, tempfile::tempdir().unwrap(), Some(front)).await
    }

    async fn start_remote(mode: Mode, settings: &str, folder: TempDir, front: Option<&IllManagement>) -> Self {
        let place = Place::new().await;
        let host = Place::new().await;
        // With a front, the API is known by the front's address only.
        let url = front.map_or(&host.origin, |front| &front.origin).clone();
        let settings_of_host = config(mode, &folder, "management", &url, settings).await;
        let storage = settings_of_host.storage.url.expose_secret().to_owned();
        let app = App::build(settings_of_host).await.unwrap();
        let admin = Administrator::of(&app, &host.origin);
        let audience = format!("{url}/api/v2/");
        let (client_id, secret) =
            management::gateways::add(&app.tenant, "the gateway", &audience, &GATEWAY_SCOPES).await.unwrap();
        if let Some(front) = front {
            front.stand_before(&host.origin);
        }
        let mut servers = vec![host.serve(app)];
        let own = format!("{settings}\nmanagement.url = {url:?}\nmanagement.client_id = {client_id:?}\n");
        let mut config = config(mode, &folder, "gateway", &place.origin, &own).await;
        config.management.client_secret = secret.into();
        if !settings.contains("management.fresh_seconds") {
            // Writes made elsewhere are seen when the answer is no longer fresh.
            config.management.fresh_seconds = 0;
            config.management.stale_while_revalidate_seconds = 0;
        }
        let app = App::build(config).await.unwrap();
        let own_admin = Administrator::of(&app, &place.origin);
        let (origin, address, login) = (place.origin.clone(), place.address, app.login.clone());
        servers.push(place.serve(app));
        Self { origin, address, admin, own_admin, login, storage, servers, folder }
    }

    /// Over TLS, with [`CERTIFICATE`].
    pub async fn start_secure(mode: Mode, settings: &str) -> Self {
        let (certificate, key) = (repository(CERTIFICATE), repository("tests/fixtures/localhost.key.pem"));
        let settings = format!("{settings}\nserver.tls_certificate = {certificate:?}\nserver.tls_key = {key:?}\n");
        let mut place = Place::new().await;
        place.origin = place.origin.replace("http:", "https:");
        let mut gateway = Self::embedded_at(place, mode, tempfile::tempdir().unwrap(), &settings).await;
        gateway.admin.visitor = Visitor::trusting(&std::fs::read(certificate).unwrap());
        gateway
    }

    async fn embedded(mode: Mode, folder: TempDir, settings: &str) -> Self {
        Self::embedded_at(Place::new().await, mode, folder, settings).await
    }

    async fn embedded_at(place: Place, mode: Mode, folder: TempDir, settings: &str) -> Self {
        let config = config(mode, &folder, "gateway", &place.origin, settings).await;
        let storage = config.storage.url.expose_secret().to_owned();
        let app = App::build(config).await.unwrap();
        let (admin, own_admin) = (Administrator::of(&app, &place.origin), Administrator::of(&app, &place.origin));
        let (origin, address, login) = (place.origin.clone(), place.address, app.login.clone());
        let servers = vec![place.serve(app)];
        Self { origin, address, admin, own_admin, login, storage, servers, folder }
    }

    /// The same SQLite database served anew, on another port and with other settings, such as a client's id that
    /// is known only now.
    pub async fn restart_with(mut self, settings: &str) -> Self {
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        drop(self);
        Self::embedded(Mode::SqliteEmbedded, folder, settings).await
    }

    /// A connection of our own to the SQLite database.
    pub async fn database(&self) -> SqliteConnection {
        let file = self.folder.path().join("gateway.db");
        SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap()
    }

    /// Where the server of the Management API writes its mails.
    pub fn mail_folder(&self) -> std::path::PathBuf {
        self.folder.path().join("mails")
    }

    /// A link that makes an administrator, as the host makes it beside the server.
    pub async fn setup_link(&self) -> String {
        let text = format!(
            "storage.url = {:?}\nstorage.root_key = {ROOT_KEY:?}\nserver.public_url = {:?}",
            self.storage, self.origin
        );
        let config = Config::from_text(&text, std::iter::empty()).unwrap();
        App::beside_a_server(config).await.unwrap().setup_link().await.unwrap()
    }

    /// An address of the gateway.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// An address on another host name that leads to the gateway, such as `acme.localhost`.
    pub fn url_at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }
}

struct Place {
    origin: String,
    address: SocketAddr,
    listener: TcpListener,
}

impl Place {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { origin: format!("http://localhost:{}", address.port()), address, listener }
    }

    fn serve(self, app: App) -> AbortHandle {
        let server = async move { app.serve(self.listener, std::future::pending()).await.unwrap() };
        tokio::spawn(server).abort_handle()
    }
}

/// 32 bytes of 7.
const ROOT_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// Dotted keys (`login.code_seconds = 1`) so that settings from several places can be put together.
async fn config(mode: Mode, folder: &TempDir, name: &str, origin: &str, settings: &str) -> Config {
    let storage = match mode.is_postgres() {
        true => Postgres::database().await,
        false => format!("sqlite:{}", folder.path().join(format!("{name}.db")).display()),
    };
    let usual = format!(
        "server.public_url = {origin:?}\nstorage.url = {storage:?}\nstorage.root_key = {ROOT_KEY:?}\n\
         storage.max_connections = 4\noutbound.allow = [\"127.0.0.0/8\"]\noutbound.timeout_seconds = 2\n\
         mail.folder = {:?}\nmanagement.timeout_seconds = 10\n",
        folder.path().join("mails")
    );
    let is_given = |line: &str| line.split(" = ").next().is_some_and(|name| settings.contains(&format!("{name} = ")));
    let usual = usual.lines().filter(|line| !is_given(line)).collect::<Vec<_>>().join("\n");
    let text = format!("{usual}\n{settings}");
    let config = Config::from_text(&text, std::iter::empty()).unwrap();
    assert!(!config.storage.url.expose_secret().is_empty());
    config
}
