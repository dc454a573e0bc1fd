//! The order in which an organization's page shows its connections (our extension).

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Body};
use super::check::{Ids, wrong};
use super::operation::{Operation, Routes};
use super::organizations::hold;
use super::schema::IDENTIFIER;
use super::{Caller, Management};
use crate::model::Timestamp;
use crate::store::{Event, Slice};

pub(super) fn routes() -> Routes {
    Routes::new("organizations").put(
        "/organizations/{id}/enabled_connections/order",
        order,
        Operation::new("Order the enabled connections", &["update:organization_connections"]),
    )
}

/// Every enabled connection of the organization once, the first one first.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    #[schemars(length(max = 1000), inner(length(min = 1, max = 50), regex(pattern = IDENTIFIER)))]
    connection_ids: Vec<String>,
}

async fn order(
    caller: Caller,
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Body(Order { connection_ids }): Body<Order>,
) -> Answer<NoContent> {
    let now = Timestamp::now();
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                hold(&mut rows, &id).await?;
                let there = rows.list_organization_connections(&id, Some(true), &Slice::first(1000)).await?;
                let there: BTreeSet<_> = there.into_iter().map(|row| row.item.switches.connection_id).collect();
                let named: BTreeSet<_> = connection_ids.iter().cloned().collect();
                if there != named || named.len() != connection_ids.len() {
                    return Err(wrong("connection_ids", "has to name every enabled connection once").into());
                }
                rows.order_organization_connections(&id, &connection_ids).await?;
                let event = caller.event("Order the connections of an Organization");
                rows.record_event(Event { organization_id: Some(id), ..event }, now).await?;
                Answer::Ok(NoContent)
            })
        })
        .await
}
