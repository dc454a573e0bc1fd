//! The mark: the picture at the left of a login option.

use crate::model::Strategy;
use crate::web::message::initial;

/// What is drawn. The brands' marks are drawn as their owners ask: whole, in their own colours or in that of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark<'p> {
    /// The address of the connection's own icon.
    Image(&'p str),
    Google,
    Microsoft,
    Apple,
    Github,
    Linkedin,
    Okta,
    Letter(String),
}

impl<'p> Mark<'p> {
    /// The connection's own icon, the mark of its strategy, or the first letter of its title.
    pub(super) fn new(icon_url: Option<&'p str>, strategy: Strategy, title: &str) -> Self {
        if let Some(url) = icon_url {
            return Self::Image(url);
        }
        match strategy {
            Strategy::GoogleOauth2 | Strategy::GoogleApps => Self::Google,
            Strategy::Waad | Strategy::Windowslive => Self::Microsoft,
            Strategy::Apple => Self::Apple,
            Strategy::Github => Self::Github,
            Strategy::Linkedin => Self::Linkedin,
            Strategy::Okta => Self::Okta,
            Strategy::Auth0 | Strategy::Oidc | Strategy::Oauth2 | Strategy::Email => Self::Letter(initial(title)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connections_own_icon_wins_over_its_brand() {
        let icon = "https://acme.example/icon.svg";
        assert_eq!(Mark::new(Some(icon), Strategy::Apple, "Acme"), Mark::Image(icon));
        assert_eq!(Mark::new(None, Strategy::Apple, "Acme"), Mark::Apple);
        assert_eq!(Mark::new(None, Strategy::Oidc, "Acme"), Mark::Letter("A".to_owned()));
    }
}
