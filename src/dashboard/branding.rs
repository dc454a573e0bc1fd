//! How an organization's page looks: logo and colours, with a preview of the real page.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::editing::{Edit, Labels, names};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::organization::{Head, Tab, address, path};
use super::session::Signed;
use super::{Answer, Dashboard};
use crate::model::application::DASHBOARD;
use crate::model::organization::{Branding, Colors, is_color};
use crate::model::trial::Preview;
use crate::model::{Application, Organization, Timestamp, sha256};
use crate::store::Kind;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// How long a preview is kept.
const SECONDS: i64 = 600;

const FIELDS: Labels = &[
    ("logo_url", "Address of the logo"),
    ("primary", "Primary colour"),
    ("page_background", "Colour of the page behind"),
];

#[derive(Template)]
#[template(path = "dashboard/branding.html", whitespace = "minimize")]
struct BrandingPage {
    text: Text,
    frame: Frame,
    head: Head,
    form: Edit,
    preview: String,
}

/// `GET /dashboard/organizations/{id}/branding`.
pub(super) async fn page(signed: Signed, Path(id): Path<String>) -> Answer {
    draw(&signed, &id, signed.draft.clone(), Errors::default()).await
}

async fn draw(signed: &Signed, id: &str, typed: Option<Form>, errors: Errors) -> Answer {
    let (head, version) = Head::find_versioned(&signed.api, id, Tab::Branding).await?;
    let form = Edit::of((as_form(&head.organization), version), typed, &errors, FIELDS);
    let preview = format!("{}/preview", here(id));
    head.frame(signed).with(errors).framing_ourselves().draw(|frame| BrandingPage {
        text: signed.reader.text,
        frame,
        head,
        form,
        preview,
    })
}

fn here(id: &str) -> String {
    format!("{}/branding", address(id))
}

fn as_form(organization: &Organization) -> Form {
    let branding = organization.branding.clone().unwrap_or_default();
    let (primary, background) =
        branding.colors.map(|colors| (colors.primary, colors.page_background.unwrap_or_default())).unwrap_or_default();
    let fields =
        [("logo_url", branding.logo_url.unwrap_or_default()), ("primary", primary), ("page_background", background)];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What of the form can be shown.
fn typed_branding(form: &Form) -> Branding {
    let color = |name: &str| Some(form.get(name)).filter(|text| is_color(text)).map(str::to_owned);
    Branding {
        logo_url: Some(form.get("logo_url")).filter(|url| url.starts_with("https://")).map(str::to_owned),
        colors: color("primary").map(|primary| Colors { primary, page_background: color("page_background") }),
    }
}

/// `POST /dashboard/organizations/{id}/branding`.
pub(super) async fn update(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let text = |name: &str| Some(form.get(name)).filter(|text| !text.is_empty());
    if let (None, Some(_)) = (text("primary"), text("page_background")) {
        let errors = Errors::at_field("primary", "The page has a colour of its own only beside a primary colour.");
        return draw(&signed, &id, Some(form), errors).await;
    }
    let mut branding = json!({});
    if let Some(logo_url) = text("logo_url") {
        branding["logo_url"] = logo_url.into();
    }
    if let Some(primary) = text("primary") {
        branding["colors"] = json!({ "primary": primary });
        if let Some(background) = text("page_background") {
            branding["colors"]["page_background"] = background.into();
        }
    }
    let is_none = branding.as_object().is_some_and(serde_json::Map::is_empty);
    let body = json!({ "branding": if is_none { Value::Null } else { branding } });
    match signed.api.patch_version::<Value>(&path(&id), form.get("version"), &body).await {
        Ok(_) => Ok(redirect::see_other(&Done::Saved.at(&here(&id)))),
        Err(error) => draw(&signed, &id, Some(form), Errors::of(error, &names(FIELDS))?).await,
    }
}

/// `GET /dashboard/organizations/{id}/branding/preview`: the page as it is saved.
pub(super) async fn saved_preview(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Answer {
    let organization: Organization = signed.api.get(&path(&id)).await?;
    show(&dashboard, &signed, organization).await
}

/// `POST /dashboard/organizations/{id}/branding/preview`: the page as it would be.
pub(super) async fn preview(
    State(dashboard): State<Arc<Dashboard>>,
    signed: Signed,
    Path(id): Path<String>,
    Extension(form): Extension<Form>,
) -> Answer {
    let organization: Organization = signed.api.get(&path(&id)).await?;
    show(&dashboard, &signed, Organization { branding: Some(typed_branding(&form)), ..organization }).await
}

/// Leaves the organization for the login's page; one preview for each organization and session.
async fn show(dashboard: &Dashboard, signed: &Signed, organization: Organization) -> Answer {
    let secret = sha256(&format!("preview\n{}\n{}", signed.csrf, organization.id));
    let application = application(signed).await?;
    let preview = Preview { organization, application };
    let until = Timestamp::now().plus_seconds(SECONDS);
    dashboard.logins.put(Kind::Preview, &secret, &signed.session.user_id, &preview, until).await?;
    Ok(redirect::see_other(&format!("/login/preview/{secret}")))
}

/// An application that people could come from.
async fn application(signed: &Signed) -> Result<Option<(String, String)>, DashboardError> {
    let part = signed.api.part::<Application>("/api/v2/clients?take=20", "clients").await?;
    let callback = |it: Application| it.callbacks.into_iter().next().map(|callback| (it.client_id, callback));
    Ok(part.items.into_iter().filter(|it| it.client_id != DASHBOARD).find_map(callback))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_shows_only_what_could_be_saved() {
        let form = |logo: &str, primary: &str| -> Form {
            let fields = [("logo_url", logo), ("primary", primary), ("page_background", "red")];
            fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        let shown = typed_branding(&form("https://acme.example/logo.svg", "#123"));
        assert_eq!(shown.logo_url.as_deref(), Some("https://acme.example/logo.svg"));
        assert_eq!(shown.colors, Some(Colors { primary: "#123".to_owned(), page_background: None }));
        assert_eq!(typed_branding(&form("javascript:alert(1)", "url(x)")), Branding::default());
    }
}
