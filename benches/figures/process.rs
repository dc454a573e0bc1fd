//! A process on the measured core: started, waited for, looked at, stopped.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::kept::Kept;
use crate::{Bench, Outcome, machine};

/// A running process; ends with this value.
pub(crate) struct Process {
    child: Child,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        Ok(Self { child: command.stdin(Stdio::null()).spawn()? })
    }

    /// CPU time of all threads that live.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread may end between the two looks.
            let text = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            nanoseconds += text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Memory that is resident, in MB.
    pub(crate) fn resident(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0 / 1e6)
    }

    /// Asks it to stop, as a service manager does, and waits for its end.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        self.child.wait()?;
        Ok(())
    }
}

/// This program again on the measured core, as another side of a comparison, which does what it is told line by line.
pub(crate) struct Side {
    pub(crate) process: Process,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Side {
    /// `words` are a hidden sub-command and what it needs.
    pub(crate) fn start(words: &[&str]) -> Outcome<Self> {
        let mut command = machine::on_measured_core(&std::env::current_exe()?);
        let mut child = command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = child.stdin.take().ok_or("no stdin")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        Ok(Self { process: Process { child }, orders, answers })
    }

    /// The next line it says.
    pub(crate) fn hear(&mut self) -> Outcome<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err("the other side ended".into()),
            _ => Ok(line.trim().to_owned()),
        }
    }

    /// What it says to an order.
    pub(crate) fn tell(&mut self, order: &str) -> Outcome<String> {
        writeln!(self.orders, "{order}")?;
        self.hear()
    }
}

/// A place where the server can be started again and again with the same settings.
pub(crate) struct Home {
    pub(crate) address: SocketAddr,
    program: PathBuf,
    config: PathBuf,
    log: PathBuf,
}

/// 32 bytes of 7.
pub(crate) const ROOT_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

impl Home {
    /// `settings` are dotted keys; one of the usual ones is replaced by it.
    pub(crate) fn new(bench: &Bench, name: &str, database: &Path, settings: &str) -> Outcome<Self> {
        let (port, metrics) = (free_port()?, free_port()?);
        let folder = crate::seed::folder();
        let usual = format!(
            "server.listen = \"127.0.0.1:{port}\"\nserver.public_url = \"http://localhost:{port}\"\n\
             server.metrics_listen = \"127.0.0.1:{metrics}\"\nstorage.url = \"sqlite:{}\"\n\
             storage.root_key = {ROOT_KEY:?}\nmail.folder = {:?}\n",
            database.display(),
            folder.join("mails"),
        );
        let is_given = |line: &str| line.split(" = ").next().is_some_and(|key| settings.contains(&format!("{key} = ")));
        let usual: String = usual.lines().filter(|line| !is_given(line)).map(|line| format!("{line}\n")).collect();
        let config = folder.join(format!("{name}.toml"));
        fs::write(&config, format!("{usual}{settings}\n"))?;
        let log = folder.join(format!("{name}.log"));
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Ok(Self { address, program: bench.server.clone(), config, log })
    }

    /// `localhost:PORT`, as a browser sends it.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// The server, not yet listening; its log is a file, as an operator's service manager has it.
    pub(crate) fn launch(&self) -> Outcome<Process> {
        let mut command = machine::on_measured_core(&self.program);
        command.args(["serve", "--config"]).arg(&self.config).stderr(File::create(&self.log)?);
        Process::start(&mut command)
    }

    /// The server, once it answers.
    pub(crate) async fn serve(&self) -> Outcome<Process> {
        let process = self.launch()?;
        let health = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", self.host());
        self.first_answer(health.as_bytes(), Duration::from_secs(60)).await?;
        Ok(process)
    }

    /// Asks again and again until the answer is a 200, at most for `patience`.
    pub(crate) async fn first_answer(&self, request: &[u8], patience: Duration) -> Outcome<()> {
        let until = Instant::now() + patience;
        loop {
            let seen = match Kept::open(self.address).await {
                Ok(mut connection) => connection.ask(request).await.map(|(shape, _)| shape.status),
                Err(error) => Err(error),
            };
            match seen {
                Ok(200) => return Ok(()),
                seen if Instant::now() > until => {
                    eprintln!("   the log is {}", self.log.display());
                    return Err(match seen {
                        Ok(status) => format!("the server answered {status} for {patience:?}").into(),
                        Err(error) => format!("the server did not answer for {patience:?}: {error}").into(),
                    });
                }
                _ => tokio::time::sleep(Duration::from_micros(500)).await,
            }
        }
    }

    /// What a command of the program prints.
    pub(crate) fn run(&self, words: &[&str]) -> Outcome<String> {
        let output = Command::new(&self.program).args(words).arg("--config").arg(&self.config).output()?;
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout)?.trim().to_owned()),
            false => Err(format!("{words:?}: {}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    }
}

/// A port nobody listens on.
pub(crate) fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
