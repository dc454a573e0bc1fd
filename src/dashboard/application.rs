//! One application: what it is called, where it may send people, and how it proves itself.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::{Value, json};

use super::Answer;
use super::editing::{Edit, Labels, names};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use crate::management_client::{Administration, encode};
use crate::model::Application;
use crate::model::application::{DASHBOARD, TokenEndpointAuthMethod};
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// What an application is (in the API: `app_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    RegularWeb,
    Spa,
    Native,
    NonInteractive,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::RegularWeb, Self::Spa, Self::Native, Self::NonInteractive];

    /// The contract's word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::RegularWeb => "regular_web",
            Self::Spa => "spa",
            Self::Native => "native",
            Self::NonInteractive => "non_interactive",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::RegularWeb => "Website with a server",
            Self::Spa => "Single-page application",
            Self::Native => "Mobile or desktop application",
            Self::NonInteractive => "Machine",
        }
    }

    pub(super) fn label_of(app_type: Option<&str>) -> &'static str {
        app_type.and_then(Self::parse).map_or("Application", Self::label)
    }

    pub(super) fn about(self) -> &'static str {
        match self {
            Self::RegularWeb => "People sign in, and its server keeps a secret.",
            Self::Spa => "People sign in. It runs in their browser, where no secret is safe.",
            Self::Native => "People sign in. It runs on their device, where no secret is safe.",
            Self::NonInteractive => "Nobody signs in: a program calls an API with a secret of its own.",
        }
    }

    /// What it needs to get tokens, to begin with.
    pub(super) fn grant(self) -> &'static str {
        match self {
            Self::NonInteractive => "client_credentials",
            _ => "authorization_code",
        }
    }
}

/// The parts of an application's own navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Settings,
    Organizations,
    Connections,
}

impl Tab {
    fn label(self) -> &'static str {
        match self {
            Self::Settings => "Settings",
            Self::Organizations => "Organizations",
            Self::Connections => "Connections",
        }
    }

    pub(super) fn address(self, client_id: &str) -> String {
        let application = address(client_id);
        match self {
            Self::Settings => application,
            Self::Organizations => format!("{application}/organizations"),
            Self::Connections => format!("{application}/connections"),
        }
    }
}

/// The head of every page of an application.
pub(super) struct Head {
    pub(super) application: Application,
    /// Of the application as it was read.
    pub(super) version: String,
    tab: Tab,
}

impl Head {
    pub(super) async fn find(api: &Administration, client_id: &str, tab: Tab) -> Result<Self, DashboardError> {
        let (application, version) = api.get_versioned(&path(client_id)).await?;
        Ok(Self { application, version, tab })
    }

    pub(super) fn tabs(&self) -> Vec<(&'static str, String, bool)> {
        let tabs = [Tab::Settings, Tab::Organizations, Tab::Connections].into_iter();
        tabs.map(|tab| (tab.label(), tab.address(&self.application.client_id), tab == self.tab)).collect()
    }

    /// The dashboard is what the server made it.
    pub(super) fn is_dashboard(&self) -> bool {
        self.application.client_id == DASHBOARD
    }

    pub(super) fn frame(&self, signed: &Signed) -> Frame {
        Frame::within(signed, Section::Applications, self.application.name.clone())
    }

    /// The frame of a page below it.
    pub(super) fn frame_below(&self, signed: &Signed, title: impl Into<String>) -> Frame {
        let application = &self.application;
        Frame::within(signed, Section::Applications, title)
            .below(application.name.clone(), address(&application.client_id))
    }
}

/// The application in the API.
pub(super) fn path(client_id: &str) -> String {
    format!("/api/v2/clients/{}", encode(client_id))
}

/// Its page here.
pub(super) fn address(client_id: &str) -> String {
    format!("/dashboard/applications/{}", encode(client_id))
}

#[derive(Template)]
#[template(path = "dashboard/application.html", whitespace = "minimize")]
struct ApplicationPage {
    text: Text,
    frame: Frame,
    head: Head,
    form: Edit,
    kinds: [Kind; 4],
    kind: &'static str,
    secret_href: String,
    delete_href: String,
}

const FIELDS: Labels = &[
    ("name", "Name"),
    ("app_type", "Kind"),
    ("callbacks", "Callback URLs"),
    ("allowed_logout_urls", "Logout URLs"),
    ("web_origins", "Web origins"),
    ("initiate_login_uri", "Initiate login URI"),
    ("token_endpoint_auth_method", "Token endpoint authentication"),
    ("authorization_code", "Sign-in of people"),
    ("client_credentials", "Tokens without a person"),
];

/// What is wrong at a field, in the form's words.
pub(super) const WORDS: &[(&str, &str)] = &[
    ("name", "Use one line of 1 to 255 characters, without < and >."),
    (
        "callbacks",
        "Use whole addresses such as https://app.example.com/callback, one on each line, without # and wildcards.",
    ),
    (
        "allowed_logout_urls",
        "Use whole addresses such as https://app.example.com/, one on each line, without # and wildcards.",
    ),
    ("web_origins", "Use origins such as https://app.example.com, one on each line."),
    ("initiate_login_uri", "Use a whole address such as https://app.example.com/login."),
    ("grant_types", "Tokens without a person need an application that proves itself with a secret."),
];

fn as_form(known: &Application) -> Form {
    let tick = |is_on: bool| if is_on { "on" } else { "" }.to_owned();
    let method = match known.token_endpoint_auth_method {
        TokenEndpointAuthMethod::ClientSecretPost => "client_secret_post",
        TokenEndpointAuthMethod::ClientSecretBasic => "client_secret_basic",
        TokenEndpointAuthMethod::None => "none",
    };
    let fields = [
        ("name", known.name.clone()),
        ("app_type", known.app_type.clone().unwrap_or_default()),
        ("callbacks", known.callbacks.join("\n")),
        ("allowed_logout_urls", known.allowed_logout_urls.join("\n")),
        ("web_origins", known.web_origins.join("\n")),
        ("initiate_login_uri", known.initiate_login_uri.clone().unwrap_or_default()),
        ("token_endpoint_auth_method", method.to_owned()),
        ("authorization_code", tick(known.may_use_grant("authorization_code"))),
        ("client_credentials", tick(known.may_use_grant("client_credentials"))),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// `GET /dashboard/applications/{client_id}`.
pub(super) async fn page(signed: Signed, Path(client_id): Path<String>) -> Answer {
    draw(&signed, &client_id, signed.draft.clone(), Errors::default()).await
}

async fn draw(signed: &Signed, client_id: &str, typed: Option<Form>, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, client_id, Tab::Settings).await?;
    let form = Edit::of((as_form(&head.application), head.version.clone()), typed, &errors, FIELDS);
    let frame = head.frame(signed).with(errors);
    frame.draw(|frame| ApplicationPage {
        text: signed.reader.text,
        frame,
        form,
        kinds: Kind::ALL,
        kind: Kind::label_of(head.application.app_type.as_deref()),
        secret_href: format!("{}/secret", address(client_id)),
        delete_href: format!("{}/delete", address(client_id)),
        head,
    })
}

/// `POST /dashboard/applications/{client_id}`.
pub(super) async fn update(signed: Signed, Path(client_id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let lines = |name: &str| -> Vec<String> {
        form.get(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let grants = ["authorization_code", "client_credentials"].into_iter().filter(|grant| form.is_on(grant));
    let mut body = json!({
        "name": form.get("name"),
        "callbacks": lines("callbacks"),
        "allowed_logout_urls": lines("allowed_logout_urls"),
        "web_origins": lines("web_origins"),
        "initiate_login_uri": Some(form.get("initiate_login_uri")).filter(|uri| !uri.is_empty()),
        "token_endpoint_auth_method": form.get("token_endpoint_auth_method"),
        "grant_types": grants.collect::<Vec<_>>(),
    });
    if !form.get("app_type").is_empty() {
        body["app_type"] = form.get("app_type").into();
    }
    match signed.api.patch_version::<Value>(&path(&client_id), form.get("version"), &body).await {
        Ok(_) => Ok(redirect::see_other(&Done::Saved.at(&address(&client_id)))),
        Err(error) => {
            let known: Vec<_> = names(FIELDS).into_iter().chain(["grant_types"]).collect();
            let errors = Errors::of_worded(error, &known, WORDS)?;
            draw(&signed, &client_id, Some(form), errors).await
        }
    }
}
