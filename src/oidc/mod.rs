//! The protocol: OAuth 2 and OpenID Connect on both sides, without a web framework and without SQL.
//!
//! Toward applications we are the OpenID provider. An `AuthorizeRequest` is what one asked for, and becomes an
//! `Authorization` when every check passed, or an `OAuthError` that knows whether the person or the application is
//! told. A `KeyRing` signs the `IdTokenClaims` and `AccessTokenClaims`; a `Verifier` checks them.
//!
//! Toward identity providers we are the `RelyingParty`: `begin` gives an address and a `Handshake` to keep,
//! `finish` turns what came back into an identity. Everything it calls, it calls through `Outbound`, which refuses
//! to be sent to private places.

mod address;
pub mod authorization;
pub mod authorize_request;
pub mod certificate;
pub mod claims;
pub mod error;
mod handshake;
mod id_token;
mod identity;
mod jwk;
pub mod keys;
mod metadata;
pub mod outbound;
mod redirect_uri;
pub mod relying_party;
mod relying_party_error;
pub mod signing_key;
mod upstream_client;
mod upstream_keys;
pub mod verifier;
