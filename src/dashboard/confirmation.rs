//! The page before something that cannot be undone: what will be lost, and what is to be typed first.

use askama::Template;

use super::Answer;
use super::fields::Errors;
use super::frame::Frame;
use super::session::Signed;
use crate::web::form::Form;
use crate::web::text::Text;

/// What is asked before.
pub(super) struct Confirmation {
    /// Sentences; what somebody called something stands in them by [`quoted`].
    pub(super) says: Vec<String>,
    /// What is lost, one on each line.
    pub(super) losses: Vec<String>,
    /// What must be typed, and what that is.
    pub(super) typed: Option<(String, &'static str)>,
    /// What the button says.
    pub(super) button: &'static str,
    pub(super) back_href: String,
}

#[derive(Template)]
#[template(path = "dashboard/confirmation.html", whitespace = "minimize")]
struct ConfirmationPage {
    text: Text,
    frame: Frame,
    asked: Confirmation,
    typed_label: String,
}

impl Confirmation {
    pub(super) fn draw(self, signed: &Signed, frame: Frame) -> Answer {
        let typed_label = self.typed.iter().map(|(typed, _)| format!("Type {} to confirm", quoted(typed))).collect();
        frame.draw(|frame| ConfirmationPage { text: signed.reader.text, frame, asked: self, typed_label })
    }
}

/// Whether the form holds what was to be typed.
///
/// # Errors
/// What to say at the field.
pub(super) fn check_typed(form: &Form, typed: &str) -> Result<(), Errors> {
    match form.get("typed_name") == typed.trim() {
        true => Ok(()),
        false => Err(Errors::at_field("typed_name", format!("Type {} to go on.", quoted(typed)))),
    }
}

/// A text of somebody else's in a sentence of ours, whichever way it is written (UAX #9, isolates).
pub(super) fn quoted(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}

/// A number with its noun: `1 member`, `2 members`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
