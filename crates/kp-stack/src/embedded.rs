//! The embedded broker, `kp-broker`: started, remembered and found again; alone, or behind a relay
//! through which all of its clients come.

mod log;

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Error, Result};

use crate::docker::port;
use crate::relay::Relay;
use kp_process::background::Identity;
use kp_process::{Call, Missed, Output, Running, Source, workspace};

/// The broker is up in a tenth of a second; this is for a machine that is busy building.
const READY_WITHIN: Duration = Duration::from_secs(20);
const END_WITHIN: Duration = Duration::from_secs(5);

/// The broker that [`start_in_background`] started.
#[derive(Debug)]
pub struct Embedded {
    identity: Identity,
}

impl Embedded {
    /// The one that runs now, if any.
    ///
    /// # Errors
    /// The file with its process id cannot be read.
    pub fn running() -> Result<Option<Self>> {
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
    pub fn pid(&self) -> i32 {
        self.identity.pid()
    }

    /// Whether it still runs.
    pub fn is_running(&self) -> bool {
        self.identity.is_running()
    }

    /// Ends it. Its messages go with it, because it keeps them in memory only.
    ///
    /// # Errors
    /// It does not end.
    pub fn end(self) -> Result<()> {
        self.identity.end(END_WITHIN)?;
        forget()
    }
}

/// The log of the broker that [`start_in_background`] starts.
///
/// # Errors
/// The folder cannot be made.
pub fn log_file() -> Result<PathBuf> {
    Ok(workspace::state_folder()?.join("broker.log"))
}

/// Starts a broker on this port of 127.0.0.1 that goes on when this command has ended.
///
/// # Errors
/// It does not start; with what it said.
pub fn start_in_background(program: &Path, port: u16) -> Result<()> {
    let log = log_file()?;
    let broker = spawn(program, port, &log, &[])?;
    // Before waiting: whatever interrupts the wait, `down` must find the process.
    let file = pid_file()?;
    if let Some(identity) = Identity::of(broker.id()) {
        fs::write(&file, identity.to_line())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    if let Err(error) = wait_until_ready(&broker, &log) {
        broker.end(END_WITHIN);
        forget()?;
        return Err(error);
    }
    broker.leave();
    Ok(())
}

/// A broker on a free port of 127.0.0.1 that ends with this.
pub struct Broker {
    process: Running,
    address: SocketAddr,
}

impl Broker {
    /// Starts it and waits until it is ready. All that it says goes to `log`.
    ///
    /// # Errors
    /// It does not start; with what it said.
    pub fn start(program: &Path, log: &Path) -> Result<Self> {
        Self::start_with(program, log, &[])
    }

    /// The same with further arguments of kp-broker, such as `--topic orders:6` or `--brokers 3`.
    ///
    /// # Errors
    /// It does not start; with what it said.
    pub fn start_with(program: &Path, log: &Path, arguments: &[&str]) -> Result<Self> {
        let any_free_port = 0;
        Self::start_on(program, any_free_port, log, arguments)
    }

    fn start_on(program: &Path, port: u16, log: &Path, arguments: &[&str]) -> Result<Self> {
        let process = spawn(program, port, log, arguments)?;
        let address = wait_until_ready(&process, log)?;
        Ok(Self { process, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.process.end(END_WITHIN);
    }
}

/// A broker that all clients reach through a relay: it tells them the relay's address as its own.
pub struct RelayedBroker {
    relay: Relay,
    broker: Broker,
}

impl RelayedBroker {
    /// Starts it with further arguments of kp-broker and waits until it is ready. More than one
    /// broker cannot stand behind one relay. All that it says goes to `log`.
    ///
    /// # Errors
    /// It does not start; with what it said. No port is free.
    pub fn start(program: &Path, log: &Path, arguments: &[&str]) -> Result<Self> {
        // The relay must know where the broker will listen, and the broker where the relay listens.
        let port = port::find_free();
        let relay = Relay::to(port).context("cannot listen on 127.0.0.1")?;
        let advertised = format!("127.0.0.1:{}", relay.port());
        let arguments = [&["--advertised", &advertised], arguments].concat();
        let broker = Broker::start_on(program, port, log, &arguments)?;
        Ok(Self { relay, broker })
    }

    /// What clients come through. Its port of 127.0.0.1 is the one to give them.
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Where the broker itself listens. A client that begins here is sent to the relay;
    /// [`offsets::end_at`](crate::kafka::offsets::end_at) is not.
    pub fn address(&self) -> SocketAddr {
        self.broker.address()
    }
}

fn spawn(program: &Path, port: u16, log: &Path, arguments: &[&str]) -> Result<Running> {
    let both = || Output::File(log.to_owned());
    let listen = format!("127.0.0.1:{port}");
    let call = Call::new(program).args(["--listen", &listen]).args(arguments);
    call.stdout(both()).stderr(both()).in_background().start()
}

/// Waits for the line that the broker prints when it is ready, and returns the address in it.
fn wait_until_ready(broker: &Running, log: &Path) -> Result<SocketAddr> {
    let ready = broker.wait_for(Source::Stdout, READY_WITHIN, |said| {
        let whole_lines = said.rfind('\n').map_or("", |end| &said[..end]);
        whole_lines.lines().find_map(address_in_ready_line)
    });
    let said = || broker.said(Source::Stdout);
    let why = |missed| match missed {
        Missed::Ended(status) => format!("it ended at once ({status}): {}", said().trim_end()),
        Missed::Late => format!(
            "it was not ready within {} s; it said: {}",
            READY_WITHIN.as_secs(),
            said().trim_end()
        ),
    };
    ready
        .map_err(|missed| Error::msg(why(missed)))
        .with_context(|| format!("kp-broker did not start (its log: {})", log.display()))
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
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_program_that_ends_at_once_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        // It knows no --listen.
        let failed = Broker::start(Path::new("/bin/sh"), &folder.path().join("log")).err().unwrap();
        let failed = format!("{failed:#}");
        assert!(failed.starts_with("kp-broker did not start (its log: "), "{failed}");
        assert!(failed.contains("): it ended at once (exit status: 2): "), "{failed}");
    }

    #[test]
    fn the_arguments_reach_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("broker");
        let script = "#!/bin/sh\necho \"$@\"; echo kp-broker ready on 127.0.0.1:1\nexec sleep 60\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let log = folder.path().join("log");
        let _broker = Broker::start_with(&program, &log, &["--topic", "orders:1"]).unwrap();
        let said = fs::read_to_string(log).unwrap();
        assert!(said.starts_with("--listen 127.0.0.1:0 --topic orders:1\n"), "{said}");
    }

    #[test]
    fn the_address_stands_in_the_ready_line() {
        let address = Some("127.0.0.1:4711".parse().unwrap());
        assert_eq!(address_in_ready_line("kp-broker ready on 127.0.0.1:4711"), address);
        assert_eq!(
            address_in_ready_line("kp-broker ready on 127.0.0.1:4711 (keeps 5 MB a partition)"),
            address
        );
        assert_eq!(address_in_ready_line("kp-broker ready on 127.0.0.1:4711, 1 broker"), address);
        assert_eq!(address_in_ready_line("kp-broker: port 9092 is taken"), None);
    }
}
