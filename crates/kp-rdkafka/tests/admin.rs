//! Admin requests against the mock cluster: those that it answers, and that the others fail in
//! words and in time.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use kp_rdkafka::admin::{
    AdminError, Isolation, NewTopic, OffsetQuery, PendingCommitted, alter_consumer_group_offsets,
    create_partitions, create_topics, delete_consumer_group_offsets, delete_groups, delete_topics,
    describe_cluster, describe_configs, describe_groups, describe_topics, group_operations,
    list_consumer_group_offsets, list_groups, list_offsets, topic_operations,
};
use kp_rdkafka::mock::MockCluster;
use kp_rdkafka::{Client, Kind};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

const DEADLINE: Duration = Duration::from_secs(10);
/// For what never answers: short, and far from `DEADLINE`.
const SHORT: Duration = Duration::from_millis(300);

fn client(bootstrap_servers: &str) -> Client {
    let properties = [("bootstrap.servers", bootstrap_servers)];
    Client::new(Kind::Producer, &properties, RDKafkaLogLevel::Error, None).unwrap()
}

/// A cluster with topic `t` of two partitions, of which partition 0 has three messages.
fn cluster_with_messages() -> MockCluster {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 2, 1).unwrap();
    let producer: ThreadedProducer<DefaultProducerContext> =
        ClientConfig::new().set("bootstrap.servers", cluster.bootstrap_servers()).create().unwrap();
    for _ in 0..3 {
        let record = BaseRecord::<(), _>::to("t").partition(0).payload("x");
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(DEADLINE).unwrap();
    cluster
}

fn commit(cluster: &MockCluster, group: &str, offset: i64) {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", group)
        .create()
        .unwrap();
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset("t", 0, Offset::Offset(offset)).unwrap();
    consumer.commit(&offsets, CommitMode::Sync).unwrap();
}

/// Fails unless `request` ended within two seconds.
fn in_time<T>(request: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = request();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    result
}

#[test]
fn offsets_of_both_ends_are_listed_for_each_partition() {
    let cluster = cluster_with_messages();
    let of = [("t", 0, OffsetQuery::Latest), ("t", 1, OffsetQuery::Latest)];
    let listed =
        list_offsets(&client(&cluster.bootstrap_servers()), &of, Isolation::default(), DEADLINE)
            .unwrap();
    let mut ends: Vec<_> =
        listed.iter().map(|listed| (listed.partition, listed.result.clone())).collect();
    ends.sort_by_key(|(partition, _)| *partition);
    assert_eq!(ends, [(0, Ok(Some(3))), (1, Ok(Some(0)))]);

    let of = [("t", 0, OffsetQuery::Earliest)];
    let listed = list_offsets(
        &client(&cluster.bootstrap_servers()),
        &of,
        Isolation::ReadUncommitted,
        DEADLINE,
    )
    .unwrap();
    assert_eq!((listed[0].topic.as_str(), listed[0].result.clone()), ("t", Ok(Some(0))));
}

#[test]
fn a_partition_that_is_not_there_is_an_error_of_its_own() {
    let cluster = cluster_with_messages();
    let of = [("t", 0, OffsetQuery::Latest), ("t", 9, OffsetQuery::Latest)];
    let listed =
        list_offsets(&client(&cluster.bootstrap_servers()), &of, Isolation::default(), DEADLINE)
            .unwrap();
    let of = |partition| listed.iter().find(|listed| listed.partition == partition).unwrap();
    assert_eq!(of(0).result, Ok(Some(3)));
    assert!(of(9).result.is_err());
}

#[test]
fn a_leader_that_does_not_answer_is_no_answer_for_its_partitions() {
    let cluster = MockCluster::new(2).unwrap();
    cluster.create_topic("t", 2, 1).unwrap();
    for (partition, leader) in [(0, 1), (1, 2)] {
        cluster.set_partition_leader("t", partition, Some(leader)).unwrap();
    }
    let client = client(&cluster.bootstrap_servers());
    let of = [("t", 0, OffsetQuery::Earliest), ("t", 1, OffsetQuery::Earliest)];
    let ask = |timeout| {
        let mut listed = list_offsets(&client, &of, Isolation::default(), timeout).unwrap();
        listed.sort_by_key(|listed| listed.partition);
        listed.into_iter().map(|listed| listed.result.map_err(|error| error.code)).collect()
    };
    let both: Vec<_> = ask(DEADLINE);
    assert_eq!(both, [Ok(Some(0)), Ok(Some(0))]);
    cluster.set_round_trip_time(2, DEADLINE).unwrap();
    let one: Vec<_> = ask(Duration::from_millis(500));
    assert_eq!(one, [Ok(Some(0)), Err(RDKafkaErrorCode::BrokerTransportFailure)]);
}

#[test]
fn a_group_is_asked_for_what_it_committed() {
    let cluster = cluster_with_messages();
    commit(&cluster, "readers", 2);
    let of = [("t", 0), ("t", 1)];
    let client = client(&cluster.bootstrap_servers());
    let mut committed =
        list_consumer_group_offsets(&client, "readers", Some(&of), DEADLINE).unwrap();
    committed.sort_by_key(|committed| committed.partition);
    let committed: Vec<_> = committed.into_iter().map(|committed| committed.result).collect();
    assert_eq!(committed, [Ok(Some(2)), Ok(None)]);
}

#[test]
fn a_groups_offsets_are_changed_and_several_groups_are_asked_at_once() {
    let cluster = cluster_with_messages();
    let client = client(&cluster.bootstrap_servers());
    for (group, offset) in [("one", 1), ("two", 2)] {
        let to = [("t", 0, offset), ("t", 1, 7)];
        let changed = alter_consumer_group_offsets(&client, group, &to, DEADLINE).unwrap();
        let mut done: Vec<_> = changed
            .iter()
            .map(|one| (one.topic.as_str(), one.partition, one.result.is_ok()))
            .collect();
        done.sort_unstable();
        assert_eq!(done, [("t", 0, true), ("t", 1, true)]);
    }
    let of = [("t", 0)];
    let ask = |group| PendingCommitted::ask(&client, group, Some(&of), DEADLINE).unwrap();
    let asked = ["one", "two"].map(ask);
    let told = asked.map(|asked| asked.wait().unwrap()[0].result.clone());
    assert_eq!(told, [Ok(Some(1)), Ok(Some(2))]);
}

#[test]
fn groups_are_refused_at_once_by_the_mock_cluster() {
    let cluster = MockCluster::new(2).unwrap();
    let client = client(&cluster.bootstrap_servers());
    let unsupported = RDKafkaErrorCode::UnsupportedFeature;
    // A bound that would fail `in_time` if it were waited out.
    let listed = in_time(|| list_groups(&client, DEADLINE)).unwrap_err();
    assert_eq!(listed.code(), unsupported, "{listed}");
    let described = in_time(|| describe_groups(&client, &["g"], DEADLINE)).unwrap();
    assert_eq!(described[0].result.as_ref().unwrap_err().code, unsupported);
    let asked = in_time(|| group_operations(&client, "g", DEADLINE)).unwrap();
    assert_eq!(asked.unwrap_err().code, unsupported);
    let deleted = in_time(|| delete_groups(&client, &["g"], DEADLINE)).unwrap();
    assert_eq!(deleted[0].result.as_ref().unwrap_err().code, unsupported);
}

#[test]
fn what_never_answers_ends_with_the_timeout() {
    let client = client("127.0.0.1:1");
    assert!(matches!(
        in_time(|| describe_topics(&client, &["t"], SHORT)),
        Err(AdminError::Timeout { .. })
    ));
    assert!(matches!(
        in_time(|| describe_cluster(&client, SHORT)),
        Err(AdminError::Timeout { .. })
    ));
    assert!(matches!(in_time(|| list_groups(&client, SHORT)), Err(AdminError::Timeout { .. })));
    assert!(matches!(
        in_time(|| delete_topics(&client, &["t"], SHORT)),
        Err(AdminError::Timeout { .. })
    ));
    let error = in_time(|| describe_cluster(&client, Duration::ZERO)).unwrap_err();
    assert_eq!(error.to_string(), "failed to describe the cluster: no answer within 0 ms");
}

#[test]
fn what_goes_to_the_controller_times_out_on_the_mock_cluster_which_has_none() {
    let cluster = MockCluster::new(1).unwrap();
    let client = client(&cluster.bootstrap_servers());
    let new = NewTopic { name: "new", ..NewTopic::default() };
    for error in [
        in_time(|| describe_cluster(&client, SHORT)).unwrap_err(),
        in_time(|| describe_topics(&client, &["t"], SHORT)).unwrap_err(),
        in_time(|| topic_operations(&client, "t", SHORT)).unwrap_err(),
        in_time(|| describe_configs(&client, &["t"], SHORT)).unwrap_err(),
        in_time(|| create_topics(&client, &[new], SHORT)).unwrap_err(),
        in_time(|| create_partitions(&client, &[("t", 3)], SHORT)).unwrap_err(),
        in_time(|| delete_topics(&client, &["t"], SHORT)).unwrap_err(),
    ] {
        assert!(matches!(error, AdminError::Timeout { .. }), "{error}");
    }
}

#[test]
fn an_error_of_the_groups_coordinator_is_the_requests() {
    let cluster = cluster_with_messages();
    let client = client(&cluster.bootstrap_servers());
    // More than one: librdkafka may ask again.
    let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    cluster.push_request_errors(RDKafkaApiKey::FindCoordinator, &[refused; 10]);
    let of = [("t", 0)];
    let error = in_time(|| list_consumer_group_offsets(&client, "secret", Some(&of), DEADLINE))
        .unwrap_err();
    assert_eq!(error.code(), RDKafkaErrorCode::GroupAuthorizationFailed, "{error}");
}

#[test]
fn arguments_that_cannot_be_sent_are_refused_in_words() {
    let client = client("127.0.0.1:1");
    let many = NewTopic { name: "many", partitions: Some(u32::MAX), ..NewTopic::default() };
    let config = NewTopic { name: "t", configs: vec![("a\0", "b")], ..NewTopic::default() };
    for error in [
        describe_topics(&client, &["a\0b"], SHORT).unwrap_err(),
        describe_configs(&client, &["a\0b"], SHORT).unwrap_err(),
        describe_groups(&client, &["a\0b"], SHORT).unwrap_err(),
        delete_groups(&client, &["a\0b"], SHORT).unwrap_err(),
        delete_topics(&client, &["a\0b"], SHORT).unwrap_err(),
        create_topics(&client, &[many], SHORT).unwrap_err(),
        create_topics(&client, &[config], SHORT).unwrap_err(),
        create_partitions(&client, &[("t", 0)], SHORT).unwrap_err(),
        list_consumer_group_offsets(&client, "a\0b", None, SHORT).unwrap_err(),
        alter_consumer_group_offsets(&client, "a\0b", &[("t", 0, 1)], SHORT).unwrap_err(),
        alter_consumer_group_offsets(&client, "g", &[("t", -1, 1)], SHORT).unwrap_err(),
        delete_consumer_group_offsets(&client, "a\0b", &[("t", 0)], SHORT).unwrap_err(),
        delete_consumer_group_offsets(&client, "g", &[("t\0", 0)], SHORT).unwrap_err(),
        list_consumer_group_offsets(&client, "g", Some(&[("t", -1)]), SHORT).unwrap_err(),
        list_offsets(&client, &[("t", 0, OffsetQuery::At(-2))], Isolation::default(), SHORT)
            .unwrap_err(),
    ] {
        assert!(matches!(error, AdminError::Argument { .. }), "{error}");
    }
}

#[test]
fn asking_for_nothing_asks_nobody() {
    let client = client("127.0.0.1:1");
    assert_eq!(describe_topics(&client, &[], DEADLINE), Ok(Vec::new()));
    assert_eq!(create_topics(&client, &[], DEADLINE), Ok(Vec::new()));
    assert_eq!(delete_topics(&client, &[], DEADLINE), Ok(Vec::new()));
    assert_eq!(create_partitions(&client, &[], DEADLINE), Ok(Vec::new()));
    assert_eq!(describe_configs(&client, &[], DEADLINE), Ok(Vec::new()));
    assert_eq!(describe_groups(&client, &[], DEADLINE), Ok(Vec::new()));
    assert_eq!(delete_groups(&client, &[], DEADLINE), Ok(Vec::new()));
    assert_eq!(list_offsets(&client, &[], Isolation::default(), DEADLINE), Ok(Vec::new()));
    assert_eq!(list_consumer_group_offsets(&client, "g", Some(&[]), DEADLINE), Ok(Vec::new()));
    assert_eq!(alter_consumer_group_offsets(&client, "g", &[], DEADLINE), Ok(Vec::new()));
    assert_eq!(delete_consumer_group_offsets(&client, "g", &[], DEADLINE), Ok(Vec::new()));
}
