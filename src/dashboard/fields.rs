//! What the API refused, said at the field it is about.

use axum::http::StatusCode;

use super::error::DashboardError;
use crate::management_client::AdministrationError;
use crate::model::ApiError;

/// The errors of a form; none of them for one that is drawn first.
#[derive(Debug, Default)]
pub(super) struct Errors {
    fields: Vec<(&'static str, String)>,
    /// What no field of the form can say.
    general: Option<String>,
    /// Somebody else changed it meanwhile.
    is_late: bool,
}

impl Errors {
    /// Sorts a refusal by the `known` fields of the form.
    ///
    /// # Errors
    /// What the form cannot mend.
    pub(super) fn of(error: AdministrationError, known: &[&'static str]) -> Result<Self, DashboardError> {
        match error {
            AdministrationError::Refused(refused) if [400, 409].contains(&refused.status_code) => {
                Ok(Self::sorted(&refused, known))
            }
            AdministrationError::Changed => {
                let general = "Somebody else saved this while you had it open. Nothing of yours is saved yet: compare, \
                               and save again if it shall be as you typed it.";
                Ok(Self { general: Some(general.to_owned()), is_late: true, ..Self::default() })
            }
            other => Err(other.into()),
        }
    }

    /// The same with the form's own words for what is wrong at a field.
    ///
    /// # Errors
    /// As [`Errors::of`].
    pub(super) fn of_worded(
        error: AdministrationError,
        known: &[&'static str],
        words: &[(&'static str, &'static str)],
    ) -> Result<Self, DashboardError> {
        let is_wrong = matches!(&error, AdministrationError::Refused(refused) if refused.status_code == 400);
        let mut errors = Self::of(error, known)?;
        for (field, message) in errors.fields.iter_mut().filter(|_| is_wrong) {
            if let Some((_, wording)) = words.iter().find(|(its, _)| its == field) {
                (*wording).clone_into(message);
            }
        }
        Ok(errors)
    }

    /// Whether the form was made of another version than is there.
    pub(super) fn are_of_another_version(&self) -> bool {
        self.is_late
    }

    fn sorted(refused: &ApiError, known: &[&'static str]) -> Self {
        let property = match refused.error_code.as_deref() {
            Some("organization_conflict" | "connection_conflict" | "role_conflict") => Some("name"),
            Some("discovery_domain_conflict") => Some("domain"),
            Some("user_exists") => Some("email"),
            _ => property(&refused.message),
        };
        match known.iter().find(|field| Some(**field) == property) {
            Some(field) => Self::at_field(field, sentence(field, refused)),
            None => Self { general: Some(refused.message.clone()), ..Self::default() },
        }
    }

    pub(super) fn at_field(field: &'static str, message: impl Into<String>) -> Self {
        Self { fields: vec![(field, message.into())], ..Self::default() }
    }

    /// One more.
    pub(super) fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.fields.push((field, message.into()));
    }

    pub(super) fn in_general(message: impl Into<String>) -> Self {
        Self { general: Some(message.into()), ..Self::default() }
    }

    pub(super) fn at(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|(its, _)| *its == field).map(|(_, message)| message.as_str())
    }

    pub(super) fn general(&self) -> Option<&str> {
        self.general.as_deref()
    }

    /// Of the page that shows them.
    pub(super) fn status(&self) -> StatusCode {
        match (self.is_late, self.are_some()) {
            (true, _) => StatusCode::CONFLICT,
            (false, true) => StatusCode::BAD_REQUEST,
            (false, false) => StatusCode::OK,
        }
    }

    pub(super) fn are_some(&self) -> bool {
        self.general.is_some() || !self.fields.is_empty()
    }
}

/// The first name of the member that a refusal names (`... on property allowed_domains[0].`); of `options` and of
/// branding the one below.
fn property(message: &str) -> Option<&str> {
    let rest = match message.split_once("on property ") {
        Some((_, rest)) => rest,
        None => message.strip_suffix(": this value is not supported by this server.")?,
    };
    let above = ["options.", "branding.colors.", "branding."];
    let own = above.into_iter().find_map(|above| rest.strip_prefix(above)).unwrap_or(rest);
    own.split(['.', '[', ' ', '(']).next()
}

/// The same in a person's words, where there are some.
fn sentence(field: &str, refused: &ApiError) -> String {
    match (field, refused.status_code) {
        ("email", 409) => "Somebody has this address there already.".to_owned(),
        ("email", _) => "Enter an e-mail address such as you@example.com.".to_owned(),
        ("name", 409) => "Another one has this name.".to_owned(),
        ("name", _) if refused.message.contains("a-zA-Z") => {
            "Use letters and digits, with single hyphens between them.".to_owned()
        }
        ("name", _) => "Use 1 to 50 small letters, digits, hyphens or underscores.".to_owned(),
        ("display_name", _) => "Use one line of at most 255 characters.".to_owned(),
        ("logo_url", _) => "Use an https address of at most 2048 characters.".to_owned(),
        ("primary" | "page_background", _) => "Use a colour such as #0b5fff.".to_owned(),
        ("metadata", _) => "Use keys and values of at most 255 characters, in one line each.".to_owned(),
        ("invitee", _) => "Enter an e-mail address such as you@example.com.".to_owned(),
        ("inviter", _) => "Use one line of 1 to 300 characters.".to_owned(),
        ("domain", 409) => "The organization has this domain already.".to_owned(),
        ("domain", _) => "Enter a domain such as acme.com, without an address or a path.".to_owned(),
        ("allowed_domains", _) => "Use up to 50 domains, such as acme.com, one on each line.".to_owned(),
        _ => refused.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_said_at_its_field() {
        let refused = |status, code, message: &str| ApiError::new(status, code, message);
        let wrong = refused(400, Some("invalid_body"), "Payload validation error: 'Too long' on property name.");
        let errors = Errors::sorted(&wrong, &["name", "display_name"]);
        assert!(errors.at("name").is_some_and(|message| message.starts_with("Use 1 to 50")), "{errors:?}");
        assert_eq!((errors.at("display_name"), errors.general()), (None, None));
        let taken = refused(409, Some("organization_conflict"), "An organization with this name already exists.");
        assert_eq!(Errors::sorted(&taken, &["name"]).at("name"), Some("Another one has this name."));
        let other = refused(400, None, "Something else on property branding.colors.primary.");
        assert_eq!(Errors::sorted(&other, &["name"]).general(), Some(other.message.as_str()));
        assert_eq!(property(&other.message), Some("primary"));
        assert_eq!(property("callbacks: this value is not supported by this server."), Some("callbacks"));
    }
}
