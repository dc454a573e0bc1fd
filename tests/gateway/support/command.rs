//! The built binary in a process of its own, as an operator runs it.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::child::Tied;
use super::gateway::Administrator;
use super::http::Visitor;

const PROGRAM: &str = env!("CARGO_BIN_EXE_vestibule");

/// A free port. Another process may take it before it is used; the kernel gives each out only after all others.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Writes a settings file for a gateway on `port` with its database in `folder`.
pub fn settings(folder: &Path, name: &str, port: u16, more: &str) -> PathBuf {
    let file = folder.join(format!("{name}.toml"));
    let database = folder.join(format!("{name}.db"));
    let text = format!(
        "server.listen = \"127.0.0.1:{port}\"\nserver.public_url = \"http://localhost:{port}\"\n\
         server.cookie_prefix = \"vestibule-{name}\"\nstorage.url = \"sqlite:{}\"\n{more}\n",
        database.display()
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub status: ExitStatus,
    pub output: String,
    pub errors: String,
}

/// Runs a command that ends by itself.
pub fn run(arguments: &[&str]) -> Said {
    run_with(arguments, &[])
}

pub fn run_with(arguments: &[&str], environment: &[(&str, &str)]) -> Said {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { status: output.status, output: text(output.stdout), errors: text(output.stderr) }
}

/// A command that runs until it is told to stop, or this value is dropped.
pub struct Running {
    process: Tied,
    pub output: Heard,
    pub errors: Heard,
}

impl Running {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    pub fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let words: Vec<_> = std::iter::once(&PROGRAM).chain(arguments).map(Into::into).collect();
        let process = Tied::wrapped("TERM", "", &words, |shell| {
            shell.envs(environment.iter().copied());
            shell.stdout(Stdio::piped()).stderr(Stdio::piped());
        });
        let mut process = process.unwrap();
        let (output, errors) = (Heard::listen(process.output()), Heard::listen(process.errors()));
        Self { process, output, errors }
    }

    /// `serve`, once it listens.
    pub fn serve(settings: &Path) -> Self {
        Self::serve_with(settings, &[])
    }

    pub fn serve_with(settings: &Path, environment: &[(&str, &str)]) -> Self {
        let running = Self::start_with(&["serve", "--config", settings.to_str().unwrap()], environment);
        running.errors.wait_for("\"serving\"");
        running
    }

    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Waits for its end.
    pub fn end(self) -> Said {
        let (output, errors) = (self.output.all(), self.errors.all());
        Said { status: self.process.end(), output, errors }
    }

    /// Asks it to stop, as a service manager does, and waits for its end.
    pub fn stop(self) -> Said {
        self.signal("TERM");
        self.end()
    }
}

/// A place where a server can be started, stopped and started again.
pub struct Home {
    /// `http://localhost:PORT`
    pub origin: String,
    config: PathBuf,
    metrics_port: u16,
}

impl Home {
    /// `settings` are dotted keys, as in the settings file.
    pub fn new(folder: &Path, name: &str, settings: &str) -> Self {
        let (port, metrics_port) = (free_port(), free_port());
        let settings = format!("server.metrics_listen = \"127.0.0.1:{metrics_port}\"\n{settings}");
        let config = self::settings(folder, name, port, &settings);
        Self { origin: format!("http://localhost:{port}"), config, metrics_port }
    }

    /// Answers once the server does, which is after its metrics do.
    pub async fn serve(&self) -> Running {
        self.serve_with(&[]).await
    }

    pub async fn serve_with(&self, environment: &[(&str, &str)]) -> Running {
        let running = Running::serve_with(&self.config, environment);
        assert_eq!(Visitor::new().get(format!("{}/readyz", self.origin)).await.status, 200);
        running
    }

    /// What a command of the program prints.
    pub fn run(&self, words: &[&str]) -> String {
        let said = run(&[words, &["--config", self.config.to_str().unwrap()]].concat());
        assert!(said.status.success(), "{words:?}: {}", said.errors);
        said.output
    }

    /// An administrator with a token by `vestibule token`.
    pub fn administrator(&self) -> Administrator {
        Administrator::at(&self.origin, self.run(&["token"]).trim(), Visitor::new())
    }

    /// What the metrics' listener tells.
    pub async fn metrics(&self) -> String {
        Visitor::new().get(format!("http://localhost:{}/metrics", self.metrics_port)).await.text()
    }

    /// The sum of a counter over its labels; 0 when it never counted.
    pub async fn counter(&self, name: &str) -> u64 {
        let text = self.metrics().await;
        let lines = text.lines().filter_map(|line| line.strip_prefix(name));
        let lines = lines.filter(|rest| rest.starts_with([' ', '{']));
        lines.map(|rest| rest.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }
}

#[derive(Default)]
struct Text {
    lines: Vec<String>,
    ended: bool,
}

/// What was written to a pipe so far.
pub struct Heard(Arc<(Mutex<Text>, Condvar)>);

impl Heard {
    fn listen(stream: impl Read + Send + 'static) -> Self {
        let heard = Self(Arc::default());
        let shared = heard.0.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                shared.0.lock().unwrap().lines.push(line);
                shared.1.notify_all();
            }
            shared.0.lock().unwrap().ended = true;
            shared.1.notify_all();
        });
        heard
    }

    /// The first line that contains `part`.
    ///
    /// # Panics
    /// When the pipe ends without it, or 60 s pass.
    pub fn wait_for(&self, part: &str) -> String {
        let found = |text: &Text| text.lines.iter().find(|line| line.contains(part)).cloned();
        let text = self.0.0.lock().unwrap();
        let waiting = |text: &mut Text| !text.ended && found(text).is_none();
        let (text, _) = self.0.1.wait_timeout_while(text, Duration::from_secs(60), waiting).unwrap();
        found(&text).unwrap_or_else(|| panic!("no {part:?} in:\n{}", text.lines.join("\n")))
    }

    /// All of it, once the process ended.
    fn all(&self) -> String {
        let text = self.0.0.lock().unwrap();
        let text = self.0.1.wait_while(text, |text| !text.ended).unwrap();
        text.lines.join("\n")
    }
}
