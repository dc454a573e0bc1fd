//! The settings: `config/vestibule.toml` is the default, a file and the environment override it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use secrecy::SecretString;
use serde::Deserialize;
use toml::{Table, Value};
use url::Url;

mod checks;
mod providers;

pub use providers::Providers;

/// The documented defaults, compiled in.
pub const DEFAULTS: &str = include_str!("../config/vestibule.toml");

/// All settings; `config/vestibule.toml` says what each means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub storage: Storage,
    pub management: Management,
    pub login: Login,
    pub dashboard: Dashboard,
    pub tokens: Tokens,
    pub outbound: Outbound,
    pub providers: Providers,
    pub mail: Mail,
    pub log: Log,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: Url,
    #[serde(deserialize_with = "empty_is_none")]
    pub metrics_listen: Option<SocketAddr>,
    #[serde(deserialize_with = "empty_is_none")]
    pub tls_certificate: Option<PathBuf>,
    #[serde(deserialize_with = "empty_is_none")]
    pub tls_key: Option<PathBuf>,
    pub trusted_proxies: Vec<IpNet>,
    pub cookie_prefix: String,
    pub header_timeout_seconds: u64,
    pub body_timeout_seconds: u64,
    pub idle_timeout_seconds: u64,
    pub max_connections: usize,
    pub max_connections_per_address: usize,
    pub max_header_bytes: usize,
    pub max_form_bytes: usize,
    pub max_api_bytes: usize,
    pub drain_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// May hold a password, so it is kept as a secret.
    pub url: SecretString,
    #[serde(rename = "url_file")]
    _url_file: String,
    pub max_connections: u32,
    pub root_key: SecretString,
    #[serde(rename = "root_key_file")]
    _root_key_file: String,
    pub previous_root_key: SecretString,
    #[serde(rename = "previous_root_key_file")]
    _previous_root_key_file: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Management {
    /// `None`: the Management API is served by this process.
    #[serde(deserialize_with = "empty_is_none")]
    pub url: Option<Url>,
    pub client_id: String,
    pub client_secret: SecretString,
    #[serde(rename = "client_secret_file")]
    _client_secret_file: String,
    pub timeout_seconds: u64,
    pub calls_per_second: u32,
    pub call_burst: u32,
    pub fresh_seconds: u64,
    pub stale_while_revalidate_seconds: u64,
    pub stale_if_error_seconds: u64,
    pub absent_seconds: u64,
    pub failure_seconds: u64,
    pub longest_failure_seconds: u64,
    pub cache_megabytes: u64,
    /// `None`: beside the SQLite database.
    #[serde(deserialize_with = "empty_is_none")]
    pub cache_file: Option<PathBuf>,
    pub requests_per_second: u32,
    pub request_burst: u32,
    pub gateway_requests_per_second: u32,
    pub gateway_request_burst: u32,
    pub max_connections_per_organization: i64,
    pub membership_guard: MembershipGuard,
    pub events_days: u32,
    /// `None`: as the system is configured.
    #[serde(deserialize_with = "empty_is_none")]
    pub dns_server: Option<SocketAddr>,
    pub unknown_names_per_minute: u32,
    pub endpoint_limits: BTreeMap<String, EndpointLimit>,
}

/// What happens when auto-membership is switched on for everybody on earth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MembershipGuard {
    /// It is done, marked in the answer and logged as a warning.
    Warn,
    Refuse,
}

/// How many calls of one group of operations one API client may make.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointLimit {
    /// On average.
    pub requests_per_second: u32,
    /// At once.
    pub request_burst: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    pub session_idle_minutes: i64,
    pub session_hours: i64,
    pub fresh_seconds: i64,
    pub forms_per_minute: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    #[serde(deserialize_with = "empty_is_none")]
    pub default_client_id: Option<String>,
    #[serde(deserialize_with = "empty_is_none")]
    pub host_suffix: Option<String>,
    pub allow_organization_name_in_authentication_api: bool,
    pub session_idle_hours: i64,
    pub session_hours: i64,
    pub trip_seconds: i64,
    pub code_seconds: i64,
    pub trips_per_minute: u32,
    pub picker_tries_per_minute: u32,
    pub identifier_tries_per_minute: u32,
    pub forms_per_minute: u32,
    pub password_failures: i64,
    pub password_wait_seconds: i64,
    pub organization_failures: i64,
    pub max_password_checks: usize,
    pub max_waiting_password_checks: usize,
    pub email_code_seconds: i64,
    pub mails_per_hour: i64,
    pub hosts: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    pub id_token_seconds: i64,
    pub access_token_seconds: i64,
    pub clock_leeway_seconds: i64,
    pub jwks_seconds: u32,
    pub keys_fresh_seconds: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    pub allow: Vec<IpNet>,
    pub timeout_seconds: u64,
    pub max_body_bytes: usize,
    pub metadata_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Empty: mails go to `folder`.
    pub smtp_url: SecretString,
    #[serde(rename = "smtp_url_file")]
    _smtp_url_file: String,
    pub from: String,
    pub folder: PathBuf,
    pub timeout_seconds: u64,
    pub outbox_milliseconds: u64,
    pub most_tries: i64,
    pub retry_seconds: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

/// A setting that is unknown or wrong; the sentence names it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

fn empty_is_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| serde::de::Error::custom(format!("{text:?}: {error}")))
}

impl Config {
    /// The defaults, overridden by `file` when given, then by `VESTIBULE_SECTION__SETTING` in `environment`.
    ///
    /// # Errors
    /// Names the file or the setting that is missing, unknown or of the wrong type.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| ConfigError(format!("cannot read the configuration {}: {error}", path.display())))?,
            None => String::new(),
        };
        let place = file.map_or_else(|| "the configuration".to_owned(), |path| path.display().to_string());
        Self::from_text(&text, environment).map_err(|error| ConfigError(format!("{place}: {error}")))
    }

    /// As [`Config::load`], from the text of a file.
    pub fn from_text(text: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut settings: Table = toml::from_str(DEFAULTS).expect("the built-in settings parse");
        let given: Table = toml::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
        merge(&mut settings, given, "")?;
        for (name, value) in environment {
            if let Some(path) = name.strip_prefix("VESTIBULE_") {
                override_from_environment(&mut settings, &name, path, &value)?;
            }
        }
        read_secret_files(&mut settings)?;
        let config: Self = settings
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError(error.to_string().trim_end().replace('\n', " ")))?;
        config.check()?;
        Ok(config)
    }

    /// The issuer of our tokens: the public origin with a trailing slash (contract §2.3).
    pub fn issuer(&self) -> String {
        self.server.public_url.to_string()
    }

    /// Bytes of a query that still fits in a request's header with cookies beside it.
    pub fn longest_query(&self) -> usize {
        self.server.max_header_bytes / 4 * 3
    }

    /// The audience of Management API tokens (contract §1).
    pub fn management_audience(&self) -> String {
        let origin = self.management.url.as_ref().unwrap_or(&self.server.public_url);
        format!("{}/api/v2/", origin.as_str().trim_end_matches('/'))
    }
}

/// Whether the address names this machine, where plain http is acceptable.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The tables whose keys are the operator's own.
const OPEN_TABLES: [&str; 2] = ["login.hosts", "management.endpoint_limits"];

fn merge(settings: &mut Table, given: Table, prefix: &str) -> Result<(), ConfigError> {
    for (key, value) in given {
        let name = format!("{prefix}{key}");
        match (settings.get_mut(&key), value) {
            (Some(Value::Table(table)), Value::Table(given)) if OPEN_TABLES.contains(&name.as_str()) => {
                table.extend(given);
            }
            (Some(Value::Table(table)), Value::Table(given)) => merge(table, given, &format!("{name}."))?,
            (Some(Value::Table(_)), _) => return Err(ConfigError(format!("{name} must be a table"))),
            (Some(slot), value) if slot.same_type(&value) => *slot = value,
            (Some(slot), value) => {
                return Err(ConfigError(format!(
                    "{name} must be of type {}, not {}",
                    slot.type_str(),
                    value.type_str()
                )));
            }
            (None, _) => return Err(ConfigError(format!("unknown setting {name}"))),
        }
    }
    Ok(())
}

fn override_from_environment(settings: &mut Table, variable: &str, path: &str, text: &str) -> Result<(), ConfigError> {
    let slot = find_setting(settings, &path.to_ascii_lowercase())
        .ok_or_else(|| ConfigError(format!("unknown setting in the environment: {variable}")))?;
    let wrong = |kind: &str| ConfigError(format!("{variable} must be {kind}"));
    *slot = match slot {
        Value::Integer(_) => Value::Integer(text.parse().map_err(|_| wrong("a whole number"))?),
        Value::Boolean(_) => Value::Boolean(text.parse().map_err(|_| wrong("true or false"))?),
        Value::Array(_) => {
            Value::Array(text.split(',').filter(|item| !item.is_empty()).map(|item| item.trim().into()).collect())
        }
        _ => Value::String(text.to_owned()),
    };
    Ok(())
}

fn find_setting<'t>(table: &'t mut Table, path: &str) -> Option<&'t mut Value> {
    match path.split_once("__") {
        Some((section, rest)) => find_setting(table.get_mut(section)?.as_table_mut()?, rest),
        None => table.get_mut(path).filter(|value| !value.is_table()),
    }
}

fn read_secret_files(settings: &mut Table) -> Result<(), ConfigError> {
    for (section, table) in settings.iter_mut().filter_map(|(name, value)| Some((name, value.as_table_mut()?))) {
        let files: Vec<_> = table
            .iter()
            .filter_map(|(key, value)| Some((key.strip_suffix("_file")?.to_owned(), value.as_str()?.to_owned())))
            .filter(|(_, path)| !path.is_empty())
            .collect();
        for (key, path) in files {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| ConfigError(format!("{section}.{key}_file: cannot read {path}: {error}")))?;
            table.insert(key, Value::String(text.trim().to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
