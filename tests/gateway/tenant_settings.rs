//! What holds for the whole tenant: settings, prompts, branding (contract §1.13).

use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Gateway, Mode};

matrix! {
    settings_are_kept_changed_and_cleared,
    prompts_their_texts_and_the_branding_are_kept,
}

async fn settings_are_kept_changed_and_cleared(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let path = "/tenants/settings";
    let first = admin.get(path).await;
    assert_eq!((&first["session_lifetime"], &first["idle_session_lifetime"]), (&json!(168), &json!(72)));
    assert_eq!(first["allow_organization_name_in_authentication_api"], true);
    assert_eq!(first["flags"]["enable_client_connections"], false);
    assert_eq!(first.get("friendly_name"), None);

    admin.database("people").await;
    let change = json!({
        "friendly_name": "Example", "picture_url": "https://example.org/logo.png", "support_email": "help@example.org",
        "support_url": "https://example.org/help", "default_redirection_uri": "https://example.org/login",
        "default_directory": "people", "enabled_locales": ["de", "en", "de"],
    });
    let mut expected = first.clone();
    expected.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    expected["enabled_locales"] = json!(["de", "en"]);
    assert_eq!(admin.update(path, change).await, expected);
    // What was read may be sent back whole.
    assert_eq!(admin.update(path, expected.clone()).await, expected);
    assert_eq!(admin.get(path).await, expected);
    assert_eq!(admin.get(&format!("{path}?fields=friendly_name")).await, json!({ "friendly_name": "Example" }));

    let refused = |body: Value| async move {
        let page = admin.call("PATCH", path, Some(body)).await;
        (page.status, page.json()["errorCode"].as_str().unwrap_or_default().to_owned(), page.text().to_owned())
    };
    for (property, value, setting) in [
        ("session_lifetime", json!(1), "login.session_hours"),
        ("idle_session_lifetime", json!(1), "login.session_idle_hours"),
        (
            "allow_organization_name_in_authentication_api",
            json!(false),
            "login.allow_organization_name_in_authentication_api",
        ),
    ] {
        let (status, code, text) = refused(json!({ property: value, "friendly_name": "Other" })).await;
        assert_eq!((status, code.as_str()), (403, "operation_not_supported"), "{text}");
        assert!(text.contains(&format!("{property} is set by {setting}")), "{text}");
    }
    for unbuilt in [json!({ "flags": { "enable_client_connections": true } }), json!({ "default_token_quota": {} })] {
        let (status, code, text) = refused(unbuilt).await;
        assert_eq!((status, code.as_str()), (400, "operation_not_supported"), "{text}");
    }
    for wrong in [
        json!({ "default_directory": "nowhere" }),
        json!({ "picture_url": "http://example.org/logo.png" }),
        json!({ "support_url": "javascript:alert(1)" }),
        json!({ "support_email": "help" }),
        json!({ "enabled_locales": ["tlh"] }),
        json!({ "sandbox_version": "18" }),
        json!({ "friendly_name": 7 }),
    ] {
        let (status, code, text) = refused(wrong).await;
        assert_eq!((status, code.as_str()), (400, "invalid_body"), "{text}");
    }
    assert_eq!(admin.get(path).await, expected, "what is refused changes nothing");
    let clear = json!({ "friendly_name": null, "picture_url": null, "support_email": null, "support_url": "",
        "default_redirection_uri": "", "default_directory": null, "enabled_locales": [] });
    assert_eq!(admin.update(path, clear).await, first);
}

async fn prompts_their_texts_and_the_branding_are_kept(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    let admin = &gateway.admin;
    let prompts = json!({ "identifier_first": false, "universal_login_experience": "new",
        "webauthn_platform_first_factor": false });
    assert_eq!(admin.get("/prompts").await, prompts);
    let change = json!({ "identifier_first": true, "universal_login_experience": "new" });
    assert_eq!(admin.update("/prompts", change).await["identifier_first"], true);
    assert_eq!(admin.get("/prompts").await["identifier_first"], true);
    for wrong in [json!({ "universal_login_experience": "classic" }), json!({ "webauthn_platform_first_factor": true })]
    {
        let page = admin.call("PATCH", "/prompts", Some(wrong.clone())).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("operation_not_supported")), "{wrong}");
    }

    let text = "/prompts/organizations/custom-text/de";
    assert_eq!(admin.get(text).await, json!({}));
    let own = json!({ "organization-picker": { "title": "Wohin?" } });
    assert_eq!(admin.done("PUT", text, Some(own.clone())).await, own);
    assert_eq!(admin.get(text).await, own);
    assert_eq!(admin.get("/prompts/organizations/custom-text/en").await, json!({}));
    assert_eq!(admin.done("PUT", text, Some(json!({}))).await, json!({}));
    for unknown in ["/prompts/mfa-sms/custom-text/de", "/prompts/organizations/custom-text/tlh"] {
        assert_eq!(admin.call("GET", unknown, None).await.status, 404, "{unknown}");
        assert_eq!(admin.call("PUT", unknown, Some(own.clone())).await.status, 404, "{unknown}");
    }
    let wrong = admin.call("PUT", text, Some(json!({ "organization-picker": "Wohin?" }))).await;
    assert_eq!(wrong.status, 400);

    assert_eq!(admin.get("/branding").await, json!({}));
    let whole = json!({ "colors": { "primary": "#0059d6", "page_background": "#fff" },
        "logo_url": "https://example.org/logo.png", "favicon_url": "https://example.org/icon.png" });
    assert_eq!(admin.update("/branding", whole.clone()).await, whole);
    let change = json!({ "colors": { "page_background": null }, "favicon_url": null });
    let less = json!({ "colors": { "primary": "#0059d6" }, "logo_url": "https://example.org/logo.png" });
    assert_eq!(admin.update("/branding", change).await, less);
    for wrong in [
        json!({ "logo_url": "http://example.org/logo.png" }),
        json!({ "colors": { "primary": "red" } }),
        json!({ "font": { "url": "https://example.org/font.woff2" } }),
    ] {
        assert_eq!(admin.call("PATCH", "/branding", Some(wrong.clone())).await.status, 400, "{wrong}");
    }
    assert_eq!(admin.get("/branding").await, less);
    assert_eq!(admin.update("/branding", json!({ "colors": null, "logo_url": null })).await, json!({}));
}
