//! A TCP relay between the programs and a broker. It can be slow, or cut like a cable: then nothing
//! comes through, and neither side is told.
//!
//! ```text
//!  client -> 127.0.0.1:here -> reader thread -> (time due, bytes) -> writer thread -> container
//!         <-                <- writer thread <- (time due, bytes) <- reader thread <-
//! ```

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How many pieces may be under way: enough that a delay does not limit them.
const PIECES_UNDER_WAY: usize = 64;
const PIECE: usize = 64 * 1024;

/// Listens from now on; ends with this.
pub struct Relay {
    address: SocketAddr,
    line: Arc<Line>,
}

/// What the relay's connections have in common.
#[derive(Default)]
struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Default)]
struct State {
    cut: bool,
    closed: bool,
    delay: Duration,
}

impl Relay {
    /// A relay on a port of its own to this port, both of 127.0.0.1.
    ///
    /// # Errors
    /// No port is free.
    pub fn to(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let relay = Self { address: listener.local_addr()?, line: Arc::default() };
        let line = Arc::clone(&relay.line);
        let there = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        thread::spawn(move || {
            for client in listener.incoming() {
                if line.state().closed {
                    return;
                }
                // A client that hung up while it waited to be taken is no reason to end.
                if let Ok(client) = client {
                    let line = Arc::clone(&line);
                    thread::spawn(move || connect(client, there, &line));
                }
            }
        });
        Ok(relay)
    }

    /// The port of 127.0.0.1 that it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on nothing comes through, in either direction, until [`Relay::mend`].
    pub fn cut(&self) {
        self.line.change(|state| state.cut = true);
    }

    /// From now on everything comes so much later, in each direction, until [`Relay::mend`].
    pub fn delay(&self, delay: Duration) {
        self.line.change(|state| state.delay = delay);
    }

    /// Ends a cut and a delay. What a cut held back goes on its way.
    pub fn mend(&self) {
        self.line.change(|state| {
            state.cut = false;
            state.delay = Duration::ZERO;
        });
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.line.change(|state| state.closed = true);
        // Wakes the thread that waits for clients, so that it sees the end. A failure means that it
        // has ended already.
        let _ = TcpStream::connect(self.address);
    }
}

impl Line {
    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits as long as the line is cut. Returns whether it is still there.
    fn passable(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self
            .changed
            .wait_while(state, |state| state.cut && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        !state.closed
    }
}

fn connect(client: TcpStream, there: SocketAddr, line: &Arc<Line>) {
    if !line.passable() {
        return;
    }
    // Where the broker is away, the client's connection ends, as with Docker's own proxy.
    let Ok(broker) = TcpStream::connect(there) else {
        return;
    };
    let started = (|| -> io::Result<()> {
        client.set_nodelay(true)?;
        broker.set_nodelay(true)?;
        carry(client.try_clone()?, broker.try_clone()?, line);
        carry(broker.try_clone()?, client.try_clone()?, line);
        Ok(())
    })();
    if started.is_err() {
        end(&client);
        end(&broker);
    }
}

/// Carries one direction, on two threads.
fn carry(from: TcpStream, to: TcpStream, line: &Arc<Line>) {
    let (pieces, due) = sync_channel(PIECES_UNDER_WAY);
    let reading = Arc::clone(line);
    let writing = Arc::clone(line);
    thread::spawn(move || take(from, &pieces, &reading));
    thread::spawn(move || give(to, &due, &writing));
}

fn take(mut from: TcpStream, pieces: &SyncSender<(Instant, Vec<u8>)>, line: &Line) {
    let mut buffer = vec![0; PIECE];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 {
            return;
        }
        let due = Instant::now() + line.state().delay;
        if pieces.send((due, buffer[..read].to_vec())).is_err() {
            break;
        }
    }
    end(&from);
}

fn give(mut to: TcpStream, due: &Receiver<(Instant, Vec<u8>)>, line: &Line) {
    while let Ok((when, piece)) = due.recv() {
        // The delay is what this thread is for.
        thread::sleep(when.saturating_duration_since(Instant::now()));
        if !line.passable() || to.write_all(&piece).is_err() {
            break;
        }
    }
    // A cut cable tells neither side that the other has ended.
    line.passable();
    end(&to);
}

/// The other side may have ended the connection already.
fn end(connection: &TcpStream) {
    let _ = connection.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends back what it gets.
    fn echo() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for client in listener.incoming() {
                let mut client = client.unwrap();
                thread::spawn(move || io::copy(&mut client.try_clone().unwrap(), &mut client));
            }
        });
        port
    }

    fn client(relay: &Relay) -> TcpStream {
        let client = TcpStream::connect(relay.address).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        client
    }

    fn echoed(client: &mut TcpStream) -> io::Result<Duration> {
        let started = Instant::now();
        client.write_all(b"kafka")?;
        let mut back = [0; 5];
        client.read_exact(&mut back)?;
        assert_eq!(&back, b"kafka");
        Ok(started.elapsed())
    }

    #[test]
    fn what_goes_in_comes_out() {
        let relay = Relay::to(echo()).unwrap();
        echoed(&mut client(&relay)).unwrap();
    }

    #[test]
    fn each_direction_is_delayed() {
        let relay = Relay::to(echo()).unwrap();
        let mut client = client(&relay);
        relay.delay(Duration::from_millis(100));
        assert!(echoed(&mut client).unwrap() >= Duration::from_millis(200));
    }

    #[test]
    fn a_cut_holds_back_and_says_nothing() {
        let relay = Relay::to(echo()).unwrap();
        let mut client = client(&relay);
        echoed(&mut client).unwrap();
        relay.cut();
        client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let silence = echoed(&mut client).unwrap_err();
        assert_eq!(silence.kind(), io::ErrorKind::WouldBlock);
        relay.mend();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut back = [0; 5];
        client.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"kafka");
    }

    #[test]
    fn a_broker_that_is_down_ends_the_connection() {
        let nobody =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let relay = Relay::to(nobody).unwrap();
        let mut client = client(&relay);
        assert_eq!(client.read(&mut [0; 1]).unwrap_or(0), 0);
    }
}
