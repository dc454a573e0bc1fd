//! An operation of the API: its route, the scopes it needs, and what its description tells, in one line of a table.

use std::collections::HashMap;
use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::{delete_with, get_with, patch_with, post_with, put_with};
use aide::generate::in_context;
use aide::openapi::{self, MediaType, ReferenceOr, Response, SchemaObject, StatusCode};
use aide::operation::{OperationHandler, OperationInput, OperationOutput, ParamLocation, parameters_from_schema};
use aide::transform::TransformOperation;
use axum::handler::Handler;
use axum::http::Method;
use serde_json::json;

use super::schema::IDENTIFIER;
use super::{Caller, Management};
use crate::model::ApiError;
use crate::model::user::LONGEST_USER_ID;

/// What an operation is called and who may ask for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    summary: &'static str,
    /// A caller needs one of them.
    any_of: &'static [&'static str],
    refusals: &'static [u16],
}

impl Operation {
    pub(super) fn new(summary: &'static str, any_of: &'static [&'static str]) -> Self {
        Self { summary, any_of, refusals: &[] }
    }

    /// Further statuses that it may refuse with; 400, 401, 403, 404, 413, 415 and 429 are told where they can be.
    pub(super) fn refuses(self, refusals: &'static [u16]) -> Self {
        Self { refusals, ..self }
    }
}

/// Operations with their handlers: what the guard in `auth.rs` lets through.
pub(super) struct Routes {
    tag: &'static str,
    pub(super) router: ApiRouter<Arc<Management>>,
    pub(super) needs: Needs,
}

/// What an operation asks of a request before its handler sees it, by method and path.
pub(super) type Needs = HashMap<(Method, String), Need>;

#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    /// The scopes of which a caller needs one.
    pub(super) any_of: &'static [&'static str],
    /// Whether it knows parameters in the query; where it does, it checks them itself.
    takes_query: bool,
}

impl Need {
    /// # Errors
    /// 403 without a scope, 400 with a parameter that the operation does not know.
    pub(super) fn check(&self, caller: &Caller, query: Option<&str>) -> Result<(), ApiError> {
        caller.require(self.any_of)?;
        let parameter =
            query.filter(|_| !self.takes_query).and_then(|query| query.split(['=', '&']).find(|it| !it.is_empty()));
        match parameter {
            None => Ok(()),
            Some(name) => {
                let message = format!("Query validation error: 'Additional properties not allowed: {name}'.");
                Err(ApiError::invalid_query(message))
            }
        }
    }
}

macro_rules! methods {
    ($($name:ident, $with:ident, $method:ident;)*) => { $(
        pub(super) fn $name<H, I, O, T>(self, path: &str, handler: H, operation: Operation) -> Self
        where
            H: Handler<T, Arc<Management>> + OperationHandler<I, O>,
            I: OperationInput,
            O: OperationOutput,
            T: 'static,
        {
            let tag = self.tag;
            let mut takes_query = false;
            let route = $with(handler, |mut described| {
                takes_query = !described.inner_mut().parameters.is_empty();
                describe(described, &Method::$method, path, tag, operation)
            });
            let mut needs = self.needs;
            needs.insert((Method::$method, path.to_owned()), Need { any_of: operation.any_of, takes_query });
            Self { tag, router: self.router.api_route(path, route), needs }
        }
    )* };
}

impl Routes {
    pub(super) fn new(tag: &'static str) -> Self {
        Self { tag, router: ApiRouter::new(), needs: HashMap::new() }
    }

    methods! {
        get, get_with, GET;
        post, post_with, POST;
        patch, patch_with, PATCH;
        put, put_with, PUT;
        delete, delete_with, DELETE;
    }

    pub(super) fn merge(self, other: Self) -> Self {
        let mut needs = self.needs;
        needs.extend(other.needs);
        Self { tag: self.tag, router: self.router.merge(other.router), needs }
    }
}

fn describe<'o>(
    mut described: TransformOperation<'o>,
    method: &Method,
    path: &str,
    tag: &str,
    operation: Operation,
) -> TransformOperation<'o> {
    let inner = described.inner_mut();
    inner.summary = Some(operation.summary.to_owned());
    inner.operation_id = Some(operation_id(method, path));
    inner.tags = vec![tag.to_owned()];
    let scopes = operation.any_of.iter().map(|scope| (*scope).to_owned());
    // One of them is enough: each is an alternative of its own.
    inner.security = scopes.map(|scope| [("token".to_owned(), vec![scope])].into_iter().collect()).collect();
    add_path_parameters(inner, path);
    let has_body = inner.request_body.is_some();
    let mut refusals = vec![400, 401, 403, 429];
    refusals.extend(if has_body { &[413, 415][..] } else { &[] });
    refusals.extend(if path.contains('{') { &[404][..] } else { &[] });
    refusals.extend(operation.refusals);
    let responses = inner.responses.get_or_insert_default();
    for status in refusals {
        responses.responses.entry(StatusCode::Code(status)).or_insert_with(|| ReferenceOr::Item(refusal(status)));
    }
    described
}

/// As the contract's own description has it: `get_organizations_by_id`.
fn operation_id(method: &Method, path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty());
    let words = parts.map(|part| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(name) => format!("by_{name}"),
        None => part.replace(['-', '.'], "_"),
    });
    let words: Vec<String> = std::iter::once(method.as_str().to_lowercase()).chain(words).collect();
    words.join("_")
}

fn add_path_parameters(operation: &mut openapi::Operation, path: &str) {
    let names: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
    let identifier = json!({"type": "string", "minLength": 1, "maxLength": LONGEST_USER_ID, "pattern": IDENTIFIER});
    let properties: serde_json::Map<_, _> = names.iter().map(|name| ((*name).to_owned(), identifier.clone())).collect();
    let schema = json!({"type": "object", "properties": properties, "required": names});
    let schema = schemars::Schema::try_from(schema).expect("an object is a schema");
    let parameters = in_context(|ctx| parameters_from_schema(ctx, schema, ParamLocation::Path));
    operation.parameters.extend(parameters.into_iter().map(ReferenceOr::Item));
}

fn refusal(status: u16) -> Response {
    let json_schema = in_context(|ctx| ctx.schema.subschema_for::<ApiError>());
    let description = axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    Response { description: description.unwrap_or_default().to_owned(), ..json_response(json_schema) }
}

/// A response of JSON with this schema.
pub(super) fn json_response(json_schema: schemars::Schema) -> Response {
    let schema = Some(SchemaObject { json_schema, example: None, external_docs: None });
    let content = [("application/json".to_owned(), MediaType { schema, ..MediaType::default() })];
    Response { description: "Success".to_owned(), content: content.into_iter().collect(), ..Response::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_named_as_the_contract_names_them() {
        assert_eq!(operation_id(&Method::GET, "/organizations/{id}"), "get_organizations_by_id");
        assert_eq!(operation_id(&Method::POST, "/client-grants"), "post_client_grants");
    }
}
