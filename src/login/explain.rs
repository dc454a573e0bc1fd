//! `explain`: which organization a request would get, by which rule, and which options it would see and why.

use url::Url;

use super::Login;
use super::entrance;
use super::error::LoginError;
use super::organization::{Destination, resolve};
use crate::management_client::LoginOption;
use crate::oidc::error::OAuthError;

impl Login {
    /// Lines for a person about the address of a login.
    ///
    /// # Errors
    /// A sentence when the address is none of ours or the Management API does not answer.
    pub async fn explain(&self, url: &Url) -> Result<Vec<String>, String> {
        let mut lines = Vec::new();
        let query = match self.lead_to_query(url, &mut lines)? {
            Some(query) => query,
            None => return Ok(lines),
        };
        match self.explain_query(&query, &mut lines).await {
            Ok(()) => Ok(lines),
            Err(LoginError::OAuth(OAuthError::Redirected { code, description, .. })) => {
                lines.push(format!("The application gets the error {code}: {description}."));
                Ok(lines)
            }
            Err(LoginError::OAuth(OAuthError::Displayed { description, .. })) => {
                lines.push(format!("The person sees an error page: {description}."));
                Ok(lines)
            }
            Err(LoginError::Unavailable(why)) => Err(format!("the Management API does not answer: {why}")),
            Err(LoginError::Fault(fault)) => Err(fault.to_string()),
            Err(_) => Err("the request cannot be explained".to_owned()),
        }
    }

    /// What the host or path points at, and the query that `/authorize` would get; `None` when it ends there.
    fn lead_to_query(&self, url: &Url, lines: &mut Vec<String>) -> Result<Option<String>, String> {
        let host = url.host_str().unwrap_or_default();
        let by_host = self.organization_of_host(host).map(|name| (name, format!("the host {host} belongs to it")));
        let segments: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
        let (pointed, rest) = match (by_host, segments.as_slice()) {
            (Some(pointed), rest) => (Some(pointed), rest.join("/")),
            (None, ["o", name, rest @ ..]) => {
                (Some(((*name).to_owned(), format!("the path /o/{name} names it"))), rest.join("/"))
            }
            (None, rest) => (None, rest.join("/")),
        };
        let query = url.query().unwrap_or_default();
        match (rest.as_str(), pointed) {
            ("authorize", None) => Ok(Some(query.to_owned())),
            ("authorize", Some((name, why))) => {
                lines.push(format!("The address points at the organization {name}: {why}."));
                let mut query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>();
                match query.iter().find(|(key, _)| key == "organization") {
                    Some((_, asked)) if *asked != name => {
                        lines.push(format!("The parameter organization names {asked}: an error page says so."));
                        return Ok(None);
                    }
                    Some(_) => {}
                    None => query.push(("organization".to_owned(), name)),
                }
                Ok(Some(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish()))
            }
            ("", pointed) => {
                if let Some((name, why)) = pointed {
                    lines.push(format!("The address points at the organization {name}: {why}."));
                }
                lines.push(match &self.settings.login.default_client_id {
                    Some(client) => format!("It leads to the initiate_login_uri of the application {client}."),
                    None => "It leads nowhere: login.default_client_id is not set.".to_owned(),
                });
                Ok(None)
            }
            (other, _) => Err(format!("/{other} is not the address of a login; give an /authorize URL")),
        }
    }

    async fn explain_query(&self, query: &str, lines: &mut Vec<String>) -> Result<(), LoginError> {
        let (application, authorization) = entrance::check(self, query).await?;
        lines.push(format!("Application: {} ({}).", application.name, application.client_id));
        let resolved = resolve(self, &authorization, &application).await?;
        let options = match &resolved.destination {
            Destination::Organization(organization) => {
                lines.push(format!("Organization: {} ({}).", organization.title(), organization.id));
                self.client.login_options(organization).await?
            }
            Destination::Ask => {
                lines.push(format!("Organization: the person is asked. Rule: {}.", resolved.rule));
                return Ok(());
            }
            Destination::Personal => {
                lines.push("Organization: none.".to_owned());
                self.client.application_options(&application.client_id).await?
            }
        };
        lines.push(format!("Rule: {}.", resolved.rule));
        if options.is_empty() {
            lines.push("Options: none. No connection is enabled, and the page says so.".to_owned());
        }
        lines.extend(options.iter().map(|option| explain_option(option, authorization.connection.as_deref())));
        Ok(())
    }
}

fn explain_option(option: &LoginOption, asked: Option<&str>) -> String {
    let connection = &option.connection;
    let how = match (connection.strategy.is_database(), option.visible) {
        (true, _) => "enabled; drawn as the form for identifier and password",
        (false, true) => "enabled; drawn as a button",
        (false, false) => "enabled, but show_as_button is false: not drawn, reachable by connection=NAME",
    };
    let chosen = if asked == Some(connection.name.as_str()) { "; the request goes straight to it" } else { "" };
    format!("Option: {} ({}, {}): {how}{chosen}.", connection.title(), connection.name, connection.strategy.as_str())
}
