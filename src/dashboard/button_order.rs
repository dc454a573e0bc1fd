//! The order of an organization's buttons: one is moved up or down at a time.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use serde_json::json;

use super::Answer;
use super::fields::Errors;
use super::frame::{Done, Frame};
use super::organization::{Head, Tab, address, path};
use super::organization_connections::{Row, enabled, rows};
use super::session::Signed;
use crate::web::form::Form;
use crate::web::redirect;
use crate::web::text::Text;

#[derive(Template)]
#[template(path = "dashboard/button_order.html", whitespace = "minimize")]
struct OrderPage {
    text: Text,
    frame: Frame,
    rows: Vec<Row>,
    back_href: String,
}

/// What a button of the form says: which connection goes where.
struct Move<'f> {
    connection_id: &'f str,
    is_up: bool,
}

impl<'f> Move<'f> {
    fn of(form: &'f Form) -> Option<Self> {
        let (direction, connection_id) = form.get("move").split_once(':')?;
        ["up", "down"].contains(&direction).then_some(Self { connection_id, is_up: direction == "up" })
    }

    /// Stays where there is nowhere to go.
    fn apply(&self, ids: &mut [String]) {
        let Some(place) = ids.iter().position(|id| id == self.connection_id) else { return };
        let target = if self.is_up { place.checked_sub(1) } else { Some(place + 1).filter(|next| *next < ids.len()) };
        if let Some(target) = target {
            ids.swap(place, target);
        }
    }
}

/// `GET /dashboard/organizations/{id}/connections/order`.
pub(super) async fn page(signed: Signed, Path(id): Path<String>) -> Answer {
    draw(&signed, &id, Errors::default()).await
}

async fn draw(signed: &Signed, id: &str, errors: Errors) -> Answer {
    let head = Head::find(&signed.api, id, Tab::Connections).await?;
    let rows = rows(&signed.api, id).await?;
    let frame = head.frame_below(signed, "Order of the buttons").with(errors);
    let back_href = format!("{}/connections", address(id));
    frame.draw(|frame| OrderPage { text: signed.reader.text, frame, rows, back_href })
}

/// `POST /dashboard/organizations/{id}/connections/order`.
pub(super) async fn update(signed: Signed, Path(id): Path<String>, Extension(form): Extension<Form>) -> Answer {
    let mut ids: Vec<_> = enabled(&signed.api, &id).await?.into_iter().map(|it| it.connection_id).collect();
    if let Some(wanted) = Move::of(&form) {
        wanted.apply(&mut ids);
        let order = json!({ "connection_ids": ids });
        if let Err(error) = signed.api.put::<()>(&format!("{}/enabled_connections/order", path(&id)), &order).await {
            return draw(&signed, &id, Errors::of(error, &[])?).await;
        }
    }
    Ok(redirect::see_other(&Done::Saved.at(signed.path())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_moves_by_one_and_not_beyond_the_ends() {
        let moved = |text: &str| {
            let form: Form = [("move".to_owned(), text.to_owned())].into_iter().collect();
            let mut ids = ["a", "b", "c"].map(str::to_owned);
            Move::of(&form).map(|wanted| {
                wanted.apply(&mut ids);
                ids.concat()
            })
        };
        assert_eq!(moved("up:b"), Some("bac".to_owned()));
        assert_eq!(moved("down:b"), Some("acb".to_owned()));
        for stays in ["up:a", "down:c", "up:x"] {
            assert_eq!(moved(stays), Some("abc".to_owned()), "{stays}");
        }
        assert_eq!(moved("left:a"), None);
        assert_eq!(moved(""), None);
    }
}
