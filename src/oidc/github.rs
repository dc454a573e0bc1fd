//! GitHub's people: no ID token, but one call for the user and one for the addresses.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::metadata::read_json;
use super::outbound::Outbound;
use super::relying_party_error::RelyingPartyError;

#[derive(Deserialize)]
struct User {
    /// A number for ever; names are given to others once they are free.
    id: u64,
    #[serde(default)]
    login: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    avatar_url: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    verified: bool,
}

/// The person as standard claims. The profile's own `email` is what somebody likes to show, and is not read.
pub(super) async fn claims(
    outbound: &Outbound,
    endpoint: &Url,
    access_token: &str,
) -> Result<Value, RelyingPartyError> {
    let user: User = read_json(endpoint, &outbound.get(endpoint.as_str(), Some(access_token)).await?)?;
    let address = primary(outbound, endpoint, access_token).await?;
    let (email, verified) = address.map_or((None, false), |address| (Some(address.email), address.verified));
    Ok(json!({
        "sub": user.id.to_string(), "nickname": user.login, "name": user.name.as_ref().or(user.login.as_ref()),
        "picture": user.avatar_url,
        "email": email, "email_verified": verified,
    }))
}

async fn primary(
    outbound: &Outbound,
    endpoint: &Url,
    access_token: &str,
) -> Result<Option<Address>, RelyingPartyError> {
    let url = format!("{endpoint}/emails");
    let answer = outbound.get(&url, Some(access_token)).await?;
    // The scope was not asked for, or not granted.
    if matches!(answer.status().as_u16(), 403 | 404) {
        return Ok(None);
    }
    let addresses: Vec<Address> = read_json(endpoint, &answer)?;
    Ok(addresses.into_iter().find(|address| address.primary))
}
