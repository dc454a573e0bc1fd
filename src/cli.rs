//! The command line: serve, demo, check, explain, token, setup, gateway, keys.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tokio::net::TcpListener;
use url::Url;

use crate::app::{self, App};
use crate::config::Config;
use crate::error::{Context, Fault};
use crate::mail::MailRoom;
use crate::management;
use crate::management::signing_keys::{KeyFacts, SigningKeys};
use crate::model::Strategy;
use crate::store::{Event, Revocation};
use crate::{demo, store, web};

/// The organization login page: each organization sees only its own ways to sign in.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the login pages, the OpenID provider and (unless management.url is set) the Management API.
    Serve(ConfigArgument),
    /// Try everything at once: two organizations, an identity provider and a sample application on this machine.
    Demo(demo::Arguments),
    /// Check a configuration and say of each upstream whether it answers.
    Check(ConfigArgument),
    /// Say which organization the address of a login would get, by which rule, and which options it would see.
    Explain {
        #[command(flatten)]
        config: ConfigArgument,
        url: Url,
    },
    /// Print a token for the Management API of this host.
    Token {
        #[command(flatten)]
        config: ConfigArgument,
        /// A scope such as read:organizations; repeat it for more. Without any: all that a token may have.
        #[arg(long = "scope")]
        scopes: Vec<String>,
        /// How long the token is valid.
        #[arg(long, default_value_t = 3600)]
        seconds: i64,
    },
    /// Print a link that makes an administrator of the dashboard, or gives one a new password: once, within an hour.
    Setup(ConfigArgument),
    /// Manage the gateways that may use this host's Management API.
    #[command(subcommand)]
    Gateway(GatewayCommand),
    /// List, rotate and revoke the keys that sign this host's tokens; servers that run follow by themselves.
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Print the keys, the newest first.
    List(ConfigArgument),
    /// Make the next key the one that signs, and a new next one.
    Rotate(ConfigArgument),
    /// Refuse what a replaced key has signed.
    Revoke {
        #[command(flatten)]
        config: ConfigArgument,
        kid: String,
    },
}

#[derive(Subcommand)]
enum GatewayCommand {
    /// Make the client of a gateway and print its settings.
    Add {
        #[command(flatten)]
        config: ConfigArgument,
        name: String,
    },
}

#[derive(clap::Args)]
struct ConfigArgument {
    /// The settings file; what it does not name has the default that config/vestibule.toml tells.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigArgument {
    fn load(&self) -> Result<Config, Fault> {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Config::load(self.config.as_deref(), environment).context("the configuration")
    }

    /// For a command beside a server that may be running.
    async fn open(&self) -> Result<App, Fault> {
        let config = self.load()?;
        web::observe::init_logging(&config.log)?;
        App::beside_a_server(config).await
    }
}

/// Runs the command.
///
/// # Errors
/// The sentence to print; the process then exits with 1.
pub async fn run(cli: Cli) -> Result<(), Fault> {
    match cli.command {
        Command::Serve(config) => serve(&config).await,
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Check(config) => check(&config).await,
        Command::Explain { config, url } => {
            let app = config.open().await?;
            let lines = app.login.explain(&url).await.context("explaining the address")?;
            lines.iter().for_each(|line| println!("{line}"));
            Ok(())
        }
        Command::Token { config, scopes, seconds } => {
            let app = config.open().await?;
            // Where the API is on another host, this one answers only for its own gateway.
            let possible = match app.settings.management.url {
                Some(_) => management::GATEWAY_OWN_SCOPES.map(str::to_owned).to_vec(),
                None => management::every_scope(),
            };
            if let Some(scope) = scopes.iter().find(|scope| management::is_scope(scope) && !possible.contains(scope)) {
                let why = format!("the Management API is on another host; make the token for {scope} there");
                return Err(Fault::new("vestibule token", why));
            }
            let scopes = if scopes.is_empty() { possible } else { scopes };
            println!("{}", app.management_token(&scopes, seconds)?);
            Ok(())
        }
        Command::Setup(config) => {
            println!("{}", config.open().await?.setup_link().await?);
            Ok(())
        }
        Command::Gateway(GatewayCommand::Add { config, name }) => add_gateway(&config, &name).await,
        Command::Keys(command) => keys(command).await,
    }
}

async fn serve(config: &ConfigArgument) -> Result<(), Fault> {
    let settings = config.load()?;
    web::observe::init_logging(&settings.log)?;
    let address = settings.server.listen;
    // Before anything is made: a server that cannot listen leaves nothing behind.
    let listener = TcpListener::bind(address)
        .await
        .context(&format!("cannot listen on {address} (server.listen, or VESTIBULE_SERVER__LISTEN, changes it)"))?;
    let first_start = store::is_new(&settings.storage);
    let app = App::build(settings).await?;
    let stop = web::stop::stop_signal();
    tracing::info!(%address, public_url = %app.settings.server.public_url, "serving");
    if first_start && app.settings.management.url.is_none() {
        tracing::info!(
            "first start: the database, its root key and a signing key were made. Get a Management API token with: \
             vestibule token --scope create:organizations (without --scope it has every scope)"
        );
    }
    if let Some(link) = app.first_setup_link().await? {
        // Not in our log; where standard output is kept, it is of no use after an hour, or once somebody administers.
        println!("Nobody administers this server yet. Within an hour, once: {link}");
    }
    app.serve(listener, stop).await
}

async fn check(config: &ConfigArgument) -> Result<(), Fault> {
    let settings = config.load()?;
    web::observe::init_logging(&settings.log)?;
    web::tls::acceptor(&settings.server)?;
    store::check_root_key(&settings.storage)?;
    println!("configuration      ok");
    let mut failures = 0;
    let mut report = |name: &str, result: Result<(), String>| match result {
        Ok(()) => println!("{name:<18} ok"),
        Err(why) => {
            failures += 1;
            println!("{name:<18} {why}");
        }
    };
    let mail_room = MailRoom::new(&settings.mail)?;
    if settings.management.url.is_none() && mail_room.folder().is_none() {
        report("mail relay", mail_room.probe().await);
    }
    if store::is_new(&settings.storage) {
        println!("database           not there yet; the first start makes it");
        return answered(failures);
    }
    let app = config.open().await?;
    println!("database           ok");
    report("management api", app.client.probe().await.map_err(|error| error.to_string()));
    let connections = app.client.all_connections().await.unwrap_or_else(|error| {
        report("connections", Err(error.to_string()));
        Vec::new()
    });
    // The others have no identity provider to ask.
    let asks_nobody = |strategy: Strategy| strategy.is_database() || strategy == Strategy::Email;
    for connection in connections.iter().filter(|it| it.is_open() && !asks_nobody(it.strategy)) {
        report(&connection.name, app.login.probe(connection).await);
    }
    answered(failures)
}

fn answered(failures: usize) -> Result<(), Fault> {
    match failures {
        0 => Ok(()),
        _ => Err(Fault::new("vestibule check", format!("{failures} upstream(s) do not answer as they should"))),
    }
}

async fn add_gateway(config: &ConfigArgument, name: &str) -> Result<(), Fault> {
    let app = config.open().await?;
    if app.settings.management.url.is_some() {
        return Err(Fault::new("vestibule gateway add", "the Management API is on another host; run this there"));
    }
    let audience = app.settings.management_audience();
    let scopes = crate::management_client::GATEWAY_SCOPES;
    let (client_id, secret) = management::gateways::add(&app.tenant, name, &audience, &scopes).await?;
    println!("# The settings of the gateway {name:?}; the secret is not shown again.");
    println!("[management]");
    println!("url = {:?}", app.settings.server.public_url.as_str().trim_end_matches('/'));
    println!("client_id = {client_id:?}");
    println!("client_secret = {secret:?}");
    Ok(())
}

async fn keys(command: KeysCommand) -> Result<(), Fault> {
    let (KeysCommand::List(config) | KeysCommand::Rotate(config) | KeysCommand::Revoke { config, .. }) = &command;
    let keys = config.open().await?.signing_keys();
    let refuse = |why: &str| Err(Fault::new("vestibule keys revoke", why));
    match command {
        KeysCommand::List(_) => keys.list().await?.iter().for_each(|key| println!("{}  {}", key.kid, state(key))),
        KeysCommand::Rotate(_) => {
            let next = keys.rotate(Event::by(app::CLI_CLIENT, "Rotate the signing keys")).await?;
            println!("{}  next", next.kid);
        }
        KeysCommand::Revoke { kid, .. } => {
            let event = Event::by(app::CLI_CLIENT, format!("Revoke a signing key: {kid}"));
            match keys.revoke(kid.clone(), event).await? {
                Revocation::Revoked => println!("{kid}  revoked"),
                Revocation::InUse => return refuse("the current and the next key cannot be revoked; rotate first"),
                Revocation::Unknown => return refuse("there is no such key"),
            }
        }
    }
    Ok(())
}

fn state(key: &KeyFacts) -> String {
    match (key.current_since, key.current_until, key.revoked_at) {
        (_, _, Some(at)) => format!("revoked {at}"),
        (Some(since), Some(until), None) => format!("previous, current from {since} until {until}"),
        (Some(since), None, None) => format!("current since {since}"),
        (None, ..) => "next".to_owned(),
    }
}
