//! The tests: black box, against the real server and real parts; one file per capability.

#![allow(clippy::unwrap_used)]

mod dependencies;
mod login;
mod outside_world;
mod settings;
mod support;
