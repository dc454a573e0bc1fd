//! Where the browser goes to sign in: the authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1).

use std::collections::BTreeMap;

use url::Url;

use super::handshake::Handshake;
use super::upstream::Upstream;
use crate::model::sha256;

/// The address with `state` always, and with nonce and PKCE S256 wherever the identity provider knows them.
pub(super) fn authorize_url(upstream: &Upstream, handshake: &Handshake, parameters: &BTreeMap<String, String>) -> Url {
    let response_type = if upstream.is_front_channel() { "id_token" } else { "code" };
    let scope = upstream.scopes().join(" ");
    // BASE64URL(SHA256(verifier)), which is how we write every hash (RFC 7636 §4.2).
    let challenge = sha256(&handshake.pkce_verifier);
    let mut sent = vec![
        ("response_type", response_type),
        ("client_id", &upstream.options.client_id),
        ("redirect_uri", &handshake.redirect_uri),
        ("state", &handshake.state),
    ];
    if !scope.is_empty() {
        sent.push(("scope", &scope));
    }
    if upstream.answers_by_form() {
        sent.push(("response_mode", "form_post"));
    }
    if upstream.has_nonce() {
        sent.push(("nonce", &handshake.nonce));
    }
    if upstream.has_pkce() {
        sent.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
    }
    let mut url = upstream.metadata.authorization_endpoint.clone();
    url.query_pairs_mut().extend_pairs(sent).extend_pairs(parameters);
    url
}
