//! Requests of Kafka's protocol on a connection, and those that tell whether a broker can serve
//! groups and producers at once.
//!
//! A broker makes the topic `__consumer_offsets` when it is first asked for a group's coordinator,
//! and then loads its 50 partitions one after the other. Until then the first consumer has to wait.
//! The broker fetches a block of producer ids when it is first asked for one. Until then the first
//! producer has to wait, with librdkafka half a second. Kafka's own tools start a JVM for each
//! question, and do not tell "not yet" from "no".
//!
//! Each is sent in the lowest version that can say it, which brokers from 0.11 to 4.3 understand.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::{Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    DescribeGroupsRequest, FindCoordinatorRequest, GroupId, InitProducerIdRequest, RequestHeader,
    ResponseHeader,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};

const CLIENT_ID: &str = "xtask";
/// The type of coordinator that FindCoordinator asks for.
const TRANSACTIONS: i8 = 1;

/// How long a broker may take to answer.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// No answer to these requests comes near this, so a longer one is not Kafka.
const MAX_RESPONSE: usize = 1 << 20;

/// A connection to a broker, on which every answer must come within `patience`.
///
/// # Errors
/// Nobody listens there.
pub fn connect_within(address: &str, patience: Duration) -> Result<TcpStream> {
    let open = || -> io::Result<TcpStream> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        // `localhost` is often IPv6 first, where a container's port is not published.
        for address in address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, patience) {
                Ok(connection) => {
                    connection.set_read_timeout(Some(patience))?;
                    connection.set_write_timeout(Some(patience))?;
                    connection.set_nodelay(true)?;
                    return Ok(connection);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    };
    open().with_context(|| format!("cannot reach the broker at {address}"))
}

/// Sends a request in this version, and returns the answer.
///
/// The decoder makes room for as many elements as an answer claims. That would be no way to treat
/// an untrusted peer; here it is a broker that was started for this run.
pub(crate) fn ask<R: Request>(
    connection: &mut (impl Read + Write),
    version: i16,
    request: &R,
) -> io::Result<R::Response> {
    let mut frame = BytesMut::new();
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_client_id(Some(text(CLIENT_ID)));
    header
        .encode(&mut frame, R::header_version(version))
        .and_then(|()| request.encode(&mut frame, version))
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error.to_string()))?;
    let length = i32::try_from(frame.len()).map_err(io::Error::other)?;
    connection.write_all(&[&length.to_be_bytes(), &frame[..]].concat())?;

    let mut size = [0; 4];
    connection.read_exact(&mut size)?;
    let size = usize::try_from(i32::from_be_bytes(size)).unwrap_or(0);
    if !(4..=MAX_RESPONSE).contains(&size) {
        return Err(not_kafka("an impossible length"));
    }
    let mut answer = vec![0; size];
    connection.read_exact(&mut answer)?;
    // One request at a time: the correlation id needs no look.
    let mut answer = Bytes::from(answer);
    ResponseHeader::decode(&mut answer, R::Response::header_version(version))
        .and_then(|_| R::Response::decode(&mut answer, version))
        .map_err(|error| not_kafka(&error.to_string()))
}

/// A text as the protocol's types hold it.
pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn not_kafka(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not an answer of Kafka: {what}"))
}

/// Groups that do not exist, one for each partition of `__consumer_offsets`.
///
/// A group's partition follows from the hash of its name. Names whose last characters follow each
/// other have hashes that follow each other.
pub fn one_group_per_partition() -> Vec<String> {
    (b'0'..).take(50).map(|last| format!("xtask-{}", char::from(last))).collect()
}

/// Asks which broker coordinates a group, which makes the offsets topic where it is not there yet.
///
/// Returns the broker's id, or none while there is no coordinator.
///
/// # Errors
/// The connection broke, or it is not Kafka that answers.
pub fn coordinator_of(
    connection: &mut (impl Read + Write),
    group: &str,
) -> io::Result<Option<i32>> {
    let answer = ask(connection, 0, &FindCoordinatorRequest::default().with_key(text(group)))?;
    Ok((answer.error_code == 0).then_some(answer.node_id.0))
}

/// Asks which broker coordinates a transactional id, which makes the topic of transactions where it
/// is not there yet.
///
/// Returns whether there is a coordinator already.
///
/// # Errors
/// The connection broke, or it is not Kafka that answers.
pub fn has_transaction_coordinator(
    connection: &mut (impl Read + Write),
    transactional_id: &str,
) -> io::Result<bool> {
    let request = FindCoordinatorRequest::default().with_key(text(transactional_id));
    // Version 0 knows of groups alone.
    Ok(ask(connection, 1, &request.with_key_type(TRANSACTIONS))?.error_code == 0)
}

/// Asks about groups that do not exist, and returns those that this broker coordinates and has
/// loaded.
///
/// # Errors
/// The connection broke, or it is not Kafka that answers.
pub fn served_groups(
    connection: &mut (impl Read + Write),
    groups: &[String],
) -> io::Result<Vec<String>> {
    let groups = groups.iter().map(|group| GroupId(text(group))).collect();
    let answer = ask(connection, 0, &DescribeGroupsRequest::default().with_groups(groups))?;
    let not_here = [
        ResponseError::CoordinatorLoadInProgress.code(),
        ResponseError::CoordinatorNotAvailable.code(),
        ResponseError::NotCoordinator.code(),
    ];
    let served = answer.groups.iter().filter(|group| !not_here.contains(&group.error_code));
    Ok(served.map(|group| group.group_id.to_string()).collect())
}

/// Asks for a producer id, as every idempotent producer does first. Returns whether the broker has
/// one to give.
///
/// # Errors
/// The connection broke, or it is not Kafka that answers.
pub fn has_producer_ids(connection: &mut (impl Read + Write)) -> io::Result<bool> {
    let request = InitProducerIdRequest::default().with_transactional_id(None);
    Ok(ask(connection, 0, &request)?.error_code == 0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Cursor;

    use super::*;

    /// A broker that takes anything and gives one prepared answer.
    struct Broker {
        answer: Cursor<Vec<u8>>,
        asked: Vec<u8>,
    }

    impl Broker {
        fn answering(body: &[u8]) -> Self {
            let mut answer = ((body.len() + 4) as i32).to_be_bytes().to_vec();
            answer.extend([0; 4]);
            answer.extend(body);
            Self { answer: Cursor::new(answer), asked: Vec::new() }
        }
    }

    impl Read for Broker {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.answer.read(buffer)
        }
    }

    impl Write for Broker {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.asked.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn described(groups: &[(&str, i16)]) -> Vec<u8> {
        let mut body = (groups.len() as i32).to_be_bytes().to_vec();
        for (group, error) in groups {
            body.extend(error.to_be_bytes());
            for string in [group, "Dead", "", ""] {
                body.extend((string.len() as i16).to_be_bytes());
                body.extend(string.as_bytes());
            }
            body.extend(0_i32.to_be_bytes());
        }
        body
    }

    #[test]
    fn the_groups_cover_all_fifty_partitions() {
        let partitions: BTreeSet<i32> = one_group_per_partition()
            .iter()
            .map(|group| {
                // Java's String.hashCode, and Kafka's way from there to a partition.
                let hash = group
                    .bytes()
                    .fold(0_i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)));
                (hash & i32::MAX) % 50
            })
            .collect();
        assert_eq!(partitions.len(), 50);
    }

    /// An answer that names a coordinator, or says why there is none.
    fn coordinator(error: i16, id: i32) -> Vec<u8> {
        let (no_host, no_port) = ([0; 2], [0; 4]);
        [&error.to_be_bytes()[..], &id.to_be_bytes(), &no_host, &no_port].concat()
    }

    #[test]
    fn a_request_is_framed_as_kafka_wants_it() {
        let mut broker = Broker::answering(&coordinator(0, 3));
        assert_eq!(coordinator_of(&mut broker, "g").unwrap(), Some(3));
        assert_eq!(broker.asked, b"\0\0\0\x12\0\x0a\0\0\0\0\0\0\0\x05xtask\0\x01g");
    }

    #[test]
    fn no_coordinator_yet() {
        let mut broker = Broker::answering(&coordinator(15, -1));
        assert_eq!(coordinator_of(&mut broker, "g").unwrap(), None);
    }

    #[test]
    fn a_transactional_id_has_a_coordinator_of_its_own_kind() {
        // How long the client has to wait; behind the error, what it means.
        let answer = |error: i16| {
            let no_words = (-1_i16).to_be_bytes();
            [&[0; 4], &error.to_be_bytes()[..], &no_words, &coordinator(0, 1)[2..]].concat()
        };
        let mut broker = Broker::answering(&answer(0));
        assert!(has_transaction_coordinator(&mut broker, "g").unwrap());
        assert_eq!(broker.asked, b"\0\0\0\x13\0\x0a\0\x01\0\0\0\0\0\x05xtask\0\x01g\x01");
        let mut loading = Broker::answering(&answer(15));
        assert!(!has_transaction_coordinator(&mut loading, "g").unwrap());
    }

    #[test]
    fn a_producer_id_is_asked_for_without_a_transaction() {
        let answer = |error: i16| {
            let (not_throttled, id, epoch) = ([0; 4], [0; 8], [0; 2]);
            [&not_throttled[..], &error.to_be_bytes(), &id, &epoch].concat()
        };
        let mut broker = Broker::answering(&answer(0));
        assert!(has_producer_ids(&mut broker).unwrap());
        assert_eq!(broker.asked, b"\0\0\0\x15\0\x16\0\0\0\0\0\0\0\x05xtask\xff\xff\0\0\0\0");
        let mut loading = Broker::answering(&answer(14));
        assert!(!has_producer_ids(&mut loading).unwrap());
    }

    #[test]
    fn only_groups_that_are_loaded_here_are_served() {
        let answer = described(&[("a", 0), ("b", 14), ("c", 16), ("d", 0)]);
        let served = served_groups(&mut Broker::answering(&answer), &["a".to_owned()]).unwrap();
        assert_eq!(served, ["a", "d"]);
    }

    #[test]
    fn a_broker_that_hangs_up_is_an_error() {
        let mut gone = Broker { answer: Cursor::new(Vec::new()), asked: Vec::new() };
        let error = coordinator_of(&mut gone, "g").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_web_server_is_not_kafka() {
        let mut web = Broker {
            answer: Cursor::new(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
            asked: Vec::new(),
        };
        let error = coordinator_of(&mut web, "g").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_cut_answer_is_an_error() {
        let answer = described(&[("a", 0)]);
        for cut in 0..answer.len() {
            assert!(
                served_groups(&mut Broker::answering(&answer[..cut]), &[]).is_err(),
                "cut at {cut}"
            );
        }
    }
}
