//! `vestibule`: the organization login page.

pub mod config;
pub mod error;
pub mod login;
pub mod model;
pub mod web;
