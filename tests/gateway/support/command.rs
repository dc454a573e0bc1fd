//! The built binary in a process of its own, as an operator runs it.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

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

fn vestibule(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command that ends by itself.
pub fn run(arguments: &[&str]) -> Said {
    run_with(arguments, &[])
}

pub fn run_with(arguments: &[&str], environment: &[(&str, &str)]) -> Said {
    let output = vestibule(arguments).envs(environment.iter().copied()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { status: output.status, output: text(output.stdout), errors: text(output.stderr) }
}

/// A command that runs until it is told to stop; it is killed when this value is dropped.
pub struct Running {
    child: Child,
    pub output: Heard,
    pub errors: Heard,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = vestibule(arguments).spawn().unwrap();
        let output = Heard::listen(child.stdout.take().unwrap());
        let errors = Heard::listen(child.stderr.take().unwrap());
        Self { child, output, errors }
    }

    /// `serve`, once it listens.
    pub fn serve(settings: &Path) -> Self {
        let running = Self::start(&["serve", "--config", settings.to_str().unwrap()]);
        running.errors.wait_for("\"serving\"");
        running
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub fn end(mut self) -> Said {
        let status = self.child.wait().unwrap();
        Said { status, output: self.output.all(), errors: self.errors.all() }
    }

    /// Asks it to stop, as a service manager does, and waits for its end.
    pub fn stop(self) -> Said {
        self.signal("TERM");
        self.end()
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
