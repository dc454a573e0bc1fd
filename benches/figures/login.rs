//! A whole login through an identity provider: its CPU time beside that of what it cannot do without.

use serde_json::json;

use crate::admin::{Administrator, text};
use crate::identity_provider::{Algorithm, CLIENT_ID, IdentityProvider};
use crate::kept::{Kept, headers};
use crate::process::{Home, Process, Side};
use crate::remote::empty_folder;
use crate::report::Row;
use crate::requests::{Draws, Requests};
use crate::rounds::Rounds;
use crate::{Bench, Outcome, seed};

/// Logins in a round, one after another.
const LOGINS: u32 = 100;
/// People who come in turn; the rounds before the first that counts make their accounts.
const PEOPLE: u32 = 100;
const ORGANIZATION: &str = "acme";
const CONNECTION: &str = "acme-own";
/// Of RFC 7636, appendix B; its challenge is in every request.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

pub(crate) async fn take(bench: &Bench) -> Outcome<Vec<Row>> {
    Ok(vec![with(bench, Algorithm::Rs256).await?, with(bench, Algorithm::Es256).await?])
}

async fn with(bench: &Bench, algorithm: Algorithm) -> Outcome<Row> {
    let folder = empty_folder("login")?;
    let mut scene = Scene::new(bench, algorithm, &folder.join("gateway.db")).await?;
    let file = folder.join("primitives.db");
    let mut primitives = Side::start(&["primitives", algorithm.name(), &file.to_string_lossy()])?;
    let mut rounds = Rounds::default();
    for round in 0..=bench.rounds {
        let before = scene.server.cpu()?;
        for person in 0..LOGINS {
            scene.login(person % PEOPLE).await?;
        }
        let ours = scene.server.cpu()? - before;
        let before = primitives.process.cpu()?;
        primitives.tell(&LOGINS.to_string())?;
        let alone = primitives.process.cpu()? - before;
        if round > 0 {
            let each = |cpu: std::time::Duration| cpu.as_secs_f64() * 1e3 / f64::from(LOGINS);
            rounds.add(each(ours), each(alone));
        }
    }
    let figure = format!("full federated login, ID token {}", algorithm.name());
    let note = "our own two tokens are RS256; one login at a time; alone: 2 signatures, 3 verifications, 4 seals, \
                2 openings, 6 commits";
    Ok(Row::ratio(&figure, "CPU ms", &rounds).at_most(2.5, 1.5).note(note))
}

/// A gateway with one organization, and a browser beside it.
struct Scene {
    home: Home,
    server: Process,
    connection: Kept,
    issuer: String,
    client_id: String,
    client_secret: String,
}

impl Scene {
    async fn new(bench: &Bench, algorithm: Algorithm, database: &std::path::Path) -> Outcome<Self> {
        let provider = IdentityProvider::start(algorithm)?;
        let settings = format!(
            "{}{}log.filter = \"warn\"\nlogin.trips_per_minute = 1000000\noutbound.allow = [\"127.0.0.0/8\"]\n",
            seed::UNLIMITED,
            seed::WARM
        );
        let home = Home::new(bench, "login", database, &settings)?;
        let server = home.serve().await?;
        let admin = Administrator::of(&home)?;
        let application = admin.application().await?;
        let organization = admin.organization(ORGANIZATION).await?;
        let options = json!({ "issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": "a secret" });
        admin.enable(&organization, &admin.connection(CONNECTION, "oidc", options).await?).await?;
        let (client_id, client_secret) = (text(&application, "client_id")?, text(&application, "client_secret")?);
        let connection = Kept::open(home.address).await?;
        Ok(Self { home, server, connection, issuer: provider.issuer, client_id, client_secret })
    }

    /// The page, the trip, the callback, the exchange of the code.
    async fn login(&mut self, person: u32) -> Outcome<()> {
        let draws = Draws::One(ORGANIZATION.to_owned());
        let mut page = Vec::new();
        Requests::new(&self.home.host(), &self.client_id, draws).next(&mut page);
        self.ask(&page, 200).await?;
        let option = String::from_utf8(page)?.replacen("&state=", &format!("&connection={CONNECTION}&state="), 1);
        let trip = self.ask(option.as_bytes(), 302).await?;
        let (state, nonce) = (trip.parameter("state")?, trip.parameter("nonce")?);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("state", &state).append_pair("code", &IdentityProvider::code(person, &nonce));
        query.append_pair("iss", &self.issuer);
        let host = self.home.host();
        let callback = format!(
            "GET /login/callback/{CONNECTION}?{} HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\n\r\n",
            query.finish(),
            trip.cookie()?,
        );
        let code = self.ask(callback.as_bytes(), 303).await?.parameter("code")?;
        let exchange = self.exchange(&code);
        self.ask(exchange.as_bytes(), 200).await?;
        Ok(())
    }

    fn exchange(&self, code: &str) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code").append_pair("code", code);
        form.append_pair("client_id", &self.client_id).append_pair("client_secret", &self.client_secret);
        form.append_pair("redirect_uri", crate::requests::CALLBACK).append_pair("code_verifier", VERIFIER);
        let form = form.finish();
        format!(
            "POST /oauth/token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            self.home.host(),
            form.len(),
        )
    }

    async fn ask(&mut self, request: &[u8], wanted: u16) -> Outcome<Answer> {
        let (shape, bytes) = self.connection.ask(request).await?;
        match shape.status == wanted {
            true => Ok(Answer(headers(&bytes[..shape.head]))),
            false => Err(format!("not {wanted}: {}", String::from_utf8_lossy(bytes)).into()),
        }
    }
}

/// The header lines of an answer.
struct Answer(Vec<(String, String)>);

impl Answer {
    fn line(&self, name: &str) -> Outcome<&str> {
        let found = self.0.iter().find(|(line, _)| line == name);
        Ok(found.map(|(_, value)| value.as_str()).ok_or_else(|| format!("no {name}"))?)
    }

    /// A parameter of the address that the browser is sent to.
    fn parameter(&self, name: &str) -> Outcome<String> {
        let url = url::Url::parse(self.line("location")?)?;
        let found = url.query_pairs().find(|(parameter, _)| parameter == name);
        Ok(found.ok_or_else(|| format!("no {name} in {url}"))?.1.into_owned())
    }

    /// The cookie as the browser sends it back.
    fn cookie(&self) -> Outcome<String> {
        Ok(self.line("set-cookie")?.split(';').next().unwrap_or_default().to_owned())
    }
}
