//! A connection of our own, and requests on it that need no client.
//!
//! librdkafka says of a connection only that it failed. Here each step of one is made by itself.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};

use crate::advice::Advice;

/// No answer to the requests of a doctor is as long as this, in bytes.
const LONGEST: usize = 1 << 20;

/// Something that bytes go through.
trait Channel: Read + Write + Send {}
impl<T: Read + Write + Send> Channel for T {}

/// A connection, on which every answer must have come before a deadline.
pub(crate) struct Wire {
    channel: Box<dyn Channel>,
    /// The same socket, for its time limits.
    socket: TcpStream,
    deadline: Instant,
    client_id: StrBytes,
    asked: i32,
}

/// What a handshake came to.
pub(crate) struct Secured {
    /// Protocol, certificate, time left, authority.
    pub(crate) words: String,
    /// What will soon be wrong with a certificate.
    pub(crate) doubt: Option<Advice>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// The connection was closed.
    HungUp,
    /// It did not come in time.
    TooLate,
    /// What came is no answer of Kafka's.
    NotKafka,
    /// TLS ended, for this reason of OpenSSL's.
    Tls(String),
}

impl Silence {
    /// In words, where this was asked or done.
    pub(crate) fn at(&self, what: &str) -> String {
        match self {
            Self::HungUp => format!("the broker hung up at {what}"),
            Self::TooLate => format!("no answer in time to {what}"),
            Self::NotKafka => format!("no answer of Kafka's to {what}"),
            Self::Tls(reason) => format!("TLS ended at {what}: {reason}"),
        }
    }
}

impl Wire {
    pub(crate) fn plain(stream: TcpStream, deadline: Instant, client_id: &str) -> Self {
        // Only out of descriptors it fails, and then the next read does.
        match stream.try_clone() {
            Ok(socket) => Self::new(stream, socket, deadline, client_id),
            Err(_) => Self::new(io::empty(), stream, deadline, client_id),
        }
    }

    /// A channel over a socket.
    pub(crate) fn new(
        channel: impl Read + Write + Send + 'static,
        socket: TcpStream,
        deadline: Instant,
        client_id: &str,
    ) -> Self {
        let client_id = StrBytes::from_string(client_id.to_owned());
        Self { channel: Box::new(channel), socket, deadline, client_id, asked: 0 }
    }

    /// Sends a request in this version, and returns the answer.
    pub(crate) fn ask<R: Request>(
        &mut self,
        version: i16,
        request: &R,
    ) -> Result<R::Response, Silence> {
        let mut answer = self.answer(version, request)?;
        R::Response::decode(&mut answer, version).map_err(|_| Silence::NotKafka)
    }

    /// As [`Wire::ask`], where the answer is an error code and a list with elements of at least so
    /// many bytes. The decoder makes room for as many as are claimed, and a peer that nobody has
    /// logged in to may claim anything.
    pub(crate) fn ask_for_list<R: Request>(
        &mut self,
        version: i16,
        request: &R,
        least: usize,
    ) -> Result<R::Response, Silence> {
        let mut answer = self.answer(version, request)?;
        let claimed = answer.get(2..6).and_then(|count| count.try_into().ok());
        let claimed = usize::try_from(claimed.map_or(-1, i32::from_be_bytes)).unwrap_or(usize::MAX);
        if claimed.saturating_mul(least) > answer.len() {
            return Err(Silence::NotKafka);
        }
        R::Response::decode(&mut answer, version).map_err(|_| Silence::NotKafka)
    }

    /// The answer's bytes behind its header.
    fn answer<R: Request>(&mut self, version: i16, request: &R) -> Result<Bytes, Silence> {
        self.asked += 1;
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.asked)
            .with_client_id(Some(self.client_id.clone()));
        let mut frame = BytesMut::new();
        header
            .encode(&mut frame, R::header_version(version))
            .and_then(|()| request.encode(&mut frame, version))
            .map_err(|_| Silence::NotKafka)?;
        let length = i32::try_from(frame.len()).map_err(|_| Silence::NotKafka)?;
        self.write(&[&length.to_be_bytes(), &frame[..]].concat())?;
        let mut answer = self.read_frame()?;
        let header = ResponseHeader::decode(&mut answer, R::Response::header_version(version))
            .map_err(|_| Silence::NotKafka)?;
        if header.correlation_id != self.asked {
            return Err(Silence::NotKafka);
        }
        Ok(answer)
    }

    fn read_frame(&mut self) -> Result<Bytes, Silence> {
        let mut size = [0; 4];
        self.read(&mut size)?;
        let size = usize::try_from(i32::from_be_bytes(size)).unwrap_or(0);
        if !(4..=LONGEST).contains(&size) {
            return Err(Silence::NotKafka);
        }
        let mut answer = vec![0; size];
        self.read(&mut answer)?;
        Ok(answer.into())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Silence> {
        self.limit()?;
        self.channel.write_all(bytes).and_then(|()| self.channel.flush()).map_err(|one| sort(&one))
    }

    fn read(&mut self, mut bytes: &mut [u8]) -> Result<(), Silence> {
        while !bytes.is_empty() {
            self.limit()?;
            match self.channel.read(bytes) {
                Ok(0) => return Err(Silence::HungUp),
                Ok(count) => bytes = &mut bytes[count..],
                Err(error) => return Err(sort(&error)),
            }
        }
        Ok(())
    }

    /// Sets the time that is left until the deadline.
    fn limit(&self) -> Result<(), Silence> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        // A socket takes no timeout of zero.
        if left < Duration::from_millis(1) {
            return Err(Silence::TooLate);
        }
        let set = |()| self.socket.set_write_timeout(Some(left));
        self.socket.set_read_timeout(Some(left)).and_then(set).map_err(|error| sort(&error))
    }
}

fn sort(error: &io::Error) -> Silence {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Silence::TooLate,
        // What OpenSSL says comes as an error of another kind.
        ErrorKind::Other => Silence::Tls(error.to_string()),
        _ => Silence::HungUp,
    }
}
