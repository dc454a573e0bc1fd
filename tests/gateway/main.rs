//! The tests: black box, against the real server and real parts; one file per capability.

#![allow(clippy::unwrap_used)]

mod dependencies;
mod identity_provider_failures;
mod login;
mod management_failures;
mod outbound;
mod outside_world;
mod root_key;
mod settings;
mod support;
mod trip;
