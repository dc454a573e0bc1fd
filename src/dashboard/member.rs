//! One member of an organization: the roles they have in it, and their removal.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::json;

use super::Answer;
use super::confirmation::{Confirmation, counted, quoted};
use super::error::DashboardError;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::members::{address, title};
use super::moment::moment;
use super::organization::{Head, Tab, path};
use super::organization_connections::enabled;
use super::role_choices::{HeldRole, RoleChoices};
use super::session::Signed;
use crate::management_client::{AdministrationError, encode};
use crate::model::User;
use crate::model::user::Member;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

/// As many as a member may have.
const MOST_ROLES: usize = 50;

#[derive(Template)]
#[template(path = "dashboard/member.html", whitespace = "minimize")]
struct MemberPage {
    text: Text,
    frame: Frame,
    head: Head,
    user: User,
    last_login: Option<String>,
    roles: RoleChoices,
    /// The ids of the roles that they had when the form was drawn.
    had: String,
    remove_href: String,
}

/// `GET /dashboard/organizations/{id}/members/{user}`.
pub(super) async fn page(signed: Signed, Path((id, user_id)): Path<(String, String)>) -> Answer {
    draw(&signed, (&id, &user_id), signed.draft.clone(), Errors::default()).await
}

fn member_path(id: &str, user_id: &str) -> String {
    format!("{}/members/{}", path(id), encode(user_id))
}

fn roles_path(id: &str, user_id: &str) -> String {
    format!("{}/roles", member_path(id, user_id))
}

async fn held(signed: &Signed, (id, user_id): (&str, &str)) -> Result<Vec<HeldRole>, AdministrationError> {
    signed.api.get(&format!("{}?per_page={MOST_ROLES}", roles_path(id, user_id))).await
}

async fn draw(signed: &Signed, of: (&str, &str), typed: Option<Form>, errors: Errors) -> Answer {
    let (id, user_id) = of;
    let head = Head::find(&signed.api, id, Tab::Members).await?;
    let member: Member = signed.api.get(&member_path(id, user_id)).await?;
    let user: User = signed.api.get(&format!("/api/v2/users/{}", encode(user_id))).await?;
    let held = held(signed, of).await?;
    let (had, ticked) = match typed {
        Some(form) => (form.get("had").to_owned(), form.all("roles").map(str::to_owned).collect()),
        None => {
            let ids: Vec<String> = held.iter().map(|role| role.id.clone()).collect();
            (ids.join(" "), ids)
        }
    };
    let roles = RoleChoices::find(signed, held, &ticked).await?;
    head.frame_below(signed, title(&member)).with(errors).draw(|frame| MemberPage {
        text: signed.reader.text,
        frame,
        head,
        last_login: user.last_login.map(moment),
        user,
        roles,
        had,
        remove_href: format!("{}/remove", address(id, user_id)),
    })
}

/// `POST /dashboard/organizations/{id}/members/{user}`: gives and takes only what was ticked and unticked, so that two
/// who change different roles at once undo nothing of each other.
pub(super) async fn update(
    signed: Signed,
    Path((id, user_id)): Path<(String, String)>,
    Extension(form): Extension<Form>,
) -> Answer {
    let had: Vec<&str> = form.get("had").split_whitespace().collect();
    let ticked: Vec<&str> = form.all("roles").filter(|id| !id.is_empty()).collect();
    let given: Vec<&str> = ticked.iter().copied().filter(|id| !had.contains(id)).collect();
    let taken: Vec<&str> = had.iter().copied().filter(|id| !ticked.contains(id)).collect();
    match change(&signed, (&id, &user_id), &given, &taken).await {
        Ok(()) => Ok(redirect::see_other(&Done::RolesSaved.at(&address(&id, &user_id)))),
        // Where the member is gone as well, there is no page.
        Err(AdministrationError::Refused(error)) if error.status_code == 404 => {
            let errors = Errors::at_field("roles", "A role was deleted meanwhile. Nothing was saved; look again.");
            draw(&signed, (&id, &user_id), Some(form), errors).await
        }
        Err(error) => draw(&signed, (&id, &user_id), Some(form), Errors::of(error, &["roles"])?).await,
    }
}

/// What may be refused comes first: taking a role that is not there is no error.
async fn change(
    signed: &Signed,
    (id, user_id): (&str, &str),
    given: &[&str],
    taken: &[&str],
) -> Result<(), AdministrationError> {
    let path = roles_path(id, user_id);
    if !given.is_empty() {
        signed.api.post::<()>(&path, &json!({ "roles": given })).await?;
    }
    if !taken.is_empty() {
        signed.api.delete_some(&path, &json!({ "roles": taken })).await?;
    }
    Ok(())
}

/// `GET /dashboard/organizations/{id}/members/{user}/remove`.
pub(super) async fn removal(signed: Signed, Path((id, user_id)): Path<(String, String)>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Members).await?;
    let member: Member = signed.api.get(&member_path(&id, &user_id)).await?;
    let roles = held(&signed, (&id, &user_id)).await?;
    let (who, organization) = (quoted(title(&member)), quoted(head.organization.title()));
    let mut says = vec![format!(
        "{who} can no longer sign in to {organization}, and applications get no further tokens for it. The account \
         stays, with its other organizations."
    )];
    says.extend(way_back(&signed, &id, &user_id).await?);
    let asked = Confirmation {
        says,
        losses: vec![
            "the membership".to_owned(),
            format!("{} in this organization", counted(roles.len() as u64, "role")),
        ],
        typed: None,
        button: "Remove member",
        back_href: address(&id, &user_id),
    };
    let frame = head.frame_below(&signed, format!("Remove {}", title(&member)));
    asked.draw(&signed, frame)
}

/// What makes the person a member again as soon as they sign in.
async fn way_back(signed: &Signed, id: &str, user_id: &str) -> Result<Option<String>, DashboardError> {
    let user: User = signed.api.get(&format!("/api/v2/users/{}", encode(user_id))).await?;
    let is_theirs = |name: &str| user.identities.iter().any(|identity| identity.connection == name);
    let enabled = enabled(&signed.api, id).await?;
    let way = enabled.into_iter().find(|it| it.assign_membership_on_login && is_theirs(&it.connection.name));
    Ok(way.map(|way| {
        format!(
            "Signing in through {} may make them a member again: its Membership On Authentication is enabled here.",
            quoted(&way.connection.name)
        )
    }))
}

/// `POST /dashboard/organizations/{id}/members/{user}/remove`.
pub(super) async fn remove(signed: Signed, Path((id, user_id)): Path<(String, String)>) -> Answer {
    // Whoever was removed meanwhile is not removed again.
    let _: Member = signed.api.get(&member_path(&id, &user_id)).await?;
    signed.api.delete_some(&format!("{}/members", path(&id)), &json!({ "members": [user_id] })).await?;
    Ok(redirect::see_other(&Done::MemberRemoved.at(&Tab::Members.address(&id))))
}
