//! The embedded broker, `kp-broker`: started, remembered and found again.

mod background;

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::workspace;
use background::Identity;

/// The broker is up in a tenth of a second; this is for a machine that is busy building.
const READY_WITHIN: Duration = Duration::from_secs(20);
const END_WITHIN: Duration = Duration::from_secs(5);

/// The one in the background that [`start_in_background`] started.
#[derive(Debug)]
pub(crate) struct Embedded {
    identity: Identity,
}

impl Embedded {
    /// The one that runs now, if any.
    ///
    /// # Errors
    /// The file with its process id cannot be read.
    pub(crate) fn running() -> Result<Option<Self>> {
        let file = pid_file()?;
        let line = match fs::read_to_string(&file) {
            Ok(line) => line,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", file.display()));
            }
        };
        let identity = Identity::parse(&line).filter(Identity::is_running);
        Ok(identity.map(|identity| Self { identity }))
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> i32 {
        self.identity.pid()
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&self) -> bool {
        self.identity.is_running()
    }

    /// Ends it; its messages were in its memory only.
    ///
    /// # Errors
    /// It does not end.
    pub(crate) fn end(self) -> Result<()> {
        self.identity.end(END_WITHIN)?;
        forget()
    }
}

/// What everything that [`start_in_background`]'s broker says goes to.
///
/// # Errors
/// The folder cannot be made.
pub(crate) fn log_file() -> Result<PathBuf> {
    Ok(workspace::state_folder()?.join("broker.log"))
}

/// Starts a broker on this port of 127.0.0.1 that goes on when this command has ended.
///
/// # Errors
/// It does not start; with what it said.
pub(crate) fn start_in_background(program: &Path, port: u16) -> Result<()> {
    let log = log_file()?;
    let mut child = spawn(program, port, &log)?;
    // Before waiting: whatever interrupts the wait, `down` must find the process.
    let file = pid_file()?;
    if let Some(identity) = Identity::of(child.id()) {
        fs::write(&file, identity.to_line())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let ready = wait_until_ready(&mut child, &log);
    if ready.is_err() {
        end(&mut child);
        forget()?;
    }
    ready.map(|_| ())
}

/// Starts a broker on this port of 127.0.0.1, any free one for 0.
///
/// # Errors
/// The program cannot be run.
pub(crate) fn spawn(program: &Path, port: u16, log: &Path) -> Result<Child> {
    let mut command = Command::new(program);
    command.args(["--listen", &format!("127.0.0.1:{port}")]);
    background::spawn(&mut command, log)
}

/// Waits for the line that the broker prints when it is ready, and returns the address in it.
///
/// # Errors
/// It did not become ready; with what it said.
pub(crate) fn wait_until_ready(child: &mut Child, log: &Path) -> Result<SocketAddr> {
    background::wait_for_line(child, log, READY_WITHIN, address_in_ready_line)
        .with_context(|| format!("kp-broker did not start (its log: {})", log.display()))
}

/// Ends a broker that this process started, by force if it must.
pub(crate) fn end(child: &mut Child) {
    if let Some(identity) = Identity::of(child.id()) {
        // A failure would mean that it is gone or not ours, and there is nothing left to do in either case.
        let _ = identity.end(END_WITHIN);
    }
    let _ = child.wait();
}

fn address_in_ready_line(line: &str) -> Option<SocketAddr> {
    let rest = line.strip_prefix("kp-broker ready on ")?;
    let address = rest.split([' ', ',', ';']).next()?;
    address.parse().ok()
}

fn pid_file() -> Result<PathBuf> {
    Ok(workspace::state_folder()?.join("broker.pid"))
}

fn forget() -> Result<()> {
    let file = pid_file()?;
    match fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_stands_in_the_ready_line() {
        let address = Some("127.0.0.1:4711".parse().unwrap());
        assert_eq!(
            address_in_ready_line("kp-broker ready on 127.0.0.1:4711"),
            address
        );
        assert_eq!(
            address_in_ready_line("kp-broker ready on 127.0.0.1:4711 (keeps 5 MB a partition)"),
            address
        );
        assert_eq!(
            address_in_ready_line("kp-broker ready on 127.0.0.1:4711, 1 broker"),
            address
        );
        assert_eq!(address_in_ready_line("kp-broker: port 9092 is taken"), None);
    }
}
