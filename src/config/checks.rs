//! What is wrong with settings that have the right types: a sentence that names the setting.

use url::Url;

use super::{Config, ConfigError, is_loopback};
use crate::model::organization::is_organization_name;

/// In seconds: a moment that is much further away cannot be written.
const YEAR: u64 = 31_536_000;

impl Config {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let fail = |text: &str| Err(ConfigError(text.to_owned()));
        check_origin("server.public_url", &self.server.public_url)?;
        if self.server.tls_certificate.is_some() != self.server.tls_key.is_some() {
            return fail("server.tls_certificate and server.tls_key go together");
        }
        if let Some(url) = &self.management.url {
            check_origin("management.url", url)?;
            if self.management.client_id.is_empty() {
                return fail("management.client_id is required with management.url");
            }
        }
        if self.server.cookie_prefix.is_empty()
            || !self.server.cookie_prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return fail("server.cookie_prefix must be letters, digits and hyphens");
        }
        self.check_hosts()?;
        self.providers.check()?;
        self.check_numbers()
    }

    /// A zero here would stop the server in a way that names nothing.
    fn check_numbers(&self) -> Result<(), ConfigError> {
        let (server, management, login, tokens) = (&self.server, &self.management, &self.login, &self.tokens);
        let at_least_one: &[(&str, i128)] = &[
            ("server.header_timeout_seconds", server.header_timeout_seconds.into()),
            ("server.body_timeout_seconds", server.body_timeout_seconds.into()),
            ("server.idle_timeout_seconds", server.idle_timeout_seconds.into()),
            ("server.max_connections", server.max_connections as i128),
            ("server.max_connections_per_address", server.max_connections_per_address as i128),
            ("server.max_form_bytes", server.max_form_bytes as i128),
            ("server.max_api_bytes", server.max_api_bytes as i128),
            ("storage.max_connections", self.storage.max_connections.into()),
            ("management.timeout_seconds", management.timeout_seconds.into()),
            ("management.calls_per_second", management.calls_per_second.into()),
            ("management.call_burst", management.call_burst.into()),
            ("management.requests_per_second", management.requests_per_second.into()),
            ("management.request_burst", management.request_burst.into()),
            ("management.gateway_requests_per_second", management.gateway_requests_per_second.into()),
            ("management.gateway_request_burst", management.gateway_request_burst.into()),
            ("management.unknown_names_per_minute", management.unknown_names_per_minute.into()),
            ("login.trips_per_minute", login.trips_per_minute.into()),
            ("login.picker_tries_per_minute", login.picker_tries_per_minute.into()),
            ("login.forms_per_minute", login.forms_per_minute.into()),
            ("login.identifier_tries_per_minute", login.identifier_tries_per_minute.into()),
            ("login.password_failures", login.password_failures.into()),
            ("login.password_wait_seconds", login.password_wait_seconds.into()),
            ("login.organization_failures", login.organization_failures.into()),
            ("login.max_password_checks", login.max_password_checks as i128),
            ("login.email_code_seconds", login.email_code_seconds.into()),
            ("login.mails_per_hour", login.mails_per_hour.into()),
            ("dashboard.session_idle_minutes", self.dashboard.session_idle_minutes.into()),
            ("dashboard.session_hours", self.dashboard.session_hours.into()),
            ("dashboard.fresh_seconds", self.dashboard.fresh_seconds.into()),
            ("dashboard.forms_per_minute", self.dashboard.forms_per_minute.into()),
            ("mail.outbox_milliseconds", self.mail.outbox_milliseconds.into()),
            ("mail.timeout_seconds", self.mail.timeout_seconds.into()),
            ("mail.retry_seconds", self.mail.retry_seconds.into()),
            ("tokens.id_token_seconds", tokens.id_token_seconds.into()),
            ("tokens.access_token_seconds", tokens.access_token_seconds.into()),
            ("tokens.keys_fresh_seconds", tokens.keys_fresh_seconds.into()),
            ("outbound.timeout_seconds", self.outbound.timeout_seconds.into()),
        ];
        if let Some((name, _)) = at_least_one.iter().find(|(_, value)| *value < 1) {
            return Err(ConfigError(format!("{name} must be at least 1")));
        }
        let windows = [
            ("management.fresh_seconds", management.fresh_seconds),
            ("management.stale_while_revalidate_seconds", management.stale_while_revalidate_seconds),
            ("management.stale_if_error_seconds", management.stale_if_error_seconds),
            ("management.absent_seconds", management.absent_seconds),
            ("management.failure_seconds", management.failure_seconds),
            ("management.longest_failure_seconds", management.longest_failure_seconds),
        ];
        if let Some((name, _)) = windows.iter().find(|(_, seconds)| *seconds > YEAR) {
            return Err(ConfigError(format!("{name} must be at most a year, {YEAR}")));
        }
        match server.max_header_bytes < 8192 {
            true => Err(ConfigError("server.max_header_bytes must be at least 8192".to_owned())),
            false => Ok(()),
        }
    }

    /// Hosts are compared as browsers send them, in lower case and without the port.
    fn check_hosts(&self) -> Result<(), ConfigError> {
        let is_host = |host: &str| {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
            !host.is_empty() && !host.starts_with('.') && !host.ends_with('.') && host.bytes().all(plain)
        };
        if let Some(suffix) = self.login.host_suffix.as_deref().filter(|suffix| !is_host(suffix)) {
            let text = "must be a host name in lower case, without a dot at its ends";
            return Err(ConfigError(format!("login.host_suffix {text}, not {suffix:?}")));
        }
        for (host, name) in &self.login.hosts {
            let wrong = if !is_host(host) {
                "must be a host name in lower case, without a port"
            } else if self.server.public_url.host_str() == Some(host) {
                "is the host of server.public_url, which belongs to no organization"
            } else if !is_organization_name(name) {
                "must lead to an organization's name"
            } else {
                continue;
            };
            return Err(ConfigError(format!("login.hosts.{host:?} {wrong}")));
        }
        Ok(())
    }
}

/// An origin: https, or http on this machine, and nothing after the host and port.
fn check_origin(name: &str, url: &Url) -> Result<(), ConfigError> {
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !bare || url.host_str().is_none() {
        return Err(ConfigError(format!("{name} must be an origin such as https://login.example.com")));
    }
    match url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)) {
        true => Ok(()),
        false => Err(ConfigError(format!("{name} must be https, or http on a loopback name"))),
    }
}
