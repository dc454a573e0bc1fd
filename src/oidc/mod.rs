//! The protocol: OAuth 2 and OpenID Connect on both sides, without a web framework and without SQL.
//!
//! Toward applications we are the OpenID provider. An `AuthorizeRequest` is what one asked for, and becomes an
//! `Authorization` when every check passed, or an `OAuthError` that knows whether the person or the application is
//! told. A `KeyRing` signs the `IdTokenClaims` and `AccessTokenClaims`; a `Verifier` checks them.
//!
//! Toward identity providers we are the `RelyingParty`: `begin` gives an address and a `Handshake` to keep,
//! `finish` turns what came back into an identity; what strategies differ in stands in one table (`presets`). Everything it calls, it calls through `Outbound`, which refuses
//! to be sent to private places.

mod address;
mod attribute_map;
pub mod authorization;
pub mod authorize_request;
mod authorize_url;
pub mod certificate;
pub mod claims;
mod credential;
pub mod error;
mod github;
mod handshake;
mod id_token;
mod identity;
mod jwk;
pub mod keys;
mod metadata;
pub mod outbound;
mod presets;
mod redirect_uri;
pub mod relying_party;
mod relying_party_error;
pub mod signing_key;
mod token_exchange;
mod told;
mod upstream;
mod upstream_keys;
pub mod verifier;
