//! What the demo starts with, made through the Management API as anybody would make it.

use axum::body::Bytes;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use tower::ServiceExt;
use url::Url;

use super::{SignIn, Tour, TourDashboard, TourOrganization};
use crate::app::App;
use crate::error::{Context, Fault};
use crate::management;
use crate::management_client::embedded;
use crate::model::ticket::SetUp;

/// The three origins.
pub(super) struct Places {
    pub(super) gateway: String,
    pub(super) application: String,
    pub(super) identity_provider: String,
}

/// What the identity provider has: its clients for the gateway's two connections, and its people.
pub(super) struct People {
    acme: Credentials,
    globex: Credentials,
    /// The subject of Globex' member.
    gina: String,
}

struct Credentials {
    client_id: String,
    client_secret: String,
}

/// What the gateway has.
pub(super) struct Seeded {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    organizations: Vec<(String, &'static str)>,
}

const PASSWORD: &str = "correct horse battery";

/// Address and password.
const DASHBOARD_SIGN_IN: (&str, &str) = ("admin@vestibule.example", PASSWORD);

const SIGN_INS: [SignIn; 4] = [
    SignIn {
        organization: "acme",
        connection: "Acme Single Sign-On",
        username: "alice@acme.example",
        password: PASSWORD,
        outcome: "becomes a member by signing in",
    },
    SignIn {
        organization: "globex",
        connection: "Globex Directory",
        username: "gina@globex.example",
        password: PASSWORD,
        outcome: "is a member already",
    },
    SignIn {
        organization: "globex",
        connection: "Globex Directory",
        username: "alice@acme.example",
        password: PASSWORD,
        outcome: "is refused: not a member, and the connection makes none",
    },
    SignIn {
        organization: "globex",
        connection: "password form",
        username: "george@globex.example",
        password: PASSWORD,
        outcome: "is a member already",
    },
];

/// An administrator who calls an instance's Management API.
struct Administrator<'a> {
    app: &'a App,
    token: String,
}

impl<'a> Administrator<'a> {
    fn of(app: &'a App) -> Result<Self, Fault> {
        let scopes = management::every_scope();
        Ok(Self { app, token: app.management_token(&scopes, 600)? })
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Result<Value, Fault> {
        let context = format!("the demo's {method} {path}");
        let host = self.app.settings.server.public_url.authority();
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v2{path}"))
            .header(header::HOST, host)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()))
            .context(&context)?;
        let response = embedded(self.app.router.clone()).oneshot(request).await.context(&context)?;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        if !response.status().is_success() {
            return Err(Fault::new(context, format!("{} {text}", response.status())));
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn create(&self, path: &str, body: Value) -> Result<Value, Fault> {
        self.call(Method::POST, path, body).await
    }
}

fn text(value: &Value, member: &str) -> Result<String, Fault> {
    let found = value.get(member).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Fault::new("the demo", format!("the Management API answered no {member}")))
}

/// The identity provider: people in a database connection, and a client for each of the gateway's connections.
pub(super) async fn identity_provider(app: &App, places: &Places) -> Result<People, Fault> {
    let admin = Administrator::of(app)?;
    let people = json!({"name": "people", "strategy": "auth0", "display_name": "Demo directory"});
    let people = text(&admin.create("/connections", people).await?, "id")?;
    let mut clients = Vec::new();
    for (name, connection) in [("Acme Single Sign-On", "acme-sso"), ("Globex Directory", "globex-directory")] {
        let client = admin
            .create(
                "/clients",
                json!({
                    "name": name,
                    "app_type": "regular_web",
                    "callbacks": [format!("{}/login/callback/{connection}", places.gateway)],
                    "organization_usage": "deny",
                    "grant_types": ["authorization_code"],
                }),
            )
            .await?;
        clients.push(Credentials {
            client_id: text(&client, "client_id")?,
            client_secret: text(&client, "client_secret")?,
        });
    }
    let enable: Vec<Value> =
        clients.iter().map(|client| json!({"client_id": client.client_id, "status": true})).collect();
    admin.call(Method::PATCH, &format!("/connections/{people}/clients"), enable.into()).await?;
    let person = |email: &str, name: &str| json!({"connection": "people", "email": email, "email_verified": true, "name": name, "password": PASSWORD});
    admin.create("/users", person("alice@acme.example", "Alice Ackerman")).await?;
    let gina = admin.create("/users", person("gina@globex.example", "Gina Globe")).await?;
    let [acme, globex] = clients.try_into().map_err(|_| Fault::new("the demo", "two clients were made"))?;
    Ok(People { acme, globex, gina: text(&gina, "user_id")? })
}

/// The gateway: two organizations that look different and offer different ways in, and one application.
pub(super) async fn gateway(app: &App, places: &Places, people: &People) -> Result<Seeded, Fault> {
    let admin = Administrator::of(app)?;
    let client = admin
        .create(
            "/clients",
            json!({
                "name": "Sample application",
                "app_type": "regular_web",
                "callbacks": [format!("{}/callback", places.application)],
                "allowed_logout_urls": [format!("{}/", places.application)],
                "initiate_login_uri": format!("{}/login", places.application),
                "organization_usage": "require",
                "organization_require_behavior": "pre_login_prompt",
                "grant_types": ["authorization_code"],
            }),
        )
        .await?;
    let acme_sso = federated(&admin, "acme-sso", "Acme Single Sign-On", places, &people.acme).await?;
    let directory = federated(&admin, "globex-directory", "Globex Directory", places, &people.globex).await?;
    let passwords = json!({"name": "globex-passwords", "strategy": "auth0", "display_name": "Globex password"});
    let passwords = text(&admin.create("/connections", passwords).await?, "id")?;

    let acme = organization(&admin, "acme", "Acme Corporation", "#1d4ed8", "#eff4ff").await?;
    let globex = organization(&admin, "globex", "Globex", "#0f766e", "#effaf7").await?;
    enable(&admin, &acme, &acme_sso, true).await?;
    enable(&admin, &globex, &directory, false).await?;
    enable(&admin, &globex, &passwords, false).await?;

    let gina = json!({
        "connection": "globex-directory", "user_id": people.gina,
        "email": "gina@globex.example", "email_verified": true, "name": "Gina Globe",
    });
    let gina = text(&admin.create("/users", gina).await?, "user_id")?;
    let george = json!({
        "connection": "globex-passwords", "email": "george@globex.example", "email_verified": true,
        "name": "George Globe", "password": PASSWORD,
    });
    let george = text(&admin.create("/users", george).await?, "user_id")?;
    admin.create(&format!("/organizations/{globex}/members"), json!({"members": [gina, george]})).await?;
    set_up(app).await?;
    Ok(Seeded {
        client_id: text(&client, "client_id")?,
        client_secret: text(&client, "client_secret")?,
        organizations: vec![(acme, "acme"), (globex, "globex")],
    })
}

/// Makes who administers the gateway, by the link that any first start prints.
async fn set_up(app: &App) -> Result<(), Fault> {
    let context = "setting up the demo's dashboard";
    let link = Url::parse(&app.setup_link().await?).context(context)?;
    let ticket = link.query_pairs().find(|(name, _)| name == "ticket").map(|(_, ticket)| ticket.into_owned());
    let account = SetUp {
        ticket: ticket.unwrap_or_default(),
        email: DASHBOARD_SIGN_IN.0.to_owned(),
        password: DASHBOARD_SIGN_IN.1.to_owned(),
        client_address: None,
    };
    app.client.set_up(&account).await.context(context).map(|_| ())
}

async fn federated(
    admin: &Administrator<'_>,
    name: &str,
    title: &str,
    places: &Places,
    credentials: &Credentials,
) -> Result<String, Fault> {
    let connection = json!({
        "name": name,
        "strategy": "oidc",
        "display_name": title,
        "options": {
            "issuer": format!("{}/", places.identity_provider),
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "scope": "openid profile email",
            "type": "back_channel",
            // Asks who it is each time, so that everybody of the tour can be tried in one browser.
            "upstream_params": {"prompt": {"value": "login"}},
        },
    });
    text(&admin.create("/connections", connection).await?, "id")
}

async fn organization(
    admin: &Administrator<'_>,
    name: &str,
    title: &str,
    primary: &str,
    background: &str,
) -> Result<String, Fault> {
    let organization = json!({
        "name": name,
        "display_name": title,
        "branding": {"colors": {"primary": primary, "page_background": background}},
    });
    text(&admin.create("/organizations", organization).await?, "id")
}

async fn enable(
    admin: &Administrator<'_>,
    organization: &str,
    connection: &str,
    assign_membership_on_login: bool,
) -> Result<(), Fault> {
    let body = json!({"connection_id": connection, "assign_membership_on_login": assign_membership_on_login});
    admin.create(&format!("/organizations/{organization}/enabled_connections"), body).await.map(|_| ())
}

impl Seeded {
    pub(super) fn tour(&self, places: &Places, management_token: String) -> Tour {
        let port = places.gateway.rsplit(':').next().unwrap_or_default();
        let organizations = self.organizations.iter().map(|(id, name)| TourOrganization {
            id: id.clone(),
            name: (*name).to_owned(),
            login_url: format!("http://{name}.localhost:{port}/"),
        });
        Tour {
            gateway: places.gateway.clone(),
            application: places.application.clone(),
            identity_provider: places.identity_provider.clone(),
            management_token,
            organizations: organizations.collect(),
            sign_ins: SIGN_INS.to_vec(),
            dashboard: TourDashboard {
                url: format!("{}/dashboard", places.gateway),
                username: DASHBOARD_SIGN_IN.0,
                password: DASHBOARD_SIGN_IN.1,
            },
        }
    }
}
