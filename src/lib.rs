//! `vestibule`: the organization login page.

pub mod config;
pub mod error;
pub mod management;
pub mod model;
pub mod oidc;
