//! An application: a relying party that begins logins, receives codes and changes them for tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;
use vestibule::model::{new_secret, sha256};

use super::gateway::{Administrator, Gateway, text};
use super::http::{Page, Visitor};

/// Where codes go. Nobody listens: tests read the redirect.
pub const CALLBACK: &str = "https://app.example/callback";

/// An application that is registered at the gateway.
pub struct Application {
    pub client_id: String,
    /// Empty for a public one.
    pub client_secret: String,
    origin: String,
}

/// A login that was begun.
pub struct Begun {
    pub url: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

impl Application {
    /// A confidential application whose people sign in to an organization; `settings` is merged over the usual ones.
    pub async fn register(gateway: &Gateway, settings: Value) -> Self {
        Self::register_at(&gateway.admin, &gateway.origin, settings).await
    }

    /// The same at a gateway that runs elsewhere.
    pub async fn register_at(admin: &Administrator, origin: &str, settings: Value) -> Self {
        let mut client = json!({
            "name": "Example App",
            "app_type": "regular_web",
            "callbacks": [CALLBACK],
            "organization_usage": "require",
            "grant_types": ["authorization_code", "client_credentials"],
        });
        client.as_object_mut().unwrap().extend(settings.as_object().cloned().unwrap_or_default());
        let client = admin.create("/clients", client).await;
        Self {
            client_id: text(&client, "client_id"),
            client_secret: client["client_secret"].as_str().unwrap_or_default().to_owned(),
            origin: origin.to_owned(),
        }
    }

    /// One that somebody else registered, with what they copied.
    pub fn with_credentials(gateway: &Gateway, client_id: &str, client_secret: &str) -> Self {
        let (client_id, client_secret) = (client_id.to_owned(), client_secret.to_owned());
        Self { client_id, client_secret, origin: gateway.origin.clone() }
    }

    /// The same application at a gateway that was restarted.
    pub fn at(self, gateway: &Gateway) -> Self {
        Self { origin: gateway.origin.clone(), ..self }
    }

    /// A login with further parameters; one with the same name as a usual one replaces it, an empty one removes it.
    pub fn begin(&self, more: &[(&str, &str)]) -> Begun {
        let (state, nonce, verifier) = (new_secret(), new_secret(), new_secret());
        let challenge = sha256(&verifier);
        let usual = [
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let usual = usual.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
        let parameters = usual.chain(more.iter().filter(|(_, value)| !value.is_empty()));
        let url = Url::parse_with_params(&format!("{}/authorize", self.origin), parameters).unwrap();
        Begun { url: url.into(), state, nonce, verifier }
    }

    /// The code that a finished login brought.
    ///
    /// # Panics
    /// When `page` is not a redirect to the callback with this login's state, our issuer and a code.
    pub fn code(&self, begun: &Begun, page: &Page) -> String {
        let location = page.location();
        assert!(location.as_str().starts_with(CALLBACK), "{location}");
        assert_eq!(page.redirect_parameter("state").as_deref(), Some(begun.state.as_str()), "{location}");
        assert_eq!(page.redirect_parameter("iss"), Some(format!("{}/", self.origin)), "{location}");
        page.redirect_parameter("code").unwrap_or_else(|| panic!("no code: {location}"))
    }

    /// The error that a login brought: its code and its description.
    pub fn error(&self, begun: &Begun, page: &Page) -> (String, String) {
        let location = page.location();
        assert!(location.as_str().starts_with(CALLBACK), "{location}");
        assert_eq!(page.redirect_parameter("state").as_deref(), Some(begun.state.as_str()), "{location}");
        assert_eq!(page.redirect_parameter("iss"), Some(format!("{}/", self.origin)), "{location}");
        let read = |name: &str| page.redirect_parameter(name).unwrap_or_else(|| panic!("no {name}: {location}"));
        (read("error"), read("error_description"))
    }

    /// The token endpoint's answer to a code.
    pub async fn exchange(&self, begun: &Begun, code: &str) -> Page {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &begun.verifier),
        ])
        .await
    }

    /// A token request with this application's credentials.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Page {
        let mut all = vec![("client_id", self.client_id.as_str())];
        if !self.client_secret.is_empty() {
            all.push(("client_secret", self.client_secret.as_str()));
        }
        all.extend(fields);
        Visitor::new().call(format!("{}/oauth/token", self.origin), &all).await
    }

    /// The tokens of a finished login.
    pub async fn tokens(&self, begun: &Begun, page: &Page) -> Value {
        let answer = self.exchange(begun, &self.code(begun, page)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The ID token's claims of a finished login; its nonce is this login's.
    pub async fn id_claims(&self, begun: &Begun, page: &Page) -> Value {
        let tokens = self.tokens(begun, page).await;
        let claims = claims(tokens["id_token"].as_str().unwrap());
        assert_eq!(claims["nonce"], begun.nonce.as_str());
        claims
    }
}

/// The claims of a token, unchecked.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
