//! A TCP relay between the programs and a broker. It can be slow, or cut like a cable: then nothing
//! comes through, and neither side is told. It can also lose all answers, and end connections.
//!
//! ```text
//!  client -> 127.0.0.1:here -> reader thread -> (time due, bytes) -> writer thread -> container
//!         <-                <- writer thread <- (time due, bytes) <- reader thread <-
//! ```

mod line;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use line::{Connection, Line, Towards, end};

/// How many pieces may be under way: enough that a delay does not limit them.
const PIECES_UNDER_WAY: usize = 64;
const PIECE: usize = 64 * 1024;

/// Listens from now on; ends with this.
pub struct Relay {
    address: SocketAddr,
    line: Arc<Line>,
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
                    let connection = line.take_in(client);
                    let line = Arc::clone(&line);
                    thread::spawn(move || connect(&connection, there, &line));
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

    /// From now on all that comes from the broker is dropped, until [`Relay::mend`]. Requests still
    /// get through, on new connections too, so a broker stores what no client hears of.
    pub fn lose_answers(&self) {
        self.line.change(|state| state.answers_are_lost = true);
    }

    /// Ends all present connections at once, as both sides see. New ones are taken.
    pub fn break_off(&self) {
        self.line.end_those(|_| true);
    }

    /// Ends a cut, a delay and a loss. What a cut held back goes on its way. A connection that has
    /// lost something ends, since no client understands the rest of an answer.
    pub fn mend(&self) {
        self.line.change(|state| {
            state.cut = false;
            state.delay = Duration::ZERO;
            state.answers_are_lost = false;
        });
        self.line.end_those(|connection| connection.has_lost.load(Ordering::Relaxed));
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

fn connect(connection: &Arc<Connection>, there: SocketAddr, line: &Arc<Line>) {
    if !line.passable() {
        return;
    }
    // Where the broker is away, the client's connection ends, as with Docker's own proxy.
    let Ok(broker) = TcpStream::connect(there) else {
        return;
    };
    let broker = connection.broker.get_or_init(|| broker);
    let started = (|| -> io::Result<()> {
        let client = &connection.client;
        client.set_nodelay(true)?;
        broker.set_nodelay(true)?;
        let (to_broker, to_client) = (broker.try_clone()?, client.try_clone()?);
        carry(client.try_clone()?, to_broker, Towards::Broker, connection, line);
        carry(broker.try_clone()?, to_client, Towards::Client, connection, line);
        Ok(())
    })();
    if started.is_err() {
        connection.end();
    }
}

/// Carries one direction, on two threads.
fn carry(
    from: TcpStream,
    to: TcpStream,
    towards: Towards,
    connection: &Arc<Connection>,
    line: &Arc<Line>,
) {
    let (pieces, due) = sync_channel(PIECES_UNDER_WAY);
    let reading = Arc::clone(line);
    let writing = Arc::clone(line);
    let connection = Arc::clone(connection);
    thread::spawn(move || take(from, &pieces, &reading));
    thread::spawn(move || give(to, &due, towards, &connection, &writing));
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

fn give(
    mut to: TcpStream,
    due: &Receiver<(Instant, Vec<u8>)>,
    towards: Towards,
    connection: &Connection,
    line: &Line,
) {
    while let Ok((when, piece)) = due.recv() {
        // The delay is what this thread is for.
        thread::sleep(when.saturating_duration_since(Instant::now()));
        if !line.passable() {
            break;
        }
        if !line.loses(connection, towards) && to.write_all(&piece).is_err() {
            break;
        }
    }
    // A cut cable tells neither side that the other has ended.
    line.passable();
    end(&to);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

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

    /// A server that sends back what it gets, and tells of it; nothing when a client has ended.
    fn told_echo() -> (u16, Receiver<Vec<u8>>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, told) = channel();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (mut client, tell) = (client.unwrap(), tell.clone());
                thread::spawn(move || {
                    let mut buffer = [0; 100];
                    while let Ok(read @ 1..) = client.read(&mut buffer) {
                        let _ = tell.send(buffer[..read].to_vec());
                        let _ = client.write_all(&buffer[..read]);
                    }
                    tell.send(Vec::new())
                });
            }
        });
        (port, told)
    }

    fn client(relay: &Relay) -> TcpStream {
        let client = TcpStream::connect(relay.address).unwrap();
        client.set_read_timeout(Some(SOON)).unwrap();
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

    /// Reads until the end; silence is none.
    fn has_ended(client: &mut TcpStream) -> bool {
        match client.read(&mut [0; 1]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
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
        client.set_read_timeout(Some(SOON)).unwrap();
        let mut back = [0; 5];
        client.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"kafka");
    }

    #[test]
    fn requests_get_through_while_answers_are_lost() {
        let (port, told) = told_echo();
        let relay = Relay::to(port).unwrap();
        let [mut idle, mut early] = [client(&relay), client(&relay)];
        echoed(&mut early).unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), b"kafka");
        relay.lose_answers();
        let mut late = client(&relay);
        for client in [&mut early, &mut late] {
            client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
            assert_eq!(echoed(client).unwrap_err().kind(), io::ErrorKind::WouldBlock);
            assert_eq!(told.recv_timeout(SOON).unwrap(), b"kafka");
            client.set_read_timeout(Some(SOON)).unwrap();
        }
        relay.mend();
        // An answer with a hole would be worse than none.
        for client in [&mut early, &mut late] {
            assert!(has_ended(client));
        }
        echoed(&mut idle).unwrap();
        echoed(&mut client(&relay)).unwrap();
    }

    #[test]
    fn a_connection_that_is_broken_off_ends_on_both_sides() {
        let (port, told) = told_echo();
        let relay = Relay::to(port).unwrap();
        let mut clients = [client(&relay), client(&relay)];
        for client in &mut clients {
            echoed(client).unwrap();
            assert_eq!(told.recv_timeout(SOON).unwrap(), b"kafka");
        }
        // Even where nothing comes through.
        relay.cut();
        relay.break_off();
        for client in &mut clients {
            assert!(has_ended(client));
            assert_eq!(told.recv_timeout(SOON).unwrap(), b"");
        }
        relay.mend();
        echoed(&mut client(&relay)).unwrap();
    }

    #[test]
    fn connections_that_have_ended_are_forgotten() {
        let relay = Relay::to(echo()).unwrap();
        for _ in 0..20 {
            echoed(&mut client(&relay)).unwrap();
        }
        let end = Instant::now() + SOON;
        let present = || {
            let state = relay.line.state();
            state.connections.iter().filter(|known| known.strong_count() > 0).count()
        };
        while present() > 0 {
            assert!(Instant::now() < end, "{} connections are left", present());
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_broker_that_is_down_ends_the_connection() {
        let nobody =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let relay = Relay::to(nobody).unwrap();
        let mut client = client(&relay);
        assert!(has_ended(&mut client));
    }
}
