//! How many messages a topic holds, asked of the brokers themselves.
//!
//! This is what every run is checked by, so none of the programs that are measured has a part in it.

use std::collections::BTreeMap;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::kafka_protocol::{Request, Response};

const LIST_OFFSETS: i16 = 2;
const METADATA: i16 = 3;
/// Version 0 of ListOffsets is gone from Kafka 4.
const LIST_OFFSETS_VERSION: i16 = 1;
const END: i64 = -1;
const NO_ERROR: i16 = 0;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The partitions of one topic, by the address of the broker that leads them.
type Leaders = BTreeMap<String, Vec<i32>>;

/// The sum of the end offsets of all partitions: of a topic that was never cleaned, its number of messages.
///
/// # Errors
/// The broker does not answer, or the topic has no leader.
pub(super) fn end_of(topic: &str, bootstrap: &str) -> Result<u64> {
    let mut total = 0;
    for (leader, partitions) in leaders(topic, bootstrap)? {
        let answer = ends_request(topic, &partitions)?.exchange(&mut connect(&leader)?)?;
        total += sum_of_ends(&answer)?;
    }
    Ok(total)
}

fn leaders(topic: &str, bootstrap: &str) -> Result<Leaders> {
    let first = bootstrap.split(',').next().unwrap_or(bootstrap);
    let mut request = Request::of_version(METADATA, 0);
    request.int32(1);
    request.string(topic);
    let answer = request.exchange(&mut connect(first)?)?;
    leaders_in(&answer)
        .with_context(|| format!("the broker does not tell who leads the topic {topic}"))
}

fn leaders_in(answer: &[u8]) -> Result<Leaders> {
    let mut answer = Response(answer);
    let mut addresses = BTreeMap::new();
    for _ in 0..answer.int32()? {
        let (node, host, port) = (answer.int32()?, answer.string()?, answer.int32()?);
        addresses.insert(node, format!("{host}:{port}"));
    }
    let mut leaders = Leaders::new();
    for _ in 0..answer.int32()? {
        let (error, _name) = (answer.int16()?, answer.string()?);
        fail_on(error)?;
        for _ in 0..answer.int32()? {
            let (error, partition, leader) = (answer.int16()?, answer.int32()?, answer.int32()?);
            fail_on(error)?;
            for _replicas_then_in_sync in 0..2 {
                for _ in 0..answer.int32()? {
                    answer.int32()?;
                }
            }
            let address = addresses
                .get(&leader)
                .with_context(|| format!("partition {partition} has no leader"))?;
            leaders.entry(address.clone()).or_default().push(partition);
        }
    }
    Ok(leaders)
}

fn ends_request(topic: &str, partitions: &[i32]) -> Result<Request> {
    let mut request = Request::of_version(LIST_OFFSETS, LIST_OFFSETS_VERSION);
    let not_a_replica = -1;
    request.int32(not_a_replica);
    request.int32(1);
    request.string(topic);
    request.int32(i32::try_from(partitions.len())?);
    for partition in partitions {
        request.int32(*partition);
        request.int64(END);
    }
    Ok(request)
}

fn sum_of_ends(answer: &[u8]) -> Result<u64> {
    let mut answer = Response(answer);
    let mut total = 0;
    for _ in 0..answer.int32()? {
        let _name = answer.string()?;
        for _ in 0..answer.int32()? {
            let (_partition, error, _timestamp) =
                (answer.int32()?, answer.int16()?, answer.int64()?);
            fail_on(error)?;
            total += u64::try_from(answer.int64()?).context("a negative end offset")?;
        }
    }
    Ok(total)
}

fn fail_on(error: i16) -> Result<()> {
    if error != NO_ERROR {
        bail!("Kafka's error {error}");
    }
    Ok(())
}

fn connect(address: &str) -> Result<TcpStream> {
    let open = || -> io::Result<TcpStream> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        // `localhost` is often IPv6 first, where a container's port is not published.
        for address in address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, ANSWER_WITHIN) {
                Ok(connection) => {
                    connection.set_read_timeout(Some(ANSWER_WITHIN))?;
                    connection.set_write_timeout(Some(ANSWER_WITHIN))?;
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

    fn metadata(leader_of_second: i32) -> Vec<u8> {
        let mut answer = int32s(&[2, 1]);
        answer.extend([string("a"), int32s(&[9092, 2])].concat());
        answer.extend([string("b"), int32s(&[9093, 1])].concat());
        answer.extend([vec![0, 0], string("t"), int32s(&[2])].concat());
        for (partition, leader) in [(0, 1), (1, leader_of_second)] {
            answer.extend([0, 0]);
            answer.extend(int32s(&[partition, leader, 1, leader, 1, leader]));
        }
        answer
    }

    #[test]
    fn partitions_are_asked_of_the_broker_that_leads_them() {
        let expected = Leaders::from([("a:9092".into(), vec![0]), ("b:9093".into(), vec![1])]);
        assert_eq!(leaders_in(&metadata(2)).unwrap(), expected);
    }

    #[test]
    fn a_partition_without_a_leader_is_an_error() {
        let error = leaders_in(&metadata(-1)).unwrap_err().to_string();
        assert_eq!(error, "partition 1 has no leader");
    }

    #[test]
    fn the_ends_of_all_partitions_add_up() {
        let mut answer = [int32s(&[1]), string("t"), int32s(&[2])].concat();
        for (partition, end) in [(0_i32, 40_i64), (1, 2)] {
            answer.extend(partition.to_be_bytes());
            answer.extend([0, 0]);
            answer.extend((-1_i64).to_be_bytes());
            answer.extend(end.to_be_bytes());
        }
        assert_eq!(sum_of_ends(&answer).unwrap(), 42);
        assert!(sum_of_ends(&answer[..answer.len() - 1]).is_err());
    }
}
