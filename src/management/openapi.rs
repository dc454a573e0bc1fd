//! The description of the API (OpenAPI 3.1), made from the table of operations and the types they speak.

use std::sync::{Arc, OnceLock};

use aide::generate::in_context;
use aide::openapi::{Info, OpenApi, ReferenceOr, SecurityScheme, Server};
use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::get;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;

use super::Management;
use super::operation::{Needs, Routes};

/// The routes of the table with the scopes they need.
pub(super) fn routes_of(table: fn() -> Routes) -> (Router<Arc<Management>>, Needs) {
    let (router, needs, _) = described(table);
    (router, needs)
}

/// The same with the description of both.
fn described(table: fn() -> Routes) -> (Router<Arc<Management>>, Needs, OpenApi) {
    // The table is described while it is built, so the dialect is chosen before.
    in_context(|ctx| {
        let settings = SchemaSettings::draft2020_12();
        let settings = settings.with(|settings| settings.definitions_path = "/components/schemas".into());
        ctx.schema = SchemaGenerator::new(settings);
    });
    let Routes { router, needs, .. } = table();
    let mut description = empty();
    let router = router.finish_api(&mut description);
    // What described it is not asked again, and would stay for good.
    in_context(|ctx| ctx.schema = SchemaGenerator::default());
    (router, needs, description)
}

/// Tells the description to anyone: it holds nothing that the README does not. It is written when it is first asked
/// for, and most servers are never asked.
pub(super) fn route(table: fn() -> Routes) -> Router {
    let written: Arc<OnceLock<Bytes>> = Arc::default();
    let tell = move || {
        let description = written.get_or_init(|| write(&described(table).2)).clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], description) }
    };
    Router::new().route("/openapi.json", get(tell))
}

fn write(description: &OpenApi) -> Bytes {
    let text = serde_json::to_vec(description).expect("a description has only texts for keys");
    text.into_boxed_slice().into()
}

fn empty() -> OpenApi {
    let mut description = OpenApi {
        info: Info {
            title: "vestibule Management API".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Info::default()
        },
        servers: vec![Server { url: "/api/v2".to_owned(), ..Server::default() }],
        ..OpenApi::default()
    };
    let token = SecurityScheme::Http {
        scheme: "bearer".to_owned(),
        bearer_format: Some("JWT".to_owned()),
        description: Some("An access token whose audience is this API, by client credentials.".to_owned()),
        extensions: Default::default(),
    };
    let components = description.components.get_or_insert_default();
    components.security_schemes.insert("token".to_owned(), ReferenceOr::Item(token));
    description
}
