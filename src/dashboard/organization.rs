//! One organization: what it is called, and its end.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::{Value, json};

use super::Answer;
use super::confirmation::{Confirmation, check_typed, counted};
use super::editing::{Edit, Labels, names};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use crate::management_client::{Administration, encode};
use crate::model::Organization;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// The parts of an organization's own navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Members,
    Invitations,
    Connections,
    Domains,
    Branding,
    Metadata,
}

impl Tab {
    const ALL: [Self; 7] = [
        Self::Overview,
        Self::Members,
        Self::Invitations,
        Self::Connections,
        Self::Domains,
        Self::Branding,
        Self::Metadata,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Members => "Members",
            Self::Invitations => "Invitations",
            Self::Connections => "Connections",
            Self::Branding => "Branding",
            Self::Metadata => "Metadata",
            Self::Domains => "Domains",
        }
    }

    /// Its page in the organization with this id.
    pub(super) fn address(self, id: &str) -> String {
        match self {
            Self::Overview => address(id),
            Self::Members => format!("{}/members", address(id)),
            Self::Invitations => format!("{}/invitations", address(id)),
            Self::Connections => format!("{}/connections", address(id)),
            Self::Branding => format!("{}/branding", address(id)),
            Self::Metadata => format!("{}/metadata", address(id)),
            Self::Domains => format!("{}/domains", address(id)),
        }
    }
}

/// The head of every page of an organization.
pub(super) struct Head {
    pub(super) organization: Organization,
    tab: Tab,
}

impl Head {
    pub(super) async fn find(api: &Administration, id: &str, tab: Tab) -> Result<Self, DashboardError> {
        Ok(Self::find_versioned(api, id, tab).await?.0)
    }

    /// The same with the organization's version.
    pub(super) async fn find_versioned(
        api: &Administration,
        id: &str,
        tab: Tab,
    ) -> Result<(Self, String), DashboardError> {
        let (organization, version) = api.get_versioned(&path(id)).await?;
        Ok((Self { organization, tab }, version))
    }

    pub(super) fn tabs(&self) -> impl Iterator<Item = (&'static str, String, bool)> + '_ {
        Tab::ALL.into_iter().map(|tab| (tab.label(), tab.address(&self.organization.id), tab == self.tab))
    }

    /// The frame of its own page.
    pub(super) fn frame(&self, signed: &Signed) -> Frame {
        Frame::within(signed, Section::Organizations, self.organization.title())
    }

    /// The frame of a page below it.
    pub(super) fn frame_below(&self, signed: &Signed, title: impl Into<String>) -> Frame {
        let frame = Frame::within(signed, Section::Organizations, title)
            .below(self.organization.title(), address(&self.organization.id));
        match self.tab {
            Tab::Overview => frame,
            tab => frame.below(tab.label(), tab.address(&self.organization.id)),
        }
    }
}

/// The organization in the API.
pub(super) fn path(id: &str) -> String {
    format!("/api/v2/organizations/{}", encode(id))
}

/// Its page here.
pub(super) fn address(id: &str) -> String {
    format!("/dashboard/organizations/{}", encode(id))
}

#[derive(Template)]
#[template(path = "dashboard/organization.html", whitespace = "minimize")]
struct OrganizationPage {
    text: Text,
    frame: Frame,
    head: Head,
    form: Edit,
}

const FIELDS: Labels = &[("display_name", "Display name"), ("name", "Name")];

/// `GET /dashboard/organizations/{id}`.
pub(super) async fn page(signed: Signed, Path(id): Path<String>) -> Answer {
    draw(&signed, &id, signed.draft.clone(), Errors::default()).await
}

/// The page, with what was typed or else with what is there.
async fn draw(signed: &Signed, id: &str, typed: Option<Form>, errors: Errors) -> Answer {
    let (head, version) = Head::find_versioned(&signed.api, id, Tab::Overview).await?;
    let known = &head.organization;
    let there = [("name", known.name.clone()), ("display_name", known.display_name.clone().unwrap_or_default())];
    let there = there.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let form = Edit::of((there, version), typed, &errors, FIELDS);
    let frame = head.frame(signed).with(errors);
    frame.draw(|frame| OrganizationPage { text: signed.reader.text, frame, head, form })
}

/// `POST /dashboard/organizations/{id}`.
pub(super) async fn update(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let display_name = Some(form.get("display_name")).filter(|name| !name.is_empty());
    let body = json!({ "name": form.get("name"), "display_name": display_name });
    match signed.api.patch_version::<Value>(&path(&id), form.get("version"), &body).await {
        Ok(_) => Ok(redirect::see_other(&Done::Saved.at(&address(&id)))),
        Err(error) => draw(&signed, &id, Some(form), Errors::of(error, &names(FIELDS))?).await,
    }
}

/// `GET /dashboard/organizations/{id}/delete`.
pub(super) async fn deletion(signed: Signed, Path(id): Path<String>) -> Answer {
    signed.require_recent()?;
    draw_deletion(&signed, &id, Errors::default()).await
}

async fn draw_deletion(signed: &Signed, id: &str, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Overview).await?;
    let (members, connections) = (format!("{}/members?", path(id)), format!("{}/enabled_connections?", path(id)));
    let (members, connections) = tokio::try_join!(signed.api.total(&members), signed.api.total(&connections))?;
    let frame = head.frame_below(signed, format!("Delete {}", head.organization.title())).with(errors);
    let asked = Confirmation {
        says: vec!["This cannot be undone.".to_owned()],
        losses: vec![
            format!("{}; the people and their accounts stay", counted(members, "membership")),
            format!("{}; the connections themselves stay", counted(connections, "enabled connection")),
            "invitations, discovery domains, branding and metadata of the organization".to_owned(),
        ],
        typed: Some((head.organization.name, "The name of the organization, as it stands in addresses.")),
        button: "Delete organization",
        back_href: address(id),
    };
    asked.draw(signed, frame)
}

/// `POST /dashboard/organizations/{id}/delete`, once its name was typed.
pub(super) async fn delete(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    signed.require_recent()?;
    let organization: Organization = signed.api.get(&path(&id)).await?;
    if let Err(errors) = check_typed(&form, &organization.name) {
        return draw_deletion(&signed, &id, errors).await;
    }
    signed.api.delete(&path(&id)).await?;
    Ok(redirect::see_other(&Done::Deleted.at("/dashboard/organizations")))
}
