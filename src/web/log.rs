//! The log on its way to standard error: lines are gathered in memory and written by a thread of their own.
//!
//! A write costs a system call, as much as half a page, and on a full pipe or an ill disk it costs any time. So a
//! request only appends its line; the writer wakes at the first one, lets others come for [`GATHER`], and writes them
//! at once, in their order. What comes while [`MOST_WAITING`] bytes wait is counted and left out.

mod json;

use std::io::{self, Write};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

pub(super) use json::Json;

/// How long a line waits for others. A process that is killed loses at most as much.
const GATHER: Duration = Duration::from_millis(5);
/// About twenty thousand lines.
const MOST_WAITING: usize = 4 << 20;
/// What a flood of lines leaves allocated, twice.
const KEPT_ROOM: usize = 64 << 10;

static LOG: LazyLock<Lines<io::Stderr>> = LazyLock::new(|| Lines::to(io::stderr()));

/// Where lines are appended.
pub(super) fn lines() -> Appending<io::Stderr> {
    Appending(&LOG)
}

/// Starts the thread that writes them.
///
/// # Errors
/// No thread can be started.
pub(super) fn start_writing() -> io::Result<()> {
    std::thread::Builder::new().name("log".to_owned()).spawn(|| LOG.keep_writing()).map(|_| ())
}

/// Writes what waits; the last thing a process does.
pub fn flush() {
    LOG.flush();
}

/// Lines on their way to `O`.
#[derive(Debug)]
struct Lines<O> {
    waiting: Mutex<Waiting>,
    came: Condvar,
    /// Taken before `waiting`, so that lines are written in the order in which they came.
    out: Mutex<Out<O>>,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    left_out: u64,
}

#[derive(Debug)]
struct Out<O> {
    stream: O,
    /// Kept between writes for its capacity.
    lines: Vec<u8>,
}

impl<O: Write> Lines<O> {
    fn to(stream: O) -> Self {
        let out = Out { stream, lines: Vec::new() };
        Self { waiting: Mutex::default(), came: Condvar::new(), out: Mutex::new(out) }
    }

    fn append(&self, line: &[u8]) {
        let mut waiting = locked(&self.waiting);
        if waiting.lines.len() + line.len() > MOST_WAITING {
            waiting.left_out += 1;
            return;
        }
        let is_first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line);
        drop(waiting);
        if is_first {
            self.came.notify_one();
        }
    }

    /// Writes what waits, and says how many lines were left out meanwhile. A stream that takes nothing any more (a
    /// closed pipe, a full disk) loses lines; there is nobody to tell.
    fn flush(&self) -> u64 {
        let mut out = locked(&self.out);
        let Out { stream, lines } = &mut *out;
        let mut waiting = locked(&self.waiting);
        std::mem::swap(lines, &mut waiting.lines);
        let left_out = std::mem::take(&mut waiting.left_out);
        drop(waiting);
        let _ = stream.write_all(lines).and_then(|()| stream.flush());
        lines.clear();
        lines.shrink_to(KEPT_ROOM);
        left_out
    }

    fn keep_writing(&self) -> ! {
        loop {
            let waiting = locked(&self.waiting);
            drop(self.came.wait_while(waiting, |waiting| waiting.lines.is_empty()));
            std::thread::sleep(GATHER);
            let left_out = self.flush();
            if left_out > 0 {
                metrics::counter!("log_lines_left_out_total").increment(left_out);
                tracing::warn!(lines = left_out, "the log could not be written as fast as it came");
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Appends each line whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Appending<O: 'static>(&'static Lines<O>);

impl<O: Write> Write for Appending<O> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.append(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<O: Write> MakeWriter<'_> for Appending<O> {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_whole_and_each_thread_s_in_their_order() {
        let lines = Lines::to(Vec::new());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let lines = &lines;
                scope.spawn(move || (0..200).for_each(|n| lines.append(format!("{thread} {n}\n").as_bytes())));
            }
            for _ in 0..50 {
                assert_eq!(lines.flush(), 0);
            }
        });
        lines.flush();
        let written = String::from_utf8(locked(&lines.out).stream.clone()).expect("text");
        for thread in 0..4 {
            let theirs = written.lines().filter_map(|line| line.strip_prefix(&format!("{thread} ")));
            assert!(theirs.eq((0..200).map(|n| n.to_string())), "{written}");
        }
        assert_eq!(written.lines().count(), 800);
    }

    #[test]
    fn a_stream_that_takes_nothing_costs_lines_and_no_memory() {
        let lines = Lines::to(Vec::new());
        let line = [b'x'; 1 << 20];
        (0..6).for_each(|_| lines.append(&line));
        assert_eq!(lines.flush(), 2);
        assert_eq!(locked(&lines.out).stream.len(), MOST_WAITING);
        lines.append(b"again\n");
        assert_eq!(lines.flush(), 0);
        assert!(locked(&lines.out).stream.ends_with(b"again\n"));
    }
}
