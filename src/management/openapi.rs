//! The description of the API (OpenAPI 3.1), made from the table of operations and the types they speak.

use std::sync::Arc;

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

/// The routes of the table with the scopes they need, and the description of both.
pub(super) fn described(table: impl FnOnce() -> Routes) -> (Router<Arc<Management>>, Needs, Bytes) {
    // The table is described while it is built, so the dialect is chosen before.
    in_context(|ctx| {
        let settings = SchemaSettings::draft2020_12();
        let settings = settings.with(|settings| settings.definitions_path = "/components/schemas".into());
        ctx.schema = SchemaGenerator::new(settings);
    });
    let Routes { router, needs, .. } = table();
    let mut description = empty();
    let router = router.finish_api(&mut description);
    let text = serde_json::to_vec(&description).expect("a description has only texts for keys");
    // What described it is not asked again, and would stay for good.
    in_context(|ctx| ctx.schema = SchemaGenerator::default());
    (router, needs, text.into_boxed_slice().into())
}

/// Tells the description to anyone: it holds nothing that the README does not.
pub(super) fn route(description: Bytes) -> Router {
    let tell = move || {
        let description = description.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], description) }
    };
    Router::new().route("/openapi.json", get(tell))
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
