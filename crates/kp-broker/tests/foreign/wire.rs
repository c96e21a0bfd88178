//! A client that speaks Kafka's protocol by the frame.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request};

use crate::running::DEADLINE;

/// One connection.
pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    sent: i32,
    unanswered: VecDeque<i32>,
}

impl Wire {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self { stream, sent: 0, unanswered: VecDeque::new() }
    }

    /// Sends a request and reads its answer.
    pub(crate) fn ask<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        self.send(version, request);
        self.receive::<R>(version)
    }

    pub(crate) fn send<R: Request>(&mut self, version: i16, request: &R) {
        self.tell(version, request);
        self.unanswered.push_back(self.sent);
    }

    /// A request that is not answered.
    pub(crate) fn tell<R: Request>(&mut self, version: i16, request: &R) {
        self.sent += 1;
        let frame = frame(version, self.sent, request);
        self.stream.write_all(&frame).unwrap();
    }

    /// Reads the next answer, which must be the one to the next request, in this version, and
    /// whole.
    pub(crate) fn receive<R: Request>(&mut self, version: i16) -> R::Response {
        let frame = self.frame();
        let mut bytes = frame.as_slice();
        let header = R::Response::header_version(version);
        let header = ResponseHeader::decode(&mut bytes, header).unwrap();
        assert_eq!(Some(header.correlation_id), self.unanswered.pop_front());
        let answer = R::Response::decode(&mut bytes, version)
            .unwrap_or_else(|error| panic!("{} version {version}: {error}", R::KEY));
        assert!(bytes.is_empty(), "{} version {version}: {bytes:?}", R::KEY);
        answer
    }

    /// Reads the next frame, without its length.
    pub(crate) fn frame(&mut self) -> Vec<u8> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).unwrap();
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.stream.read_exact(&mut frame).unwrap();
        frame
    }

    /// Whether the broker has ended the connection, within the deadline.
    pub(crate) fn is_cut(&mut self) -> bool {
        let mut answer = [0; 1024];
        loop {
            match self.stream.read(&mut answer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        }
    }
}

/// A request as a frame.
pub(crate) fn frame<R: Request>(version: i16, correlation: i32, request: &R) -> Vec<u8> {
    let mut frame = vec![0; 4];
    RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation)
        .with_client_id(Some("wire".to_owned().into()))
        .encode(&mut frame, R::header_version(version))
        .unwrap();
    request
        .encode(&mut frame, version)
        .unwrap_or_else(|error| panic!("{} version {version}: {error}", R::KEY));
    let length = u32::try_from(frame.len() - 4).unwrap();
    frame[..4].copy_from_slice(&length.to_be_bytes());
    frame
}
