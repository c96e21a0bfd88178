//! What a broker knows of the cluster: which brokers there are, and who leads and holds each partition.

use std::collections::BTreeMap;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::kafka::protocol::{Request, Response};

const METADATA: i16 = 3;
const NO_ERROR: i16 = 0;
/// Told while a broker is away, with all else that is known.
const REPLICA_NOT_AVAILABLE: i16 = 9;
const LEADER_NOT_AVAILABLE: i16 = 5;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// One broker's answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// The addresses of the brokers that are there, by their ids.
    pub(crate) brokers: BTreeMap<i32, String>,
    pub(crate) partitions: Vec<Partition>,
}

/// A partition of a topic.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) topic: String,
    pub(crate) number: i32,
    /// None while nobody leads it.
    pub(crate) leader: Option<i32>,
    pub(crate) replicas: Vec<i32>,
    pub(crate) in_sync: Vec<i32>,
}

impl Metadata {
    /// Of one topic, as the broker at this address knows it. A broker may make a topic that is asked for and not there.
    ///
    /// # Errors
    /// The broker does not answer, or does not know the topic.
    pub(crate) fn of_topic(topic: &str, address: &str) -> Result<Self> {
        Self::of(&[topic], address)
    }

    /// Of all topics, Kafka's own too.
    ///
    /// # Errors
    /// The broker does not answer.
    pub(crate) fn of_all(address: &str) -> Result<Self> {
        Self::of(&[], address)
    }

    fn of(topics: &[&str], address: &str) -> Result<Self> {
        let mut request = Request::of_version(METADATA, 0);
        request.int32(i32::try_from(topics.len())?);
        for topic in topics {
            request.string(topic);
        }
        let answer = request.exchange(&mut connect(address)?)?;
        Self::read(&answer)
    }

    fn read(answer: &[u8]) -> Result<Self> {
        let mut answer = Response(answer);
        let mut metadata = Self::default();
        for _ in 0..answer.int32()? {
            let (id, host, port) = (answer.int32()?, answer.string()?, answer.int32()?);
            metadata.brokers.insert(id, format!("{host}:{port}"));
        }
        for _ in 0..answer.int32()? {
            let (error, topic) = (answer.int16()?, answer.string()?);
            fail_on(error, &topic)?;
            for _ in 0..answer.int32()? {
                metadata
                    .partitions
                    .push(partition_in(&mut answer, topic.clone())?);
            }
        }
        Ok(metadata)
    }
}

fn partition_in(answer: &mut Response<'_>, topic: String) -> Result<Partition> {
    let (error, number, leader) = (answer.int16()?, answer.int32()?, answer.int32()?);
    fail_on(error, &topic)?;
    Ok(Partition {
        topic,
        number,
        leader: (leader >= 0).then_some(leader),
        replicas: int32s_in(answer)?,
        in_sync: int32s_in(answer)?,
    })
}

fn int32s_in(answer: &mut Response<'_>) -> io::Result<Vec<i32>> {
    (0..answer.int32()?).map(|_| answer.int32()).collect()
}

fn fail_on(error: i16, topic: &str) -> Result<()> {
    if ![NO_ERROR, LEADER_NOT_AVAILABLE, REPLICA_NOT_AVAILABLE].contains(&error) {
        bail!("the broker answers with Kafka's error {error} when asked for the topic {topic}");
    }
    Ok(())
}

/// A connection to a broker, on which every answer must come soon.
///
/// # Errors
/// Nobody listens there.
pub(crate) fn connect(address: &str) -> Result<TcpStream> {
    connect_within(address, ANSWER_WITHIN)
}

/// As [`connect`], with another patience.
///
/// # Errors
/// Nobody listens there.
pub(crate) fn connect_within(address: &str, patience: Duration) -> Result<TcpStream> {
    let open = || -> io::Result<TcpStream> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        // `localhost` is often IPv6 first, where a container's port is not published.
        for address in address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, patience) {
                Ok(connection) => {
                    connection.set_read_timeout(Some(patience))?;
                    connection.set_write_timeout(Some(patience))?;
                    return Ok(connection);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    };
    open().with_context(|| format!("cannot reach the broker at {address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Vec<u8> {
        let mut bytes = (text.len() as i16).to_be_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes
    }

    fn int32s(values: &[i32]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| value.to_be_bytes())
            .collect()
    }

    fn answer(topic_error: i16, leader_of_second: i32) -> Vec<u8> {
        let mut answer = int32s(&[2, 1]);
        answer.extend([string("a"), int32s(&[9092, 2])].concat());
        answer.extend([string("b"), int32s(&[9093, 1])].concat());
        answer.extend(topic_error.to_be_bytes());
        answer.extend([string("t"), int32s(&[2])].concat());
        for (partition, leader) in [(0, 1), (1, leader_of_second)] {
            answer.extend([0, 0]);
            answer.extend(int32s(&[partition, leader, 2, 1, 2, 1, leader]));
        }
        answer
    }

    #[test]
    fn brokers_leaders_and_replicas_are_read() {
        let metadata = Metadata::read(&answer(0, 2)).unwrap();
        assert_eq!(metadata.brokers[&2], "b:9093");
        let second = Partition {
            topic: "t".to_owned(),
            number: 1,
            leader: Some(2),
            replicas: vec![1, 2],
            in_sync: vec![2],
        };
        assert_eq!(metadata.partitions[1], second);
    }

    #[test]
    fn a_partition_may_be_without_a_leader() {
        let metadata = Metadata::read(&answer(0, -1)).unwrap();
        assert_eq!(metadata.partitions[1].leader, None);
    }

    #[test]
    fn a_topic_that_is_unknown_is_an_error() {
        let unknown = 3;
        let error = Metadata::read(&answer(unknown, 2)).unwrap_err().to_string();
        assert!(
            error.contains("Kafka's error 3") && error.contains("topic t"),
            "{error}"
        );
    }

    #[test]
    fn a_cut_answer_is_an_error() {
        let answer = answer(0, 2);
        for cut in 0..answer.len() {
            assert!(Metadata::read(&answer[..cut]).is_err(), "cut at {cut}");
        }
    }
}
