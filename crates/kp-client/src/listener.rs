//! What an address speaks: Kafka in the clear, with a login or without, or TLS.
//!
//! A broker drops a connection that begins in the wrong way, and so does one that is still
//! starting. So each address is asked once in either way before the user is told which it is.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use kp_settings::Address;

use crate::addresses::{at_once, resolve};

/// How long it may take to find out.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What an address answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    /// Kafka's protocol, without TLS and without a login.
    Plain,
    /// Kafka's protocol, without TLS, for clients that log in.
    Login,
    /// TLS.
    Tls,
}

/// ApiVersions, version 0, with correlation id 1 and no client id: the request that every broker
/// answers, also before a login.
const API_VERSIONS: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff];

/// Metadata, version 4, of no topic: the first request that is only answered after a login.
const METADATA: [u8; 19] = [0, 0, 0, 15, 0, 3, 0, 4, 0, 0, 0, 2, 0xff, 0xff, 0, 0, 0, 0, 0];

/// The beginning of a TLS handshake, with two cipher suites that are in use and nothing else. It
/// need not lead to a connection: a listener with TLS answers it in TLS, if only by an alert.
const CLIENT_HELLO: [u8; 54] = {
    let mut hello = [0; 54];
    let head = [
        0x16, 3, 1, 0, 49, // a handshake of 49 bytes
        1, 0, 0, 45, // that begins, 45 bytes
        3, 3, // TLS 1.2
    ];
    let mut index = 0;
    while index < head.len() {
        hello[index] = head[index];
        index += 1;
    }
    // Then 32 bytes that should be random, and no session.
    let tail = [
        0, // no session
        0, 4, 0x13, 0x01, 0xc0, 0x2f, // two cipher suites
        1, 0, // no compression
        0, 0, // no extensions
    ];
    let mut index = 0;
    while index < tail.len() {
        hello[43 + index] = tail[index];
        index += 1;
    }
    hello
};

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unanswered {
    /// The connection cannot be made, or was closed.
    HungUp,
    /// It did not come in time, or is no answer to the question: nothing follows from that.
    Unclear,
}

/// Asks addresses at the same time; none for one that answers to neither, or not in time.
pub(crate) fn ask_all(addresses: &[Address]) -> Vec<Option<Listener>> {
    let mut found = vec![None; addresses.len()];
    for (index, listener) in at_once(addresses, PATIENCE, ask) {
        found[index] = listener;
    }
    found
}

/// A name may lead to several addresses, of which only some are listened on.
fn ask(address: &Address) -> Option<Listener> {
    let deadline = Instant::now() + PATIENCE;
    let mut resolved = resolve(address).ok()?;
    resolved.find_map(|socket| Visit { socket, deadline }.ask())
}

/// How far a client without a login came.
enum Asked {
    /// Nothing was answered, or it is not clear what.
    Nothing,
    /// The first question was answered, which needs no login; then the connection was closed.
    Versions,
}

/// An address that is asked, and until when.
struct Visit {
    socket: SocketAddr,
    deadline: Instant,
}

impl Visit {
    fn ask(&self) -> Option<Listener> {
        // A handshake or an alert, of any version since SSL 3.
        if self.speaks_tls() == Ok(true) {
            return Some(Listener::Tls);
        }
        match self.answers_without_login() {
            Ok(()) => Some(Listener::Plain),
            Err(Asked::Nothing) => None,
            // A broker that is just stopping hangs up as well, but not twice after it has answered.
            Err(Asked::Versions) => match self.answers_without_login() {
                Err(Asked::Versions) => Some(Listener::Login),
                _ => None,
            },
        }
    }

    fn answers_without_login(&self) -> Result<(), Asked> {
        let nothing = |_| Asked::Nothing;
        let mut talk = self.talk().map_err(nothing)?;
        let size = talk.asks(&API_VERSIONS, 1).map_err(nothing)?;
        // What the answer says does not matter, but it has to be out of the way.
        talk.skip(size).map_err(nothing)?;
        match talk.asks(&METADATA, 2) {
            Ok(_) => Ok(()),
            Err(Unanswered::HungUp) => Err(Asked::Versions),
            Err(Unanswered::Unclear) => Err(Asked::Nothing),
        }
    }

    fn speaks_tls(&self) -> Result<bool, Unanswered> {
        let mut talk = self.talk()?;
        talk.write(&CLIENT_HELLO)?;
        Ok(matches!(talk.read::<2>()?, [0x15 | 0x16, 3]))
    }

    fn talk(&self) -> Result<Talk, Unanswered> {
        let left = left_until(self.deadline)?;
        let stream =
            TcpStream::connect_timeout(&self.socket, left).map_err(|error| sort(&error))?;
        Ok(Talk { stream, deadline: self.deadline })
    }
}

/// A connection of our own, for a little while.
struct Talk {
    stream: TcpStream,
    deadline: Instant,
}

impl Talk {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Unanswered> {
        self.stream
            .set_write_timeout(Some(left_until(self.deadline)?))
            .and_then(|()| self.stream.write_all(bytes))
            .map_err(|error| sort(&error))
    }

    /// Asks by a Kafka request, and returns how long the rest of the answer to it is.
    fn asks(&mut self, request: &[u8], correlation: u8) -> Result<usize, Unanswered> {
        self.write(request)?;
        let [s0, s1, s2, s3, id @ ..] = self.read::<8>()?;
        let size = usize::try_from(i32::from_be_bytes([s0, s1, s2, s3])).ok();
        let rest = size.and_then(|size| size.checked_sub(id.len()));
        rest.filter(|_| id == [0, 0, 0, correlation]).ok_or(Unanswered::Unclear)
    }

    fn skip(&mut self, size: usize) -> Result<(), Unanswered> {
        let mut left = size;
        while left > 0 {
            left -= self.read_some(&mut [0; 1024][..left.min(1024)])?;
        }
        Ok(())
    }

    fn read<const N: usize>(&mut self) -> Result<[u8; N], Unanswered> {
        let mut bytes = [0; N];
        let mut read = 0;
        while read < N {
            read += self.read_some(&mut bytes[read..])?;
        }
        Ok(bytes)
    }

    /// At least one byte, in time.
    fn read_some(&mut self, bytes: &mut [u8]) -> Result<usize, Unanswered> {
        let read = self
            .stream
            .set_read_timeout(Some(left_until(self.deadline)?))
            .and_then(|()| self.stream.read(bytes));
        match read {
            Ok(0) => Err(Unanswered::HungUp),
            Ok(count) => Ok(count),
            Err(error) => Err(sort(&error)),
        }
    }
}

fn left_until(deadline: Instant) -> Result<Duration, Unanswered> {
    let left = deadline.saturating_duration_since(Instant::now());
    // A socket takes no timeout of zero.
    if left < Duration::from_millis(1) {
        return Err(Unanswered::Unclear);
    }
    Ok(left)
}

fn sort(error: &io::Error) -> Unanswered {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Unanswered::Unclear,
        _ => Unanswered::HungUp,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn of(listener: &TcpListener) -> Address {
        listener.local_addr().unwrap().to_string().parse().unwrap()
    }

    /// No resolver may answer for it (RFC 6761).
    fn nowhere() -> Address {
        "broker.invalid:1".parse().unwrap()
    }

    /// Answers each question on the first connections with what `answers` makes of it; with nothing
    /// it hangs up.
    fn server(connections: usize, answers: fn(&[u8]) -> Vec<u8>) -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = of(&listener);
        thread::spawn(move || {
            for stream in listener.incoming().take(connections) {
                let mut stream = stream.unwrap();
                let mut asked = [0; 256];
                while let Ok(count @ 1..) = stream.read(&mut asked) {
                    let answer = answers(&asked[..count]);
                    if answer.is_empty() || stream.write_all(&answer).is_err() {
                        break;
                    }
                }
            }
        });
        address
    }

    #[test]
    fn each_answer_tells_what_is_spoken() {
        let tls = server(1, |_| vec![0x15, 3, 3, 0, 2, 2, 40]);
        assert_eq!(ask(&tls), Some(Listener::Tls));
        // A listener without TLS takes a handshake for a request that is far too large.
        let login = server(3, |asked| match asked {
            asked if asked == API_VERSIONS => vec![0, 0, 0, 6, 0, 0, 0, 1, 0, 0],
            _ => Vec::new(),
        });
        assert_eq!(ask(&login), Some(Listener::Login));
        let plain = server(2, |asked| match asked {
            asked if asked == API_VERSIONS => vec![0, 0, 0, 6, 0, 0, 0, 1, 0, 0],
            asked if asked == METADATA => vec![0, 0, 0, 4, 0, 0, 0, 2],
            _ => Vec::new(),
        });
        assert_eq!(ask(&plain), Some(Listener::Plain));
        let other = server(2, |_| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
        assert_eq!(ask(&other), None);
    }

    #[test]
    fn a_name_is_asked_at_each_of_its_addresses_and_several_at_once() {
        let tls = server(1, |_| vec![0x16, 3, 3, 0, 2, 2, 40]);
        // It leads to ::1 as well on most machines, where nobody listens.
        let name = Address::new("localhost", tls.port()).unwrap();
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = of(&silent);
        let start = Instant::now();
        let found = ask_all(&[silent.clone(), name, silent, nowhere()]);
        assert_eq!(found, [None, Some(Listener::Tls), None, None]);
        assert!(start.elapsed() < PATIENCE * 2);
    }

    #[test]
    fn a_broker_that_is_slow_to_answer_wants_no_login() {
        // Nothing follows from what does not come in time.
        let slow = server(2, |asked| match asked {
            asked if asked == API_VERSIONS => vec![0, 0, 0, 6, 0, 0, 0, 1, 0, 0],
            asked if asked == METADATA => {
                thread::sleep(PATIENCE * 2);
                Vec::new()
            }
            _ => Vec::new(),
        });
        assert_eq!(ask(&slow), None);
    }

    #[test]
    fn who_never_answers_does_not_hold_it_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let start = Instant::now();
        assert_eq!(ask(&of(&listener)), None);
        assert!(start.elapsed() < PATIENCE * 2);
        assert_eq!(ask(&"127.0.0.1:1".parse().unwrap()), None);
        assert_eq!(ask(&nowhere()), None);
    }

    #[test]
    fn the_hello_is_as_long_as_it_says() {
        assert_eq!(usize::from(CLIENT_HELLO[4]), CLIENT_HELLO.len() - 5);
        assert_eq!(usize::from(CLIENT_HELLO[8]), CLIENT_HELLO.len() - 9);
    }
}
