//! Whether an application's people sign in to an organization, and what they see where a request names none.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::{Value, json};

use super::Answer;
use super::application::{Head, Tab, path};
use super::editing::{Edit, Labels, names};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::session::Signed;
use crate::management_client::Administration;
use crate::model::application::{DiscoveryMethod, OrganizationUsage, RequireBehavior};
use crate::model::organization::{is_organization_id, is_organization_name};
use crate::model::{Application, Organization};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// A usage with a behaviour, and what people see then.
pub(super) struct Choice {
    pub(super) usage: OrganizationUsage,
    pub(super) behavior: RequireBehavior,
    /// Both in the contract's words; of those who never sign in to an organization the usage alone.
    pub(super) value: &'static str,
    pub(super) title: &'static str,
    pub(super) sentence: &'static str,
}

/// With `deny` nobody is ever asked, so the behaviour says nothing there.
pub(super) const CHOICES: [Choice; 7] = {
    use OrganizationUsage::{Allow, Deny, Require};
    use RequireBehavior::{NoPrompt, PostLoginPrompt, PreLoginPrompt};
    const fn choice(
        usage: OrganizationUsage,
        behavior: RequireBehavior,
        value: &'static str,
        title: &'static str,
        sentence: &'static str,
    ) -> Choice {
        Choice { usage, behavior, value, title, sentence }
    }
    [
        choice(
            Deny,
            NoPrompt,
            "deny",
            "Never to an organization",
            "People see the application's own connections. A request that names an organization is refused.",
        ),
        choice(
            Allow,
            NoPrompt,
            "allow/no_prompt",
            "To an organization, if the application names one",
            "People see the page of the organization that the application names, and else the application's own \
             connections. Nobody is asked.",
        ),
        choice(
            Allow,
            PreLoginPrompt,
            "allow/pre_login_prompt",
            "Ask first, or go on with a personal account",
            "People are asked for their organization before they sign in. Below is a way to a personal account, which \
             leads to the application's own connections.",
        ),
        choice(
            Allow,
            PostLoginPrompt,
            "allow/post_login_prompt",
            "Sign in, then choose, or a personal account",
            "People sign in first. Then they choose among the organizations they belong to; a personal account is one \
             of the choices.",
        ),
        choice(
            Require,
            NoPrompt,
            "require/no_prompt",
            "Always, and the application must name it",
            "People see the page of the organization that the application names. Without one they are sent back with an \
             error.",
        ),
        choice(
            Require,
            PreLoginPrompt,
            "require/pre_login_prompt",
            "Always, and people are asked first",
            "People are asked for their organization before they sign in, and then see its page.",
        ),
        choice(
            Require,
            PostLoginPrompt,
            "require/post_login_prompt",
            "Always, and people choose after signing in",
            "People sign in first. Who belongs to one organization goes straight in, who belongs to several chooses, \
             and who belongs to none is sent back with an error.",
        ),
    ]
};

/// The choice that is saved.
fn saved(known: &Application) -> &'static Choice {
    static ALL: [Choice; 7] = CHOICES;
    let is_it = |choice: &&Choice| {
        choice.usage == known.usage()
            && (choice.usage == OrganizationUsage::Deny || choice.behavior == known.require_behavior())
    };
    ALL.iter().find(is_it).unwrap_or(&ALL[0])
}

#[derive(Template)]
#[template(path = "dashboard/application_organizations.html", whitespace = "minimize")]
struct UsagePage {
    text: Text,
    frame: Frame,
    head: Head,
    form: Edit,
    choices: [Choice; 7],
    /// What people see now.
    seen: &'static str,
}

const FIELDS: Labels = &[
    ("usage", "Where people sign in"),
    ("ask_name", "Ask for the organization's name"),
    ("ask_email", "Ask for the e-mail address"),
    ("default_organization", "Default organization"),
];

const NO_ORGANIZATION: &str = "There is no organization of this name or id.";

async fn as_form(api: &Administration, known: &Application) -> Result<Form, DashboardError> {
    let tick = |is_on: bool| if is_on { "on" } else { "" }.to_owned();
    let default = match &known.default_organization {
        Some(default) => {
            let found: Option<Organization> = api.find(&super::organization::path(&default.organization_id)).await?;
            found.map_or_else(|| default.organization_id.clone(), |found| found.name)
        }
        None => String::new(),
    };
    let fields = [
        ("usage", saved(known).value.to_owned()),
        ("ask_name", tick(known.may_ask_for(DiscoveryMethod::OrganizationName))),
        ("ask_email", tick(known.may_ask_for(DiscoveryMethod::Email))),
        ("default_organization", default),
    ];
    Ok(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// `GET /dashboard/applications/{client_id}/organizations`.
pub(super) async fn page(signed: Signed, Path(client_id): Path<String>) -> Answer {
    draw(&signed, &client_id, signed.draft.clone(), Errors::default()).await
}

async fn draw(signed: &Signed, client_id: &str, typed: Option<Form>, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, client_id, Tab::Organizations).await?;
    let there = as_form(&signed.api, &head.application).await?;
    let form = Edit::of((there, head.version.clone()), typed, &errors, FIELDS);
    let seen = saved(&head.application).sentence;
    let frame = head.frame(signed).with(errors);
    frame.draw(|frame| UsagePage { text: signed.reader.text, frame, head, form, choices: CHOICES, seen })
}

/// `POST /dashboard/applications/{client_id}/organizations`.
pub(super) async fn update(signed: Signed, Path(client_id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    match change(&signed.api, &form).await? {
        Ok(body) => match signed.api.patch_version::<Value>(&path(&client_id), form.get("version"), &body).await {
            Ok(_) => Ok(redirect::see_other(&Done::Saved.at(&Tab::Organizations.address(&client_id)))),
            Err(error) => draw(&signed, &client_id, Some(form), Errors::of(error, &names(FIELDS))?).await,
        },
        Err(errors) => draw(&signed, &client_id, Some(form), errors).await,
    }
}

/// What the form asks for, or what is wrong in it.
async fn change(api: &Administration, form: &Form) -> Result<Result<Value, Errors>, DashboardError> {
    let Some(choice) = CHOICES.into_iter().find(|choice| choice.value == form.get("usage")) else {
        return Ok(Err(Errors::at_field("usage", "Choose where people sign in.")));
    };
    let methods = [("ask_email", "email"), ("ask_name", "organization_name")];
    let methods: Vec<_> = methods.into_iter().filter(|(field, _)| form.is_on(field)).map(|(_, word)| word).collect();
    if methods.is_empty() {
        return Ok(Err(Errors::at_field("ask_name", "Choose at least one way to find their organization.")));
    }
    let default = match form.get("default_organization") {
        "" => Value::Null,
        typed => match find_organization(api, typed).await? {
            Some(found) => json!({ "organization_id": found.id, "flows": ["client_credentials"] }),
            None => return Ok(Err(Errors::at_field("default_organization", NO_ORGANIZATION))),
        },
    };
    let mut body = json!({
        "organization_usage": choice.usage,
        "organization_discovery_methods": methods,
        "default_organization": default,
    });
    if choice.usage != OrganizationUsage::Deny {
        body["organization_require_behavior"] = json!(choice.behavior);
    }
    Ok(Ok(body))
}

async fn find_organization(api: &Administration, typed: &str) -> Result<Option<Organization>, DashboardError> {
    Ok(match (is_organization_id(typed), is_organization_name(typed)) {
        (true, _) => api.find(&super::organization::path(typed)).await?,
        (false, true) => api.find(&format!("/api/v2/organizations/name/{typed}")).await?,
        (false, false) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_one_sentence() {
        let word = |value: &Value| value.as_str().map(str::to_owned).expect("a word");
        for (number, choice) in CHOICES.iter().enumerate() {
            let usage = word(&json!(choice.usage));
            let value = match choice.usage {
                OrganizationUsage::Deny => usage,
                _ => format!("{usage}/{}", word(&json!(choice.behavior))),
            };
            assert_eq!(value, choice.value);
            assert!(CHOICES[..number].iter().all(|other| other.sentence != choice.sentence), "{value}");
        }
    }
}
