//! What a gateway in this process writes to its log: lines of the thread that listens, on which its tests run.

use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing::subscriber::{DefaultGuard, NoSubscriber};

/// The lines since it listens; it ends when dropped.
pub struct Log {
    text: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
    /// Beside a single listener, whether a line is written at all is decided for good by the thread that comes by its
    /// place first: another test's, which listens to nothing.
    _second: Dispatch,
}

struct Writer(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub fn listen() -> Self {
        let text = Arc::<Mutex<Vec<u8>>>::default();
        let shared = text.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || Writer(shared.clone())).finish();
        let second = Dispatch::new(NoSubscriber::default());
        Self { text, _guard: tracing::subscriber::set_default(subscriber), _second: second }
    }

    /// The lines that contain a text.
    pub fn lines_with(&self, part: &str) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.text.lock().unwrap()).into_owned();
        text.lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
    }
}
