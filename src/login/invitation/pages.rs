//! The pages of an invitation: accept it as who is signed in, switch to the one invited, or why it cannot be accepted.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Invited;
use crate::login::Visit;
use crate::login::entrance::Entrance;
use crate::login::error::LoginError;
use crate::model::ShownOrganization;
use crate::model::grant::Session;
use crate::model::invitation::InvitationState;
use crate::web::message::MessagePage;
use crate::web::page::Page;
use crate::web::text::{Text, text_key};

/// What somebody who is signed in may do with an invitation.
#[derive(Template)]
#[template(path = "login/invitation.html", whitespace = "minimize")]
struct InvitationPage {
    text: Text,
    organization: Option<Arc<ShownOrganization>>,
    inviter: String,
    /// Who is invited.
    email: String,
    /// The account of the session.
    person: String,
    /// Where the form leads that accepts; absent for an account that is not the one invited.
    action: Option<String>,
    /// Signing in anew, with the invitation.
    switch_href: String,
    /// Signing in without it.
    stay_href: String,
}

impl InvitationPage {
    fn place(&self) -> &str {
        self.organization.as_ref().map_or("", |organization| organization.title())
    }

    fn title(&self) -> String {
        match self.action {
            Some(_) => self.text.with("invitation-join", &[("place", self.place())]),
            None => self.text.get("invitation-other-account").to_owned(),
        }
    }

    fn into_page(self) -> Page<Self> {
        let organization = self.organization.clone();
        Page::new(self).logo_of(organization)
    }
}

/// "Accept as who you are": a button, since a link that is opened must change nothing.
pub(super) fn accept(visit: &Visit, entrance: &Entrance, invited: &Invited, session: &Session) -> Response {
    let query = entrance.authorization.request().to_query();
    let page = InvitationPage {
        action: Some(format!("/login/invitation?{query}")),
        ..view(visit, entrance, invited, session)
    };
    page.into_page().form_targets([entrance.authorization.redirect_uri()]).into_response()
}

/// "Continue as the one invited": the session stays until somebody signs in, and the invitation is not used up.
pub(super) fn switch(visit: &Visit, entrance: &Entrance, invited: &Invited, session: &Session) -> Response {
    view(visit, entrance, invited, session).into_page().into_response()
}

fn view(visit: &Visit, entrance: &Entrance, invited: &Invited, session: &Session) -> InvitationPage {
    InvitationPage {
        text: visit.text(),
        organization: entrance.organization.clone(),
        inviter: invited.inviter.clone(),
        email: invited.email.clone(),
        person: session.label.clone(),
        action: None,
        switch_href: switch_href(entrance),
        stay_href: stay_href(entrance),
    }
}

/// The same request, for which no session counts.
fn switch_href(entrance: &Entrance) -> String {
    let request = entrance.authorization.request().without("connection");
    request.with("prompt", "login").url()
}

fn stay_href(entrance: &Entrance) -> String {
    entrance.authorization.request().without("invitation").without("prompt").url()
}

/// Why an invitation is not accepted: a page for the person, since the application can do nothing about it.
pub(crate) struct Trouble {
    entrance: Entrance,
    kind: Kind,
}

enum Kind {
    Ended,
    ForAnother,
}

impl Trouble {
    pub(in crate::login) fn ended(entrance: &Entrance) -> LoginError {
        Self::error(entrance, Kind::Ended)
    }

    pub(in crate::login) fn for_another(entrance: &Entrance) -> LoginError {
        Self::error(entrance, Kind::ForAnother)
    }

    fn error(entrance: &Entrance, kind: Kind) -> LoginError {
        LoginError::Invitation(Box::new(Self { entrance: entrance.clone(), kind }))
    }

    pub(in crate::login) fn answer(&self, visit: &Visit) -> Response {
        let (status, key) = match self.kind {
            Kind::Ended => (StatusCode::GONE, self.end()),
            Kind::ForAnother => (StatusCode::FORBIDDEN, text_key("invitation-for-another")),
        };
        let (text, entrance) = (visit.text(), &self.entrance);
        let mut page = MessagePage::new(&visit.reader, key);
        page.organization = entrance.organization.clone();
        let place = entrance.organization.as_ref().map_or("", |organization| organization.title());
        let invited = entrance.invitation.as_deref();
        let (inviter, address) = invited.map_or(("", ""), |invited| (&invited.inviter, &invited.email));
        let values = [("place", place), ("inviter", inviter), ("address", address)];
        page.message = text.with(&format!("{key}.text"), &values);
        page.actions = vec![match self.kind {
            Kind::Ended => (text.with("invitation-sign-in", &values), stay_href(entrance)),
            Kind::ForAnother => (text.with("invitation-continue-as", &values), switch_href(entrance)),
        }];
        page.into_page(status).into_response()
    }

    /// The message of how it ended.
    fn end(&self) -> &'static str {
        match self.entrance.invitation.as_deref().map(|invited| invited.state) {
            Some(InvitationState::Expired) => text_key("invitation-expired"),
            Some(InvitationState::Accepted) => text_key("invitation-accepted"),
            Some(InvitationState::Withdrawn) => text_key("invitation-withdrawn"),
            // It ended while the person was signing in.
            Some(InvitationState::Open) | None => text_key("invitation-ended"),
        }
    }
}
