//! The protocol: OAuth 2 and OpenID Connect on both sides, without a web framework and without SQL.

mod address;
pub mod authorization;
pub mod authorize_request;
pub mod claims;
pub mod error;
mod jwk;
pub mod keys;
pub mod outbound;
mod redirect_uri;
pub mod verifier;
