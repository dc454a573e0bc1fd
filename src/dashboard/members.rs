//! The members of one organization: a list that is searched and paged.

use askama::Template;
use axum::extract::Path;

use super::Answer;
use super::asked::Asked;
use super::frame::Frame;
use super::organization::{Head, Tab, path};
use super::session::Signed;
use crate::management_client::encode;
use crate::model::role::RoleName;
use crate::model::user::Member;
use crate::web::text::Text;

/// Members of one page of the list.
const TAKEN: usize = 25;

#[derive(Template)]
#[template(path = "dashboard/members.html", whitespace = "minimize")]
struct MembersPage {
    text: Text,
    frame: Frame,
    head: Head,
    /// What is searched for.
    query: String,
    members: Vec<Row>,
    first_href: Option<String>,
    next_href: Option<String>,
    add_href: String,
}

struct Row {
    title: String,
    /// What tells two of one name apart.
    more: String,
    roles: Vec<RoleName>,
    href: String,
}

/// `GET /dashboard/organizations/{id}/members?q=&from=`.
pub(super) async fn list(signed: Signed, Path(id): Path<String>) -> Answer {
    let head = Head::find(&signed.api, &id, Tab::Members).await?;
    let asked = Asked::of(&signed);
    let fields = "fields=user_id,email,name,roles";
    let members = format!("{}/members?take={TAKEN}&{fields}&q={}{}", path(&id), encode(&asked.q), asked.cursor());
    let part = signed.api.part::<Member>(&members, "members").await?;
    let row = |member: Member| Row {
        title: title(&member).to_owned(),
        more: more(&member).to_owned(),
        href: address(&id, &member.user_id),
        roles: member.roles.unwrap_or_default(),
    };
    let members = part.items.into_iter().map(row).collect();
    let (first_href, next_href) = asked.hrefs(part.next.as_deref());
    head.frame(&signed).draw(|frame| MembersPage {
        text: signed.reader.text,
        frame,
        query: asked.q,
        members,
        first_href,
        next_href,
        add_href: format!("{}/add", Tab::Members.address(&id)),
        head,
    })
}

/// The page of one member.
pub(super) fn address(id: &str, user_id: &str) -> String {
    format!("{}/{}", Tab::Members.address(id), encode(user_id))
}

/// What administrators know somebody by.
pub(super) fn title(member: &Member) -> &str {
    let called = [&member.name, &member.email].into_iter().flatten();
    called.map(|called| called.trim()).find(|called| !called.is_empty()).unwrap_or(&member.user_id)
}

fn more(member: &Member) -> &str {
    match member.email.as_deref() {
        Some(email) if email != title(member) => email,
        _ => &member.user_id,
    }
}
