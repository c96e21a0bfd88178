//! A plain TCP relay: the brokers choose their own ports, and clients need one that they know beforehand.
//!
//! ```text
//!   client --- listener (fixed port) --- two threads a connection --- broker (its own port)
//! ```
//! A client learns the brokers' own ports from its first answer and connects to those directly, so that what passes through here is
//! the bootstrap connection. Clients that stay on it are served as well.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tracing::{debug, info, warn};

/// How long a stop may stay unnoticed.
const STOP_CHECK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

/// The broker is in this process and accepts at once, unless hundreds of clients come in one moment: then the system tries again
/// after 1, 3 and 7 seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Accepts clients and relays each to `broker` until `stopped` says so, looking every 50 ms. Connections that are open then stay so
/// until either side leaves.
///
/// # Errors
/// When the listener cannot be waited for. What fails for one connection ends that connection, with a warning.
pub(crate) fn serve(
    listener: &TcpListener,
    broker: SocketAddr,
    stopped: &dyn Fn() -> bool,
) -> io::Result<()> {
    // A client that left between `poll` and `accept` must not block the loop.
    listener.set_nonblocking(true)?;
    while !stopped() {
        let mut ready = [PollFd::new(listener, PollFlags::IN)];
        match poll(&mut ready, Some(&STOP_CHECK)) {
            Ok(0) | Err(Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        match listener.accept() {
            Ok((client, from)) => {
                info!("client {from} connected");
                if let Err(error) = spawn_relay(client, from, broker) {
                    warn!("client {from} cannot be served: {error}");
                }
            }
            Err(error) if is_passing(&error) => {}
            Err(error) => {
                // Out of file descriptors, for instance: the client stays in the backlog, and another one leaving makes room.
                warn!("a client cannot be accepted yet: {error}");
                thread::sleep(Duration::from_millis(500));
            }
        }
    }
    Ok(())
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
    )
}

/// Serves one client in threads of its own, so that neither a slow broker nor a slow client keeps others waiting.
fn spawn_relay(client: TcpStream, from: SocketAddr, broker: SocketAddr) -> io::Result<()> {
    // macOS hands the listener's mode on to what it accepts.
    client.set_nonblocking(false)?;
    client.set_nodelay(true)?;
    thread::Builder::new()
        .name("to-broker".to_owned())
        .spawn(move || match relay(client, broker) {
            Ok(()) => debug!("client {from} left"),
            Err(error) => warn!("client {from} cannot be served: {error}"),
        })?;
    Ok(())
}

/// Copies both ways until both have ended.
fn relay(client: TcpStream, broker: SocketAddr) -> io::Result<()> {
    let broker = TcpStream::connect_timeout(&broker, CONNECT_TIMEOUT)?;
    broker.set_nodelay(true)?;
    let (client, broker) = (Arc::new(client), Arc::new(broker));
    let (from, to) = (Arc::clone(&broker), Arc::clone(&client));
    let to_client = thread::Builder::new()
        .name("to-client".to_owned())
        .spawn(move || pump(&from, &to))?;
    pump(&client, &broker);
    // It cannot panic: there is nothing in it that does.
    let _ = to_client.join();
    Ok(())
}

/// Copies until `from` ends, then passes the end on. The other direction goes on after an orderly end: a client may close its sending
/// half and still wait for answers. After a failure nothing more can arrive, so that both directions end.
fn pump(mut from: &TcpStream, mut to: &TcpStream) {
    match io::copy(&mut from, &mut to) {
        // Fails only where the other side was faster.
        Ok(_) => drop(to.shutdown(Shutdown::Write)),
        Err(_) => abort(from, to),
    }
}

fn abort(one: &TcpStream, other: &TcpStream) {
    for stream in [one, other] {
        // Fails only where the other side was faster.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    /// Runs `clients` against a relay whose far end is served by `broker`, one thread a connection.
    fn with_relay(broker: fn(TcpStream), clients: impl FnOnce(SocketAddr)) {
        let far_end = TcpListener::bind("127.0.0.1:0").unwrap();
        let broker_address = far_end.local_addr().unwrap();
        thread::spawn(move || {
            for stream in far_end.incoming() {
                let stream = stream.unwrap();
                thread::spawn(move || broker(stream));
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = AtomicBool::new(false);
        let (ended, end) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let stopped = || stopped.load(Ordering::Relaxed);
                let result = serve(&listener, broker_address, &stopped);
                ended.send(result).unwrap();
            });
            clients(address);
            stopped.store(true, Ordering::Relaxed);
            end.recv_timeout(DEADLINE).unwrap().unwrap();
        });
    }

    fn connect(address: SocketAddr) -> TcpStream {
        let client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(DEADLINE)).unwrap();
        client
    }

    /// Answers only once the client has said all: it sees the end of the request before it writes.
    fn answer_after_the_end(mut stream: TcpStream) {
        let mut request = Vec::new();
        stream.read_to_end(&mut request).unwrap();
        request.reverse();
        stream.write_all(&request).unwrap();
    }

    #[test]
    fn a_client_that_closed_its_sending_half_still_gets_the_answer() {
        with_relay(answer_after_the_end, |address| {
            let mut client = connect(address);
            client.write_all(b"abc").unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).unwrap();
            assert_eq!(answer, b"cba");
        });
    }

    #[test]
    fn a_broker_that_hangs_up_ends_the_client_too() {
        with_relay(drop, |address| {
            assert_eq!(connect(address).read(&mut [0; 1]).unwrap_or(0), 0);
        });
    }

    #[test]
    fn a_client_that_says_nothing_keeps_nobody_waiting() {
        with_relay(answer_after_the_end, |address| {
            let silent: Vec<TcpStream> = (0..50).map(|_| connect(address)).collect();
            let mut client = connect(address);
            client.write_all(b"x").unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).unwrap();
            assert_eq!(answer, b"x");
            drop(silent);
        });
    }
}
