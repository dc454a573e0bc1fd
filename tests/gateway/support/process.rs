//! The built binary, run as an operator runs it: a settings file, the database in a folder, metrics.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::child::Tied;
use super::command;
use super::gateway::Administrator;
use super::http::Visitor;

/// A place where a server can be started, stopped and started again.
pub struct Home {
    /// `http://localhost:PORT`
    pub origin: String,
    config: PathBuf,
    port: u16,
    metrics_port: u16,
}

/// A server that runs until this value is dropped.
pub struct Serving(#[allow(dead_code)] Tied);

impl Home {
    /// `settings` are dotted keys, as in the settings file.
    pub fn new(folder: &Path, name: &str, settings: &str) -> Self {
        let (port, metrics_port) = (command::free_port(), command::free_port());
        let settings = format!("server.metrics_listen = \"127.0.0.1:{metrics_port}\"\n{settings}");
        let config = command::settings(folder, name, port, &settings);
        Self { origin: format!("http://localhost:{port}"), config, port, metrics_port }
    }

    /// Answers once the server does.
    pub async fn serve(&self) -> Serving {
        let mut words = vec![env!("CARGO_BIN_EXE_vestibule").into(), "serve".into(), "--config".into()];
        words.push(self.config.clone().into_os_string());
        let process = Tied::wrapped("INT", "", &words, |shell| {
            shell.stdout(Stdio::null()).stderr(Stdio::null());
        });
        let serving = Serving(process.unwrap());
        let began = Instant::now();
        while !self.listens().await {
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        serving
    }

    async fn listens(&self) -> bool {
        for port in [self.port, self.metrics_port] {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                return false;
            }
        }
        Visitor::new().get(format!("{}/readyz", self.origin)).await.status == 200
    }

    /// What a command of the program prints.
    pub fn run(&self, words: &[&str]) -> String {
        let said = command::run(&[words, &["--config", self.config.to_str().unwrap()]].concat());
        assert!(said.status.success(), "{words:?}: {}", said.errors);
        said.output
    }

    /// An administrator with a token by `vestibule token`.
    pub fn administrator(&self) -> Administrator {
        Administrator::at(&self.origin, self.run(&["token"]).trim(), Visitor::new())
    }

    /// The sum of a counter over its labels; 0 when it never counted.
    pub async fn counter(&self, name: &str) -> u64 {
        let page = Visitor::new().get(format!("http://localhost:{}/metrics", self.metrics_port)).await;
        let text = page.text();
        let lines = text.lines().filter_map(|line| line.strip_prefix(name));
        let lines = lines.filter(|rest| rest.starts_with([' ', '{']));
        lines.map(|rest| rest.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }
}
