//! The reader at the other end of a consumer's pipe, which keeps a pace and can stall.

use std::io::{self, BufRead, BufReader, Read};
use std::process::ChildStdout;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Small, so that the pace is even.
const PIECE: usize = 4 * 1024;

/// A thread that reads a pipe to its end, line by line.
pub(super) struct Reader<T> {
    shared: Arc<Shared>,
    thread: JoinHandle<io::Result<T>>,
}

#[derive(Default)]
struct Shared {
    lines: AtomicU64,
    stalled: Mutex<bool>,
    changed: Condvar,
}

impl Shared {
    fn wait_while_stalled(&self) {
        let stalled = self.stalled.lock().unwrap_or_else(PoisonError::into_inner);
        let _going_on = self
            .changed
            .wait_while(stalled, |stalled| *stalled)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// A pipe that gives so many bytes a second, and nothing while it is stalled.
struct Paced<R> {
    pipe: R,
    bytes_per_second: Option<f64>,
    started: Instant,
    taken: u64,
    shared: Arc<Shared>,
}

impl<R: Read> Read for Paced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.shared.wait_while_stalled();
        let read = self.pipe.read(buffer)?;
        self.taken += read as u64;
        if let Some(rate) = self.bytes_per_second {
            let due = Duration::from_secs_f64(self.taken as f64 / rate);
            // The pace is what this reader is for.
            thread::sleep(due.saturating_sub(self.started.elapsed()));
        }
        Ok(read)
    }
}

impl<T: Send + 'static> Reader<T> {
    /// Reads so many bytes a second, or as fast as it can, and shows each line to `see`.
    pub(super) fn start(
        pipe: ChildStdout,
        bytes_per_second: Option<f64>,
        state: T,
        see: fn(&mut T, &[u8]),
    ) -> Self {
        let shared = Arc::<Shared>::default();
        let paced = Paced {
            pipe,
            bytes_per_second,
            started: Instant::now(),
            taken: 0,
            shared: Arc::clone(&shared),
        };
        let counted = Arc::clone(&shared);
        let thread = thread::spawn(move || read_lines(paced, state, see, &counted.lines));
        Self { shared, thread }
    }

    /// Lines that were read by now.
    pub(super) fn lines(&self) -> u64 {
        self.shared.lines.load(Ordering::Relaxed)
    }

    /// Takes nothing more, until [`Reader::go_on`].
    pub(super) fn stall(&self) {
        self.set_stalled(true);
    }

    pub(super) fn go_on(&self) {
        self.set_stalled(false);
    }

    fn set_stalled(&self, stalled: bool) {
        *self.shared.stalled.lock().unwrap_or_else(PoisonError::into_inner) = stalled;
        self.shared.changed.notify_all();
    }

    /// Reads what is left in the pipe, until the program's end closes it.
    ///
    /// # Errors
    /// The pipe broke, or a line was cut off.
    pub(super) fn finish(self) -> Result<(u64, T)> {
        self.go_on();
        let Self { shared, thread } = self;
        match thread.join() {
            Ok(state) => Ok((shared.lines.load(Ordering::Relaxed), state?)),
            Err(_) => bail!("the thread that reads the pipe has failed"),
        }
    }
}

fn read_lines<T>(
    pipe: impl Read,
    mut state: T,
    see: fn(&mut T, &[u8]),
    lines: &AtomicU64,
) -> io::Result<T> {
    let mut pipe = BufReader::with_capacity(PIECE, pipe);
    let mut line = Vec::new();
    while pipe.read_until(b'\n', &mut line)? > 0 {
        let Some(whole) = line.strip_suffix(b"\n") else {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a line was cut off"));
        };
        see(&mut state, whole);
        lines.fetch_add(1, Ordering::Relaxed);
        line.clear();
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use kp_process::{Call, Output, Running};

    use super::*;

    fn shell(script: &str) -> Running {
        Call::new("/bin/sh").args(["-c", script]).stdout(Output::Pipe).start().unwrap()
    }

    #[test]
    fn lines_are_counted_and_seen() {
        let mut child = shell("echo a; echo bc");
        let pipe = child.take_pipe().unwrap();
        let reader = Reader::start(pipe, None, 0, |bytes, line| *bytes += line.len());
        assert_eq!(reader.finish().unwrap(), (2, 3));
    }

    #[test]
    fn a_line_that_was_cut_off_is_an_error() {
        let mut child = shell("printf half");
        let reader = Reader::start(child.take_pipe().unwrap(), None, (), |(), _| {});
        assert!(reader.finish().is_err());
    }

    #[test]
    fn a_stalled_reader_takes_at_most_what_it_had_asked_for() {
        let mut child = shell("exec yes");
        let reader = Reader::start(child.take_pipe().unwrap(), None, (), |(), _| {});
        reader.stall();
        thread::sleep(Duration::from_millis(50));
        let lines = reader.lines();
        thread::sleep(Duration::from_millis(50));
        assert_eq!(reader.lines(), lines);
        child.kill();
        // `yes` may be killed in the middle of a line.
        let _ = reader.finish();
    }
}
