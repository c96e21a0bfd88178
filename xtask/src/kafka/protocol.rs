//! Four requests of the Kafka protocol, enough to learn whether a broker can serve groups and producers at once.
//!
//! A broker makes the topic `__consumer_offsets` when it is first asked for a group's coordinator, and then
//! loads its 50 partitions one after the other; until then the first consumer would have to wait. And it
//! fetches a block of producer ids when it is first asked for one; until then the first producer would have
//! to wait, half a second in librdkafka's case. Asking by Kafka's own tools costs a JVM each time, and they
//! do not tell "not yet" from "no".
//!
//! All are spoken in the lowest version that can say it, which brokers from 0.11 to 4.3 understand.

use std::io::{self, Read, Write};

const FIND_COORDINATOR: i16 = 10;
const DESCRIBE_GROUPS: i16 = 15;
const INIT_PRODUCER_ID: i16 = 22;
const CLIENT_ID: &str = "xtask";

/// Kafka's error codes that mean "ask again" or "ask another broker".
const LOAD_IN_PROGRESS: i16 = 14;
const NOT_AVAILABLE: i16 = 15;
const NOT_COORDINATOR: i16 = 16;

/// No answer to these requests comes near this, so a longer one is not Kafka.
const MAX_RESPONSE: usize = 1 << 20;

/// Groups that do not exist, one for each partition of `__consumer_offsets`: a group's partition is its
/// name's hash, and names that differ in their last character by one have hashes that differ by one.
pub(crate) fn one_group_per_partition() -> Vec<String> {
    (b'0'..)
        .take(50)
        .map(|last| format!("xtask-{}", char::from(last)))
        .collect()
}

/// Asks which broker coordinates a group, which makes the offsets topic where it is not there yet.
///
/// Returns the broker's id, or none while there is no coordinator.
///
/// # Errors
/// The connection broke, or it is not Kafka that answers.
pub(crate) fn coordinator_of(
    connection: &mut (impl Read + Write),
    group: &str,
) -> io::Result<Option<i32>> {
    let mut request = Request::new(FIND_COORDINATOR);
    request.string(group);
    let response = request.exchange(connection)?;
    let mut response = Response(&response);
    let error = response.int16()?;
    (error == 0).then(|| response.int32()).transpose()
}

/// Asks which broker coordinates a transactional id, which makes the topic of transactions where it is not there yet.
///
/// Returns whether there is a coordinator already.
///
/// # Errors
/// The connection broke, or it is not Kafka that answers.
pub(crate) fn has_transaction_coordinator(
    connection: &mut (impl Read + Write),
    transactional_id: &str,
) -> io::Result<bool> {
    // Version 0 knows of groups alone.
    let mut request = Request::of_version(FIND_COORDINATOR, 1);
    request.string(transactional_id);
    let transactions = 1;
    request.int8(transactions);
    let response = request.exchange(connection)?;
    let mut response = Response(&response);
    let _throttled_for = response.int32()?;
    Ok(response.int16()? == 0)
}

/// Asks about groups that do not exist, and returns those that this broker coordinates and has loaded.
///
/// # Errors
/// The connection broke, or it is not Kafka that answers.
pub(crate) fn served_groups(
    connection: &mut (impl Read + Write),
    groups: &[String],
) -> io::Result<Vec<String>> {
    let mut request = Request::new(DESCRIBE_GROUPS);
    request.int32(length(groups.len())?);
    for group in groups {
        request.string(group);
    }
    let response = request.exchange(connection)?;
    let mut response = Response(&response);
    let count = response.int32()?;
    let mut served = Vec::new();
    for _ in 0..count {
        let error = response.int16()?;
        let group = response.string()?;
        let _state = response.string()?;
        let _protocol_type = response.string()?;
        let _protocol = response.string()?;
        if response.int32()? != 0 {
            return Err(not_kafka("a group that does not exist has members"));
        }
        if ![LOAD_IN_PROGRESS, NOT_AVAILABLE, NOT_COORDINATOR].contains(&error) {
            served.push(group);
        }
    }
    Ok(served)
}

/// Asks for a producer id, as every idempotent producer does first. Returns whether the broker has one to give.
///
/// # Errors
/// The connection broke, or it is not Kafka that answers.
pub(crate) fn has_producer_ids(connection: &mut (impl Read + Write)) -> io::Result<bool> {
    let mut request = Request::new(INIT_PRODUCER_ID);
    let no_transactional_id = -1;
    request.int16(no_transactional_id);
    let transaction_timeout = 0;
    request.int32(transaction_timeout);
    let response = request.exchange(connection)?;
    let mut response = Response(&response);
    let _throttled_for = response.int32()?;
    Ok(response.int16()? == 0)
}

/// A request with its header, without the length in front.
pub(crate) struct Request(Vec<u8>);

impl Request {
    fn new(api_key: i16) -> Self {
        Self::of_version(api_key, 0)
    }

    /// The header of a request; its fields follow.
    pub(crate) fn of_version(api_key: i16, version: i16) -> Self {
        let mut request = Self(Vec::new());
        request.int16(api_key);
        request.int16(version);
        let correlation_id = 0;
        request.int32(correlation_id);
        request.string(CLIENT_ID);
        request
    }

    fn int8(&mut self, value: i8) {
        self.0.extend(value.to_be_bytes());
    }

    pub(crate) fn int16(&mut self, value: i16) {
        self.0.extend(value.to_be_bytes());
    }

    pub(crate) fn int32(&mut self, value: i32) {
        self.0.extend(value.to_be_bytes());
    }

    pub(crate) fn int64(&mut self, value: i64) {
        self.0.extend(value.to_be_bytes());
    }

    /// All strings that are sent are short names of our own.
    pub(crate) fn string(&mut self, value: &str) {
        self.int16(value.len() as i16);
        self.0.extend(value.as_bytes());
    }

    /// Bytes with their length in front.
    pub(crate) fn bytes(&mut self, value: &[u8]) -> io::Result<()> {
        self.int32(length(value.len())?);
        self.0.extend(value);
        Ok(())
    }

    /// Sends the request and returns the body of the response.
    pub(crate) fn exchange(self, connection: &mut (impl Read + Write)) -> io::Result<Vec<u8>> {
        let mut framed = length(self.0.len())?.to_be_bytes().to_vec();
        framed.extend(self.0);
        connection.write_all(&framed)?;

        let mut size = [0; 4];
        connection.read_exact(&mut size)?;
        let size = usize::try_from(i32::from_be_bytes(size))
            .map_err(|_| not_kafka("a negative length"))?;
        if !(4..=MAX_RESPONSE).contains(&size) {
            return Err(not_kafka("an impossible length"));
        }
        let mut response = vec![0; size];
        connection.read_exact(&mut response)?;
        // One request at a time: the correlation id needs no look.
        Ok(response.split_off(4))
    }
}

/// What is left to read of a response.
pub(crate) struct Response<'a>(pub(crate) &'a [u8]);

impl Response<'_> {
    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn int16(&mut self) -> io::Result<i16> {
        self.bytes().map(i16::from_be_bytes)
    }

    pub(crate) fn int32(&mut self) -> io::Result<i32> {
        self.bytes().map(i32::from_be_bytes)
    }

    pub(crate) fn int64(&mut self) -> io::Result<i64> {
        self.bytes().map(i64::from_be_bytes)
    }

    pub(crate) fn string(&mut self) -> io::Result<String> {
        let length = usize::try_from(self.int16()?).map_err(|_| not_kafka("a negative length"))?;
        let (string, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        self.0 = rest;
        String::from_utf8(string.to_vec()).map_err(|_| not_kafka("a name that is not UTF-8"))
    }
}

fn length(length: usize) -> io::Result<i32> {
    i32::try_from(length).map_err(|_| not_kafka("a request beyond 2 GiB"))
}

fn not_kafka(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("not an answer of Kafka: {what}"),
    )
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
            Self {
                answer: Cursor::new(answer),
                asked: Vec::new(),
            }
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
                let hash = group.bytes().fold(0_i32, |hash, byte| {
                    hash.wrapping_mul(31).wrapping_add(i32::from(byte))
                });
                (hash & i32::MAX) % 50
            })
            .collect();
        assert_eq!(partitions.len(), 50);
    }

    #[test]
    fn a_request_is_framed_as_kafka_wants_it() {
        let mut broker = Broker::answering(&[0, 0, 0, 0, 0, 3]);
        assert_eq!(coordinator_of(&mut broker, "g").unwrap(), Some(3));
        assert_eq!(
            broker.asked,
            b"\0\0\0\x12\0\x0a\0\0\0\0\0\0\0\x05xtask\0\x01g"
        );
    }

    #[test]
    fn no_coordinator_yet() {
        let mut broker = Broker::answering(&NOT_AVAILABLE.to_be_bytes());
        assert_eq!(coordinator_of(&mut broker, "g").unwrap(), None);
    }

    #[test]
    fn a_transactional_id_has_a_coordinator_of_its_own_kind() {
        let mut broker = Broker::answering(&[0, 0, 0, 0, 0, 0]);
        assert!(has_transaction_coordinator(&mut broker, "g").unwrap());
        assert_eq!(
            broker.asked,
            b"\0\0\0\x13\0\x0a\0\x01\0\0\0\0\0\x05xtask\0\x01g\x01"
        );
        let mut loading = Broker::answering(&[0, 0, 0, 0, 0, 15]);
        assert!(!has_transaction_coordinator(&mut loading, "g").unwrap());
    }

    #[test]
    fn a_producer_id_is_asked_for_without_a_transaction() {
        let mut broker = Broker::answering(&[0, 0, 0, 0, 0, 0]);
        assert!(has_producer_ids(&mut broker).unwrap());
        assert_eq!(
            broker.asked,
            b"\0\0\0\x15\0\x16\0\0\0\0\0\0\0\x05xtask\xff\xff\0\0\0\0"
        );
        let mut loading = Broker::answering(&[0, 0, 0, 0, 0, 14]);
        assert!(!has_producer_ids(&mut loading).unwrap());
    }

    #[test]
    fn only_groups_that_are_loaded_here_are_served() {
        let answer = described(&[
            ("a", 0),
            ("b", LOAD_IN_PROGRESS),
            ("c", NOT_COORDINATOR),
            ("d", 0),
        ]);
        let served = served_groups(&mut Broker::answering(&answer), &["a".to_owned()]).unwrap();
        assert_eq!(served, ["a", "d"]);
    }

    #[test]
    fn a_broker_that_hangs_up_is_an_error() {
        let mut gone = Broker {
            answer: Cursor::new(Vec::new()),
            asked: Vec::new(),
        };
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
