//! The tests: black box, against the real server and real parts; one file per capability.

#![allow(clippy::unwrap_used)]

mod audience;
mod authorize;
mod bad_input;
mod browser_demo;
mod browser_pages;
mod client_credentials;
mod command_line;
mod demo;
mod dependencies;
mod discovery;
mod discovery_domains;
mod explain;
mod handshake;
mod hostile_api;
mod hosts;
mod identity_provider_failures;
mod invitations;
mod login;
mod logout;
mod logs;
mod management_api;
mod management_failures;
mod members;
mod organization_connections;
mod outbound;
mod outside_world;
mod password;
mod picker;
mod readme;
mod roles;
mod root_key;
mod seed_api;
mod serving;
mod session;
mod settings;
mod signing_keys;
mod storage;
mod support;
mod tenant_settings;
mod token;
mod trip;
mod users;
mod warm_page;
