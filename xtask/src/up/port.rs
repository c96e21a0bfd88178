//! Whether a port is free, and who may hold it.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};

use crate::docker::Docker;

/// Checks that all these ports of 127.0.0.1 are free.
///
/// # Errors
/// Names the first one that is taken, and who may hold it.
pub(crate) fn ensure_free(ports: &[u16], docker: Option<&Docker>) -> Result<()> {
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
            who_listens(port)
        ),
    }
}

/// Other errors than "in use" are left to whoever needs the port: they know what to say.
fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

fn who_listens(port: u16) -> String {
    if cfg!(target_os = "linux") {
        format!("ss -ltnp 'sport = :{port}'")
    } else {
        format!("lsof -nP -iTCP:{port} -sTCP:LISTEN")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named() {
        let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = holder.local_addr().unwrap().port();
        let error = ensure_free(&[port], None).unwrap_err().to_string();
        assert!(
            error.contains(&format!("port {port} of 127.0.0.1 is taken")),
            "{error}"
        );
        drop(holder);
        ensure_free(&[port], None).unwrap();
    }
}
