//! How many messages a topic holds, asked of the brokers themselves.
//!
//! This is what every run is checked by, so none of our programs has a part in it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use crate::kafka::metadata::{Metadata, connect};
use crate::kafka::protocol::{Request, Response};

const LIST_OFFSETS: i16 = 2;
/// Version 0 of ListOffsets is gone from Kafka 4.
const LIST_OFFSETS_VERSION: i16 = 1;
const END: i64 = -1;
const NO_ERROR: i16 = 0;

/// The partitions of one topic, by the address of the broker that leads them.
type Leaders = BTreeMap<String, Vec<i32>>;

/// The sum of the end offsets of all partitions: of a topic that was never cleaned, its number of messages.
///
/// # Errors
/// The broker does not answer, or the topic has no leader.
pub(crate) fn end_of(topic: &str, bootstrap: &str) -> Result<u64> {
    let first = bootstrap.split(',').next().unwrap_or(bootstrap);
    let leaders = leaders_in(&Metadata::of_topic(topic, first)?)
        .with_context(|| format!("the broker does not tell who leads the topic {topic}"))?;
    let mut total = 0;
    for (leader, partitions) in leaders {
        let answer = ends_request(topic, &partitions)?.exchange(&mut connect(&leader)?)?;
        total += sum_of_ends(&answer)?;
    }
    Ok(total)
}

fn leaders_in(metadata: &Metadata) -> Result<Leaders> {
    let mut leaders = Leaders::new();
    for partition in &metadata.partitions {
        let address = partition
            .leader
            .and_then(|leader| metadata.brokers.get(&leader))
            .with_context(|| format!("partition {} has no leader", partition.number))?;
        leaders
            .entry(address.clone())
            .or_default()
            .push(partition.number);
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
            if error != NO_ERROR {
                bail!("Kafka's error {error}");
            }
            total += u64::try_from(answer.int64()?).context("a negative end offset")?;
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::metadata::Partition;

    fn metadata(leader_of_second: Option<i32>) -> Metadata {
        let partition = |number, leader| Partition {
            topic: "t".to_owned(),
            number,
            leader,
            replicas: vec![1, 2],
            in_sync: vec![1, 2],
        };
        Metadata {
            brokers: BTreeMap::from([(1, "b:9093".to_owned()), (2, "a:9092".to_owned())]),
            partitions: vec![partition(0, Some(1)), partition(1, leader_of_second)],
        }
    }

    #[test]
    fn partitions_are_asked_of_the_broker_that_leads_them() {
        let expected = Leaders::from([("a:9092".into(), vec![1]), ("b:9093".into(), vec![0])]);
        assert_eq!(leaders_in(&metadata(Some(2))).unwrap(), expected);
    }

    #[test]
    fn a_partition_without_a_leader_is_an_error() {
        let error = leaders_in(&metadata(None)).unwrap_err().to_string();
        assert_eq!(error, "partition 1 has no leader");
    }

    #[test]
    fn the_ends_of_all_partitions_add_up() {
        let string = [0, 1, b't'].to_vec();
        let mut answer = [vec![0, 0, 0, 1], string, vec![0, 0, 0, 2]].concat();
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
