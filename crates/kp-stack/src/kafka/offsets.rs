//! How many messages a topic holds, asked of the brokers themselves.
//!
//! This is what every run is checked by, so none of our programs has a part in it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::{BrokerId, ListOffsetsRequest, ListOffsetsResponse, TopicName};

use crate::kafka::metadata::Metadata;
use crate::kafka::protocol::{ANSWER_WITHIN, ask, connect_within, text};

/// Version 0 of ListOffsets is gone from Kafka 4.
const VERSION: i16 = 1;
const END: i64 = -1;
const NOT_A_REPLICA: BrokerId = BrokerId(-1);

/// The partitions of one topic, by the address of the broker that leads them.
type Leaders = BTreeMap<String, Vec<i32>>;

/// The sum of the end offsets of all partitions: of a topic that was never cleaned, its number of
/// messages.
///
/// # Errors
/// The broker does not answer, or the topic has no leader.
pub fn end_of(topic: &str, bootstrap: &str) -> Result<u64> {
    let first = bootstrap.split(',').next().unwrap_or(bootstrap);
    let leaders = leaders_in(&Metadata::of_topic(topic, first)?)
        .with_context(|| format!("the broker does not tell who leads the topic {topic}"))?;
    let mut total = 0;
    for (leader, partitions) in leaders {
        total += ends_on(&leader, topic, &partitions)?;
    }
    Ok(total)
}

/// The same of a broker that is alone, asked at this address and not where it sends its clients:
/// past a relay, for instance.
///
/// # Errors
/// The broker does not answer, or does not lead the topic.
pub fn end_at(topic: &str, address: &str) -> Result<u64> {
    let partitions = Metadata::of_topic(topic, address)?.partitions;
    let partitions: Vec<_> = partitions.iter().map(|partition| partition.number).collect();
    ends_on(address, topic, &partitions)
}

fn ends_on(leader: &str, topic: &str, partitions: &[i32]) -> Result<u64> {
    let mut leader = connect_within(leader, ANSWER_WITHIN)?;
    sum_of_ends(&ask(&mut leader, VERSION, &ends_request(topic, partitions))?)
}

fn leaders_in(metadata: &Metadata) -> Result<Leaders> {
    let mut leaders = Leaders::new();
    for partition in &metadata.partitions {
        let address = partition
            .leader
            .and_then(|leader| metadata.brokers.get(&leader))
            .with_context(|| format!("partition {} has no leader", partition.number))?;
        leaders.entry(address.clone()).or_default().push(partition.number);
    }
    Ok(leaders)
}

fn ends_request(topic: &str, partitions: &[i32]) -> ListOffsetsRequest {
    let partitions = partitions.iter().map(|partition| {
        ListOffsetsPartition::default().with_partition_index(*partition).with_timestamp(END)
    });
    let topic = ListOffsetsTopic::default()
        .with_name(TopicName(text(topic)))
        .with_partitions(partitions.collect());
    ListOffsetsRequest::default().with_replica_id(NOT_A_REPLICA).with_topics(vec![topic])
}

fn sum_of_ends(answer: &ListOffsetsResponse) -> Result<u64> {
    let mut total = 0;
    for partition in answer.topics.iter().flat_map(|topic| &topic.partitions) {
        ensure!(partition.error_code == 0, "Kafka's error {}", partition.error_code);
        total += u64::try_from(partition.offset).context("a negative end offset")?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::list_offsets_response::{
        ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
    };

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
        let partition = |offset| ListOffsetsPartitionResponse::default().with_offset(offset);
        let answer = |partitions| {
            let topic = ListOffsetsTopicResponse::default().with_partitions(partitions);
            ListOffsetsResponse::default().with_topics(vec![topic])
        };
        assert_eq!(sum_of_ends(&answer(vec![partition(40), partition(2)])).unwrap(), 42);
        let refused = partition(40).with_error_code(6);
        let error = sum_of_ends(&answer(vec![refused])).unwrap_err().to_string();
        assert_eq!(error, "Kafka's error 6");
    }
}
