//! Processes that end with the test that started them, however it ends.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

/// Runs its arguments, sends them the signals that standard input names, and ends them once it is closed. A static
/// is never dropped, but the kernel closes the pipe when the test process is gone. The shell lets go of the output
/// pipes, so that they end with the command, and ends as the command did. What is stopped by TERM (chromedriver)
/// leaves its own children running (browsers), so these are ended first.
const UNTIL_INPUT_CLOSES: &str = r#"
stop=$1; clean=$2; shift 2
"$@" </dev/null & child=$!
exec >/dev/null 2>&1
while read -r signal; do kill -s "$signal" "$child"; done
[ "$stop" != TERM ] || kill $(cat /proc/"$child"/task/*/children)
kill -s "$stop" "$child"
wait "$child"; status=$?
[ -z "$clean" ] || rm -rf "$clean"
exit "$status"
"#;

/// A process that lives as long as this value, or as this test process.
pub struct Tied {
    child: Child,
    input: Option<ChildStdin>,
}

impl Tied {
    /// Starts a command that itself ends when its standard input does.
    pub fn start(command: &mut Command) -> std::io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        Ok(Self { child, input })
    }

    /// The same for any command: `stop` is the signal that ends it, `clean` a folder to delete after it.
    pub fn wrapped(
        stop: &str,
        clean: &str,
        command: &[OsString],
        pipes: impl FnOnce(&mut Command),
    ) -> std::io::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", UNTIL_INPUT_CLOSES, "sh", stop, clean]).args(command);
        pipes(&mut shell);
        Self::start(&mut shell)
    }

    pub fn input(&mut self) -> &mut ChildStdin {
        self.input.as_mut().expect("standard input is piped and kept")
    }

    /// Sends a wrapped command a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let mut input = self.input.as_ref().expect("standard input is piped and kept");
        writeln!(input, "{name}").expect("the shell reads until its input ends");
    }

    /// Ends it, if it did not end by itself, and says how.
    pub fn end(mut self) -> ExitStatus {
        drop(self.input.take());
        self.child.wait().expect("it was started")
    }

    pub fn output(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("standard output is piped")
    }

    pub fn errors(&mut self) -> ChildStderr {
        self.child.stderr.take().expect("standard error is piped")
    }

    /// Reads its standard output up to the first line in which `wanted` finds something; the rest is drained.
    pub fn wait_for_output<T>(&mut self, wanted: impl FnMut(&str) -> Option<T>) -> Option<T> {
        first_line(self.output(), wanted)
    }

    /// The same for standard error.
    pub fn wait_for_errors<T>(&mut self, wanted: impl FnMut(&str) -> Option<T>) -> Option<T> {
        first_line(self.errors(), wanted)
    }
}

impl Drop for Tied {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

fn first_line<T>(stream: impl Read + Send + 'static, mut wanted: impl FnMut(&str) -> Option<T>) -> Option<T> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let found = lines.by_ref().find_map(|line| wanted(line.trim()));
    // A full pipe would stop the process, so what else it says is read and forgotten.
    std::thread::spawn(move || lines.for_each(drop));
    found
}
