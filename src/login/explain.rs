//! `explain`: which organization a request would get, by which rule, and which options it would see and why.

use url::Url;

use super::discovery::{self, Lead};
use super::draw::Form;
use super::entrance::{Entrance, Question};
use super::error::LoginError;
use super::organization::{Destination, resolve};
use super::{Login, entrance, identifier, options};
use crate::management_client::LoginOption;
use crate::model::application::DiscoveryMethod;
use crate::model::explanation::Line;
use crate::model::organization::is_organization_name;
use crate::model::tenant_settings::Locale;
use crate::oidc::error::OAuthError;
use crate::web::text::Text;

impl Login {
    /// Lines for a person about the address of a login.
    ///
    /// # Errors
    /// A sentence when the address is none of ours or the Management API does not answer.
    pub async fn explain(&self, url: &Url) -> Result<Vec<Line>, String> {
        let mut lines = Vec::new();
        let pointed = self.pointed_at(url, &mut lines);
        let Some(query) = self.lead_to_query(url, pointed, &mut lines).await? else { return Ok(lines) };
        match self.explain_query(&query, &mut lines).await {
            Ok(()) => Ok(lines),
            Err(LoginError::OAuth(OAuthError::Redirected { code, description, .. })) => {
                lines.push(format!("The application gets the error {code}: {description}.").into());
                Ok(lines)
            }
            Err(LoginError::OAuth(OAuthError::Displayed { description, .. })) => {
                lines.push(format!("The person sees an error page: {description}.").into());
                Ok(lines)
            }
            Err(error) => Err(sentence(error)),
        }
    }

    /// The organization that the host or path points at, and the path below it.
    fn pointed_at(&self, url: &Url, lines: &mut Vec<Line>) -> (Option<String>, String) {
        let host = url.host_str().unwrap_or_default();
        let path = url.path().trim_start_matches('/');
        if let Some(name) = self.organization_of_host(host) {
            lines.push(format!("The address points at the organization {name}: the host {host} belongs to it.").into());
            return (Some(name), path.to_owned());
        }
        if self.settings.server.public_url.host_str() != Some(host) {
            lines.push(format!("The host {host} is not registered, so it points at no organization.").into());
        }
        let Some((name, rest)) = path.strip_prefix("o/").map(|path| path.split_once('/').unwrap_or((path, ""))) else {
            return (None, path.to_owned());
        };
        lines.push(format!("The address points at the organization {name}: the path /o/{name} names it.").into());
        (Some(name.to_owned()), rest.to_owned())
    }

    /// The query that `/authorize` would get; `None` when the way ends before it.
    async fn lead_to_query(
        &self,
        url: &Url,
        (pointed, path): (Option<String>, String),
        lines: &mut Vec<Line>,
    ) -> Result<Option<String>, String> {
        let query = url.query().unwrap_or_default();
        if let Some(name) = pointed.as_ref().filter(|name| !is_organization_name(name)) {
            lines.push(format!("{name} is no organization's name: an error page says so.").into());
            return Ok(None);
        }
        match (path.as_str(), pointed) {
            ("authorize", None) => Ok(Some(query.to_owned())),
            ("authorize", Some(name)) => match self.query_with(None, query, &name).await {
                Ok(led) => Ok(Some(led)),
                Err(LoginError::Page { key, .. }) => {
                    let message = Text::of(Locale::En).attribute(key, "text").unwrap_or(key);
                    lines.push(format!("The person sees an error page: {message}").into());
                    Ok(None)
                }
                Err(error) => Err(sentence(error)),
            },
            ("", _) => {
                lines.push(Line::from(match &self.settings.login.default_client_id {
                    Some(client) => format!("It leads to the initiate_login_uri of the application {client}."),
                    None => "It leads nowhere: login.default_client_id is not set.".to_owned(),
                }));
                Ok(None)
            }
            (other, _) => Err(format!("/{other} is not the address of a login; give an /authorize URL")),
        }
    }

    async fn explain_query(&self, query: &str, lines: &mut Vec<Line>) -> Result<(), LoginError> {
        let (application, authorization) = entrance::check(&self.deciding, None, query).await?;
        lines.push(Line::about("Application", format!("{} ({}).", application.name, application.client_id)));
        let resolved = resolve(self, &self.deciding, None, &authorization, &application).await?;
        let options = match &resolved.destination {
            Destination::Organization(organization) => {
                lines.push(Line::about("Organization", format!("{} ({}).", organization.title(), organization.id)));
                self.client.login_options(organization).await?
            }
            Destination::Ask => {
                lines.push(Line::about("Organization", "the person is asked."));
                lines.push(Line::about("Rule", format!("{}.", resolved.rule)));
                return self.explain_question(Question { authorization, application }, lines).await;
            }
            Destination::Personal => {
                lines.push(Line::about("Organization", "none."));
                self.client.application_options(&application.client_id).await?
            }
            Destination::ChooseAfterwards => {
                let chosen = "chosen after signing in, among those the person belongs to.";
                lines.push(Line::about("Organization", chosen));
                self.client.application_options(&application.client_id).await?
            }
        };
        lines.push(Line::about("Rule", format!("{}.", resolved.rule)));
        if options.is_empty() {
            lines.push(Line::about("Options", "none. No connection is enabled, and the page says so."));
        }
        let asked = authorization.connection();
        let entrance = Entrance {
            organization: None,
            chooses_afterwards: matches!(resolved.destination, Destination::ChooseAfterwards),
            invitation: None,
            authorization: authorization.clone(),
            application,
        };
        let is_first =
            asked.is_none() && identifier::form_of(&self.client, &entrance, &options).await? == Form::Identifier;
        if is_first {
            lines.push("The page asks for the address first, and its domain leads on.".into());
        }
        let form = options::database(&options, asked).map(|connection| connection.id.clone());
        lines.extend(options.iter().map(|option| explain_option(option, asked, form.as_deref(), is_first)));
        if let Some(name) = asked.filter(|name| options::named(&options, name).is_none()) {
            lines
                .push(format!("The connection {name} is not enabled here: the application gets access_denied.").into());
        }
        Ok(())
    }
}

impl Login {
    /// What the picker takes, and where the request's own address leads before it.
    async fn explain_question(&self, question: Question, lines: &mut Vec<Line>) -> Result<(), LoginError> {
        let may = |method| question.application.may_ask_for(method);
        lines.push(Line::from(match (may(DiscoveryMethod::OrganizationName), may(DiscoveryMethod::Email)) {
            (true, true) => "The picker takes a name or an e-mail address.",
            (false, true) => "The picker takes an e-mail address.",
            _ => "The picker takes a name.",
        }));
        let Some(hint) = question.authorization.login_hint() else { return Ok(()) };
        if may(DiscoveryMethod::Email) {
            lines.push(Line::from(match discovery::of_address(self, &question, hint).await? {
                Lead::One(organization) => {
                    format!("The domain of login_hint belongs to {} alone, so it leads there.", organization.name)
                }
                Lead::Several => "Several organizations have the domain of login_hint: the person is asked.".to_owned(),
                Lead::Nowhere => "No organization has the domain of login_hint.".to_owned(),
            }));
        }
        Ok(())
    }
}

fn sentence(error: LoginError) -> String {
    match error {
        LoginError::Unavailable(why) => format!("the Management API does not answer: {why}"),
        LoginError::Fault(fault) => fault.to_string(),
        _ => "the request cannot be explained".to_owned(),
    }
}

/// `form`: the database connection whose form the page has, or leads to when it asks for the address first.
fn explain_option(option: &LoginOption, asked: Option<&str>, form: Option<&str>, is_first: bool) -> Line {
    let connection = &option.connection;
    let how = match (connection.strategy.is_database(), option.visible) {
        (true, _) if is_first && form == Some(connection.id.as_str()) => {
            "enabled; addresses that lead to no other connection lead to its form"
        }
        (true, _) if form == Some(connection.id.as_str()) => "enabled; drawn as the form for identifier and password",
        (true, _) => "enabled; drawn as a button that leads to its form",
        (false, true) => "enabled; drawn as a button",
        (false, false) => {
            "enabled, but show_as_button is false: not drawn, reachable by its domains and by connection=NAME"
        }
    };
    let led = match connection.domains.is_empty() {
        true => String::new(),
        false => format!("; addresses of {} lead to it", connection.domains.join(", ")),
    };
    let chosen = if asked == Some(connection.name.as_str()) { "; the request goes straight to it" } else { "" };
    let (title, name, strategy) = (connection.title(), &connection.name, connection.strategy.as_str());
    Line::about("Option", format!("{title} ({name}, {strategy}): {how}{led}{chosen}."))
}
