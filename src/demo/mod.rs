//! The demo: a gateway with two organizations, a second instance as identity provider, a sample application.

mod application;
mod seed;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::config::Config;
use crate::error::{Context, Fault};
use crate::{management, model, web};

/// What the demo can be told.
#[derive(clap::Args)]
pub struct Arguments {
    /// Port of the gateway.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Port of the sample application.
    #[arg(long, default_value_t = 8081)]
    application_port: u16,
    /// Port of the identity provider.
    #[arg(long, default_value_t = 8082)]
    identity_provider_port: u16,
    /// Print what to open as JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// What there is to open and who can sign in; the shape of `--json`.
#[derive(Debug, Serialize)]
pub struct Tour {
    pub gateway: String,
    pub application: String,
    pub identity_provider: String,
    pub management_token: String,
    pub organizations: Vec<TourOrganization>,
    pub sign_ins: Vec<SignIn>,
    pub dashboard: TourDashboard,
}

/// Who administers the gateway.
#[derive(Debug, Serialize)]
pub struct TourDashboard {
    pub url: String,
    pub username: &'static str,
    pub password: &'static str,
}

#[derive(Debug, Serialize)]
pub struct TourOrganization {
    pub id: String,
    pub name: String,
    pub login_url: String,
}

/// A way in that works, and what comes of it.
#[derive(Debug, Clone, Serialize)]
pub struct SignIn {
    pub organization: &'static str,
    /// The connection's title on the page.
    pub connection: &'static str,
    pub username: &'static str,
    pub password: &'static str,
    pub outcome: &'static str,
}

/// The files of a demo; gone when it ends.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs until Ctrl-C.
///
/// # Errors
/// A port that is taken, with the flag that changes it.
pub async fn run(arguments: Arguments) -> Result<(), Fault> {
    // From here on a stop deletes the folder, too.
    let told = web::stop::stop_signal();
    let folder = Folder(std::env::temp_dir().join(format!("vestibule-demo-{}", model::random_alphanumeric(12))));
    std::fs::create_dir_all(&folder.0).context("making a folder for the demo")?;
    let gateway_listener = listen(arguments.port, "--port").await?;
    let application_listener = listen(arguments.application_port, "--application-port").await?;
    let provider_listener = listen(arguments.identity_provider_port, "--identity-provider-port").await?;
    let places = seed::Places {
        gateway: format!("http://localhost:{}", port(&gateway_listener)?),
        application: format!("http://localhost:{}", port(&application_listener)?),
        identity_provider: format!("http://127.0.0.1:{}", port(&provider_listener)?),
    };

    let provider_config = config("identity-provider", &places.identity_provider, &folder.0, "")?;
    web::observe::init_logging(&provider_config.log)?;
    let identity_provider = App::build(provider_config).await?;
    let people = seed::identity_provider(&identity_provider, &places).await?;

    let more = "login.host_suffix = \"localhost\"\noutbound.allow = [\"127.0.0.0/8\", \"::1/128\"]\n";
    let gateway = App::build(config("gateway", &places.gateway, &folder.0, more)?).await?;
    let seeded = seed::gateway(&gateway, &places, &people).await?;
    // Where the organizations' own addresses lead is known only now.
    let more = format!("{more}login.default_client_id = {:?}\n", seeded.client_id);
    let gateway = App::build(config("gateway", &places.gateway, &folder.0, &more)?).await?;
    let all = management::every_scope();
    let tour = seeded.tour(&places, gateway.management_token(&all, 24 * 3600)?);
    tell(&tour, &mails(&folder.0), arguments.json)?;

    let application = application::router(&places, &seeded)?;
    let (stop, stopped) = watch::channel(false);
    let until = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let application_settings = config("application", &places.application, &folder.0, "")?.server;
    let serving = async {
        tokio::try_join!(
            gateway.serve(gateway_listener, until(stopped.clone())),
            identity_provider.serve(provider_listener, until(stopped.clone())),
            web::serve(application_listener, application, &application_settings, until(stopped.clone())),
        )
    };
    let stopping = async {
        told.await;
        let _ = stop.send(true);
        Ok(())
    };
    tokio::try_join!(serving, stopping).map(|_| ())
}

async fn listen(port: u16, flag: &str) -> Result<TcpListener, Fault> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address)
        .await
        .context(&format!("port {port} cannot be used; give another one with {flag} (0 takes any free one)"))
}

fn port(listener: &TcpListener) -> Result<u16, Fault> {
    Ok(listener.local_addr().context("reading a port")?.port())
}

/// Where the demo's mails are written.
fn mails(folder: &Path) -> PathBuf {
    folder.join("mails")
}

/// Settings of one instance; cookies ignore ports, so each has names of its own.
fn config(name: &str, public_url: &str, folder: &Path, more: &str) -> Result<Config, Fault> {
    let database = folder.join(format!("{name}.db"));
    let text = format!(
        "server.public_url = {public_url:?}\nserver.cookie_prefix = \"demo-{name}\"\nserver.drain_seconds = 1\n\
         storage.url = {:?}\nmail.folder = {:?}\nlog.filter = \"warn\"\n{more}",
        format!("sqlite:{}", database.display()),
        mails(folder)
    );
    Config::from_text(&text, std::iter::empty()).context("the demo's settings")
}

fn tell(tour: &Tour, mails: &Path, json: bool) -> Result<(), Fault> {
    if json {
        println!("{}", serde_json::to_string(tour).context("writing the tour")?);
        return Ok(());
    }
    println!("vestibule is running. Open:\n");
    println!("  {:<34} the sample application", tour.application);
    for organization in &tour.organizations {
        println!("  {:<34} the login page of {}", organization.login_url, organization.name);
    }
    let TourDashboard { url, username, password } = &tour.dashboard;
    println!("  {url:<34} the dashboard: {username}, {password}");
    println!("\nSign in as:\n");
    println!("  {:<14}{:<22}{:<26}{:<24}what happens", "organization", "option", "username", "password");
    for it in &tour.sign_ins {
        println!("  {:<14}{:<22}{:<26}{:<24}{}", it.organization, it.connection, it.username, it.password, it.outcome);
    }
    println!(
        "\nThe Management API is {}/api/v2/; a token for it, valid for a day, is printed by --json.",
        tour.gateway
    );
    println!("Mails are written to {}.", mails.display());
    println!("Ctrl-C stops everything and deletes what was made.");
    Ok(())
}
