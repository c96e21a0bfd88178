//! A process that runs.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::deadline::eventually;
use crate::finished::Finished;
use crate::stream::Stream;

/// The ends of a process's pipes that are still ours.
pub(crate) struct Pipes {
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) stdout: Option<ChildStdout>,
}

/// A process that runs, and is killed with its test.
pub struct Running {
    command: String,
    child: Child,
    pipes: Pipes,
    /// None while nobody reads it, and when it was closed.
    stdout: Option<Stream>,
    stderr: Stream,
    started: Instant,
    deadline: Instant,
    /// The working folder; it goes when the process has gone.
    _folder: TempDir,
}

impl Running {
    pub(crate) fn new(
        command: String,
        child: Child,
        pipes: Pipes,
        stderr: Stream,
        started: Instant,
        deadline: Instant,
        folder: TempDir,
    ) -> Self {
        Self {
            command,
            child,
            pipes,
            stdout: None,
            stderr,
            started,
            deadline,
            _folder: folder,
        }
    }

    /// Reads standard output from now on.
    pub fn read_on(&mut self) {
        if let Some(pipe) = self.pipes.stdout.take() {
            self.stdout = Some(Stream::read(pipe));
        }
    }

    /// Writes to standard input, which stays open.
    ///
    /// # Panics
    /// When standard input was not kept open, or the process has closed it.
    pub fn type_in(&mut self, text: &str) {
        let pipe = self.pipes.stdin.as_mut().expect("standard input is open");
        pipe.write_all(text.as_bytes())
            .expect("the process reads its standard input");
    }

    /// Ends standard input.
    pub fn end_stdin(&mut self) {
        self.pipes.stdin = None;
    }

    /// Waits until this many lines stand on standard output, and returns them.
    ///
    /// # Panics
    /// When they do not come before the deadline.
    #[track_caller]
    pub fn wait_for_lines(&self, count: usize) -> Vec<String> {
        let stdout = self.stdout.as_ref().expect("standard output is read");
        let enough = stdout.wait_for(self.deadline, |bytes| {
            bytes.iter().filter(|byte| **byte == b'\n').count() >= count
        });
        let text = String::from_utf8_lossy(&stdout.bytes()).into_owned();
        assert!(
            enough,
            "{} wrote fewer than {count} lines:\n{text}\n-- stderr --\n{}",
            self.command,
            String::from_utf8_lossy(&self.stderr.bytes())
        );
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until these words stand on standard error.
    ///
    /// # Panics
    /// When they do not come before the deadline.
    #[track_caller]
    pub fn wait_for_words(&self, words: &str) {
        let said = self.stderr.wait_for(self.deadline, |bytes| {
            String::from_utf8_lossy(bytes).contains(words)
        });
        assert!(
            said,
            "{} did not say {words:?}:\n{}",
            self.command,
            String::from_utf8_lossy(&self.stderr.bytes())
        );
    }

    /// Waits until this many bytes lie in the pipe that is its standard output, unread.
    ///
    /// # Panics
    /// When they do not come within the deadline, or the output is read already.
    pub fn wait_for_unread(&self, bytes: u64) {
        let pipe = self.pipes.stdout.as_ref().expect("nobody reads the output");
        eventually("the pipe fills", || {
            rustix::io::ioctl_fionread(pipe).is_ok_and(|unread| unread >= bytes)
        });
    }

    /// Reads the first line and then closes standard output, as `head -1` does.
    ///
    /// # Panics
    /// When there is no line, or the output is read already.
    pub fn take_first_line(&mut self) -> String {
        let pipe = self.pipes.stdout.take().expect("nobody reads the output");
        let mut line = String::new();
        BufReader::new(pipe)
            .read_line(&mut line)
            .expect("the first line can be read");
        line
    }

    /// Whether the process has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When the process has ended already.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal)
            .unwrap_or_else(|error| panic!("{} cannot be signalled: {error}", self.command));
    }

    /// Reads the rest of the output and waits for the end. Standard input stays as it is.
    ///
    /// # Panics
    /// When the process does not end before the deadline; with all that it wrote.
    #[track_caller]
    pub fn finish(mut self) -> Finished {
        self.read_on();
        self.end_and_wait()
    }

    /// Waits for the end while nobody reads the output; then reads what lies in the pipe.
    ///
    /// # Panics
    /// When the process does not end before the deadline.
    #[track_caller]
    pub fn finish_unread(mut self) -> Finished {
        let child = &mut self.child;
        eventually("the process ends although nobody reads its output", || {
            !matches!(child.try_wait(), Ok(None))
        });
        self.read_on();
        self.end_and_wait()
    }

    #[track_caller]
    fn end_and_wait(&mut self) -> Finished {
        // Both streams end with the process: it has no children that could hold them open.
        let streams = [Some(&self.stderr), self.stdout.as_ref()];
        let ended = streams
            .into_iter()
            .flatten()
            .all(|stream| stream.wait_for_end(self.deadline));
        if !ended {
            let _ = self.child.kill();
        }
        let status = self.child.wait().expect("the process can be waited for");
        let finished = Finished {
            command: self.command.clone(),
            stdout: self.stdout.as_ref().map(Stream::bytes).unwrap_or_default(),
            stderr: String::from_utf8_lossy(&self.stderr.bytes()).into_owned(),
            code: status.code(),
            elapsed: self.started.elapsed(),
        };
        assert!(ended, "killed at its deadline: {finished}");
        finished
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
