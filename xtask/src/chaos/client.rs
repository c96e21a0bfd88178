//! A program that runs beside the faults: started, looked after, and ended with whoever started it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::wait;
use crate::interrupt::Interrupt;
use crate::workspace;

/// What is shown of a program's words when it failed.
const SHOWN: usize = 600;
/// Rust's exit code after a panic.
const PANICKED: i32 = 101;

/// Where the program's standard output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stdout {
    /// A file, to be looked at at its end.
    Kept,
    /// Nowhere.
    Dropped,
    /// A pipe, which the caller reads.
    Piped,
}

/// A process, which is killed when this goes.
pub(super) struct Client {
    child: Child,
    name: String,
    stdout: PathBuf,
    stderr: PathBuf,
}

/// How a program ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// None when a signal killed it.
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// From when it was waited for.
    pub(super) took: Duration,
}

impl Client {
    /// Starts it away from the user's own settings; what it says goes to files beside `log`.
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
        let (out, err) = (log.with_extension("out"), log.with_extension("err"));
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(File::create(&err)?);
        match stdout {
            Stdout::Kept => command.stdout(File::create(&out)?),
            Stdout::Dropped => command.stdout(Stdio::null()),
            Stdout::Piped => command.stdout(Stdio::piped()),
        };
        workspace::forget_settings(&mut command);
        let name = program.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self {
            child,
            name,
            stdout: out,
            stderr: err,
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The pipe that it writes to; once.
    pub(super) fn take_pipe(&mut self) -> Result<ChildStdout> {
        self.child
            .stdout
            .take()
            .context("its output goes to no pipe")
    }

    pub(super) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// # Errors
    /// It has ended, with what it said.
    pub(super) fn ensure_running(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            anyhow::bail!(
                "{} ended too early ({status}): {}",
                self.name,
                self.last_words()
            );
        }
        Ok(())
    }

    pub(super) fn send(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.child), signal)
            .with_context(|| format!("cannot send a signal to {}", self.name))
    }

    /// SIGTERM, then [`Client::ended_within`].
    pub(super) fn stopped_within(
        &mut self,
        patience: Duration,
        interrupt: &Interrupt,
    ) -> Result<Ended> {
        self.send(Signal::TERM)?;
        self.ended_within(patience, interrupt)
    }

    /// SIGKILL: it gets no chance to do anything more.
    pub(super) fn kill_now(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It did not end, or panicked, with what it said; or the user wants an end.
    pub(super) fn ended_within(
        &mut self,
        patience: Duration,
        interrupt: &Interrupt,
    ) -> Result<Ended> {
        let started = Instant::now();
        let what = format!("{} has ended", self.name);
        let child = &mut self.child;
        wait::until(&what, patience, interrupt, || {
            Ok(child.try_wait()?.is_some())
        })
        .with_context(|| format!("it says: {}", self.last_words()))?;
        let took = started.elapsed();
        let code = self.child.wait()?.code();
        let ended = Ended {
            code,
            stdout: text(&self.stdout),
            stderr: text(&self.stderr),
            took,
        };
        ensure!(
            code != Some(PANICKED) && !ended.stderr.contains("panicked at"),
            "{} panicked: {}",
            self.name,
            self.last_words()
        );
        Ok(ended)
    }

    fn last_words(&self) -> String {
        last_words(&text(&self.stderr)).to_owned()
    }
}

impl Ended {
    /// # Errors
    /// It ended in another way, with what it said.
    pub(super) fn exits(self, code: i32) -> Result<Self> {
        ensure!(
            self.code == Some(code),
            "exit code {code} was expected, and it was {}; it says: {}",
            self.code
                .map_or_else(|| "a signal".to_owned(), |code| code.to_string()),
            last_words(&self.stderr)
        );
        Ok(self)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that wrote nothing may have been started without a file.
fn text(file: &Path) -> String {
    String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned()
}

fn last_words(said: &str) -> &str {
    let said = said.trim_end();
    let mut start = said.len().saturating_sub(SHOWN);
    while !said.is_char_boundary(start) {
        start += 1;
    }
    &said[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn shell(script: &str, folder: &Path) -> Client {
        let arguments = ["-c", script];
        Client::start(
            Path::new("/bin/sh"),
            &arguments,
            Stdout::Kept,
            &folder.join("1"),
        )
        .unwrap()
    }

    #[test]
    fn how_it_ended_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let interrupt = Interrupt::already(false);
        let mut client = shell("echo out; echo err >&2; exit 5", folder.path());
        let ended = client.ended_within(SOON, &interrupt).unwrap();
        assert_eq!(
            (ended.stdout.as_str(), ended.stderr.as_str()),
            ("out\n", "err\n")
        );
        let error = ended.exits(0).unwrap_err().to_string();
        assert!(
            error.contains("it was 5") && error.contains("err"),
            "{error}"
        );
    }

    #[test]
    fn a_panic_is_seen_whatever_the_exit_code() {
        let folder = tempfile::tempdir().unwrap();
        let interrupt = Interrupt::already(false);
        for script in ["exit 101", "echo \"thread 'main' panicked at x\" >&2"] {
            let error = shell(script, folder.path())
                .ended_within(SOON, &interrupt)
                .unwrap_err();
            assert!(error.to_string().contains("panicked"), "{error}");
        }
    }

    #[test]
    fn a_signal_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut client = shell("exec sleep 60", folder.path());
        client.ensure_running().unwrap();
        let ended = client
            .stopped_within(SOON, &Interrupt::already(false))
            .unwrap();
        assert_eq!(ended.code, None);
        assert!(client.ensure_running().is_err());
    }
}
