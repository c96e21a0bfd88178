//! A relay in front of each mock broker: the brokers choose their own ports, and understand
//! librdkafka's clients only.
//!
//! ```text
//!   client --- listener --- two threads a connection --- mock broker (its own port)
//! ```
//! The mock brokers name the listeners' addresses as their own, so that all clients come through
//! here.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_linger;
use tracing::{debug, info, warn};

use crate::frames;
use crate::members::Members;

/// How long a stop may stay unnoticed.
const STOP_CHECK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// The broker is in this process and accepts at once. When hundreds of clients come in one moment,
/// the system tries again after 1, 3 and 7 seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A listener, and the mock broker that it stands for.
pub(crate) struct Seat {
    pub(crate) listener: TcpListener,
    pub(crate) broker: SocketAddr,
}

/// Accepts clients and relays each to the broker of its seat until `stopped` says so, looking every
/// 50 ms. Connections that are open then stay so until either side leaves.
///
/// # Errors
/// When the listeners cannot be waited for. What fails for one connection ends that connection.
pub(crate) fn serve(seats: &[Seat], stopped: &dyn Fn() -> bool) -> io::Result<()> {
    for seat in seats {
        // A client that left between `poll` and `accept` must not block the loop.
        seat.listener.set_nonblocking(true)?;
    }
    let members = Members::new();
    while !stopped() {
        let mut ready: Vec<_> =
            seats.iter().map(|seat| PollFd::new(&seat.listener, PollFlags::IN)).collect();
        match poll(&mut ready, Some(&STOP_CHECK)) {
            Ok(0) | Err(Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        for (seat, ready) in seats.iter().zip(&ready) {
            if !ready.revents().is_empty() {
                accept(seat, &members);
            }
        }
    }
    Ok(())
}

fn accept(seat: &Seat, members: &Members) {
    match seat.listener.accept() {
        Ok((client, from)) => {
            info!("client {from} connected");
            if let Err(error) = spawn_relay(client, from, seat.broker, members.connection()) {
                warn!("client {from} cannot be served: {error}");
            }
        }
        Err(error) if is_passing(&error) => {}
        Err(error) => {
            // Out of file descriptors, for instance: the client stays in the backlog, and another
            // one leaving makes room.
            warn!("a client cannot be accepted yet: {error}");
            thread::sleep(Duration::from_millis(500));
        }
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
    )
}

/// Serves one client in threads of its own, so that neither a slow broker nor a slow client keeps
/// others waiting.
fn spawn_relay(
    client: TcpStream,
    from: SocketAddr,
    broker: SocketAddr,
    members: Members,
) -> io::Result<()> {
    // macOS hands the listener's mode on to what it accepts.
    client.set_nonblocking(false)?;
    client.set_nodelay(true)?;
    thread::Builder::new().name("to-broker".to_owned()).spawn(move || {
        match relay(client, from, broker, &members) {
            Ok(()) => debug!("client {from} left"),
            Err(error) => warn!("client {from} cannot be served: {error}"),
        }
    })?;
    Ok(())
}

/// Passes frames both ways until both have ended.
fn relay(
    client: TcpStream,
    from: SocketAddr,
    address: SocketAddr,
    members: &Members,
) -> io::Result<()> {
    let broker = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
    broker.set_nodelay(true)?;
    let (client, broker) = (Arc::new(client), Arc::new(broker));
    let (note, open) = mpsc::sync_channel(frames::OPEN_ANSWERS);
    let (source, to) = (Arc::clone(&broker), Arc::clone(&client));
    let to_client = thread::Builder::new().name("to-client".to_owned()).spawn(move || {
        let result = frames::answers(&source, &to, &open);
        end(result, from, &source, &to);
    })?;
    let result = frames::requests(&client, &broker, &note, members);
    // An answer that is still to come has been noted.
    drop(note);
    end(result, from, &client, &broker);
    match members.leave(address) {
        Ok(false) => {}
        // The mock broker does not read on while a member waits. Only a reset makes it notice.
        Ok(true) => {
            set_socket_linger(&broker, Some(Duration::ZERO))?;
            shutdown(&broker, &client);
        }
        Err(error) => debug!("client {from} stays a member of its groups for a while: {error}"),
    }
    // The thread cannot panic: nothing in it does.
    let _ = to_client.join();
    Ok(())
}

/// Passes the end of one direction on. The other goes on after an orderly end: a client may close
/// its sending half and still wait for answers. After a failure nothing more can arrive, and both
/// end.
fn end(result: anyhow::Result<()>, client: SocketAddr, from: &TcpStream, to: &TcpStream) {
    let Err(error) = result else {
        // Fails only where the other side was faster.
        return drop(to.shutdown(Shutdown::Write));
    };
    match error.downcast_ref::<io::Error>() {
        Some(error) => debug!("client {client}: {error}"),
        None => info!("client {client} is cut off: {error:#}"),
    }
    shutdown(from, to);
}

fn shutdown(one: &TcpStream, other: &TcpStream) {
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

    /// A request for the coordinator of no group, with its number.
    const REQUEST: [u8; 18] = [0, 0, 0, 14, 0, 10, 0, 0, 0, 0, 0, 7, 0xff, 0xff, 0, 2, b'a', b'b'];

    /// The answer of `answer_after_the_end`: the number, and the name that was asked for.
    const ANSWER: [u8; 10] = [0, 0, 0, 6, 0, 0, 0, 7, b'a', b'b'];

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
        let seats = [Seat { listener, broker: broker_address }];
        let stopped = AtomicBool::new(false);
        let (ended, end) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let stopped = || stopped.load(Ordering::Relaxed);
                let result = serve(&seats, &stopped);
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
        let mut answer = vec![0, 0, 0, 6];
        answer.extend(&request[8..12]);
        answer.extend(&request[16..]);
        stream.write_all(&answer).unwrap();
    }

    fn asks(address: SocketAddr) {
        let mut client = connect(address);
        client.write_all(&REQUEST).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, ANSWER);
    }

    #[test]
    fn a_client_that_closed_its_sending_half_still_gets_the_answer() {
        with_relay(answer_after_the_end, asks);
    }

    #[test]
    fn a_broker_that_hangs_up_ends_the_client_too() {
        with_relay(drop, |address| {
            assert_eq!(connect(address).read(&mut [0; 1]).unwrap_or(0), 0);
        });
    }

    #[test]
    fn a_broker_that_mixes_its_answers_up_ends_the_client_too() {
        fn answer_another(mut stream: TcpStream) {
            stream.read_exact(&mut [0; REQUEST.len()]).unwrap();
            stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 8]).unwrap();
            let _ = stream.read(&mut [0; 1]);
        }
        with_relay(answer_another, |address| {
            let mut client = connect(address);
            client.write_all(&REQUEST).unwrap();
            assert_eq!(client.read(&mut [0; 1]).unwrap_or(0), 0);
        });
    }

    #[test]
    fn a_client_that_says_nothing_keeps_nobody_waiting() {
        with_relay(answer_after_the_end, |address| {
            let silent: Vec<TcpStream> = (0..50).map(|_| connect(address)).collect();
            asks(address);
            drop(silent);
        });
    }
}
