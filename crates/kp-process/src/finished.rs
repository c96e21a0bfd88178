//! What a process left behind.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Result, ensure};

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The command line.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// All of standard output that was collected or went to a file.
    pub stdout: Vec<u8>,
    /// All of standard error, likewise.
    pub stderr: String,
    /// From the start to the end of the process.
    pub elapsed: Duration,
    /// How long processors worked for it; unknown without `/proc`.
    pub processor_time: Option<Duration>,
}

impl Finished {
    /// The exit code; none if a signal ended the process.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Makes sure of the exit code.
    ///
    /// # Errors
    /// It ended in another way; with all that it wrote.
    pub fn exits(self, code: i32) -> Result<Self> {
        ensure!(self.code() == Some(code), "exit code {code} was expected of {self}");
        Ok(self)
    }

    /// Standard output as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {:?} after {:.2?})", self.command, self.code(), self.elapsed)?;
        outputs(f, &self.text(), &self.stderr)
    }
}

/// Both outputs, each shortened.
pub(crate) fn outputs(f: &mut fmt::Formatter<'_>, stdout: &str, stderr: &str) -> fmt::Result {
    write!(f, "\n-- stdout --\n{}\n-- stderr --\n{}", shortened(stdout), shortened(stderr))
}

/// The first and the last lines of a long text.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 15;
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= 2 * SHOWN {
        return text.to_owned();
    }
    format!(
        "{}\n[{} lines]\n{}",
        lines[..SHOWN].join("\n"),
        lines.len() - 2 * SHOWN,
        lines[lines.len() - SHOWN..].join("\n")
    )
}
