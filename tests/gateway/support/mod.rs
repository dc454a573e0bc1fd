//! The outside world of the gateway: browsers, identity providers, a database server.

#![allow(unreachable_pub)]

pub mod administrator;
pub mod administrators;
pub mod appearance;
pub mod application;
pub mod browser;
pub mod child;
pub mod command;
pub mod demo;
pub mod description;
pub mod devtools;
pub mod dns;
pub mod email_house;
pub mod forging;
pub mod gateway;
pub mod hostile_provider;
pub mod hostile_world;
pub mod html;
pub mod http;
pub mod identity_provider;
pub mod ill_management;
pub mod log;
pub mod mails;
pub mod postgres;
pub mod preset_world;
pub mod relay;
pub mod sample;
pub mod stand_ins;
pub mod statements;
pub mod world;

use std::path::{Path, PathBuf};

/// `name` is relative to the repository.
pub fn repository(name: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
