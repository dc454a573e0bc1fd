//! Gateways: the clients that may record logins. They are made on the management host only (design §5.3).

use super::client_settings::new_client_secret;
use crate::error::Fault;
use crate::model::application::TokenEndpointAuthMethod;
use crate::model::{Application, ClientGrant, Timestamp, new_id, random_alphanumeric};
use crate::store::{Event, StoreError, Tenant};

/// Makes a client with the gateway's grant; answers its id and its secret, which is told this once.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(tenant: &Tenant, name: &str, audience: &str, scopes: &[&str]) -> Result<(String, String), Fault> {
    let now = Timestamp::now();
    let (client_id, secret) = (random_alphanumeric(32), new_client_secret());
    let client = Application {
        description: Some("A vestibule gateway".to_owned()),
        client_secret: Some(secret.clone()),
        app_type: Some("non_interactive".to_owned()),
        grant_types: vec!["client_credentials".to_owned()],
        ..Application::new(&client_id, name, TokenEndpointAuthMethod::ClientSecretPost)
    };
    let grant = ClientGrant {
        id: new_id("cgr"),
        client_id: client_id.clone(),
        audience: audience.to_owned(),
        scope: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        organization_usage: None,
        allow_any_organization: None,
    };
    let event = Event::by(&client_id, "Add a gateway");
    let written = tenant.write(move |mut rows| {
        Box::pin(async move {
            rows.create_client(&client, now).await?;
            rows.create_client_grant(&grant, now).await?;
            rows.record_event(event, now).await
        })
    });
    written.await.map_err(|error: StoreError| Fault::new("adding a gateway", error))?;
    Ok((client_id, secret))
}
