//! `vestibule demo` in a process of its own.

use serde_json::Value;

use super::command::Running;
use super::gateway::text;

/// A running demo on free ports.
pub struct Demo {
    /// What it prints with `--json`.
    pub tour: Value,
    pub gateway: String,
    pub application: String,
    pub identity_provider: String,
    pub running: Running,
}

impl Demo {
    pub fn start() -> Self {
        let ports = ["--port", "0", "--application-port", "0", "--identity-provider-port", "0"];
        let running = Running::start(&[&["demo", "--json"], &ports[..]].concat());
        let tour: Value = serde_json::from_str(&running.output.wait_for("sign_ins")).unwrap();
        let (gateway, application) = (text(&tour, "gateway"), text(&tour, "application"));
        let identity_provider = text(&tour, "identity_provider");
        Self { tour, gateway, application, identity_provider, running }
    }

    /// The address of an organization's own.
    pub fn login_url(&self, organization: &str) -> &str {
        let organizations = self.tour["organizations"].as_array().unwrap();
        let found = organizations.iter().find(|it| it["name"] == organization).unwrap();
        found["login_url"].as_str().unwrap()
    }
}
