//! A mail relay that we did not write (aiosmtpd), in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::child::Tied;
use super::repository;

/// A running relay; it ends when this value is dropped.
pub struct Relay {
    pub port: u64,
    told: Arc<Mutex<Vec<Value>>>,
    _process: Tied,
}

impl Relay {
    pub fn start(arguments: &[&str]) -> Self {
        let folder = repository("tests/clients/mail");
        let mut command = Command::new(folder.join(".venv/bin/python"));
        command.arg(folder.join("relay.py")).args(arguments).stdout(Stdio::piped());
        let mut process = Tied::start(&mut command).expect("the relay starts (`make deps` installs its packages)");
        let mut lines = BufReader::new(process.output()).lines().map_while(Result::ok);
        let mut facts = move || lines.next().map(|line| serde_json::from_str::<Value>(&line).unwrap());
        let port = facts().and_then(|fact| fact["port"].as_u64()).expect("the relay tells its port");
        let told = Arc::new(Mutex::new(Vec::new()));
        let shared = told.clone();
        std::thread::spawn(move || {
            while let Some(fact) = facts() {
                shared.lock().unwrap().push(fact);
            }
        });
        Self { port, told, _process: process }
    }

    /// The setting that sends mails here.
    pub fn setting(&self) -> String {
        format!("mail.smtp_url = \"smtp://127.0.0.1:{}\"\n", self.port)
    }

    /// Everything that it told with this member, once there are `count` of them.
    ///
    /// # Panics
    /// When that takes longer than 20 seconds.
    pub async fn wait_for(&self, member: &str, count: usize) -> Vec<Value> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let told = self.told(member);
            if told.len() >= count {
                return told;
            }
            assert!(Instant::now() < deadline, "{member}: {} of {count} came: {told:?}", told.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn told(&self, member: &str) -> Vec<Value> {
        self.told.lock().unwrap().iter().filter(|fact| fact.get(member).is_some()).cloned().collect()
    }
}
