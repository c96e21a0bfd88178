//! What a broker knows of the cluster: which brokers there are, and who leads and holds each
//! partition.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{BrokerId, MetadataRequest, MetadataResponse, TopicName};

use crate::kafka::protocol::{ANSWER_WITHIN, ask, connect_within, text};

/// One broker's answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The addresses of the brokers that are there, by their ids.
    pub brokers: BTreeMap<i32, String>,
    /// The partitions of the topics that were asked for.
    pub partitions: Vec<Partition>,
}

/// A partition of a topic.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// The topic's name.
    pub topic: String,
    /// The partition's number.
    pub number: i32,
    /// None while nobody leads it.
    pub leader: Option<i32>,
    /// The ids of the brokers that keep a copy.
    pub replicas: Vec<i32>,
    /// Those whose copy is complete.
    pub in_sync: Vec<i32>,
}

impl Metadata {
    /// Of one topic, as the broker at this address knows it. A broker may create a topic that is
    /// asked for and does not exist.
    ///
    /// # Errors
    /// The broker does not answer, or does not know the topic.
    pub fn of_topic(topic: &str, address: &str) -> Result<Self> {
        Self::of(&[topic], address)
    }

    /// Of all topics, Kafka's own too.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn of_all(address: &str) -> Result<Self> {
        Self::of(&[], address)
    }

    fn of(topics: &[&str], address: &str) -> Result<Self> {
        let topics = topics
            .iter()
            .map(|topic| MetadataRequestTopic::default().with_name(Some(TopicName(text(topic)))));
        // In version 0 an empty list stands for all topics.
        let request = MetadataRequest::default().with_topics(Some(topics.collect()));
        Self::read(&ask(&mut connect_within(address, ANSWER_WITHIN)?, 0, &request)?)
    }

    fn read(answer: &MetadataResponse) -> Result<Self> {
        let address = |host: &str, port| format!("{host}:{port}");
        let brokers = answer.brokers.iter();
        let brokers =
            brokers.map(|broker| (broker.node_id.0, address(&broker.host, broker.port))).collect();
        let mut partitions = Vec::new();
        for topic in &answer.topics {
            let name = topic.name.as_ref().context("a topic without a name")?.as_str();
            fail_on(topic.error_code, name)?;
            for partition in &topic.partitions {
                fail_on(partition.error_code, name)?;
                let ids = |brokers: &[BrokerId]| brokers.iter().map(|broker| broker.0).collect();
                partitions.push(Partition {
                    topic: name.to_owned(),
                    number: partition.partition_index,
                    leader: (partition.leader_id.0 >= 0).then_some(partition.leader_id.0),
                    replicas: ids(&partition.replica_nodes),
                    in_sync: ids(&partition.isr_nodes),
                });
            }
        }
        Ok(Self { brokers, partitions })
    }
}

fn fail_on(error: i16, topic: &str) -> Result<()> {
    // Brokers answer with these while another one is away, and the rest of the answer holds.
    let passing = [ResponseError::LeaderNotAvailable, ResponseError::ReplicaNotAvailable];
    if error != 0 && !passing.map(|passing| passing.code()).contains(&error) {
        bail!("the broker answers with Kafka's error {error} when asked for the topic {topic}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::metadata_response::{
        MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
    };

    use super::*;

    fn answer(topic_error: i16, leader_of_second: i32) -> MetadataResponse {
        let broker = |id: i32, host: &str, port| {
            MetadataResponseBroker::default()
                .with_node_id(id.into())
                .with_host(text(host))
                .with_port(port)
        };
        let partition = |number, leader: i32| {
            MetadataResponsePartition::default()
                .with_partition_index(number)
                .with_leader_id(leader.into())
                .with_replica_nodes(vec![1.into(), 2.into()])
                .with_isr_nodes(vec![leader.into()])
        };
        let topic = MetadataResponseTopic::default()
            .with_error_code(topic_error)
            .with_name(Some(TopicName(text("t"))))
            .with_partitions(vec![partition(0, 1), partition(1, leader_of_second)]);
        MetadataResponse::default()
            .with_brokers(vec![broker(1, "a", 9092), broker(2, "b", 9093)])
            .with_topics(vec![topic])
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
        assert!(error.contains("Kafka's error 3") && error.contains("topic t"), "{error}");
    }
}
