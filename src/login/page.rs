//! The pages a person meets, as plain data: what is drawn, and nothing of how it was decided.

use std::sync::Arc;

use askama::Template;

use super::invitation::Invited;
use super::mark::Mark;
use crate::web::message::OrganizationView;
use crate::web::page::Page;
use crate::web::text::{Text, text_key};

/// The page that offers an organization's ways to sign in. Without options and without a password form it says that
/// nothing is enabled and whom to ask.
#[derive(Debug, Clone, Template)]
#[template(path = "login/login.html", whitespace = "minimize")]
pub(super) struct LoginPage {
    pub(super) text: Text,
    /// Absent for a login without an organization.
    pub(super) organization: Option<OrganizationView>,
    pub(super) application_name: String,
    pub(super) options: Vec<LoginOption>,
    pub(super) password: Option<PasswordForm>,
    /// Instead of the password form: what asks for the address only.
    pub(super) identifier: Option<IdentifierForm>,
    /// Where an account is made.
    pub(super) sign_up_href: Option<String>,
    /// The account of a session that cannot be used here.
    pub(super) signed_in_as: Option<String>,
    /// The invitation that signing in accepts; only its address may do so.
    pub(super) invitation: Option<Arc<Invited>>,
    pub(super) other_organization_href: Option<String>,
}

/// A connection as the page offers it, drawn as "Continue with {title}".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoginOption {
    pub(super) title: String,
    pub(super) href: String,
    pub(super) mark: Mark,
}

/// The form of a database connection; it posts `username` and `password`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PasswordForm {
    pub(super) action: String,
    /// What stands in the first field: the `login_hint`, or what was entered before.
    pub(super) identifier: String,
    /// The neutral sentence after a failed try.
    pub(super) error: Option<String>,
    /// Whether the error is about what was entered, and not that it cannot be checked now.
    pub(super) is_invalid: bool,
    /// Whether the request asked for this form, so that nothing above it is to be read first.
    pub(super) is_chosen: bool,
    /// Where a forgotten password is changed.
    pub(super) reset_href: Option<String>,
}

/// The form that asks for an address, or for an address or user name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IdentifierForm {
    pub(super) action: String,
    /// `username`, or `email` for a code.
    pub(super) field: &'static str,
    /// Whether user names lead somewhere as well.
    pub(super) takes_names: bool,
    pub(super) entered: String,
    pub(super) error: Option<String>,
}

impl LoginPage {
    /// `redirect_uri` is where the password form may lead in the end.
    pub(super) fn into_page(self, redirect_uri: &str) -> Page<Self> {
        let mut images: Vec<String> = self.organization.iter().filter_map(|view| view.logo_url.clone()).collect();
        images.extend(self.options.iter().filter_map(|option| match &option.mark {
            Mark::Image(url) => Some(url.clone()),
            _ => None,
        }));
        let has_form = self.password.is_some() || self.identifier.is_some();
        let page = images.iter().fold(Page::new(self), |page, url| page.image(Some(url)));
        if has_form { page.form_targets([redirect_uri]) } else { page }
    }

    /// What the person signs in to.
    fn place(&self) -> &str {
        self.organization.as_ref().map_or(&self.application_name, |organization| &organization.title)
    }

    fn title(&self) -> String {
        let title = self.text.with("sign-in-to", &[("place", self.place())]);
        let is_wrong = |error: Option<&Option<String>>| error.is_some_and(Option::is_some);
        let password = self.password.as_ref().map(|form| &form.error);
        if is_wrong(password) || is_wrong(self.identifier.as_ref().map(|form| &form.error)) {
            self.text.with("error-title", &[("title", &title)])
        } else {
            title
        }
    }

    /// The form takes the focus only when nothing above it wants to be read first.
    fn focuses_identifier(&self) -> bool {
        self.password.as_ref().is_some_and(|form| form.identifier.is_empty() && self.form_comes_first(form))
    }

    fn focuses_password(&self) -> bool {
        self.password.as_ref().is_some_and(|form| !form.identifier.is_empty() && self.form_comes_first(form))
    }

    fn focuses_address(&self) -> bool {
        let nothing_else = self.options.is_empty() && self.signed_in_as.is_none();
        self.identifier.as_ref().is_some_and(|form| form.error.is_some() || nothing_else)
    }

    fn form_comes_first(&self, form: &PasswordForm) -> bool {
        form.error.is_some()
            || (form.is_chosen && self.signed_in_as.is_none())
            || (self.options.is_empty() && self.signed_in_as.is_none())
    }
}

/// The pre-login picker: it takes an organization's name and lists none but those used on this device.
#[derive(Debug, Clone, Template)]
#[template(path = "login/picker.html", whitespace = "minimize")]
pub(super) struct PickerPage {
    pub(super) text: Text,
    pub(super) application_name: String,
    pub(super) asks_for: AsksFor,
    /// Where the form leads, by GET; `organization` is added to `hidden`.
    pub(super) action: String,
    pub(super) hidden: Vec<(String, String)>,
    pub(super) entered: String,
    pub(super) error: Option<String>,
    pub(super) recent: Vec<RecentOrganization>,
    pub(super) personal_href: Option<String>,
}

/// What the picker's field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsksFor {
    Name,
    Email,
    Both,
}

impl AsksFor {
    fn label(self) -> &'static str {
        match self {
            Self::Name => text_key("organization-name"),
            Self::Email => text_key("work-email"),
            Self::Both => text_key("organization-name-or-email"),
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Name => text_key("organization-name-hint"),
            Self::Email => text_key("work-email-hint"),
            Self::Both => text_key("organization-name-or-email-hint"),
        }
    }

    /// What a browser may fill in.
    fn autocomplete(self) -> &'static str {
        match self {
            Self::Name => "organization",
            Self::Email | Self::Both => "email",
        }
    }

    /// What is said when nothing was entered.
    pub(super) fn missing(self) -> &'static str {
        match self {
            Self::Name => text_key("enter-organization-name"),
            Self::Email => text_key("enter-work-email"),
            Self::Both => text_key("enter-organization-name-or-email"),
        }
    }
}

/// An organization that was used on this device before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecentOrganization {
    pub(super) title: String,
    pub(super) href: String,
}

impl PickerPage {
    fn title(&self) -> String {
        let title = self.text.with("choose-your-organization-for", &[("application", &self.application_name)]);
        if self.error.is_some() { self.text.with("error-title", &[("title", &title)]) } else { title }
    }

    /// `redirect_uri` is where the form may lead in the end, through an existing session.
    pub(super) fn into_page(self, redirect_uri: &str) -> Page<Self> {
        Page::new(self).form_targets([redirect_uri])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::choice_page::{ChoiceForm, ChoicePage, OrganizationChoice, ProvePage};
    use crate::model::Strategy;
    use crate::model::tenant_settings::Locale;
    use crate::web::message::initial;
    use crate::web::message::{MessagePage, ThemeColors};

    fn english() -> Text {
        Text::of(Locale::En)
    }

    fn acme() -> OrganizationView {
        OrganizationView {
            title: "Acme".to_owned(),
            name: "acme".to_owned(),
            logo_url: None,
            theme: Some(ThemeColors { primary: "#0a7".to_owned(), background: Some("#fffaf0".to_owned()) }),
        }
    }

    fn option(title: &str, strategy: &str) -> LoginOption {
        let href = "/authorize?client_id=4kT9&state=a%26b&connection=".to_owned() + strategy;
        LoginOption {
            title: title.to_owned(),
            href,
            mark: Mark::new(None, Strategy::parse(strategy).expect("a strategy"), title),
        }
    }

    fn login() -> LoginPage {
        LoginPage {
            text: english(),
            organization: Some(acme()),
            application_name: "Example App".to_owned(),
            options: vec![option("Okta", "okta"), option("Acme Workspace", "oidc")],
            password: Some(PasswordForm {
                action: "/login/password?client_id=4kT9&state=a%26b".to_owned(),
                identifier: String::new(),
                error: None,
                is_invalid: false,
                is_chosen: false,
                reset_href: None,
            }),
            identifier: None,
            sign_up_href: None,
            signed_in_as: None,
            invitation: None,
            other_organization_href: Some("/authorize?client_id=4kT9".to_owned()),
        }
    }

    fn picker() -> PickerPage {
        PickerPage {
            text: english(),
            application_name: "Example App".to_owned(),
            asks_for: AsksFor::Name,
            action: "/authorize".to_owned(),
            hidden: vec![("state".to_owned(), "a&b".to_owned())],
            entered: String::new(),
            error: None,
            recent: Vec::new(),
            personal_href: None,
        }
    }

    fn render(page: &impl Template) -> String {
        page.render().expect("draws")
    }

    fn policy<T: Template>(page: Page<T>) -> String {
        use axum::response::IntoResponse;
        page.into_response().headers()["content-security-policy"].to_str().expect("text").to_owned()
    }

    #[test]
    fn a_login_page_is_small_and_shows_what_it_was_given() {
        let html = render(&login());
        assert!(html.len() < 5 * 1024, "{} bytes", html.len());
        assert!(html.contains("<title>Sign in to Acme</title>"));
        assert!(html.contains("/assets/theme.css?v="));
        assert!(html.contains("Continue with <bdi>Acme Workspace</bdi>"));
        assert_eq!(html.matches("<h1").count(), 1);
        assert_eq!(html.matches("<main").count(), 1);
        assert!(!html.contains("<script") && !html.contains("style="));
        for page in [render(&picker()), render(&message())] {
            assert!(page.len() < 5 * 1024 && !page.contains("<script"));
            assert_eq!(page.matches("<h1").count(), 1);
        }
    }

    fn message() -> MessagePage {
        MessagePage {
            text: english(),
            title: "This link has expired".to_owned(),
            message: "Go back to the application and sign in again.".to_owned(),
            detail: None,
            actions: vec![("Back to Example App".to_owned(), "https://app.example.com/".to_owned())],
            request_id: "req-7f3a".to_owned(),
            organization: None,
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "</title><script>alert(1)</script>\"'&".to_owned();
        let mut page = login();
        page.application_name.clone_from(&hostile);
        page.organization = Some(OrganizationView {
            title: hostile.clone(),
            name: hostile.clone(),
            logo_url: Some(format!("https://x/{hostile}")),
            theme: Some(ThemeColors { primary: hostile.clone(), background: Some(hostile.clone()) }),
        });
        page.options = vec![LoginOption {
            title: hostile.clone(),
            href: hostile.clone(),
            mark: Mark::new(Some(hostile.clone()), Strategy::Oidc, &hostile),
        }];
        page.password = Some(PasswordForm {
            action: hostile.clone(),
            identifier: hostile.clone(),
            error: Some(hostile.clone()),
            is_invalid: true,
            is_chosen: true,
            reset_href: Some(hostile.clone()),
        });
        page.sign_up_href = Some(hostile.clone());
        page.signed_in_as = Some(hostile.clone());
        let mut picker = picker();
        picker.entered.clone_from(&hostile);
        picker.hidden = vec![(hostile.clone(), hostile.clone())];
        picker.recent = vec![RecentOrganization { title: hostile.clone(), href: hostile.clone() }];
        let mut message = message();
        message.title.clone_from(&hostile);
        message.actions = vec![(hostile.clone(), hostile.clone())];
        message.detail = Some(hostile.clone());
        let choice = ChoicePage {
            organizations: vec![OrganizationChoice { title: hostile.clone(), id: hostile.clone(), href: None }],
            form: Some(ChoiceForm {
                secret: hostile.clone(),
                searches: true,
                searched: hostile.clone(),
                previous_href: Some(hostile.clone()),
                next_href: Some(hostile.clone()),
                offers_personal: true,
                other_account_href: hostile.clone(),
            }),
            application_name: hostile.clone(),
            ..ChoicePage::new(english(), &hostile)
        };
        let prove = ProvePage {
            text: english(),
            application_name: hostile.clone(),
            action: hostile.clone(),
            address: hostile.clone(),
            challenge: Some(hostile.clone()),
            error: None,
            back_href: hostile.clone(),
        };
        for html in [render(&page), render(&picker), render(&message), render(&choice), render(&prove)] {
            assert!(!html.contains("<script") && !html.contains("\"'&") && !html.contains("\"><b>"), "{html}");
            assert_eq!(html.matches("</title>").count(), 1);
            assert!(!html.contains("theme.css"));
        }
    }

    #[test]
    fn nothing_enabled_says_so_and_whom_to_ask() {
        let html = render(&LoginPage { options: Vec::new(), password: None, ..login() });
        assert!(html.contains("No sign-in option is enabled for <bdi>Acme</bdi>."), "{html}");
        assert!(html.contains("Ask your organization’s administrator"));
        assert!(!html.contains("<form") && !html.contains("or</span>"));
    }

    #[test]
    fn a_failed_password_is_tied_to_its_fields() {
        let mut page = login();
        let error = Some("Wrong email or password.".to_owned());
        page.password =
            page.password.map(|form| PasswordForm { identifier: "ana".to_owned(), error, is_invalid: true, ..form });
        let html = render(&page);
        assert!(html.contains("<title>Error: Sign in to Acme</title>"));
        assert_eq!(html.matches("aria-invalid=\"true\" aria-describedby=\"password-error\"").count(), 2);
        assert!(html.contains("id=\"password-error\" role=\"alert\">Wrong email or password.<"));
        assert_eq!(html.matches("autofocus").count(), 1);
        assert!(html.contains("aria-describedby=\"password-error\" autofocus"));
    }

    #[test]
    fn a_wrong_organization_name_is_tied_to_the_field() {
        let error = Some("No organization with this name can sign in here.".to_owned());
        let html = render(&PickerPage { entered: "acne".to_owned(), error, ..picker() });
        assert!(html.contains("value=\"acne\" aria-describedby=\"organization-error organization-hint\" aria-invalid"));
        assert!(
            html.contains("autofocus") && html.contains("<input type=\"hidden\" name=\"state\" value=\"a&#38;b\">")
        );
    }

    #[test]
    fn only_a_page_with_a_form_may_send_one() {
        let mut page = login();
        assert!(policy(page.clone().into_page("com.example.app:/cb")).contains(" com.example.app:;"));
        page.password = None;
        page.options[0].mark = Mark::new(Some("https://icons.example/x.svg".to_owned()), Strategy::Oidc, "X");
        let policy = policy(page.into_page("http://127.0.0.1:9/cb"));
        assert!(
            policy.contains("form-action 'none'") && policy.contains("img-src 'self' data: https://icons.example;")
        );
    }

    #[test]
    fn a_tile_shows_the_first_letter() {
        assert_eq!((initial("acme"), initial(" «élan»"), initial("—")), ("A".into(), "É".into(), "•".into()));
    }
}
