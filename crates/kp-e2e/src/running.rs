//! A process that runs.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kp_process::{Signal, Source};
use tempfile::TempDir;

use crate::deadline::{DEADLINE, eventually};
use crate::finished::Finished;

/// A process that runs, and is killed with its test.
pub struct Running {
    process: kp_process::Running,
    deadline: Instant,
    /// The working folder; it goes when the process has gone.
    _folder: TempDir,
}

impl Running {
    pub(crate) fn start(call: kp_process::Call, folder: TempDir) -> Self {
        let process = call.start().unwrap_or_else(|error| panic!("{error:#}"));
        Self { process, deadline: Instant::now() + DEADLINE, _folder: folder }
    }

    /// Reads standard output from now on.
    pub fn read_on(&mut self) {
        self.process.read_on();
    }

    /// Writes to standard input, which stays open.
    ///
    /// # Panics
    /// When standard input was not kept open, or the process has closed it.
    #[track_caller]
    pub fn type_in(&mut self, text: &str) {
        self.process.write(text).unwrap_or_else(|error| panic!("{error:#}"));
    }

    /// Ends standard input.
    pub fn end_stdin(&mut self) {
        self.process.end_stdin();
    }

    /// Waits until standard output has this many lines, and returns them.
    ///
    /// # Panics
    /// When they do not come before the deadline.
    #[track_caller]
    pub fn wait_for_lines(&self, count: usize) -> Vec<String> {
        let lines = self.process.wait_for(Source::Stdout, self.left(), |said| {
            let enough = said.matches('\n').count() >= count;
            enough.then(|| said.lines().map(str::to_owned).collect())
        });
        lines.unwrap_or_else(|missed| {
            panic!("fewer than {count} lines ({missed:?}) of {}", self.process)
        })
    }

    /// Waits until standard error has these words.
    ///
    /// # Panics
    /// When they do not come before the deadline.
    #[track_caller]
    pub fn wait_for_words(&self, words: &str) {
        let found = self.process.wait_for(Source::Stderr, self.left(), |said| said.find(words));
        if let Err(missed) = found {
            panic!("{words:?} is not said ({missed:?}) by {}", self.process);
        }
    }

    /// Waits until it says where its metrics are.
    ///
    /// # Panics
    /// When it does not before the deadline.
    #[track_caller]
    pub fn metrics(&self) -> SocketAddr {
        let found = self.process.wait_for(Source::Stderr, self.left(), |said| {
            let (_, rest) = said.split_once("metrics on http://")?;
            rest.split_once("/metrics\n")?.0.parse().ok()
        });
        found.unwrap_or_else(|missed| panic!("no metrics ({missed:?}) of {}", self.process))
    }

    /// Waits until its standard output, a pipe, holds this many bytes that nobody has read.
    ///
    /// # Panics
    /// When they do not come within the deadline, or the output is read already.
    pub fn wait_for_unread(&self, bytes: u64) {
        let pipe = self.process.pipe().expect("nobody reads the output");
        eventually("the pipe fills", || {
            rustix::io::ioctl_fionread(pipe).is_ok_and(|unread| unread >= bytes)
        });
    }

    /// Reads the first line and then closes standard output, as `head -1` does.
    ///
    /// # Panics
    /// When there is no line, or the output is read already.
    pub fn take_first_line(&mut self) -> String {
        let pipe = self.process.take_pipe().expect("nobody reads the output");
        let mut line = String::new();
        BufReader::new(pipe).read_line(&mut line).expect("the first line can be read");
        line
    }

    /// Whether the process has not ended yet.
    pub fn is_running(&self) -> bool {
        !self.process.has_ended()
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When the process may not be signalled.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        self.process.send(signal).unwrap_or_else(|error| panic!("{error:#}"));
    }

    /// Reads the rest of the output and waits for the end. Standard input stays as it is.
    ///
    /// # Panics
    /// When the process does not end before the deadline; with all that it wrote.
    #[track_caller]
    pub fn finish(mut self) -> Finished {
        self.read_on();
        self.finish_unread()
    }

    /// Waits for the end while nobody reads the output, and then reads what is in the pipe.
    ///
    /// # Panics
    /// When the process does not end before the deadline.
    #[track_caller]
    pub fn finish_unread(mut self) -> Finished {
        let in_time = self.process.wait(self.left(), || Ok(()));
        let finished = Finished(self.process.finish());
        assert!(in_time.is_ok(), "killed at its deadline: {finished}");
        finished
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}
