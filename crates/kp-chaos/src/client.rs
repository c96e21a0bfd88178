//! A program that runs while faults are made. It is killed with its row.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use kp_process::interrupt::Interrupt;
use kp_process::{Call, Finished, Output, Running, Signal};

/// Rust's exit code after a panic.
const PANICKED: i32 = 101;

/// Where the program's standard output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stdout {
    /// A file, which is read when the process has ended.
    Kept,
    /// Nowhere.
    Dropped,
    /// A pipe, which the caller reads.
    Piped,
}

/// A process, which is killed when this goes.
pub(super) struct Client(Running);

impl Client {
    /// Starts it; what it says goes to files beside `log`.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn start(
        program: &Path,
        arguments: &[&str],
        stdout: Stdout,
        log: &Path,
    ) -> Result<Self> {
        let folder = log.parent().context("a log has a folder")?;
        let stdout = match stdout {
            Stdout::Kept => Output::File(log.with_extension("out")),
            Stdout::Dropped => Output::Elsewhere(Stdio::null()),
            Stdout::Piped => Output::Pipe,
        };
        let stderr = Output::File(log.with_extension("err"));
        let call = Call::new(program).args(arguments).folder(folder);
        Ok(Self(call.stdout(stdout).stderr(stderr).start()?))
    }

    /// SIGTERM, then [`Client::ended_within`].
    pub(super) fn stopped_within(
        &mut self,
        patience: Duration,
        interrupt: &Interrupt,
    ) -> Result<Finished> {
        self.send(Signal::TERM)?;
        self.ended_within(patience, interrupt)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It did not end, or panicked, with what it said; or the user wants an end.
    pub(super) fn ended_within(
        &mut self,
        patience: Duration,
        interrupt: &Interrupt,
    ) -> Result<Finished> {
        self.wait(patience, || interrupt.check())
            .with_context(|| format!("it says: {}", self.last_words()))?;
        let finished = self.finish();
        ensure!(
            finished.code() != Some(PANICKED) && !finished.stderr.contains("panicked at"),
            "{} panicked: {}",
            finished.command,
            self.last_words()
        );
        Ok(finished)
    }
}

impl Deref for Client {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn shell(script: &str, folder: &Path) -> Client {
        let arguments = ["-c", script];
        Client::start(Path::new("/bin/sh"), &arguments, Stdout::Kept, &folder.join("1")).unwrap()
    }

    #[test]
    fn how_it_ended_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let interrupt = Interrupt::already(false);
        let mut client = shell("echo out; echo err >&2; exit 5", folder.path());
        let ended = client.ended_within(SOON, &interrupt).unwrap();
        assert_eq!((ended.text().as_str(), ended.stderr.as_str()), ("out\n", "err\n"));
        let error = ended.exits(0).unwrap_err().to_string();
        assert!(error.contains("code Some(5)") && error.contains("err"), "{error}");
    }

    #[test]
    fn a_panic_is_seen_whatever_the_exit_code() {
        let folder = tempfile::tempdir().unwrap();
        let interrupt = Interrupt::already(false);
        for script in ["exit 101", "echo \"thread 'main' panicked at x\" >&2"] {
            let error = shell(script, folder.path()).ended_within(SOON, &interrupt).unwrap_err();
            assert!(error.to_string().contains("panicked"), "{error}");
        }
    }

    #[test]
    fn a_signal_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut client = shell("exec sleep 60", folder.path());
        client.ensure_running().unwrap();
        let ended = client.stopped_within(SOON, &Interrupt::already(false)).unwrap();
        assert_eq!(ended.code(), None);
        assert!(client.ensure_running().is_err());
    }
}
