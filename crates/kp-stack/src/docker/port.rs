//! Ports for brokers: a free one, and what may hold one that is taken.
//!
//! A broker tells its clients its address, so it must know it before it starts.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};

use crate::docker::Docker;

/// These lie below the ports that the system gives to clients. Otherwise a client could take the
/// port while its broker is away. They also lie above the fixed ports of the stacks.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port of 127.0.0.1 that nobody listens on.
pub fn find_free() -> u16 {
    loop {
        let [low, high, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
        let port = FIRST + u16::from_le_bytes([low, high]) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Checks that all these ports of 127.0.0.1 are free.
///
/// # Errors
/// A port is taken; the message names the first such port and what may hold it.
pub fn ensure_free(ports: &[u16], docker: Option<&Docker>) -> Result<()> {
    let Some(port) = ports.iter().copied().find(|port| is_taken(*port)) else {
        return Ok(());
    };
    match docker.and_then(|docker| docker.publisher_of(port)) {
        Some(container) => bail!(
            "port {port} of 127.0.0.1 is taken by the container {container}, which is not one of this project's; \
             `docker stop {container}` frees it"
        ),
        None => bail!(
            "port {port} of 127.0.0.1 is taken, perhaps by another Kafka, or by a kp-broker that was started by hand; \
             `{}` shows by whom",
            who_holds(port)
        ),
    }
}

/// Other errors than "in use" do not count here: the program that needs the port reports them.
fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// A client holds its port, too, as long as its connection lasts.
fn who_holds(port: u16) -> String {
    if cfg!(target_os = "linux") {
        format!("ss -tanp 'sport = :{port}'")
    } else {
        format!("lsof -nP -iTCP:{port}")
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::docker::stack::Stack;

    #[test]
    fn no_client_is_given_a_port_of_a_stack() {
        // The first port that Linux gives to clients; other systems begin higher.
        const CLIENTS: u16 = 32_768;
        let own = FIRST..FIRST + COUNT;
        assert!(own.end <= CLIENTS);
        for stack in Stack::value_variants() {
            for port in stack.ports() {
                assert!(*port < CLIENTS, "{stack}: {port}");
                assert!(!own.contains(port), "{stack}: {port}");
            }
        }
    }

    #[test]
    fn a_taken_port_is_named() {
        let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = holder.local_addr().unwrap().port();
        let error = ensure_free(&[port], None).unwrap_err().to_string();
        assert!(error.contains(&format!("port {port} of 127.0.0.1 is taken")), "{error}");
        drop(holder);
        ensure_free(&[port], None).unwrap();
    }
}
