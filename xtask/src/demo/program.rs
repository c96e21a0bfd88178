//! Runs the programs as a user would, but away from the user's own settings, and never for long.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::interrupt::Interrupt;
use crate::workspace;

/// Each takes about a second at most; this is for a machine that is busy building.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// The programs that were built.
pub(super) struct Programs {
    paths: BTreeMap<String, PathBuf>,
    interrupt: Interrupt,
    /// Where they run: a folder without settings of its own.
    folder: PathBuf,
}

impl Programs {
    /// The programs at these paths, by their names.
    pub(super) fn new(paths: BTreeMap<String, PathBuf>, interrupt: Interrupt) -> Result<Self> {
        Ok(Self {
            paths,
            interrupt,
            folder: workspace::state_folder()?,
        })
    }

    /// Where a program is.
    pub(super) fn path(&self, name: &str) -> &Path {
        &self.paths[name]
    }

    /// Runs a program to its end and returns what it wrote to stdout.
    ///
    /// # Errors
    /// It failed, with what it said; it took too long; or the user has had enough.
    pub(super) fn run(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(self.path(name));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // The demo shows the defaults, whatever the user has set for a broker of their own.
        workspace::forget_settings(&mut command);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let stdout = read_all(child.stdout.take());
        let stderr = read_all(child.stderr.take());

        if let Err(error) = self.wait(&mut child) {
            // It may have ended by itself in the meantime.
            let _ = child.kill();
            let _ = child.wait();
            return Err(error.context(format!("{name} was ended")));
        }
        let status = child.wait()?;
        let stdout = stdout.join().unwrap_or_default();
        let stderr = stderr.join().unwrap_or_default();
        ensure!(
            status.success(),
            "{name} failed ({status}): {}",
            stderr.trim_end()
        );
        Ok(stdout)
    }

    fn wait(&self, child: &mut Child) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ended = child.try_wait()?.is_some();
            self.interrupt.check()?;
            if ended {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("it did not end within {} s", PATIENCE.as_secs());
            }
            thread::sleep(POLL);
        }
    }
}

/// Reads a pipe to its end on a thread of its own, so that the program never waits for a reader.
fn read_all(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    fn shell(interrupted: bool) -> Programs {
        let folder = env::temp_dir();
        let paths = BTreeMap::from([("sh".to_owned(), PathBuf::from("/bin/sh"))]);
        Programs {
            paths,
            interrupt: Interrupt::already(interrupted),
            folder,
        }
    }

    #[test]
    fn what_a_program_writes_comes_back_whole() {
        let written = shell(false)
            .run("sh", &["-c", "yes result | head -100000"])
            .unwrap();
        assert_eq!(written.lines().count(), 100_000);
    }

    #[test]
    fn a_failure_says_what_the_program_said() {
        let error = shell(false)
            .run("sh", &["-c", "echo no broker >&2; exit 4"])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("no broker") && error.contains('4'),
            "{error}"
        );
    }

    #[test]
    fn an_interrupt_ends_the_program() {
        let started = Instant::now();
        let error = shell(true).run("sh", &["-c", "exec sleep 30"]).unwrap_err();
        assert_eq!(format!("{error:#}"), "sh was ended: interrupted");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
