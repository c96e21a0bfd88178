//! Each version of each request that is offered is answered in its own form.

use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use kafka_protocol::messages::{
    ApiVersionsRequest, BrokerId, FetchRequest, FindCoordinatorRequest, InitProducerIdRequest,
    ListOffsetsRequest, MetadataRequest, OffsetForLeaderEpochRequest, ProduceRequest,
};
use kafka_protocol::protocol::Request;

use super::{Wire, name, offered, produce};
use crate::running::Running;

/// The mock cluster's answer to this version of a produce request lacks a field. Nobody sends it
/// who knows version 6, and who does not is from 2017.
const NEVER_SENT: i16 = 5;

/// The versions of `R` that are offered, and that are of today: Kafka 4 has given the older ones
/// up.
pub(crate) fn versions<R: Request>(broker: &Running) -> std::ops::RangeInclusive<i16> {
    let offered = offered(broker)
        .into_iter()
        .find(|offered| offered.api_key == R::KEY)
        .unwrap_or_else(|| panic!("request {} is not offered", R::KEY));
    let versions = offered.min_version.max(R::VERSIONS.min)..=offered.max_version;
    // Not only those that nobody has any more, and none that never was.
    assert!(!versions.is_empty() && offered.max_version <= R::VERSIONS.max);
    versions
}

#[test]
fn versions_that_are_too_new_are_refused_in_the_form_of_version_0() {
    let broker = Running::start(&[]);
    for version in [3, 4] {
        let mut wire = Wire::to(broker.address);
        let request = ApiVersionsRequest::default()
            .with_client_software_name("some".to_owned().into())
            .with_client_software_version("1".to_owned().into());
        wire.send(version, &request);
        let refusal = wire.receive::<ApiVersionsRequest>(0);
        assert_eq!(refusal.error_code, 35);
        let own = |keys: &[kafka_protocol::messages::api_versions_response::ApiVersion]| {
            let own = keys.iter().find(|key| key.api_key == 18).unwrap();
            (own.min_version, own.max_version)
        };
        assert_eq!(own(&refusal.api_keys), (0, 2));
        for version in 0..=2 {
            let answer = wire.ask(version, &ApiVersionsRequest::default());
            assert_eq!(answer.error_code, 0);
            assert_eq!(own(&answer.api_keys), (0, 2));
        }
    }
}

#[test]
fn every_broker_names_the_address_that_its_clients_came_by() {
    let broker = Running::start(&["--brokers", "3"]);
    for version in versions::<MetadataRequest>(&broker) {
        let mut wire = Wire::to(broker.address);
        let topics = vec![MetadataRequestTopic::default().with_name(Some(name("topic1")))];
        let request = MetadataRequest::default().with_topics(Some(topics));
        let metadata = wire.ask(version, &request);
        assert_eq!(metadata.brokers.len(), 3);
        let first = &metadata.brokers[0];
        assert_eq!(first.node_id, BrokerId(1));
        assert_eq!(i32::from(broker.address.port()), first.port);
        assert_eq!(metadata.topics[0].error_code, 0);
        assert_eq!(metadata.topics[0].partitions.len(), 1);
        for other in &metadata.brokers {
            let address = format!("{}:{}", &*other.host, other.port);
            let offered = Wire::to(address.parse().unwrap()).ask(0, &ApiVersionsRequest::default());
            // The relay's, which leaves telemetry out.
            assert!(offered.api_keys.iter().all(|key| key.api_key < 71));
        }
    }
}

#[test]
fn what_was_produced_is_found_and_fetched_in_every_version() {
    let broker = Running::start(&[]);
    let mut wire = Wire::to(broker.address);
    let mut stored = 0;
    for version in versions::<ProduceRequest>(&broker).filter(|version| *version != NEVER_SENT) {
        let answer = wire.ask(version, &produce(-1));
        let partition = &answer.responses[0].partition_responses[0];
        assert_eq!((partition.error_code, partition.base_offset), (0, stored));
        stored += 1;
    }
    for version in versions::<ListOffsetsRequest>(&broker) {
        for (timestamp, expected) in [(-2, 0), (-1, stored)] {
            let partition = ListOffsetsPartition::default().with_timestamp(timestamp);
            let topic = ListOffsetsTopic::default()
                .with_name(name("topic1"))
                .with_partitions(vec![partition]);
            let request = ListOffsetsRequest::default()
                .with_replica_id(BrokerId(-1))
                .with_topics(vec![topic]);
            let answer = wire.ask(version, &request);
            let partition = &answer.topics[0].partitions[0];
            assert_eq!((partition.error_code, partition.offset), (0, expected));
        }
    }
    let all = MetadataRequest::default().with_topics(None);
    let metadata = wire.ask(12, &all);
    for version in versions::<FetchRequest>(&broker) {
        let partition = FetchPartition::default().with_partition_max_bytes(1_000_000);
        let topic = FetchTopic::default().with_partitions(vec![partition]);
        let topic = if version < 13 {
            topic.with_topic(name("topic1"))
        } else {
            topic.with_topic_id(metadata.topics[0].topic_id)
        };
        let request = FetchRequest::default()
            .with_max_wait_ms(100)
            .with_max_bytes(1_000_000)
            .with_topics(vec![topic]);
        let answer = wire.ask(version, &request);
        let partition = &answer.responses[0].partitions[0];
        assert_eq!((partition.error_code, partition.high_watermark), (0, stored));
        assert_eq!(partition.records.as_ref().unwrap()[61..], super::batch()[61..]);
    }
}

#[test]
fn coordinators_producers_and_epochs_are_told_in_every_version() {
    let broker = Running::start(&[]);
    let mut wire = Wire::to(broker.address);
    for version in versions::<FindCoordinatorRequest>(&broker) {
        let request = FindCoordinatorRequest::default().with_key("group".to_owned().into());
        let answer = wire.ask(version, &request);
        assert_eq!((answer.error_code, answer.node_id), (0, BrokerId(1)));
        assert_eq!(answer.port, i32::from(broker.address.port()));
    }
    for version in versions::<InitProducerIdRequest>(&broker) {
        let answer =
            wire.ask(version, &InitProducerIdRequest::default().with_transactional_id(None));
        assert_eq!(answer.error_code, 0);
        assert!(answer.producer_id.0 > 0);
    }
    for version in versions::<OffsetForLeaderEpochRequest>(&broker) {
        let topic = OffsetForLeaderTopic::default()
            .with_topic(name("topic1"))
            .with_partitions(vec![OffsetForLeaderPartition::default()]);
        let request = OffsetForLeaderEpochRequest::default().with_topics(vec![topic]);
        let answer = wire.ask(version, &request);
        assert_eq!(answer.topics[0].partitions[0].error_code, 0);
    }
}

#[test]
fn what_is_not_to_be_answered_is_not() {
    let broker = Running::start(&[]);
    for version in versions::<ProduceRequest>(&broker).filter(|version| *version != NEVER_SENT) {
        let mut wire = Wire::to(broker.address);
        // Without waiting in between: answers are told apart by their order.
        for _ in 0..3 {
            wire.tell(version, &produce(0));
            wire.send(version, &produce(1));
        }
        wire.tell(version, &produce(0));
        wire.send(12, &MetadataRequest::default());
        for _ in 0..3 {
            let answer = wire.receive::<ProduceRequest>(version);
            assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);
        }
        assert_eq!(wire.receive::<MetadataRequest>(12).brokers.len(), 1);
    }
}
