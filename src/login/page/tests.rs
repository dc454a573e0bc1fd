//! The pages, drawn: what is on them, and that nothing given to them can be more than text.

use serde_json::json;

use super::*;
use crate::login::choice_page::{ChoiceForm, ChoicePage, OrganizationChoice, ProvePage};
use crate::model::tenant_settings::Locale;
use crate::model::{Organization, Strategy};
use crate::web::message::{MessagePage, initial};

fn english() -> Text {
    Text::of(Locale::En)
}

fn organization(title: &str, branding: serde_json::Value) -> Arc<ShownOrganization> {
    let organization = json!({ "id": "org_acme", "name": "acme", "display_name": title, "branding": branding });
    Arc::new(serde_json::from_value::<Organization>(organization).expect("an organization").shown())
}

fn acme() -> Arc<ShownOrganization> {
    organization("Acme", json!({ "colors": { "primary": "#0a7", "page_background": "#fffaf0" } }))
}

fn option(title: &'static str, strategy: &str) -> LoginOption<'static> {
    let href = "/authorize?client_id=4kT9&state=a%26b&connection=".to_owned() + strategy;
    LoginOption {
        title,
        href: Href::new(&href),
        mark: Mark::new(None, Strategy::parse(strategy).expect("a strategy"), title),
    }
}

fn login() -> LoginPage<'static> {
    LoginPage {
        text: english(),
        organization: Some(acme()),
        application_name: "Example App",
        options: vec![option("Okta", "okta"), option("Acme Workspace", "oidc")],
        password: Some(PasswordForm {
            action: Href::new("/login/password?client_id=4kT9&state=a%26b"),
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
        other_organization_href: Some(Href::new("/authorize?client_id=4kT9")),
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
    page.application_name = &hostile;
    let colors = json!({ "primary": hostile, "page_background": hostile });
    let branding = json!({ "logo_url": format!("https://x/{hostile}"), "colors": colors });
    page.organization = Some(organization(&hostile, branding));
    page.options = vec![LoginOption {
        title: &hostile,
        href: Href::new(&hostile),
        mark: Mark::new(Some(&hostile), Strategy::Oidc, &hostile),
    }];
    page.password = Some(PasswordForm {
        action: Href::new(&hostile),
        identifier: hostile.clone(),
        error: Some(hostile.clone()),
        is_invalid: true,
        is_chosen: true,
        reset_href: Some(Href::new(&hostile)),
    });
    page.sign_up_href = Some(Href::new(&hostile));
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
    assert!(html.contains("autofocus") && html.contains("<input type=\"hidden\" name=\"state\" value=\"a&#38;b\">"));
}

#[test]
fn only_a_page_with_a_form_may_send_one() {
    let mut page = login();
    assert!(policy(page.clone().into_page("com.example.app:/cb")).contains(" com.example.app:;"));
    page.password = None;
    page.options[0].mark = Mark::new(Some("https://icons.example/x.svg"), Strategy::Oidc, "X");
    let policy = policy(page.into_page("http://127.0.0.1:9/cb"));
    assert!(policy.contains("form-action 'none'") && policy.contains("img-src 'self' data: https://icons.example;"));
}

#[test]
fn a_tile_shows_the_first_letter() {
    assert_eq!((initial("acme"), initial(" «élan»"), initial("—")), ("A".into(), "É".into(), "•".into()));
}
