//! `vestibule`: the organization login page.

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod error;
pub mod login;
pub mod management;
pub mod management_client;
pub mod model;
pub mod oidc;
pub mod provider;
pub mod store;
pub mod web;
